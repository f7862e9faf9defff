//! Bookings and movements: append, never change.

use deadpool_postgres::GenericClient;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{StoreError, parsed};
use crate::domain::{Actor, BookingId, Borrower, ItemId, LoanId, LotId, Movement, PersonId, Quantity, RequestId};

/// What kind of confirmation made a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BookingKind {
    /// One act.
    Single,
    /// Several scans, confirmed once.
    Basket,
    /// A new item with its first stock.
    Create,
    Import,
    /// The same act for many selected items.
    Bulk,
    Stocktake,
    Merge,
    Undo,
}

impl BookingKind {
    /// The word in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Basket => "basket",
            Self::Create => "create",
            Self::Import => "import",
            Self::Bulk => "bulk",
            Self::Stocktake => "stocktake",
            Self::Merge => "merge",
            Self::Undo => "undo",
        }
    }
}

impl std::str::FromStr for BookingKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Single, Self::Basket, Self::Create, Self::Import, Self::Bulk, Self::Stocktake, Self::Merge, Self::Undo]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no kind of booking"))
    }
}

/// The head of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingHead {
    pub id: BookingId,
    pub at: OffsetDateTime,
    pub actor: Option<PersonId>,
    pub kind: BookingKind,
    pub note: String,
    pub reverses: Option<BookingId>,
    /// SHA-256 of what was asked, hexadecimal.
    pub body_hash: String,
}

/// A booking to write.
#[derive(Debug, Clone)]
pub struct NewBooking<'a> {
    pub id: BookingId,
    pub request: RequestId,
    pub body_hash: &'a str,
    pub kind: BookingKind,
    pub note: &'a str,
    pub reverses: Option<BookingId>,
}

/// The name of the constraint that a repeated request id meets.
pub const REQUEST_ONCE: &str = "booking_request_once";

/// Says for the rest of the transaction who acts, and under which booking, so that the audit trail knows.
pub async fn begin(client: &impl GenericClient, actor: &Actor, booking: Option<BookingId>) -> Result<(), StoreError> {
    let person = actor.person.map(|p| p.to_string()).unwrap_or_default();
    let booking = booking.map(|b| b.to_string()).unwrap_or_default();
    let statement = client
        .prepare_cached("select set_config('inventory.actor', $1, true), set_config('inventory.booking', $2, true)")
        .await?;
    client.query_one(&statement, &[&person, &booking]).await?;
    Ok(())
}

/// Takes the items of a booking in the one order that cannot deadlock; see `lock_items` in the ledger migration.
pub async fn lock_items(client: &impl GenericClient, items: &[ItemId]) -> Result<(), StoreError> {
    let mut ids: Vec<Uuid> = items.iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let statement = client.prepare_cached("select lock_items($1)").await?;
    client.query_one(&statement, &[&ids]).await?;
    Ok(())
}

/// Writes the head of a booking.
pub async fn insert(client: &impl GenericClient, actor: &Actor, booking: &NewBooking<'_>) -> Result<(), StoreError> {
    let statement = client
        .prepare_cached("insert into booking (id, request_id, body_hash, actor, kind, note, reverses) values ($1, $2, $3, $4, $5, $6, $7)")
        .await?;
    client
        .execute(
            &statement,
            &[
                &booking.id.0,
                &booking.request.0,
                &booking.body_hash,
                &actor.person.map(|p| p.0),
                &booking.kind.as_str(),
                &booking.note,
                &booking.reverses.map(|b| b.0),
            ],
        )
        .await?;
    Ok(())
}

/// Writes lines `first_line…`; the schema's trigger applies each to stock, in order.
pub async fn append(
    client: &impl GenericClient,
    booking: BookingId,
    first_line: i32,
    movements: &[Movement],
) -> Result<(), StoreError> {
    if movements.is_empty() {
        return Ok(());
    }
    let uuids = |f: &dyn Fn(&Movement) -> Option<Uuid>| movements.iter().map(f).collect::<Vec<Option<Uuid>>>();
    let lines: Vec<i32> = (first_line..).take(movements.len()).collect();
    let kinds: Vec<&str> = movements.iter().map(|m| m.kind.as_str()).collect();
    let quantities: Vec<Decimal> = movements.iter().map(|m| m.quantity.get()).collect();
    let inverse: Vec<bool> = movements.iter().map(|m| m.inverse).collect();
    let reversed_lines: Vec<Option<i32>> = movements.iter().map(|m| m.reverses.map(|r| r.1)).collect();
    let statement = client
        .prepare_cached(
            "insert into movement (booking, line, kind, item, lot, from_holder, to_holder, quantity, loan, inverse, reverses, reverses_line)
             select $1::uuid, m.* from unnest($2::int[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::numeric[],
                 $9::uuid[], $10::bool[], $11::uuid[], $12::int[]) m order by 1, 2",
        )
        .await?;
    client
        .execute(
            &statement,
            &[
                &booking.0,
                &lines,
                &kinds,
                &uuids(&|m| Some(m.item.0)),
                &uuids(&|m| m.lot.map(|l| l.0)),
                &uuids(&|m| m.from.map(|h| h.0)),
                &uuids(&|m| m.to.map(|h| h.0)),
                &quantities,
                &uuids(&|m| m.loan.map(|l| l.0)),
                &inverse,
                &uuids(&|m| m.reverses.map(|r| r.0.0)),
                &reversed_lines,
            ],
        )
        .await?;
    Ok(())
}

/// The booking a person already made under a request id.
pub async fn by_request(
    client: &impl GenericClient,
    actor: &Actor,
    request: RequestId,
) -> Result<Option<BookingHead>, StoreError> {
    let statement = client
        .prepare_cached(&format!("select {HEAD} from booking where request_id = $1 and actor is not distinct from $2"))
        .await?;
    let row = client.query_opt(&statement, &[&request.0, &actor.person.map(|p| p.0)]).await?;
    row.map(|row| head(&row)).transpose()
}

const HEAD: &str = "id, at, actor, kind, note, reverses, body_hash";

/// One booking's head.
pub async fn get(client: &impl GenericClient, id: BookingId) -> Result<Option<BookingHead>, StoreError> {
    let row = client.query_opt(&format!("select {HEAD} from booking where id = $1"), &[&id.0]).await?;
    row.map(|row| head(&row)).transpose()
}

fn head(row: &Row) -> Result<BookingHead, StoreError> {
    Ok(BookingHead {
        id: BookingId(row.get("id")),
        at: row.get("at"),
        actor: row.get::<_, Option<Uuid>>("actor").map(PersonId),
        kind: parsed(row.get("kind"))?,
        note: row.get("note"),
        reverses: row.get::<_, Option<Uuid>>("reverses").map(BookingId),
        body_hash: row.get("body_hash"),
    })
}

/// A line with its number, and whether another line has taken it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedLine {
    pub line: i32,
    pub movement: Movement,
    pub reversed: bool,
}

/// All lines of a booking, in order.
pub async fn lines(client: &impl GenericClient, booking: BookingId) -> Result<Vec<BookedLine>, StoreError> {
    let statement = client
        .prepare_cached(
            "select m.*, exists (select from movement r where r.reverses = m.booking and r.reverses_line = m.line) as reversed
             from movement m where m.booking = $1 order by m.line",
        )
        .await?;
    let rows = client.query(&statement, &[&booking.0]).await?;
    rows.iter()
        .map(|row| Ok(BookedLine { line: row.get("line"), movement: movement(row)?, reversed: row.get("reversed") }))
        .collect()
}

/// A movement from its row.
pub(super) fn movement(row: &Row) -> Result<Movement, StoreError> {
    let holder = |column: &str| row.get::<_, Option<Uuid>>(column).map(ItemId);
    let quantity: Decimal = row.get("quantity");
    Ok(Movement {
        kind: parsed(row.get("kind"))?,
        item: ItemId(row.get("item")),
        lot: row.get::<_, Option<Uuid>>("lot").map(LotId),
        from: holder("from_holder"),
        to: holder("to_holder"),
        quantity: Quantity::new(quantity).map_err(|e| StoreError::Corrupt(e.to_string()))?,
        loan: row.get::<_, Option<Uuid>>("loan").map(LoanId),
        inverse: row.get("inverse"),
        reverses: row
            .get::<_, Option<Uuid>>("reverses")
            .zip(row.get::<_, Option<i32>>("reverses_line"))
            .map(|(booking, line)| (BookingId(booking), line)),
    })
}

/// Opens a loan; what is out on it follows from its check-out.
pub async fn open_loan(
    client: &impl GenericClient,
    id: LoanId,
    item: ItemId,
    lot: Option<LotId>,
    quantity: Quantity,
    borrower: &Borrower,
    due_on: Option<time::Date>,
) -> Result<(), StoreError> {
    let (person, name) = match borrower {
        Borrower::Person(person) => (Some(person.0), None),
        Borrower::Named(name) => (None, Some(name.trim())),
    };
    client
        .execute(
            "insert into loan (id, item, lot, quantity, person, borrower_name, due_on) values ($1, $2, $3, $4, $5, $6, $7)",
            &[&id.0, &item.0, &lot.map(|l| l.0), &quantity.get(), &person, &name, &due_on],
        )
        .await?;
    Ok(())
}

/// Was the whole of this booking ever taken back? After a redo it is the redo that can be taken back.
pub async fn undone(client: &impl GenericClient, booking: BookingId) -> Result<bool, StoreError> {
    let row = client.query_one("select exists (select from booking where reverses = $1)", &[&booking.0]).await?;
    Ok(row.get(0))
}
