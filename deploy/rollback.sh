#!/usr/bin/env bash
# Put the previous program back after an upgrade. Data stays as it is: migrations only add, and the previous program
# runs on the newer schema.
#
# usage: sudo rollback.sh [--with-data BACKUP [--lose-bookings]]
#   --with-data BACKUP  also go back to the data of this backup
#   --lose-bookings     … although people booked something since; refused without
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common database services writes; do
    # shellcheck source=/dev/null
    . "$here/lib/$part.sh"
done

archive='' lose=''
while [ $# -gt 0 ]; do
    case $1 in
    --with-data) archive=$(realpath "${2:?--with-data needs a backup}") && shift ;;
    --lose-bookings) lose=yes ;;
    --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && exit ;;
    *) fail "unknown option: $1 (--help lists them)" ;;
    esac
    shift
done

# Bookings the backup cannot have: younger than the moment it was begun, which is in its name (UTC).
bookings_since() { # BACKUP
    local stamp
    stamp=$(basename "$1" | sed -n 's/.*\([0-9]\{8\}\)[T-]\([0-9]\{6\}\).*/\1 \2/p')
    [ -n "$stamp" ] || fail "$1 does not have the name of a backup: inventory-…-DATE-TIME"
    sql "$database" <<<"set time zone 'UTC'; select count(*) from inventory.booking where at > to_timestamp('$stamp', 'YYYYMMDD HH24MISS')"
}

main() {
    require_root
    local unit lost previous=$data/app/previous.deb
    unit=$(serving_unit)
    [ -s "$previous" ] || fail "there is no previous program in $data/app: nothing was upgraded here"
    if [ -n "$archive" ]; then
        has_own_database || fail "the database is elsewhere: restore it there"
        [ -s "$archive" ] || fail "there is no backup $archive"
        lost=$(bookings_since "$archive")
        if [ "$lost" -gt 0 ] && [ -z "$lose" ]; then
            fail "$lost bookings were made since that backup and would be lost; without --with-data they stay, with --lose-bookings they go"
        fi
    fi
    say "inventory: $(dpkg-query --show --showformat '${Version}' inventory) → $(dpkg-deb --field "$previous" Version)"
    systemctl stop "$unit"
    dpkg --install --force-downgrade "$previous" >/dev/null 2>&1 || fail "dpkg --install $previous failed; $unit is stopped"
    mv -f "$data/app/current.deb" "$data/app/next.deb"
    mv -f "$previous" "$data/app/current.deb"
    mv -f "$data/app/next.deb" "$previous" # forth again is back once more
    systemctl daemon-reload
    if [ -n "$archive" ]; then
        inventoryctl restore "$archive"
    fi
    ! has_own_database || ! writes_are_closed || open_writes
    systemctl start "$unit"
    wait_until 120 "the program is ready" answers /readyz
    verify_settled
}

main
