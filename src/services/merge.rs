//! Two entries that turn out to be one thing: the survivor takes over stock, contents, codes, pictures, tags and links.

use rust_decimal::Decimal;
use thiserror::Error;

use super::stock::{Booked, Refusal, reason_of};
use crate::domain::person::Forbidden;
use crate::domain::{Actor, BookingId, ItemId, ItemKind, Movement, MovementKind, Permission, Quantity, RequestId};
use crate::store::bookings::{self, BookingKind, NewBooking};
use crate::store::items::{self, ItemRecord};
use crate::store::{Db, StoreError, audit, lists, merging, stock};

/// Why two items were not merged.
#[derive(Debug, Error)]
pub enum MergeError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("no such item")]
    NotFound,
    #[error("a thing cannot be merged with itself")]
    SameItem,
    #[error("one is a {one}, the other a {other}; only things of one kind are merged")]
    Kinds { one: ItemKind, other: ItemKind },
    #[error("one is counted in `{one}`, the other in `{other}`")]
    Units { one: String, other: String },
    #[error("one of them is archived")]
    Archived,
    #[error("this request was already booked with other contents")]
    RequestReused,
    #[error("the one to be given up is lent or missing; take it back first")]
    NotHere,
    #[error("{0}")]
    Refused(Refusal),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Merges.
#[derive(Clone)]
pub struct Merge {
    db: Db,
}

impl Merge {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Gives `other` up for `survivor`, as one undoable booking.
    pub async fn merge(
        &self,
        actor: &Actor,
        request: RequestId,
        survivor: ItemId,
        other: ItemId,
    ) -> Result<Booked, MergeError> {
        actor.require(Permission::Keep)?;
        if survivor == other {
            return Err(MergeError::SameItem);
        }
        let hash = format!("merge {survivor} {other}");
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        if let Some(before) = bookings::by_request(&tx, actor, request).await? {
            return if before.body_hash == hash {
                Ok(Booked { booking: before.id, repeated: true })
            } else {
                Err(MergeError::RequestReused)
            };
        }
        let booking = BookingId::new();
        bookings::begin(&tx, actor, Some(booking)).await?;
        bookings::lock_items(&tx, &[survivor, other]).await?;
        let keep = items::lock(&tx, survivor).await.map_err(not_found)?;
        let give = items::lock(&tx, other).await.map_err(not_found)?;
        fits(&keep, &give)?;
        let sums = crate::store::summaries::load(&tx, &[other]).await?.pop().ok_or(MergeError::NotFound)?;
        if sums.lent > Decimal::ZERO || sums.missing > Decimal::ZERO {
            return Err(MergeError::NotHere);
        }
        let head = NewBooking {
            id: booking,
            request,
            body_hash: &hash,
            kind: BookingKind::Merge,
            note: &give.draft.name,
            reverses: None,
        };
        bookings::insert(&tx, actor, &head).await?;

        let mut movements = Vec::new();
        for (item, lot, quantity) in lists::lines_in(&tx, other).await? {
            let quantity = Quantity::new(quantity).map_err(|e| StoreError::Corrupt(e.to_string()))?;
            let into = Movement {
                lot,
                from: Some(other),
                to: Some(survivor),
                ..Movement::new(MovementKind::Transfer, item, quantity)
            };
            movements.push(into);
        }
        for line in stock::lines(&tx, other).await? {
            let quantity = Quantity::new(line.quantity).map_err(|e| StoreError::Corrupt(e.to_string()))?;
            let kind = match give.draft.kind {
                ItemKind::Consumable => MovementKind::Adjust,
                ItemKind::Location => MovementKind::Transfer,
                _ => MovementKind::Scrap,
            };
            let lot = line.lot.as_ref().map(|lot| lot.id);
            movements.push(Movement { lot, from: Some(line.holder), ..Movement::new(kind, other, quantity) });
            if give.draft.kind.is_counted() {
                let lot = match &line.lot {
                    Some(lot) => Some(stock::ensure_lot(&tx, survivor, &lot.code, lot.expires_on).await?),
                    None => None,
                };
                movements.push(Movement {
                    lot,
                    to: Some(line.holder),
                    ..Movement::new(MovementKind::Adjust, survivor, quantity)
                });
            }
        }
        bookings::append(&tx, booking, 1, &movements).await.map_err(refused)?;
        let moved = merging::move_all(&tx, survivor, other).await?;
        merging::mark(&tx, survivor, other).await.map_err(refused)?;
        let detail = serde_json::to_value(&moved).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        audit::note(&tx, actor, "merged", "item", Some(survivor.0), Some(detail)).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Booked { booking, repeated: false })
    }
}

fn fits(one: &ItemRecord, other: &ItemRecord) -> Result<(), MergeError> {
    if one.archived_at.is_some() || other.archived_at.is_some() {
        Err(MergeError::Archived)
    } else if one.draft.kind != other.draft.kind {
        Err(MergeError::Kinds { one: one.draft.kind, other: other.draft.kind })
    } else if one.draft.unit != other.draft.unit {
        let unit = |record: &ItemRecord| record.draft.unit.clone().unwrap_or_default();
        Err(MergeError::Units { one: unit(one), other: unit(other) })
    } else {
        Ok(())
    }
}

fn not_found(error: StoreError) -> MergeError {
    match error {
        StoreError::NotFound(_) => MergeError::NotFound,
        other => other.into(),
    }
}

fn refused(error: StoreError) -> MergeError {
    match reason_of(&error) {
        Some(reason) => MergeError::Refused(reason),
        None => error.into(),
    }
}
