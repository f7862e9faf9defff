//! Bookings: what is confirmed at once, all of it or nothing of it; and taken back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::read::{Amount, Body, Day, Id, Key};
use super::shapes::moment;
use crate::domain::{self, BookingId, ItemId, LoanId, LotId, PersonId};
use crate::services::stock::{self, BookingKind, BookingRequest};
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

/// What is to be booked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Book {
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: String,
    /// Done in this order; each sees what the ones before it did.
    #[schema(min_items = 1, max_items = 500)]
    acts: Vec<Act>,
}

/// One line of a booking. `holder`, `from` and `to` are locations or containers; an asset, a container and a location are
/// booked with quantity `1`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
enum Act {
    /// Bought, found, made: into stock. Needs a keeper.
    #[schema(title = "Receive")]
    Receive { item: Uuid, to: Uuid, quantity: Amount, lot: Option<Uuid> },
    /// Taken for use.
    #[schema(title = "Issue")]
    Issue { item: Uuid, from: Uuid, quantity: Amount, lot: Option<Uuid> },
    /// Not used after all, put back.
    #[schema(title = "Return")]
    Return { item: Uuid, to: Uuid, quantity: Amount, lot: Option<Uuid> },
    /// From one holder to another. Only a location has none: at the top.
    #[schema(title = "Transfer")]
    Transfer { item: Uuid, from: Option<Uuid>, to: Option<Uuid>, quantity: Amount, lot: Option<Uuid> },
    /// Counted: the difference to what the books say now is booked. Needs a keeper.
    #[schema(title = "Adjust")]
    Adjust { item: Uuid, holder: Uuid, counted: Amount, lot: Option<Uuid> },
    /// Lent.
    #[schema(title = "Check out")]
    CheckOut { item: Uuid, from: Uuid, quantity: Amount, lot: Option<Uuid>, borrower: Borrower, due_on: Option<Day> },
    /// Came back from a loan, whole or in part.
    #[schema(title = "Check in")]
    CheckIn { loan: Uuid, to: Uuid, quantity: Amount },
    /// Not where it should be.
    #[schema(title = "Missing")]
    Missing { item: Uuid, from: Uuid, quantity: Amount, lot: Option<Uuid> },
    /// Lost by a borrower.
    #[schema(title = "Lost")]
    Lost { loan: Uuid, quantity: Amount },
    /// A missing thing turned up.
    #[schema(title = "Found")]
    Found { item: Uuid, to: Uuid, quantity: Amount, lot: Option<Uuid> },
    /// Thrown away; without `from`, given up as missing. Needs a keeper.
    #[schema(title = "Scrap")]
    Scrap { item: Uuid, from: Option<Uuid>, quantity: Amount, lot: Option<Uuid> },
}

/// Who has it: somebody known here, or a name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Borrower {
    Person(Uuid),
    Name(BorrowerName),
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(min_length = 1, max_length = 200)]
struct BorrowerName(String);

impl TryFrom<Act> for domain::Act {
    type Error = Fault;

    fn try_from(act: Act) -> Result<Self, Fault> {
        let lot = |lot: Option<Uuid>| lot.map(LotId);
        Ok(match act {
            Act::Receive { item, to, quantity, lot: of } => {
                Self::Receive { item: ItemId(item), to: ItemId(to), quantity: quantity.quantity()?, lot: lot(of) }
            }
            Act::Issue { item, from, quantity, lot: of } => {
                Self::Issue { item: ItemId(item), from: ItemId(from), quantity: quantity.quantity()?, lot: lot(of) }
            }
            Act::Return { item, to, quantity, lot: of } => {
                Self::Return { item: ItemId(item), to: ItemId(to), quantity: quantity.quantity()?, lot: lot(of) }
            }
            Act::Transfer { item, from, to, quantity, lot: of } => Self::Transfer {
                item: ItemId(item),
                from: from.map(ItemId),
                to: to.map(ItemId),
                quantity: quantity.quantity()?,
                lot: lot(of),
            },
            Act::Adjust { item, holder, counted, lot: of } => {
                Self::Adjust { item: ItemId(item), holder: ItemId(holder), counted: counted.0, lot: lot(of) }
            }
            Act::CheckOut { item, from, quantity, lot: of, borrower, due_on } => Self::CheckOut {
                item: ItemId(item),
                from: ItemId(from),
                quantity: quantity.quantity()?,
                lot: lot(of),
                borrower: match borrower {
                    Borrower::Person(id) => domain::Borrower::Person(PersonId(id)),
                    Borrower::Name(BorrowerName(name)) => {
                        domain::Borrower::Named(name.split_whitespace().collect::<Vec<_>>().join(" "))
                    }
                },
                due_on: due_on.map(|day| day.0),
            },
            Act::CheckIn { loan, to, quantity } => {
                Self::CheckIn { loan: LoanId(loan), to: ItemId(to), quantity: quantity.quantity()? }
            }
            Act::Missing { item, from, quantity, lot: of } => {
                Self::Missing { item: ItemId(item), from: ItemId(from), quantity: quantity.quantity()?, lot: lot(of) }
            }
            Act::Lost { loan, quantity } => Self::Lost { loan: LoanId(loan), quantity: quantity.quantity()? },
            Act::Found { item, to, quantity, lot: of } => {
                Self::Found { item: ItemId(item), to: ItemId(to), quantity: quantity.quantity()?, lot: lot(of) }
            }
            Act::Scrap { item, from, quantity, lot: of } => {
                Self::Scrap { item: ItemId(item), from: from.map(ItemId), quantity: quantity.quantity()?, lot: lot(of) }
            }
        })
    }
}

/// A booking that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Booked {
    pub id: Uuid,
    /// It had been made under the same key before.
    pub repeated: bool,
}

impl From<stock::Booked> for Booked {
    fn from(booked: stock::Booked) -> Self {
        Self { id: booked.booking.0, repeated: booked.repeated }
    }
}

/// The answer to a booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookedAnswer {
    booking: Booked,
}

/// Made now, or before.
pub fn answered(booked: stock::Booked) -> Response {
    let status = if booked.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let location = format!("/api/v1/bookings/{}", booked.booking);
    (status, [(LOCATION, location)], Json(BookedAnswer { booking: booked.into() })).into_response()
}

/// Books all acts, or none: what stands in the way is said with the number of its line.
#[utoipa::path(post, path = "/api/v1/bookings", operation_id = "book", tag = "bookings", request_body = Book,
    params(("Idempotency-Key" = Uuid, Header, description = "A new one for each booking; a repeat is answered, not booked again.")),
    responses((status = 201, body = BookedAnswer, headers(("Location" = String, description = "The booking."))),
        (status = 200, body = BookedAnswer, description = "It had been booked under this key before."),
        (status = 409, description = "The books contradict it: not enough there, a place inside itself, archived …"),
        (status = 422, description = "An act is not as it has to be, or the key was used for something else.")),
    security(("token" = ["member"])))]
pub async fn book(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Key(id): Key,
    Body(book): Body<Book>,
) -> Result<Response, Fault> {
    let acts = book.acts.into_iter().map(domain::Act::try_from).collect::<Result<Vec<_>, _>>()?;
    let kind = if acts.len() == 1 { BookingKind::Single } else { BookingKind::Basket };
    let request = BookingRequest { id, kind, note: book.note, acts };
    Ok(answered(state.services.stock.book(&actor, &request).await?))
}

/// One booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneBooking {
    booking: Booking,
}

/// The head of a booking; its lines are movements.
#[derive(Debug, Serialize, ToSchema)]
struct Booking {
    id: Uuid,
    /// `single`, `basket`, `create`, `import`, `bulk`, `stocktake`, `merge`, `undo`
    kind: &'static str,
    #[schema(format = DateTime)]
    at: String,
    /// Who booked it; for members.
    person: Option<Uuid>,
    note: String,
    /// The booking it takes back.
    reverses: Option<Uuid>,
    /// The whole of it was taken back.
    undone: bool,
}

/// One booking.
#[utoipa::path(get, path = "/api/v1/bookings/{id}", operation_id = "get_booking", tag = "bookings",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = OneBooking), (status = 404, description = "No such booking.")),
    security(("token" = ["viewer"])))]
pub async fn get(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<BookingId>,
) -> Result<Json<OneBooking>, Fault> {
    let (head, undone) = state.services.stock.booking(&actor, id).await?.ok_or(Fault::NotFound)?;
    let booking = Booking {
        id: head.id.0,
        kind: head.kind.as_str(),
        at: moment(head.at),
        person: head.actor.map(|id| id.0),
        note: head.note,
        reverses: head.reverses.map(|id| id.0),
        undone,
    };
    Ok(Json(OneBooking { booking }))
}

/// How much of it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// Only this line; left out, the whole booking.
    #[schema(minimum = 1)]
    line: Option<i32>,
}

/// What an undo did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Undone {
    /// The booking that takes it back. Undo that to do it again.
    booking: Booked,
    /// Items it had made that others have used since: they stay.
    kept: Vec<Uuid>,
    /// Fields changed again since: they stay as they are.
    fields_kept: Vec<FieldKept>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FieldKept {
    item: Uuid,
    field: String,
}

/// Takes a booking back, or one line of it, by another booking. A member takes back their own for fifteen minutes, a keeper
/// any.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/undo", operation_id = "undo_booking", tag = "bookings", request_body = Undo,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Uuid, Header, description = "A new one for each undo.")),
    responses((status = 201, body = Undone, headers(("Location" = String, description = "The booking that takes it back."))),
        (status = 200, body = Undone, description = "It had been taken back under this key before."),
        (status = 404, description = "No such booking or line."),
        (status = 409, description = "It was taken back already, or what has happened since stands in the way."),
        (status = 422, description = "The key was used for something else.")),
    security(("token" = ["member"])))]
pub async fn undo(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<BookingId>,
    Key(request): Key,
    Body(undo): Body<Undo>,
) -> Result<Response, Fault> {
    let undone = state.services.undo.undo(&actor, request, id, undo.line).await?;
    let status = if undone.booked.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let location = format!("/api/v1/bookings/{}", undone.booked.booking);
    let fields_kept = undone.fields_kept.into_iter().map(|(item, field)| FieldKept { item: item.0, field }).collect();
    let kept = undone.kept.into_iter().map(|id| id.0).collect();
    let body = Undone { booking: undone.booked.into(), kept, fields_kept };
    Ok((status, [(LOCATION, location)], Json(body)).into_response())
}
