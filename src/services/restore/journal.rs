//! What a restore is about, kept on the disk, so that one that was killed is finished or taken back by whoever comes next.
//!
//! Until the databases have changed their names, which they do at one moment, the old inventory is the one that opens;
//! from then on it is the new one. The names are what counts; this file says which to look at.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::RestoreError;
use super::pictures::Staging;
use crate::config::Connection;
use crate::services::backup::write_whole;
use crate::store::{StoreError, database, pool};

const FILE: &str = "restore.json";
const LOCK: &str = "restore.lock";

/// A restore that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// The database people work in.
    pub database: String,
    /// The one that is being filled beside it.
    pub fresh: String,
    /// What the old one is called afterwards.
    pub replaced: String,
    /// The directory of pictures.
    pub photos: PathBuf,
    /// The new one is whole; from here on names alone change.
    pub decided: bool,
}

/// Held by the one process that restores.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock; `None` while another process restores.
    pub fn take(data_dir: &Path) -> Result<Option<Self>, RestoreError> {
        let disk = |error| RestoreError::Disk { path: data_dir.to_owned(), error };
        fs::create_dir_all(data_dir).map_err(disk)?;
        let path = data_dir.join(LOCK);
        // Root restores, the service finishes: whoever may read it may hold it.
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                OpenOptions::new().create(true).truncate(false).write(true).mode(0o644).open(&path)
            }
            opened => opened,
        };
        let file = file.map_err(disk)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(disk(error)),
        }
    }
}

impl Journal {
    /// Writes it down, whole and on the disk.
    pub fn keep(&self, data_dir: &Path) -> Result<(), RestoreError> {
        let path = data_dir.join(FILE);
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::from);
        let readable = fs::Permissions::from_mode(0o644);
        text.and_then(|text| write_whole(&path, &text))
            .and_then(|()| fs::set_permissions(&path, readable))
            .map_err(|error| RestoreError::Disk { path, error })
    }

    /// The restore that was begun and not ended, if there is one.
    pub fn read(data_dir: &Path) -> Result<Option<Self>, RestoreError> {
        let path = data_dir.join(FILE);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text,
        };
        let journal = text.and_then(|text| Ok(serde_json::from_slice(&text)?));
        journal.map(Some).map_err(|error| RestoreError::Disk { path, error })
    }

    /// The restore has come to its end, one way or the other.
    pub fn forget(data_dir: &Path) -> Result<(), RestoreError> {
        let path = data_dir.join(FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(RestoreError::Disk { path, error }),
            _ => Ok(()),
        }
    }

    /// What the replaced pictures' directory is called: as the replaced database, by its moment.
    pub fn staging(&self) -> Staging {
        let moment = self.replaced.rsplit('_').next().unwrap_or_default();
        Staging::new(&self.photos, moment)
    }
}

/// Finishes or takes back a restore that was killed. `connection`: the administrator's, or, where there is none, the
/// program's, which can finish one but leaves a half-filled database where it is. At every start; costs a look at a file.
pub async fn recover(data_dir: &Path, connection: &Connection, is_admin: bool) -> Result<(), RestoreError> {
    if Journal::read(data_dir)?.is_none() {
        return Ok(());
    }
    // Somebody restores just now: nothing is to be mended.
    let Some(_lock) = Lock::take(data_dir)? else { return Ok(()) };
    let Some(journal) = Journal::read(data_dir)? else { return Ok(()) };
    settle(data_dir, &journal, connection, is_admin).await
}

/// The same for the holder of the lock.
pub async fn settle(
    data_dir: &Path,
    journal: &Journal,
    connection: &Connection,
    is_admin: bool,
) -> Result<(), RestoreError> {
    let mut maintenance = connection.clone();
    if is_admin {
        maintenance.postgres.dbname("postgres");
    }
    let client = pool::connect(&maintenance).await?;
    let filled = database::exists(&client, &journal.fresh).await?;
    if journal.decided && !filled {
        info!("Finishing the restore of `{}` that was interrupted", journal.database);
        journal.staging().swap().map_err(|error| RestoreError::Disk { path: journal.photos.clone(), error })?;
    } else {
        info!("Taking back the restore of `{}` that was interrupted", journal.database);
        journal.staging().discard().map_err(|error| RestoreError::Disk { path: journal.photos.clone(), error })?;
        if filled && is_admin {
            database::drop(&client, &journal.fresh).await?;
        } else if filled {
            warn!("The half-filled database `{}` stays until the next restore", journal.fresh);
        }
    }
    Journal::forget(data_dir)
}

impl From<StoreError> for RestoreError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
