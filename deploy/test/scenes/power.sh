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

# A spreadsheet is one booking: whoever reads "done" has it. Bookings go on until the machine ends, which it does once
# some are acknowledged and the next one is on its way.
power_cuts() {
    local cut acknowledged=0 before writer
    before=$(bookings)
    for cut in 1 2 3; do
        : >"$work/acknowledged"
        books_on "$cut" &
        writer=$!
        until_acknowledged $((2 + cut)) || return 1
        sleep "0.$((cut * 3))"
        cut_power
        kill "$writer" 2>/dev/null || true
        wait "$writer" 2>/dev/null || true
        acknowledged=$((acknowledged + $(wc -l <"$work/acknowledged")))
        boot "$root"
        for _ in $(seq 120); do
            is 200 "$(status_of /readyz)" >/dev/null && break
            sleep 0.5
        done
    done
    echo "$acknowledged acknowledged, $(($(bookings) - before)) there"
    [ "$(($(bookings) - before))" -ge "$acknowledged" ]
    on inventoryctl doctor
}

books_on() { # ROUND
    local number=0
    while :; do
        number=$((number + 1))
        things "Washer $1-$number,brass,Shelf 2,5,piece" >"$root/var/tmp/washer.csv"
        on inventoryctl import /var/tmp/washer.csv >"$work/writer.log" 2>&1 || return 0
        echo "$number" >>"$work/acknowledged"
    done
}

until_acknowledged() { # HOW MANY
    for _ in $(seq 600); do
        [ "$(wc -l <"$work/acknowledged")" -lt "$1" ] || return 0
        sleep 0.2
    done
    echo "only $(wc -l <"$work/acknowledged") bookings were acknowledged in two minutes; the last word: $(tail -n 3 "$work/writer.log")"
    return 1
}
