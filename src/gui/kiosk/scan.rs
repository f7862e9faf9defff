//! What a scan does here: looked up, decided by `domain::scan::action`, done, and told by a sound, a colour and a word.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use slint::{Timer, TimerMode};

use super::super::desktop::Face;
use super::super::notices::{self, Told};
use super::super::ui::{
    BasketAdapter, BookingAdapter, CodeAdapter, CountAdapter, KioskAdapter, Page, ResultsAdapter, ScanTold,
    ScannerAdapter, Verb,
};
use super::super::{booking, live, results, results::Keep};
use super::{basket, idle, navigation, on, session, sounds, test_page};
use crate::domain::scan::action::{self, Action, Named, Open, Situation};
use crate::domain::scanner::Scan;
use crate::domain::{Act, ItemId, ItemKind, Permission, Quantity, RequestId, Whereabouts};
use crate::services::catalog::{ItemSummary, ItemView};
use crate::services::scan::{ScanError, Scanned};
use crate::services::stock::{Booked, BookingKind, BookingRequest, StockError};

/// What was scanned last, as long as it is asked what to do with it.
#[derive(Default)]
pub struct State {
    told: Timer,
    /// Something was scanned since the program began: there is a scanner.
    pub(super) heard: Cell<bool>,
    /// The code that waits for a thing to be put on.
    pub(super) code: RefCell<String>,
    /// A thing is being made for it.
    pub(super) making: Cell<bool>,
}

/// How long the word of a scan stays on the screen.
const TOLD: Duration = Duration::from_millis(1600);

/// A code arrived. `woke`: the screen slept, and this only woke it.
pub fn scanned(face: &Rc<Face>, scan: Scan, woke: bool) {
    idle::touched(face);
    face.kiosk.scan.heard.set(true);
    face.adapter::<KioskAdapter>().set_scanner_ready(true);
    if test_page::shows(face, &scan) {
        return;
    }
    if woke {
        return;
    }
    let text = scan.reading.text;
    let looked_up = text.clone();
    face.call(
        move |services, actor| async move { services.scan.resolve(&actor, &looked_up).await },
        move |face, answer: Result<Scanned, ScanError>| match answer {
            Ok(found) => act(face, text, found),
            Err(error) => {
                tracing::warn!("A scan is not looked up: {error}");
                tell(face, ScanTold::Failed, "");
            }
        },
    );
}

fn act(face: &Rc<Face>, text: String, found: Scanned) {
    let (named, name) = match &found {
        Scanned::Item(item) => (named(item), item.name.clone()),
        Scanned::Choice(_) => (Named::Several, text.clone()),
        Scanned::Blank { code } => (Named::Blank, code.clone()),
        Scanned::Badge(person) => (Named::Badge(*person), String::new()),
        Scanned::Command(command) => (Named::Command(*command), String::new()),
        Scanned::Unknown { text } => (Named::Nothing, text.clone()),
    };
    let action = action::decide(named, situation(face));
    let for_basket = navigation::here(face).page == Page::Basket
        && matches!(action, Action::TakeOne(_) | Action::ShowItem(_) | Action::ShowPlace(_));
    if action == Action::Count || for_basket {
        tell(face, ScanTold::Found, &name);
        super::scanned(face, &text);
        return;
    }
    match action {
        // What counts was said above.
        Action::Wake | Action::Count => {}
        Action::SignIn(_) => session::with_badge(face, text),
        Action::Renew => tell(face, ScanTold::Renewed, ""),
        Action::ShowItem(id) => {
            tell(face, ScanTold::Found, &name);
            navigation::choose(face, &id.to_string());
        }
        Action::ShowPlace(id) => {
            tell(face, ScanTold::Place, &name);
            navigation::open(face, Page::Places, &id.to_string());
        }
        Action::TakeOne(id) => {
            tell(face, ScanTold::Found, &name);
            basket::add(face, id);
        }
        Action::PutInto { item, place } => {
            let Scanned::Item(summary) = found else { return };
            put_into(face, &summary, item, place);
        }
        Action::Raise(by) => {
            tell(face, ScanTold::More, &by.to_string());
            let by = i32::try_from(by).unwrap_or(1);
            match navigation::here(face).page {
                Page::Basket => face.adapter::<BasketAdapter>().invoke_step(by),
                Page::Count => face.adapter::<CountAdapter>().invoke_step(by),
                _ => face.adapter::<BookingAdapter>().invoke_step(by),
            }
        }
        Action::Confirm => {
            tell(face, ScanTold::Command, "");
            match navigation::here(face).page {
                Page::Basket => face.adapter::<BasketAdapter>().invoke_confirm(),
                Page::Count => face.adapter::<CountAdapter>().invoke_confirm(),
                _ => face.adapter::<BookingAdapter>().invoke_confirm(),
            }
        }
        Action::Choose => {
            tell(face, ScanTold::Several, &name);
            face.adapter::<ResultsAdapter>().set_query(text.into());
            navigation::open(face, Page::Find, "");
            results::reload(face, Keep::First);
        }
        Action::Label | Action::Attach => {
            let blank = action == Action::Label;
            tell(face, if blank { ScanTold::Blank } else { ScanTold::Unknown }, &name);
            face.kiosk.scan.code.replace(text);
            let adapter = face.adapter::<CodeAdapter>();
            adapter.set_code(name.into());
            adapter.set_blank(blank);
            navigation::open(face, Page::Code, "");
        }
        Action::PutBack(id) => {
            tell(face, ScanTold::Command, "");
            booking::begin(face, Verb::PutBack, &id.to_string(), None);
        }
        Action::Undo => {
            if notices::undo_offered(face) {
                tell(face, ScanTold::Command, "");
            } else {
                tell(face, ScanTold::NothingOpen, "");
            }
        }
        Action::UseUp(id) => session::require(face, Permission::Book, move |face| use_up(face, id)),
        Action::NothingOpen => tell(face, ScanTold::NothingOpen, ""),
    }
}

fn named(item: &ItemSummary) -> Named {
    let whole = item.whereabouts == Whereabouts::InHolder && item.places == 1;
    let into = if whole { item.path.places.last().map(|place| place.id) } else { None };
    Named::Item { id: item.id, kind: item.kind, archived: item.archived, into }
}

/// What a scan falls into.
fn situation(face: &Rc<Face>) -> Situation {
    let here = navigation::here(face);
    let id: Option<ItemId> = here.id.parse().ok();
    let open = match (here.page, id) {
        (Page::Item, Some(id)) => Open::Item(id),
        (Page::Act, _) => {
            let item = face.adapter::<BookingAdapter>().get_item().parse();
            item.map_or(Open::Other, Open::Amount)
        }
        (Page::Places, Some(id)) => {
            let kind = face.places.node(id).map_or(ItemKind::Location, |node| node.kind);
            Open::Place { id, kind }
        }
        (Page::Basket, _) => Open::Basket,
        (Page::Count, _) => Open::Count,
        _ => Open::Other,
    };
    let who = session::who(face);
    Situation {
        open,
        person: who.map(|(id, _)| id),
        taking: here.verb.is_none() && who.is_some_and(|(_, by)| by == session::By::Badge),
        asleep: false,
    }
}

/// A single thing goes there at once, and can be taken back; of goods it is asked how many.
fn put_into(face: &Rc<Face>, summary: &ItemSummary, item: ItemId, place: ItemId) {
    let name = summary.name.clone();
    if summary.kind.is_counted() {
        tell(face, ScanTold::Found, &name);
        booking::begin_into(face, item, place);
        return;
    }
    session::require(face, Permission::Book, move |face| {
        let request = RequestId::new();
        face.call(
            move |services, actor| async move {
                services.stock.put_back(&actor, request, item, Some(place), Quantity::from(1)).await
            },
            move |face, answer: Result<Booked, StockError>| match answer {
                Ok(booked) => {
                    tell(face, ScanTold::Placed, &name);
                    let to = face.places.node(place).map(|node| node.name).unwrap_or_default();
                    let told =
                        Told { verb: Verb::PutBack, item: name.as_str().into(), to: to.into(), ..Told::default() };
                    notices::booked(face, booked.booking, told);
                    live::refresh_everything(face);
                }
                Err(error) => {
                    tell(face, ScanTold::Refused, &name);
                    notices::failed(face, &error.to_string());
                }
            },
        );
    });
}

/// What is left of it in its one place is taken; of several places it is asked which.
fn use_up(face: &Rc<Face>, item: ItemId) {
    let request = RequestId::new();
    face.call(
        move |services, actor| async move {
            let view = services.catalog.view(&actor, item).await.map_err(|error| error.to_string())?;
            let [line] = view.stock.as_slice() else { return Ok::<_, String>((view, None)) };
            if !view.summary.kind.is_counted() {
                return Ok((view, None));
            }
            let quantity = Quantity::new(line.quantity).map_err(|error| error.to_string())?;
            let lot = line.lot.as_ref().map(|lot| lot.id);
            let act = Act::Issue { item, from: line.holder, quantity, lot };
            let request =
                BookingRequest { id: request, kind: BookingKind::Single, note: String::new(), acts: vec![act] };
            let booked = services.stock.book(&actor, &request).await.map_err(|error| error.to_string())?;
            Ok((view, Some(booked)))
        },
        |face, answer: Result<(ItemView, Option<Booked>), String>| match answer {
            Ok((view, Some(booked))) => {
                let summary = &view.summary;
                tell(face, ScanTold::Empty, &summary.name);
                let from = view.stock.first().and_then(|line| line.path.places.last());
                let amount = view
                    .stock
                    .first()
                    .map(|line| face.numbers().quantity(line.quantity, summary.unit.as_deref().unwrap_or_default()));
                let told = Told {
                    verb: Verb::Take,
                    amount: amount.unwrap_or_default(),
                    item: summary.name.as_str().into(),
                    from: from.map(|place| place.name.as_str()).unwrap_or_default().into(),
                    ..Told::default()
                };
                notices::booked(face, booked.booking, told);
                live::refresh_everything(face);
            }
            Ok((view, None)) => booking::begin(face, Verb::Take, &view.summary.id.to_string(), None),
            Err(error) => {
                tell(face, ScanTold::Refused, "");
                notices::failed(face, &error);
            }
        },
    );
}

/// Says in a word, a colour and a sound what became of a scan.
pub fn tell(face: &Rc<Face>, told: ScanTold, about: &str) {
    let adapter = face.adapter::<ScannerAdapter>();
    adapter.set_about(about.into());
    adapter.set_told(told);
    if adapter.get_told_well() {
        sounds::good(face);
    } else {
        sounds::bad(face);
    }
    face.kiosk.scan.told.start(
        TimerMode::SingleShot,
        TOLD,
        on(face, |face| face.adapter::<ScannerAdapter>().set_told(ScanTold::None)),
    );
}
