//! Backups: everything people entered, as one archive of data, made while they work.
//!
//! [`manifest`] says what an archive is, [`write`] and [`read`] are the two ways through one. What is made of an archive
//! again is [`restore`](super::restore)'s.

mod collect;
pub mod manifest;
mod passphrase;
pub mod read;
mod shelf;
pub mod write;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use age::secrecy::SecretString;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use tracing::info;

pub use self::collect::write_whole;
use self::manifest::Manifest;
pub use self::shelf::Archive;
use super::photos::PhotoFiles;
use crate::domain::person::Forbidden;
use crate::domain::{Actor, Permission, Retention};
use crate::store::{Db, StoreError, backup};

/// Why an archive cannot be read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    #[error("{path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("this is no backup of inventory")]
    NoArchive,
    #[error("the backup was made by a later version of inventory (format {format}): install that version first")]
    NewerFormat { format: u32 },
    #[error("the backup is encrypted: name the file with its passphrase (--passphrase-file)")]
    Encrypted,
    #[error("the passphrase is not the backup's")]
    Passphrase,
    #[error(
        "trying one passphrase of this backup takes {needed} MB of memory, and no more than {most} MB are given to it"
    )]
    Work { needed: u64, most: u64 },
    #[error("the backup is cut off: it was not written to its end, or not copied whole")]
    CutOff,
    #[error("the backup is damaged: the content of {part} is not what it was when it was written")]
    Hash { part: String },
    #[error("the backup is damaged, or was tampered with: {part}: {reason}")]
    Broken { part: String, reason: String },
    /// Whoever was to take the parts takes no more; the reason is theirs to say.
    #[error("reading ended early")]
    Abandoned,
}

/// Why there is no backup.
#[derive(Debug, Error)]
pub enum BackupError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{path}: {error}")]
    Disk { path: PathBuf, error: io::Error },
    #[error("another backup is just being made in {0}")]
    Busy(PathBuf),
    #[error("{path} changed while it was read; nothing was kept, try again")]
    Changing { path: PathBuf },
    #[error("{0}")]
    Archive(#[from] ArchiveError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the thread that writes the archive ended early")]
    Interrupted,
}

/// What a backup works on at the moment, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// (done, of all)
    Tables(usize, usize),
    Files(usize, usize),
}

/// Called again and again while a backup is made.
pub type Tell = Arc<dyn Fn(Progress) + Send + Sync>;

/// What to make.
#[derive(Clone)]
pub struct Order {
    /// The directory the archive is to lie in; made when missing.
    pub dir: PathBuf,
    /// With the machine's own files, encrypted.
    pub full: Option<Full>,
}

/// What a full backup needs.
#[derive(Clone)]
pub struct Full {
    /// Files and directories; what is not there is left out.
    pub machine: Vec<PathBuf>,
    pub passphrase: SecretString,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    pub path: PathBuf,
    /// Of the archive.
    pub bytes: u64,
    pub manifest: Manifest,
    /// Hashes of pictures and attachments that no longer have the content they are named by; they are kept as they are.
    pub damaged: Vec<String>,
}

/// How far back one could go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// When the last backup was made, and its file name.
    pub last: Option<(OffsetDateTime, String)>,
    /// When a backup was last restored for trial, and its file name.
    pub proven: Option<(OffsetDateTime, String)>,
}

/// How old what keeps the inventory safe is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    Never,
    Good,
    /// One that failed once may be an accident.
    Late,
    /// Nobody looks after it.
    Missing,
}

impl Freshness {
    fn of(at: Option<OffsetDateTime>, now: OffsetDateTime, late: Duration, missing: Duration) -> Self {
        match at.map(|at| now - at) {
            None => Self::Never,
            Some(age) if age > missing => Self::Missing,
            Some(age) if age > late => Self::Late,
            Some(_) => Self::Good,
        }
    }
}

impl Status {
    /// Of the last backup, made every night.
    pub fn backup(&self, now: OffsetDateTime) -> Freshness {
        Freshness::of(self.last.as_ref().map(|(at, _)| *at), now, Duration::days(2), Duration::days(8))
    }

    /// Of the last proof that one can be restored, made every week.
    pub fn proof(&self, now: OffsetDateTime) -> Freshness {
        Freshness::of(self.proven.as_ref().map(|(at, _)| *at), now, Duration::days(15), Duration::days(60))
    }
}

/// Makes and keeps backups of one database.
#[derive(Clone)]
pub struct Backup {
    db: Db,
    files: Option<PhotoFiles>,
}

impl Backup {
    /// Backups of a database whose pictures lie in `photos`.
    pub fn new(db: Db, photos: Option<&Path>) -> Self {
        Self { db, files: photos.map(PhotoFiles::new) }
    }

    /// Makes a backup of one moment, while people work. The archive gets its name when it is whole and on the disk.
    pub async fn create(&self, actor: &Actor, order: &Order, tell: &Tell) -> Result<Made, BackupError> {
        actor.require(Permission::Administer)?;
        let begun = OffsetDateTime::now_utc();
        let dir = order.dir.clone();
        let bench = blocking(move || collect::Bench::prepare(&dir)).await?;
        let session = self.db.session().await?;
        backup::begin_snapshot(&session).await?;
        let contents = collect::tables(&session, &bench, tell).await?;
        // From here on files alone are read; the session keeps them from being removed.
        backup::end_snapshot(&session).await?;
        let (files, full, telling) = (self.files.clone(), order.full.clone(), Arc::clone(tell));
        let made = blocking(move || collect::archive(bench, begun, contents, files.as_ref(), full, &telling)).await?;
        drop(session);
        let name = made.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        backup::note_made(&self.db.client().await?, &name).await?;
        info!(backup.bytes = made.bytes, "Made the backup {name}: {} rows", made.manifest.rows());
        Ok(made)
    }

    /// The archives in a directory, the newest first.
    pub async fn list(&self, actor: &Actor, dir: &Path) -> Result<Vec<Archive>, BackupError> {
        actor.require(Permission::Administer)?;
        let dir = dir.to_owned();
        blocking(move || shelf::list(&dir)).await
    }

    /// Removes the archives that the policy does not keep, encrypted ones and others each on their own. Returns the names
    /// of those that are gone, or would be.
    pub async fn prune(
        &self,
        actor: &Actor,
        dir: &Path,
        keep: Retention,
        dry_run: bool,
    ) -> Result<Vec<String>, BackupError> {
        actor.require(Permission::Administer)?;
        let dir = dir.to_owned();
        blocking(move || shelf::prune(&dir, keep, dry_run)).await
    }

    /// When the last backup was made, and when one was last proven.
    pub async fn status(&self, actor: &Actor) -> Result<Status, BackupError> {
        actor.require(Permission::Administer)?;
        let backup::Noted { last, proven } = backup::noted(&self.db.client().await?).await?;
        Ok(Status { last, proven })
    }

    /// Notes that an archive has just been restored for trial, and that all of it was there.
    pub async fn note_proven(&self, actor: &Actor, archive: &str) -> Result<(), BackupError> {
        actor.require(Permission::Administer)?;
        Ok(backup::note_proven(&self.db.client().await?, archive).await?)
    }
}

/// Work that may wait, on a thread for it.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(BackupError::Interrupted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(age: Option<Duration>, backup: Freshness, proof: Freshness) {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(1000);
        let done = age.map(|age| (now - age, "x.tar.zst".to_owned()));
        let status = Status { last: done.clone(), proven: done };
        assert_eq!((status.backup(now), status.proof(now)), (backup, proof), "{age:?}");
    }

    #[test]
    fn a_backup_grows_old_and_its_proof_more_slowly() {
        check(None, Freshness::Never, Freshness::Never);
        check(Some(Duration::hours(-1)), Freshness::Good, Freshness::Good);
        check(Some(Duration::hours(30)), Freshness::Good, Freshness::Good);
        check(Some(Duration::days(3)), Freshness::Late, Freshness::Good);
        check(Some(Duration::days(16)), Freshness::Missing, Freshness::Late);
        check(Some(Duration::days(61)), Freshness::Missing, Freshness::Missing);
    }
}
