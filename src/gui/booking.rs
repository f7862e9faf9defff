//! One act on one item, asked by the desktop's dialog or the kiosk's page. [`amount`] is its number, [`confirm`] its end.

pub mod amount;
mod confirm;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rust_decimal::Decimal;
use slint::{ModelRc, SharedString, VecModel};
use time::{Date, Duration};

use super::desktop::{Face, react};
use super::format;
use super::models::sync;
use super::photos::{self, Pixels};
use super::ui::{BookingAdapter, BookingTrouble, Choosing, DueChoice, Moment, PersonChoice, PlaceChoice, Verb};
use super::{kiosk, notices, session};
use crate::domain::{Act, ItemId, ItemKind, LoanId, LotId, Permission, Quantity, RequestId};
use crate::services::catalog::{ItemView, Loan};
use crate::services::people::Person;

/// What the open dialog is about.
#[derive(Default)]
pub struct State {
    about: RefCell<Option<About>>,
    from: Rc<VecModel<PlaceChoice>>,
    to: Rc<VecModel<PlaceChoice>>,
    people: Rc<VecModel<PersonChoice>>,
    quick: Rc<VecModel<SharedString>>,
    /// The number stands there as it was proposed: the first key of the pad replaces it.
    fresh: Cell<bool>,
    /// The place that was scanned before the thing.
    into: Cell<Option<ItemId>>,
}

struct About {
    verb: Verb,
    view: ItemView,
    people: Vec<Person>,
    home: Option<ItemId>,
    /// The loan that comes back, where one was named.
    returning: Option<Loan>,
    due_on: Option<Date>,
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
    adapter.set_people(ModelRc::from(face.booking.people.clone()));
    adapter.set_quick(ModelRc::from(face.booking.quick.clone()));
    adapter.on_begin({
        let begin = react(face, |face, (verb, id): (Verb, SharedString)| begin(face, verb, &id, None));
        move |verb, id| begin((verb, id))
    });
    adapter.on_take_back({
        let take_back = react(face, |face, (id, loan): (SharedString, SharedString)| {
            if let Ok(loan) = loan.parse() {
                begin(face, Verb::PutBack, &id, Some(loan));
            }
        });
        move |id, loan| take_back((id, loan))
    });
    adapter.on_press(react(face, |face, key: SharedString| amount::press(face, &key)));
    adapter.on_set_amount(react(face, |face, text: SharedString| amount::set(face, &text)));
    adapter.on_search_person(react(face, |face, name: SharedString| show_people(face, &name)));
    adapter.on_choose_person(react(face, |face, name: SharedString| {
        face.adapter::<BookingAdapter>().set_borrower(name);
        amount::weigh(face);
    }));
    adapter.on_choose_due(react(face, choose_due));
    adapter.on_choose_from(react(face, |face, id: SharedString| {
        let adapter = face.adapter::<BookingAdapter>();
        if let Some(about) = &*face.booking.about.borrow()
            && about.verb == Verb::Count
        {
            adapter.set_amount(face.numbers().write(amount::on_line(&about.view, &id)).into());
        }
        adapter.set_from(id);
        amount::weigh(face);
    }));
    adapter.on_choose_to(react(face, |face, id: SharedString| {
        let name = id.parse().ok().and_then(|id| face.places.node(id)).map(|node| node.name).unwrap_or_default();
        let adapter = face.adapter::<BookingAdapter>();
        adapter.set_to(id);
        adapter.set_to_name(name.into());
        amount::weigh(face);
    }));
    adapter.on_search_to(react(face, |face, query: SharedString| {
        let moved = face.booking.about.borrow().as_ref().map(|about| about.view.summary.id);
        sync(&face.booking.to, face.places.find(&query, moved));
    }));
    adapter.on_change_amount(react(face, |face, _: SharedString| amount::weigh(face)));
    adapter.on_step(react(face, |face, by: i32| amount::step(face, by)));
    adapter.on_confirm({
        let confirm = react(face, |face, ()| confirm::confirm(face));
        move || confirm(())
    });
    adapter.on_cancel({
        let cancel = react(face, |face, ()| {
            close(face);
            kiosk::acted(face, false);
        });
        move || cancel(())
    });
}

/// What somebody may have to be to do it.
fn permission(verb: Verb) -> Permission {
    match verb {
        Verb::AddStock | Verb::Count | Verb::Scrap => Permission::Keep,
        _ => Permission::Book,
    }
}

/// Can it be done with such a thing at all?
fn applies(verb: Verb, kind: ItemKind) -> bool {
    match verb {
        Verb::Count | Verb::AddStock => kind.is_counted(),
        Verb::Move => kind != ItemKind::Product,
        _ => !matches!(kind, ItemKind::Location | ItemKind::Product),
    }
}

/// Asks how many of an item go into a place, which was scanned before it.
pub fn begin_into(face: &Rc<Face>, item: ItemId, place: ItemId) {
    face.booking.into.set(Some(place));
    begin(face, Verb::PutBack, &item.to_string(), None);
}

/// Asks about an act with an item; `loan`: one of its loans comes back.
pub fn begin(face: &Rc<Face>, verb: Verb, id: &str, loan: Option<LoanId>) {
    let Ok(id) = id.parse::<ItemId>() else { return };
    kiosk::require(face, permission(verb), move |face| load(face, verb, id, loan));
}

fn load(face: &Rc<Face>, verb: Verb, id: ItemId, loan: Option<LoanId>) {
    face.call(
        move |services, actor| async move {
            let view = services.catalog.view(&actor, id).await;
            let home = services.stock.home_of(&actor, id).await.ok().flatten();
            let people =
                if verb == Verb::Lend { services.people.list(&actor).await.unwrap_or_default() } else { Vec::new() };
            (view, home, people)
        },
        move |face, (view, home, people)| match view {
            Ok(view) if !applies(verb, view.summary.kind) => kiosk::looked_at_instead(face, id),
            Ok(view) => {
                let returning = loan.and_then(|id| view.loans.iter().find(|loan| loan.id == id).cloned());
                let due_on = None;
                let (request, asked) = (RequestId::new(), None);
                ask(face, About { verb, view, people, home, returning, due_on, request, asked });
            }
            Err(error) => notices::failed(face, &error.to_string()),
        },
    );
}

fn ask(face: &Rc<Face>, about: About) {
    let (verb, view, home) = (about.verb, &about.view, about.home);
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
    // Where it belongs comes first, then where most of it lies.
    let usual = from.iter().find(|choice| home.is_some_and(|home| choice.id.starts_with(&home.to_string())));
    let line = usual.or(from.first()).map(|choice| choice.id.clone()).unwrap_or_default();
    adapter.set_from(line.clone());
    sync(&face.booking.from, from);

    let wished = face.booking.into.take();
    let to = if wished.is_some() {
        wished
    } else if verb == Verb::Move {
        None
    } else {
        home.or_else(|| view.stock.first().map(|line| line.holder))
    };
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
    adapter.set_third_key(amount::third_key(face, &unit).into());
    adapter.set_unit(unit.into());
    adapter.set_countable(counted);
    adapter.set_kind(format::kind(view.summary.kind));
    adapter.set_code(view.summary.code.as_deref().unwrap_or_default().into());
    let first = match (&about.returning, verb) {
        (Some(loan), _) => loan.outstanding,
        (None, Verb::Count) => amount::on_line(view, &line),
        _ => Decimal::ONE,
    };
    adapter.set_amount(numbers.write(first).into());
    adapter.set_borrower("".into());
    adapter.set_note("".into());
    adapter.set_busy(false);
    adapter.set_trouble(BookingTrouble::None);
    adapter.set_returning_from(about.returning.as_ref().map(|loan| loan.borrower.clone()).unwrap_or_default().into());
    adapter.set_due_days(-1);
    adapter.set_due(Moment::default());
    adapter.set_due_choices(ModelRc::from(Rc::new(due_choices(face).into_iter().collect::<VecModel<_>>())));
    // Without a number there is nothing to press: what is to be decided stands there at once.
    adapter.set_choosing(match verb {
        _ if counted => Choosing::None,
        Verb::Take => Choosing::Due,
        Verb::PutBack | Verb::Move | Verb::AddStock => Choosing::Target,
        Verb::Lend => Choosing::Person,
        Verb::Count | Verb::MarkMissing | Verb::Scrap => Choosing::None,
    });
    show_picture(face, view);
    face.booking.fresh.set(true);
    face.booking.about.replace(Some(about));
    show_people(face, "");
    amount::weigh(face);
    adapter.set_open(true);
    kiosk::asked(face);
}

fn show_picture(face: &Rc<Face>, view: &ItemView) {
    face.adapter::<BookingAdapter>().set_photo(slint::Image::default());
    let item = view.summary.id;
    let Some(photo) = view.summary.photo else { return };
    let side = (face.scale() * 100.0) as u32;
    face.call(
        move |services, actor| async move { photos::small(&services, &actor, vec![(item, photo)], side).await },
        move |face, decoded: Vec<(ItemId, crate::domain::PhotoId, Pixels)>| {
            let same = face.booking.about.borrow().as_ref().is_some_and(|about| about.view.summary.id == item);
            if let Some((_, _, pixels)) = decoded.into_iter().next().filter(|_| same) {
                face.adapter::<BookingAdapter>().set_photo(slint::Image::from_rgb8(pixels));
            }
        },
    );
}

/// People whose name holds what was typed.
fn show_people(face: &Face, typed: &str) {
    let typed = typed.trim().to_lowercase();
    let about = face.booking.about.borrow();
    let Some(about) = about.as_ref() else { return };
    let fitting = about.people.iter().filter(|person| person.active && person.name.to_lowercase().contains(&typed));
    let rows = fitting.map(|person| PersonChoice {
        name: person.name.as_str().into(),
        initials: session::initials(&person.name).into(),
    });
    sync(&face.booking.people, rows.collect());
}

fn today(face: &Face) -> Date {
    format::on_the_wall(Face::now(), &face.zone).date()
}

/// Days somebody may promise to bring it back by.
fn due_choices(face: &Face) -> Vec<DueChoice> {
    let today = today(face);
    let on = |days: i32| today.checked_add(Duration::days(days.into())).map(|day| format::day(day, today));
    [-1, 0, 1, 3, 7, 14, 30, 90]
        .into_iter()
        .map(|days| DueChoice { days, day: if days < 0 { None } else { on(days) }.unwrap_or_default() })
        .collect()
}

fn choose_due(face: &Rc<Face>, days: i32) {
    let today = today(face);
    let due_on = if days < 0 { None } else { today.checked_add(Duration::days(days.into())) };
    if let Some(about) = face.booking.about.borrow_mut().as_mut() {
        about.due_on = due_on;
    }
    let adapter = face.adapter::<BookingAdapter>();
    adapter.set_due_days(days);
    adapter.set_due(due_on.map(|due| format::day(due, today)).unwrap_or_default());
}

/// Forgets the question.
pub fn close(face: &Face) {
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
