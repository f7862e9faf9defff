#!/usr/bin/env bash
# Copy the bundle to another machine and run deploy.sh there, over ssh, and show what it does.
#
# usage: remote.sh [USER@]HOST [--offline] [--upgrade] [options of deploy.sh]
#   --offline   copy inventory-offline-SUITE-ARCH.tar as well, and use no network there
#   --upgrade   run upgrade.sh instead
#
# The bundle is the one that make package built for that machine's architecture. sudo there may ask for a password.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

build=${INVENTORY_BUILD:-$HOME/inventory-deploy-build}

fail() {
    printf 'remote.sh: %s\n' "$*" >&2
    exit 1
}

case ${1:-} in
'' | --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && exit ;;
-*) fail "the first argument is the machine: remote.sh pi@storeroom.local" ;;
esac
host=$1
shift
script=deploy.sh offline='' options=()
for option in "$@"; do
    case $option in
    --upgrade) script=upgrade.sh ;;
    --offline) offline=yes && options+=(--offline) ;;
    *) options+=("$option") ;;
    esac
done
# INVENTORY_SSH: another ssh with options, for machines that are reached in another way.
read -ra ssh <<<"${INVENTORY_SSH:-ssh}"

# One question to it before anything is sent.
facts=$("${ssh[@]}" "$host" 'dpkg --print-architecture; . /etc/os-release; echo "$VERSION_CODENAME"; df --output=avail -BM /var/tmp | tail -n 1 | tr -dc 0-9; echo; command -v sudo >/dev/null && [ "$(id -u)" != 0 ] && echo sudo || echo root') ||
    fail "$host does not answer over ssh"
{ read -r architecture && read -r suite && read -r room && read -r by; } <<<"$facts"
files=("$build/$architecture/inventory-deploy.tar.gz")
[ -z "$offline" ] || files+=("$build/$architecture/inventory-offline-$suite-$architecture.tar")
size=0
for file in "${files[@]}"; do
    [ -s "$file" ] || fail "there is no $file: make package ARCH=$architecture${offline:+ OFFLINE=$suite}"
    size=$((size + $(stat -c %s "$file") / 1048576))
done
[ "$room" -gt $((3 * size)) ] || fail "$room MB are free on $host in /var/tmp, $((3 * size)) are needed"

# One stream after the other, unpacked as it comes; a broken off one is sent again from its start.
"${ssh[@]}" "$host" 'rm -rf /var/tmp/inventory-deploy'
for file in "${files[@]}"; do
    printf 'copying %s (%d MB) to %s\n' "${file##*/}" "$(($(stat -c %s "$file") / 1048576))" "$host"
    unpack='tar -x -C /var/tmp'
    case $file in *.gz) unpack='tar -xz -C /var/tmp' ;; esac
    if [ -t 2 ] && command -v pv >/dev/null; then
        pv "$file" | "${ssh[@]}" "$host" "$unpack"
    elif [ -t 2 ]; then
        dd if="$file" bs=1M status=progress | "${ssh[@]}" "$host" "$unpack"
    else
        "${ssh[@]}" "$host" "$unpack" <"$file"
    fi
done
terminal=()
[ ! -t 0 ] || terminal=(-t) # sudo may ask, and the set-up code is for a terminal
[ "$by" = sudo ] && by='sudo ' || by=''
# shellcheck disable=SC2029 # the options are this machine's, quoted for the other one
exec "${ssh[@]}" "${terminal[@]}" "$host" "$by/var/tmp/inventory-deploy/$script $(printf '%q ' "${options[@]}")"
