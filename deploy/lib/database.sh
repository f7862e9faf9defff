# shellcheck shell=bash disable=SC2154
# PostgreSQL: tuned to this machine, roles that are recognised by their account, the database and its schema. Sourced.

sql() { # DATABASE, statements on standard input
    runuser -u postgres -- psql --quiet --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 \
        --host "$socket_dir" --port "$(cluster_port)" --dbname "$1"
}

major() {
    postgresql_major "$(debian_suite)"
}

cluster_port() {
    local port
    port=$(pg_lsclusters --no-header 2>/dev/null | awk -v v="$(major)" '$1 == v && $2 == "main" { print $3 }')
    echo "${port:-5432}"
}

# Settings by memory and for a card: each with its reason, for whoever looks why.
tuning_text() {
    local memory=$1 shared cache upkeep
    shared=$((memory / 8)) && shared=$((shared < 128 ? 128 : shared > 1024 ? 1024 : shared))
    cache=$((memory / 2))
    upkeep=$((memory / 16)) && upkeep=$((upkeep < 64 ? 64 : upkeep > 512 ? 512 : upkeep))
    cat <<TUNING
# Written by inventory's deploy.sh for $memory MB of memory and storage that wears (an SD card).
# Settings of your own go into a file that is read later, such as zz-local.conf.

# What was acknowledged stays, whatever happens to the power. Never off: a card that lost its order is a lost inventory.
fsync = on
full_page_writes = on
synchronous_commit = on

# An eighth of the memory: the system's own cache, from which PostgreSQL reads as well, is the better half.
shared_buffers = ${shared}MB
effective_cache_size = ${cache}MB
# Per sort, of which few run at once; building the vectors' index of 100,000 items is what upkeep needs its share for.
work_mem = 8MB
maintenance_work_mem = ${upkeep}MB
max_parallel_maintenance_workers = 0
max_connections = 60

# Fewer, larger and compressed writes to the log, spread over time: what wears a card is rewriting.
wal_compression = on
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
max_wal_size = 512MB
min_wal_size = 80MB
# Checkpoints and connections are no news; each line is a write.
log_checkpoints = off

# Flash has no heads to move; short statements never earn back a compilation.
random_page_cost = 1.1
jit = off
max_parallel_workers_per_gather = 1

# This machine only, over a socket. (A database for other machines: deploy/README.md, "Two machines".)
listen_addresses = ''
TUNING
}

set_up_postgresql() {
    local conf
    conf=/etc/postgresql/$(major)/main
    if [ -z "$dry_run" ] && [ ! -d "$conf" ]; then
        change "make the cluster $(major)/main" env LC_ALL=C.UTF-8 pg_createcluster --encoding UTF8 "$(major)" main
    fi
    local restart='' reload=''
    # A database that serves other machines has its own idea of addresses: kept, see deploy/README.md.
    tuning_text "$(memory_mb)" | put "$conf/conf.d/inventory.conf" 644 postgres:postgres && restart=yes
    if [ -n "$dry_run" ]; then
        note "would make sure that PostgreSQL recognises the accounts $account and root over its socket"
        return
    fi
    host_rules "$conf/pg_hba.conf" | put "$conf/pg_hba.conf" 640 postgres:postgres && reload=yes
    name_map "$conf/pg_ident.conf" | put "$conf/pg_ident.conf" 640 postgres:postgres && reload=yes
    systemctl is-enabled --quiet postgresql.service || change "start PostgreSQL with the machine" systemctl enable postgresql.service
    if [ -n "$restart" ] || ! pg_isready --quiet --host "$socket_dir" --port "$(cluster_port)"; then
        change "start PostgreSQL with these settings" systemctl restart "postgresql@$(major)-main.service"
    elif [ -n "$reload" ]; then
        change "let PostgreSQL read its rules again" systemctl reload "postgresql@$(major)-main.service"
    fi
    wait_until 60 "PostgreSQL answers" pg_isready --host "$socket_dir" --port "$(cluster_port)"
}

# pg_hba.conf with our rules first; what else it says stays.
host_rules() { # FILE
    cat <<'RULES'
# inventory: by the account over the socket, no passwords. Written by deploy.sh, up to the line "inventory: end".
local   all   inventory   peer map=inventory
local   all   postgres    peer map=inventory
# inventory: end
RULES
    sed '/^# inventory: by the account/,/^# inventory: end/d' "$1"
}

# Who may come as whom: the service as itself; the administrator's work (migrations, restoring) is root's, who could
# become postgres anyway.
name_map() { # FILE
    cat <<'MAP'
# inventory: accounts and roles. Written by deploy.sh, up to the line "inventory: end".
inventory   inventory   inventory
inventory   root        inventory
inventory   root        postgres
inventory   postgres    postgres
# inventory: end
MAP
    sed '/^# inventory: accounts and roles/,/^# inventory: end/d' "$1"
}

set_up_database() {
    if [ -n "$dry_run" ]; then
        note "would make sure of the database $database, its roles and extensions, and run what is pending of the schema"
        return
    fi
    # The owner exists before the database, which is made out to it; the program's role may only connect.
    if [ "$(sql postgres <<<"select count(*) from pg_roles where rolname in ('inventory', 'inventory_owner')")" != 2 ]; then
        change "roles inventory and inventory_owner" make_roles
    fi
    if [ -z "$(sql postgres <<<"select 1 from pg_database where datname = '$database'")" ]; then
        change "database $database" make_database
    fi
    migrate
}

make_roles() {
    sql postgres <<'SQL'
do $$ begin
    if not exists (select from pg_roles where rolname = 'inventory_owner') then create role inventory_owner nologin; end if;
    if not exists (select from pg_roles where rolname = 'inventory') then create role inventory login; end if;
end $$;
SQL
}

make_database() {
    sql postgres <<SQL
create database $database owner inventory_owner template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8';
revoke all on database $database from public;
grant connect, temporary on database $database to inventory;
SQL
}

migrate() {
    local pending
    if pending=$(as_database_admin inventory migrate --check 2>&1); then
        return
    fi
    if program_runs; then
        # People work: then it is an upgrade, with a backup before and a way back.
        [ -n "${upgrading:-}" ] || note "the running program waits while the schema is brought up to date"
    fi
    grep '^pending' <<<"$pending" | sed 's/^/    /' || true
    change "bring the schema up to date" as_database_admin inventory migrate
}

program_runs() {
    systemctl is-active --quiet inventory.service || systemctl is-active --quiet inventory-kiosk.service
}
