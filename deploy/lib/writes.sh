# shellcheck shell=bash disable=SC2154
# Letting nobody write while a new program is not proven: by the database, so that pages, window and commands are all
# meant. Sourced by deploy.sh, upgrade.sh and rollback.sh.

has_own_database() {
    grep -qs "^host *= *\"$socket_dir\"" "$config_file"
}

writes_are_closed() {
    [ "$(sql postgres <<<"select 'default_transaction_read_only=on' = any (rolconfig) from pg_roles where rolname = 'inventory'" 2>/dev/null)" = t ]
}

# Sessions keep what they began with: they are ended, and the program's come again by themselves.
close_writes() {
    sql postgres <<'SQL' >/dev/null
alter role inventory set default_transaction_read_only = on;
select pg_terminate_backend(pid) from pg_stat_activity where usename = 'inventory';
SQL
}

open_writes() {
    sql postgres <<'SQL' >/dev/null
alter role inventory reset default_transaction_read_only;
select pg_terminate_backend(pid) from pg_stat_activity where usename = 'inventory';
SQL
}
