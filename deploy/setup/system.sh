# shellcheck shell=bash
# The system under us: which Debian it is, becoming root, asking dpkg and apt. Sourced by setup.sh.

say() {
    printf 'setup: %s\n' "$*"
}

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# bookworm or trixie, also on a derivative such as Raspberry Pi OS; anything else is said, with a way on.
debian_release() {
    local ID='' VERSION_CODENAME='' PRETTY_NAME=''
    # shellcheck source=/dev/null
    . /etc/os-release
    case $VERSION_CODENAME in
    bookworm | trixie) echo "$VERSION_CODENAME" ;;
    *)
        fail "this sets up Debian 12 (bookworm) and 13 (trixie), not ${PRETTY_NAME:-$ID}. With PostgreSQL 15 or newer," \
            "pgvector and the packages of deploy/setup/packages.sh in place, \"cargo run --release\" starts the program"
        ;;
    esac
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

require_root() {
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        fail "installing needs root: run \"make $purpose\" once as root, or install sudo"
}

# Those of the packages named that are not installed, one a line.
not_installed() { # PACKAGE...
    local installed
    installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true) # some unknown
    comm -23 <(printf '%s\n' "$@" | sort) <(sed -n 's/^installed //p' <<<"$installed" | sort)
}

# apt waits for another apt; it asks nothing; its temporary files are where an upgraded systemd does not clean up
# between two packages (seen with libudev-dev, which may bring a new systemd along).
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive TMPDIR=/var/tmp \
        apt-get -q -o DPkg::Lock::Timeout=900 -o Acquire::Retries=3 "$@"
}

apt_lists_are_old() {
    [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -1 -print -quit 2>/dev/null)" ]
}

install_packages() { # PACKAGE...
    say "installing $*"
    if apt_lists_are_old; then
        apt_get update
    fi
    apt_get install --yes --no-install-recommends "$@" && return
    say "that failed: with fresh package lists, and what was left half done finished, once more"
    apt_get update
    as_root env DEBIAN_FRONTEND=noninteractive TMPDIR=/var/tmp dpkg --configure --pending || true
    apt_get install --yes --fix-broken --no-install-recommends
    apt_get install --yes --no-install-recommends "$@" || fail "apt-get could not install: $*"
}
