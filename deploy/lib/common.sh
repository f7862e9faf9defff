# shellcheck shell=bash disable=SC2034
# What every script of deploy/ needs: words, changes that say what they did, facts about this machine. Sourced.

# Fixed places. The names of the directories are the predecessor's.
data=/var/lib/inventory
config_file=$data/config/inventory.toml
environment_file=$data/config/inventory.env
package_dir=/usr/lib/inventory
account=inventory
photo_group=inventory-photos
database=inventory_db
socket_dir=/run/postgresql
web_address=127.0.0.1:8000

# Other accounts may not be where root was.
cd /
# `text | put FILE` counts its change in this shell.
shopt -s lastpipe

dry_run=${dry_run:-}
changes=0

say() {
    printf '%s\n' "$*"
}

note() { # below the step that is being done
    printf '    %s\n' "$*"
}

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

require_root() {
    [ "$(id -u)" -eq 0 ] || fail "this needs root: sudo $0 $*"
}

# Runs a command that changes the machine; in a dry run only says so.
change() { # WHAT COMMAND...
    local what=$1
    shift
    changes=$((changes + 1))
    if [ -n "$dry_run" ]; then
        note "would: $what"
    else
        note "$what"
        "$@" </dev/null
    fi
}

# Writes standard input to a file, if it says something else today. True when something changed.
put() { # PATH MODE OWNER:GROUP
    local path=$1 mode=$2 owner=$3 new
    new=$(mktemp "${TMPDIR:-/tmp}/inventory-put.XXXXXX")
    cat >"$new"
    if [ -f "$path" ] && cmp -s "$new" "$path" && [ "$(stat -c '%a %U:%G' "$path")" = "${mode#0} $owner" ]; then
        rm -f "$new"
        return 1
    fi
    changes=$((changes + 1))
    if [ -n "$dry_run" ]; then
        note "would write $path"
        rm -f "$new"
        return 0
    fi
    install -D -m "$mode" -o "${owner%:*}" -g "${owner#*:}" "$new" "$path.new"
    mv -f "$path.new" "$path" # whole or not at all
    rm -f "$new"
    note "wrote $path"
}

# A directory with this owner and mode, made or mended.
directory() { # PATH MODE OWNER:GROUP
    if [ -d "$1" ] && [ "$(stat -c '%a %U:%G' "$1")" = "${2#0} $3" ]; then
        return
    fi
    change "directory $1 ($2 $3)" install -d -m "$2" -o "${3%:*}" -g "${3#*:}" "$1"
}

# The name of Debian's release: bookworm or trixie, on derivatives such as Raspberry Pi OS too; else nothing.
debian_suite() {
    local ID='' VERSION_CODENAME=''
    # shellcheck source=/dev/null
    . "${os_release:-/etc/os-release}"
    case $VERSION_CODENAME in bookworm | trixie) echo "$VERSION_CODENAME" ;; esac
}

postgresql_major() { # SUITE
    case $1 in bookworm) echo 15 ;; trixie) echo 17 ;; esac
}

memory_mb() {
    awk '/^MemTotal:/ { print int($2 / 1024) }' "${meminfo:-/proc/meminfo}"
}

free_mb() { # DIRECTORY, or what is above it
    local directory=$1
    until [ -d "$directory" ]; do directory=$(dirname "$directory"); done
    df --output=avail -BM "$directory" | tail -n 1 | tr -dc 0-9
}

is_installed() { # PACKAGE
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

has_unit() { # UNIT
    systemctl cat "$1" >/dev/null 2>&1
}

# The service that answers on this machine: with a window or without.
serving_unit() {
    if systemctl is-enabled --quiet inventory-kiosk.service 2>/dev/null; then
        echo inventory-kiosk.service
    else
        echo inventory.service
    fi
}

as_service() { # COMMAND...: as the account of the service, which the database knows by its socket
    runuser -u "$account" -- env INVENTORY_CONFIG="$config_file" "$@"
}

# As the database's administrator, whom PostgreSQL recognises by this process's account.
as_database_admin() { # COMMAND...
    env INVENTORY_CONFIG="$config_file" \
        MIGRATE_DATABASE_URL="host=$socket_dir user=postgres dbname=$database" "$@"
}

# Settings of the one environment file, for the scripts as for the units.
load_environment() {
    local line
    [ -r "$environment_file" ] || return 0
    while IFS= read -r line; do
        case $line in '' | '#'*) ;; [A-Za-z_]*=*) export "${line?}" ;; esac
    done <"$environment_file"
}

# Whether an option, the environment or the settings name a database on another machine.
names_another_database() {
    [ -z "${database_url:-}${DATABASE_URL:-}" ] || return 0
    case ${POSTGRES_HOST:-} in '' | /*) ;; *) return 0 ;; esac
    grep -qs '^url *=' "$config_file"
}

# Waits until something holds, and says how long that took.
wait_until() { # SECONDS WHAT COMMAND...
    local limit=$1 what=$2 from=$SECONDS
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $((SECONDS - from)) -lt "$limit" ] || fail "$what: not within $limit s"
        sleep 0.5
    done
    note "$what: after $((SECONDS - from)) s"
}

# A machine that has just started may be too busy to answer in time: what is ill is looked at twice.
verify_settled() {
    "$package_dir/deploy/verify.sh" && return
    note "looking again in half a minute"
    sleep 30
    "$package_dir/deploy/verify.sh"
}

answers() { # PATH: over the address the service listens on
    curl --silent --fail --max-time 5 --output /dev/null "http://$web_address$1"
}
