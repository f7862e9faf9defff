//! One act on one item: the dialog's question, what is read from it, what is booked.

use std::cell::RefCell;
use std::rc::Rc;

use rust_decimal::Decimal;
use slint::{ModelRc, SharedString, VecModel};

use super::desktop::{Face, react};
use super::models::sync;
use super::notices::{self, Told};
use super::ui::{BookingAdapter, BookingTrouble, PlaceChoice, Verb};
use super::{item, live};
use crate::domain::act::ActError;
use crate::domain::quantity::QuantityError;
use crate::domain::{Act, Borrower, ItemId, LotId, Quantity, RequestId};
use crate::services::catalog::{ItemView, StoreError};
use crate::services::people::Person;
use crate::services::stock::{Booked, BookingKind, BookingRequest, Refusal, StockError};

/// What the open dialog is about.
#[derive(Default)]
pub struct State {
    about: RefCell<Option<About>>,
    from: Rc<VecModel<PlaceChoice>>,
    to: Rc<VecModel<PlaceChoice>>,
}

struct About {
    verb: Verb,
    view: ItemView,
    people: Vec<Person>,
    home: Option<ItemId>,
    /// One per confirmation: a second press of the same button books once.
    request: RequestId,
    asked: Option<Ask>,
}

/// What is sent to the service.
#[derive(Debug, Clone, PartialEq)]
enum Ask {
    Book(Act, String),
    PutBack { to: ItemId, quantity: Quantity },
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<BookingAdapter>();
    adapter.set_open(false);
    adapter.set_from_choices(ModelRc::from(face.booking.from.clone()));
    adapter.set_to_choices(ModelRc::from(face.booking.to.clone()));
    adapter.on_begin({
        let begin = react(face, |face, (verb, id): (Verb, SharedString)| begin(face, verb, &id));
        move |verb, id| begin((verb, id))
    });
    adapter.on_choose_from(react(face, |face, id: SharedString| {
        face.adapter::<BookingAdapter>().set_from(id);
        weigh(face);
    }));
    adapter.on_choose_to(react(face, |face, id: SharedString| {
        let name = id.parse().ok().and_then(|id| face.places.node(id)).map(|node| node.name).unwrap_or_default();
        let adapter = face.adapter::<BookingAdapter>();
        adapter.set_to(id);
        adapter.set_to_name(name.into());
        weigh(face);
    }));
    adapter.on_search_to(react(face, |face, query: SharedString| {
        let moved = face.booking.about.borrow().as_ref().map(|about| about.view.summary.id);
        sync(&face.booking.to, face.places.find(&query, moved));
    }));
    adapter.on_change_amount(react(face, |face, _: SharedString| weigh(face)));
    adapter.on_step(react(face, |face, by: i32| {
        let adapter = face.adapter::<BookingAdapter>();
        let numbers = face.numbers();
        let now = numbers.read(&adapter.get_amount()).unwrap_or_default();
        let least = if adapter.get_verb() == Verb::Count { Decimal::ZERO } else { Decimal::ONE };
        adapter.set_amount(numbers.write((now + Decimal::from(by)).max(least)).into());
        weigh(face);
    }));
    adapter.on_confirm({
        let confirm = react(face, |face, ()| confirm(face));
        move || confirm(())
    });
    adapter.on_cancel({
        let cancel = react(face, |face, ()| close(face));
        move || cancel(())
    });
}

fn begin(face: &Rc<Face>, verb: Verb, id: &str) {
    let Ok(id) = id.parse::<ItemId>() else { return };
    face.call(
        move |services, actor| async move {
            let view = services.catalog.view(&actor, id).await;
            let home = services.stock.home_of(&actor, id).await.ok().flatten();
            let people =
                if verb == Verb::Lend { services.people.list(&actor).await.unwrap_or_default() } else { Vec::new() };
            (view, home, people)
        },
        move |face, (view, home, people)| match view {
            Ok(view) => ask(face, verb, view, home, people),
            Err(error) => notices::failed(face, &error.to_string()),
        },
    );
}

fn ask(face: &Rc<Face>, verb: Verb, view: ItemView, home: Option<ItemId>, people: Vec<Person>) {
    let adapter = face.adapter::<BookingAdapter>();
    let numbers = face.numbers();
    let counted = view.summary.kind.is_counted();
    let unit = view.summary.unit.clone().unwrap_or_default();
    let takes = matches!(verb, Verb::Take | Verb::Move | Verb::Lend | Verb::Count | Verb::MarkMissing | Verb::Scrap);
    let gives = matches!(verb, Verb::PutBack | Verb::Move | Verb::AddStock);

    let from: Vec<PlaceChoice> = view
        .stock
        .iter()
        .map(|line| {
            let mut choice = face.places.choice(line.holder).unwrap_or_default();
            choice.id = line_id(line.holder, line.lot.as_ref().map(|lot| lot.id)).into();
            choice.name = match (&line.lot, line.path.places.last()) {
                (Some(lot), Some(place)) => format!("{} · {}", place.name, lot.code).into(),
                (None, Some(place)) => place.name.as_str().into(),
                _ => choice.name,
            };
            choice.amount = if counted { numbers.quantity(line.quantity, &unit) } else { SharedString::new() };
            choice
        })
        .collect();
    // A single thing comes from where it is, and nothing is to be chosen.
    adapter.set_asks_from(takes && counted && !from.is_empty());
    adapter.set_from(from.first().map(|choice| choice.id.clone()).unwrap_or_default());
    sync(&face.booking.from, from);

    let to = if verb == Verb::Move { None } else { home.or_else(|| view.stock.first().map(|line| line.holder)) };
    let to_choice = to.and_then(|id| face.places.choice(id));
    adapter.set_asks_to(gives);
    adapter.set_to(to_choice.as_ref().map(|choice| choice.id.clone()).unwrap_or_default());
    adapter.set_to_name(to_choice.as_ref().map(|choice| choice.name.clone()).unwrap_or_default());
    adapter.set_to_query("".into());
    let mut places = face.places.find("", Some(view.summary.id));
    if let Some(home) = to_choice {
        places.retain(|choice| choice.id != home.id);
        places.insert(0, home);
    }
    sync(&face.booking.to, places);

    adapter.set_verb(verb);
    adapter.set_item(view.summary.id.to_string().into());
    adapter.set_item_name(view.summary.name.as_str().into());
    adapter.set_unit(unit.into());
    adapter.set_countable(counted);
    let first =
        if verb == Verb::Count { view.stock.first().map_or(Decimal::ZERO, |line| line.quantity) } else { Decimal::ONE };
    adapter.set_amount(numbers.write(first).into());
    let quick: &[i64] = if verb == Verb::Count { &[] } else { &[1, 10, 50, 100] };
    adapter.set_quick(ModelRc::from(Rc::new(quick.iter().map(|n| numbers.count(*n)).collect::<VecModel<_>>())));
    adapter.set_borrower("".into());
    adapter.set_note("".into());
    adapter.set_busy(false);
    adapter.set_trouble(BookingTrouble::None);
    face.booking.about.replace(Some(About { verb, view, people, home, request: RequestId::new(), asked: None }));
    weigh(face);
    adapter.set_open(true);
}

/// Says what the chosen place holds afterwards, and what *All* is.
fn weigh(face: &Face) {
    let adapter = face.adapter::<BookingAdapter>();
    adapter.set_trouble(BookingTrouble::None);
    let about = face.booking.about.borrow();
    let Some(about) = about.as_ref() else { return };
    let numbers = face.numbers();
    let unit = about.view.summary.unit.as_deref().unwrap_or_default();
    let holder = chosen_line(&adapter.get_from());
    let there = holder.and_then(|(holder, lot)| {
        let mut lines = about.view.stock.iter();
        lines.find(|line| line.holder == holder && line.lot.as_ref().map(|lot| lot.id) == lot).map(|line| line.quantity)
    });
    let takes = adapter.get_asks_from() && about.verb != Verb::Count;
    let all = there.filter(|_| takes && about.view.summary.kind.is_counted());
    adapter.set_all(all.map(|all| numbers.write(all)).unwrap_or_default().into());
    let name = holder.and_then(|(holder, _)| face.places.node(holder)).map(|node| node.name).unwrap_or_default();
    adapter.set_from_name(name.into());
    let left = match (all, numbers.read(&adapter.get_amount())) {
        (Some(all), Some(asked)) if asked > Decimal::ZERO && asked <= all => numbers.quantity(all - asked, unit),
        _ => SharedString::new(),
    };
    adapter.set_left_here(left);
}

/// What the dialog asks for, or what is missing.
fn read(face: &Face, about: &About) -> Result<Ask, BookingTrouble> {
    let adapter = face.adapter::<BookingAdapter>();
    let item = about.view.summary.id;
    let kind = about.view.summary.kind;
    let number = if kind.is_counted() {
        face.numbers().read(&adapter.get_amount()).ok_or(BookingTrouble::NotANumber)?
    } else {
        Decimal::ONE
    };
    let quantity = || {
        Quantity::new(number).map_err(|error| match error {
            QuantityError::NotPositive => BookingTrouble::Nothing,
            QuantityError::TooFine => BookingTrouble::TooFine,
            QuantityError::NotANumber | QuantityError::TooLarge => BookingTrouble::NotANumber,
        })
    };
    let from = chosen_line(&adapter.get_from());
    let source = || from.ok_or(BookingTrouble::NoPlace);
    let target = || adapter.get_to().parse::<ItemId>().map_err(|_| BookingTrouble::NoPlace);
    let note = adapter.get_note().trim().to_owned();
    let act = match about.verb {
        Verb::PutBack => return Ok(Ask::PutBack { to: target()?, quantity: quantity()? }),
        Verb::Take => {
            let (from, lot) = source()?;
            let me = face.shown.borrow().as_ref().map(|shown| Borrower::Person(shown.person.id));
            Act::take(kind, item, from, quantity()?, lot, me.ok_or(BookingTrouble::Refused)?, None)
        }
        Verb::Lend => {
            let (from, lot) = source()?;
            let name = adapter.get_borrower().trim().to_owned();
            if name.is_empty() {
                return Err(BookingTrouble::NoBorrower);
            }
            // Somebody with an account is lent to as that person.
            let known =
                about.people.iter().find(|person| person.active && person.name.to_lowercase() == name.to_lowercase());
            let borrower = known.map_or(Borrower::Named(name), |person| Borrower::Person(person.id));
            Act::CheckOut { item, from, quantity: quantity()?, lot, borrower, due_on: None }
        }
        Verb::Move => {
            let (from, lot) = (from.map(|(holder, _)| holder), from.and_then(|(_, lot)| lot));
            Act::Transfer { item, from, to: Some(target()?), quantity: quantity()?, lot }
        }
        Verb::AddStock => Act::Receive { item, to: target()?, quantity: quantity()?, lot: None },
        Verb::Count => {
            let (holder, lot) = match from {
                Some(line) => line,
                // Nothing lies anywhere by the books: what was counted lies where it belongs.
                None => (about.home.ok_or(BookingTrouble::NoPlace)?, None),
            };
            Act::Adjust { item, holder, counted: number, lot }
        }
        Verb::MarkMissing => {
            let (from, lot) = source()?;
            Act::Missing { item, from, quantity: quantity()?, lot }
        }
        Verb::Scrap => Act::Scrap {
            item,
            from: from.map(|(from, _)| from),
            quantity: quantity()?,
            lot: from.and_then(|(_, lot)| lot),
        },
    };
    Ok(Ask::Book(act, note))
}

fn confirm(face: &Rc<Face>) {
    let adapter = face.adapter::<BookingAdapter>();
    if adapter.get_busy() || !adapter.get_open() {
        return;
    }
    let mut state = face.booking.about.borrow_mut();
    let Some(about) = state.as_mut() else { return };
    let ask = match read(face, about) {
        Ok(ask) => ask,
        Err(trouble) => return adapter.set_trouble(trouble),
    };
    // The same again, after the database was away, is the same request; anything else is another one.
    if about.asked.as_ref() != Some(&ask) {
        about.request = RequestId::new();
        about.asked = Some(ask.clone());
    }
    let (request, item) = (about.request, about.view.summary.id);
    drop(state);
    adapter.set_busy(true);
    face.call(
        move |services, actor| async move {
            let booked = match ask {
                Ask::PutBack { to, quantity } => {
                    services.stock.put_back(&actor, request, item, Some(to), quantity).await
                }
                Ask::Book(act, note) => {
                    let request = BookingRequest { id: request, kind: BookingKind::Single, note, acts: vec![act] };
                    services.stock.book(&actor, &request).await
                }
            }?;
            Ok((booked, services.catalog.view(&actor, item).await.ok()))
        },
        |face, answer: Result<(Booked, Option<ItemView>), StockError>| {
            face.adapter::<BookingAdapter>().set_busy(false);
            match answer {
                Ok((booked, after)) => done(face, booked, after.as_ref()),
                Err(error) => refuse(face, &error),
            }
        },
    );
}

fn done(face: &Rc<Face>, booked: Booked, after: Option<&ItemView>) {
    let adapter = face.adapter::<BookingAdapter>();
    let unit = adapter.get_unit();
    let numbers = face.numbers();
    let name_of = |id: Option<ItemId>| id.and_then(|id| face.places.node(id)).map(|node| node.name).unwrap_or_default();
    let from = chosen_line(&adapter.get_from()).map(|(holder, _)| holder);
    let to = adapter.get_to().parse::<ItemId>().ok().filter(|_| adapter.get_asks_to());
    let verb = adapter.get_verb();
    let place = to.or(from);
    let left = after.filter(|view| view.summary.kind.is_counted()).and_then(|view| {
        let place = place?;
        let there: Decimal = view.stock.iter().filter(|line| line.holder == place).map(|line| line.quantity).sum();
        Some(numbers.quantity(there, &unit))
    });
    let amount = if adapter.get_countable() {
        numbers.quantity(numbers.read(&adapter.get_amount()).unwrap_or_default(), &unit)
    } else {
        SharedString::new()
    };
    let told = Told {
        verb,
        amount,
        item: adapter.get_item_name(),
        from: name_of(from).into(),
        to: if verb == Verb::Lend { adapter.get_borrower() } else { name_of(to).into() },
        left: left.unwrap_or_default(),
    };
    close(face);
    notices::booked(face, booked.booking, told);
    item::refresh(face);
    live::refresh_everything(face);
}

fn refuse(face: &Rc<Face>, error: &StockError) {
    let adapter = face.adapter::<BookingAdapter>();
    let numbers = face.numbers();
    let trouble = match error {
        StockError::Refused { reason, .. } => match reason {
            Refusal::Act(
                ActError::NotEnough { available: there, .. }
                | ActError::NotThatManyLent { outstanding: there, .. }
                | ActError::NotThatManyMissing { missing: there, .. },
            ) => {
                adapter.set_trouble_amount(numbers.quantity(*there, &adapter.get_unit()));
                BookingTrouble::TooMany
            }
            Refusal::Act(ActError::SamePlace { .. }) => BookingTrouble::SamePlace,
            Refusal::Act(ActError::Count) => BookingTrouble::NotANumber,
            Refusal::Cycle => BookingTrouble::Cycle,
            Refusal::Archived | Refusal::PlaceArchived => BookingTrouble::Archived,
            Refusal::Borrower => BookingTrouble::NoBorrower,
            Refusal::NoHolder => BookingTrouble::NoPlace,
            _ => BookingTrouble::Refused,
        },
        StockError::Store(StoreError::Unavailable(_)) => BookingTrouble::Database,
        _ => BookingTrouble::Refused,
    };
    adapter.set_trouble_details(error.to_string().into());
    adapter.set_trouble(trouble);
}

fn close(face: &Face) {
    face.booking.about.replace(None);
    face.adapter::<BookingAdapter>().set_open(false);
}

/// A line of stock as one id: the holder, and the lot where there is one.
fn line_id(holder: ItemId, lot: Option<LotId>) -> String {
    lot.map_or_else(|| holder.to_string(), |lot| format!("{holder}/{lot}"))
}

fn chosen_line(id: &str) -> Option<(ItemId, Option<LotId>)> {
    match id.split_once('/') {
        Some((holder, lot)) => Some((holder.parse().ok()?, Some(lot.parse().ok()?))),
        None => Some((id.parse().ok()?, None)),
    }
}
