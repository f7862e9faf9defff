//! The basket at the kiosk: filled by scans, looked at against the books, confirmed once.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rust_decimal::Decimal;
use slint::{Model as _, ModelRc, SharedString, VecModel};

use super::super::booking::amount;
use super::super::desktop::{Face, react};
use super::super::models::sync;
use super::super::ui::{BasketAdapter, BasketRow, BasketTrouble, BookingAdapter, Page, Verb};
use super::super::{format, live, notices, results};
use super::{navigation, on};
use crate::domain::act::ActError;
use crate::domain::basket::{Basket, BasketVerb};
use crate::domain::{ItemId, ItemKind, Permission, RequestId};
use crate::services::basket::{BasketError, BasketView, LineView};
use crate::services::scan::Scanned;
use crate::services::stock::Refusal;

/// What is in the basket, and how it stands.
#[derive(Default)]
pub struct State {
    basket: RefCell<Basket>,
    view: RefCell<Option<BasketView>>,
    rows: Rc<VecModel<BasketRow>>,
    asked: Cell<Option<ItemId>>,
    fresh: Cell<bool>,
    /// Counts the looks, so that an answer to an older one, which comes late, is dropped.
    looks: Cell<u64>,
    /// One per basket as it is: a second press of the same button books once.
    request: Cell<Option<RequestId>>,
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<BasketAdapter>();
    adapter.set_rows(ModelRc::from(face.kiosk.basket.rows.clone()));
    adapter.set_note("".into());
    show(face, BasketView { lines: Vec::new(), places: 0, lent: 0 });
    adapter.on_add(react(face, |face, id: SharedString| {
        if let Ok(id) = id.parse() {
            add(face, id);
        }
    }));
    adapter.on_add_asked(on(face, add_asked));
    adapter.on_turn(react(face, |face, verb: Verb| {
        change(face, |basket| basket.turn(verb_of(verb)));
    }));
    adapter.on_step_line({
        let step = react(face, |face, (id, by): (SharedString, i32)| {
            if let Ok(id) = id.parse() {
                change(face, |basket| basket.step(id, by > 0));
            }
        });
        move |id, by| step((id, by))
    });
    adapter.on_remove(react(face, |face, id: SharedString| {
        if let Ok(id) = id.parse() {
            change(face, |basket| basket.remove(id));
        }
    }));
    adapter.on_instead(react(face, |face, id: SharedString| instead(face, &id)));
    adapter.on_ask(react(face, |face, id: SharedString| ask(face, &id)));
    adapter.on_press(react(face, |face, key: SharedString| {
        let adapter = face.adapter::<BasketAdapter>();
        let fresh = face.kiosk.basket.fresh.replace(false);
        adapter.set_amount(amount::pressed(&adapter.get_amount(), &key, fresh, face.numbers()).into());
    }));
    adapter.on_step(react(face, |face, by: i32| {
        let adapter = face.adapter::<BasketAdapter>();
        if !adapter.get_asking() {
            // No number is asked for: what was scanned last is meant.
            change(face, |basket| {
                if let Some(last) = basket.lines().last().map(|line| line.item) {
                    for _ in 0..by.unsigned_abs() {
                        basket.step(last, by > 0);
                    }
                }
            });
            return;
        }
        let now = face.numbers().read(&adapter.get_amount()).unwrap_or_default();
        adapter.set_amount(face.numbers().write((now + Decimal::from(by)).max(Decimal::ONE)).into());
        face.kiosk.basket.fresh.set(true);
    }));
    adapter.on_set(on(face, |face| {
        let amount = face.numbers().read(&face.adapter::<BasketAdapter>().get_amount());
        if let (Some(item), Some(amount)) = (face.kiosk.basket.asked.get(), amount) {
            set(face, item, amount);
        }
        ask_no_more(face);
    }));
    adapter.on_never_mind(on(face, |face| ask_no_more(face)));
    adapter.on_clear(on(face, empty));
    adapter.on_confirm(on(face, |face| super::require(face, Permission::Book, confirm)));
}

/// Puts one more of a thing into the basket, and shows it.
pub fn add(face: &Rc<Face>, item: ItemId) {
    put(face, item, |_| {});
}

/// Puts as many as an act asks for into the basket, which does what the act would have done.
fn add_asked(face: &Rc<Face>) {
    let booking = face.adapter::<BookingAdapter>();
    let Ok(item) = booking.get_item().parse::<ItemId>() else { return };
    let amount = face.numbers().read(&booking.get_amount()).filter(|_| booking.get_countable());
    let verb = verb_of(booking.get_verb());
    put(face, item, move |basket| {
        basket.turn(verb);
        if let Some(error) = amount.and_then(|amount| basket.set(item, amount).err()) {
            tracing::debug!("One lies in the basket: {error}");
        }
    });
}

fn verb_of(verb: Verb) -> BasketVerb {
    match verb {
        Verb::PutBack => BasketVerb::PutBack,
        Verb::Move => BasketVerb::Move,
        _ => BasketVerb::Take,
    }
}

fn put(face: &Rc<Face>, item: ItemId, then: impl FnOnce(&mut Basket) + 'static) {
    super::require(face, Permission::Book, move |face| {
        face.call(
            move |services, actor| async move { services.catalog.summaries(&actor, &[item]).await },
            |face, answer| match answer.map(|mut found| found.pop()) {
                Ok(Some(item)) if matches!(item.kind, ItemKind::Location | ItemKind::Product) => {}
                Ok(Some(item)) => {
                    change(face, |basket| {
                        basket.add(item.id, item.kind);
                        then(basket);
                    });
                    navigation::open(face, Page::Basket, "");
                }
                Ok(None) => {}
                Err(error) => notices::failed(face, &error.to_string()),
            },
        );
    });
}

/// A code was scanned while the basket is shown: one more of a thing, or a place for it.
pub fn scanned(face: &Rc<Face>, text: &str) {
    let text = text.to_owned();
    face.call(
        move |services, actor| async move { services.scan.resolve(&actor, &text).await },
        |face, answer| match answer {
            Ok(Scanned::Item(item)) if item.kind == ItemKind::Location => change(face, |basket| basket.place(item.id)),
            Ok(Scanned::Item(item)) => add(face, item.id),
            Ok(_) => {}
            Err(error) => notices::failed(face, &error.to_string()),
        },
    );
}

/// Looks at the basket against the books again.
pub fn refresh(face: &Rc<Face>) {
    let basket = face.kiosk.basket.basket.borrow().clone();
    let look = face.kiosk.basket.looks.get() + 1;
    face.kiosk.basket.looks.set(look);
    face.call(
        move |services, actor| async move { services.baskets.check(&actor, &basket).await },
        move |face, answer| match answer {
            Ok(_) if face.kiosk.basket.looks.get() != look => {}
            Ok(view) => show(face, view),
            Err(error) => tracing::warn!("The basket is not checked: {error}"),
        },
    );
}

/// Forgets what is in it: whoever comes next begins with an empty one.
pub fn empty(face: &Rc<Face>) {
    face.kiosk.basket.basket.replace(Basket::default());
    face.adapter::<BasketAdapter>().set_note("".into());
    change(face, |_| {});
}

fn change(face: &Rc<Face>, with: impl FnOnce(&mut Basket)) {
    with(&mut face.kiosk.basket.basket.borrow_mut());
    face.kiosk.basket.request.set(None);
    refresh(face);
}

/// So many of it. What is no quantity leaves the line as it was.
fn set(face: &Rc<Face>, item: ItemId, amount: Decimal) {
    change(face, |basket| {
        if let Err(error) = basket.set(item, amount) {
            tracing::debug!("{amount} stays out of the basket: {error}");
        }
    });
}

fn instead(face: &Rc<Face>, id: &str) {
    let Ok(item) = id.parse::<ItemId>() else { return };
    let can = face
        .kiosk
        .basket
        .view
        .borrow()
        .as_ref()
        .and_then(|view| view.lines.iter().find(|line| line.item.id == item)?.trouble.as_ref()?.can);
    if let Some(can) = can {
        set(face, item, can.get());
    }
}

fn ask(face: &Rc<Face>, id: &str) {
    let view = face.kiosk.basket.view.borrow();
    let line = view.as_ref().and_then(|view| view.lines.iter().find(|line| line.item.id.to_string() == id));
    let Some(line) = line else { return };
    let adapter = face.adapter::<BasketAdapter>();
    let unit = line.item.unit.as_deref().unwrap_or_default();
    adapter.set_asked_name(line.item.name.as_str().into());
    adapter.set_third_key(amount::third_key(face, unit).into());
    adapter.set_unit(unit.into());
    adapter.set_amount(face.numbers().write(line.quantity.get()).into());
    adapter.set_asking(true);
    face.kiosk.basket.fresh.set(true);
    face.kiosk.basket.asked.set(Some(line.item.id));
}

fn ask_no_more(face: &Face) {
    face.kiosk.basket.asked.set(None);
    face.adapter::<BasketAdapter>().set_asking(false);
}

fn confirm(face: &Rc<Face>) {
    let adapter = face.adapter::<BasketAdapter>();
    let request = face.kiosk.basket.request.get().unwrap_or_else(RequestId::new);
    face.kiosk.basket.request.set(Some(request));
    let mut basket = face.kiosk.basket.basket.borrow().clone();
    basket.note = adapter.get_note().to_string();
    let (verb, count) = (adapter.get_verb(), basket.lines().len());
    adapter.set_busy(true);
    face.call(
        move |services, actor| async move { services.baskets.confirm(&actor, request, &basket).await },
        move |face, answer| {
            face.adapter::<BasketAdapter>().set_busy(false);
            match answer {
                Ok(booked) => {
                    empty(face);
                    notices::basket(face, booked.booking, verb, count);
                    navigation::home(face);
                    live::refresh_everything(face);
                }
                // Which line, and why, stands in the list.
                Err(BasketError::Line { .. }) => refresh(face),
                Err(error) => notices::failed(face, &error.to_string()),
            }
        },
    );
}

fn show(face: &Rc<Face>, view: BasketView) {
    let adapter = face.adapter::<BasketAdapter>();
    let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    {
        let basket = face.kiosk.basket.basket.borrow();
        adapter.set_verb(match basket.verb {
            BasketVerb::Take => Verb::Take,
            BasketVerb::PutBack => Verb::PutBack,
            BasketVerb::Move => Verb::Move,
        });
        let to = basket.to.and_then(|to| face.places.node(to)).map(|node| node.name).unwrap_or_default();
        adapter.set_to(to.into());
    }
    let known: std::collections::HashMap<SharedString, slint::Image> =
        face.kiosk.basket.rows.iter().map(|row| (row.id.clone(), row.photo)).collect();
    let rows: Vec<BasketRow> = view
        .lines
        .iter()
        .map(|line| {
            let photo = line.item.photo.and_then(|photo| face.thumbnails.get(photo));
            let row = row(face, line);
            let photo = photo.or_else(|| known.get(&row.id).cloned()).unwrap_or_default();
            BasketRow { photo, ..row }
        })
        .collect();
    let troubled = rows.iter().find(|row| row.trouble != BasketTrouble::None).cloned();
    adapter.set_troubles(number(rows.iter().filter(|row| row.trouble != BasketTrouble::None).count()));
    adapter.set_troubled(troubled.unwrap_or_default());
    adapter.set_count(number(rows.len()));
    adapter.set_places(number(view.places));
    adapter.set_lent(number(view.lent));
    sync(&face.kiosk.basket.rows, rows);
    let summaries: Vec<_> = view.lines.iter().map(|line| line.item.clone()).collect();
    face.kiosk.basket.view.replace(Some(view));
    results::pictures_of(face, &summaries, |face, pictures| {
        let rows = &face.kiosk.basket.rows;
        for (item, photo) in pictures {
            let id = item.to_string();
            if let Some(at) = rows.iter().position(|row| row.id == id.as_str())
                && let Some(row) = rows.row_data(at)
            {
                rows.set_row_data(at, BasketRow { photo, ..row });
            }
        }
    });
}

fn row(face: &Face, line: &LineView) -> BasketRow {
    let numbers = face.numbers();
    let unit = line.item.unit.as_deref().unwrap_or_default();
    let quantity = |value: Decimal| numbers.quantity(value, unit);
    let low = line.runs_low();
    let trouble = line.trouble.as_ref();
    let lately = trouble.and_then(|trouble| trouble.lately.as_ref());
    BasketRow {
        id: line.item.id.to_string().into(),
        name: line.item.name.as_str().into(),
        code: line.item.code.as_deref().unwrap_or_default().into(),
        kind: format::kind(line.item.kind),
        amount: numbers.write(line.quantity.get()).into(),
        unit: unit.into(),
        countable: line.item.kind.is_counted(),
        place: line.place.as_ref().map(|place| place.name.as_str()).unwrap_or_default().into(),
        lends: line.lends,
        leaves: line.leaves.filter(|_| low).map(quantity).unwrap_or_default(),
        minimum: line.item.min_quantity.filter(|_| low).map(quantity).unwrap_or_default(),
        trouble: trouble.map_or(BasketTrouble::None, |trouble| word(&trouble.reason)),
        can: trouble.and_then(|trouble| trouble.can).map(|can| quantity(can.get())).unwrap_or_default(),
        lately_who: lately.and_then(|line| line.actor_name.as_deref()).unwrap_or_default().into(),
        lately_amount: lately.map(|line| quantity(line.movement.quantity.get())).unwrap_or_default(),
        lately_time: lately
            .map(|line| {
                let at = format::on_the_wall(line.at, &face.zone);
                SharedString::from(format!("{:02}:{:02}", at.hour(), at.minute()))
            })
            .unwrap_or_default(),
        ..BasketRow::default()
    }
}

fn word(reason: &Refusal) -> BasketTrouble {
    match reason {
        Refusal::Act(ActError::NotEnough { available, .. }) if available.is_zero() => BasketTrouble::NothingThere,
        Refusal::Act(ActError::NotEnough { .. } | ActError::NotThatManyLent { .. }) => BasketTrouble::NotEnough,
        Refusal::Act(ActError::SamePlace { .. }) => BasketTrouble::SamePlace,
        Refusal::NoHolder => BasketTrouble::NoPlace,
        Refusal::Archived | Refusal::PlaceArchived => BasketTrouble::Archived,
        Refusal::Borrower => BasketTrouble::Nobody,
        _ => BasketTrouble::Other,
    }
}
