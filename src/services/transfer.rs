//! Import and export: whole inventories as files.
//!
//! Our own format is a CSV file with one row per item, described in `fields` and in `src/example/README.md`. Homebox's
//! CSV, any other table with a column of names, an InvenTree demo directory, and a backup or dump of ThingDB are read as
//! well. Whatever the source, an import is one undoable booking, or nothing.

mod apply;
mod dump;
mod export;
pub(super) mod fields;
mod folder;
mod inventree;
mod one;
mod pictures;
mod places;
mod plan;
mod record;
mod settle;
mod sheet;
mod table;
mod thingdb;
mod values;
mod zip;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use futures::{FutureExt, StreamExt};
use thiserror::Error;

pub use fields::{Field, UnknownField};
pub use pictures::{Draw, PictureSource};
pub use plan::{Change, What};
pub use record::{CellError, Conflict, Remark};
pub use table::TableError;

use self::apply::Pictures;
use self::plan::Plan;
use self::record::Batch;
use self::sheet::Origin;
use self::values::SlashDates;
use super::photos::{PhotoError, Photos, Size};
use crate::domain::person::Forbidden;
use crate::domain::{Actor, BookingId, Permission, RequestId};
use crate::store::bookings::{self, BookingKind, NewBooking};
use crate::store::{Db, StoreError, import};

/// How to import.
#[derive(Clone, Default)]
pub struct ImportOptions {
    /// Under which name the source's keys are remembered; its format's name when left out.
    pub source: Option<String>,
    /// Where columns go that are not called by our words.
    pub map: Vec<(String, Field)>,
    /// Of prices that say none: three letters.
    pub currency: Option<String>,
    /// Only say what would happen.
    pub dry_run: bool,
    /// The file wins over what was edited or moved here since the last import.
    pub overwrite: bool,
    /// Where its pictures lie, when not beside the file.
    pub photos: Option<PathBuf>,
}

/// What an import works on at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Reading,
    Pictures,
    Writing,
}

/// Called with (stage, done, of all).
pub type Tell<'a> = dyn Fn(Stage, usize, usize) + Send + Sync + 'a;

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportReport {
    /// `inventory`, `homebox`, `csv`, `inventree` or `thingdb`.
    pub format: &'static str,
    /// Of a table: its encoding and delimiter, as found out.
    pub table: Option<(&'static str, char)>,
    pub dry_run: bool,
    /// Undo this to take it back; `None` when nothing was to be done.
    pub booking: Option<BookingId>,
    /// Items the source names.
    pub items: usize,
    pub unchanged: usize,
    /// Pictures added.
    pub photos: usize,
    /// Every record that is not simply the same as here, in the order of the source.
    pub changes: Vec<Change>,
    pub remarks: Vec<Remark>,
}

impl ImportReport {
    /// How many records are made, updated, restored, in conflict.
    pub fn counts(&self) -> (usize, usize, usize, usize) {
        let count = |is: fn(&What) -> bool| self.changes.iter().filter(|change| is(&change.what)).count();
        (
            count(|what| matches!(what, What::Create)),
            count(|what| matches!(what, What::Update { .. })),
            count(|what| matches!(what, What::Restore)),
            count(|what| matches!(what, What::Conflict(_))),
        )
    }
}

/// Why nothing was imported.
#[derive(Debug, Error)]
pub enum ImportError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{path}: {error}")]
    File { path: PathBuf, error: std::io::Error },
    #[error("the file is larger than {} MB", table::MOST_BYTES / 1_000_000)]
    TooLarge,
    #[error("{0}")]
    Table(#[from] TableError),
    #[error("{} cannot be read; {}", many(.0.len()), .0.first().map(ToString::to_string).unwrap_or_default())]
    Cells(Vec<CellError>),
    #[error("--map names a column `{0}` that the file does not have")]
    NoColumn(String),
    #[error("{file}, line {line}: {reason}")]
    Json { file: String, line: u64, reason: String },
    #[error("an instance names something that is no product")]
    NoProduct,
    #[error("{0}")]
    Stock(String),
    #[error("{0}")]
    Foreign(String),
    #[error("a currency is three letters, not `{0}`")]
    Currency(String),
    #[error("{0}")]
    Photo(#[source] PhotoError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

fn many(count: usize) -> String {
    if count == 1 { "a cell".to_owned() } else { format!("{count} cells") }
}

/// Imports and exports.
#[derive(Clone)]
pub struct Transfer {
    db: Db,
    photos: Photos,
}

/// A source, read.
struct Input {
    format: &'static str,
    table: Option<(&'static str, char)>,
    batch: Batch,
    slashes: SlashDates,
    pictures: PictureSource,
}

impl Transfer {
    pub fn new(db: Db, photos: Photos) -> Self {
        Self { db, photos }
    }

    /// Imports a file, or an InvenTree demo directory.
    pub async fn import(
        &self,
        actor: &Actor,
        request: RequestId,
        path: &Path,
        options: &ImportOptions,
        tell: &Tell<'_>,
    ) -> Result<ImportReport, ImportError> {
        actor.require(Permission::Keep)?;
        tell(Stage::Reading, 0, 0);
        let (path, map, photos) = (path.to_owned(), options.map.clone(), options.photos.clone());
        let input = tokio::task::spawn_blocking(move || read(&path, &map, photos))
            .await
            .unwrap_or_else(|error| Err(ImportError::Stock(format!("the file could not be read: {error}"))))?;
        Box::pin(self.run(actor, request, input, options, tell)).await
    }

    /// Imports a table that somebody sent. It cannot name files of this machine.
    pub async fn import_upload(
        &self,
        actor: &Actor,
        request: RequestId,
        path: &Path,
        options: &ImportOptions,
        tell: &Tell<'_>,
    ) -> Result<ImportReport, ImportError> {
        actor.require(Permission::Keep)?;
        let (path, map) = (path.to_owned(), options.map.clone());
        let read = move || {
            let bytes = std::fs::read(&path).map_err(|error| ImportError::File { path, error })?;
            read_table(&bytes, &map, PictureSource::Directories(Vec::new()))
        };
        let input = tokio::task::spawn_blocking(read)
            .await
            .unwrap_or_else(|error| Err(ImportError::Stock(format!("the file could not be read: {error}"))))?;
        Box::pin(self.run(actor, request, input, options, tell)).await
    }

    /// Imports a table that is in memory already, with pictures of the program's own.
    pub async fn import_bytes(
        &self,
        actor: &Actor,
        request: RequestId,
        bytes: &[u8],
        pictures: PictureSource,
        options: &ImportOptions,
        tell: &Tell<'_>,
    ) -> Result<ImportReport, ImportError> {
        actor.require(Permission::Keep)?;
        let input = read_table(bytes, &options.map, pictures)?;
        Box::pin(self.run(actor, request, input, options, tell)).await
    }

    async fn run(
        &self,
        actor: &Actor,
        request: RequestId,
        input: Input,
        options: &ImportOptions,
        tell: &Tell<'_>,
    ) -> Result<ImportReport, ImportError> {
        if let Some(currency) = &options.currency
            && !(currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_alphabetic()))
        {
            return Err(ImportError::Currency(currency.clone()));
        }
        let source = options.source.clone().unwrap_or_else(|| input.format.to_owned());
        let mut client = self.db.client().await?;
        let mut report = ImportReport {
            format: input.format,
            table: input.table,
            dry_run: options.dry_run,
            booking: None,
            items: input.batch.records.len(),
            unchanged: 0,
            photos: 0,
            changes: Vec::new(),
            remarks: Vec::new(),
        };
        // Once to see what is to be done, so that pictures are decoded before anything is locked.
        let tx = client.transaction().await.map_err(StoreError::from)?;
        if let Some(before) = bookings::by_request(&tx, actor, request).await? {
            report.booking = Some(before.id);
            report.unchanged = report.items;
            return Ok(report);
        }
        let mut plan = plan::plan(&tx, &input.batch, input.slashes, options, &source).await?;
        tx.rollback().await.map_err(StoreError::from)?;
        let mut pictures = self.pictures(&plan, &input.pictures, options.dry_run, tell).await;
        // One bad picture is told and left out; a disk that takes no more will not take the others either.
        if let Some(name) = pictures.iter().find(|(_, made)| matches!(made, Err(PhotoError::Disk(_)))).map(|(n, _)| n) {
            let name = name.clone();
            if let Some(Err(error)) = pictures.remove(&name) {
                drop(client);
                self.discard(&pictures).await;
                return Err(ImportError::Photo(error));
            }
        }
        if options.dry_run {
            for (_, name, line) in &plan.photos {
                if let Some(Err(error)) = pictures.get(name) {
                    let (name, line) = (name.clone(), *line);
                    plan.remarks.push(Remark::NoPhoto { line, name, reason: error.to_string() });
                }
            }
        } else {
            let tx = client.transaction().await.map_err(StoreError::from)?;
            import::exclusively(&tx).await?;
            plan = plan::plan(&tx, &input.batch, input.slashes, options, &source).await?;
            if !plan.is_empty() {
                let booking = BookingId::new();
                let written = self.write(&tx, actor, request, booking, &source, &mut plan, &mut pictures, tell).await;
                let written = match written {
                    Ok(added) => tx.commit().await.map(|()| added).map_err(|e| StoreError::from(e).into()),
                    Err(error) => {
                        drop(tx);
                        Err(error)
                    }
                };
                match written {
                    Ok(added) => {
                        report.photos = added;
                        report.booking = Some(booking);
                    }
                    Err(error) => {
                        drop(client);
                        self.discard(&pictures).await;
                        return Err(error);
                    }
                }
            }
        }
        report.unchanged = plan.unchanged;
        report.changes = plan.changes;
        report.remarks = plan.remarks;
        Ok(report)
    }

    #[expect(clippy::too_many_arguments, reason = "one call, from above")]
    async fn write(
        &self,
        tx: &deadpool_postgres::Transaction<'_>,
        actor: &Actor,
        request: RequestId,
        booking: BookingId,
        source: &str,
        plan: &mut Plan,
        pictures: &mut Pictures,
        tell: &Tell<'_>,
    ) -> Result<usize, ImportError> {
        bookings::begin(tx, actor, Some(booking)).await?;
        let hash = format!("import {source}");
        let head = NewBooking {
            id: booking,
            request,
            body_hash: &hash,
            kind: BookingKind::Import,
            note: source,
            reverses: None,
        };
        bookings::insert(tx, actor, &head).await?;
        apply::apply(tx, booking, source, plan, &self.photos, pictures, tell).await
    }

    /// Checks and decodes each picture once, however many items show it; several at a time.
    async fn pictures(&self, plan: &Plan, from: &PictureSource, dry_run: bool, tell: &Tell<'_>) -> Pictures {
        let names: BTreeSet<String> = plan.photos.iter().map(|(_, name, _)| name.clone()).collect();
        let total = names.len();
        let at_once = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let (photos, from) = (self.photos.clone(), from.clone());
        let prepared = futures::stream::iter(names).map(move |name| {
            let (photos, from) = (photos.clone(), from.clone());
            async move {
                let prepared = match from.find(&name).await {
                    Ok(_) if dry_run => None,
                    Ok(source) => Some(photos.prepare(source).await),
                    Err(error) => Some(Err(error)),
                };
                (name, prepared)
            }
            .boxed()
        });
        let mut prepared = prepared.buffer_unordered(at_once);
        let mut pictures: Pictures = HashMap::new();
        let mut done = 0;
        while let Some((name, prepared)) = prepared.next().await {
            done += 1;
            tell(Stage::Pictures, done, total);
            if let Some(prepared) = prepared {
                pictures.insert(name, prepared);
            }
        }
        pictures
    }

    /// Files that came to their place for a transaction that failed.
    async fn discard(&self, pictures: &Pictures) {
        for prepared in pictures.values().filter_map(|prepared| prepared.as_ref().ok()) {
            // What cannot go now is swept at the next start.
            self.photos.collect(&prepared.sha256).await.ok();
        }
    }

    /// Everything that is not archived, in our own format.
    pub async fn export(&self, actor: &Actor) -> Result<Vec<u8>, ImportError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        Ok(export::export(&client, false).await?.0)
    }

    /// The same with its pictures, in a new folder: `inventory.csv`, and `photos` with the upright pictures without what a
    /// camera wrote into them. Whole or not at all. Returns how many pictures.
    pub async fn export_folder(&self, actor: &Actor, folder: &Path) -> Result<usize, ImportError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        let (table, mut pictures) = export::export(&client, true).await?;
        drop(client);
        // One file for a picture that several items show.
        pictures.sort_by(|a, b| a.sha256.cmp(&b.sha256));
        pictures.dedup_by(|a, b| a.sha256 == b.sha256);
        let mut files = Vec::new();
        for photo in &pictures {
            let full = self.photos.path(actor, photo.id, Size::Full).await.map_err(ImportError::Photo)?;
            files.push((full, export::picture_name(photo)));
        }
        let (folder, count) = (folder.to_owned(), files.len());
        tokio::task::spawn_blocking(move || folder::write(&folder, &table, &files))
            .await
            .unwrap_or_else(|error| Err(ImportError::Stock(format!("the folder could not be written: {error}"))))?;
        Ok(count)
    }
}

impl Plan {
    fn is_empty(&self) -> bool {
        self.new.is_empty()
            && self.edits.is_empty()
            && self.revive.is_empty()
            && self.steps.is_empty()
            && self.codes.is_empty()
            && self.suppliers.is_empty()
            && self.photos.is_empty()
    }
}

fn read(path: &Path, map: &[(String, Field)], photos: Option<PathBuf>) -> Result<Input, ImportError> {
    let file = |error| ImportError::File { path: path.to_owned(), error };
    let about = std::fs::metadata(path).map_err(file)?;
    if about.is_dir() {
        let batch = inventree::read(path)?;
        let mut directories: Vec<PathBuf> = photos.into_iter().collect();
        directories.extend(["", "media", "photos", "../photos/inventree"].map(|below| path.join(below)));
        let pictures = PictureSource::Directories(directories);
        return Ok(Input { format: "inventree", table: None, batch, slashes: SlashDates::Unclear, pictures });
    }
    let beside = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut directories: Vec<PathBuf> = photos.into_iter().collect();
    if let Some(origin) = thingdb::Origin::of(path).map_err(file)? {
        directories.extend([beside.join("images"), beside]);
        let (batch, pictures) = thingdb::read(origin, directories)?;
        return Ok(Input { format: "thingdb", table: None, batch, slashes: SlashDates::Unclear, pictures });
    }
    if about.len() > table::MOST_BYTES {
        return Err(ImportError::TooLarge);
    }
    let bytes = std::fs::read(path).map_err(file)?;
    directories.extend([beside.join("photos"), beside]);
    read_table(&bytes, map, PictureSource::Directories(directories))
}

fn read_table(bytes: &[u8], map: &[(String, Field)], pictures: PictureSource) -> Result<Input, ImportError> {
    let table = table::read(bytes)?;
    let is_there = |name: &str| table.headers.iter().any(|header| header.trim().eq_ignore_ascii_case(name.trim()));
    if let Some((name, _)) = map.iter().find(|(name, _)| !is_there(name)) {
        return Err(ImportError::NoColumn(name.clone()));
    }
    let origin = Origin::of(&table.headers);
    let (batch, slashes) = sheet::records(&table, origin, map).map_err(ImportError::Cells)?;
    let format = match origin {
        Origin::Own => "inventory",
        Origin::Homebox => "homebox",
        Origin::Other => "csv",
    };
    Ok(Input { format, table: Some((table.encoding, table.delimiter)), batch, slashes, pictures })
}
