# shellcheck shell=bash disable=SC2154
# An upgrade, one that fails, and the way back. Sourced by test/scenes.sh.

scene_upgrade() {
    local version
    version=$(on dpkg-query --show --showformat '${Version}' inventory)
    unpack_next "$root" /var/tmp/next "$version+next1"
    check "an upgrade backs up, stops, migrates, starts, verifies, and nobody writes meanwhile" upgrades /var/tmp/next
    check "and is the new version, open for writing" upgraded "$version+next1"
    check "an older bundle is refused" refuses "rollback.sh goes back" "$bundle/upgrade.sh" --offline
    printf '#!/bin/sh\nexit 1\n' >"$work/broken"
    unpack_next "$root" /var/tmp/broken "$version+next2" "$work/broken"
    check "a program that does not start is put back" broken_upgrade "$version+next1"
    check "rollback puts the previous program back, bookings stay" rolls_back "$version"
    check "an upgrade that a power cut ends is finished by the next try" cut_upgrade "$version+next1"
    check "rollback with data refuses to lose bookings, unless told" refuses_to_lose
}

is_closed() {
    [ "$(as_program 'show default_transaction_read_only' 2>/dev/null)" = on ]
}

# Whoever books while the new version is not verified is refused, with a sentence.
upgrades() { # BUNDLE
    local number=0 refused=0 output upgrade
    on "$1/upgrade.sh" --offline >"$work/upgrade.log" 2>&1 &
    upgrade=$!
    while kill -0 "$upgrade" 2>/dev/null; do
        sleep 0.3
        is_closed || continue
        number=$((number + 1))
        things "Rivet $number,copper,Shelf 2,5,piece" >"$root/var/tmp/rivet.csv"
        if output=$(on inventoryctl import /var/tmp/rivet.csv 2>&1); then
            # Begun in time, done when all was verified: anything else was written behind a closed door.
            ! is_closed || { echo "written while nobody may write: $output" && return 1; }
        elif grep -q 'nothing can be written now: the inventory is being upgraded' <<<"$output"; then
            refused=$((refused + 1))
        fi
    done
    wait "$upgrade" || { cat "$work/upgrade.log" && return 1; }
    echo "refused $refused of $number" && cat "$work/upgrade.log"
    [ "$refused" -gt 0 ]
}

cut_upgrade() { # VERSION
    local before upgrade
    before=$(bookings)
    on /var/tmp/next/upgrade.sh --offline >"$work/upgrade.log" 2>&1 &
    upgrade=$!
    for _ in $(seq 600); do
        ! grep -q "^▸ inventory's package" "$work/upgrade.log" || break
        sleep 0.2
    done
    sleep 1 # dpkg is at work
    cut_power
    wait "$upgrade" 2>/dev/null || true
    boot "$root"
    is_closed
    on /var/tmp/next/upgrade.sh --offline
    upgraded "$1" && [ "$(bookings)" -ge "$before" ]
}

upgraded() { # VERSION
    is "$1" "$(on dpkg-query --show --showformat '${Version}' inventory)"
    is off "$(as_program 'show default_transaction_read_only')"
    on inventoryctl import /var/tmp/washer.csv
}

broken_upgrade() { # VERSION
    local before
    before=$(bookings)
    fails on /var/tmp/broken/upgrade.sh --offline
    for _ in $(seq 60); do
        is 200 "$(status_of /readyz)" >/dev/null && break
        sleep 0.5
    done
    is 200 "$(status_of /readyz)" && upgraded "$1" && [ "$(bookings)" -ge "$before" ]
}

rolls_back() { # VERSION
    local before
    before=$(bookings)
    on /usr/lib/inventory/deploy/rollback.sh && upgraded "$1" && [ "$(bookings)" -ge "$before" ]
}

newest_backup() {
    on sh -c 'ls -t /var/lib/inventory/backups/inventory-* | head -n 1'
}

refuses_to_lose() {
    local kept before output
    on inventoryctl backup
    kept=$(bookings)
    things 'Split pin,steel,Shelf 2,7,piece' >"$root/var/tmp/pin.csv"
    on inventoryctl import /var/tmp/pin.csv
    before=$(bookings)
    [ "$before" -gt "$kept" ]
    output=$(fails on /usr/lib/inventory/deploy/rollback.sh --with-data "$(newest_backup)" 2>&1) || { echo "$output" && return 1; }
    grep -q '1 bookings were made .* would be lost' <<<"$output" || { echo "$output" && return 1; }
    is "$before" "$(bookings)"
    on /usr/lib/inventory/deploy/rollback.sh --with-data "$(newest_backup)" --lose-bookings
    is "$kept" "$(bookings)"
}
