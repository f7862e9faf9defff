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

enable_units() { # UNIT...
    local unit
    for unit in "$@"; do
        if ! systemctl is-enabled --quiet "$unit" || ! systemctl is-active --quiet "$unit"; then
            change "start $unit, now and with the machine" systemctl enable --now --quiet "$unit"
        fi
    done
}

start_services() {
    local restart=${program_changed:-}
    if [ -n "$dry_run" ]; then
        note "would start inventory.socket, $(has_window && echo inventory-kiosk.service || echo inventory.service) and the timers"
        return
    fi
    back_off && systemctl daemon-reload
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
    elif [ -n "${program_changed:-}" ]; then
        change "restart inventory-kiosk.service with the new program" systemctl restart inventory-kiosk.service
    fi
    enable_units inventory-kiosk.service
}
