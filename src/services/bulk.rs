//! Many new items at once, with their first stock: generated inventories and judged sets. Each thousand is one
//! booking; the ledger, the audit trail and the search queue see them as they see any other.

use thiserror::Error;

use crate::domain::item::DraftError;
use crate::domain::person::Forbidden;
use crate::domain::{Actor, BookingId, ItemDraft, ItemId, Movement, MovementKind, Permission, Quantity, RequestId};
use crate::store::bookings::{self, BookingKind, NewBooking};
use crate::store::{Db, StoreError, bulk};

/// So many items go into one transaction.
const AT_ONCE: usize = 1000;

/// One new item.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkItem {
    pub id: ItemId,
    pub draft: ItemDraft,
    pub codes: Vec<String>,
    /// Where how many of it lie. The holder is among the earlier items.
    pub stock: Vec<(ItemId, Quantity)>,
}

/// Why items could not be written.
#[derive(Debug, Error)]
pub enum BulkError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("`{name}`: {why}")]
    Draft { name: String, why: DraftError },
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Writes many items at once.
#[derive(Clone)]
pub struct Bulk {
    db: Db,
}

impl Bulk {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Writes these items in their order, telling after each batch how many are written.
    pub async fn load(
        &self,
        actor: &Actor,
        items: &[BulkItem],
        note: &str,
        mut tell: impl FnMut(usize),
    ) -> Result<(), BulkError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        for (n, batch) in items.chunks(AT_ONCE).enumerate() {
            let drafts: Vec<ItemDraft> = batch.iter().map(checked).collect::<Result<_, _>>()?;
            let rows: Vec<(ItemId, &ItemDraft, &[String])> =
                batch.iter().zip(&drafts).map(|(item, draft)| (item.id, draft, item.codes.as_slice())).collect();
            let transaction = client.transaction().await.map_err(StoreError::from)?;
            let booking = BookingId::new();
            bookings::begin(&transaction, actor, Some(booking)).await?;
            let head = NewBooking {
                id: booking,
                request: RequestId::new(),
                body_hash: note,
                kind: BookingKind::Import,
                note,
                reverses: None,
            };
            bookings::insert(&transaction, actor, &head).await?;
            bulk::insert(&transaction, &rows).await?;
            bookings::append(&transaction, booking, 1, &received(batch)).await?;
            transaction.commit().await.map_err(StoreError::from)?;
            tell((n * AT_ONCE + batch.len()).min(items.len()));
        }
        Ok(())
    }
}

fn checked(item: &BulkItem) -> Result<ItemDraft, BulkError> {
    item.draft.clone().checked().map_err(|why| BulkError::Draft { name: item.draft.name.clone(), why })
}

fn received(batch: &[BulkItem]) -> Vec<Movement> {
    batch
        .iter()
        .flat_map(|item| item.stock.iter().map(|(holder, quantity)| (item.id, *holder, *quantity)))
        .map(|(item, holder, quantity)| Movement {
            to: Some(holder),
            ..Movement::new(MovementKind::Receive, item, quantity)
        })
        .collect()
}
