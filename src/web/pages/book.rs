//! Take, put back, move, lend, add, count: one form each, and what it books.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::book_form;
use crate::domain::{Act, Actor, Borrower, ItemId, ItemKind, LotId, Permission, Quantity, RequestId};
use crate::services::catalog::{ItemSummary, ItemView, Loan};
use crate::services::scan::Scanned;
use crate::services::stock::{BookingKind, BookingRequest, Refusal, StockError};
use crate::web::fault::Fault;
use crate::web::forms::Posted;
use crate::web::language::Lang;
use crate::web::layout::{self, Page};
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// What somebody does with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Take,
    PutBack,
    Move,
    Lend,
    Receive,
    Count,
}

impl Verb {
    const ALL: [Self; 6] = [Self::Take, Self::PutBack, Self::Move, Self::Lend, Self::Receive, Self::Count];

    /// The word in the address.
    pub fn path(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::PutBack => "put-back",
            Self::Move => "move",
            Self::Lend => "lend",
            Self::Receive => "receive",
            Self::Count => "count",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Receive => "plus",
            other => other.path(),
        }
    }

    /// The key that presses its button.
    pub fn shortcut(self) -> &'static str {
        match self {
            Self::Take => "t",
            Self::PutBack => "p",
            Self::Move => "m",
            Self::Lend => "l",
            Self::Receive => "r",
            Self::Count => "c",
        }
    }

    /// The sentence of the catalogue for this verb, from one of its groups.
    pub fn key(self, group: &str) -> String {
        format!("{group}.{}", self.path())
    }

    fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.path() == path)
    }

    /// The verbs that make sense for an item in its state, for somebody with these rights, in the order of the buttons.
    pub fn offered(actor: &Actor, item: &ItemSummary) -> Vec<Self> {
        if item.archived || !actor.may(Permission::Book) {
            return Vec::new();
        }
        let there = item.on_hand > Decimal::ZERO;
        let sensible = |verb: &Self| match (verb, item.kind) {
            (_, ItemKind::Product) => false,
            (verb, ItemKind::Location) => *verb == Self::Move,
            (Self::Take | Self::Lend, _) | (Self::Move, ItemKind::Consumable) => there,
            (Self::PutBack | Self::Move, _) => true,
            (Self::Receive | Self::Count, kind) => kind.is_counted() && actor.may(Permission::Keep),
        };
        Self::ALL.into_iter().filter(sensible).collect()
    }

    /// Does its form ask where from?
    pub fn has_source(self) -> bool {
        matches!(self, Self::Take | Self::Move | Self::Lend | Self::Count)
    }

    /// Does it ask where to?
    pub fn has_target(self) -> bool {
        matches!(self, Self::PutBack | Self::Move | Self::Receive)
    }
}

/// The fields of every form; each verb reads its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Entered {
    /// Once per form shown: sending it twice books once.
    pub request: String,
    pub quantity: String,
    /// A holder, with `~LOT` where the item has lots.
    pub from: String,
    /// A holder's id, or its code.
    pub to: String,
    /// A person's id.
    pub person: String,
    /// Somebody without an account.
    pub borrower: String,
    pub due: String,
    pub note: String,
}

/// What is wrong with what was entered.
#[derive(Debug)]
pub enum Wrong {
    /// A key of the catalogue.
    Field(&'static str),
    Refused(Refusal),
    Fault(Fault),
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StockError> for Wrong {
    fn from(error: StockError) -> Self {
        match error {
            StockError::Refused { reason, .. } => Self::Refused(reason),
            StockError::RequestReused => Self::Field("wrong.reused"),
            other => Self::Fault(other.into()),
        }
    }
}

/// `GET /items/{id}/book/{verb}`; `?from=` and the others preselect.
pub async fn form(
    visit: Visit,
    Path((id, verb)): Path<(String, String)>,
    Query(mut entered): Query<Entered>,
) -> Result<Markup, Fault> {
    let (view, verb) = subject(&visit, &id, &verb).await?;
    entered.request = RequestId::new().to_string();
    shown(&visit, &view, verb, &entered, None).await
}

/// `POST /items/{id}/book/{verb}`: books, and goes to the item's page with the undo. What was refused is said in the form,
/// with everything still entered.
pub async fn submit(
    visit: Visit,
    Path((id, verb)): Path<(String, String)>,
    Posted(entered): Posted<Entered>,
) -> Result<Response, Fault> {
    let (view, verb) = subject(&visit, &id, &verb).await?;
    match book(&visit, &view, verb, &entered).await {
        Ok(booking) => Ok(Redirect::to(&format!("/items/{}?did={booking}", view.summary.id)).into_response()),
        Err(Wrong::Fault(fault)) => Err(fault),
        Err(wrong) => {
            let sentence = match &wrong {
                Wrong::Refused(reason) => words::refusal(visit.lang, reason, view.summary.unit.as_deref()),
                Wrong::Field(key) => say(visit.lang, key),
                Wrong::Fault(_) => String::new(),
            };
            // Another try is another request; the same one would be answered as the first was.
            let again = Entered { request: RequestId::new().to_string(), ..entered };
            let page = shown(&visit, &view, verb, &again, Some(&sentence)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn subject(visit: &Visit, id: &str, verb: &str) -> Result<(ItemView, Verb), Fault> {
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    let verb = Verb::of(verb).ok_or(Fault::NotFound)?;
    Ok((visit.state.services.catalog.view(&visit.actor, id).await?, verb))
}

async fn shown(
    visit: &Visit,
    view: &ItemView,
    verb: Verb,
    entered: &Entered,
    wrong: Option<&str>,
) -> Result<Markup, Fault> {
    let body = book_form::form(visit, view, verb, entered, wrong).await?;
    let title = format!("{}: {}", say(visit.lang, &verb.key("verb")), view.summary.name);
    Ok(layout::page(visit, &Page { title, nav: None, verbs: None, body: html! { (body) } }))
}

async fn book(visit: &Visit, view: &ItemView, verb: Verb, entered: &Entered) -> Result<String, Wrong> {
    let id: RequestId = entered.request.parse().map_err(|_| Wrong::Field("wrong.reused"))?;
    let item = &view.summary;
    let stock = &visit.state.services.stock;
    let quantity = |view: &ItemView| amount(visit.lang, view, &entered.quantity);
    let act = match verb {
        Verb::PutBack => {
            let to = if entered.to.trim().is_empty() { None } else { Some(place(visit, &entered.to).await?) };
            let booked = stock.put_back(&visit.actor, id, item.id, to, quantity(view)?).await?;
            return Ok(booked.booking.to_string());
        }
        Verb::Take => {
            let (from, lot) = source(view, &entered.from)?;
            let taker = visit.actor.person.map_or_else(|| Borrower::Named(visit.name.clone()), Borrower::Person);
            Act::take(item.kind, item.id, from, quantity(view)?, lot, taker, due(&entered.due)?)
        }
        Verb::Move => {
            let to = place(visit, &entered.to).await?;
            let (from, lot) = match (view.stock.is_empty(), item.kind) {
                (true, ItemKind::Location) => (None, None),
                // It lies nowhere: it is lent, missing or new, and moving it somewhere puts it back.
                (true, _) => {
                    let booked = stock.put_back(&visit.actor, id, item.id, Some(to), quantity(view)?).await?;
                    return Ok(booked.booking.to_string());
                }
                (false, _) => source(view, &entered.from).map(|(from, lot)| (Some(from), lot))?,
            };
            Act::Transfer { item: item.id, from, to: Some(to), quantity: quantity(view)?, lot }
        }
        Verb::Lend => {
            let (from, lot) = source(view, &entered.from)?;
            let borrower = match entered.person.trim() {
                "" => Borrower::Named(entered.borrower.split_whitespace().collect::<Vec<_>>().join(" ")),
                id => Borrower::Person(id.parse().map_err(|_| Wrong::Field("wrong.borrower"))?),
            };
            if borrower == Borrower::Named(String::new()) {
                return Err(Wrong::Field("wrong.borrower"));
            }
            Act::CheckOut { item: item.id, from, quantity: quantity(view)?, lot, borrower, due_on: due(&entered.due)? }
        }
        Verb::Receive => {
            let to = place(visit, &entered.to).await?;
            Act::Receive { item: item.id, to, quantity: quantity(view)?, lot: None }
        }
        Verb::Count => {
            let (holder, lot) = source(view, &entered.from)?;
            let counted = decimal(visit.lang, &entered.quantity).ok_or(Wrong::Field("wrong.count"))?;
            Act::Adjust { item: item.id, holder, counted, lot }
        }
    };
    let note: String = entered.note.trim().chars().filter(|c| !c.is_control()).take(500).collect();
    let request = BookingRequest { id, kind: BookingKind::Single, note, acts: vec![act] };
    Ok(stock.book(&visit.actor, &request).await?.booking.to_string())
}

/// A counted thing needs a number; an individual one is one.
fn amount(lang: Lang, view: &ItemView, entered: &str) -> Result<Quantity, Wrong> {
    if !view.summary.kind.is_counted() {
        return Ok(Quantity::ONE);
    }
    let value = decimal(lang, entered).ok_or(Wrong::Field("wrong.quantity"))?;
    Quantity::new(value).map_err(|_| Wrong::Field("wrong.quantity"))
}

/// A number as people write it in their language, with or without separators between thousands.
pub fn decimal(lang: Lang, entered: &str) -> Option<Decimal> {
    let text: String = entered.chars().filter(|c| !c.is_whitespace()).collect();
    let (thousands, point) = match lang {
        Lang::En => (',', '.'),
        Lang::De => ('.', ','),
    };
    let (whole, _) = text.split_once(point).unwrap_or((&text, ""));
    let mut groups = whole.split(thousands);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let grouped = !rest.is_empty() && (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
    let text = if grouped { text.replace(thousands, "") } else { text };
    let plain = if text.contains('.') { text } else { text.replacen(',', ".", 1) };
    let digits = !plain.is_empty() && plain.chars().all(|c| c.is_ascii_digit() || c == '.');
    if digits { plain.parse().ok() } else { None }
}

fn source(view: &ItemView, entered: &str) -> Result<(ItemId, Option<LotId>), Wrong> {
    let (holder, lot) = entered.split_once('~').unwrap_or((entered, ""));
    let wrong = || Wrong::Field("wrong.from");
    if entered.is_empty() {
        return match view.stock.as_slice() {
            [line] => Ok((line.holder, line.lot.as_ref().map(|lot| lot.id))),
            _ => Err(wrong()),
        };
    }
    let lot = if lot.is_empty() { None } else { Some(lot.parse().map_err(|_| wrong())?) };
    Ok((holder.parse().map_err(|_| wrong())?, lot))
}

async fn place(visit: &Visit, entered: &str) -> Result<ItemId, Wrong> {
    place_of(visit, entered).await?.ok_or(Wrong::Field("wrong.to"))
}

/// A place by its id, or by a code typed or scanned.
pub async fn place_of(visit: &Visit, entered: &str) -> Result<Option<ItemId>, Fault> {
    if let Ok(id) = entered.trim().parse() {
        return Ok(Some(id));
    }
    match super::code::resolve(visit, entered).await? {
        Scanned::Item(place) => Ok(Some(place.id)),
        _ => Ok(None),
    }
}

fn due(entered: &str) -> Result<Option<time::Date>, Wrong> {
    day(entered).map_err(|_| Wrong::Field("wrong.due"))
}

/// A day as a browser's calendar gives it, or none.
pub fn day(entered: &str) -> Result<Option<time::Date>, time::error::Parse> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Some(entered.trim()).filter(|text| !text.is_empty()).map(|text| time::Date::parse(text, format)).transpose()
}

/// What of a loan is still out, for the form that takes it back.
pub fn outstanding(loans: &[Loan]) -> Decimal {
    loans.iter().map(|loan| loan.outstanding).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, english: Option<&str>, german: Option<&str>) {
        let read = |lang| decimal(lang, text).map(|value: Decimal| value.normalize().to_string());
        assert_eq!((read(Lang::En).as_deref(), read(Lang::De).as_deref()), (english, german), "{text}");
    }

    #[test]
    fn numbers_are_read_as_they_are_written_on_the_page() {
        check("50", Some("50"), Some("50"));
        check("2.5", Some("2.5"), Some("2.5"));
        check("2,5", Some("2.5"), Some("2.5"));
        check("1,250", Some("1250"), Some("1.25"));
        check("1.250", Some("1.25"), Some("1250"));
        check("1.250,75", None, Some("1250.75"));
        check("1,250.75", Some("1250.75"), None);
        check("1 250", Some("1250"), Some("1250"));
        for wrong in ["", "-1", "many", "1e3", "1,2,3", "٣"] {
            check(wrong, None, None);
        }
    }
}
