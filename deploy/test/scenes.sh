# shellcheck shell=bash disable=SC2154
# What happens to a machine in a storeroom, scene by scene. Sourced by test/deploy.sh, which counts failures.
for scenes in "$test"/scenes/*.sh; do
    # shellcheck source=/dev/null
    . "$scenes"
done

# check NAME COMMAND...: what must hold; its output is shown when it does not.
check() {
    local name=$1 from=$SECONDS output status
    shift
    # Not within a condition, where a failing line in the middle would not count.
    set +e
    output=$(set -e && "$@" 2>&1)
    status=$?
    set -e
    if [ "$status" -eq 0 ]; then
        printf '  ok    %s (%d s)\n' "$name" $((SECONDS - from))
    else
        failures=$((failures + 1))
        printf '  FAIL  %s\n' "$name"
        tail -n 25 <<<"$output" | sed 's/^/        /'
    fi
}

is() { # EXPECTED GOT
    [ "$1" = "$2" ] || { echo "expected '$1', got '$2'" && return 1; }
}

fails() { # COMMAND...
    if "$@"; then
        echo "went well, and must not: $*"
        return 1
    fi
}

bundle=/var/tmp/inventory-deploy

unpack_bundle() { # ROOT [offline]
    mkdir -p "$1/var/tmp"
    tar -xzf "$build/$architecture/inventory-deploy.tar.gz" -C "$1/var/tmp"
    tar -xf "$build/$architecture/inventory-offline-$suite-$architecture.tar" -C "$1/var/tmp"
}

# The same bundle under another version, its program replaced when one is given: what an upgrade brings.
unpack_next() { # ROOT DIRECTORY VERSION [PROGRAM]
    local bundle=$1$2 root=$work/next
    rm -rf "$root" "$bundle"
    mkdir -p "$bundle"
    tar -xzf "$build/$architecture/inventory-deploy.tar.gz" -C "$bundle" --strip-components=1
    ln -s ../inventory-deploy/offline "$bundle/offline"
    dpkg-deb --raw-extract "$bundle"/packages/inventory_*.deb "$root"
    sed -i "s/^Version: .*/Version: $3/" "$root/DEBIAN/control"
    if [ -n "${4:-}" ]; then
        install -m 755 "$4" "$root/usr/bin/inventory"
        (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    fi
    rm "$bundle"/packages/inventory_*.deb
    dpkg-deb --root-owner-group -Znone --build "$root" "$bundle/packages/inventory_$3_$architecture.deb" >/dev/null
    sed -i "s/^version: .*/version: $3/; /^files:/q" "$bundle/MANIFEST"
    (cd "$bundle" && find . -type f ! -name MANIFEST -printf '%P\0' | sort -z | xargs -0 sha256sum) >"$work/sums"
    cat "$work/sums" >>"$bundle/MANIFEST"
}

play() { # SUITE
    local suite=$1 root=$work/$1 from=$SECONDS
    say "== $suite, $architecture"
    unpack_fresh "$suite" "$architecture" "$root" storeroom
    unpack_bundle "$root"
    boot "$root"
    scene_refusals
    scene_deploy
    scene_closed
    scene_work
    scene_second_run
    scene_web
    scene_power
    scene_upgrade
    scene_backup
    scene_certificate
    scene_uninstall
    cut_power
    scene_second_machine
    say "== $suite took $((SECONDS - from)) s"
    [ -n "$keep" ] || rm -rf "$root"
}
