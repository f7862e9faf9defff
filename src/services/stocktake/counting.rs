//! One count: of a line that was chosen, or of whatever was scanned.

use rust_decimal::Decimal;

use super::{StocktakeError, Stocktakes};
use crate::domain::stocktake::{self as counts, Expected, Line, State};
use crate::domain::{Actor, ItemId, ItemKind, LotId, Permission, Quantity, RequestId, StocktakeId};
use crate::services::scan::{Scan, Scanned};
use crate::store::stocktake::{self as store, Head, NewCount};
use crate::store::summaries::{self, ItemSummary};
use crate::store::{StoreError, bookings, stock};

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many in all. 0: not here.
    Is(Decimal),
    /// So many more than were counted before.
    Plus(Decimal),
    /// Nobody counted it: the line is open again.
    Open,
}

/// One count of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountRequest {
    /// Made once per count; a repeat is answered, not counted again.
    pub request: RequestId,
    pub item: ItemId,
    /// In which holder.
    pub holder: ItemId,
    /// May be left out where a single lot lies.
    pub lot: Option<LotId>,
    pub amount: Amount,
}

/// A line after it was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct CountedLine {
    pub line: Line,
    pub name: String,
    pub unit: Option<String>,
    /// `None`: open again.
    pub counted: Option<Decimal>,
    /// What it was counted as before.
    pub before: Option<Decimal>,
}

/// What a scan did during a count.
#[derive(Debug, Clone, PartialEq)]
pub enum CountScan {
    /// One thing ticked off.
    Counted(CountedLine),
    /// A consumable: how many are in this holder?
    HowMany { item: Box<ItemSummary>, holder: ItemId, counted: Option<Decimal> },
    /// A place of this stocktake: what is scanned next lies there.
    Here(Box<ItemSummary>),
    /// Nothing to count; the face decides what to do with it.
    Other(Scanned),
}

impl Stocktakes {
    /// Counts a line and keeps what the books say at this moment. Committed when it returns.
    pub async fn count(
        &self,
        actor: &Actor,
        id: StocktakeId,
        request: &CountRequest,
    ) -> Result<CountedLine, StocktakeError> {
        actor.require(Permission::Book)?;
        match self.try_count(actor, id, request).await {
            // The same request won the race on another connection: its answer is ours.
            Err(StocktakeError::Store(e)) if e.constraint() == Some("stocktake_count_request_once") => {
                self.try_count(actor, id, request).await
            }
            other => other,
        }
    }

    async fn try_count(
        &self,
        actor: &Actor,
        id: StocktakeId,
        request: &CountRequest,
    ) -> Result<CountedLine, StocktakeError> {
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let item = summaries::load(&tx, &[request.item]).await?.pop().ok_or(StocktakeError::NotCountable)?;
        let answer = |line: Line, counted, before| CountedLine {
            line,
            name: item.name.clone(),
            unit: item.unit.clone(),
            counted,
            before,
        };
        if let Some((line, counted)) = store::by_request(&tx, id, request.request).await? {
            let same = line.item == request.item && line.holder == request.holder;
            return if same { Ok(answer(line, counted, None)) } else { Err(StocktakeError::RequestReused) };
        }
        let head = opened(store::share(&tx, id).await?)?;
        countable(&item)?;
        if !store::is_counted_in(&tx, head.id, request.holder).await? {
            return Err(StocktakeError::OutOfScope);
        }
        let lot = lot(&tx, &item, request).await?;
        let line = Line { item: item.id, holder: request.holder, lot };
        // Waits for a booking of the item that is under way: the books are read before it or after it.
        bookings::lock_items(&tx, &[item.id]).await?;
        let before = store::latest(&tx, id, line).await?;
        let (counted, continues) = match (request.amount, before) {
            (Amount::Open, _) => (None, None),
            (Amount::Is(amount), _) => (Some(amount), None),
            (Amount::Plus(more), None) => (Some(more), None),
            (Amount::Plus(more), Some((number, so_far))) => {
                (Some(so_far.checked_add(more).ok_or(StocktakeError::Amount)?), Some(number))
            }
        };
        let counted = counted.map(|amount| possible(item.kind, amount)).transpose()?;
        let new = NewCount { stocktake: id, request: request.request, line, counted, continues };
        store::count(&tx, &new, actor.person).await.map_err(|e| match e.constraint() {
            Some("stocktake_not_open") => StocktakeError::NotOpen(State::Counted),
            Some("stocktake_count_lot") => StocktakeError::NotCountable,
            _ => e.into(),
        })?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(answer(line, counted, before.map(|(_, amount)| amount)))
    }

    /// What a scanned or typed code means during a count. `here` is the place scanned before, if any. A thing is ticked
    /// off: where somebody said it lies, else where the books have it in this stocktake, else in its place itself. A box
    /// is ticked off first; scanned again, counting goes on inside it. Of a consumable the number is asked for.
    pub async fn scan(
        &self,
        actor: &Actor,
        id: StocktakeId,
        here: Option<ItemId>,
        request: RequestId,
        text: &str,
    ) -> Result<CountScan, StocktakeError> {
        actor.require(Permission::Book)?;
        let item = match Scan::new(self.db.clone()).resolve(actor, text).await? {
            Scanned::Item(item) => item,
            other => return Ok(CountScan::Other(other)),
        };
        let client = self.db.client().await?;
        let head = opened(store::get(&client, id).await?)?;
        if item.kind == ItemKind::Location {
            let inside = store::is_counted_in(&client, id, item.id).await?;
            return if inside { Ok(CountScan::Here(item)) } else { Err(StocktakeError::OutOfScope) };
        }
        countable(&item)?;
        let holder = match here {
            Some(here) => here,
            None => likely_holder(&client, &head, item.id).await?,
        };
        let line = Line { item: item.id, holder, lot: None };
        if item.kind.is_counted() {
            let counted = store::latest(&client, id, line).await?.map(|(_, amount)| amount);
            return Ok(CountScan::HowMany { item, holder, counted });
        }
        if item.kind == ItemKind::Container {
            let ticked = store::latest(&client, id, line).await?.is_some_and(|(_, amount)| amount > Decimal::ZERO);
            if ticked {
                return Ok(CountScan::Here(item));
            }
        }
        drop(client);
        let count = CountRequest { request, item: item.id, holder, lot: None, amount: Amount::Is(Decimal::ONE) };
        Ok(CountScan::Counted(self.count(actor, id, &count).await?))
    }

    /// Where an item is expected to be counted: the holder of this stocktake in which the books have most of it, else the
    /// stocktake's own place.
    pub async fn likely_holder(&self, actor: &Actor, id: StocktakeId, item: ItemId) -> Result<ItemId, StocktakeError> {
        actor.require(Permission::Book)?;
        let client = self.db.client().await?;
        let head = store::get(&client, id).await?.ok_or(StocktakeError::NotFound)?;
        Ok(likely_holder(&client, &head, item).await?)
    }

    /// Counts everything nobody counted as not here; a box in which something was counted is here, and what lies in a box
    /// that is missing stays inside it. Returns how many lines that were.
    pub async fn rest_is_not_here(&self, actor: &Actor, id: StocktakeId) -> Result<usize, StocktakeError> {
        actor.require(Permission::Book)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let head = opened(store::lock(&tx, id).await?)?;
        let lines = store::lines(&tx, &head, false).await?;
        let expected: Vec<Expected> = lines
            .iter()
            .filter(|l| l.on_books > Decimal::ZERO)
            .map(|l| Expected { line: l.line, kind: l.kind })
            .collect();
        let counted: Vec<(Expected, Decimal)> = lines
            .iter()
            .filter_map(|l| Some((Expected { line: l.line, kind: l.kind }, l.count.as_ref()?.counted.counted)))
            .collect();
        let rest = counts::rest(&expected, &counted);
        let items: Vec<ItemId> = rest.iter().map(|(line, _)| line.item).collect();
        bookings::lock_items(&tx, &items).await?;
        for (line, amount) in &rest {
            let new = NewCount {
                stocktake: id,
                request: RequestId::new(),
                line: *line,
                counted: Some(*amount),
                continues: None,
            };
            store::count(&tx, &new, actor.person).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(rest.len())
    }
}

async fn likely_holder(client: &crate::store::Client, head: &Head, item: ItemId) -> Result<ItemId, StoreError> {
    for line in stock::lines(client, item).await? {
        if store::is_counted_in(client, head.id, line.holder).await? {
            return Ok(line.holder);
        }
    }
    Ok(head.holder)
}

fn opened(head: Option<Head>) -> Result<Head, StocktakeError> {
    let head = head.ok_or(StocktakeError::NotFound)?;
    if head.state == State::Open { Ok(head) } else { Err(StocktakeError::NotOpen(head.state)) }
}

fn countable(item: &ItemSummary) -> Result<(), StocktakeError> {
    if matches!(item.kind, ItemKind::Location | ItemKind::Product) {
        Err(StocktakeError::NotCountable)
    } else if item.archived {
        Err(StocktakeError::Archived)
    } else {
        Ok(())
    }
}

/// A count the books can hold.
fn possible(kind: ItemKind, amount: Decimal) -> Result<Decimal, StocktakeError> {
    let amount = amount.normalize();
    if !kind.is_counted() && amount != Decimal::ZERO && amount != Decimal::ONE {
        return Err(StocktakeError::OneOrNone);
    }
    if amount.is_zero() || Quantity::new(amount).is_ok() { Ok(amount) } else { Err(StocktakeError::Amount) }
}

/// The lot that is meant: the one said, else the only one there.
async fn lot(
    tx: &deadpool_postgres::Transaction<'_>,
    item: &ItemSummary,
    request: &CountRequest,
) -> Result<Option<LotId>, StocktakeError> {
    if request.lot.is_some() || !item.kind.is_counted() {
        return Ok(request.lot);
    }
    let there = stock::lines(tx, item.id).await?;
    let lots: Vec<_> = there.into_iter().filter(|line| line.holder == request.holder).map(|line| line.lot).collect();
    match lots.as_slice() {
        [] => Ok(None),
        [only] => Ok(only.as_ref().map(|lot| lot.id)),
        several => Err(StocktakeError::WhichLot(several.iter().flatten().cloned().collect())),
    }
}
