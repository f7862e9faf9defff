# shellcheck shell=bash disable=SC2154
# What the emulated machine lives through: searches, pulled plugs, an upgrade and back, another machine after it.
# Sourced by test/vm.sh.

meaning() {
    local found
    on "printf 'name,description,place,quantity,unit,gtin\nTarpaulin,keeps a tent dry in the rain,Shelf 1,2,piece,4006381333931\nHex bolt M3,steel,Shelf 2,100,piece,\n' >/var/tmp/things.csv && inventoryctl import /var/tmp/things.csv && inventoryctl reindex --missing"
    found=$(on "inventoryctl search 'something against rain when camping'")
    grep -q Tarpaulin <<<"$found" || { echo "$found" && return 1; }
}

scene_life() {
    local version
    check "what was acknowledged survives pulled plugs" power_cuts_while_booking
    check "the kiosk is drawn again" is_drawn kiosk-again
    version=$(on "dpkg-query --show --showformat '\${Version}' inventory")
    check "an upgrade backs up, stops, migrates, starts, verifies" upgrades "$version+next1"
    check "the kiosk is drawn by the new version" is_drawn kiosk-upgraded
    check "rollback puts the previous program back, bookings stay" rolls_back "$version"
    check "a backup is carried off" carries_off
    pull_the_plug
    fresh_machine
    check "the backup is restored on a second fresh machine" restores
    check "whose kiosk is drawn" is_drawn kiosk-second
}

bookings() {
    on "runuser -u postgres -- psql -qAtX -d inventory_db -c 'select count(*) from inventory.booking'"
}

books() { # NAME
    on "printf 'name,place,quantity,unit\n$1,Shelf 2,5,piece\n' >/var/tmp/more.csv && inventoryctl import /var/tmp/more.csv"
}

power_cuts_while_booking() {
    local acknowledged=0 number before booking
    before=$(bookings)
    for number in $(seq 8); do
        books "Washer $number" || return 1
        acknowledged=$number
        if [ $((number % 4)) = 0 ]; then
            books "Nut $number" &
            booking=$!
            sleep 4
            pull_the_plug
            wait $booking 2>/dev/null || true
            start
            answers_ready || return 1
        fi
    done
    local after
    after=$(bookings)
    [ $((after - before)) -ge "$acknowledged" ] || { echo "$acknowledged acknowledged, $((after - before)) there" && return 1; }
    on inventoryctl doctor
}

installed() {
    on "dpkg-query --show --showformat '\${Version}' inventory"
}

upgrades() { # VERSION
    unpack_next "$work/next-bundle" /var/tmp/next "$1"
    tar --create --directory "$work/next-bundle/var/tmp" next | on 'tar -x -C /var/tmp'
    rm -r "$work/next-bundle"
    on /var/tmp/next/upgrade.sh --offline
    [ "$(installed)" = "$1" ] && books "Rivet"
}

rolls_back() { # VERSION
    local before
    before=$(bookings)
    on /usr/lib/inventory/deploy/rollback.sh
    [ "$(installed)" = "$1" ] && books "Split pin" && [ "$(bookings)" -gt "$before" ]
}

# Checks run apart: what the second machine needs of the first is in files.
carries_off() {
    local name
    on 'inventoryctl backup --to /var/tmp/carried'
    name=$(on 'ls /var/tmp/carried')
    rm -rf "$work/carried" && mkdir "$work/carried"
    on "cat /var/tmp/carried/$name" >"$work/carried/$name"
    bookings >"$work/carried-bookings"
    [ -s "$work/carried/$name" ]
}

restores() {
    local name
    name=$(ls "$work/carried")
    on "cat >/var/tmp/$name" <"$work/carried/$name"
    on "inventoryctl restore /var/tmp/$name"
    [ "$(bookings)" = "$(cat "$work/carried-bookings")" ] || { echo "$(cat "$work/carried-bookings") bookings were carried off, $(bookings) are there" && return 1; }
    on "inventoryctl search 'something against rain when camping'" | grep Tarpaulin
    on inventoryctl doctor
}
