//! Counting at the kiosk: choose a place, tick off what is there, look at the differences, write them.

mod chooser;
mod doing;
mod lines;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rust_decimal::Decimal;
use slint::{Model as _, ModelRc, SharedString, VecModel};

use super::super::booking::amount;
use super::super::desktop::{Face, react};
use super::super::models::sync;
use super::super::ui::{CountAdapter, CountPlace, CountRow, CountSaid, CountState, CountTab, Crumb, Page};
use super::{navigation, on};
use crate::domain::stocktake::{Line, State as Stage};
use crate::domain::{ItemId, Permission, RequestId, StocktakeId};
use crate::services::stocktake::{Amount, Pile, StocktakeError, StocktakeView};

pub use doing::scanned;

use chooser::{begin, choose};
use doing::{Decision, ask_no_more, confirm, count, decide, say, touch};

/// What the pages show.
#[derive(Default)]
pub struct State {
    active: Rc<VecModel<CountPlace>>,
    next: Rc<VecModel<CountPlace>>,
    rows: Rc<VecModel<CountRow>>,
    path: Rc<VecModel<Crumb>>,
    view: RefCell<Option<StocktakeView>>,
    /// Counts the looks, so that an answer to an older one, which comes late, is dropped.
    looks: Cell<u64>,
    asked: RefCell<Option<Asked>>,
    /// The number stands there as it was: the first key replaces it.
    fresh: Cell<bool>,
    /// The place scanned last.
    here: Cell<Option<ItemId>>,
    /// One per look at the differences: a second press of the same button writes once.
    approval: Cell<Option<(RequestId, i32)>>,
}

/// The line whose number is asked for.
#[derive(Clone, Copy)]
struct Asked {
    line: Line,
    request: RequestId,
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<CountAdapter>();
    adapter.set_active(ModelRc::from(face.kiosk.count.active.clone()));
    adapter.set_next(ModelRc::from(face.kiosk.count.next.clone()));
    adapter.set_rows(ModelRc::from(face.kiosk.count.rows.clone()));
    adapter.set_path(ModelRc::from(face.kiosk.count.path.clone()));
    adapter.set_loaded(false);
    forget(face);
    adapter.on_open_place(react(face, |face, id: SharedString| {
        if let Ok(id) = id.parse() {
            super::require(face, Permission::Book, move |face| begin(face, id));
        }
    }));
    adapter.on_resume(react(face, |face, id: SharedString| navigation::open(face, Page::Count, &id)));
    adapter.on_show(react(face, |face, tab: CountTab| {
        face.adapter::<CountAdapter>().set_tab(tab);
        fill(face);
    }));
    adapter.on_touch_line(react(face, |face, id: SharedString| touch(face, &id)));
    adapter.on_not_here(react(face, |face, id: SharedString| {
        if let Some(line) = lines::of_id(&id) {
            count(face, line, Amount::Is(Decimal::ZERO), RequestId::new());
        }
    }));
    adapter.on_anywhere(on(face, |face| {
        face.kiosk.count.here.set(None);
        face.adapter::<CountAdapter>().set_here("".into());
    }));
    adapter.on_press(react(face, |face, key: SharedString| {
        let adapter = face.adapter::<CountAdapter>();
        let fresh = face.kiosk.count.fresh.replace(false);
        adapter.set_amount(amount::pressed(&adapter.get_amount(), &key, fresh, face.numbers()).into());
    }));
    adapter.on_step(react(face, |face, by: i32| {
        let adapter = face.adapter::<CountAdapter>();
        let now = face.numbers().read(&adapter.get_amount()).unwrap_or_default();
        adapter.set_amount(face.numbers().write((now + Decimal::from(by)).max(Decimal::ZERO)).into());
        face.kiosk.count.fresh.set(true);
    }));
    adapter.on_confirm(on(face, confirm));
    adapter.on_never_mind(on(face, |face| ask_no_more(face)));
    adapter.on_rest(on(face, |face| decide(face, Decision::Rest)));
    adapter.on_close(on(face, |face| decide(face, Decision::Close)));
    adapter.on_reopen(on(face, |face| decide(face, Decision::Reopen)));
    adapter.on_give_up(on(face, |face| decide(face, Decision::Cancel)));
    adapter.on_approve(on(face, |face| super::require(face, Permission::Keep, |face| decide(face, Decision::Approve))));
}

/// Shows one count, or with an empty id what may be counted.
pub fn show(face: &Rc<Face>, id: &str) {
    let adapter = face.adapter::<CountAdapter>();
    if adapter.get_id() != id {
        forget(face);
        adapter.set_id(id.into());
    }
    match id.parse() {
        Ok(id) => read(face, id),
        Err(_) => choose(face),
    }
}

/// Something changed: what is shown is read again.
pub fn refresh(face: &Rc<Face>) {
    show(face, &face.adapter::<CountAdapter>().get_id());
}

fn read(face: &Rc<Face>, id: StocktakeId) {
    let look = face.kiosk.count.looks.get() + 1;
    face.kiosk.count.looks.set(look);
    face.call(
        move |services, actor| async move {
            let view = services.stocktakes.view(&actor, id).await?;
            let may_approve = services.stocktakes.may_approve(&actor, id).await?;
            Ok::<_, StocktakeError>((view, may_approve, actor))
        },
        move |face, answer| match answer {
            Ok(_) if face.kiosk.count.looks.get() != look => {}
            Ok((view, may_approve, actor)) => {
                let adapter = face.adapter::<CountAdapter>();
                if adapter.get_id() != id.to_string().as_str() {
                    return;
                }
                let own = actor.person.is_some() && view.head.opened_by == actor.person;
                // Who may not write it by themselves has a keeper prove it: the press of the button asks for one.
                adapter.set_may_approve(may_approve || !actor.may(Permission::Keep));
                adapter.set_may_cancel(own || actor.may(Permission::Keep));
                present(face, view);
            }
            Err(StocktakeError::NotFound) => navigation::back(face),
            Err(error) => tracing::warn!("The count is not read: {error}"),
        },
    );
}

fn present(face: &Rc<Face>, view: StocktakeView) {
    let adapter = face.adapter::<CountAdapter>();
    let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let tally = view.tally.unwrap_or_default();
    adapter.set_name(view.head.holder_name.as_str().into());
    let crumbs = view
        .path
        .places
        .iter()
        .map(|place| Crumb { id: place.id.to_string().into(), name: place.name.as_str().into() });
    sync(&face.kiosk.count.path, crumbs.collect());
    adapter.set_counted(number(view.counted));
    adapter.set_all(number(view.counted + view.to_count));
    adapter.set_blind(view.tally.is_none());
    adapter.set_to_count(number(view.to_count));
    adapter.set_differ(number(tally.differ));
    adapter.set_done(number(view.lines.iter().filter(|line| line.pile() == Pile::Done).count()));
    adapter.set_corrected(number(tally.corrected));
    adapter.set_moved_here(number(tally.moved_here));
    adapter.set_returned(number(tally.returned));
    adapter.set_missing(number(tally.missing));
    adapter.set_recount(number(tally.recount));
    adapter.set_written(number(tally.written));
    let before = adapter.get_state();
    let state = match view.head.state {
        Stage::Open => CountState::Open,
        Stage::Counted => CountState::Counted,
        Stage::Approved => CountState::Approved,
        Stage::Cancelled => CountState::Cancelled,
    };
    if before != state {
        adapter.set_tab(if state == CountState::Open { CountTab::ToCount } else { CountTab::Differences });
        ask_no_more(face);
    }
    let version = view.head.version;
    if face.kiosk.count.approval.get().is_none_or(|(_, seen)| seen != version) {
        face.kiosk.count.approval.set(Some((RequestId::new(), version)));
    }
    face.kiosk.count.view.replace(Some(view));
    adapter.set_state(state);
    fill(face);
}

/// Shows the lines of the chosen tab.
fn fill(face: &Rc<Face>) {
    let tab = face.adapter::<CountAdapter>().get_tab();
    let pile = match tab {
        CountTab::Differences => Pile::Differences,
        CountTab::ToCount => Pile::ToCount,
        CountTab::Done => Pile::Done,
    };
    let view = face.kiosk.count.view.borrow();
    let Some(view) = view.as_ref() else { return };
    let shown: Vec<_> = view.lines.iter().filter(|line| line.pile() == pile).cloned().collect();
    let known: std::collections::HashMap<SharedString, CountRow> =
        face.kiosk.count.rows.iter().map(|row| (row.id.clone(), row)).collect();
    let rows = shown.iter().map(|line| {
        let row = lines::row(face, line);
        match known.get(&row.id) {
            Some(before) => CountRow { photo: before.photo.clone(), code: before.code.clone(), ..row },
            None => row,
        }
    });
    sync(&face.kiosk.count.rows, rows.collect());
    lines::complete(face, shown.iter().map(|line| line.line.item).collect());
}

/// The count that is shown, if one is.
fn shown_id(face: &Face) -> Option<StocktakeId> {
    face.adapter::<CountAdapter>().get_id().parse().ok()
}

/// Nothing of the count before stays.
fn forget(face: &Face) {
    let adapter = face.adapter::<CountAdapter>();
    face.kiosk.count.view.replace(None);
    face.kiosk.count.here.set(None);
    face.kiosk.count.approval.set(None);
    face.kiosk.count.rows.set_vec(Vec::new());
    ask_no_more(face);
    adapter.set_id("".into());
    adapter.set_here("".into());
    adapter.set_said_code("".into());
    adapter.set_busy(false);
    adapter.set_state(CountState::None);
    say(face, CountSaid::None, "", "");
}
