#!/usr/bin/env bash
# Keep encrypted backups on another machine as well, over ssh (sftp): each night, once the backup here is made.
#
# usage: sudo offsite.sh USER@HOST:DIRECTORY [--port PORT] [--keep N]
#        sudo offsite.sh --off
#   --keep N  the newest N stay there; 14 unless said otherwise
#
# The first call makes a key of this machine's own and a passphrase, and says what to do with both. It sends nothing
# until the other machine lets the key in; run it again then. Each night inventory-offsite.service sends, as
#        offsite.sh --push
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/common.sh"
. "$here/lib/offsite.sh"
drop_in=/etc/systemd/system/inventory-backup.service.d/offsite.conf

let_in() {
    say "The other machine does not let this one in. Put this line into the file .ssh/authorized_keys of that account, and"
    say "run this again:"
    say
    say "restrict,command=\"internal-sftp\" $(cat "$offsite_key.pub")"
    exit 1
}

set_up() {
    local passphrase=$offsite_dir/passphrase
    is_installed openssh-client || env DEBIAN_FRONTEND=noninteractive apt-get -q install --yes --no-install-recommends openssh-client
    install -d -m 700 -o root -g root "$offsite_dir"
    [ -s "$offsite_key" ] || ssh-keygen -q -t ed25519 -N '' -C "inventory on $(hostname)" -f "$offsite_key"
    [ -s "$passphrase" ] || (umask 077 && openssl rand -base64 24 >"$passphrase")
    printf 'target=%s\nport=%s\nkeep=%s\n' "$1" "$2" "$3" | put "$offsite_dir/settings" 600 root:root || true
    # Whom this key meets first is the other machine from then on; another one in its place is refused.
    offsite_settings
    over_sftp accept-new <<<"pwd" >/dev/null 2>&1 || let_in
    printf '[Unit]\nOnSuccess=inventory-offsite.service\n' | put "$drop_in" 644 root:root || true
    systemctl daemon-reload
    push
    say
    say "Each night's backup goes to $1 as well, encrypted. It opens with this passphrase alone: keep it elsewhere, on paper."
    say
    say "    $(cat "$passphrase")"
}

# One whole archive under its name, or none: a name is given when all of it is there.
push() {
    local work name listed old
    offsite_settings
    work=$(mktemp -d "$data/backups/offsite.XXXXXX")
    # shellcheck disable=SC2064 # this directory, whatever the name means later
    trap "rm -rf '$work'" EXIT
    inventoryctl backup --full --passphrase-file "$offsite_dir/passphrase" --to "$work" >/dev/null
    name=$(cd "$work" && echo inventory-*.age)
    [ -s "$work/$name" ] || fail "the backup made no archive"
    printf -- '-mkdir "%s"\nput "%s" "%s/part"\nrename "%s/part" "%s/%s"\n' "$directory" "$work/$name" "$directory" "$directory" "$directory" "$name" |
        over_sftp yes >/dev/null || fail "$target did not take the backup"
    listed=$(over_sftp yes <<<"ls -1 \"$directory\"")
    while IFS= read -r old; do
        printf 'rm "%s/%s"\n' "$directory" "$old" | over_sftp yes >/dev/null
        note "$old is no longer kept there"
    done < <(awk -F/ '{ print $NF }' <<<"$listed" | grep -E '^inventory-.*\.age$' | sort | head -n "-$keep")
    echo "$name" >"$offsite_dir/sent"
    say "$name is on $target"
}

off() {
    rm -f "$drop_in"
    rm -rf "$offsite_dir"
    systemctl daemon-reload
    say "backups stay on this machine alone; what was sent stays where it is"
}

main() {
    local target='' port=22 keep=14
    while [ $# -gt 0 ]; do
        case $1 in
        --port) port=${2:?--port needs a number} && shift ;;
        --keep) keep=${2:?--keep needs a number} && shift ;;
        --push) require_root "$@" && push && return ;;
        --off) require_root "$@" && off && return ;;
        --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && return ;;
        -*) fail "unknown option: $1" ;;
        *) target=$1 ;;
        esac
        shift
    done
    require_root "$target"
    [[ $target =~ ^[A-Za-z0-9._-]+@[A-Za-z0-9.:_-]+:[^\"]+$ ]] || fail "name where to: offsite.sh USER@HOST:DIRECTORY"
    [[ $port =~ ^[0-9]+$ && $keep =~ ^[1-9][0-9]*$ ]] || fail "--port and --keep are numbers"
    [ -e "$config_file" ] || fail "there is no inventory here: run deploy.sh"
    set_up "$target" "$port" "$keep"
}

main "$@"
