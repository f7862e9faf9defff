# shellcheck shell=bash disable=SC2154
# Backups and their proof, when systemd says it is time. Sourced by test/scenes.sh.

scene_backup() {
    check "the nightly backup is made when its time comes" by_its_timer inventory-backup
    check "the weekly proof restores it and looks at everything, when its time comes" by_its_timer inventory-verify
    check "and the backup counts as proven" is_proven
    check "a full backup has the machine's files as well, encrypted" full_backup
    cp "$root$(newest_backup)" "$work/carried"
    carried_name=$(basename "$(newest_backup)")
    carried_bookings=$(bookings)
}

# The timer with its time moved to now: systemd starts the unit, nobody else.
by_its_timer() { # UNIT
    local place=/run/systemd/system/$1.timer.d before
    before=$(on systemctl show --property InvocationID --value "$1.service")
    on sh -c "mkdir -p $place && printf '[Timer]\nOnCalendar=\nOnActiveSec=1\nRandomizedDelaySec=0\nAccuracySec=1s\n' >$place/now.conf && systemctl daemon-reload && systemctl restart $1.timer"
    for _ in $(seq 300); do
        sleep 1
        [ "$(on systemctl show --property InvocationID --value "$1.service")" != "$before" ] || continue
        case $(on systemctl show --property ActiveState --value "$1.service") in activating | active) ;; *) break ;; esac
    done
    on sh -c "rm -r $place && systemctl daemon-reload && systemctl restart $1.timer"
    on journalctl --no-pager --unit "$1.service" --lines 20
    is "success" "$(on systemctl show --property Result --value "$1.service")"
    [ "$(on systemctl show --property InvocationID --value "$1.service")" != "$before" ]
}

is_proven() {
    on inventoryctl doctor | grep 'proven restore' | grep -F "$(basename "$(newest_backup)")"
}

full_backup() {
    local name
    echo 'a pass phrase of some length' >"$root/root/pass"
    on inventoryctl backup --full --passphrase-file /root/pass --to /var/tmp
    name=$(cd "$root/var/tmp" && echo inventory-*.age)
    is age-encryption.org/v1 "$(head -c 22 "$root/var/tmp/$name")"
    on inventoryctl restore "/var/tmp/$name" --passphrase-file /root/pass --unpack-machine /var/tmp/unpacked
    cmp "$root/var/tmp/unpacked/var/lib/inventory/ssl/inventory.key" "$root/var/lib/inventory/ssl/inventory.key"
    cmp "$root/var/tmp/unpacked/var/lib/inventory/app/current.deb" "$root/var/lib/inventory/app/current.deb"
    cmp "$root/var/tmp/unpacked/etc/nginx/sites-available/inventory" "$root/etc/nginx/sites-available/inventory"
    rm -r "$root/var/tmp/unpacked" "$root/var/tmp/$name"
}
