#!/usr/bin/env bash
# Take inventory off this machine. The data stays, and a later deploy.sh finds it again.
#
# usage: sudo uninstall.sh [--purge-data]
#   --purge-data  remove photos, backups, settings, certificate and database as well; asks for the word DELETE
#
# PostgreSQL, nginx and other packages of Debian's stay: something else may use them by now.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common database; do
    # shellcheck source=/dev/null
    . "$here/lib/$part.sh"
done

purge=''
for option in "$@"; do
    case $option in
    --purge-data) purge=yes ;;
    --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && exit ;;
    *) fail "unknown option: $option" ;;
    esac
done

stop_units() {
    local unit
    if systemctl is-enabled --quiet inventory-kiosk.service 2>/dev/null; then
        "$package_dir/kiosk/kiosk.sh" disable || true
    fi
    for unit in inventory-backup.timer inventory-verify.timer inventory-kiosk.service inventory.socket inventory.service; do
        ! has_unit "$unit" || systemctl disable --now --quiet "$unit" 2>/dev/null || true
    done
}

close_site() {
    rm -f /etc/letsencrypt/renewal-hooks/deploy/inventory # certificates of certbot's stay its own
    rm -f /etc/nginx/sites-enabled/inventory /etc/nginx/sites-available/inventory
    ! systemctl is-active --quiet nginx.service || systemctl reload nginx.service
}

forget_rules() { # the cluster's own rules, as they were before
    local conf
    conf=/etc/postgresql/$(major)/main
    [ -d "$conf" ] || return 0
    sed -i '/^# inventory: by the account/,/^# inventory: end/d' "$conf/pg_hba.conf"
    sed -i '/^# inventory: accounts and roles/,/^# inventory: end/d' "$conf/pg_ident.conf"
    rm -f "$conf/conf.d/inventory.conf"
    systemctl restart "postgresql@$(major)-main.service" || true
}

purge_data() {
    if [ -d "/etc/postgresql/$(major)/main" ]; then
        # With what restores have replaced and kept beside it.
        sql postgres <<<"select format('drop database %I with (force);', datname) from pg_database
            where datname = '$database' or datname like '${database//_/\\_}\\_%'" | sql postgres
        sql postgres <<<'drop role if exists inventory; drop role if exists inventory_owner;'
        forget_rules
    fi
    rm -rf "$data" /etc/inventory
    userdel "$account" 2>/dev/null || true
    groupdel "$photo_group" 2>/dev/null || true
}

main() {
    require_root
    local word
    if [ -n "$purge" ]; then
        say "This removes every item, photo, booking and backup of this machine, for good."
        read -rp "Type DELETE to go on: " word
        [ "$word" = DELETE ] || fail "nothing was removed"
    fi
    stop_units
    close_site
    rm -rf /etc/systemd/system/inventory{,-kiosk,-backup,-verify}.service.d
    ! is_installed inventory || env DEBIAN_FRONTEND=noninteractive dpkg --purge inventory >/dev/null
    systemctl daemon-reload
    if [ -n "$purge" ]; then
        purge_data
        say "inventory and its data are gone"
    else
        say "inventory is gone; its data stays: the database $database, and $data with photos, backups and settings"
    fi
}

main
