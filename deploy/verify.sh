#!/usr/bin/env bash
# Look at every part of a deployed inventory: a table with what is well and what to do about the rest. Changes nothing.
#
# usage: sudo verify.sh [--quiet] [--during-deployment]
#   --quiet              only what is not well
#   --during-deployment  what only time brings (a first backup) is no finding
#
# ✓ fine   ! works without   ✗ to be mended. Exits with 1 when there is a ✗.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/common.sh"
. "$here/lib/certificate.sh"
. "$here/lib/machine.sh"

quiet='' deploying='' bad=0
for option in "$@"; do
    case $option in
    --quiet) quiet=yes ;;
    --during-deployment) deploying=yes ;;
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

look_at_services() {
    local unit wanted=(nginx.service inventory.socket "$(serving_unit)" inventory-backup.timer inventory-verify.timer)
    has_unit postgresql.service && grep -qs "^host *= *\"$socket_dir\"" "$config_file" && wanted+=("postgresql@$(postgresql_major "$(debian_suite)")-main.service")
    for unit in "${wanted[@]}"; do
        if systemctl is-active --quiet "$unit"; then
            row ✓ service "$unit"
        else
            row ✗ service "$unit is $(systemctl is-active "$unit" || true)" "journalctl --unit $unit; systemctl restart $unit"
        fi
    done
    for unit in inventory-backup.service inventory-verify.service; do
        # The look itself, when systemd runs it, is not done yet.
        ! systemctl is-failed --quiet "$unit" || row ✗ service "$unit failed" "journalctl --unit $unit"
    done
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
    local path status open=()
    for path in / /api/v1/items '/api/v1/search?q=a' /places /history /photos/00000000-0000-7000-8000-000000000000/320 \
        /inventory-photos/ab/ab/320.jpg /metrics; do
        status=$(status_of "$path")
        case $status in
        401 | 403 | 404 | 503) ;;
        30?) ;; # to where one signs in
        *) open+=("$path ($status)") ;;
        esac
    done
    holds "closed to others" "pages, API, photos and metrics answer nobody who is not signed in" \
        "answered without sign-in: ${open[*]}" "stop nginx (systemctl stop nginx) and report this" [ ${#open[@]} -eq 0 ]
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

look_at_backups() {
    local newest age
    newest=$(find "$data/backups" -maxdepth 1 -type f -name 'inventory-*' -printf '%T@ %f\n' 2>/dev/null | sort -n | tail -n 1)
    if [ -z "$newest" ]; then
        # A machine that was set up today has not had its first night.
        [ -z "$(find "$data/app/current.deb" -mtime -1 2>/dev/null)" ] || deploying=yes
        row "$([ -n "$deploying" ] && echo ! || echo ✗)" backup "none yet; the next is due $(systemctl show --property NextElapseUSecRealtime --value inventory-backup.timer)" \
            "now: systemctl start inventory-backup.service"
        return
    fi
    age=$((($(date +%s) - ${newest%%.*}) / 3600))
    holds backup "${newest#* }, $age h old" "the newest, ${newest#* }, is $age h old" \
        "journalctl --unit inventory-backup.service" [ "$age" -le 30 ]
}

look_at_services
look_at_web
look_from_outside
look_at_files
look_at_kiosk
look_at_backups
look_at_machine
# The program's own look: database, roles, extensions, ledger, model, a search that must find.
if doctor=$(as_service inventory doctor 2>&1); then
    [ -n "$quiet" ] && grep -v '^✓' <<<"$doctor" || printf '%s\n' "$doctor"
else
    bad=$((bad + 1))
    printf '%s\n' "$doctor"
fi
[ "$bad" -eq 0 ] || fail "to be mended: $bad"
