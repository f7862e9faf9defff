//! What can stand in the way of a private cluster. Every message says how to mend it.

use std::path::{Path, PathBuf};

/// The private cluster cannot be made, started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Neither a setting, nor `pg_config`, nor the usual places lead to a PostgreSQL server.
    #[error(
        "no PostgreSQL server is installed (looked in {}): apt install postgresql postgresql-contrib, or set \
         INVENTORY_PG_BINDIR, or DATABASE_URL for a server elsewhere",
        list(looked)
    )]
    NoBinaries { looked: Vec<PathBuf> },
    /// Data of one major version cannot be opened by another.
    #[error(
        "the data in {} was written by PostgreSQL {data}, installed is {installed}: apt install postgresql-{data} \
         (versions live side by side), or move the data with pg_upgrade",
        dir.display()
    )]
    Version { dir: PathBuf, data: String, installed: String },
    /// PostgreSQL refuses uid 0, and nobody else is there to run it.
    #[error("PostgreSQL refuses to run as root, and none of the accounts inventory, postgres, nobody exists")]
    NoAccount,
    /// The unprivileged account is locked out by a directory above the data.
    #[error(
        "PostgreSQL refuses to run as root, so it runs as `{account}`, which may not enter {}: choose a --data-dir \
         outside of it (such as /var/lib/inventory), or open it with: chmod o+x {}",
        closed.display(),
        closed.display()
    )]
    ClosedToAccount { account: String, closed: PathBuf },
    /// Somebody else's cluster.
    #[error("{} belongs to another user (uid {owner}): run as that user, or choose another --data-dir", dir.display())]
    NotOurs { dir: PathBuf, owner: u32 },
    /// `initdb` failed; `output` is what it said last.
    #[error("cannot make the database in {}: {output}", dir.display())]
    Init { dir: PathBuf, output: String },
    /// `postgres` ended or did not get ready; `output` is the end of its log.
    #[error("PostgreSQL does not start in {}: {output} (its whole log: {})", dir.display(), log.display())]
    Start { dir: PathBuf, log: PathBuf, output: String },
    /// It neither obeyed nor died.
    #[error("PostgreSQL (process {pid}) did not stop within {seconds} s")]
    Stop { pid: i32, seconds: u64 },
    /// No directory for the socket is short enough and private.
    #[error("the socket's path {} would be longer than 107 bytes: choose a shorter --data-dir", path.display())]
    SocketPath { path: PathBuf },
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    /// The helper thread of a start or stop is gone.
    #[error("the cluster's helper thread ended early")]
    Interrupted,
}

/// Adapts an I/O error: `.map_err(io("create", &path))`.
pub fn io<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> ClusterError + 'a {
    move |source| ClusterError::Io { doing, path: path.to_owned(), source }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
