//! Makes an inventory of a backup again: in a database beside the running one, verified, then put in its place.
//!
//! Nothing an archive says is run, and none of its names becomes part of a statement or a path before it is known to be
//! one of ours. The database that is replaced stays, under another name, until somebody purges it.

mod fill;
pub mod journal;
mod pictures;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use age::secrecy::SecretString;
use nix::sys::statvfs::statvfs;
use thiserror::Error;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};
use tracing::info;

use self::fill::Fill;
use self::journal::{Journal, Lock};
use self::pictures::Staging;
use super::backup::ArchiveError;
use super::backup::manifest::Manifest;
use super::backup::read::{Nothing, Reader};
use super::photos::{PhotoError, Photos};
use crate::config::{Connection, Database};
use crate::domain::person::Forbidden;
use crate::domain::{Actor, Permission};
use crate::store::migrate::{self, MigrateError};
use crate::store::{Db, StoreError, audit, backup, database, pool, stock};
use crate::tls::TlsError;

/// Why nothing was restored; what was there before still is.
#[derive(Debug, Error)]
pub enum RestoreError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Archive(#[from] ArchiveError),
    #[error(
        "the backup is of a later version of inventory (schema {archive}, this program's is {program}): install that version first"
    )]
    NewerSchema { archive: i32, program: i32 },
    #[error("the backup's schema is another one than this program ever had: migration V{version} differs")]
    OtherSchema { version: i32 },
    #[error("the backup holds `{0}`, which the schema does not have")]
    UnknownTable(String),
    #[error("the backup's rows do not fit together: {0}")]
    Unsound(String),
    #[error("not enough space in {}: {needed} MB are needed, {free} MB are free", path.display())]
    NoSpace { path: PathBuf, needed: u64, free: u64 },
    #[error("another restore is going on")]
    Busy,
    #[error("restoring needs the server's administrator: name its connection in MIGRATE_DATABASE_URL")]
    NoAdministrator,
    #[error("{path}: {error}")]
    Disk { path: PathBuf, error: io::Error },
    #[error("{0}")]
    Migrate(#[from] MigrateError),
    #[error("{0}")]
    Photo(#[from] PhotoError),
    #[error("{0}")]
    Tls(#[from] TlsError),
    #[error("the database answered: {0}")]
    Store(#[source] StoreError),
    #[error("the thread that reads the archive ended early")]
    Interrupted,
}

/// How far a restore is. After [`Step::Swapped`] the restored inventory is the one that opens, before it the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The archive's manifest has been read.
    Opened,
    /// It is written down that a restore has begun.
    Noted,
    /// The empty database is there.
    Made,
    /// Its schema is the archive's.
    Shaped,
    /// (rows so far, of all)
    Filling(u64, u64),
    /// All rows and files are there.
    Filled,
    /// The schema is the program's.
    Migrated,
    /// Pictures are in all sizes.
    Pictured,
    /// Everything fits together.
    Verified,
    /// It is written down that names alone change from here on.
    Decided,
    /// The databases have changed their names.
    Swapped,
    /// The pictures, too.
    Placed,
}

/// Called at each step.
pub type Tell = Arc<dyn Fn(Step) + Send + Sync>;

/// The archive to read.
#[derive(Clone)]
pub struct Source {
    pub path: PathBuf,
    pub passphrase: Option<SecretString>,
}

/// What was read, and found in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    pub manifest: Manifest,
    /// Hashes of files that were damaged when the backup was made.
    pub damaged: Vec<String>,
    /// What the replaced database is called now; `None` when there was none, or when it was a trial.
    pub replaced: Option<String>,
}

/// Where an inventory lies.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Of the program's role, to the database people work in.
    pub program: Connection,
    /// The administrator's: the private cluster's superuser, or the server's.
    pub admin: Option<Connection>,
    /// The database is on this machine's disk.
    pub private: bool,
    pub data_dir: PathBuf,
    pub photos: PathBuf,
    pub settings: Database,
}

/// Restores backups of one inventory.
pub struct Restore {
    ground: Ground,
    database: String,
}

impl Restore {
    pub fn new(ground: Ground) -> Self {
        let database = ground.program.postgres.get_dbname().unwrap_or("inventory").to_owned();
        Self { ground, database }
    }

    /// Puts the archive's inventory in the place of the present one, which is kept under another name.
    pub async fn restore(&self, actor: &Actor, source: &Source, tell: &Tell) -> Result<Restored, RestoreError> {
        actor.require(Permission::Administer)?;
        let admin = self.admin()?;
        let dir = &self.ground.data_dir;
        let _lock = Lock::take(dir)?.ok_or(RestoreError::Busy)?;
        if let Some(journal) = Journal::read(dir)? {
            journal::settle(dir, &journal, admin, true).await?;
        }
        let reader = open(source).await?;
        check_schema(&reader.manifest)?;
        self.check_space(&reader.manifest, true)?;
        tell(Step::Opened);
        let mut journal = Journal {
            database: self.database.clone(),
            fresh: format!("{}_restoring", self.database),
            replaced: format!("{}_replaced_{}", self.database, moment()),
            photos: self.ground.photos.clone(),
            decided: false,
        };
        journal.keep(dir)?;
        tell(Step::Noted);
        let (fresh, staging) = (journal.fresh.clone(), journal.staging());
        let built = async {
            let restored = self.build(actor, &fresh, reader, Some(&staging), tell).await?;
            self.swap(&mut journal, tell).await?;
            Ok(restored)
        };
        let mut restored = match built.await {
            Ok(restored) => restored,
            Err(error) => {
                // As after a kill: what has not happened is taken back, what has happened is finished.
                let journal = Journal::read(dir)?.unwrap_or(journal);
                journal::settle(dir, &journal, admin, true).await?;
                return Err(error);
            }
        };
        let client = pool::connect(&at(admin, "postgres")).await?;
        if database::exists(&client, &journal.replaced).await? {
            restored.replaced = Some(journal.replaced);
        }
        info!("Restored {}: {} rows", source.path.display(), restored.manifest.rows());
        Ok(restored)
    }

    /// Restores the archive into a database that goes again: proof that it can be done.
    pub async fn trial(&self, actor: &Actor, source: &Source, tell: &Tell) -> Result<Restored, RestoreError> {
        actor.require(Permission::Administer)?;
        let admin = self.admin()?;
        let _lock = Lock::take(&self.ground.data_dir)?.ok_or(RestoreError::Busy)?;
        let reader = open(source).await?;
        check_schema(&reader.manifest)?;
        self.check_space(&reader.manifest, false)?;
        tell(Step::Opened);
        let scratch = format!("{}_trial", self.database);
        let built = self.build(actor, &scratch, reader, None, tell).await;
        let client = pool::connect(&at(admin, "postgres")).await?;
        database::drop(&client, &scratch).await?;
        built
    }

    /// Drops what restores have replaced, databases and pictures. Returns the names.
    pub async fn purge_old(&self, actor: &Actor) -> Result<Vec<String>, RestoreError> {
        actor.require(Permission::Administer)?;
        let admin = self.admin()?;
        let _lock = Lock::take(&self.ground.data_dir)?.ok_or(RestoreError::Busy)?;
        if let Some(journal) = Journal::read(&self.ground.data_dir)? {
            journal::settle(&self.ground.data_dir, &journal, admin, true).await?;
        }
        let client = pool::connect(&at(admin, "postgres")).await?;
        let replaced = database::beginning_with(&client, &format!("{}_replaced_", self.database)).await?;
        for name in &replaced {
            database::drop(&client, name).await?;
        }
        let photos = self.ground.photos.clone();
        blocking(move || pictures::purge(&photos).map_err(|error| RestoreError::Disk { path: photos, error })).await?;
        Ok(replaced)
    }

    fn admin(&self) -> Result<&Connection, RestoreError> {
        self.ground.admin.as_ref().ok_or(RestoreError::NoAdministrator)
    }

    /// A database takes about three times the text of its rows, indexes and log included.
    fn check_space(&self, manifest: &Manifest, with_files: bool) -> Result<(), RestoreError> {
        let rows = if self.ground.private { manifest.table_bytes().saturating_mul(3) } else { 0 };
        let files = if with_files { manifest.file_bytes() } else { 0 };
        let checks = [(&self.ground.data_dir, rows.saturating_add(files)), (&self.ground.photos, files)];
        for (path, needed) in checks {
            let there = path.ancestors().find(|dir| dir.is_dir()).unwrap_or(Path::new("/"));
            let Ok(stat) = statvfs(there) else { continue };
            let free = stat.blocks_available().saturating_mul(stat.fragment_size());
            if free < needed {
                let (needed, free) = (needed / 1_000_000, free / 1_000_000);
                return Err(RestoreError::NoSpace { path: there.to_owned(), needed, free });
            }
        }
        Ok(())
    }

    /// Makes and fills a database, brings it up to date and looks whether everything fits together.
    async fn build(
        &self,
        actor: &Actor,
        name: &str,
        reader: Reader,
        staging: Option<&Staging>,
        tell: &Tell,
    ) -> Result<Restored, RestoreError> {
        let manifest = reader.manifest.clone();
        let admin = self.admin()?;
        let maintenance = pool::connect(&at(admin, "postgres")).await?;
        database::drop(&maintenance, name).await?;
        database::create_like(&maintenance, &self.database, name).await?;
        tell(Step::Made);
        let admin = at(admin, name);
        let versions: Vec<i32> = manifest.schema.iter().map(|step| step.version).collect();
        migrate::migrate_to(&mut pool::connect(&admin).await?, &versions).await?;
        tell(Step::Shaped);
        if let Some(staging) = staging {
            staging.prepare().map_err(|error| RestoreError::Disk { path: staging.dir(), error })?;
        }
        // Connected anew: the database's own settings apply from the next session on.
        let client = pool::connect(&admin).await?;
        let damaged = Fill { client: &client, staging, tell }.run(reader).await?;
        tell(Step::Filled);
        drop(client);
        migrate::migrate(&mut pool::connect(&admin).await?).await?;
        tell(Step::Migrated);
        let client = pool::connect(&admin).await?;
        backup::begin_feed(&client).await?;
        database::mark(&client).await?;
        let broken = backup::dangling(&client).await?;
        if !broken.is_empty() {
            return Err(RestoreError::Unsound(format!("rows name others that are not there ({})", broken.join(", "))));
        }
        let db = Db::new(&at(&self.ground.program, name), &self.ground.settings)?;
        let verified = look_through(&db, staging, tell).await;
        if verified.is_ok() {
            let of = serde_json::json!({ "backup_of": manifest.made_at.unix_timestamp(), "rows": manifest.rows() });
            audit::note(&db.client().await?, actor, "restored", "inventory", None, Some(of)).await?;
        }
        db.close();
        verified?;
        tell(Step::Verified);
        Ok(Restored { manifest, damaged, replaced: None })
    }

    async fn swap(&self, journal: &mut Journal, tell: &Tell) -> Result<(), RestoreError> {
        let maintenance = at(self.admin()?, "postgres");
        let (client, helper) = (pool::connect(&maintenance).await?, pool::connect(&maintenance).await?);
        journal.decided = true;
        journal.keep(&self.ground.data_dir)?;
        tell(Step::Decided);
        database::swap(&client, &helper, &journal.database, &journal.fresh, &journal.replaced).await?;
        tell(Step::Swapped);
        // Who follows the feed has gone on meanwhile; from here on it knows that everything is new.
        backup::begin_feed(&pool::connect(&at(&maintenance, &journal.database)).await?).await?;
        let (staging, photos) = (journal.staging(), self.ground.photos.clone());
        blocking(move || staging.swap().map_err(|error| RestoreError::Disk { path: photos, error })).await?;
        tell(Step::Placed);
        Journal::forget(&self.ground.data_dir)
    }
}

/// Reads the whole archive and compares it with what it says of itself; no database is needed.
pub async fn verify(actor: &Actor, source: &Source) -> Result<Restored, RestoreError> {
    actor.require(Permission::Administer)?;
    let reader = open(source).await?;
    let manifest = reader.manifest.clone();
    let end = blocking(move || Ok(reader.read(&mut Nothing)?)).await?;
    Ok(Restored { manifest, damaged: end.damaged, replaced: None })
}

/// What an archive says of itself, without reading on.
pub async fn describe(actor: &Actor, source: &Source) -> Result<Manifest, RestoreError> {
    actor.require(Permission::Administer)?;
    Ok(open(source).await?.manifest)
}

/// Writes a full backup's files of the machine below a directory, each under the path it had; nothing that is there is
/// overwritten. Returns their paths there.
pub async fn unpack_machine(actor: &Actor, source: &Source, dir: &Path) -> Result<Vec<PathBuf>, RestoreError> {
    actor.require(Permission::Administer)?;
    let (reader, dir) = (open(source).await?, dir.to_owned());
    blocking(move || fill::unpack_machine(reader, &dir)).await
}

async fn open(source: &Source) -> Result<Reader, RestoreError> {
    let source = source.clone();
    blocking(move || Ok(Reader::open(&source.path, source.passphrase.as_ref())?)).await
}

/// Only a schema that this program knows step by step can be migrated on.
fn check_schema(manifest: &Manifest) -> Result<(), RestoreError> {
    let known = migrate::known();
    let newest = known.iter().map(|(version, ..)| *version).max().unwrap_or_default();
    if manifest.schema_version() > newest {
        return Err(RestoreError::NewerSchema { archive: manifest.schema_version(), program: newest });
    }
    let differs = manifest.schema.iter().find(|step| {
        !known
            .iter()
            .any(|(version, name, checksum)| (*version, name, checksum) == (step.version, &step.name, &step.checksum))
    });
    match differs {
        Some(step) => Err(RestoreError::OtherSchema { version: step.version }),
        None if manifest.schema.is_empty() => Err(RestoreError::OtherSchema { version: 1 }),
        None => Ok(()),
    }
}

/// As the program sees it: its own role can work with it, stock is the sum of its movements, pictures are there.
async fn look_through(db: &Db, staging: Option<&Staging>, tell: &Tell) -> Result<(), RestoreError> {
    let wrong = stock::discrepancies(&db.client().await?).await?;
    if !wrong.is_empty() {
        let what = format!("{} items are not the sum of their movements, {} among them", wrong.len(), wrong[0]);
        return Err(RestoreError::Unsound(what));
    }
    if let Some(staging) = staging {
        Photos::new(db.clone(), Some(&staging.dir())).sweep(&Actor::program()).await?;
        let staging = staging.clone();
        blocking(move || staging.settle().map_err(|error| RestoreError::Disk { path: staging.dir(), error })).await?;
    }
    tell(Step::Pictured);
    Ok(())
}

/// The same way to another database.
fn at(connection: &Connection, database: &str) -> Connection {
    let mut connection = connection.clone();
    connection.postgres.dbname(database);
    connection
}

/// A moment as part of a database's name.
fn moment() -> String {
    let stamp = format_description!("[year][month][day]t[hour][minute][second]z");
    OffsetDateTime::now_utc().to_offset(UtcOffset::UTC).format(stamp).unwrap_or_default()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RestoreError> + Send + 'static,
) -> Result<T, RestoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(RestoreError::Interrupted))
}
