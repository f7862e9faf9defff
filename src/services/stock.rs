//! Booking: take, put back, move, lend, count, receive; and the ledger as people read it.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::domain::act::{ActError, PutBack};
use crate::domain::person::Forbidden;
use crate::domain::{Act, Actor, BookingId, ItemId, LoanId, Permission, PersonId, Quantity, RequestId, Whereabouts};
use crate::store::bookings::{self, NewBooking};
use crate::store::history;
use crate::store::stock::{self as lines, Loan};
use crate::store::summaries::{self, ItemSummary};
use crate::store::{Db, StoreError};

pub use crate::store::bookings::{BookingHead, BookingKind};
pub use crate::store::history::{HistoryFilter, HistoryLine};
pub use crate::store::stock::{StockAt, StockFilter};

/// What a person confirms at once: all of it or nothing of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BookingRequest {
    /// Made by the asker once per confirmation; a repeat is answered, not booked again.
    pub id: RequestId,
    pub kind: BookingKind,
    pub note: String,
    /// Done in this order; each sees what the ones before it did.
    pub acts: Vec<Act>,
}

impl BookingRequest {
    /// One act under a fresh request id.
    pub fn single(act: Act) -> Self {
        Self { id: RequestId::new(), kind: BookingKind::Single, note: String::new(), acts: vec![act] }
    }
}

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booked {
    pub booking: BookingId,
    /// The same request had been booked before; this is that booking.
    pub repeated: bool,
}

/// Why nothing was booked.
#[derive(Debug, Error)]
pub enum StockError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("nothing to book")]
    Empty,
    /// Which act (from 0), and what stands against it.
    #[error("line {}: {reason}", .line + 1)]
    Refused { line: usize, reason: Refusal },
    #[error("a note has at most {LONGEST_NOTE} characters")]
    Note,
    #[error("this request was already booked with other contents")]
    RequestReused,
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// What stands against an act.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("{0}")]
    Act(#[from] ActError),
    #[error("a place cannot lie inside itself")]
    Cycle,
    #[error("places nest at most 32 deep")]
    Depth,
    #[error("it is archived")]
    Archived,
    #[error("the place is archived")]
    PlaceArchived,
    #[error("an individual thing exists once, and it is already somewhere")]
    OneOfAKind,
    #[error("only a location or a container holds things")]
    NoHolder,
    #[error("a location lies only in another location")]
    LocationInContainer,
    #[error("a product is never stocked itself; book one of its assets")]
    Product,
    #[error("an individual thing is moved one at a time")]
    NotCounted,
    #[error("no such item or place")]
    Unknown,
    #[error("a borrower needs a name")]
    Borrower,
    #[error("{0}")]
    Other(String),
}

/// Books.
#[derive(Clone)]
pub struct Stock {
    db: Db,
}

/// What may be written beside a booking, in characters.
pub const LONGEST_NOTE: usize = 2000;

/// A deadlock with a writer from outside is worth a few more tries.
const TRIES: usize = 4;

impl Stock {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Books all acts of a request, or none.
    pub async fn book(&self, actor: &Actor, request: &BookingRequest) -> Result<Booked, StockError> {
        actor.require(Permission::Book)?;
        if request.acts.iter().any(Act::is_keeping) {
            actor.require(Permission::Keep)?;
        }
        if request.acts.is_empty() {
            return Err(StockError::Empty);
        }
        if request.note.chars().count() > LONGEST_NOTE {
            return Err(StockError::Note);
        }
        let hash = body_hash(request);
        let mut tries = 1;
        loop {
            match self.try_book(actor, request, &hash).await {
                Err(StockError::Store(StoreError::Serialization)) if tries < TRIES => tries += 1,
                // The same request won the race on another connection: its answer is ours.
                Err(StockError::Store(e)) if e.constraint() == Some(bookings::REQUEST_ONCE) && tries < TRIES => {
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    async fn try_book(&self, actor: &Actor, request: &BookingRequest, hash: &str) -> Result<Booked, StockError> {
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        if let Some(before) = bookings::by_request(&tx, actor, request.id).await? {
            return if before.body_hash == hash {
                Ok(Booked { booking: before.id, repeated: true })
            } else {
                Err(StockError::RequestReused)
            };
        }
        let booking = BookingId::new();
        bookings::begin(&tx, actor, Some(booking)).await?;
        let head = NewBooking {
            id: booking,
            request: request.id,
            body_hash: hash,
            kind: request.kind,
            note: &request.note,
            reverses: None,
        };
        bookings::insert(&tx, actor, &head).await?;
        book_acts(&tx, booking, 1, &request.acts).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Booked { booking, repeated: false })
    }

    /// *Put back*, whatever state the thing is in: from a loan, from where it lies, found again, or a consumable unused.
    /// Without a place, where it belongs.
    pub async fn put_back(
        &self,
        actor: &Actor,
        id: RequestId,
        item: ItemId,
        to: Option<ItemId>,
        quantity: Quantity,
    ) -> Result<Booked, StockError> {
        actor.require(Permission::Book)?;
        let client = self.db.client().await?;
        let Some(summary) = summaries::load(&client, &[item]).await?.pop() else {
            return Err(refused(Refusal::Unknown));
        };
        let to = match to {
            Some(to) => to,
            None => lines::home_of(&client, item).await?.ok_or_else(|| refused(Refusal::NoHolder))?,
        };
        let act = put_back_act(&client, actor, &summary, to, quantity).await?;
        drop(client);
        let request = BookingRequest { id, kind: BookingKind::Single, note: String::new(), acts: vec![act] };
        match self.book(actor, &request).await {
            // A repeat after it worked finds the thing in another state; the first answer still stands.
            Err(StockError::RequestReused) => self.repeated(actor, id).await,
            other => other,
        }
    }

    /// One more of counted goods that are there already, where they belong: bought or found, and known by now. Says where
    /// it went.
    pub async fn one_more(&self, actor: &Actor, id: RequestId, item: ItemId) -> Result<(Booked, ItemId), StockError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        let home = match lines::home_of(&client, item).await? {
            Some(home) => Some(home),
            None => lines::lines(&client, item).await?.first().map(|line| line.holder),
        };
        drop(client);
        let to = home.ok_or_else(|| refused(Refusal::NoHolder))?;
        let act = Act::Receive { item, to, quantity: Quantity::ONE, lot: None };
        let request = BookingRequest { id, kind: BookingKind::Single, note: String::new(), acts: vec![act] };
        Ok((self.book(actor, &request).await?, to))
    }

    pub(super) async fn repeated(&self, actor: &Actor, id: RequestId) -> Result<Booked, StockError> {
        let client = self.db.client().await?;
        let head = bookings::by_request(&client, actor, id).await?.ok_or(StockError::RequestReused)?;
        Ok(Booked { booking: head.id, repeated: true })
    }

    /// The ledger, newest first. Who acted and who borrowed is for members.
    pub async fn history(&self, actor: &Actor, filter: &HistoryFilter) -> Result<Vec<HistoryLine>, StockError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        let mut lines = history::lines(&client, filter).await?;
        if !actor.may(Permission::SeePrivate) {
            for line in &mut lines {
                (line.actor, line.actor_name, line.borrower) = (None, None, None);
            }
        }
        Ok(lines)
    }

    /// One booking, and whether the whole of it was taken back. Who booked it is for members.
    pub async fn booking(&self, actor: &Actor, id: BookingId) -> Result<Option<(BookingHead, bool)>, StockError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        let Some(mut head) = bookings::get(&client, id).await? else { return Ok(None) };
        if !actor.may(Permission::SeePrivate) {
            head.actor = None;
        }
        let undone = bookings::undone(&client, id).await?;
        Ok(Some((head, undone)))
    }

    /// What lies where, in an order that never changes.
    pub async fn lines(&self, actor: &Actor, filter: &StockFilter) -> Result<Vec<StockAt>, StockError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(lines::page(&client, filter).await?)
    }

    /// Open loans, soonest due first; of one person when asked.
    pub async fn loans(&self, actor: &Actor, person: Option<PersonId>) -> Result<Vec<Loan>, StockError> {
        actor.require(Permission::SeePrivate)?;
        let client = self.db.client().await?;
        Ok(lines::all_open_loans(&client, person).await?)
    }

    /// Where *put back* would propose to put it.
    pub async fn home_of(&self, actor: &Actor, item: ItemId) -> Result<Option<ItemId>, StockError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(lines::home_of(&client, item).await?)
    }

    /// Items whose stock is not the sum of their movements: none, or the database was tampered with.
    pub async fn discrepancies(&self, actor: &Actor) -> Result<Vec<ItemId>, StockError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        Ok(lines::discrepancies(&client).await?)
    }
}

/// The act of putting a thing back, by the state it is in: from a loan, from where it lies, found again, or a consumable
/// unused.
pub(super) async fn put_back_act(
    client: &impl deadpool_postgres::GenericClient,
    actor: &Actor,
    item: &ItemSummary,
    to: ItemId,
    quantity: Quantity,
) -> Result<Act, StoreError> {
    let loans = lines::open_loans(client, item.id).await?;
    let state = match item.whereabouts {
        _ if !loans.is_empty() && (!item.kind.is_counted() || item.lent >= quantity.get()) => {
            PutBack::Lent(loan_to_return(&loans, actor, quantity))
        }
        Whereabouts::InHolder if !item.kind.is_counted() => {
            let at = lines::lines(client, item.id).await?;
            at.first().map_or(PutBack::Nowhere, |line| PutBack::In(line.holder))
        }
        Whereabouts::Missing => PutBack::Missing,
        _ => PutBack::Nowhere,
    };
    Ok(Act::put_back(item.kind, item.id, to, quantity, None, state))
}

/// The actor's own loan first, else the oldest; of several one of which enough is out.
fn loan_to_return(loans: &[Loan], actor: &Actor, quantity: Quantity) -> LoanId {
    let own = |loan: &&Loan| loan.person.is_some() && loan.person == actor.person;
    let enough = |loan: &&Loan| loan.outstanding >= quantity.get();
    let own_first = loans.iter().find(|loan| own(loan) && enough(loan)).or(loans.iter().find(own));
    own_first.or(loans.iter().find(enough)).or(loans.first()).map_or_else(LoanId::new, |loan| loan.id)
}

/// Decides and books acts as lines `first_line…` within a transaction; each act sees what the ones before it did.
/// Returns how many lines were written.
pub(super) async fn book_acts(
    tx: &deadpool_postgres::Transaction<'_>,
    booking: BookingId,
    first_line: i32,
    acts: &[Act],
) -> Result<i32, StockError> {
    let loans: Vec<LoanId> = acts.iter().filter_map(Act::loan).collect();
    let mut items: Vec<ItemId> = acts.iter().filter_map(Act::item).collect();
    if !loans.is_empty() {
        items.extend(lines::items_of_loans(tx, &loans).await?);
    }
    bookings::lock_items(tx, &items).await?;
    let mut next = first_line;
    // Lines that need no look at the books are written together.
    let mut waiting = Vec::new();
    for (line, act) in acts.iter().enumerate() {
        let needs_facts =
            act.line().is_some() || act.loan().is_some() || matches!(act, Act::Found { .. } | Act::Scrap { .. });
        if needs_facts {
            flush(tx, booking, &mut next, &mut waiting).await?;
        }
        let facts = if needs_facts { lines::facts(tx, act).await? } else { crate::domain::act::Facts::default() };
        let new_loan = LoanId::new();
        let decided = act.decide(&facts, new_loan).map_err(|e| StockError::Refused { line, reason: e.into() })?;
        let Some(movement) = decided else { continue };
        if let Act::CheckOut { item, quantity, lot, borrower, due_on, .. } = act {
            bookings::open_loan(tx, new_loan, *item, *lot, *quantity, borrower, *due_on)
                .await
                .map_err(|e| refusal(line, e))?;
        }
        waiting.push((line, movement));
        if needs_facts || waiting.len() >= 1_000 {
            flush(tx, booking, &mut next, &mut waiting).await?;
        }
    }
    flush(tx, booking, &mut next, &mut waiting).await?;
    Ok(next - first_line)
}

async fn flush(
    tx: &deadpool_postgres::Transaction<'_>,
    booking: BookingId,
    next: &mut i32,
    waiting: &mut Vec<(usize, crate::domain::Movement)>,
) -> Result<(), StockError> {
    let Some(&(line, _)) = waiting.first() else { return Ok(()) };
    let movements: Vec<_> = waiting.drain(..).map(|(_, movement)| movement).collect();
    bookings::append(tx, booking, *next, &movements).await.map_err(|e| refusal(line, e))?;
    *next += i32::try_from(movements.len()).unwrap_or(i32::MAX);
    Ok(())
}

fn refused(reason: Refusal) -> StockError {
    StockError::Refused { line: 0, reason }
}

/// A rule of the schema, in the words of the use case.
pub(super) fn refusal(line: usize, error: StoreError) -> StockError {
    match reason_of(&error) {
        Some(reason) => StockError::Refused { line, reason },
        None => error.into(),
    }
}

/// What a violated constraint means, when it is one a request can violate.
pub(super) fn reason_of(error: &StoreError) -> Option<Refusal> {
    let StoreError::Refused { constraint, message } = error else { return None };
    Some(match constraint.as_str() {
        "holder_cycle" | "stock_not_in_itself" => Refusal::Cycle,
        "holder_depth" => Refusal::Depth,
        "item_archived" => Refusal::Archived,
        "holder_archived" => Refusal::PlaceArchived,
        "one_of_a_kind" | "stock_one_place" => Refusal::OneOfAKind,
        "stock_holder_holds" => Refusal::NoHolder,
        "stock_location_in_location" => Refusal::LocationInContainer,
        "stock_no_products" => Refusal::Product,
        "stock_one_unless_counted" => Refusal::NotCounted,
        "loan_one_borrower" | "loan_borrower_name_check" => Refusal::Borrower,
        bookings::REQUEST_ONCE => return None,
        name if name.ends_with("_fkey")
            || matches!(name, "stock_item" | "stock_holder" | "stock_lot" | "movement_lot") =>
        {
            Refusal::Unknown
        }
        _ => Refusal::Other(message.clone()),
    })
}

/// SHA-256 of what was asked, so that a request id used twice with other contents is noticed.
fn body_hash(request: &BookingRequest) -> String {
    let mut hash = Sha256::new();
    hash.update(request.kind.as_str());
    hash.update([0]);
    hash.update(&request.note);
    hash.update([0]);
    hash.update(serde_json::to_vec(&request.acts).expect("acts are plain data"));
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
