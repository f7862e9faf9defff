#!/usr/bin/env bash
# The whole way on a virtual machine with a processor like the Pi's (QEMU, Cortex-A76), a display and a disk of its
# own: from a fresh Debian to a verified page and a drawn kiosk, with real power cuts. Called by make test-deploy-vm.
#
# usage: vm.sh [--suite bookworm|trixie] [--arch arm64|amd64] [--keep]
#   --arch   arm64 unless said otherwise; amd64 has the same display and disk, where no arm64 bundle was built
#   --keep   leave the machine running at the end; its ssh port is printed
#
# Needs root, the bundle (make package ARCH=… OFFLINE=SUITE), 8 GB of disk, 3 GB of memory, and patience: every
# instruction is translated. Nothing goes out of the machine, and only ssh and https come in, from this one.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

test=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
here=$(cd "$test/.." && pwd)
source=$(cd "$here/.." && pwd)
build=${INVENTORY_BUILD:-$HOME/inventory-deploy-build}
SOURCE_DATE_EPOCH=$(git -C "$source" log -1 --format=%ct)
export SOURCE_DATE_EPOCH

say() {
    printf '[%4d s] %s\n' "$SECONDS" "$*"
}

fail() {
    printf 'vm: %s\n' "$*" >&2
    exit 1
}

. "$here/package/debian.sh"
. "$test/machines.sh"
. "$test/image.sh"
for part in machine screen life; do
    # shellcheck source=/dev/null
    . "$test/emulated/$part.sh"
done
suite=bookworm architecture=arm64 keep=''
while [ $# -gt 0 ]; do
    case $1 in
    --suite) suite=${2:-} && shift ;;
    --arch) architecture=${2:-} && shift ;;
    --keep) keep=yes ;;
    --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && exit ;;
    *) fail "unknown option: $1" ;;
    esac
    shift
done
need_root
need_packages mmdebstrap zstd openssh-client curl
# What differs: the emulator, its machine and processor, the first serial line.
case $architecture in
arm64) emulated=(qemu-system-aarch64 -M "virt,gic-version=3" -cpu cortex-a76) serial=ttyAMA0 ;;
amd64) emulated=(qemu-system-x86_64 -M q35 -cpu max -vga none) serial=ttyS0 ;;
*) fail "unknown architecture: '$architecture'; known are arm64 and amd64" ;;
esac
bundle=$build/$architecture/inventory-deploy.tar.gz
offline=$build/$architecture/inventory-offline-$suite-$architecture.tar
for file in "$bundle" "$offline"; do
    [ -s "$file" ] || fail "there is no $file: make package ARCH=$architecture OFFLINE=$suite"
done

work=$build/vm-$suite-$architecture
mkdir -p "$work"
[ -s "$work/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$work/key"
ssh_port=$((20000 + RANDOM % 20000))
https_port=$((ssh_port + 1))
ssh_words=(-q -i "$work/key" -p "$ssh_port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=60 -o ConnectionAttempts=3 -o BatchMode=yes)

failures=0
check() { # NAME COMMAND...
    local name=$1 from=$SECONDS output status
    shift
    # Not within a condition, where a failing line in the middle would not count.
    set +e
    output=$(set -e && "$@" 2>&1)
    status=$?
    set -e
    if [ "$status" -eq 0 ]; then
        say "ok    $name ($((SECONDS - from)) s)"
    else
        failures=$((failures + 1))
        say "FAIL  $name"
        tail -n 25 <<<"$output" | sed 's/^/          /'
    fi
}

main() {
    exec 3>&1
    tools_root
    fresh_machine
    check "no unit failed" test -z "$(on 'systemctl --failed --no-legend --plain')"
    check "https answers the host" answers_ready
    check "pages are closed until there is an admin" test "$(https /)" = 503
    check "the first admin is made" on "echo 'a long enough password' | inventoryctl setup --name 'Ann Meyer' --login ann"
    check "ONNX Runtime infers: a search by meaning finds" meaning
    scene_screen
    check "verify.sh finds nothing to mend" on /usr/lib/inventory/deploy/verify.sh
    say "memory idle: $(on "free -m | awk '/^Mem/ { print \$3 }'") MB of $(on "free -m | awk '/^Mem/ { print \$2 }'") used; disk: $(on "df -m --output=used / | tail -n 1") MB"
    scene_life
    [ "$failures" -eq 0 ] || fail "$failures checks failed; the machine's console: $work/serial.log"
    [ -z "$keep" ] || say "ssh -i $work/key -p $ssh_port root@127.0.0.1"
    say "test-deploy-vm: all is well"
}

main
