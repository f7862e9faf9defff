//! What touches and scans do during a count.

use std::rc::Rc;

use rust_decimal::Decimal;

use super::super::super::booking::amount;
use super::super::super::desktop::Face;
use super::super::super::notices;
use super::super::super::ui::{CountAdapter, CountSaid, CountState, Page};
use super::super::{navigation, require};
use super::chooser::begin;
use super::{Asked, lines, refresh, shown_id};
use crate::domain::stocktake::Line;
use crate::domain::{Permission, RequestId};
use crate::services::scan::Scanned;
use crate::services::stocktake::{Amount, CountRequest, CountScan, CountedLine, StocktakeError};

/// A code was scanned while a count is shown, or a place while one is chosen.
pub fn scanned(face: &Rc<Face>, text: &str) {
    let Some(id) = shown_id(face) else {
        let text = text.to_owned();
        face.call(
            move |services, actor| async move { services.scan.resolve(&actor, &text).await },
            |face, answer| match answer {
                Ok(Scanned::Item(place)) => begin(face, place.id),
                Ok(_) => say(face, CountSaid::Unknown, "", ""),
                Err(error) => notices::failed(face, &error.to_string()),
            },
        );
        return;
    };
    let (here, code) = (face.kiosk.count.here.get(), text.to_owned());
    face.adapter::<CountAdapter>().set_said_code(text.trim().into());
    face.call(
        move |services, actor| async move { services.stocktakes.scan(&actor, id, here, RequestId::new(), &code).await },
        |face, answer| match answer {
            Ok(CountScan::Counted(line)) => counted(face, &line),
            Ok(CountScan::HowMany { item, holder, counted }) => {
                let line = Line { item: item.id, holder, lot: None };
                ask(face, line, &item.name, item.unit.as_deref(), counted);
            }
            Ok(CountScan::Here(place)) => {
                face.kiosk.count.here.set(Some(place.id));
                face.adapter::<CountAdapter>().set_here(place.name.as_str().into());
                say(face, CountSaid::Here, &place.name, "");
            }
            Ok(CountScan::Other(Scanned::Choice(_))) => say(face, CountSaid::Choice, "", ""),
            Ok(CountScan::Other(_)) => say(face, CountSaid::Unknown, "", ""),
            Err(error) => refused(face, &error),
        },
    );
}

/// A line was touched.
pub fn touch(face: &Rc<Face>, id: &str) {
    let Some(line) = lines::of_id(id) else { return };
    let view = face.kiosk.count.view.borrow();
    let Some(shown) = view.as_ref().and_then(|view| view.lines.iter().find(|shown| shown.line == line)).cloned() else {
        return;
    };
    drop(view);
    if face.adapter::<CountAdapter>().get_state() != CountState::Open {
        navigation::open(face, Page::Item, &line.item.to_string());
    } else if shown.kind.is_counted() {
        ask(face, line, &shown.name, shown.unit.as_deref(), shown.counted);
    } else {
        let here = shown.counted.is_some_and(|n| n > Decimal::ZERO);
        count(face, line, if here { Amount::Open } else { Amount::Is(Decimal::ONE) }, RequestId::new());
    }
}

/// Asks how many of a consumable there are; what was counted before stands there.
pub fn ask(face: &Rc<Face>, line: Line, name: &str, unit: Option<&str>, counted: Option<Decimal>) {
    require(face, Permission::Book, {
        let (name, unit) = (name.to_owned(), unit.unwrap_or_default().to_owned());
        move |face| {
            let adapter = face.adapter::<CountAdapter>();
            let place = face.places.node(line.holder).map(|node| node.name).unwrap_or_default();
            adapter.set_asked_name(name.into());
            adapter.set_asked_place(place.into());
            adapter.set_third_key(amount::third_key(face, &unit).into());
            adapter.set_unit(unit.into());
            adapter.set_amount(face.numbers().write(counted.unwrap_or_default()).into());
            adapter.set_asking(true);
            face.kiosk.count.fresh.set(true);
            face.kiosk.count.asked.replace(Some(Asked { line, request: RequestId::new() }));
        }
    });
}

pub fn ask_no_more(face: &Face) {
    face.kiosk.count.asked.replace(None);
    face.adapter::<CountAdapter>().set_asking(false);
}

pub fn confirm(face: &Rc<Face>) {
    let Some(asked) = *face.kiosk.count.asked.borrow() else { return };
    let Some(amount) = face.numbers().read(&face.adapter::<CountAdapter>().get_amount()) else { return };
    count(face, asked.line, Amount::Is(amount), asked.request);
}

pub fn count(face: &Rc<Face>, line: Line, amount: Amount, request: RequestId) {
    let Some(id) = shown_id(face) else { return };
    require(face, Permission::Book, move |face| {
        let adapter = face.adapter::<CountAdapter>();
        adapter.set_said_code("".into());
        adapter.set_busy(true);
        let request = CountRequest { request, item: line.item, holder: line.holder, lot: line.lot, amount };
        face.call(
            move |services, actor| async move { services.stocktakes.count(&actor, id, &request).await },
            |face, answer| {
                face.adapter::<CountAdapter>().set_busy(false);
                match answer {
                    Ok(line) => counted(face, &line),
                    Err(error) => refused(face, &error),
                }
            },
        );
    });
}

pub fn counted(face: &Rc<Face>, line: &CountedLine) {
    ask_no_more(face);
    let unit = line.unit.as_deref().unwrap_or_default();
    let amount = line.counted.filter(|_| line.unit.is_some()).map(|n| face.numbers().quantity(n, unit));
    let said = match line.counted {
        None => CountSaid::Open,
        Some(n) if n.is_zero() => CountSaid::NotHere,
        Some(_) => CountSaid::Counted,
    };
    say(face, said, &line.name, &amount.unwrap_or_default());
    refresh(face);
}

/// What is decided about a whole count.
#[derive(Clone, Copy)]
pub enum Decision {
    Rest,
    Close,
    Reopen,
    Cancel,
    Approve,
}

pub fn decide(face: &Rc<Face>, decision: Decision) {
    let Some(id) = shown_id(face) else { return };
    require(face, Permission::Book, move |face| {
        let Some((request, version)) = face.kiosk.count.approval.get() else { return };
        face.adapter::<CountAdapter>().set_busy(true);
        face.call(
            move |services, actor| async move {
                let stocktakes = &services.stocktakes;
                match decision {
                    Decision::Rest => stocktakes.rest_is_not_here(&actor, id).await.map(|_| None),
                    Decision::Close => stocktakes.close(&actor, id).await.map(|()| None),
                    Decision::Reopen => stocktakes.reopen(&actor, id).await.map(|()| None),
                    Decision::Cancel => stocktakes.cancel(&actor, id).await.map(|()| None),
                    Decision::Approve => {
                        stocktakes.approve(&actor, request, id, version).await.map(|done| done.booking)
                    }
                }
            },
            move |face, answer| {
                face.adapter::<CountAdapter>().set_busy(false);
                match answer {
                    Ok(Some(booking)) => {
                        let name = face.adapter::<CountAdapter>().get_name();
                        notices::stocktaken(face, booking, &name);
                    }
                    Ok(None) => say(face, CountSaid::None, "", ""),
                    Err(error) => refused(face, &error),
                }
                refresh(face);
            },
        );
    });
}

/// What was refused, told at the foot of the page.
pub fn refused(face: &Rc<Face>, error: &StocktakeError) {
    let said = match error {
        StocktakeError::OutOfScope => CountSaid::Outside,
        StocktakeError::NotOpen(_) | StocktakeError::Decided(_) | StocktakeError::StillCounting => CountSaid::NotOpen,
        StocktakeError::WhichLot(_) => CountSaid::WhichLot,
        StocktakeError::Changed => CountSaid::Changed,
        StocktakeError::SamePerson => CountSaid::SamePerson,
        StocktakeError::Recount(_) => CountSaid::Recount,
        StocktakeError::Overlaps(_) => CountSaid::BusyElsewhere,
        other => {
            notices::failed(face, &other.to_string());
            return;
        }
    };
    say(face, said, "", "");
}

pub fn say(face: &Face, said: CountSaid, name: &str, amount: &str) {
    let adapter = face.adapter::<CountAdapter>();
    adapter.set_said(said);
    adapter.set_said_name(name.into());
    adapter.set_said_amount(amount.into());
}
