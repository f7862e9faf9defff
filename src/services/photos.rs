//! Pictures of items: add, show, order, remove; and what a crash may have left behind.
//!
//! A picture is decoded on a thread that may wait, never on an async worker or the window's thread. Its files are written
//! and flushed before its row; a file without a row is swept away, a row without files cannot come about.
//!
//! HEIC and AVIF are not read: the decoders in Rust (`heic-rs`, `heifer`) are months old and little used, the packaged one
//! (libheif) is C and would be a second way to be broken into. Whoever sends one is told to convert it.

mod files;
mod format;
mod picture;
mod sweep;
mod turn;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::Semaphore;
use tracing::warn;

pub use files::{PhotoFiles, Size};
pub use picture::{MOST_BYTES, MOST_PIXELS, PictureError};
pub use sweep::Swept;
pub use turn::Turn;

use crate::domain::person::Forbidden;
use crate::domain::{Actor, ItemId, Permission, PhotoId};
use crate::store::photos::{self, NewPhoto, Photo};
use crate::store::{Db, StoreError, backup, bookings};

/// Where a picture comes from.
#[derive(Debug)]
pub enum Source {
    /// A file of this machine: a file dialog, an import.
    File(PathBuf),
    /// What was sent.
    Bytes(Vec<u8>),
}

/// Why a picture was not added, changed or found.
#[derive(Debug, Error)]
pub enum PhotoError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("no such item")]
    NoItem,
    #[error("no such picture")]
    NotFound,
    #[error("{0}")]
    Picture(#[from] PictureError),
    #[error("a caption has at most 500 characters")]
    Caption,
    #[error("this database keeps no pictures")]
    NoDirectory,
    #[error("{path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("the picture could not be kept: {0}")]
    Disk(#[from] io::Error),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// An added picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    pub photo: PhotoId,
    /// The item had this very picture; nothing was changed.
    pub already: bool,
}

/// Pictures of one database.
#[derive(Clone)]
pub struct Photos {
    db: Db,
    /// `None`: a scratch database that keeps no pictures.
    files: Option<PhotoFiles>,
    /// In megapixels, so that what is decoded at once fits in memory.
    decoding: Arc<Semaphore>,
}

/// Megapixels decoded at once; the largest picture alone, or several small ones.
const MEGAPIXELS_AT_ONCE: u32 = (MOST_PIXELS / 1_000_000) as u32 + 4;

/// A checked picture whose files are written beside their place, or there already.
pub(super) struct Prepared {
    pub sha256: String,
    media_type: &'static str,
    bytes: i64,
    width: i32,
    height: i32,
    stage: Option<files::Stage>,
}

impl Prepared {
    fn row(&self, caption: String) -> NewPhoto {
        NewPhoto {
            id: PhotoId::new(),
            sha256: self.sha256.clone(),
            media_type: self.media_type.to_owned(),
            bytes: self.bytes,
            width: self.width,
            height: self.height,
            caption,
        }
    }
}

impl Photos {
    /// Pictures kept in `directory`; without one, none can be added.
    pub fn new(db: Db, directory: Option<&Path>) -> Self {
        let files = directory.map(PhotoFiles::new);
        Self { db, files, decoding: Arc::new(Semaphore::new(MEGAPIXELS_AT_ONCE as usize)) }
    }

    /// Adds a picture behind the item's others.
    pub async fn add(&self, actor: &Actor, item: ItemId, source: Source, caption: &str) -> Result<Added, PhotoError> {
        actor.require(Permission::Keep)?;
        let caption = checked_caption(caption)?;
        let mut prepared = self.prepare(source).await?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let done = match self.attach(&tx, item, &mut prepared, &caption).await {
            Ok(added) => tx.commit().await.map(|()| added).map_err(|e| StoreError::from(e).into()),
            Err(error) => {
                drop(tx);
                Err(error)
            }
        };
        drop(client);
        if done.is_err() {
            // Files that came to their place without a row; what cannot go now is swept at the next start.
            self.collect(&prepared.sha256).await.ok();
        }
        done
    }

    /// Reads, checks and decodes a picture; writes its files beside their place.
    pub(super) async fn prepare(&self, source: Source) -> Result<Prepared, PhotoError> {
        let files = self.files()?.clone();
        let inspected = blocking(move || Ok(picture::inspect(read(source)?)?)).await?;
        let prepared = |stage| Prepared {
            sha256: inspected.sha256.clone(),
            media_type: inspected.media_type,
            bytes: i64::try_from(inspected.bytes.len()).unwrap_or(i64::MAX),
            width: i32::try_from(inspected.width).unwrap_or(i32::MAX),
            height: i32::try_from(inspected.height).unwrap_or(i32::MAX),
            stage,
        };
        let permit = self.may_decode(inspected.width, inspected.height).await;
        let mut prepared = prepared(None);
        let stage = blocking(move || {
            let _permit = permit;
            let derived = picture::derive(&inspected)?;
            Ok(files.stage(&inspected.bytes, &derived)?)
        })
        .await?;
        prepared.stage = Some(stage);
        Ok(prepared)
    }

    /// Waits until there is memory for so many pixels; as long as what is returned is held, they are decoded.
    async fn may_decode(&self, width: u32, height: u32) -> impl Send + use<> {
        let megapixels = u64::from(width) * u64::from(height) / 1_000_000 + 1;
        let megapixels = u32::try_from(megapixels).unwrap_or(MEGAPIXELS_AT_ONCE).min(MEGAPIXELS_AT_ONCE);
        Arc::clone(&self.decoding).acquire_many_owned(megapixels).await
    }

    /// Within a transaction: brings the files to their place.
    async fn keep_files(
        &self,
        tx: &deadpool_postgres::Transaction<'_>,
        prepared: &mut Prepared,
    ) -> Result<(), PhotoError> {
        photos::lock_hash(tx, &prepared.sha256).await?;
        let files = self.files()?.clone();
        let Some(stage) = prepared.stage.take() else { return Ok(()) };
        let sha256 = prepared.sha256.clone();
        blocking(move || if files.complete(&sha256) { Ok(()) } else { Ok(files.place(&stage, &sha256)?) }).await
    }

    /// Within a transaction: brings the files to their place and writes the row.
    pub(super) async fn attach(
        &self,
        tx: &deadpool_postgres::Transaction<'_>,
        item: ItemId,
        prepared: &mut Prepared,
        caption: &str,
    ) -> Result<Added, PhotoError> {
        self.keep_files(tx, prepared).await?;
        if let Some(photo) = photos::of_item_by_hash(tx, item, &prepared.sha256).await? {
            return Ok(Added { photo, already: true });
        }
        let row = prepared.row(caption.to_owned());
        photos::append(tx, item, &row).await.map_err(|error| match error {
            StoreError::NotFound("item") => PhotoError::NoItem,
            other => other.into(),
        })?;
        Ok(Added { photo: row.id, already: false })
    }

    /// Takes a picture off its item; its files go with the last row that shows them.
    pub async fn remove(&self, actor: &Actor, id: PhotoId) -> Result<(), PhotoError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let gone = photos::remove(&tx, id).await.map_err(not_found)?;
        tx.commit().await.map_err(StoreError::from)?;
        drop(client);
        // The row is gone; a file that stays is swept at the next start.
        if let Err(error) = self.collect(&gone.sha256).await {
            warn!("A removed picture's file stays for now: {error}");
        }
        Ok(())
    }

    /// Puts an item's pictures in this order, the first one primary.
    pub async fn reorder(&self, actor: &Actor, item: ItemId, order: &[PhotoId]) -> Result<(), PhotoError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        photos::reorder(&tx, item, order).await.map_err(not_found)?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Makes a picture its item's primary one.
    pub async fn make_primary(&self, actor: &Actor, id: PhotoId) -> Result<(), PhotoError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        let photo = photos::get(&client, id).await?.ok_or(PhotoError::NotFound)?;
        let mut order: Vec<PhotoId> = photos::of_item(&client, photo.item).await?.iter().map(|p| p.id).collect();
        drop(client);
        order.sort_by_key(|other| *other != id);
        self.reorder(actor, photo.item, &order).await
    }

    /// Sets what is written under a picture.
    pub async fn set_caption(&self, actor: &Actor, id: PhotoId, caption: &str) -> Result<(), PhotoError> {
        actor.require(Permission::Keep)?;
        let caption = checked_caption(caption)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        photos::set_caption(&tx, id, &caption).await.map_err(not_found)?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// An item's pictures, the primary one first.
    pub async fn of_item(&self, actor: &Actor, item: ItemId) -> Result<Vec<Photo>, PhotoError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(photos::of_item(&client, item).await?)
    }

    /// The file of a picture in a size, a JPEG upright and without metadata.
    pub async fn path(&self, actor: &Actor, id: PhotoId, size: Size) -> Result<PathBuf, PhotoError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        let photo = photos::get(&client, id).await?.ok_or(PhotoError::NotFound)?;
        Ok(self.files()?.derived(&photo.sha256, size))
    }

    /// The file as it came, with whatever its camera wrote into it: only for a keeper who asks for just this.
    pub async fn original(&self, actor: &Actor, id: PhotoId) -> Result<(PathBuf, Photo), PhotoError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        let photo = photos::get(&client, id).await?.ok_or(PhotoError::NotFound)?;
        Ok((self.files()?.original(&photo.sha256), photo))
    }

    /// Removes a picture's files when no row needs them. Returns whether it did.
    pub(super) async fn collect(&self, sha256: &str) -> Result<bool, PhotoError> {
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        photos::lock_hash(&tx, sha256).await?;
        // A backup still needs what was there when it began; the next sweep finds it.
        if photos::hash_in_use(&tx, sha256).await? || backup::is_running(&tx).await? {
            return Ok(false);
        }
        let (files, sha256) = (self.files()?.clone(), sha256.to_owned());
        blocking(move || Ok(files.remove(&sha256)?)).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(true)
    }

    fn files(&self) -> Result<&PhotoFiles, PhotoError> {
        self.files.as_ref().ok_or(PhotoError::NoDirectory)
    }
}

/// Reads a source, no more than may be taken.
fn read(source: Source) -> Result<Vec<u8>, PhotoError> {
    use std::io::Read;
    let path = match source {
        Source::Bytes(bytes) => return Ok(bytes),
        Source::File(path) => path,
    };
    let opened = || {
        let about = std::fs::metadata(&path)?;
        if !about.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(&path)?.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    opened().map_err(|error| PhotoError::File { path: path.clone(), error })
}

/// Work that may wait, on a thread for it. A decoder that panics has met a file it does not understand.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PhotoError> + Send + 'static,
) -> Result<T, PhotoError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(PictureError::Broken { format: "picture", reason: "its decoder gave up".into() }.into())
    })
}

fn checked_caption(caption: &str) -> Result<String, PhotoError> {
    let caption = caption.trim().replace('\0', "");
    if caption.chars().count() > 500 { Err(PhotoError::Caption) } else { Ok(caption) }
}

fn not_found(error: StoreError) -> PhotoError {
    match error {
        StoreError::NotFound(_) => PhotoError::NotFound,
        other => other.into(),
    }
}
