#!/usr/bin/env bash
# Replace a deployed inventory by this bundle's version: backup, stop, migrate, start, verify. Until all is verified
# nobody can write; when it fails, the previous program is put back. Data is never put back: migrations only add.
#
# usage: sudo ./upgrade.sh [--offline] [--no-backup]
#   --offline    what of Debian's is missing comes from the folder offline/ beside this script
#   --no-backup  when there is a newer backup than the last booking, or no room for one
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common database services writes; do
    # shellcheck source=/dev/null
    . "$here/lib/$part.sh"
done

options=(--no-predecessor) backup=yes
for option in "$@"; do
    case $option in
    --offline) options+=(--offline) ;;
    --no-backup) backup='' ;;
    --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && exit ;;
    *) fail "unknown option: $option (--help lists them)" ;;
    esac
done

timed() { # NAME COMMAND...
    local name=$1 from=$SECONDS
    shift
    say "▸ $name"
    "$@"
    note "$((SECONDS - from)) s"
}

installed_version() {
    dpkg-query --show --showformat '${Version}' inventory 2>/dev/null
}

# The program that was there, with whatever the schema is by now.
put_back() {
    say "▸ the upgrade failed: the previous program is put back; data stays as it is"
    if [ "$(installed_version)" != "$before" ] && [ -s "$data/app/previous.deb" ]; then
        dpkg --install --force-downgrade "$data/app/previous.deb" >/dev/null 2>&1 || note "dpkg --install $data/app/previous.deb failed"
        mv -f "$data/app/previous.deb" "$data/app/current.deb"
        # What was before that is again what rollback.sh goes back to.
        [ ! -s "$data/app/older.deb" ] || mv -f "$data/app/older.deb" "$data/app/previous.deb"
    fi
    systemctl daemon-reload
    systemctl reset-failed "$unit" 2>/dev/null || true
    systemctl restart "$unit" || note "$unit does not start: journalctl --unit $unit"
    ! has_own_database || open_writes
}

main() {
    require_root
    before=$(installed_version) || true
    if [ -z "$before" ] || [ ! -e "$config_file" ]; then
        fail "there is no inventory to upgrade here: run deploy.sh"
    fi
    local after
    after=$(sed -n 's/^version: //p' "$here/MANIFEST")
    ! dpkg --compare-versions "$after" lt "$before" || fail "$before is installed, this is the older $after: rollback.sh goes back"
    unit=$(serving_unit)
    # A kiosk's settings say where its database is; without a window that is a role of its own.
    if [ "$unit" = inventory-kiosk.service ]; then
        options+=(--role kiosk)
    elif ! has_own_database; then
        options+=(--role app)
    fi
    say "inventory: $before → $after"
    "$here/deploy.sh" --dry-run "${options[@]}" >/dev/null || fail "deploy.sh refuses, see above; nothing was changed"
    if has_own_database && writes_are_closed; then
        note "an upgrade was cut off: nobody could write since, and its backup counts"
    elif [ -n "$backup" ]; then
        timed "backup" as_service inventory backup
    fi
    rm -f "$data/app/older.deb"
    [ ! -s "$data/app/previous.deb" ] || ln "$data/app/previous.deb" "$data/app/older.deb"
    trap 'put_back; exit 1' ERR INT TERM
    if has_own_database; then
        timed "nobody writes until all is verified" close_writes
    fi
    # The socket stays: whoever asks meanwhile waits, and is answered by the new program.
    timed "stop $unit" systemctl stop "$unit"
    upgrading=yes "$here/deploy.sh" "${options[@]}"
    trap - ERR INT TERM
    rm -f "$data/app/older.deb"
    if has_own_database; then
        timed "verified: writing is open again" open_writes
    fi
    say "inventory is $after; back to $before with $package_dir/deploy/rollback.sh"
}

main
