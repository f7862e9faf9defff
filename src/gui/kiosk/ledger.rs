//! What happened lately, by everybody; and one person: what they have, what they did.

use std::collections::HashMap;
use std::rc::Rc;

use slint::{ModelRc, VecModel};

use super::super::desktop::Face;
use super::super::models::sync;
use super::super::ui::{HeldRow, HistoryRow, LedgerAdapter};
use super::super::{history, item, session};
use crate::domain::{ItemId, PersonId};
use crate::services::catalog::Loan;
use crate::services::stock::{HistoryFilter, HistoryLine};

/// What the pages show.
#[derive(Default)]
pub struct State {
    held: Rc<VecModel<HeldRow>>,
    history: Rc<VecModel<HistoryRow>>,
}

/// How far back the pages look.
const LINES: i64 = 120;

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<LedgerAdapter>();
    adapter.set_held(ModelRc::from(face.kiosk.ledger.held.clone()));
    adapter.set_history(ModelRc::from(face.kiosk.ledger.history.clone()));
    adapter.set_loaded(false);
}

/// Reads what happened lately.
pub fn recent(face: &Rc<Face>) {
    face.call(
        |services, actor| async move {
            services.stock.history(&actor, &HistoryFilter { limit: LINES, ..HistoryFilter::default() }).await
        },
        |face, answer| match answer {
            Ok(lines) => show(face, &lines),
            Err(error) => tracing::warn!("What happened is not read: {error}"),
        },
    );
}

fn show(face: &Face, lines: &[HistoryLine]) {
    sync(&face.kiosk.ledger.history, lines.iter().map(|line| history::row(face, None, line)).collect());
    face.adapter::<LedgerAdapter>().set_loaded(true);
}

/// Another person is looked at; nothing of the one before is shown meanwhile.
pub fn enter_person(face: &Rc<Face>, id: &str) {
    let adapter = face.adapter::<LedgerAdapter>();
    adapter.set_loaded(false);
    adapter.set_person("".into());
    adapter.set_initials("".into());
    sync(&face.kiosk.ledger.held, Vec::new());
    sync(&face.kiosk.ledger.history, Vec::new());
    person(face, id);
}

/// Reads what one person has and did; with an empty id, whoever stands there.
pub fn person(face: &Rc<Face>, id: &str) {
    let own = face.shown.borrow().as_ref().and_then(|shown| shown.actor.person);
    let Some(id) = id.parse::<PersonId>().ok().or(own) else { return };
    face.call(
        move |services, actor| async move {
            let person = services.people.get(&actor, id).await.ok();
            let loans = services.stock.loans(&actor, Some(id)).await.unwrap_or_default();
            let items: Vec<ItemId> = loans.iter().map(|loan| loan.item).collect();
            let summaries = services.catalog.summaries(&actor, &items).await.unwrap_or_default();
            let filter = HistoryFilter { person: Some(id), limit: LINES, ..HistoryFilter::default() };
            let history = services.stock.history(&actor, &filter).await.unwrap_or_default();
            let units = summaries.into_iter().filter_map(|row| Some((row.id, row.unit?))).collect();
            (person, loans, units, history)
        },
        move |face, (person, loans, units, history): (_, Vec<Loan>, HashMap<ItemId, String>, Vec<HistoryLine>)| {
            let Some(person): Option<crate::services::people::Person> = person else { return };
            let adapter = face.adapter::<LedgerAdapter>();
            adapter.set_person(person.name.as_str().into());
            adapter.set_initials(session::initials(&person.name).into());
            adapter.set_own(own == Some(id));
            let held = loans.iter().map(|loan| HeldRow {
                loan: item::loan_row(face, loan),
                item: loan.item.to_string().into(),
                name: loan.item_name.as_str().into(),
                unit: units.get(&loan.item).cloned().unwrap_or_default().into(),
            });
            sync(&face.kiosk.ledger.held, held.collect());
            show(face, &history);
        },
    );
}
