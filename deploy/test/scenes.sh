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
