//! A new thing at the kiosk: is it there already?

use std::cell::Cell;
use std::rc::Rc;

use slint::{ModelRc, SharedString, VecModel};

use super::super::desktop::{Face, react};
use super::super::models::sync;
use super::super::notices::Told;
use super::super::ui::{EditorAdapter, NewItemAdapter, Page, ResultRow, Verb};
use super::super::{notices, results};
use super::{code, navigation, photo};
use crate::domain::{ItemId, Permission, RequestId};
use crate::services::search::SearchRequest;

/// What the page knows beside the form.
#[derive(Default)]
pub struct State {
    likely: Rc<VecModel<ResultRow>>,
    /// Counts the questions, so that an answer to an older one is dropped.
    asked: Cell<u64>,
}

/// How many things that may be the same are shown.
const LIKELY: usize = 3;
/// Fewer letters mean too much.
const LETTERS: usize = 3;

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<NewItemAdapter>();
    adapter.set_likely(ModelRc::from(face.kiosk.new_item.likely.clone()));
    adapter.on_typed(react(face, |face, name: SharedString| look_for(face, &name)));
    adapter.on_same(react(face, |face, id: SharedString| same(face, &id)));
    adapter.on_look_at(react(face, |face, id: SharedString| navigation::open(face, Page::Item, &id)));
}

/// The form is open: its page is shown.
pub fn begin(face: &Rc<Face>) {
    sync(&face.kiosk.new_item.likely, Vec::new());
    photo::begin_form(face);
    look_for(face, &face.adapter::<EditorAdapter>().get_draft().name);
    navigation::open(face, Page::NewItem, "");
}

/// Looks for what may be the same thing, by spelling and by meaning.
fn look_for(face: &Rc<Face>, name: &str) {
    let asked = face.kiosk.new_item.asked.get() + 1;
    face.kiosk.new_item.asked.set(asked);
    let name = name.trim().to_owned();
    if name.chars().count() < LETTERS {
        return sync(&face.kiosk.new_item.likely, Vec::new());
    }
    face.call(
        move |services, actor| async move {
            let request = SearchRequest { limit: LIKELY, ..SearchRequest::new(name) };
            services.search.search(&actor, &request).await
        },
        move |face, answer| {
            if face.kiosk.new_item.asked.get() != asked {
                return;
            }
            match answer {
                Ok(found) => {
                    let rows = found.hits.iter().map(|hit| results::row(face, &hit.item, results::reason(hit.why)));
                    sync(&face.kiosk.new_item.likely, rows.collect());
                }
                Err(error) => tracing::warn!("Likely duplicates are not looked for: {error}"),
            }
        },
    );
}

/// It is this one. Of counted goods there is one more, where they belong; a single thing is shown.
fn same(face: &Rc<Face>, id: &str) {
    let Ok(id) = id.parse::<ItemId>() else { return };
    let row = slint::Model::iter(&*face.kiosk.new_item.likely).find(|row| row.id == id.to_string().as_str());
    let Some(row) = row else { return };
    if row.kind != super::super::ui::Kind::Consumable {
        return leave_for(face, id);
    }
    super::require(face, Permission::Keep, move |face| {
        let request = RequestId::new();
        face.call(
            move |services, actor| async move { services.stock.one_more(&actor, request, id).await },
            move |face, answer| match answer {
                Ok((booked, holder)) => {
                    let numbers = face.numbers();
                    let place = face.places.node(holder).map(|node| node.name).unwrap_or_default();
                    let told = Told {
                        verb: Verb::AddStock,
                        amount: numbers.quantity(rust_decimal::Decimal::ONE, &row.unit),
                        item: row.name.clone(),
                        to: place.into(),
                        ..Told::default()
                    };
                    leave_for(face, id);
                    notices::booked(face, booked.booking, told);
                }
                Err(error) => notices::failed(face, &error.to_string()),
            },
        );
    });
}

/// The form is put away and a thing shown in its place.
pub fn leave_for(face: &Rc<Face>, id: ItemId) {
    face.adapter::<EditorAdapter>().set_open(false);
    navigation::replace(face, Page::NewItem, Page::Item, &id.to_string());
    code::made(face, id);
    photo::saved(face, id);
}
