//! The ledger as people read it.

use deadpool_postgres::GenericClient;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use super::bookings::{BookingKind, movement};
use super::{StoreError, parsed};
use crate::domain::{BookingId, ItemId, Movement, PersonId};

/// One line of the ledger with the names a person reads.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryLine {
    pub booking: BookingId,
    pub line: i32,
    pub booking_kind: BookingKind,
    pub at: OffsetDateTime,
    pub actor: Option<PersonId>,
    pub actor_name: Option<String>,
    pub note: String,
    pub movement: Movement,
    pub item_name: String,
    pub unit: Option<String>,
    pub from_name: Option<String>,
    pub to_name: Option<String>,
    pub borrower: Option<String>,
    pub lot_code: Option<String>,
    /// Taken back by a later line.
    pub reversed: bool,
    /// What it changed on hand: + in, − out, 0 for a move.
    pub change: Decimal,
}

/// Which lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Of this item, or into or out of this holder.
    pub item: Option<ItemId>,
    pub person: Option<PersonId>,
    pub booking: Option<BookingId>,
    /// Only lines before this booking, for paging.
    pub before: Option<(OffsetDateTime, BookingId)>,
    /// And of that booking itself the lines behind this one.
    pub behind_line: Option<i32>,
    pub limit: i64,
}

/// Newest first.
pub async fn lines(client: &impl GenericClient, filter: &HistoryFilter) -> Result<Vec<HistoryLine>, StoreError> {
    let statement = client.prepare_cached(include_str!("history.sql")).await?;
    let before = filter.before;
    let rows = client
        .query(
            &statement,
            &[
                &filter.item.map(|i| i.0),
                &filter.person.map(|p| p.0),
                &filter.booking.map(|b| b.0),
                &before.map(|b| b.0),
                &before.map(|b| b.1.0),
                &filter.limit,
                &filter.behind_line,
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let movement = movement(row)?;
            let q = movement.quantity.get();
            Ok(HistoryLine {
                booking: BookingId(row.get("booking")),
                line: row.get("line"),
                booking_kind: parsed(row.get("booking_kind"))?,
                at: row.get("at"),
                actor: row.get::<_, Option<Uuid>>("actor").map(PersonId),
                actor_name: row.get("actor_name"),
                note: row.get("note"),
                item_name: row.get("item_name"),
                unit: row.get("unit"),
                from_name: row.get("from_name"),
                to_name: row.get("to_name"),
                borrower: row.get("borrower"),
                lot_code: row.get("lot_code"),
                reversed: row.get("reversed"),
                change: match (movement.from, movement.to) {
                    (None, Some(_)) => q,
                    (Some(_), None) => -q,
                    _ => Decimal::ZERO,
                },
                movement,
            })
        })
        .collect()
}
