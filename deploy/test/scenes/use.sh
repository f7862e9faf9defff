# shellcheck shell=bash disable=SC2154
# People work: a spreadsheet, a search, a photo; a second run, and what somebody broke. Sourced by test/scenes.sh.

things() { # NAME...: a spreadsheet
    echo 'name,description,place,quantity,unit'
    printf '%s\n' "$@"
}

scene_work() {
    picture "$root/var/tmp/tarpaulin.bmp"
    printf '%s\n' 'name,description,place,quantity,unit,photo' 'Tarpaulin,keeps a tent dry in the rain,Shelf 1,2,piece,tarpaulin.bmp' \
        'Hex bolt M3,steel,Shelf 2,100,piece,' >"$root/var/tmp/things.csv"
    check "items come in from a spreadsheet" on inventoryctl import /var/tmp/things.csv
    check "a search by meaning finds what was meant" finds "something against rain when camping" Tarpaulin
    check "a photo goes through nginx, for who is signed in only" photo_through_nginx
}

finds() { # QUESTION NAME
    local found
    on inventoryctl reindex --missing
    found=$(on inventoryctl search "$1")
    grep -q "$2" <<<"$found" || { echo "$found" && return 1; }
}

# A picture with edges in it (a BMP).
picture() { # FILE
    python3 -c '
import struct, sys
width, height = 400, 300
rows = b"".join(bytes((x * 5 % 256, y % 256, 90)) for y in range(height) for x in range(width))
sys.stdout.buffer.write(b"BM" + struct.pack("<IIIIiiHHIIiiII", 54 + len(rows), 0, 54, 40, width, height, 1, 24, 0, len(rows), 2835, 2835, 0, 0) + rows)' >"$1"
}

photo_through_nginx() {
    local id place headers
    id=$(psql_on 'select id from inventory.photo limit 1')
    [ -n "$id" ] || { echo "no photo came in" && return 1; }
    case $(status_of "/photos/$id/320") in 401 | 30?) ;; *) echo "a stranger got it" && return 1 ;; esac
    sign_in
    headers=$(on curl --silent --insecure --cookie "$jar" --output /var/tmp/got --dump-header - "https://127.0.0.1/photos/$id/320")
    is ffd8ff "$(od -An -tx1 -N3 "$root/var/tmp/got" | tr -d ' ')" || { echo "$headers" && return 1; }
    # The words that only nginx's own location says.
    grep -qi "^content-security-policy: default-src 'none'; sandbox" <<<"$headers" || { echo "$headers" && return 1; }
    fails grep -qi '^x-accel' <<<"$headers"
    place=$(on find /var/lib/inventory/images/derived -name '320*' -print -quit)
    is inventory-photos "$(on stat -c %G "$place")"
    on runuser -u www-data -- test -r "$place"
    is 404 "$(status_of "/inventory-photos/${place#*/derived/}")"
    place=''
    for place in $(cd "$root" && find var/lib/inventory/images/original -type f); do
        fails on runuser -u www-data -- test -r "/$place"
    done
    [ -n "$place" ] || { echo "no original is kept" && return 1; }
}

scene_second_run() {
    check "a second run changes nothing" changes_nothing
    check "what somebody broke is mended by the next run" mends
    check "the system's packages stay as they are, unless --upgrade-system says otherwise" upgrades_system
}

changes_nothing() { # OPTION...
    local output
    output=$(on "$bundle/deploy.sh" --offline "$@") || { echo "$output" && return 1; }
    grep -q ', 0 changed$' <<<"$output" || { echo "$output" && return 1; }
}

mends() {
    on sh -c 'chmod 777 /var/lib/inventory/backups; rm /etc/nginx/sites-enabled/inventory; systemctl disable --now inventory-backup.timer; rm /usr/lib/inventory/model/config.json'
    fails on /usr/lib/inventory/deploy/verify.sh
    on "$bundle/deploy.sh" --offline && on /usr/lib/inventory/deploy/verify.sh
}

# A newer version of a package of the system's, in the archive that deploy.sh sees.
upgrades_system() {
    local before newer=$work/newer
    before=$(version_of tzdata)
    rm -rf "$newer"
    dpkg-deb --raw-extract "$root$bundle"/offline/tzdata_*.deb "$newer"
    sed -i "s/^Version: .*/&+newer/" "$newer/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip --build "$newer" "$root$bundle/offline/tzdata_newer_all.deb"
    (cd "$root$bundle/offline" && dpkg-scanpackages --multiversion . >Packages)
    on "$bundle/deploy.sh" --offline
    is "$before" "$(version_of tzdata)"
    on "$bundle/deploy.sh" --offline --upgrade-system
    is "$before+newer" "$(version_of tzdata)"
    on /usr/lib/inventory/deploy/verify.sh
}

version_of() { # PACKAGE
    # shellcheck disable=SC2016 # dpkg-query fills this in
    on dpkg-query --show --showformat '${Version}' "$1"
}
