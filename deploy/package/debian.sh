# shellcheck shell=bash disable=SC2154
# Debian as a place to build in: this machine's own archive, a Debian 12 with a cross compiler in a directory. No
# address of an archive is written here: all come from this machine's apt. Sourced by prepare.sh and test/rootfs.sh.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

host_architecture() {
    dpkg --print-architecture
}

need_root() {
    [ "$(id -u)" -eq 0 ] || fail "making a Debian in a directory needs root: run it as root or with sudo"
}

need_packages() { # PACKAGE...
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ -z "${NO_INSTALL:-}" ] || fail "missing: ${missing[*]} (NO_INSTALL is set: nothing was installed)"
    need_root
    say "installing ${missing[*]}"
    env DEBIAN_FRONTEND=noninteractive TMPDIR=/var/tmp apt-get -q -o DPkg::Lock::Timeout=900 install --yes \
        --no-install-recommends "${missing[@]}" >"$build/apt.log" 2>&1 || fail "apt-get install ${missing[*]} failed: $build/apt.log"
}

# What this machine's apt calls the archive and the security archive, mirrors or not.
archive_of() { # Debian|Debian-Security
    # shellcheck disable=SC2016 # apt fills these in
    apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n "s/^$1 //p" | head -n 1
}

# deb822 sources of a release: itself, its updates, its security fixes.
sources_of() { # SUITE [TYPES]
    local main security
    main=$(archive_of Debian)
    security=$(archive_of Debian-Security)
    [ -n "$main" ] || fail "this machine's apt knows no Debian archive (on Raspberry Pi OS: its debian.list)"
    printf 'Types: %s\nURIs: %s\nSuites: %s %s-updates\nComponents: main\nSigned-By: %s\n' "${2:-deb}" "$main" "$1" "$1" "$keyring"
    [ -z "$security" ] ||
        printf '\nTypes: %s\nURIs: %s\nSuites: %s-security\nComponents: main\nSigned-By: %s\n' "${2:-deb}" "$security" "$1" "$keyring"
}

# apt with lists, cache and status of its own, for another release and architecture; sets `apart`.
apt_apart() { # SUITE ARCHITECTURE [TYPES]
    local state=$build/apt/$1-$2-${3:-deb}
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/parts"
    sources_of "$1" "${3:-deb}" >"$state/debian.sources"
    : >"$state/status"
    apart=(-q -o "Dir::Etc::sourcelist=$state/debian.sources" -o "Dir::Etc::sourceparts=$state/parts"
        -o "Dir::State=$state" -o "Dir::State::lists=$state/lists" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache"
        -o "APT::Architecture=$2" -o "APT::Architectures=$2" -o APT::Sandbox::User=root -o Acquire::Languages=none
        -o Acquire::Retries=3 -o Acquire::Check-Valid-Until=false)
    # Lists of today serve again.
    if [ -z "$(find "$state/lists" -maxdepth 1 -name '*_dists_*' -mtime -1 -print -quit)" ]; then
        apt-get "${apart[@]}" update >"$state/update.log" 2>&1 || fail "apt-get update for $1 ($2): $state/update.log"
    fi
}

# A root directory of a release, by mmdebstrap. What the foreign architecture's packages run at installation runs
# under an emulator that only this process sees.
bootstrap() { # SUITE ARCHITECTURES DIRECTORY PACKAGES(comma)
    local emulate=() first=${2%%,*}
    need_root
    need_packages mmdebstrap
    sources_of "$1" >"$build/$1.sources"
    # A try before this one, which may still be mounted: never through its /proc and /sys.
    exec 8>"$3.lock"
    flock 8
    rm -rf --one-file-system "$3"
    if [ "$first" != "$(host_architecture)" ]; then
        emulator
        emulate=(python3 "$here/test/binfmt.py" "$emulator")
    fi
    "${emulate[@]}" mmdebstrap --quiet --mode=root --variant=apt --skip=check/qemu --architectures="$2" --include="$4" \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"' \
        --aptopt='Acquire::Languages "none"' --dpkgopt='force-unsafe-io' --dpkgopt='path-exclude=/usr/share/man/*' \
        "$1" "$3" "$build/$1.sources" >"$build/bootstrap-$1-$first.log" 2>&1 ||
        fail "mmdebstrap $1 $2: $build/bootstrap-$1-$first.log"
    exec 8>&-
}

# QEMU's user emulator for arm64, of Debian 13: the one of Debian 12 crashes on ONNX Runtime. Sets `emulator`.
emulator() {
    emulator=$build/qemu/usr/bin/qemu-aarch64
    [ ! -x "$emulator" ] || return 0
    apt_apart trixie "$(host_architecture)"
    (cd "$build" && rm -f qemu-user_*.deb && apt-get "${apart[@]}" download qemu-user >>"$build/apt.log" 2>&1) ||
        fail "qemu-user of trixie could not be fetched: $build/apt.log"
    dpkg-deb --extract "$build"/qemu-user_*.deb "$build/qemu"
}

# Runs a command inside a root directory, with /proc, /dev and this build's folder and sources where they are outside.
inside() { # ROOT COMMAND...
    local root=$1
    shift
    # shellcheck disable=SC2016 # for the shell inside
    unshare --mount --propagation private bash -c '
        root=$1 build=$2 source=$3
        shift 3
        mount --rbind /proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --rbind /sys "$root/sys"
        for place in "$build" "$source"; do
            mkdir -p "$root$place"
            mount --bind "$place" "$root$place"
        done
        for file in /etc/resolv.conf /etc/hosts; do
            [ ! -e "$file" ] || { touch "$root$file" && mount --bind "$file" "$root$file"; }
        done
        exec env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" chroot "$root" "$@"' -- "$root" "$build" "$source" "$@"
}
