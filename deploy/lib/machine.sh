# shellcheck shell=bash disable=SC2154
# What the machine under the program is like: clock, space, memory, heat. Sourced by verify.sh, which owns row and holds.

look_at_machine() {
    look_at_clock
    look_at_disk
    look_at_memory
    look_at_heat
}

look_at_clock() {
    local synchronised
    synchronised=$(timedatectl show --property NTPSynchronized --value 2>/dev/null || true)
    case $synchronised in
    yes) row ✓ clock "$(date '+%Y-%m-%d %H:%M %Z'), synchronised" ;;
    *) row ! clock "$(date '+%Y-%m-%d %H:%M %Z'), not synchronised" "is there a network, or a clock battery? timedatectl timesync-status" ;;
    esac
}

look_at_disk() {
    local free
    free=$(free_mb "$data")
    if [ "$free" -ge 1000 ]; then
        row ✓ disk "$free MB free"
    elif [ "$free" -ge 300 ]; then
        row ! disk "$free MB free" "remove old backups (inventoryctl backup prune), or use a larger card"
    else
        row ✗ disk "$free MB free" "a database stops without space: remove old backups (inventoryctl backup prune) now"
    fi
}

look_at_memory() {
    local available
    available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
    holds memory "$available of $(memory_mb) MB available" "$available of $(memory_mb) MB available" \
        "what else runs here? systemd-cgtop --order memory" [ "$available" -ge 100 ]
}

look_at_heat() {
    local zone=/sys/class/thermal/thermal_zone0/temp degrees throttled
    [ -r "$zone" ] || return 0
    degrees=$(($(cat "$zone") / 1000))
    holds temperature "$degrees °C" "$degrees °C; a Pi slows down from 80 on" "give it air, or a fan" [ "$degrees" -lt 80 ]
    command -v vcgencmd >/dev/null || return 0
    throttled=$(vcgencmd get_throttled 2>/dev/null | sed 's/.*=//')
    case $throttled in
    0x0 | '') ;;
    *) row ! power "throttled since the start ($throttled)" "bit 0 or 16: use the official power supply; bit 3 or 19: it was too hot" ;;
    esac
}
