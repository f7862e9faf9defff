# shellcheck shell=bash disable=SC2154
# What the emulated machine lives through: searches, pulled plugs, an upgrade and back, another machine after it.
# Sourced by test/vm.sh.

# The running service makes the vectors, as soon as its own model is read; each question reads the model anew.
meaning() {
    local found
    on "printf 'name,description,place,quantity,unit,gtin\nTarpaulin,keeps a tent dry in the rain,Shelf 1,2,piece,4006381333931\nHex bolt M3,steel,Shelf 2,100,piece,\n' >/var/tmp/things.csv && inventoryctl import /var/tmp/things.csv"
    for _ in 1 2 3 4 5 6; do
        found=$(on "inventoryctl search 'something against rain when camping'" 2>&1) || true
        ! grep -q Tarpaulin <<<"$found" || return 0
        sleep 10
    done
    echo "$found" && return 1
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
    check "--role kiosk works on a database that it reaches over TLS, its certificate checked" database_by_network
    check "and draws" is_drawn kiosk-by-network
}

# Not over the socket but as if it were elsewhere: by the machine's address, with a password, encrypted.
database_by_network() {
    local output
    on 'sed -i "s/^127.0.1.1 .*/10.0.2.15 storeroom/" /etc/hosts && cp /etc/ssl/certs/ssl-cert-snakeoil.pem /etc/ssl/certs/database.pem &&
        cd /etc/postgresql/*/main && echo "listen_addresses = '"'10.0.2.15'"'" >conf.d/zz-local.conf &&
        echo "hostssl inventory_db inventory 10.0.2.15/32 scram-sha-256" >>pg_hba.conf && systemctl restart postgresql'
    on "runuser -u postgres -- psql -qAtX -d inventory_db -c \"alter role inventory password 'a long enough one'\""
    on "sed -i '/^user = \"inventory\"/d; /^name = \"inventory_db\"/d; s|^host = .*|url = \"postgres://inventory:a%20long%20enough%20one@storeroom/inventory_db?sslmode=verify-full\&sslrootcert=/etc/ssl/certs/database.pem\"|' /var/lib/inventory/config/inventory.toml"
    output=$(on '/var/tmp/inventory-deploy/deploy.sh --offline --role kiosk') || { echo "$output" && return 1; }
    ! grep -q '^▸ PostgreSQL' <<<"$output" || { echo "$output" && return 1; }
    on 'grep -q "^IPAddressAllow=.*10.0.2.15" /etc/systemd/system/inventory-kiosk.service.d/database.conf'
    [ "$(on "runuser -u postgres -- psql -qAtX -d postgres -c \"select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'inventory'\"")" = t ]
    on "inventoryctl search Tarpaulin" | grep Tarpaulin
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
