#!/usr/bin/env bash
# Build what deploy.sh needs on another machine: inventory-deploy.tar.gz, and beside it Debian's packages for a
# machine without network. Called by make package.
#
# usage: prepare.sh [--arch arm64|amd64] [--binary FILE] [--fast] [--offline SUITE ...]
#   --arch     the machine it is for; arm64 (a Raspberry Pi 4 or 5) unless said otherwise. May be repeated
#   --binary   take this program instead of building one (for the one --arch)
#   --fast     compress quickly, into a larger bundle; for tests
#   --offline  also make inventory-offline-SUITE-ARCH.tar, for bookworm (Debian 12) or trixie (13). May be repeated
#
# Everything is made in $INVENTORY_BUILD (default: ~/inventory-deploy-build), which keeps what can be used again: a
# Debian 12 with a compiler for it, crates, packages. Two builds of one commit are equal to the byte. On a machine of
# the architecture itself, such as the Pi, the same compiler builds natively.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(cd "$here/.." && pwd)
build=${INVENTORY_BUILD:-$HOME/inventory-deploy-build}
. "$here/lib/packages.sh" # the lists deploy.sh installs
for part in debian program pgvector deb offline bundle; do
    . "$here/package/$part.sh"
done

say() {
    printf 'package: %s\n' "$*"
}

fail() {
    printf 'package: %s\n' "$*" >&2
    exit 1
}

architectures=() suites=() binary='' fast=''
while [ $# -gt 0 ]; do
    case $1 in
    --arch) architectures+=("${2:-}") && shift ;;
    --binary) binary=$(realpath "${2:-}") && shift ;;
    --fast) fast=yes ;;
    --offline) suites+=("${2:-}") && shift ;;
    --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && exit ;;
    *) fail "unknown option: $1 (--help lists them)" ;;
    esac
    shift
done
[ ${#architectures[@]} -gt 0 ] || architectures=(arm64)
for architecture in "${architectures[@]}"; do
    case $architecture in arm64 | amd64) ;; *) fail "unknown architecture: '$architecture'; known are arm64 and amd64" ;; esac
done
for suite in "${suites[@]}"; do
    case $suite in bookworm | trixie) ;; *) fail "unknown release: '$suite'; known are bookworm and trixie" ;; esac
done
[ -z "$binary" ] || [ ${#architectures[@]} -eq 1 ] || fail "--binary is for one --arch"

# Times inside archives are the commit's, so that building twice gives the same bytes.
SOURCE_DATE_EPOCH=$(git -C "$source" log -1 --format=%ct 2>/dev/null || stat -c %Y "$source/Cargo.lock")
export SOURCE_DATE_EPOCH
umask 022
mkdir -p "$build"
# Two at once would pack into the same folders.
exec 7>"$build/.lock"
flock --nonblock 7 || { say "another build is at work in $build; waiting for its end" && flock 7; }

for architecture in "${architectures[@]}"; do
    from=$SECONDS
    make_bundle "$architecture"
    for suite in "${suites[@]}"; do
        make_offline "$suite" "$architecture"
    done
    say "$architecture took $((SECONDS - from)) s"
done
