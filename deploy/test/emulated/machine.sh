# shellcheck shell=bash disable=SC2154
# The emulated machine: started, reached over ssh and https, its plug pulled. Sourced by test/vm.sh.

on() { # COMMAND: on the machine
    # shellcheck disable=SC2029 # what is meant for the machine is quoted by the caller
    ssh "${ssh_words[@]}" root@127.0.0.1 "$@"
}

# What the guest has written to its disk is in this machine's memory, and outlives the emulator: its end loses what a
# pulled plug loses, the guest's own memory, without a flush of the real disk for each of the guest's.
start() {
    rm -f "$work/monitor" "$work/pid"
    inside "$tools" "${emulated[@]}" -accel tcg,thread=multi -smp 2 -m 2048 \
        -kernel "$work/kernel" -initrd "$work/initrd" -append "root=/dev/vda rw console=tty1 console=$serial systemd.show_status=1" \
        -drive "file=$work/disk.img,if=none,id=disk,format=raw,cache=unsafe" -device virtio-blk-pci,drive=disk \
        -netdev "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:$ssh_port-:22,hostfwd=tcp:127.0.0.1:$https_port-:443" \
        -device virtio-net-pci,netdev=net -device virtio-gpu-pci,xres=1280,yres=800 -device virtio-keyboard-pci \
        -device virtio-multitouch-pci -device virtio-rng-pci -display none -serial "file:$work/serial.log" \
        -qmp "unix:$work/monitor,server=on,wait=off" -pidfile "$work/pid" -daemonize 3>&-
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

# A fresh disk, the bundle copied to it and deployed. Called again it is another machine.
fresh_machine() {
    make_disk "$suite"
    trap '[ -n "$keep" ] || pull_the_plug' EXIT
    start
    say "copying and deploying"
    check "remote.sh copies the bundle and deploys, without a network" remote
}

remote() {
    local output status=0
    output=$(env INVENTORY_SSH="ssh ${ssh_words[*]}" "$here/remote.sh" root@127.0.0.1 --offline 2>&1) || status=$?
    grep -E '^ *[0-9.]+ s ' <<<"$output" | sed 's/^/        /' >&3 || true
    echo "$output"
    return $status
}
