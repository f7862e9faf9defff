//! Where a private cluster keeps its parts.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::ClusterError;
use super::account::Account;
use super::error::io;

/// The longest path of a Unix socket on Linux, without its final zero.
const LONGEST_SOCKET_PATH: usize = 107;
/// What PostgreSQL calls its socket; beside it lies a lock file with the server's process number.
pub const SOCKET: &str = ".s.PGSQL.5432";

/// The directories and files of one private cluster, all in `DATA_DIR/cluster`.
#[derive(Debug, Clone)]
pub struct Place {
    /// Ours: locks, log, settings.
    pub dir: PathBuf,
    /// The server's.
    pub pgdata: PathBuf,
    /// What the server and `initdb` say.
    pub log: PathBuf,
    /// Written anew at each start.
    pub settings: PathBuf,
    /// Held shared by every process that uses the server.
    pub users_lock: PathBuf,
    /// Held while somebody starts or stops it.
    pub change_lock: PathBuf,
}

impl Place {
    /// The place in `data_dir`, which is made when missing. What is made here is closed to others.
    pub fn prepare(data_dir: &Path) -> Result<Self, ClusterError> {
        make_private(data_dir)?;
        let data_dir = data_dir.canonicalize().map_err(io("find", data_dir))?;
        let dir = data_dir.join("cluster");
        make_private(&dir)?;
        Ok(Self::at(dir))
    }

    fn at(dir: PathBuf) -> Self {
        Self {
            pgdata: dir.join("pgdata"),
            log: dir.join("server.log"),
            settings: dir.join("inventory.conf"),
            users_lock: dir.join("users.lock"),
            change_lock: dir.join("change.lock"),
            dir,
        }
    }

    /// A private directory for the socket: beside the data, or, when that path is too long for a socket, in the
    /// user's runtime directory, else in the system's temporary one under a name that follows from the data's.
    pub fn socket_dir(&self, account: &Account, runtime_dir: Option<&Path>) -> Result<PathBuf, ClusterError> {
        let short = format!(
            "inventory-{}-{}",
            account.uid,
            &hex::encode(Sha256::digest(self.dir.as_os_str().as_bytes()))[..12]
        );
        let temporary = std::env::temp_dir();
        let candidates =
            [Some(self.dir.join("run")), runtime_dir.map(|dir| dir.join(&short)), Some(temporary.join(&short))];
        for dir in candidates.into_iter().flatten() {
            let parent_exists = dir.parent().is_some_and(Path::is_dir);
            if dir.join(SOCKET).as_os_str().len() > LONGEST_SOCKET_PATH || !parent_exists {
                continue;
            }
            if !dir.exists() || dir.starts_with(&self.dir) {
                account.private_dir(&dir)?;
            }
            if account.owns_privately(&dir) {
                return Ok(dir);
            }
        }
        Err(ClusterError::SocketPath { path: self.dir.join("run").join(SOCKET) })
    }

    /// The major version that wrote the data, if there is any.
    pub fn data_major(&self) -> Result<Option<String>, ClusterError> {
        let path = self.pgdata.join("PG_VERSION");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io("read", &path)(error)),
        }
    }

    /// The last lines of the log, on one line, without the times.
    pub fn log_tail(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(4)..];
        if last.is_empty() { "it said nothing".to_owned() } else { last.join(" | ") }
    }
}

fn make_private(dir: &Path) -> Result<(), ClusterError> {
    if dir.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(dir).map_err(io("create", dir))?;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(io("protect", dir))
}
