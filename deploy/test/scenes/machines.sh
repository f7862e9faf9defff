# shellcheck shell=bash disable=SC2154
# Second machines: a database apart, ThingDB's machine, another one's backup. Sourced by test/scenes.sh.

scene_second_machine() {
    local root=$work/$suite-second
    unpack_fresh "$suite" "$architecture" "$root" second
    unpack_bundle "$root"
    boot "$root"
    check "--role app without a database is refused" refuses "has no database" "$bundle/deploy.sh" --offline --role app
    check "power goes while packages are installed" cut_set_up
    check "remote.sh with --role database goes on from there: PostgreSQL, and nothing that is reached" database_alone
    scene_two_machines
    check "a ThingDB on the machine is taken over, stopped and kept" takes_over
    check "once: the next run leaves it alone" changes_nothing
    install -m 644 "$work/carried" "$root/var/tmp/$carried_name"
    check "the first machine's backup is restored on it" restores "/var/tmp/$carried_name"
    cut_power
    [ -n "$keep" ] || rm -rf "$root"
}

# remote.sh's way to a machine that no network reaches: its first process's namespaces in place of ssh.
way_to() { # MACHINE
    cat >"$work/way" <<WAY
#!/bin/sh
while [ "\$1" = -t ]; do shift; done
shift
exec nsenter --target "$(cat "$1.first")" --all env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 sh -c "\$*"
WAY
    chmod 755 "$work/way"
}

cut_set_up() {
    on "$bundle/deploy.sh" --offline --role database >"$work/deploy.log" 2>&1 &
    local deploy=$!
    for _ in $(seq 600); do
        ! grep -qs '^Unpacking postgresql-1' "$root/var/log/inventory-deploy.log" || break
        sleep 0.1
    done
    cut_power
    wait "$deploy" 2>/dev/null || true
    boot "$root"
    fails grep -q 'changed$' "$work/deploy.log"
    [ -n "$(on dpkg --audit)" ]
}

database_alone() {
    local output
    rm -r "${root:?}$bundle"
    way_to "$machine"
    output=$(env INVENTORY_BUILD="$build" INVENTORY_SSH="$work/way" "$here/remote.sh" root@second --offline --role database 2>&1) || { echo "$output" && return 1; }
    grep -q "copying inventory-deploy.tar.gz" <<<"$output"
    grep -q "role database" <<<"$output"
    is V "$(psql_on "select left(version::text, 0) || 'V' from inventory.refinery_schema_history limit 1")"
    fails on systemctl is-active --quiet inventory.socket
    fails on test -e /usr/sbin/nginx
    is 0 "$(on ss --listening --tcp --numeric --no-header | grep -cv '127.0.0.1\|\[::1\]\|:22 ' || true)"
}

# --- the program on one machine, its database on another, a wire between them

scene_two_machines() {
    local database_machine=$machine database_root=$root
    local root=$work/$suite-third
    unpack_fresh "$suite" "$architecture" "$root" third
    unpack_bundle "$root"
    boot "$root"
    check "--role app works on another machine's database over TLS, its certificate checked" app_alone
    check "another database than the settings name is refused" refuses "names another database" "$bundle/deploy.sh" --offline --role app \
        --database-url postgres://inventory@elsewhere/inventory_db
    check "two instances share the work on it" two_instances --role app
    check "backups are made there too, by their unit" by_its_timer inventory-backup
    check "and the weekly look finds nothing to mend" by_its_timer inventory-verify
    check "a second run changes nothing there" changes_nothing --role app
    check "backups go to another machine each night, encrypted, the newest stay" goes_off_site
    cut_power
    machine=$database_machine
    [ -n "$keep" ] || rm -rf "$root"
    root=$database_root
    on sh -c 'rm /etc/postgresql/*/main/conf.d/zz-local.conf && systemctl restart postgresql'
}

wire() { # MACHINE MACHINE: 10.77.0.1 and 10.77.0.2
    local number=0 end
    ip link add name inventory-w1 netns "$(cat "$1.first")" type veth peer name inventory-w2 netns "$(cat "$2.first")"
    for end in "$1" "$2"; do
        number=$((number + 1))
        nsenter --target "$(cat "$end.first")" --all sh -c "ip address add 10.77.0.$number/24 dev inventory-w$number && ip link set inventory-w$number up"
    done
}

app_alone() {
    local app_machine=$machine
    wire "$database_machine" "$app_machine"
    machine=$database_machine
    on sh -c 'cd /etc/postgresql/*/main && echo "listen_addresses = '"'10.77.0.1'"'" >conf.d/zz-local.conf &&
        echo "hostssl inventory_db inventory 10.77.0.2/32 scram-sha-256" >>pg_hba.conf && systemctl restart postgresql'
    psql_on "alter role inventory password 'a long enough one'" >/dev/null
    machine=$app_machine
    echo '10.77.0.1 second' >>"$root/etc/hosts"
    cp "$database_root/etc/ssl/certs/ssl-cert-snakeoil.pem" "$root/etc/ssl/certs/second.pem"
    deploys --role app --database-url 'postgres://inventory:a%20long%20enough%20one@second/inventory_db?sslmode=verify-full&sslrootcert=/etc/ssl/certs/second.pem'
    is "640 root:inventory" "$(on stat -c '%a %U:%G' /var/lib/inventory/config/inventory.toml)"
    fails on test -d /etc/postgresql
    is 503 "$(status_of /)"
    things 'Shackle,steel,Shelf 9,4,piece' >"$root/var/tmp/shackle.csv"
    on inventoryctl import /var/tmp/shackle.csv
    finds shackle Shackle
    machine=$database_machine
    is 1 "$(psql_on "select least(1, count(*)) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'inventory' and ssl and client_addr = '10.77.0.2'")"
    is 0 "$(psql_on "select count(*) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'inventory' and not ssl")"
    machine=$app_machine
}

# To the database's machine, over its sshd, as an account that may do nothing else.
goes_off_site() {
    local output there=$database_root/home/keeper app=$machine before
    local sent=$root/var/lib/inventory/config/offsite/sent
    machine=$database_machine
    on useradd --create-home keeper
    machine=$app
    output=$(fails on /usr/lib/inventory/deploy/offsite.sh keeper@second:backups --keep 2)
    install -d -m 700 "$there/.ssh"
    grep '^restrict,command="internal-sftp" ssh-ed25519 ' <<<"$output" >"$there/.ssh/authorized_keys"
    chown --recursive --reference "$there" "$there/.ssh"
    on /usr/lib/inventory/deploy/offsite.sh keeper@second:backups --keep 2
    for _ in 1 2; do
        sleep 1 # an archive's name has its second
        before=$(cat "$sent")
        on systemctl start inventory-backup.service
        for _ in $(seq 600); do
            [ "$(cat "$sent")" = "$before" ] || break
            sleep 1
        done
        on journalctl --no-pager --unit inventory-offsite.service --lines 5
        [ "$(cat "$sent")" != "$before" ]
    done
    is 2 "$(find "$there/backups" -name 'inventory-*.age' | wc -l)"
    [ -s "$there/backups/$(cat "$sent")" ]
    is age-encryption.org/v1 "$(head -c 22 "$there/backups/$(cat "$sent")")"
    cp "$there/backups/$(cat "$sent")" "$root/var/tmp/back.age"
    on inventoryctl restore /var/tmp/back.age --passphrase-file /var/lib/inventory/config/offsite/passphrase --verify-only
    on /usr/lib/inventory/deploy/verify.sh | grep '✓ off-site'
    # Another machine in its place is not sent anything.
    echo 'second ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl' >"$root/var/lib/inventory/config/offsite/known_hosts"
    fails on systemctl start inventory-offsite.service
    on /usr/lib/inventory/deploy/offsite.sh --off
    fails on test -e /var/lib/inventory/config/offsite
}

# --- the predecessor on the same machine, at work when deploy.sh comes

takes_over() {
    on sh -c 'mkdir -p /opt/thingdb /var/lib/thingdb/images /etc/nginx/sites-enabled /etc/nginx/sites-available && cp /usr/bin/systemd-socket-activate /opt/thingdb/gunicorn &&
        echo "server { listen 80; server_name thingdb.local; location / { proxy_pass http://127.0.0.1:8000; } }" >/etc/nginx/sites-available/thingdb &&
        ln -s ../sites-available/thingdb /etc/nginx/sites-enabled/thingdb && echo "touch /var/tmp/executed" >/etc/thingdb.env && echo POSTGRES_DB=thingdb >>/etc/thingdb.env'
    picture "$root/var/lib/thingdb/images/wing-nut.bmp"
    cat >"$root/etc/systemd/system/thingdb.service" <<'UNIT'
[Service]
Environment=IMAGE_DIR=/var/lib/thingdb/images
EnvironmentFile=/etc/thingdb.env
ExecStart=/opt/thingdb/gunicorn --listen 127.0.0.1:8000 /bin/cat
[Install]
WantedBy=multi-user.target
UNIT
    on systemctl daemon-reload
    on systemctl enable --now --quiet thingdb.service
    on runuser -u postgres -- createdb thingdb
    on runuser -u postgres -- psql -qX -v ON_ERROR_STOP=1 -d thingdb <"$test/thingdb.sql"
    deploys
    is inactive "$(on systemctl is-active thingdb.service || true)"
    is disabled "$(on systemctl is-enabled thingdb.service || true)"
    finds "Wing nut from the old system" "Wing nut"
    is 1 "$(psql_on "select count(*) from inventory.photo")"
    is 1 "$(psql_on "select count(*) from inventory.code where text = 'OLD-LABEL-1'")"
    # Its own things are where they were.
    on test -s /var/lib/thingdb/images/wing-nut.bmp
    on test -s /etc/nginx/sites-available/thingdb
    is 3 "$(on runuser -u postgres -- psql -qAtX -d thingdb -c 'select count(*) from items')"
    fails on test -e /var/tmp/executed
}

restores() { # ARCHIVE
    on inventoryctl restore "$1" # while the service runs
    is "$carried_bookings" "$(bookings)"
    finds "something against rain when camping" Tarpaulin
    on inventoryctl doctor
}
