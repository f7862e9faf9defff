//! Baskets: each line looked at beforehand, all booked at once.

use rust_decimal::Decimal;
use thiserror::Error;

use super::stock::{Booked, BookingKind, BookingRequest, Refusal, Stock, StockError, put_back_act};
use crate::domain::act::ActError;
use crate::domain::basket::{Basket, BasketLine, BasketVerb};
use crate::domain::person::Forbidden;
use crate::domain::{Act, Actor, Borrower, ItemId, LoanId, MovementKind, Permission, Quantity, RequestId};
use crate::store::history::{self, HistoryFilter, HistoryLine};
use crate::store::stock::{self as lines, StockLine};
use crate::store::summaries::{self, ItemSummary, PlaceRef};
use crate::store::{Client, Db, StoreError};

/// Why a basket was not booked.
#[derive(Debug, Error)]
pub enum BasketError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("the basket is empty")]
    Empty,
    /// This line cannot be done as asked; nothing was booked.
    #[error("{reason}")]
    Line { item: ItemId, reason: Refusal },
    #[error("this request was already booked with other contents")]
    RequestReused,
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// A basket as it stands against the books now.
#[derive(Debug, Clone, PartialEq)]
pub struct BasketView {
    pub lines: Vec<LineView>,
    /// From or to how many places.
    pub places: usize,
    /// How many lines are lent rather than used up.
    pub lent: usize,
}

impl BasketView {
    /// Can all of it be booked?
    pub fn is_ready(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.trouble.is_none())
    }
}

/// One line of it.
#[derive(Debug, Clone, PartialEq)]
pub struct LineView {
    pub item: ItemSummary,
    pub quantity: Quantity,
    /// Where it is taken from, or where it goes.
    pub place: Option<PlaceRef>,
    /// It goes with whoever takes it, and is to come back.
    pub lends: bool,
    /// What stays on hand, of a consumable that is taken.
    pub leaves: Option<Decimal>,
    pub trouble: Option<Trouble>,
}

impl LineView {
    /// Taking it leaves less than the minimum.
    pub fn runs_low(&self) -> bool {
        matches!((self.leaves, self.item.min_quantity), (Some(leaves), Some(minimum)) if leaves < minimum)
    }
}

/// Why a line cannot be done as asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    pub reason: Refusal,
    /// As much of it as can be done.
    pub can: Option<Quantity>,
    /// Who took some last, for members to read.
    pub lately: Option<HistoryLine>,
}

/// Books baskets.
#[derive(Clone)]
pub struct Baskets {
    db: Db,
    stock: Stock,
}

/// What a line comes to: its acts, and the place they are about.
struct Planned {
    acts: Vec<Act>,
    place: Option<ItemId>,
}

impl Baskets {
    pub fn new(db: Db) -> Self {
        Self { stock: Stock::new(db.clone()), db }
    }

    /// How each line stands against the books now. Unknown items are left out.
    pub async fn check(&self, actor: &Actor, basket: &Basket) -> Result<BasketView, BasketError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        let ids: Vec<ItemId> = basket.lines().iter().map(|line| line.item).collect();
        let mut views = Vec::with_capacity(ids.len());
        let mut places = Vec::new();
        for item in summaries::load(&client, &ids).await? {
            let Some(line) = basket.lines().iter().find(|line| line.item == item.id) else { continue };
            let (place, lends, trouble) = match plan(&client, actor, basket, line, &item).await? {
                Ok(planned) => {
                    let lends = planned.acts.iter().any(|act| matches!(act, Act::CheckOut { .. }));
                    let reason = standing(&client, &planned.acts).await?;
                    let trouble = match reason {
                        Some(reason) => Some(trouble(&client, actor, item.id, reason).await?),
                        None => None,
                    };
                    (planned.place, lends, trouble)
                }
                Err(reason) => (line.place, false, Some(trouble(&client, actor, item.id, reason).await?)),
            };
            let named = match place {
                Some(place) => summaries::load(&client, &[place]).await?.pop(),
                None => None,
            };
            places.extend(place.filter(|place| !places.contains(place)));
            let takes = basket.verb == BasketVerb::Take && item.kind.is_counted();
            views.push(LineView {
                leaves: (takes && trouble.is_none()).then(|| (item.on_hand - line.quantity.get()).normalize()),
                quantity: line.quantity,
                place: named.map(|place| PlaceRef { id: place.id, name: place.name }),
                lends,
                trouble,
                item,
            });
        }
        let lent = views.iter().filter(|view| view.lends).count();
        Ok(BasketView { lines: views, places: places.len(), lent })
    }

    /// Books all of a basket as one booking, or nothing of it: then it says which line stands in the way.
    pub async fn confirm(&self, actor: &Actor, id: RequestId, basket: &Basket) -> Result<Booked, BasketError> {
        actor.require(Permission::Book)?;
        if basket.is_empty() {
            return Err(BasketError::Empty);
        }
        let client = self.db.client().await?;
        let ids: Vec<ItemId> = basket.lines().iter().map(|line| line.item).collect();
        let items = summaries::load(&client, &ids).await?;
        let mut owners = Vec::new();
        let mut acts = Vec::new();
        let mut first_trouble = None;
        for line in basket.lines() {
            let planned = match items.iter().find(|item| item.id == line.item) {
                Some(item) => plan(&client, actor, basket, line, item).await?,
                None => Err(Refusal::Unknown),
            };
            match planned {
                Ok(planned) => {
                    owners.extend(planned.acts.iter().map(|_| line.item));
                    acts.extend(planned.acts);
                }
                Err(reason) => {
                    first_trouble = Some(BasketError::Line { item: line.item, reason });
                    break;
                }
            }
        }
        drop(client);
        // What was booked already may look impossible now: a repeat is answered first.
        let repeated = async || self.stock.repeated(actor, id).await.ok();
        if let Some(trouble) = first_trouble {
            return repeated().await.ok_or(trouble);
        }
        let note: String = basket.note.trim().chars().filter(|c| !c.is_control()).take(500).collect();
        let request = BookingRequest { id, kind: BookingKind::Basket, note, acts };
        match self.stock.book(actor, &request).await {
            Ok(booked) => Ok(booked),
            Err(StockError::RequestReused) => repeated().await.ok_or(BasketError::RequestReused),
            Err(StockError::Refused { line, reason }) => Err(BasketError::Line { item: owners[line], reason }),
            // The note was cut above.
            Err(StockError::Empty | StockError::Note) => Err(BasketError::Empty),
            Err(StockError::Forbidden(error)) => Err(error.into()),
            Err(StockError::Store(error)) => Err(error.into()),
        }
    }
}

/// The acts that do a line as asked, or why nothing does.
async fn plan(
    client: &Client,
    actor: &Actor,
    basket: &Basket,
    line: &BasketLine,
    item: &ItemSummary,
) -> Result<Result<Planned, Refusal>, StoreError> {
    if item.archived {
        return Ok(Err(Refusal::Archived));
    }
    let there = lines::lines(client, line.item).await?;
    let one_place = |act: Act, place: Option<ItemId>| Ok(Ok(Planned { acts: vec![act], place }));
    match basket.verb {
        BasketVerb::Take => {
            let Some(taker) = actor.person.map(Borrower::Person) else { return Ok(Err(Refusal::Borrower)) };
            let from = line.place.or_else(|| there.first().map(|line| line.holder));
            let act =
                |from, quantity, lot| Act::take(item.kind, item.id, from, quantity, lot, taker.clone(), basket.due_on);
            Ok(out_of(&there, item.id, from, line.quantity, act))
        }
        BasketVerb::PutBack => {
            let to = match line.place.or(basket.to) {
                Some(to) => to,
                None => match lines::home_of(client, item.id).await? {
                    Some(home) => home,
                    None => return Ok(Err(Refusal::NoHolder)),
                },
            };
            one_place(put_back_act(client, actor, item, to, line.quantity).await?, Some(to))
        }
        BasketVerb::Move => {
            let Some(to) = line.place.or(basket.to) else { return Ok(Err(Refusal::NoHolder)) };
            if there.is_empty() && !item.kind.is_counted() {
                // It lies nowhere: moving it somewhere puts it back.
                return one_place(put_back_act(client, actor, item, to, line.quantity).await?, Some(to));
            }
            // Of several places the one with most that is not where it goes.
            let from = there.iter().map(|line| line.holder).find(|holder| *holder != to).or(Some(to));
            let act =
                |from, quantity, lot| Act::Transfer { item: item.id, from: Some(from), to: Some(to), quantity, lot };
            Ok(out_of(&there, item.id, from, line.quantity, act).map(|planned| Planned { place: Some(to), ..planned }))
        }
    }
}

/// The acts that get so many out of a holder: of several lots, what expires first goes first.
fn out_of(
    there: &[StockLine],
    item: ItemId,
    from: Option<ItemId>,
    quantity: Quantity,
    act: impl Fn(ItemId, Quantity, Option<crate::domain::LotId>) -> Act,
) -> Result<Planned, Refusal> {
    let asked = quantity.get();
    let Some(from) = from else {
        return Err(ActError::NotEnough { item, available: Decimal::ZERO, asked }.into());
    };
    let mut lots: Vec<&StockLine> = there.iter().filter(|line| line.holder == from).collect();
    lots.sort_by_key(|line| {
        let expires = line.lot.as_ref().and_then(|lot| lot.expires_on);
        (expires.is_none(), expires)
    });
    let available: Decimal = lots.iter().map(|line| line.quantity).sum();
    if available < asked {
        return Err(ActError::NotEnough { item, available: available.normalize(), asked }.into());
    }
    let mut open = asked;
    let mut acts = Vec::new();
    for line in lots {
        let part = open.min(line.quantity);
        if let Ok(part) = Quantity::new(part) {
            acts.push(act(from, part, line.lot.as_ref().map(|lot| lot.id)));
        }
        open -= part;
    }
    Ok(Planned { acts, place: Some(from) })
}

/// What stands against acts now, if anything does.
async fn standing(client: &Client, acts: &[Act]) -> Result<Option<Refusal>, StoreError> {
    for act in acts {
        let facts = lines::facts(client, act).await?;
        if let Err(error) = act.decide(&facts, LoanId::new()) {
            return Ok(Some(error.into()));
        }
    }
    Ok(None)
}

async fn trouble(client: &Client, actor: &Actor, item: ItemId, reason: Refusal) -> Result<Trouble, StoreError> {
    let can = match &reason {
        Refusal::Act(ActError::NotEnough { available: n, .. } | ActError::NotThatManyLent { outstanding: n, .. }) => {
            Quantity::new(*n).ok()
        }
        _ => None,
    };
    let lately = if can.is_some() && actor.may(Permission::SeePrivate) {
        let filter = HistoryFilter { item: Some(item), limit: 1, ..HistoryFilter::default() };
        let last = history::lines(client, &filter).await?.pop();
        last.filter(|line| {
            matches!(line.movement.kind, MovementKind::Issue | MovementKind::CheckOut | MovementKind::Transfer)
        })
    } else {
        None
    };
    Ok(Trouble { reason, can, lately })
}
