# shellcheck shell=bash
# PostgreSQL with pgvector: Debian's packages; on Debian 12, which has no pgvector, a package built here.
# Sourced by setup.sh.

# pgvector 0.8.0 as Debian 13 has it (0.8 brought iterative scans, which filtered searches need).
pgvector_version=0.8.0
pgvector_sha256=867a2c328d4928a5a9d6f052cd3bc78c7d60228a9b914ad32aa3db88e9de27b0

postgresql_version() { # RELEASE: the major version that release has
    case $1 in
    bookworm) echo 15 ;;
    trixie) echo 17 ;;
    esac
}

# Whether a server of this major version is here, with what Debian calls contrib (trigrams, accents).
has_postgresql() { # VERSION
    [ -x "/usr/lib/postgresql/$1/bin/postgres" ] && [ -e "/usr/share/postgresql/$1/extension/pg_trgm.control" ]
}

has_pgvector() { # VERSION
    [ -e "/usr/share/postgresql/$1/extension/vector.control" ] && [ -e "/usr/lib/postgresql/$1/lib/vector.so" ]
}

# A server that can serve the program, of any version it knows: Debian's, or one its owner added.
has_whole_postgresql() {
    local directory version
    for directory in /usr/lib/postgresql/*; do
        version=${directory##*/}
        if [ "${version%%.*}" -ge 15 ] 2>/dev/null && has_postgresql "$version" && has_pgvector "$version"; then
            return
        fi
    done
    return 1
}

# The program runs a cluster of its own. While the server is installed, Debian is told not to make another, which
# would start with the machine; where postgresql-common is here already, its owner's choice stands.
install_postgresql() { # PACKAGE...
    local drop_in=/etc/postgresql-common/createcluster.d/inventory-setup.conf
    if [ -n "$(not_installed postgresql-common)" ]; then
        as_root mkdir -p "${drop_in%/*}"
        echo 'create_main_cluster = false' | as_root tee "$drop_in" >/dev/null
        # shellcheck disable=SC2064 # the name is wanted as it is now
        trap "as_root rm -f '$drop_in'" EXIT
    fi
    install_packages "$@"
    as_root rm -f "$drop_in"
    trap - EXIT
}

# The address of the Debian archive this machine is set up with, mirror or not.
debian_archive() { # RELEASE
    # shellcheck disable=SC2016 # apt fills these in
    apt-get indextargets --format '$(ORIGIN) $(LABEL) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
        sed -n "s/^Debian Debian $1 //p" | head -n 1
}

# Debian 13's source package, through this machine's own archive and apt's own signatures, in lists of its own.
fetch_pgvector_source() { # DIRECTORY RELEASE
    local directory=$1 archive
    archive=$(debian_archive "$2")
    [ -n "$archive" ] || fail "apt knows no Debian archive for $2, from which pgvector's source could come"
    mkdir -p "$directory"/{lists,cache}
    echo "deb-src $archive trixie main" >"$directory/trixie.list"
    local scratch=(
        -q -o Acquire::Retries=3 -o APT::Sandbox::User=root
        -o "Dir::Etc::sourcelist=$directory/trixie.list" -o Dir::Etc::sourceparts=-
        -o "Dir::State::lists=$directory/lists" -o "Dir::Cache=$directory/cache"
    )
    apt-get "${scratch[@]}" update
    (cd "$directory" && apt-get "${scratch[@]}" source --download-only pgvector)
    (cd "$directory" && echo "$pgvector_sha256  pgvector_$pgvector_version.orig.tar.gz" | sha256sum --check --quiet) ||
        fail "pgvector's source is not the one that is pinned in deploy/setup/postgresql.sh"
    tar -xf "$directory/pgvector_$pgvector_version.orig.tar.gz" -C "$directory"
}

# The server's headers alone, unpacked: their package would install clang and LLVM for a just-in-time compiler.
fetch_postgresql_headers() { # DIRECTORY VERSION
    (cd "$1" && apt-get -q -o APT::Sandbox::User=root download "postgresql-server-dev-$2")
    dpkg-deb --extract "$1"/postgresql-server-dev-"$2"_*.deb "$1/headers"
}

# A Debian package by the usual name, so that dpkg knows the files and a later packaged pgvector replaces them.
build_pgvector_package() { # DIRECTORY VERSION RELEASE
    local directory=$1 version=$2 source=$1/pgvector-$pgvector_version root=$1/root
    local settings=(
        "PG_CONFIG=/usr/lib/postgresql/$version/bin/pg_config"
        "includedir_server=$directory/headers/usr/include/postgresql/$version/server"
        OPTFLAGS=     # for any processor of the architecture, not this one alone
        with_llvm=no
    )
    mkdir -p "$root/DEBIAN"
    make -s -C "$source" -j "$(nproc)" "${settings[@]}"
    make -s -C "$source" "${settings[@]}" "DESTDIR=$root" install
    rm -r "$root$directory" # the extension's own headers, beside those of the server
    strip --strip-unneeded "$root/usr/lib/postgresql/$version/lib/vector.so"
    cat >"$root/DEBIAN/control" <<CONTROL
Package: postgresql-$version-pgvector
Version: $pgvector_version-0inventory1~$3
Architecture: $(dpkg --print-architecture)
Maintainer: inventory set-up <root@localhost>
Depends: postgresql-$version
Section: database
Priority: optional
Description: vectors for PostgreSQL $version, built on this machine
 pgvector from the source package of Debian 13, which Debian 12 does not have.
CONTROL
    dpkg-deb --root-owner-group --build "$root" "$directory/pgvector.deb" >/dev/null
}

install_built_pgvector() { # VERSION RELEASE
    local directory
    directory=$(mktemp -d "${TMPDIR:-/var/tmp}/inventory-pgvector.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$directory'" EXIT
    say "building pgvector $pgvector_version for PostgreSQL $1"
    if apt_lists_are_old; then
        apt_get update
    fi
    fetch_pgvector_source "$directory" "$2"
    fetch_postgresql_headers "$directory" "$1"
    build_pgvector_package "$directory" "$1" "$2"
    as_root env DEBIAN_FRONTEND=noninteractive TMPDIR=/var/tmp dpkg --install "$directory/pgvector.deb"
    rm -rf "$directory"
    trap - EXIT
}
