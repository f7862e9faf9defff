#!/usr/bin/env bash
# Deploy to fresh Debians and do to them what happens to a machine in a storeroom. Called by make test-deploy.
#
# usage: deploy.sh [--suite bookworm|trixie] [--binary FILE] [--keep]
#   --suite   one release only; both unless said otherwise
#   --binary  a program built before, instead of building one
#   --keep    leave the machines' directories in place, to look at
#
# Each machine is a root directory with a systemd of its own in namespaces (no network, no devices). Needs root.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

test=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
here=$(cd "$test/.." && pwd)
build=${INVENTORY_BUILD:-$HOME/inventory-deploy-build}

say() {
    printf '%s\n' "$*"
}

fail() {
    printf 'test-deploy: %s\n' "$*" >&2
    exit 1
}

. "$here/package/debian.sh"
. "$test/machines.sh"
. "$test/scenes.sh"

suites=() package_options=() keep=''
while [ $# -gt 0 ]; do
    case $1 in
    --suite) suites+=("${2:-}") && shift ;;
    --binary) package_options+=(--fast --binary "${2:-}") && shift ;;
    --keep) keep=yes ;;
    --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && exit ;;
    *) fail "unknown option: $1" ;;
    esac
    shift
done
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie)
need_root
need_packages mmdebstrap zstd openssh-client

architecture=$(host_architecture)
for suite in "${suites[@]}"; do
    package_options+=(--offline "$suite")
done
"$here/prepare.sh" --arch "$architecture" "${package_options[@]}"

work=$(mktemp -d /var/tmp/inventory-test-deploy.XXXXXX)
finish() {
    cut_power
    [ -n "$keep" ] || rm -rf "$work"
}
trap finish EXIT

exec 3>&1 # figures, past a check that keeps its output
failures=0
for suite in "${suites[@]}"; do
    play "$suite"
done
[ "$failures" -eq 0 ] || fail "$failures checks failed"
say "test-deploy: all is well"
