#!/usr/bin/env bash
# kiosk.sh enable|disable|status [--output NAME] [--rotate 0|90|180|270] [--dry-run]
# Makes this machine's panel the storeroom's screen, or gives it back. Each step is done only where something is to
# change, so that a second run changes nothing. --root DIR works on the files below DIR and leaves the running system
# alone: for images, and for tests.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

action='' output='' rotation='' dry_run='' root=''
usage() { sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
fail() { echo "kiosk: $*" >&2; exit 1; }
while [ $# -gt 0 ]; do
    case $1 in
    enable | disable | status) action=$1 ;;
    --output) output=${2:?--output needs a name}; shift ;;
    --rotate) rotation=${2:?--rotate needs degrees}; shift ;;
    --root) root=${2:?--root needs a directory}; shift ;;
    --dry-run) dry_run=yes ;;
    -h | --help) usage; exit 0 ;;
    *) fail "unknown: '$1'. $(usage | head -1)" ;;
    esac
    shift
done
[ -n "$action" ] || { usage >&2; exit 2; }
case $rotation in '' | 0 | 90 | 180 | 270) ;; *) fail "--rotate: one of 0, 90, 180, 270, not '$rotation'" ;; esac
[[ $output =~ ^[A-Za-z0-9-]*$ ]] || fail "--output: a connector's name such as HDMI-A-1 or DSI-1, not '$output'"

# What is put where.
settings=$root/etc/inventory/kiosk.env
record=$root/etc/inventory/kiosk.before
files=(
    "70-inventory-kiosk.rules:/etc/udev/rules.d/70-inventory-kiosk.rules"
    "60-inventory-kiosk.polkit.rules:/etc/polkit-1/rules.d/60-inventory-kiosk.rules"
    "60-inventory-kiosk.sysctl.conf:/etc/sysctl.d/60-inventory-kiosk.conf"
    "60-inventory-kiosk.logind.conf:/etc/systemd/logind.conf.d/60-inventory-kiosk.conf"
    "60-inventory-kiosk.manager.conf:/etc/systemd/system.conf.d/60-inventory-kiosk.conf"
    "60-inventory-kiosk.socket.conf:/etc/systemd/system/inventory.socket.d/60-kiosk.conf"
)
touch_rule=/etc/udev/rules.d/71-inventory-touch.rules
unit_file=/etc/systemd/system/inventory-kiosk.service
# Ways out of the kiosk: consoles, the three fingers, sticks that open by themselves.
masked=(getty@tty1.service autovt@.service ctrl-alt-del.target udisks2.service)

changes=0
# step WHAT COMMAND...: says and does it, or only says it.
step() {
    changes=$((changes + 1))
    echo "  $1"
    [ -n "$dry_run" ] || "${@:2}"
}
# Whether systemd runs here and is ours to command.
live() { [ -z "$root" ] && [ -d /run/systemd/system ]; }
sysd() { if [ -n "$root" ]; then systemctl --root="$root" "$@"; else systemctl "$@"; fi; }
enabled() { [ "$(sysd is-enabled "$1" 2>/dev/null || true)" = "${2:-enabled}" ]; }
known() {
    local place
    for place in /etc /usr/lib /lib; do
        if [ -e "$root$place/systemd/system/$1" ]; then return 0; fi
    done
    return 1
}

put() { install -D -m 644 "$1" "$root$2"; }
write() { install -d "$(dirname "$1")"; cat >"$1.new"; mv "$1.new" "$1"; }

# The connected outputs, a built-in panel first. On a Pi 5 the display, the renderer and a DSI panel are different
# cards, and their numbers change from start to start: so it is the output that is named, and never a card.
connected() {
    local status name
    for status in "$root"/sys/class/drm/card*-*/status; do
        if [ "$(cat "$status" 2>/dev/null)" != connected ]; then continue; fi
        name=$(basename "$(dirname "$status")")
        echo "${name#card*-}"
    done | sort -u | { grep -v -e Writeback || true; } | awk '/^(DSI|DPI|eDP|LVDS)/ {print; next} {later = later $0 "\n"} END {printf "%s", later}'
}

setting() { if [ -r "$settings" ]; then sed -n "s/^$1=//p" "$settings" | tail -1; fi; }

choose_output() {
    local found
    found=$(connected)
    if [ -n "$output" ]; then
        grep -qx -- "$output" <<<"$found" || echo "  note: nothing is connected to $output now (connected: ${found//$'\n'/, })"
        return
    fi
    output=$(setting SLINT_DRM_OUTPUT)
    if [ -z "$output" ] || { [ -n "$found" ] && ! grep -qx -- "$output" <<<"$found"; }; then
        output=$(head -1 <<<"$found")
    fi
    [ -n "$output" ] || echo "  note: no display is connected; the first one that is will be taken"
}

settings_text() {
    echo "# The panel. Written by kiosk.sh; what else is put here stays. Read by inventory-kiosk.service."
    [ -z "$output" ] || echo "SLINT_DRM_OUTPUT=$output"
    echo "SLINT_KMS_ROTATION=$rotation"
    [ ! -r "$settings" ] || grep -v -e '^#' -e '^SLINT_DRM_OUTPUT=' -e '^SLINT_KMS_ROTATION=' "$settings" || true
}

# Slint turns the picture and not the touch: libinput does, by the matrix that undoes the turn.
touch_text() {
    local matrix
    case $rotation in
    90) matrix='0 1 0 -1 0 1' ;;
    180) matrix='-1 0 1 0 -1 1' ;;
    270) matrix='0 -1 1 1 0 0' ;;
    esac
    echo "# The picture is turned by $rotation degrees, and the touch with it. Written by kiosk.sh."
    echo "SUBSYSTEM==\"input\", KERNEL==\"event*\", ENV{ID_INPUT_TOUCHSCREEN}==\"1\", ENV{LIBINPUT_CALIBRATION_MATRIX}=\"$matrix\""
}

reload() {
    live || return 0
    systemctl daemon-reload
    udevadm control --reload || true
    udevadm trigger --subsystem-match=backlight --subsystem-match=input --subsystem-match=sound --action=change || true
    sysctl --quiet --system || true
    systemctl try-reload-or-restart systemd-logind.service || true
}

# The units that were as they were before, one a line: state and name.
remember() {
    local unit
    for unit in inventory.service "${masked[@]}"; do
        if enabled "$unit"; then echo "enabled $unit"; fi
        if enabled "$unit" masked; then echo "masked $unit"; fi
    done | write "$record"
}
was() { [ -r "$record" ] && grep -qx "$1 $2" "$record"; }

cmdline_file() {
    local file
    for file in "$root/boot/firmware/cmdline.txt" "$root/boot/cmdline.txt"; do
        [ -f "$file" ] && { echo "$file"; return; }
    done
    return 0
}
quiet_words=(quiet loglevel=3 logo.nologo vt.global_cursor_default=0 consoleblank=0)
# The kernel's line with (or without) the words that keep its console off the panel.
quiet_line() {
    local line=$1 word
    for word in "${quiet_words[@]}"; do
        line=$(sed -E "s/(^| )${word//./\\.}( |\$)/ /g" <<<"$line")
    done
    [ "$2" = without ] || line="$line ${quiet_words[*]}"
    sed -E 's/ +/ /g; s/^ //; s/ $//' <<<"$line"
}
set_cmdline() {
    local file line
    file=$(cmdline_file)
    [ -n "$file" ] || return 0
    line=$(quiet_line "$(head -1 "$file")" "$1")
    [ "$line" = "$(head -1 "$file")" ] || step "$file: the console $2" write "$file" <<<"$line"
}

# The socket learns at its start whom it serves.
show() {
    systemctl stop inventory.service inventory.socket 2>/dev/null || true
    systemctl restart inventory-kiosk.service
}
serve() {
    systemctl daemon-reload
    systemctl stop inventory.socket 2>/dev/null || true
    systemctl start inventory.service
}

enable() {
    [ -n "$rotation" ] || rotation=$(setting SLINT_KMS_ROTATION)
    rotation=${rotation:-0}
    choose_output
    [ -r "$record" ] || step "remember what was" remember
    if ! known inventory-kiosk.service; then
        step "unit $unit_file" put "$here/inventory-kiosk.service" "$unit_file"
    fi
    local pair source target text unit
    for pair in "${files[@]}"; do
        source=$here/${pair%%:*} target=${pair#*:}
        cmp -s "$source" "$root$target" || step "$target" put "$source" "$target"
    done
    text=$(settings_text)
    [ "$text" = "$(cat "$settings" 2>/dev/null || true)" ] || step "$settings: ${output:-any output}, turned by $rotation" write "$settings" <<<"$text"
    if [ "$rotation" = 0 ]; then
        [ ! -e "$root$touch_rule" ] || step "touch as it is" rm "$root$touch_rule"
    elif [ "$(touch_text)" != "$(cat "$root$touch_rule" 2>/dev/null || true)" ]; then
        step "touch turned by $rotation" write "$root$touch_rule" < <(touch_text)
    fi
    set_cmdline with "stays off the panel"
    if [ "$changes" -gt 0 ] && [ -z "$dry_run" ]; then reload; fi
    for unit in "${masked[@]}"; do
        enabled "$unit" masked || step "no $unit" sysd --quiet mask "$unit"
    done
    if live; then
        command -v seatd >/dev/null || echo "  note: seatd is missing: apt install seatd"
        command -v aplay >/dev/null || echo "  note: no sounds: apt install alsa-utils"
        ! known seatd.service || enabled seatd.service || step "seatd" systemctl --quiet enable --now seatd.service
        systemctl is-active --quiet getty@tty1.service && step "end the console on the panel" systemctl stop getty@tty1.service
    fi
    ! enabled inventory.service || step "inventory.service makes way" sysd --quiet disable inventory.service
    enabled inventory-kiosk.service || step "inventory-kiosk.service from now on" sysd --quiet enable inventory-kiosk.service
    if live && { [ "$changes" -gt 0 ] || ! systemctl is-active --quiet inventory-kiosk.service; }; then
        step "show it" show
    fi
}

disable() {
    local pair unit file
    if live && systemctl is-active --quiet inventory-kiosk.service; then
        step "end the kiosk" systemctl stop inventory-kiosk.service
    fi
    ! enabled inventory-kiosk.service || step "inventory-kiosk.service no longer" sysd --quiet disable inventory-kiosk.service
    for unit in "${masked[@]}"; do
        if enabled "$unit" masked && ! was masked "$unit"; then
            step "$unit again" sysd --quiet unmask "$unit"
        fi
    done
    for pair in "${files[@]}"; do
        file=$root${pair#*:}
        [ ! -e "$file" ] || step "without ${pair#*:}" rm "$file"
    done
    [ ! -e "$root$touch_rule" ] || step "touch as it is" rm "$root$touch_rule"
    set_cmdline without "may be on the panel"
    [ ! -e "$root$unit_file" ] || step "without $unit_file" rm "$root$unit_file"
    if was enabled inventory.service && ! enabled inventory.service; then
        step "inventory.service again" sysd --quiet enable inventory.service
        if live; then step "serve browsers" serve; fi
    fi
    [ ! -e "$record" ] || step "forget what was" rm "$record"
    if [ "$changes" -gt 0 ] && [ -z "$dry_run" ]; then reload; fi
    if live && [ "$changes" -gt 0 ]; then
        step "a console on the panel" systemctl start getty@tty1.service || true
    fi
}

status() {
    local found unit
    found=$(connected)
    enabled inventory-kiosk.service && echo "enabled   yes" || echo "enabled   no"
    if live; then echo "running   $(systemctl is-active inventory-kiosk.service || true)"; fi
    echo "connected ${found:+${found//$'\n'/, }}"
    echo "output    $(setting SLINT_DRM_OUTPUT)"
    echo "turned    $(setting SLINT_KMS_ROTATION)"
    for unit in "${masked[@]}"; do
        enabled "$unit" masked && echo "closed    $unit" || echo "open      $unit"
    done
}

if [ "$action" != status ] && [ -z "$dry_run" ] && [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
    fail "needs root: sudo $0 $action"
fi
case $action in
status) status ;;
*)
    echo "kiosk: $action${dry_run:+ (nothing is changed)}"
    "$action"
    [ "$changes" -gt 0 ] || echo "  nothing to change"
    ;;
esac
