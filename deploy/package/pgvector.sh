# shellcheck shell=bash disable=SC2154
# pgvector for Debian 12's PostgreSQL 15, as a package: Debian 13's source, compiled for the machine the bundle is for.
# Debian 13 has a package of its own. Sourced by prepare.sh.

pgvector_version=0.8.0
pgvector_sha256=867a2c328d4928a5a9d6f052cd3bc78c7d60228a9b914ad32aa3db88e9de27b0
pgvector_release=0inventory1~bookworm

# Sets `pgvector` to the package's file.
make_pgvector() { # ARCHITECTURE
    local architecture=$1 work=$build/pgvector-$1
    pgvector=$build/cache/postgresql-15-pgvector_${pgvector_version}-${pgvector_release}_$architecture.deb
    [ ! -s "$pgvector" ] || return 0
    say "compiling pgvector $pgvector_version for PostgreSQL 15, $architecture"
    rm -rf "$work"
    mkdir -p "$work" "$build/cache"
    apt_apart trixie "$architecture" deb-src
    (cd "$work" && apt-get "${apart[@]}" source --download-only pgvector >source.log 2>&1) || fail "pgvector's source: $work/source.log"
    (cd "$work" && echo "$pgvector_sha256  pgvector_$pgvector_version.orig.tar.gz" | sha256sum --check --quiet) ||
        fail "pgvector's source is not the one that is pinned here"
    tar -xf "$work/pgvector_$pgvector_version.orig.tar.gz" -C "$work"
    # The server's headers of the other architecture, unpacked: installed they would push this one's aside.
    apt_apart bookworm "$architecture"
    (cd "$work" && apt-get "${apart[@]}" download postgresql-server-dev-15 libpq-dev >headers.log 2>&1) || fail "PostgreSQL's headers: $work/headers.log"
    for package in "$work"/*.deb; do
        dpkg-deb --extract "$package" "$work/headers"
    done
    compile_pgvector "$work" "$architecture"
    pack_pgvector "$work" "$architecture"
}

# By Debian 12's own compiler, for any processor of the architecture. (Its Makefile would ask the pg_config of the
# machine that builds, which is another one's.)
compile_pgvector() { # DIRECTORY ARCHITECTURE
    local gnu include=$1/headers/usr/include/postgresql
    gnu=$(gnu_triple "$2")
    cross_root "$2"
    inside "$cross" sh -c "cd '$1/pgvector-$pgvector_version' &&
        $gnu-gcc -O2 -fPIC -shared -ftree-vectorize -fassociative-math -fno-signed-zeros -fno-trapping-math -Wl,--as-needed \
            -Wl,--build-id=none -D_GNU_SOURCE -ffile-prefix-map='$1'=. \
            -I '$include/15/server' -I '$include/internal' -I '$include' -o vector.so src/*.c -lm &&
        $gnu-strip --strip-unneeded vector.so" >"$1/compile.log" 2>&1 || fail "pgvector does not compile: $1/compile.log"
}

pack_pgvector() { # DIRECTORY ARCHITECTURE
    local root=$1/root sources=$1/pgvector-$pgvector_version extension library
    extension=$root/usr/share/postgresql/15/extension
    library=$root/usr/lib/postgresql/15/lib
    mkdir -p "$root/DEBIAN" "$root/usr/share/doc/postgresql-15-pgvector"
    install -D -m 644 "$sources/vector.so" "$library/vector.so"
    install -D -m 644 "$sources/vector.control" "$extension/vector.control"
    install -m 644 "$sources"/sql/vector--*--*.sql "$extension/"
    install -m 644 "$sources/sql/vector.sql" "$extension/vector--$pgvector_version.sql"
    install -m 644 "$sources/LICENSE" "$root/usr/share/doc/postgresql-15-pgvector/copyright"
    (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    cat >"$root/DEBIAN/control" <<CONTROL
Package: postgresql-15-pgvector
Version: $pgvector_version-$pgvector_release
Architecture: $2
Maintainer: inventory <root@localhost>
Depends: postgresql-15, libc6 (>= 2.34)
Section: database
Priority: optional
Description: vectors for PostgreSQL 15
 pgvector of Debian 13's source package, compiled for Debian 12, which has none.
CONTROL
    find "$root" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
    dpkg-deb --root-owner-group -Zxz --build "$root" "$pgvector.new" >/dev/null
    mv "$pgvector.new" "$pgvector"
}
