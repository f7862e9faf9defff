# shellcheck shell=bash disable=SC2154
# A ThingDB on the same machine: its items, photos and codes are taken over once, its service stopped and kept.
# Whatever is its own is data here: read, never executed or sourced. Sourced by deploy.sh.

taken_over=$data/app/predecessor-taken-over

predecessor_unit() {
    local unit
    for unit in thingdb.service thingdb-app.service; do
        if has_unit "$unit"; then
            echo "$unit"
            return
        fi
    done
}

# A value that its unit or the environment files of its unit set.
predecessor_setting() { # NAME DEFAULT
    local unit value='' file
    unit=$(predecessor_unit)
    value=$(systemctl show --property Environment --value "$unit" | tr ' ' '\n' | sed -n "s/^$1=//p" | tail -n 1)
    while IFS= read -r file; do
        [ -r "$file" ] || continue
        value=$(sed -n "s/^\(export \)\?$1=[\"']\?\([^\"']*\)[\"']\?\$/\2/p" "$file" | tail -n 1)
    done < <(systemctl show --property EnvironmentFiles --value "$unit" | sed 's/ (ignore_errors=.*//')
    echo "${value:-$2}"
}

take_over_predecessor() {
    local unit old images
    unit=$(predecessor_unit)
    if [ -z "$unit" ]; then
        note "there is no ThingDB here"
        return
    fi
    if [ -e "$taken_over" ]; then
        note "taken over $(cat "$taken_over"); $unit is kept, and stays stopped"
        return
    fi
    old=$(predecessor_setting POSTGRES_DB thingdb)
    images=$(predecessor_setting IMAGE_DIR /var/lib/thingdb/images)
    [ "$old" != "$database" ] || fail "ThingDB's database has the name of ours, $database: rename it first (stop $unit; alter database … rename to thingdb)"
    note "ThingDB: $unit, database $old, photos in $images"
    change "stop $unit, and keep it" systemctl disable --now "$unit"
    close_predecessors_site
    change "take over its items, photos and codes" copy_from_predecessor "$old" "$images"
}

# nginx's site of its own would answer in our place; the file stays where it is.
close_predecessors_site() {
    local site
    for site in /etc/nginx/sites-enabled/thingdb*; do
        [ ! -L "$site" ] || change "close nginx's site ${site##*/}" rm -f "$site"
    done
}

# Its dump as text, which the importer parses and nobody runs, and its images, where the service may read them.
copy_from_predecessor() { # DATABASE IMAGES
    local work back
    back="systemctl enable --now $(predecessor_unit)"
    work=$(mktemp -d /var/tmp/inventory-predecessor.XXXXXX)
    runuser -u postgres -- pg_dump --no-owner --no-privileges --host "$socket_dir" --port "$(cluster_port)" "$1" >"$work/thingdb.sql" ||
        fail "ThingDB's database $1 could not be read; its service is stopped and whole: $back"
    mkdir "$work/images"
    [ ! -d "$2" ] || cp --recursive --no-dereference --reflink=auto "$2/." "$work/images/"
    chown --recursive --no-dereference "$account" "$work"
    as_service inventory import "$work/thingdb.sql" --photos "$work/images" 2>&1 | sed 's/^/    /' ||
        fail "the import failed, nothing of it is kept; ThingDB is whole: $back"
    date --iso-8601=seconds >"$taken_over"
    rm -rf "$work"
}
