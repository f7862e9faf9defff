# shellcheck shell=bash disable=SC2034,SC2154
# Debian's packages and ours: which, and how they are installed with and without a network. Sourced.

# What each part of a machine needs. The names are the same in Debian 12 and 13; prepare.sh puts the same lists into
# the offline folder.
tool_packages=(ca-certificates curl iproute2 openssl tzdata)
program_packages=(fonts-lato fonts-b612 fonts-noto-core nginx)
window_packages=(libegl1 libgles2 libgl1-mesa-dri xkb-data alsa-utils seatd)

database_packages() { # SUITE
    case $1 in
    bookworm) echo postgresql-15 ;; # pgvector is ours: Debian 12 has none
    trixie) echo postgresql-17 postgresql-17-pgvector ;;
    esac
}

# What is wanted of Debian for a role, one a line.
wanted_packages() {
    local suite
    suite=$(debian_suite)
    printf '%s\n' "${tool_packages[@]}"
    # A Pi has no clock of its own that can be trusted; loans and certificates need the time.
    is_installed chrony || is_installed ntpsec || echo systemd-timesyncd
    if has_database; then
        database_packages "$suite" | tr ' ' '\n'
    fi
    if has_program; then
        printf '%s\n' "${program_packages[@]}"
    fi
    if has_window; then
        printf '%s\n' "${window_packages[@]}"
    fi
}

# apt asks nothing, waits for another apt, and keeps its temporary files where an upgraded systemd leaves them alone.
# A cluster that PostgreSQL's package makes meanwhile gets UTF-8, whatever language the machine speaks.
apt_get() {
    env DEBIAN_FRONTEND=noninteractive TMPDIR=/var/tmp LC_ALL=C.UTF-8 \
        apt-get -q -o DPkg::Lock::Timeout=900 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "${apt_source[@]}" "$@" >>"$log" 2>&1 ||
        { tail -n 20 "$log" >&2 && fail "apt-get $* failed; all of it is in $log"; }
}

apt_source=()

# The folder beside this script as apt's only source, in lists of its own.
use_offline_source() {
    local state=/run/inventory-offline
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    ln -sfn "$here/offline" "$state/archive"
    echo "deb [trusted=yes] file:$state/archive ./" >"$state/source.list"
    apt_source=(-o "Dir::Etc::sourcelist=$state/source.list" -o Dir::Etc::sourceparts=-
        -o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state/cache" -o APT::Sandbox::User=root)
}

lists_are_old() {
    [ -n "$offline" ] ||
        [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -1 -print -quit 2>/dev/null)" ]
}

install_debian_packages() {
    local wanted missing=() package
    log=${log:-/var/log/inventory-deploy.log}
    [ -z "$dry_run" ] || log=/dev/null
    [ -z "$offline" ] || [ -n "$dry_run" ] || use_offline_source
    if [ -n "$upgrade_system" ]; then
        change "bring the system up to date" upgrade_the_system
    fi
    mapfile -t wanted < <(wanted_packages)
    for package in "${wanted[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    # What a run that was cut off left half done.
    [ -n "$dry_run" ] || env DEBIAN_FRONTEND=noninteractive TMPDIR=/var/tmp dpkg --configure --pending >>"$log" 2>&1 || true
    if [ -z "$dry_run" ] && lists_are_old; then
        note "reading the lists of packages"
        apt_get update
    fi
    change "install ${missing[*]}" apt_get install --yes --no-install-recommends "${missing[@]}"
}

upgrade_the_system() {
    apt_get update
    apt_get full-upgrade --yes
}

# Our packages in the bundle that this machine needs.
our_packages() {
    if has_database && [ "$(debian_suite)" = bookworm ]; then
        echo "$here"/packages/postgresql-15-pgvector_*.deb
    fi
    echo "$here"/packages/inventory_*.deb
}

is_as_packed() { # DEB: installed in this version, and all of its files as they came
    local name version changed
    name=$(dpkg-deb --field "$1" Package)
    version=$(dpkg-deb --field "$1" Version)
    [ "$(dpkg-query --show --showformat '${db:Status-Status} ${Version}' "$name" 2>/dev/null)" = "installed $version" ] || return 1
    changed=$(dpkg --verify "$name" | grep --invert-match ' /usr/share/doc/') || true # which small systems leave out
    [ -z "$changed" ] && cmp -s <(dpkg-deb --ctrl-tarfile "$1" | tar -xO ./md5sums) "/var/lib/dpkg/info/$name.md5sums"
}

install_program() {
    local package
    for package in $(our_packages); do
        if [ -n "$dry_run" ] && ! [ -r "$package" ]; then
            fail "the bundle lacks ${package##*/}"
        fi
        is_as_packed "$package" 2>/dev/null && continue
        if [ -n "$dry_run" ]; then
            change "install ${package##*/}"
            continue
        fi
        change "install ${package##*/}" apt_get install --yes --no-install-recommends --allow-downgrades --reinstall "$package"
        # A running service goes on with the old program until it is started again.
        [ "$(dpkg-deb --field "$package" Package)" != inventory ] || program_changed=yes
    done
    keep_package
}

# This version's package and the one before, for deploy/rollback.sh.
keep_package() {
    local package=("$here"/packages/inventory_*.deb) kept=$data/app
    [ -z "$dry_run" ] || return 0
    cmp -s "${package[0]}" "$kept/current.deb" && return 0
    [ -d "$kept" ] || install -d -m 755 "$data" "$kept"
    [ ! -e "$kept/current.deb" ] || mv -f "$kept/current.deb" "$kept/previous.deb"
    install -m 644 "${package[0]}" "$kept/current.deb"
}
