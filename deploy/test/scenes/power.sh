# shellcheck shell=bash disable=SC2154
# Processes and machines that end from one moment to the next. Sourced by test/scenes.sh.

bookings() {
    psql_on 'select count(*) from inventory.booking'
}

scene_power() {
    check "the program comes back after kill -9" comes_back
    check "what was acknowledged survives power cuts while bookings are written" power_cuts
}

comes_back() {
    local pid
    pid=$(on systemctl show --property MainPID --value inventory.service)
    on kill -9 "$pid"
    for _ in $(seq 60); do
        sleep 0.5
        is 200 "$(status_of /readyz)" >/dev/null && return
    done
    on systemctl status --no-pager inventory.service
    return 1
}

# A spreadsheet is one booking: whoever reads "done" has it. The loop ends with the machine.
power_cuts() {
    local cut number acknowledged=0 before
    before=$(bookings)
    for cut in 1 2 3; do
        : >"$work/acknowledged"
        (
            number=0
            while :; do
                number=$((number + 1))
                things "Washer $cut-$number,brass,Shelf 2,5,piece" >"$root/var/tmp/washer.csv"
                on inventoryctl import /var/tmp/washer.csv >/dev/null 2>&1 || exit 0
                echo "$number" >>"$work/acknowledged"
            done
        ) &
        local writer=$!
        sleep $((3 + cut))
        cut_power
        kill "$writer" 2>/dev/null || true
        wait "$writer" 2>/dev/null || true
        acknowledged=$((acknowledged + $(wc -l <"$work/acknowledged")))
        boot "$root"
        for _ in $(seq 60); do
            is 200 "$(status_of /readyz)" >/dev/null && break
            sleep 0.5
        done
    done
    [ "$acknowledged" -gt 3 ] || { echo "only $acknowledged were written" && return 1; }
    [ "$(($(bookings) - before))" -ge "$acknowledged" ] || { echo "$acknowledged acknowledged, $(($(bookings) - before)) there" && return 1; }
    on inventoryctl doctor
}
