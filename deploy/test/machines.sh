# shellcheck shell=bash disable=SC2154
# Fresh Debians to deploy to: made once and kept, started in namespaces with a systemd of their own. Sourced by
# test/deploy.sh and test/vm.sh, after package/debian.sh.

machines=${XDG_CACHE_HOME:-$HOME/.cache}/inventory/machines

# What a Debian or Raspberry Pi OS "lite" has before anybody adds anything, as far as deploy.sh meets it.
fresh_packages=systemd-sysv,udev,dbus,libpam-systemd,kmod,sudo,procps,iproute2,ca-certificates,openssh-server

# Sets `fresh` to an archive of a fresh root directory.
fresh_root() { # SUITE ARCHITECTURE
    local root=$build/fresh-$1-$2
    fresh=$machines/$1-$2.tar.zst
    [ ! -s "$fresh" ] || return 0
    mkdir -p "$machines"
    say "making a fresh $1 for $2, once"
    bootstrap "$1" "$2" "$root" "$fresh_packages"
    rm -f "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*_*
    rm -rf "$root"/etc/ssh/ssh_host_* # every machine has its own
    tar --create --directory "$root" --numeric-owner --xattrs --zstd --file "$fresh.new" .
    mv "$fresh.new" "$fresh"
    rm -rf "$root"
}

unpack_fresh() { # SUITE ARCHITECTURE DIRECTORY NAME
    fresh_root "$1" "$2"
    rm -rf "$3"
    mkdir -p "$3"
    tar --extract --directory "$3" --numeric-owner --xattrs --zstd --file "$fresh"
    echo "$4" >"$3/etc/hostname"
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost\n' "$4" >"$3/etc/hosts"
    rm -f "$3/etc/machine-id" && : >"$3/etc/machine-id"
    : >"$3/etc/fstab"
    ssh-keygen -q -A -f "$3"
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

# Further packages of the release for a machine that has no network: what it lacks of them is fetched out here.
add_packages() { # PACKAGE...
    local pool=$build/pool/test-$suite-$architecture options name
    mkdir -p "$pool/partial" "$work/nothing/partial" "$root/var/tmp/added"
    apt_apart "$suite" "$architecture"
    options=("${apart[@]}" -o "Dir::State::status=$root/var/lib/dpkg/status" -o APT::Install-Recommends=false --yes install "$@")
    apt-get -o "Dir::Cache::archives=$pool" "${options[@]}" --download-only
    apt-get -o "Dir::Cache::archives=$work/nothing" "${options[@]}" --print-uris | sed -n "s/^'[^']*' \([^ ]*\.deb\) .*/\1/p" |
        while IFS= read -r name; do cp "$pool/$name" "$root/var/tmp/added/"; done
    on sh -c 'DEBIAN_FRONTEND=noninteractive apt-get -o APT::Sandbox::User=root install --yes --no-install-recommends /var/tmp/added/*.deb && rm -r /var/tmp/added'
}

# Starts a root directory's systemd as process 1 of namespaces of its own: processes, mounts, control groups, network
# (only its own loopback), names. Everything is real but the kernel's devices. DIRECTORY.first keeps its number outside.
boot() { # DIRECTORY
    local root from outer first='' group=/sys/fs/cgroup
    root=$(realpath "$1")
    machine=$root
    [ ! -d $group/unified ] || group=$group/unified
    group=$group/inventory-test-$(basename "$root")
    mkdir -p "$group"
    # shellcheck disable=SC2016 # for the shell inside
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        exec unshare --mount --uts --ipc --net --pid --cgroup --fork --propagation private bash -c '
            cd "$1" && hostname "$(cat etc/hostname)"
            mount --bind "$1" "$1" && cd "$1"
            mount -t proc proc proc
            mount -t sysfs -o ro sysfs sys
            mount -t cgroup2 cgroup2 sys/fs/cgroup
            mount -t tmpfs -o mode=755 tmpfs run
            mount -t tmpfs -o mode=1777 tmpfs tmp
            mount -t tmpfs -o mode=755 devices dev
            for node in null zero full random urandom tty; do touch dev/$node && mount --bind /dev/$node dev/$node; done
            mkdir dev/pts dev/shm
            mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
            mount -t tmpfs -o mode=1777 shm dev/shm
            ln -s pts/ptmx dev/ptmx
            ln -s /proc/self/fd dev/fd
            ln -s fd/0 dev/stdin && ln -s fd/1 dev/stdout && ln -s fd/2 dev/stderr
            mkdir -p .outside && pivot_root . .outside && umount -l /.outside
            ip link set lo up
            exec env -i container=inventory-test PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb /lib/systemd/systemd --log-target=journal --show-status=0
        ' -- "$root"
    ) >"$root.log" 2>&1 </dev/null 3>&- 9>&- &
    outer=$!
    for _ in $(seq 100); do
        first=$(awk '{ print $1 }' "/proc/$outer/task/$outer/children" 2>/dev/null || true)
        [ -z "$first" ] || break
        sleep 0.1
    done
    [ -n "$first" ] || fail "no first process in $root: $root.log"
    echo "$first" >"$root.first"
    from=$SECONDS
    until [[ "$(on systemctl is-system-running 2>/dev/null)" =~ ^(running|degraded)$ ]]; do
        [ $((SECONDS - from)) -lt 90 ] || fail "the machine in $root does not come up: $(on systemctl list-jobs 2>&1 | head -n 5)"
        sleep 0.2
    done
}

# Runs a command on the machine that was started last.
on() { # COMMAND...
    nsenter --target "$(cat "$machine.first")" --all env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 TERM=dumb "$@"
}

# Nobody is told: every process of the machine ends where it is.
cut_power() {
    local first
    [ -s "${machine:-/nowhere}.first" ] || return 0
    first=$(cat "$machine.first")
    kill -9 "$first" 2>/dev/null || true
    while [ -d "/proc/$first" ] && ! grep -q '^State:.Z' "/proc/$first/status" 2>/dev/null; do sleep 0.05; done
    rm -f "$machine.first"
}
