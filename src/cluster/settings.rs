//! The server's settings, small enough for a Pi beside everything else, with the reason of each.

use std::path::Path;

/// Whether what was acknowledged survives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// `fsync` on: everything a person relies on.
    #[default]
    Full,
    /// For throw-away clusters of tests only.
    None,
}

/// PostgreSQL's own cache, in megabytes: an eighth of the machine's memory, as deploy.sh has it. With 128 MB a filtered
/// search over a hundred thousand items waits for the system's cache (measured: 57 ms in place of 29); vectors, words and
/// their indexes have their place in 384.
fn shared_buffers() -> u64 {
    let memory = nix::sys::sysinfo::sysinfo().map_or(0, |info| info.ram_total() / (1024 * 1024));
    (memory / 8).clamp(128, 384)
}

/// The text of `inventory.conf`.
pub fn text(socket_dir: &Path, durability: Durability) -> String {
    let fsync = match durability {
        Durability::Full => "on",
        Durability::None => "off",
    };
    let shared_buffers = shared_buffers();
    let socket_dir = socket_dir.display().to_string().replace('\'', "''");
    format!(
        "# Written by inventory at each start. Put your own settings in local.conf beside this file.

# Nobody but this machine's program, over a socket in a directory of its own.
listen_addresses = ''
port = 5432
unix_socket_directories = '\"{socket_dir}\"'
unix_socket_permissions = 0700
cluster_name = 'inventory'
# One program, or two on the same data: a pool of eight each, the change feed, a person with psql.
max_connections = 40

# What was acknowledged stays, whatever happens to the power.
fsync = {fsync}
synchronous_commit = {fsync}
full_page_writes = {fsync}

# Memory: taken when used, so a small inventory takes a tenth of this.
shared_buffers = {shared_buffers}MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 256MB
max_worker_processes = 4
max_parallel_workers_per_gather = 1
# A parallel index build takes its memory from /dev/shm, which containers keep at 64 MB.
max_parallel_maintenance_workers = 0
autovacuum_max_workers = 2

# No replicas: the log only serves recovery; compressed and spread, which is kind to SD cards.
wal_level = minimal
max_wal_senders = 0
wal_compression = on
min_wal_size = 32MB
max_wal_size = 256MB
checkpoint_timeout = 15min

# Flash has no heads to move; short statements never earn back a compilation.
random_page_cost = 1.1
jit = off

timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
log_min_error_statement = panic
log_line_prefix = '%m [%p] '

include_if_exists = 'local.conf'
"
    )
}
