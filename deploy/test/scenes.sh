# shellcheck shell=bash disable=SC2154
# What happens to a machine in a storeroom, scene by scene. Sourced by test/deploy.sh, which counts failures.

# check NAME COMMAND...: what must hold; its output is shown when it does not.
check() {
    local name=$1 from=$SECONDS output status
    shift
    # Not within a condition, where a failing line in the middle would not count.
    set +e
    output=$(set -e && "$@" 2>&1)
    status=$?
    set -e
    if [ "$status" -eq 0 ]; then
        printf '  ok    %s (%d s)\n' "$name" $((SECONDS - from))
    else
        failures=$((failures + 1))
        printf '  FAIL  %s\n' "$name"
        tail -n 25 <<<"$output" | sed 's/^/        /'
    fi
}

is() { # EXPECTED GOT
    [ "$1" = "$2" ] || { echo "expected '$1', got '$2'" && return 1; }
}

fails() { # COMMAND...
    if "$@"; then
        echo "went well, and must not: $*"
        return 1
    fi
}

bundle=/var/tmp/inventory-deploy

unpack_bundle() { # ROOT [offline]
    mkdir -p "$1/var/tmp"
    tar -xzf "$build/$architecture/inventory-deploy.tar.gz" -C "$1/var/tmp"
    tar -xf "$build/$architecture/inventory-offline-$suite-$architecture.tar" -C "$1/var/tmp"
}

# The same bundle under another version, its program replaced when one is given: what an upgrade brings.
unpack_next() { # ROOT DIRECTORY VERSION [PROGRAM]
    local bundle=$1$2 root=$work/next
    rm -rf "$root" "$bundle"
    mkdir -p "$bundle"
    tar -xzf "$build/$architecture/inventory-deploy.tar.gz" -C "$bundle" --strip-components=1
    ln -s ../inventory-deploy/offline "$bundle/offline"
    dpkg-deb --raw-extract "$bundle"/packages/inventory_*.deb "$root"
    sed -i "s/^Version: .*/Version: $3/" "$root/DEBIAN/control"
    if [ -n "${4:-}" ]; then
        install -m 755 "$4" "$root/usr/bin/inventory"
        (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    fi
    rm "$bundle"/packages/inventory_*.deb
    dpkg-deb --root-owner-group -Znone --build "$root" "$bundle/packages/inventory_$3_$architecture.deb" >/dev/null
    sed -i "s/^version: .*/version: $3/; /^files:/q" "$bundle/MANIFEST"
    (cd "$bundle" && find . -type f ! -name MANIFEST -printf '%P\0' | sort -z | xargs -0 sha256sum) >"$work/sums"
    cat "$work/sums" >>"$bundle/MANIFEST"
}

play() { # SUITE
    local suite=$1 root=$work/$1 from=$SECONDS
    say "== $suite, $architecture"
    unpack_fresh "$suite" "$architecture" "$root" storeroom
    unpack_bundle "$root"
    boot "$root"
    scene_refusals
    scene_deploy
    scene_closed
    scene_work
    scene_second_run
    scene_web
    scene_predecessor
    scene_power
    scene_upgrade
    scene_backup
    scene_certificate
    scene_uninstall
    cut_power
    scene_second_machine
    cut_power
    say "== $suite took $((SECONDS - from)) s"
    [ -n "$keep" ] || rm -rf "$root"
}

# --- before anything is changed

refuses() { # SENTENCE COMMAND...: fails with that sentence, and no package is installed
    local sentence=$1 output before after
    shift
    before=$(on dpkg-query --show | sha256sum)
    if output=$(on "$@" 2>&1); then
        echo "it did not refuse: $output"
        return 1
    fi
    grep -q "$sentence" <<<"$output" || { echo "$output" && return 1; }
    after=$(on dpkg-query --show | sha256sum)
    is "$before" "$after"
}

scene_refusals() {
    check "a dry run changes nothing" dry_run
    check "a damaged bundle is refused" refuses_damage
    check "another architecture is refused" refuses_architecture
    check "too little memory is refused" refuses "MB of memory" env meminfo=/var/tmp/small-memory sh -c \
        "echo 'MemTotal: 512000 kB' >/var/tmp/small-memory && $bundle/deploy.sh --offline"
    check "another system is refused" refuses "neither Debian 12" env os_release=/var/tmp/other-system sh -c \
        "echo 'VERSION_CODENAME=buster' >/var/tmp/other-system && $bundle/deploy.sh --offline"
    on systemd-run --quiet --unit taken systemd-socket-activate --listen 80 /bin/cat
    sleep 1
    check "a taken port is refused" refuses "port 80 is taken" "$bundle/deploy.sh" --offline
    on systemctl stop taken
    check "an unknown role is refused, with the known ones" refuses "known are all, app, database, kiosk" "$bundle/deploy.sh" --role cook
}

dry_run() {
    local before after output
    before=$(cd "$root" && find etc usr var/lib -xdev -newer "$root.log" | sort | sha256sum)
    output=$(on "$bundle/deploy.sh" --offline --dry-run) || { echo "$output" && return 1; }
    grep -q "would: install .*postgresql" <<<"$output" || { echo "$output" && return 1; }
    after=$(cd "$root" && find etc usr var/lib -xdev -newer "$root.log" | sort | sha256sum)
    is "$before" "$after"
}

refuses_damage() {
    echo >>"$root$bundle/nginx/inventory.conf"
    local done=0
    refuses "the bundle is damaged: nginx/inventory.conf" "$bundle/deploy.sh" --offline || done=1
    unpack_bundle "$root"
    return $done
}

refuses_architecture() {
    local done=0
    sed -i 's/^architecture: .*/architecture: riscv64/' "$root$bundle/MANIFEST"
    refuses "the bundle is for riscv64" "$bundle/deploy.sh" --offline || done=1
    unpack_bundle "$root"
    return $done
}

# --- set up

scene_deploy() {
    check "one command sets everything up, without a network" on "$bundle/deploy.sh" --offline
    check "services run, none failed" is "" "$(on systemctl --failed --no-legend --plain)"
    check "the service is hardened to 2.0 or better" is_hardened inventory.service 2.0
    check "the backup is hardened to 2.5 or better" is_hardened inventory-backup.service 2.5
    check "the program's role owns nothing and cannot change the schema" role_is_small
    check "PostgreSQL listens on its socket only" is "" "$(on ss --listening --tcp --no-header 'sport = :5432')"
    check "what was acknowledged stays: fsync is on" is on "$(psql_on 'show fsync')"
}

is_hardened() { # UNIT LIMIT
    local figure
    figure=$(on systemd-analyze security --no-pager "$1" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
    say "        $1: $figure"  >&3
    awk -v got="$figure" -v limit="$2" 'BEGIN { exit !(got != "" && got <= limit) }' || { echo "$1 has $figure" && return 1; }
}

psql_on() { # STATEMENT, as the administrator
    on runuser -u postgres -- psql -qAtX -v ON_ERROR_STOP=1 -d inventory_db -c "$1"
}

as_program() { # STATEMENT, as the program's role
    on runuser -u inventory -- psql -qAtX -v ON_ERROR_STOP=1 -h /run/postgresql -U inventory -d inventory_db -c "$1"
}

role_is_small() {
    is 0 "$(psql_on "select count(*) from pg_class where relowner = 'inventory'::regrole")"
    is inventory_owner "$(psql_on "select pg_get_userbyid(datdba) from pg_database where datname = 'inventory_db'")"
    local statement
    for statement in "create table inventory.mine (a int)" "update inventory.stock set quantity = 1" \
        "truncate inventory.movement" "alter table inventory.movement disable trigger all" "create extension hstore"; do
        fails as_program "$statement"
    done
    # Nobody else comes by the socket.
    fails on runuser -u www-data -- psql -qAtX -h /run/postgresql -U inventory -d inventory_db -c "select 1"
}

status_of() { # PATH
    on curl --silent --insecure --output /dev/null --max-time 10 --write-out '%{http_code}' "https://127.0.0.1$1"
}

scene_closed() {
    check "pages are closed until there is an admin" closed_until_admin
    check "without a terminal the set-up code is not printed" no_code_in_log
    check "the set-up code comes on deploy.sh's terminal" code_on_terminal
    check "the first admin is made" make_admin
    check "nobody who is not signed in reads anything" closed_to_others
    check "a forged address does not open anything" forged_addresses
}

closed_until_admin() {
    local answer
    answer=$(on curl --silent --insecure --max-time 10 --write-out '\n%{http_code}' https://127.0.0.1/)
    is 503 "$(tail -n 1 <<<"$answer")" || { echo "$answer" && return 1; }
}

no_code_in_log() {
    local output
    output=$(on "$bundle/deploy.sh" --offline)
    grep -q "inventoryctl setup --code" <<<"$output"
    fails grep -qE '^[0-9A-Z]{4}-[0-9A-Z]{4}' <<<"$output"
    fails grep -q 'asks for this code' <(on journalctl --no-pager)
}

code_on_terminal() {
    on script --quiet --return --command "$bundle/deploy.sh --offline" /dev/null | tr -d '\r' >"$work/terminal"
    grep -A 4 'asks for this code' "$work/terminal" | grep -qE '^[0-9A-Za-z-]{8,}$' || { tail -n 8 "$work/terminal" && return 1; }
}

make_admin() {
    echo 'a long enough password' | on inventoryctl setup --name 'Ann Meyer' --login ann
}

closed_to_others() {
    local path status
    for path in / /api/v1/items '/api/v1/search?q=a' /places /history /inventory-photos/ab/320.jpg /metrics; do
        status=$(status_of "$path")
        case $status in 401 | 403 | 404 | 30?) ;; *) echo "$path: $status" && return 1 ;; esac
    done
}

forged_addresses() {
    local status
    status=$(on curl --silent --insecure --output /dev/null --write-out '%{http_code}' -H 'X-Forwarded-For: 127.0.0.1' -H 'X-Real-IP: 127.0.0.1' \
        -H 'Host: localhost:8000' -H 'Forwarded: for=127.0.0.1' https://127.0.0.1/api/v1/items)
    case $status in 401 | 403 | 30?) ;; *) echo "$status" && return 1 ;; esac
}

# --- use

things() { # NAME...: a spreadsheet
    echo 'name,description,place,quantity,unit'
    printf '%s\n' "$@"
}

scene_work() {
    things 'Tarpaulin,keeps a tent dry in the rain,Shelf 1,2,piece' 'Hex bolt M3,steel,Shelf 2,100,piece' >"$root/var/tmp/things.csv"
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

# nginx's part alone: what the program names is sent, what a client names is not.
photo_through_nginx() {
    local place=$root/var/lib/inventory/images/derived/ab/abcd
    on runuser -u inventory -- sh -c 'umask 027; mkdir -p /var/lib/inventory/images/derived/ab/abcd /var/lib/inventory/images/original/ab &&
        echo picture >/var/lib/inventory/images/derived/ab/abcd/320.jpg && chmod 700 /var/lib/inventory/images/original && echo secret >/var/lib/inventory/images/original/ab/abcd'
    is inventory-photos "$(on stat -c %G /var/lib/inventory/images/derived/ab/abcd/320.jpg)"
    on runuser -u www-data -- cat /var/lib/inventory/images/derived/ab/abcd/320.jpg | grep -q picture
    fails on runuser -u www-data -- cat /var/lib/inventory/images/original/ab/abcd
    is 404 "$(status_of /inventory-photos/ab/abcd/320.jpg)"
    rm -r "$place" "$root/var/lib/inventory/images/original/ab"
}

scene_second_run() {
    check "a second run changes nothing" changes_nothing
    check "what somebody broke is mended by the next run" mends
}

changes_nothing() {
    local output
    output=$(on "$bundle/deploy.sh" --offline) || { echo "$output" && return 1; }
    grep -q ', 0 changed$' <<<"$output" || { echo "$output" && return 1; }
}

mends() {
    on sh -c 'chmod 777 /var/lib/inventory/backups; rm /etc/nginx/sites-enabled/inventory; systemctl disable --now inventory-backup.timer; rm /usr/lib/inventory/model/config.json'
    fails on /usr/lib/inventory/deploy/verify.sh
    on "$bundle/deploy.sh" --offline && on /usr/lib/inventory/deploy/verify.sh
}

# --- the web server before it

scene_web() {
    check "who hammers is slowed down, and others are not locked out" hammers
    check "an upload that is too large is refused at the door" too_large
    check "browsers are told to stay with https" tells_https
    check "a second instance answers while the first is away" two_instances
    check "a restart drops no request" restart_drops_nothing
}

hammers() {
    local answers
    answers=$(on curl --silent --insecure --parallel --parallel-max 40 --output /dev/null --write-out '%{http_code}\n' 'https://127.0.0.1/healthz?[1-600]' | sort | uniq -c)
    echo "$answers"
    grep -q ' 429$' <<<"$answers"
    grep -q ' 200$' <<<"$answers"
    sleep 5
    is 200 "$(status_of /healthz)"
}

too_large() {
    is 413 "$(on sh -c "head -c 70000000 /dev/zero | curl --silent --insecure --output /dev/null --write-out '%{http_code}' -H 'Expect:' --data-binary @- https://127.0.0.1/setup")"
}

tells_https() {
    local headers
    headers=$(on curl --silent --insecure --head https://127.0.0.1/)
    grep -qi '^strict-transport-security: max-age=31536000' <<<"$headers" || { echo "$headers" && return 1; }
    fails grep -qi '^server: nginx/' <<<"$headers"
}

two_instances() {
    on systemd-run --quiet --unit second --uid inventory --setenv INVENTORY_CONFIG=/var/lib/inventory/config/inventory.toml /usr/bin/inventory serve --listen 127.0.0.1:8001
    on "$bundle/deploy.sh" --offline --upstream 127.0.0.1:8001 >/dev/null
    on systemctl stop inventory.socket inventory.service
    local answers
    answers=$(on curl --silent --insecure --output /dev/null --write-out '%{http_code}\n' 'https://127.0.0.1/readyz?[1-20]' | sort | uniq -c | tr -s ' ')
    on systemctl start inventory.socket inventory.service
    on systemctl stop second
    on rm /var/lib/inventory/config/upstreams
    on "$bundle/deploy.sh" --offline >/dev/null
    is ' 20 200' "$answers"
}

# systemd holds the socket meanwhile: whoever asks waits for the new program.
restart_drops_nothing() {
    local answers
    on systemd-run --quiet --unit restarts sh -c 'for n in 1 2 3; do sleep 1; systemctl restart inventory.service; done'
    answers=$(on sh -c 'for n in $(seq 60); do curl --silent --max-time 20 --output /dev/null --write-out "%{http_code}\n" http://127.0.0.1:8000/healthz; sleep 0.1; done' | sort | uniq -c | tr -s ' ')
    on systemctl stop restarts 2>/dev/null || true
    is ' 60 200' "$answers"
}

# --- the predecessor on the same machine

scene_predecessor() {
    check "a ThingDB on the machine is taken over once, stopped and kept" takes_over
}

takes_over() {
    on sh -c 'mkdir -p /var/lib/thingdb/images && cat >/etc/systemd/system/thingdb.service' <<'UNIT'
[Service]
Environment=POSTGRES_DB=thingdb IMAGE_DIR=/var/lib/thingdb/images
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
UNIT
    on systemctl daemon-reload
    on systemctl enable --now --quiet thingdb.service
    on runuser -u postgres -- createdb thingdb
    on runuser -u postgres -- psql -qX -v ON_ERROR_STOP=1 -d thingdb <"$test/thingdb.sql"
    local output
    output=$(on "$bundle/deploy.sh" --offline) || { echo "$output" && return 1; }
    is inactive "$(on systemctl is-active thingdb.service || true)"
    is disabled "$(on systemctl is-enabled thingdb.service || true)"
    finds "Wing nut from the old system" "Wing nut" || return 1
    on test ! -e /var/tmp/executed || { echo "something of its data was executed" && return 1; }
    # Once: the next run leaves what is there alone.
    changes_nothing
}

# --- power

bookings() {
    psql_on 'select count(*) from inventory.booking'
}

scene_power() {
    check "the program comes back after kill -9" comes_back
    check "what was acknowledged survives power cuts while bookings are written" power_cuts
}

comes_back() {
    local pid
    pid=$(on systemctl show --property MainPID --value inventory.service)
    on kill -9 "$pid"
    for _ in $(seq 60); do
        sleep 0.5
        is 200 "$(status_of /readyz)" >/dev/null && return
    done
    on systemctl status --no-pager inventory.service
    return 1
}

# A spreadsheet is one booking: whoever reads "done" has it. The loop ends with the machine.
power_cuts() {
    local cut number acknowledged=0 before
    before=$(bookings)
    for cut in 1 2 3; do
        : >"$work/acknowledged"
        (
            number=0
            while :; do
                number=$((number + 1))
                things "Washer $cut-$number,brass,Shelf 2,5,piece" >"$root/var/tmp/washer.csv"
                on inventoryctl import /var/tmp/washer.csv >/dev/null 2>&1 || exit 0
                echo "$number" >>"$work/acknowledged"
            done
        ) &
        local writer=$!
        sleep $((3 + cut))
        cut_power
        kill "$writer" 2>/dev/null || true
        wait "$writer" 2>/dev/null || true
        acknowledged=$((acknowledged + $(wc -l <"$work/acknowledged")))
        boot "$root"
        for _ in $(seq 60); do
            is 200 "$(status_of /readyz)" >/dev/null && break
            sleep 0.5
        done
    done
    [ "$acknowledged" -gt 3 ] || { echo "only $acknowledged were written" && return 1; }
    [ "$(($(bookings) - before))" -ge "$acknowledged" ] || { echo "$acknowledged acknowledged, $(($(bookings) - before)) there" && return 1; }
    on inventoryctl doctor
}

# --- upgrade and back

scene_upgrade() {
    local version
    version=$(on dpkg-query --show --showformat '${Version}' inventory)
    unpack_next "$root" /var/tmp/next "$version+next1"
    check "an upgrade backs up, stops, migrates, starts, verifies" on /var/tmp/next/upgrade.sh --offline
    check "and is the new version, open for writing" upgraded "$version+next1"
    check "an older bundle is refused" refuses "rollback.sh goes back" "$bundle/upgrade.sh" --offline
    printf '#!/bin/sh\nexit 1\n' >"$work/broken"
    unpack_next "$root" /var/tmp/broken "$version+next2" "$work/broken"
    check "a program that does not start is put back" broken_upgrade "$version+next1"
    check "rollback puts the previous program back, bookings stay" rolls_back "$version"
    check "rollback with data refuses to lose bookings" refuses_to_lose
}

upgraded() { # VERSION
    is "$1" "$(on dpkg-query --show --showformat '${Version}' inventory)"
    is off "$(as_program 'show default_transaction_read_only')"
    on inventoryctl import /var/tmp/washer.csv
}

broken_upgrade() { # VERSION
    local before
    before=$(bookings)
    fails on /var/tmp/broken/upgrade.sh --offline
    for _ in $(seq 60); do
        is 200 "$(status_of /readyz)" >/dev/null && break
        sleep 0.5
    done
    is 200 "$(status_of /readyz)" && upgraded "$1" && [ "$(bookings)" -ge "$before" ]
}

rolls_back() { # VERSION
    local before
    before=$(bookings)
    on /usr/lib/inventory/deploy/rollback.sh && upgraded "$1" && [ "$(bookings)" -ge "$before" ]
}

newest_backup() {
    on sh -c 'ls -t /var/lib/inventory/backups/inventory-* | head -n 1'
}

refuses_to_lose() {
    local before output
    before=$(bookings)
    output=$(fails on /usr/lib/inventory/deploy/rollback.sh --with-data "$(newest_backup)" 2>&1)
    echo "$output"
    grep -q 'would be lost' <<<"$output"
    is "$before" "$(bookings)"
}

# --- backup

scene_backup() {
    check "the nightly backup's unit works" on systemctl start inventory-backup.service
    check "the weekly proof restores it, and looks at everything" on systemctl start inventory-verify.service
    cp "$root$(newest_backup)" "$work/carried"
    carried_name=$(basename "$(newest_backup)")
    carried_bookings=$(bookings)
}

scene_second_machine() {
    local root=$work/$suite-second
    unpack_fresh "$suite" "$architecture" "$root" second
    unpack_bundle "$root"
    boot "$root"
    check "--role app without a database is refused" refuses "has no database" "$bundle/deploy.sh" --offline --role app
    check "--role database sets PostgreSQL up, and nothing that is reached" database_alone
    check "--role app works on a database over TLS, with a password" app_alone
    check "a second machine is set up" whole_again
    install -m 644 "$work/carried" "$root/var/tmp/$carried_name"
    check "the first one's backup is restored on it" restores "/var/tmp/$carried_name"
    [ -n "$keep" ] || rm -rf "$root"
}

database_alone() {
    on "$bundle/deploy.sh" --offline --role database
    is V "$(psql_on "select left(version::text, 0) || 'V' from inventory.refinery_schema_history limit 1")"
    fails on systemctl is-active --quiet inventory.socket
    fails on test -e /usr/sbin/nginx
    is 0 "$(on ss --listening --tcp --no-header | grep -cv '127.0.0.1\|\[::1\]\|:22 ' || true)"
}

# As on two machines, with the way between them being this one's loopback.
app_alone() {
    on sh -c 'echo "listen_addresses = '"'localhost'"'" >/etc/postgresql/*/main/conf.d/zz-local.conf && systemctl restart postgresql && rm -r /var/lib/inventory/config'
    psql_on "alter role inventory password 'a long enough one'" >/dev/null
    on "$bundle/deploy.sh" --offline --role app --database-url 'postgres://inventory:a%20long%20enough%20one@localhost/inventory_db?sslmode=require'
    is "640 root:inventory" "$(on stat -c '%a %U:%G' /var/lib/inventory/config/inventory.toml)"
    is 1 "$(as_encrypted)"
}

as_encrypted() {
    psql_on "select least(1, count(*)) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'inventory' and ssl"
}

whole_again() {
    on sh -c 'systemctl stop inventory.service && rm -r /var/lib/inventory/config /etc/postgresql/*/main/conf.d/zz-local.conf'
    on "$bundle/deploy.sh" --offline
}

restores() { # ARCHIVE
    on inventoryctl restore "$1" # while the service runs
    is "$carried_bookings" "$(bookings)"
    finds "something against rain when camping" Tarpaulin
    on inventoryctl doctor
}

# --- certificate

scene_certificate() {
    check "the certificate names the machine and is made anew for another name" renames
    check "Let's Encrypt's way: the challenge is served over port 80, a new certificate handed to nginx" lets_encrypt
}

names_shown() {
    on sh -c 'openssl s_client -connect 127.0.0.1:443 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName'
}

renames() {
    names_shown | grep -q 'DNS:storeroom.local' || return 1
    on /usr/lib/inventory/deploy/certificate.sh shed.example
    sleep 1
    names_shown | grep 'DNS:storeroom.local' | grep -q 'DNS:shed.example'
}

lets_encrypt() {
    on sh -c 'mkdir -p /var/lib/inventory/acme/.well-known/acme-challenge && echo answer >/var/lib/inventory/acme/.well-known/acme-challenge/token'
    is answer "$(on curl --silent http://127.0.0.1/.well-known/acme-challenge/token)"
    on sh -c 'mkdir -p /etc/letsencrypt/live/shed.example && cd /etc/letsencrypt/live/shed.example &&
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 90 -subj /CN=shed.example -addext subjectAltName=DNS:shed.example -keyout privkey.pem -out fullchain.pem 2>/dev/null'
    on env RENEWED_LINEAGE=/etc/letsencrypt/live/shed.example /usr/lib/inventory/deploy/letsencrypt.sh --install
    sleep 1
    is "DNS:shed.example" "$(names_shown | tail -n 1 | tr -d ' ')"
    # And stays through the next run of deploy.sh.
    on "$bundle/deploy.sh" --offline >/dev/null
    is "DNS:shed.example" "$(names_shown | tail -n 1 | tr -d ' ')"
}

# --- the end

scene_uninstall() {
    check "uninstall keeps the data" uninstalls
    check "and a later deploy.sh finds it again" finds_again
}

uninstalls() {
    local before
    before=$(bookings)
    on /usr/lib/inventory/deploy/uninstall.sh
    fails on test -e /usr/bin/inventory
    is "$before" "$(bookings)"
    on test -s /var/lib/inventory/config/inventory.toml
}

finds_again() {
    on "$bundle/deploy.sh" --offline && finds "something against rain when camping" Tarpaulin
}
