//! The private PostgreSQL cluster that serves when no server is configured.
//!
//! It lives in `DATA_DIR/cluster`: made with `initdb` on first start, reached over a Unix socket in a directory of
//! its own and nothing else, started and stopped with the program. Several processes on one data directory share
//! it: each holds `users.lock` shared; who leaves last stops the server. `change.lock` makes starting and stopping
//! the act of one process at a time. A server that a killed program left behind is adopted, a killed server is
//! started again by whoever notices first.
//!
//! Two connections are handed out: the bootstrap superuser's, for migrations, and the role `inventory`'s, for
//! everything else.

mod account;
mod binaries;
mod error;
mod init;
mod place;
mod postmaster;
mod server;
mod settings;
mod supervisor;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use binaries::Binaries;
pub use error::ClusterError;
pub use settings::Durability;

use crate::config::{Config, Connection, SslMode, TlsOptions};
use server::Server;
use supervisor::Supervisor;

/// The role the program works as; without the right to change schema or ledger.
pub const PROGRAM_ROLE: &str = "inventory";

/// How to run a private cluster.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where PostgreSQL's programs are, when not in a usual place.
    pub pg_bindir: Option<PathBuf>,
    /// A short private directory for the socket, when the data directory's path is too long for one.
    pub runtime_dir: Option<PathBuf>,
    pub durability: Durability,
}

impl Options {
    pub fn of(config: &Config) -> Self {
        Self {
            pg_bindir: config.database.pg_bindir.clone(),
            runtime_dir: config.paths.runtime_dir.clone(),
            durability: Durability::Full,
        }
    }
}

/// This process's share in a running private cluster.
#[derive(Debug)]
pub struct Cluster {
    server: Arc<Server>,
    supervisor: Supervisor,
}

impl Cluster {
    /// Makes, starts or joins the cluster of `data_dir`, and from then on starts the server again when it dies.
    pub async fn start(data_dir: &Path, options: &Options) -> Result<Self, ClusterError> {
        let (data_dir, options) = (data_dir.to_owned(), options.clone());
        let server = tokio::task::spawn_blocking(move || Server::start(&data_dir, &options))
            .await
            .map_err(|_| ClusterError::Interrupted)??;
        let server = Arc::new(server);
        Ok(Self { supervisor: Supervisor::watch(Arc::clone(&server)), server })
    }

    /// The bootstrap superuser's connection to `database`: for migrations and making databases only.
    pub fn admin(&self, database: &str) -> Connection {
        self.connection(init::SUPERUSER, database)
    }

    /// The program's connection to `database`.
    pub fn program(&self, database: &str) -> Connection {
        self.connection(PROGRAM_ROLE, database)
    }

    fn connection(&self, role: &str, database: &str) -> Connection {
        let mut postgres = tokio_postgres::Config::new();
        postgres.host_path(self.server.socket_dir()).user(role).dbname(database);
        Connection { postgres, tls: TlsOptions { mode: SslMode::Disable, ..TlsOptions::default() } }
    }

    /// The server's process, for diagnosis.
    pub fn server_pid(&self) -> Option<i32> {
        self.server.postmaster().map(|postmaster| postmaster.pid)
    }

    /// The account the server runs under.
    pub fn account(&self) -> &str {
        &self.server.account.name
    }

    /// The server's log.
    pub fn log(&self) -> &Path {
        &self.server.place.log
    }

    /// Gives up this process's share; the last one stops the server and waits for its end.
    pub async fn stop(mut self) -> Result<(), ClusterError> {
        self.supervisor.end();
        let server = Arc::clone(&self.server);
        tokio::task::spawn_blocking(move || match server.leave(true)? {
            Some(leaving) => server.wait(&leaving),
            None => Ok(()),
        })
        .await
        .map_err(|_| ClusterError::Interrupted)?
    }

    /// Ends the supervision and leaves the server running, whoever else uses it. It counts as used until the
    /// returned lock is dropped. For test harnesses with a process per test.
    pub fn leave_running(mut self) -> Option<File> {
        self.supervisor.end();
        self.server.users_lock()
    }
}

impl Drop for Cluster {
    /// Asks the server to stop if nobody else uses it, without waiting for that: a window closes at once. Who
    /// starts the next program meanwhile waits for the end and starts the server anew.
    fn drop(&mut self) {
        self.supervisor.end();
        if let Err(error) = self.server.leave(false) {
            tracing::warn!("Leaving the private cluster: {error}");
        }
    }
}
