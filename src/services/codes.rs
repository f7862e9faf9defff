//! Codes before they are on anything: blank labels, printed in advance and stuck on later.

use thiserror::Error;

use crate::domain::person::Forbidden;
use crate::domain::{Actor, OwnCode, Permission};
use crate::store::{Db, StoreError, bookings, codes};

/// So many blank labels are made at once, at most.
pub const MOST_BLANKS: u32 = 1000;

/// Why no labels were made.
#[derive(Debug, Error)]
pub enum CodeError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("1 to {MOST_BLANKS} labels are made at once")]
    Count,
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Makes codes.
#[derive(Clone)]
pub struct Codes {
    db: Db,
}

impl Codes {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Makes codes that are on nothing yet: a scan of one says so, and attaching it makes it an item's own.
    pub async fn make_blanks(&self, actor: &Actor, count: u32) -> Result<Vec<OwnCode>, CodeError> {
        actor.require(Permission::Keep)?;
        if !(1..=MOST_BLANKS).contains(&count) {
            return Err(CodeError::Count);
        }
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let made = take_blanks(&tx, actor, count).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(made)
    }
}

/// Takes the next free codes, within the transaction of whoever prints or hands them out.
pub(super) async fn take_blanks(
    tx: &deadpool_postgres::Transaction<'_>,
    actor: &Actor,
    count: u32,
) -> Result<Vec<OwnCode>, StoreError> {
    bookings::begin(tx, actor, None).await?;
    codes::make_blank(tx, count).await
}
