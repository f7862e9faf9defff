# shellcheck shell=bash disable=SC2154
# systemd's units: which are on, and that they run. Sourced by deploy.sh, upgrade.sh and rollback.sh.

# systemd 254 can wait longer from try to try; older ones (Debian 12) would complain of the words.
back_off() {
    local version
    version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    [ "$version" -ge 254 ] || return 1
    put /etc/systemd/system/inventory.service.d/back-off.conf 644 root:root <<'DROPIN'
[Service]
RestartSteps=8
RestartMaxDelaySec=60
DROPIN
}

# The addresses of a database on another machine, as its settings name it; nothing for one on this machine's socket.
database_addresses() {
    local url hosts host
    url=${database_url:-${DATABASE_URL:-$(sed -n 's/^url *= *"\(.*\)"$/\1/p' "$config_file" 2>/dev/null)}}
    case $url in
    '') hosts=${POSTGRES_HOST:-} ;;
    *://*)
        hosts=${url#*://}
        hosts=${hosts%%[/?]*}
        hosts=${hosts##*@} # a password's own @ is written %40
        ;;
    *) hosts=$(sed -n "s/.*\bhost *= *'\{0,1\}\([^' ]*\).*/\1/p" <<<"$url") ;;
    esac
    while IFS= read -r host; do
        case $host in
        '' | /*) continue ;;
        '['*) host=${host#[} && host=${host%%]*} ;;
        *) host=${host%%:*} ;;
        esac
        getent ahosts "$host" | cut -d ' ' -f 1
    done <<<"${hosts//,/$'\n'}" | sort -u | paste -sd' '
}

# What the units may reach, where the database is elsewhere: without it they speak to this machine alone. True when
# something changed.
find_way_to_database() {
    local addresses='' unit changed=1 file proof=''
    has_database || addresses=$(database_addresses)
    for unit in inventory inventory-kiosk inventory-backup inventory-verify; do
        file=/etc/systemd/system/$unit.service.d/database.conf
        if [ -z "$addresses" ]; then
            [ ! -e "$file" ] || { change "remove $file" rm "$file" && changed=0; }
            continue
        fi
        case $unit in
        inventory | inventory-kiosk) printf '[Service]\nIPAddressAllow=%s\n' "$addresses" ;;
        inventory-backup)
            printf '[Service]\nPrivateNetwork=no\nRestrictAddressFamilies=AF_INET AF_INET6\nIPAddressDeny=any\nIPAddressAllow=localhost %s\n' "$addresses"
            ;;
        inventory-verify)
            # Only an administrator may make the database for the trial; where nobody named one, the rest is looked at.
            [ -z "${MIGRATE_DATABASE_URL:-}" ] || proof="ExecStart=/usr/bin/inventory backup prove"$'\n'
            printf '[Service]\nExecStart=\nExecStart=%s/deploy/certificate.sh\n%sExecStart=%s/deploy/verify.sh --quiet\n' "$package_dir" "$proof" "$package_dir"
            ;;
        esac | put "$file" 644 root:root && changed=0
    done
    return $changed
}

enable_units() { # UNIT...
    local unit
    for unit in "$@"; do
        if ! systemctl is-enabled --quiet "$unit" || ! systemctl is-active --quiet "$unit"; then
            change "start $unit, now and with the machine" systemctl enable --now --quiet "$unit"
        fi
    done
}

start_services() {
    local restart=${program_changed:-} reload=''
    find_way_to_database && restart=yes
    if [ -n "$dry_run" ]; then
        note "would start inventory.socket, $(has_window && echo inventory-kiosk.service || echo inventory.service) and the timers"
        return
    fi
    back_off && reload=yes
    [ -z "$restart$reload" ] || systemctl daemon-reload
    if has_window; then
        show_on_panel
    else
        enable_units inventory.socket
        if [ -n "$restart" ] && systemctl is-active --quiet inventory.service; then
            change "restart inventory.service with the new program" systemctl restart inventory.service
        fi
        enable_units inventory.service
    fi
    enable_units inventory-backup.timer inventory-verify.timer
    wait_until 120 "the program answers" answers /healthz
    wait_until 60 "the program is ready" answers /readyz
}

# The kiosk's own script knows panels, rotation and keys that must not work.
show_on_panel() {
    local kiosk=$package_dir/kiosk/kiosk.sh
    if ! systemctl is-enabled --quiet inventory-kiosk.service; then
        change "show the kiosk on the panel" "$kiosk" enable
    elif [ -n "$restart" ]; then
        change "restart inventory-kiosk.service with what is new" systemctl restart inventory-kiosk.service
    fi
    # The kiosk's unit takes its socket along; from boot it is there before the program, as without a window.
    enable_units inventory-kiosk.service inventory.socket
}
