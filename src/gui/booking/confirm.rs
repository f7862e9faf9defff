//! The end of an act: what is read from the question, what is booked, how it is told.

use std::rc::Rc;

use rust_decimal::Decimal;
use slint::SharedString;

use super::super::desktop::Face;
use super::super::notices::{self, Told};
use super::super::ui::{BookingAdapter, BookingTrouble, Verb};
use super::super::{item, kiosk, live};
use super::{About, Ask, chosen_line, close};
use crate::domain::act::ActError;
use crate::domain::quantity::QuantityError;
use crate::domain::{Act, Borrower, ItemId, Quantity, RequestId};
use crate::services::catalog::{ItemView, StoreError};
use crate::services::stock::{Booked, BookingKind, BookingRequest, Refusal, StockError};

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
        Verb::PutBack => match &about.returning {
            Some(loan) => Act::CheckIn { loan: loan.id, to: target()?, quantity: quantity()? },
            None => return Ok(Ask::PutBack { to: target()?, quantity: quantity()? }),
        },
        Verb::Take => {
            let (from, lot) = source()?;
            let me = face.shown.borrow().as_ref().and_then(|shown| shown.actor.person).map(Borrower::Person);
            Act::take(kind, item, from, quantity()?, lot, me.ok_or(BookingTrouble::Refused)?, about.due_on)
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
            Act::CheckOut { item, from, quantity: quantity()?, lot, borrower, due_on: about.due_on }
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

/// Books what is asked, unless something is missing.
pub fn confirm(face: &Rc<Face>) {
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
    kiosk::acted(face, true);
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
