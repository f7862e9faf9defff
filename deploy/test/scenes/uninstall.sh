# shellcheck shell=bash disable=SC2154
# Taking it off again, with and without the data. Sourced by test/scenes.sh.

scene_uninstall() {
    check "uninstall keeps the data" uninstalls
    check "and a later deploy.sh finds it again" finds_again
    check "uninstall with the data asks first, and then nothing is left" purges
}

uninstalls() {
    local before
    before=$(bookings)
    on /usr/lib/inventory/deploy/uninstall.sh
    fails on test -e /usr/bin/inventory
    is "$before" "$(bookings)"
    on test -s /var/lib/inventory/config/inventory.toml
}

finds_again() {
    on "$bundle/deploy.sh" --offline && finds "something against rain when camping" Tarpaulin
}

purges() {
    fails on sh -c 'echo yes | /usr/lib/inventory/deploy/uninstall.sh --purge-data'
    on test -s /var/lib/inventory/config/inventory.toml
    on sh -c 'echo DELETE | /usr/lib/inventory/deploy/uninstall.sh --purge-data'
    fails on test -e /var/lib/inventory
    fails on test -e /usr/bin/inventory
    fails on id inventory
    is 0 "$(on runuser -u postgres -- psql -qAtX -c "select count(*) from pg_database where datname = 'inventory_db'")"
    is 0 "$(on runuser -u postgres -- psql -qAtX -c "select count(*) from pg_roles where rolname like 'inventory%'")"
}
