//! Counting a place: open it, count it line by line, look at the differences, let somebody else approve them.
//!
//! Every count is committed at once, so that a power cut costs at most the one in hand. Nothing moves stock until the
//! approval, which books all differences as one booking of kind `stocktake`; the undo service takes it back.

mod agenda;
mod counting;
mod rules;
mod view;

use thiserror::Error;
use time::OffsetDateTime;

pub use self::agenda::Agenda;
pub use self::counting::{Amount, CountRequest, CountScan, CountedLine};
pub use self::view::{LineView, Pile, StocktakeView, Tally};
use super::scan::ScanError;
use super::stock::{Refusal, StockError, book_acts};
use crate::domain::person::Forbidden;
use crate::domain::stocktake::{self as counts, Counted, Line, State};
use crate::domain::{Actor, BookingId, ItemId, Permission, RequestId, StocktakeId};
use crate::store::bookings::{self, BookingKind, NewBooking};
use crate::store::{Db, StoreError, items, stocktake as store};

pub use crate::store::stock::Lot;
pub use crate::store::stocktake::Head;
pub use crate::store::stocktake::agenda::Proposal;

/// Why a stocktake did not go on.
#[derive(Debug, Error)]
pub enum StocktakeError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("no such stocktake")]
    NotFound,
    #[error("only a place that is not archived is counted")]
    NoHolder,
    #[error("part of it is being counted already; count on there")]
    Overlaps(StocktakeId),
    #[error("its state is {0}; only an open stocktake is counted into")]
    NotOpen(State),
    #[error("counting goes on; end it first, and look at the differences")]
    StillCounting,
    #[error("it was {0} already")]
    Decided(State),
    #[error("it was counted on or changed since; look at the differences again")]
    Changed,
    #[error("a place or a product is not counted; what lies in it is")]
    NotCountable,
    #[error("it is archived")]
    Archived,
    #[error("that place is not part of this stocktake")]
    OutOfScope,
    #[error("an individual thing is here or not: 1 or 0")]
    OneOrNone,
    #[error("a counted quantity is not negative and has at most six decimals")]
    Amount,
    #[error("several lots lie there; say which one")]
    WhichLot(Vec<Lot>),
    #[error("who counted does not approve; somebody else has to look")]
    SamePerson,
    /// Booked on top of what happened since, these lines would go below zero.
    #[error("{} lines have to be counted again", .0.len())]
    Recount(Vec<Line>),
    #[error("{reason}")]
    Refused { line: Line, reason: Refusal },
    #[error("this request was already made with other contents")]
    RequestReused,
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl From<ScanError> for StocktakeError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Forbidden(error) => error.into(),
            ScanError::Store(error) => error.into(),
        }
    }
}

/// An approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved {
    /// `None`: everything agreed, nothing was to be written.
    pub booking: Option<BookingId>,
    /// Lines of the booking.
    pub written: usize,
    /// The same request had been approved before.
    pub repeated: bool,
}

/// Counts places.
#[derive(Clone)]
pub struct Stocktakes {
    db: Db,
}

/// Another booking may get in between; a few more tries settle it.
const TRIES: usize = 4;

impl Stocktakes {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Stocktakes in these states, lately opened first. Who acted is for members.
    pub async fn list(&self, actor: &Actor, states: &[State], limit: i64) -> Result<Vec<Head>, StocktakeError> {
        self.page(actor, states, None, limit).await
    }

    /// Those opened before one of them, as [`Self::list`] has them.
    pub async fn page(
        &self,
        actor: &Actor,
        states: &[State],
        before: Option<(OffsetDateTime, StocktakeId)>,
        limit: i64,
    ) -> Result<Vec<Head>, StocktakeError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        let mut heads = store::list(&client, states, before, limit).await?;
        for head in &mut heads {
            view::hide_names(actor, head);
        }
        Ok(heads)
    }

    /// Opens a count of everything in a holder. One of an overlapping place that is not decided yet is refused, and named:
    /// whoever else counts there joins that one.
    pub async fn open(&self, actor: &Actor, holder: ItemId, note: &str) -> Result<StocktakeId, StocktakeError> {
        actor.require(Permission::Book)?;
        let note: String = note.trim().chars().filter(|c| !c.is_control()).take(2000).collect();
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let place = items::get(&tx, holder).await?.ok_or(StocktakeError::NoHolder)?;
        if !place.draft.kind.is_holder() || place.archived_at.is_some() {
            return Err(StocktakeError::NoHolder);
        }
        if let Some(other) = store::overlapping(&tx, holder).await? {
            return Err(StocktakeError::Overlaps(other));
        }
        let id = StocktakeId::new();
        store::insert(&tx, id, holder, &note, actor.person).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(id)
    }

    /// Ends counting: from now on the differences are shown. Nothing is written yet.
    pub async fn close(&self, actor: &Actor, id: StocktakeId) -> Result<(), StocktakeError> {
        self.set_open(actor, id, false).await
    }

    /// Goes on counting.
    pub async fn reopen(&self, actor: &Actor, id: StocktakeId) -> Result<(), StocktakeError> {
        self.set_open(actor, id, true).await
    }

    async fn set_open(&self, actor: &Actor, id: StocktakeId, open: bool) -> Result<(), StocktakeError> {
        actor.require(Permission::Book)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let head = store::lock(&tx, id).await?.ok_or(StocktakeError::NotFound)?;
        if head.state.is_decided() {
            return Err(StocktakeError::Decided(head.state));
        }
        if (head.state == State::Open) != open {
            store::set_open(&tx, id, open).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Gives a stocktake up: its counts stay as a record, nothing is written. For who opened it, or a keeper.
    pub async fn cancel(&self, actor: &Actor, id: StocktakeId) -> Result<(), StocktakeError> {
        actor.require(Permission::Book)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let head = store::lock(&tx, id).await?.ok_or(StocktakeError::NotFound)?;
        if head.opened_by != actor.person || actor.person.is_none() {
            actor.require(Permission::Keep)?;
        }
        if head.state.is_decided() {
            return Err(StocktakeError::Decided(head.state));
        }
        store::decide(&tx, id, State::Cancelled, actor.person, None).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Books the differences on top of what has happened since each count, all or none. `version` is that of the view the
    /// approver looked at. Who counted does not approve, unless a setting lets them.
    pub async fn approve(
        &self,
        actor: &Actor,
        request: RequestId,
        id: StocktakeId,
        version: i32,
    ) -> Result<Approved, StocktakeError> {
        actor.require(Permission::Keep)?;
        let mut tries = 1;
        loop {
            match self.try_approve(actor, request, id, version).await {
                Err(StocktakeError::Store(StoreError::Serialization)) if tries < TRIES => tries += 1,
                Err(StocktakeError::Store(e)) if e.constraint() == Some(bookings::REQUEST_ONCE) && tries < TRIES => {
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    async fn try_approve(
        &self,
        actor: &Actor,
        request: RequestId,
        id: StocktakeId,
        version: i32,
    ) -> Result<Approved, StocktakeError> {
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let hash = format!("stocktake {id}");
        if let Some(before) = bookings::by_request(&tx, actor, request).await? {
            if before.body_hash != hash {
                return Err(StocktakeError::RequestReused);
            }
            let written = bookings::lines(&tx, before.id).await?.len();
            return Ok(Approved { booking: Some(before.id), written, repeated: true });
        }
        let head = store::lock(&tx, id).await?.ok_or(StocktakeError::NotFound)?;
        match head.state {
            State::Open => return Err(StocktakeError::StillCounting),
            State::Counted if head.version != version => return Err(StocktakeError::Changed),
            State::Counted => {}
            decided => return Err(StocktakeError::Decided(decided)),
        }
        if !rules::self_approval(&tx).await? && store::counters(&tx, id).await?.contains(&actor.person) {
            return Err(StocktakeError::SamePerson);
        }
        let concerned: Vec<ItemId> =
            store::lines(&tx, &head, true).await?.iter().map(|stored| stored.line.item).collect();
        bookings::lock_items(&tx, &concerned).await?;
        // Read again under the locks: from here on nothing moves.
        let verdicts = counts::reconcile(&in_order(&store::lines(&tx, &head, true).await?));
        let again: Vec<Line> = verdicts
            .iter()
            .filter(|verdict| matches!(verdict.outcome, counts::Outcome::Recount { .. }))
            .map(|verdict| verdict.line)
            .collect();
        if !again.is_empty() {
            return Err(StocktakeError::Recount(again));
        }
        let (lines, acts): (Vec<Line>, Vec<_>) = counts::acts(&verdicts).into_iter().unzip();
        let booking = if acts.is_empty() { None } else { Some(BookingId::new()) };
        bookings::begin(&tx, actor, booking).await?;
        if let Some(booking) = booking {
            let head = NewBooking {
                id: booking,
                request,
                body_hash: &hash,
                kind: BookingKind::Stocktake,
                note: &head.note,
                reverses: None,
            };
            bookings::insert(&tx, actor, &head).await?;
            book_acts(&tx, booking, 1, &acts).await.map_err(|error| match error {
                StockError::Refused { line, reason } => StocktakeError::Refused { line: lines[line], reason },
                StockError::Store(error) => error.into(),
                StockError::Forbidden(error) => error.into(),
                StockError::Empty | StockError::Note | StockError::RequestReused => StocktakeError::Changed,
            })?;
        }
        store::decide(&tx, id, State::Approved, actor.person, booking).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Approved { booking, written: acts.len(), repeated: false })
    }

    /// Whether `actor` may approve this stocktake now, as far as who they are goes.
    pub async fn may_approve(&self, actor: &Actor, id: StocktakeId) -> Result<bool, StocktakeError> {
        if !actor.may(Permission::Keep) {
            return Ok(false);
        }
        let client = self.db.client().await?;
        Ok(rules::self_approval(&client).await? || !store::counters(&client, id).await?.contains(&actor.person))
    }
}

/// The counted lines, the earliest count first.
fn in_order(lines: &[store::StoredLine]) -> Vec<Counted> {
    let mut counted: Vec<(i64, Counted)> =
        lines.iter().filter_map(|line| line.count.as_ref().map(|count| (count.number, count.counted))).collect();
    counted.sort_by_key(|(number, _)| *number);
    counted.into_iter().map(|(_, counted)| counted).collect()
}
