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
amd64) emulated=(qemu-system-x86_64 -M q35 -cpu max) serial=ttyS0 ;;
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
ssh_words=(-q -i "$work/key" -p "$ssh_port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=10 -o BatchMode=yes)

on() { # COMMAND: on the machine
    # shellcheck disable=SC2029 # what is meant for the machine is quoted by the caller
    ssh "${ssh_words[@]}" root@127.0.0.1 "$@"
}

start() {
    rm -f "$work/monitor" "$work/pid"
    inside "$tools" "${emulated[@]}" -accel tcg,thread=multi -smp 2 -m 2048 \
        -kernel "$work/kernel" -initrd "$work/initrd" -append "root=/dev/vda rw console=tty1 console=$serial systemd.show_status=1" \
        -drive "file=$work/disk.img,if=none,id=disk,format=raw,cache=writethrough" -device virtio-blk-pci,drive=disk \
        -netdev "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:$ssh_port-:22,hostfwd=tcp:127.0.0.1:$https_port-:443" \
        -device virtio-net-pci,netdev=net -device virtio-gpu-pci,xres=1280,yres=800 -device virtio-keyboard-pci \
        -device virtio-tablet-pci -device virtio-rng-pci -display none -serial "file:$work/serial.log" \
        -qmp "unix:$work/monitor,server=on,wait=off" -pidfile "$work/pid" -daemonize
    local from=$SECONDS
    until on true 2>/dev/null; do
        [ $((SECONDS - from)) -lt 900 ] || fail "the machine does not answer: $work/serial.log"
        sleep 2
    done
    on 'systemctl is-system-running --wait' >/dev/null 2>&1 || true
    say "booted in $((SECONDS - from)) s: $(on 'systemctl is-system-running' || true)"
}

# At once, with whatever the machine had not written: what pulling the plug does.
pull_the_plug() {
    [ ! -s "$work/pid" ] || kill -9 "$(cat "$work/pid")" 2>/dev/null || true
    sleep 1
}

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

https() { # PATH: what the host gets
    curl --silent --insecure --output /dev/null --max-time 60 --write-out '%{http_code}' "https://127.0.0.1:$https_port$1"
}

answers_ready() {
    local from=$SECONDS
    until [ "$(https /readyz)" = 200 ]; do
        [ $((SECONDS - from)) -lt 300 ] || return 1
        sleep 2
    done
}

shot() { # NAME
    python3 "$test/qmp.py" "$work/monitor" shot "$work/$1.png"
    echo "$work/$1.png"
}

# A screen on which something is drawn has many colours; a console or a blank one has two.
is_drawn() { # NAME
    local file colours
    file=$(shot "$1")
    colours=$(python3 "$test/colours.py" "$file")
    say "        $file: $colours colours" >&3
    [ "$colours" -gt 40 ]
}

power_cuts_while_booking() {
    local acknowledged=0 number before
    before=$(on "runuser -u postgres -- psql -qAtX -d inventory_db -c 'select count(*) from inventory.booking'")
    for number in $(seq 8); do
        on "printf 'name,place,quantity,unit\nWasher $number,Shelf 2,5,piece\n' >/var/tmp/washer.csv && inventoryctl import /var/tmp/washer.csv" || return 1
        acknowledged=$number
        if [ $((number % 4)) = 0 ]; then
            on "printf 'name,place,quantity,unit\nNut $number,Shelf 2,5,piece\n' >/var/tmp/nut.csv && inventoryctl import /var/tmp/nut.csv" &
            sleep 4
            pull_the_plug
            wait $! 2>/dev/null || true
            start
            answers_ready || return 1
        fi
    done
    local after
    after=$(on "runuser -u postgres -- psql -qAtX -d inventory_db -c 'select count(*) from inventory.booking'")
    [ $((after - before)) -ge "$acknowledged" ] || { echo "$acknowledged acknowledged, $((after - before)) there" && return 1; }
    on inventoryctl doctor
}

main() {
    exec 3>&1
    tools_root
    make_disk "$suite"
    trap '[ -n "$keep" ] || pull_the_plug' EXIT
    start
    say "copying and deploying"
    check "remote.sh copies the bundle and deploys, without a network" env INVENTORY_SSH="ssh ${ssh_words[*]}" "$here/remote.sh" root@127.0.0.1 --offline
    on 'tail -n 20 /var/log/inventory-deploy.log' >"$work/deploy.log" 2>/dev/null || true
    check "no unit failed" test -z "$(on 'systemctl --failed --no-legend --plain')"
    check "https answers the host" answers_ready
    check "pages are closed until there is an admin" test "$(https /)" = 503
    check "ONNX Runtime infers: a search by meaning finds" meaning
    sleep 20
    check "the kiosk is drawn on the bare display" is_drawn kiosk
    check "verify.sh finds nothing to mend" on /usr/lib/inventory/deploy/verify.sh
    say "memory idle: $(on "free -m | awk '/^Mem/ { print \$3 }'") MB of $(on "free -m | awk '/^Mem/ { print \$2 }'") used; disk: $(on "df -m --output=used / | tail -n 1") MB"
    check "what was acknowledged survives pulled plugs" power_cuts_while_booking
    check "the kiosk is drawn again" is_drawn kiosk-again
    [ "$failures" -eq 0 ] || fail "$failures checks failed; the machine's console: $work/serial.log"
    [ -z "$keep" ] || say "ssh -i $work/key -p $ssh_port root@127.0.0.1"
    say "test-deploy-vm: all is well"
}

meaning() {
    local found
    on "printf 'name,description,place,quantity,unit\nTarpaulin,keeps a tent dry in the rain,Shelf 1,2,piece\nHex bolt M3,steel,Shelf 2,100,piece\n' >/var/tmp/things.csv && inventoryctl import /var/tmp/things.csv && inventoryctl reindex --missing"
    found=$(on "inventoryctl search 'something against rain when camping'")
    grep -q Tarpaulin <<<"$found" || { echo "$found" && return 1; }
}

main
