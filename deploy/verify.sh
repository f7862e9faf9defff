#!/usr/bin/env bash
# Look at every part of a deployed inventory: a table with what is well and what to do about the rest. Changes nothing.
# What the program sees itself is `inventory doctor`; what only root or another machine sees is added here.
#
# usage: sudo verify.sh [--quiet]
#   --quiet   only what is not well
#
# ✓ fine   ! works without   ✗ to be mended. Exits with 1 when there is a ✗.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/common.sh"
. "$here/lib/certificate.sh"
. "$here/lib/database.sh"
. "$here/lib/writes.sh"
. "$here/lib/offsite.sh"

quiet='' bad=0
for option in "$@"; do
    case $option in
    --quiet) quiet=yes ;;
    --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && exit ;;
    *) fail "unknown option: $option" ;;
    esac
done
require_root "$@"
load_environment

row() { # MARK NAME DETAIL [WHAT-TO-DO]
    [ "$1" != ✗ ] || bad=$((bad + 1))
    [ -z "$quiet" ] || [ "$1" != ✓ ] || return 0
    printf '%s %-18s %s\n' "$1" "$2" "$3"
    [ -z "${4:-}" ] || printf '  %-18s → %s\n' '' "$4"
}

holds() { # NAME WELL ILL WHAT-TO-DO TEST...
    local name=$1 well=$2 ill=$3 mend=$4
    shift 4
    if "$@"; then
        row ✓ "$name" "$well"
    else
        row ✗ "$name" "$ill" "$mend"
    fi
}

status_of() { # PATH: what https answers to somebody unknown
    curl --silent --insecure --output /dev/null --max-time 10 --write-out '%{http_code}' "https://127.0.0.1$1" || true
}

# The program's own look: units, database, roles, extensions, ledger, model, a search that must find, a picture, backups,
# clock, disk, memory, temperature. As the service's account, with its rights.
ask_the_program() {
    local doctor
    doctor=$(as_service inventory doctor 2>&1) || bad=$((bad + 1))
    if [ -n "$quiet" ]; then
        grep -v '^✓' <<<"$doctor" || true
    else
        printf '%s\n' "$doctor"
    fi
}

# A unit that was switched off is nothing the program would miss.
look_at_units() {
    local unit off=() failed=()
    for unit in nginx.service inventory.socket "$(serving_unit)" inventory-backup.timer inventory-verify.timer; do
        systemctl is-enabled --quiet "$unit" && systemctl is-active --quiet "$unit" || off+=("$unit")
    done
    holds "switched on" "nginx, the program, backups and their proof" "not on: ${off[*]}" \
        "systemctl enable --now ${off[*]}" [ ${#off[@]} -eq 0 ]
    for unit in inventory-backup.service inventory-verify.service; do
        # The look itself, when systemd runs it, is not done yet.
        ! systemctl is-failed --quiet "$unit" || failed+=("$unit")
    done
    [ ${#failed[@]} -eq 0 ] || row ✗ jobs "failed: ${failed[*]}" "journalctl --unit ${failed[0]}"
}

look_at_web() {
    local answer redirect left
    answer=$(curl --silent --insecure --output /dev/null --max-time 10 --write-out '%{http_code} over HTTP/%{http_version}' https://127.0.0.1/healthz || true)
    case $answer in
    "200 over HTTP/2") row ✓ https "$answer" ;;
    200*) row ! https "$answer, not 2" "nginx -v; run deploy.sh again" ;;
    *) row ✗ https "$answer" "systemctl status nginx $(serving_unit)" ;;
    esac
    redirect=$(curl --silent --output /dev/null --max-time 10 --write-out '%{http_code} %{redirect_url}' http://127.0.0.1/x || true)
    holds http "leads to https" "answers $redirect" "run deploy.sh again" [ "$redirect" = "308 https://127.0.0.1/x" ]
    if openssl s_client -connect 127.0.0.1:443 -tls1_1 -cipher 'DEFAULT@SECLEVEL=0' </dev/null 2>/dev/null | grep -q '^ *Protocol *: TLSv1.1$'; then
        row ✗ tls "version 1.1 is accepted" "look for ssl_protocols in /etc/nginx"
    else
        row ✓ tls "1.2 and 1.3 only"
    fi
    if left=$(days_left); then
        holds certificate "$(cat "$certificate_origin" 2>/dev/null || echo "its keeper's"), $left days left" "$left days left" \
            "$here/certificate.sh, or renew what $here/letsencrypt.sh made: certbot renew" [ "$left" -ge 14 ]
    else
        row ✗ certificate "none in $certificate" "$here/certificate.sh"
    fi
}

days_left() {
    local until
    until=$(openssl x509 -in "$certificate" -noout -enddate 2>/dev/null) || return 1
    echo $((($(date --date "${until#*=}" +%s) - $(date +%s)) / 86400))
}

# Whoever is not signed in sees nothing: neither pages nor data nor files.
look_from_outside() {
    local path status open=() silent=()
    for path in / /api/v1/items '/api/v1/search?q=a' /places /history /photos/00000000-0000-7000-8000-000000000000/320 \
        /inventory-photos/ab/ab/320.jpg /metrics; do
        status=$(status_of "$path")
        case $status in
        401 | 403 | 404 | 503) ;;
        000) silent+=("$path") ;;
        30?) ;; # to where one signs in
        *) open+=("$path ($status)") ;;
        esac
    done
    holds "closed to others" "pages, API, photos and metrics answer nobody who is not signed in" \
        "answered without sign-in: ${open[*]}" "stop nginx (systemctl stop nginx) and report this" [ ${#open[@]} -eq 0 ]
    [ ${#silent[@]} -eq 0 ] || row ✗ "closed to others" "no answer within 10 s: ${silent[*]}" "is the machine busy? look again; else systemctl status nginx"
}

look_at_files() {
    local place mode
    while read -r place mode; do
        [ "$(stat -c '%a %U:%G' "$data/$place" 2>/dev/null)" = "${mode/ / }" ] || row ✗ directories "$data/$place is $(stat -c '%a %U:%G' "$data/$place" 2>&1), not $mode" "run deploy.sh again"
    done <<PLACES
config 750 root:$account
ssl 700 root:root
images 2750 $account:$photo_group
backups 700 $account:$account
PLACES
    local readable
    readable=$(find "$data/images/original" "$data/images/attachments" "$data/backups" "$data/config" -type f 2>/dev/null | head -n 50 |
        while IFS= read -r place; do runuser -u www-data -- test -r "$place" && echo "$place"; done || true)
    holds directories "nginx reads derived pictures only" "nginx can read ${readable//$'\n'/, }" "chmod go-rwx these" \
        [ -z "$readable" ]
}

# An upgrade that a power cut ended leaves it so; while one is at work it is as it should be.
look_at_writing() {
    if [ -z "${upgrading:-}" ] && has_own_database && writes_are_closed; then
        row ✗ writing "nobody can write: an upgrade was cut off" "run its upgrade.sh again, or $here/deploy.sh"
    fi
}

look_at_kiosk() {
    local unit=inventory-kiosk.service pid
    [ "$(serving_unit)" = "$unit" ] || return 0
    pid=$(systemctl show --property MainPID --value "$unit")
    if find "/proc/$pid/fd" -lname '/dev/dri/*' 2>/dev/null | grep -q .; then
        row ✓ kiosk "draws on $(find "/proc/$pid/fd" -lname '/dev/dri/*' -printf '%l\n' | sort -u | paste -sd' ')"
    else
        row ✗ kiosk "has no display open" "$package_dir/kiosk/kiosk.sh status; journalctl --unit $unit"
    fi
}

# Backups on another machine too, where offsite.sh was told one: sent within three days.
look_at_offsite() {
    local sent=$offsite_dir/sent
    has_offsite || return 0
    offsite_settings
    if [ -n "$(find "$sent" -mtime -3 2>/dev/null)" ]; then
        row ✓ off-site "$(cat "$sent") on $target"
    else
        row ✗ off-site "nothing was sent to $target for three days" "journalctl --unit inventory-offsite; $here/offsite.sh --push"
    fi
}

# The Pi's firmware on its power supply and cooling.
look_at_power() {
    local throttled
    command -v vcgencmd >/dev/null || return 0
    throttled=$(vcgencmd get_throttled 2>/dev/null | sed 's/.*=//')
    case $throttled in
    0x0 | '') ;;
    *) row ! power "throttled since the start ($throttled)" "bit 0 or 16: use the official power supply; bit 3 or 19: it was too hot" ;;
    esac
}

ask_the_program
look_at_units
look_at_web
look_from_outside
look_at_files
look_at_writing
look_at_kiosk
look_at_offsite
look_at_power
[ "$bad" -eq 0 ] || fail "to be mended: $bad"
