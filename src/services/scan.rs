//! What a scanned code means: an item, a choice of items, a free label, a person's badge, a command, or nothing known.

mod frame;

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::Semaphore;

use crate::domain::command::Command;
use crate::domain::person::Forbidden;
use crate::domain::{Actor, ItemId, Permission, PersonId, scan};
use crate::store::codes::{self, Target};
use crate::store::summaries::{self, ItemSummary};
use crate::store::{Db, StoreError};

/// What was found under a scan.
#[derive(Debug, Clone, PartialEq)]
pub enum Scanned {
    /// One item; archived ones too: they say so.
    Item(Box<ItemSummary>),
    /// A trade number that several items share.
    Choice(Vec<ItemSummary>),
    /// A printed label that is on nothing yet.
    Blank { code: String },
    /// Somebody's badge.
    Badge(PersonId),
    /// A command label.
    Command(Command),
    /// Nothing knows it.
    Unknown { text: String },
}

/// Why a scan could not be looked up.
#[derive(Debug, Error)]
pub enum ScanError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Why no code was looked for in a picture.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    NoPicture(#[from] frame::NoPicture),
}

/// So many pictures are looked at at once; the machine has other things to do.
const READ_AT_ONCE: usize = 2;

/// Looks scans up.
#[derive(Clone)]
pub struct Scan {
    db: Db,
    reading: Arc<Semaphore>,
}

impl Scan {
    pub fn new(db: Db) -> Self {
        Self { db, reading: Arc::new(Semaphore::new(READ_AT_ONCE)) }
    }

    /// The text of the code that a picture shows, if it shows one.
    pub async fn read_picture(&self, actor: &Actor, path: PathBuf) -> Result<Option<String>, ReadError> {
        actor.require(Permission::Look)?;
        let permit = Arc::clone(&self.reading).acquire_owned().await;
        let read = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            frame::read(&path)
        });
        // A decoder that panics has met a picture it does not understand.
        Ok(read.await.unwrap_or(Err(frame::NoPicture))?)
    }

    /// What `text`, scanned or typed, means.
    pub async fn resolve(&self, actor: &Actor, text: &str) -> Result<Scanned, ScanError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        if let Some(person) = codes::badge_owner(&client, &super::secrets::badge_hash(text.trim())).await? {
            return Ok(Scanned::Badge(person));
        }
        for key in scan::keys(text) {
            let targets = codes::targets(&client, &key).await?;
            match targets.first() {
                None => continue,
                Some(Target::Blank) => return Ok(Scanned::Blank { code: key }),
                // A command this program does not know is a code nobody knows.
                Some(Target::Command(word)) => match word.parse() {
                    Ok(command) => return Ok(Scanned::Command(command)),
                    Err(_) => continue,
                },
                Some(Target::Item(_)) => {}
            }
            let ids: Vec<ItemId> =
                targets.iter().filter_map(|t| if let Target::Item(id) = t { Some(*id) } else { None }).collect();
            let mut found = summaries::load(&client, &ids).await?;
            if !actor.may(Permission::SeePrivate) {
                for row in &mut found {
                    super::catalog::hide_borrower(&mut row.path);
                }
            }
            if found.len() > 1 {
                return Ok(Scanned::Choice(found));
            }
            if let Some(item) = found.pop() {
                return Ok(Scanned::Item(Box::new(item)));
            }
        }
        Ok(Scanned::Unknown { text: text.trim().to_owned() })
    }
}
