#!/usr/bin/env bash
# Set this machine up: database, model, web with TLS, services, checked. May be run again at any time: what is as it
# should be stays, and a run that was cut off goes on where it was.
#
# usage: sudo ./deploy.sh [options]
#   --role ROLE        all (default): database and program, with a window where a display is connected;
#                      app: the program, on a database elsewhere; database: PostgreSQL alone;
#                      kiosk: as all, with the window whether a display is connected or not, and with --database-url
#                      on a database elsewhere
#   --offline          no network: Debian's packages come from the folder offline/ beside this script
#   --dry-run          say what would be changed, change nothing
#   --upgrade-system   bring all of the system's packages up to date first (never otherwise)
#   --name NAME        a further name by which browsers reach this machine, for the certificate; may be repeated
#   --database-url URL for --role app and kiosk: where the database is (kept in the settings, readable by root and us)
#   --upstream ADDR    a further instance that nginx passes requests to; may be repeated
#   --no-predecessor   leave a ThingDB on this machine alone
#
# Nothing is fetched from anywhere but Debian's own archive.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2034,SC2154 # its options are read by the parts
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common preflight packages accounts database writes model predecessor web services finish; do
    # shellcheck source=/dev/null
    . "$here/lib/$part.sh"
done

role=all offline='' upgrade_system='' database_url='' predecessor=yes names=() upstreams=()

usage() {
    sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
}

parse() {
    while [ $# -gt 0 ]; do
        case $1 in
        --role) role=${2:-} && shift ;;
        --name) names+=("${2:-}") && shift ;;
        --upstream) upstreams+=("${2:-}") && shift ;;
        --database-url) database_url=${2:-} && shift ;;
        --offline) offline=yes ;;
        --dry-run) dry_run=yes ;;
        --upgrade-system) upgrade_system=yes ;;
        --no-predecessor) predecessor='' ;;
        --help | -h) usage && exit ;;
        *) fail "unknown option: $1 (--help lists them)" ;;
        esac
        shift
    done
    case $role in
    all | app | database | kiosk) ;;
    *) fail "unknown role: '$role'; known are all, app, database, kiosk" ;;
    esac
    case $database_url:$role in
    :* | *:app | *:kiosk) ;;
    *) fail "--database-url is for --role app and kiosk; the others have their own database" ;;
    esac
}

has_database() { [ "$role" != app ] && ! { [ "$role" = kiosk ] && names_another_database; }; }
has_program() { [ "$role" != database ]; }
# What is a kiosk stays one, display or not, until kiosk.sh disable.
has_window() { [ "$role" = kiosk ] || { [ "$role" = all ] && { has_display || [ "$(serving_unit)" = inventory-kiosk.service ]; }; }; }

# Whether a screen is plugged in: the kernel says so for every connector. (A real machine's cards only.)
has_display() {
    grep -qsx connected /sys/class/drm/card*-*/status
}

timings=()

step() { # NAME FUNCTION
    local from before=$changes
    from=$(date +%s%N)
    say "▸ $1"
    "$2"
    timings+=("$(printf '%6.1f s  %-34s %s' "$((($(date +%s%N) - from) / 100000000))e-1" "$1" \
        "$([ "$changes" -eq "$before" ] && echo 'as it should be' || echo "$((changes - before)) changed")")")
}

main() {
    parse "$@"
    [ -n "$dry_run" ] || require_root "$@"
    local from=$SECONDS
    say "inventory $(bundle_version) for $(bundle_architecture), role $role${dry_run:+, dry run: nothing is changed}"
    look_before_leaping
    if [ -z "$dry_run" ]; then
        exec 9>/run/inventory-deploy.lock
        flock --nonblock 9 || fail "another deploy.sh is at work"
    fi

    step "Debian's packages" install_debian_packages
    step "inventory's package" install_program
    step "accounts and directories" make_accounts
    step "settings" write_settings
    if has_database; then
        step "PostgreSQL" set_up_postgresql
        step "database, roles, schema" set_up_database
        # What an upgrade that was cut off by a power cut left closed.
        if [ -z "$dry_run${upgrading:-}" ] && writes_are_closed; then
            change "open the database for writing" open_writes
        fi
    fi
    if has_program; then
        step "model" put_model
        [ -z "$predecessor" ] || step "predecessor" take_over_predecessor
        step "certificate" make_certificate
        step "services" start_services
        step "nginx" set_up_nginx
        # An upgrade verifies before anybody may write, vectors included; the service makes them afterwards.
        [ -n "${upgrading:-}" ] || step "search by meaning" embed_items
        [ -n "$dry_run" ] || step "verification" verify_all
    fi

    say
    printf '%s\n' "${timings[@]}"
    say "$((SECONDS - from)) s, $changes ${dry_run:+would be }changed"
    if has_program && [ -z "$dry_run" ]; then
        say_what_next
    fi
}

main "$@"
