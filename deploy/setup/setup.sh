#!/usr/bin/env bash
# Make a Debian 12 or 13 machine ready to build and run the program, or to test it as well.
#
# usage: setup.sh run|test
#
# Says what is missing and installs it, as root or with sudo. With NO_INSTALL=1 it only says so, and fails when
# something is missing. When nothing is, it takes a second and needs neither root nor a network.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/system.sh"
. "$here/packages.sh"
. "$here/postgresql.sh"
. "$here/rust.sh"
. "$here/test-tools.sh"

has_display() {
    [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]
}

# A server elsewhere is enough to run; tests start clusters of their own. INVENTORY_PG_BINDIR names a PostgreSQL
# that its owner looks after.
needs_postgresql() {
    [ -z "${INVENTORY_PG_BINDIR:-}" ] && ! has_whole_postgresql &&
        { [ "$purpose" = test ] || [ -z "${DATABASE_URL:-}${POSTGRES_HOST:-}" ]; }
}

# Sets the lists of what is missing: packages, server_packages, and yes or nothing for pgvector, model and tools.
look_around() {
    local wanted=("${build_packages[@]}")
    if [ "$purpose" = test ] || has_display; then
        wanted+=("${window_packages[@]}")
    fi
    if [ "$purpose" = test ]; then
        wanted+=("${test_packages[@]}")
    fi
    if [ -z "$(rust_directory)" ]; then
        wanted+=("${rust_packages[@]}")
        if [ "$purpose" = test ]; then
            wanted+=("${rust_test_packages[@]}")
        fi
    fi
    model=
    if ! "$here/../model/build.sh" --check 2>/dev/null; then
        model=yes
        python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3 python3-venv)
    fi
    tools=
    if [ "$purpose" = test ] && ! has_test_tools; then
        tools=yes
        python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3 python3-venv)
        command -v npm >/dev/null || wanted+=(npm)
    fi
    mapfile -t packages < <(not_installed "${wanted[@]}")

    server_packages=() pgvector=
    if needs_postgresql; then
        has_postgresql "$version" || server_packages+=("postgresql-$version")
        if ! has_pgvector "$version"; then
            case $release in
            bookworm) pgvector=yes ;;
            *) server_packages+=("postgresql-$version-pgvector") ;;
            esac
        fi
    fi
}

is_anything_missing() {
    [ $((${#packages[@]} + ${#server_packages[@]})) -gt 0 ] || [ -n "$pgvector$model$tools" ]
}

say_what_is_missing() {
    say "missing on this machine:"
    [ ${#packages[@]} -eq 0 ] || printf '  packages: %s\n' "${packages[*]}"
    [ ${#server_packages[@]} -eq 0 ] || printf '  database: %s\n' "${server_packages[*]}"
    [ -z "$pgvector" ] || printf '  database: pgvector %s, built here for PostgreSQL %s\n' "$pgvector_version" "$version"
    [ -z "$tools" ] || printf '  tests:    schemathesis and axe-core (30 MB to fetch)\n'
    [ -z "$model" ] || printf '  model:    all-MiniLM-L6-v2 and ONNX Runtime (110 MB to fetch)\n'
}

install_what_is_missing() {
    if [ $((${#packages[@]} + ${#server_packages[@]})) -gt 0 ] || [ -n "$pgvector" ]; then
        require_root
    fi
    [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
    [ ${#server_packages[@]} -eq 0 ] || install_postgresql "${server_packages[@]}"
    [ -z "$pgvector" ] || install_built_pgvector "$version" "$release"
    [ -z "$model" ] || "$here/../model/build.sh"
    [ -z "$tools" ] || install_test_tools
}

main() {
    purpose=${1:-}
    case $purpose in run | test) ;; *) fail "usage: setup.sh run|test" ;; esac
    release=$(debian_release)
    version=$(postgresql_version "$release")

    look_around
    if ! is_anything_missing; then
        say "everything is there"
        return
    fi
    say_what_is_missing
    if [ -n "${NO_INSTALL:-}" ]; then
        fail "NO_INSTALL is set: nothing was installed"
    fi
    install_what_is_missing
    look_around
    if is_anything_missing; then
        say_what_is_missing
        fail "installed, and yet missing"
    fi
    say "everything is there"
}

main "$@"
