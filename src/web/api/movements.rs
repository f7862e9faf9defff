//! The ledger, newest first, line by line.

use axum::Json;
use axum::extract::State;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::read::{Cursor, Limit, Query, cut_to_page};
use super::shapes::moment;
use crate::domain::{BookingId, ItemId, PersonId};
use crate::services::stock::{HistoryFilter, HistoryLine};
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    #[param(inline)]
    limit: Limit,
    /// Of this item, or into or out of this holder.
    item: Option<Uuid>,
    /// By this person, or lent to them.
    person: Option<Uuid>,
    booking: Option<Uuid>,
}

/// A page of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct Movements {
    movements: Vec<Movement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// One line of the ledger.
#[derive(Debug, Serialize, ToSchema)]
struct Movement {
    booking: Uuid,
    line: i32,
    /// `receive`, `issue`, `return`, `transfer`, `adjust`, `check_out`, `check_in`, `missing`, `found`, `scrap`
    kind: &'static str,
    /// `single`, `basket`, `create`, `import`, `bulk`, `stocktake`, `merge`, `undo`
    booking_kind: &'static str,
    #[schema(format = DateTime)]
    at: String,
    item: Uuid,
    item_name: String,
    quantity: Decimal,
    /// What it changed on hand: more, less, or nothing.
    change: Decimal,
    unit: Option<String>,
    from: Option<Uuid>,
    from_name: Option<String>,
    to: Option<Uuid>,
    to_name: Option<String>,
    lot: Option<String>,
    /// Who booked it; for members.
    person: Option<Uuid>,
    person_name: Option<String>,
    borrower: Option<String>,
    note: String,
    /// It takes another line back.
    is_undo: bool,
    /// A later line has taken it back.
    undone: bool,
}

impl From<HistoryLine> for Movement {
    fn from(line: HistoryLine) -> Self {
        let movement = line.movement;
        Self {
            booking: line.booking.0,
            line: line.line,
            kind: movement.kind.as_str(),
            booking_kind: line.booking_kind.as_str(),
            at: moment(line.at),
            item: movement.item.0,
            item_name: line.item_name,
            quantity: movement.quantity.get(),
            change: line.change.normalize(),
            unit: line.unit,
            from: movement.from.map(|id| id.0),
            from_name: line.from_name,
            to: movement.to.map(|id| id.0),
            to_name: line.to_name,
            lot: line.lot_code,
            person: line.actor.map(|id| id.0),
            person_name: line.actor_name,
            borrower: line.borrower,
            note: line.note,
            is_undo: movement.reverses.is_some(),
            undone: line.reversed,
        }
    }
}

/// What was moved, newest first.
#[utoipa::path(get, path = "/api/v1/movements", operation_id = "list_movements", tag = "bookings", params(Wanted),
    responses((status = 200, body = Movements)), security(("token" = ["viewer"])))]
pub async fn list(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Movements>, Fault> {
    let Limit(limit) = wanted.limit;
    let mut filter = HistoryFilter {
        item: wanted.item.map(ItemId),
        person: wanted.person.map(PersonId),
        booking: wanted.booking.map(BookingId),
        limit: limit + 1,
        ..HistoryFilter::default()
    };
    if let Some(mut cursor) = wanted.cursor {
        filter.before = Some((cursor.take_moment()?, BookingId(Uuid::from_bytes(cursor.part()?))));
        filter.behind_line = Some(i32::from_be_bytes(cursor.part()?));
    }
    let mut lines = state.services.stock.history(&actor, &filter).await?;
    let next = cut_to_page(&mut lines, wanted.limit, |last| {
        Cursor::of(&[&Cursor::moment(last.at), last.booking.0.as_bytes(), &last.line.to_be_bytes()])
    });
    Ok(Json(Movements { movements: lines.into_iter().map(Movement::from).collect(), next }))
}
