//! What was asked for and what was found: lists without a question, hits with their reasons with one.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use slint::{Image, ModelRc, SharedString, Timer, TimerMode, VecModel};
use thiserror::Error;

use super::desktop::{Face, react};
use super::format::{self, Numbers};
use super::item;
use super::models::sync;
use super::photos::{self, Pixels};
use super::ui::{Column, ItemAdapter, Reason, ResultRow, ResultsAdapter, TagCount, TreeAdapter, Whereabouts};
use crate::domain::search::{Filters, Why};
use crate::domain::{self, Actor, ItemId, ItemKind, PhotoId};
use crate::services::Services;
use crate::services::catalog::{CatalogError, ItemSummary, ListFilter, ListOrder, PathHead};
use crate::services::search::{SearchError, SearchRequest};

/// Whether the choice stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// A new question: its first answer is chosen.
    First,
    /// The same question again, because something changed.
    Chosen,
}

/// What is going on with the list.
#[derive(Default)]
pub struct State {
    running: Cell<bool>,
    /// Asked again while an answer was under way.
    again: Cell<Option<Keep>>,
    /// Runs out when typing rests.
    rest: Timer,
    tags: Rc<VecModel<TagCount>>,
}

impl State {
    /// Another inventory comes: answers under way are dropped.
    pub fn forget(&self) {
        self.running.set(false);
        self.again.set(None);
        self.rest.stop();
    }
}

/// Hits a search shows; who needs more types another word.
const MOST_HITS: usize = 200;
/// As many as a screen holds come at once: reading two hundred takes longer than finding them.
const FIRST_HITS: usize = 48;
/// The other hits follow when nothing was typed for so long.
const REST: Duration = Duration::from_millis(400);
/// Rows of a list that come with it, before any is scrolled to.
const AT_ONCE: usize = 64;

/// Why there is no answer.
#[derive(Debug, Error)]
enum ListError {
    #[error(transparent)]
    List(#[from] CatalogError),
    #[error(transparent)]
    Search(#[from] SearchError),
}

/// A list, or hits with their reasons, and the rows that came with it.
struct Answer {
    ids: Vec<ItemId>,
    summaries: Vec<ItemSummary>,
    reasons: HashMap<ItemId, Reason>,
    total: usize,
    words_only: bool,
    /// There are more hits than came.
    more: bool,
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<ResultsAdapter>();
    adapter.set_rows(ModelRc::from(face.rows.clone()));
    adapter.set_total(0);
    adapter.set_total_text(face.numbers().count(0));
    face.rows.on_ask(react(face, load));
    adapter.on_search(react(face, |face, _: SharedString| reload(face, Keep::First)));
    adapter.on_filter({
        let reload = react(face, |face, ()| reload(face, Keep::First));
        move || reload(())
    });
    adapter.set_tags(ModelRc::from(face.results.tags.clone()));
    adapter.on_load_tags({
        let load = react(face, |face, ()| load_tags(face));
        move || load(())
    });
    adapter.on_sort_by(react(face, |face, column| {
        let adapter = face.adapter::<ResultsAdapter>();
        let same = adapter.get_sorted() == column;
        // Numbers and times begin with the largest, names with the first.
        adapter.set_descending(if same { !adapter.get_descending() } else { column != Column::Name });
        adapter.set_sorted(column);
        reload(face, Keep::First);
    }));
    adapter.on_choose({
        let choose = react(face, |face, (id, index): (SharedString, i32)| choose(face, &id, index));
        move |id, index| choose((id, index))
    });
    adapter.on_step(react(face, |face, by: i32| {
        let adapter = face.adapter::<ResultsAdapter>();
        let last = i32::try_from(slint::Model::row_count(&*face.rows)).unwrap_or(i32::MAX) - 1;
        let index = adapter.get_current().saturating_add(by).min(last).max(0);
        if let Some(id) = face.rows.id(index as usize) {
            choose(face, &id.to_string(), index);
        }
    }));
    adapter.on_open({
        let open = react(face, |face, ()| {
            let adapter = face.adapter::<ResultsAdapter>();
            // Twice the same thing is asked for twice.
            adapter.set_opened("".into());
            adapter.set_opened(adapter.get_selected());
        });
        move || open(())
    });
}

fn load_tags(face: &Rc<Face>) {
    face.call(
        |services, actor| async move { services.catalog.tags(&actor).await },
        |face, answer| {
            let Ok(tags) = answer else { return };
            let numbers = face.numbers();
            let rows = tags.iter().map(|(name, count)| TagCount { name: name.into(), count: numbers.count(*count) });
            sync(&face.results.tags, rows.collect());
        },
    );
}

fn choose(face: &Rc<Face>, id: &str, index: i32) {
    let adapter = face.adapter::<ResultsAdapter>();
    adapter.set_current(index);
    adapter.set_selected(id.into());
    if let Ok(id) = id.parse() {
        item::show(face, id);
    }
}

/// Asks again. While an answer is under way the newest question waits, and those between are never asked.
pub fn reload(face: &Rc<Face>, keep: Keep) {
    let state = &face.results;
    if state.running.get() {
        let waiting = state.again.get();
        state.again.set(Some(if waiting == Some(Keep::First) { Keep::First } else { keep }));
        return;
    }
    if face.shown.borrow().is_none() {
        return;
    }
    state.running.set(true);
    state.rest.stop();
    let adapter = face.adapter::<ResultsAdapter>();
    let text = adapter.get_query().trim().to_owned();
    let place = face.adapter::<TreeAdapter>().get_selected().parse().ok();
    let direct = adapter.get_direct();
    let kind = usize::try_from(adapter.get_kind()).ok().and_then(|n| ItemKind::ALL.get(n)).copied();
    let filter = ListFilter {
        inside: place.filter(|_| !direct),
        directly_in: place.filter(|_| direct),
        kinds: match kind {
            Some(kind) => vec![kind],
            None if adapter.get_things_only() => vec![ItemKind::Asset, ItemKind::Consumable],
            None => Vec::new(),
        },
        low: adapter.get_low(),
        lent: adapter.get_lent(),
        archived: adapter.get_archived(),
        tags: Some(adapter.get_tag().to_string()).into_iter().filter(|tag| !tag.is_empty()).collect(),
        ..ListFilter::default()
    };
    let order = match (adapter.get_sorted(), adapter.get_descending()) {
        (Column::Name, false) => ListOrder::Name,
        (Column::Name, true) => ListOrder::NameDescending,
        (Column::OnHand, true) => ListOrder::OnHand,
        (Column::OnHand, false) => ListOrder::OnHandAscending,
        (_, true) => ListOrder::Moved,
        (_, false) => ListOrder::MovedAscending,
    };
    adapter.set_busy(true);
    // What was typed is on the screen while the answer is looked for.
    face.draw_now();
    face.call(
        move |services, actor| async move { answer(&services, &actor, &text, &filter, order, keep).await },
        move |face, answer| {
            face.results.running.set(false);
            face.adapter::<ResultsAdapter>().set_busy(false);
            match answer {
                Ok(answer) => {
                    let more = answer.more;
                    show(face, answer, keep);
                    face.draw_now();
                    if more {
                        let reload = react(face, |face, ()| reload(face, Keep::Chosen));
                        face.results.rest.start(TimerMode::SingleShot, REST, move || reload(()));
                    }
                }
                // The banner says that the database is gone; what is seen stays.
                Err(error) => tracing::warn!("The list is not refreshed: {error}"),
            }
            if let Some(keep) = face.results.again.take() {
                reload(face, keep);
            }
        },
    );
}

async fn answer(
    services: &Services,
    actor: &Actor,
    text: &str,
    filter: &ListFilter,
    order: ListOrder,
    keep: Keep,
) -> Result<Answer, ListError> {
    if text.is_empty() {
        let ids = services.catalog.list(actor, filter, order).await?;
        let summaries = services.catalog.summaries(actor, &ids[..ids.len().min(AT_ONCE)]).await?;
        return Ok(Answer {
            total: ids.len(),
            ids,
            summaries,
            reasons: HashMap::new(),
            words_only: false,
            more: false,
        });
    }
    let request = SearchRequest {
        filters: Filters {
            kinds: filter.kinds.clone(),
            tags: filter.tags.clone(),
            low: filter.low,
            lent: filter.lent,
            archived: filter.archived,
            ..Filters::default()
        },
        inside: filter.inside,
        limit: if keep == Keep::First { FIRST_HITS } else { MOST_HITS },
        ..SearchRequest::new(text)
    };
    let found = services.search.search(actor, &request).await?;
    Ok(Answer {
        more: keep == Keep::First && found.total > found.hits.len(),
        total: found.total,
        ids: found.hits.iter().map(|hit| hit.item.id).collect(),
        reasons: found.hits.iter().map(|hit| (hit.item.id, reason(hit.why))).collect(),
        words_only: found.words_only.is_some(),
        summaries: found.hits.into_iter().map(|hit| hit.item).collect(),
    })
}

/// Why something was found.
pub fn reason(why: Why) -> Reason {
    match why {
        Why::Code => Reason::Code,
        Why::Word => Reason::Word,
        Why::Spelling => Reason::Spelling,
        Why::Meaning => Reason::Meaning,
        Why::Filter => Reason::None,
    }
}

fn show(face: &Rc<Face>, answer: Answer, keep: Keep) {
    let adapter = face.adapter::<ResultsAdapter>();
    let rows: HashMap<ItemId, ResultRow> = answer
        .summaries
        .iter()
        .map(|summary| {
            let reason = answer.reasons.get(&summary.id).copied().unwrap_or(Reason::None);
            (summary.id, row(face, summary, reason))
        })
        .collect();
    face.rows.replace(answer.ids, rows);
    if keep == Keep::Chosen {
        face.rows.refresh();
    }
    adapter.set_total(i32::try_from(answer.total).unwrap_or(i32::MAX));
    adapter.set_total_text(face.numbers().count(answer.total as i64));
    adapter.set_meaning_asleep(answer.words_only);
    let chosen = adapter.get_selected().parse().ok();
    match (keep, chosen.and_then(|id| face.rows.position(id))) {
        (Keep::Chosen, Some(index)) => adapter.set_current(index as i32),
        // What is chosen may be out of the list and is still worth looking at.
        (Keep::Chosen, None) if chosen.is_some() => {}
        // The kiosk shows one page at a time: nothing stands beside the list.
        _ if face.is_kiosk() => {}
        _ => {
            if let Some(id) = face.rows.id(0) {
                choose(face, &id.to_string(), 0);
            } else {
                adapter.set_selected("".into());
                face.adapter::<ItemAdapter>().set_shown(false);
            }
        }
    }
    decode_pictures(face, 0..answer.summaries.len(), &answer.summaries);
}

/// Loads the rows of a range of the list that has been scrolled to.
fn load(face: &Rc<Face>, range: Range<usize>) {
    let ids = face.rows.ids(range.clone());
    if ids.is_empty() {
        return;
    }
    face.call(
        move |services, actor| async move { services.catalog.summaries(&actor, &ids).await },
        move |face, answer| match answer {
            Ok(summaries) => {
                let rows = summaries.iter().map(|s| (s.id, row(face, s, reason_of(face, s.id)))).collect();
                face.rows.fill(range.clone(), rows);
                decode_pictures(face, range, &summaries);
            }
            Err(error) => {
                tracing::warn!("Rows are not loaded: {error}");
                face.rows.give_up(&range);
            }
        },
    );
}

/// A row that is loaded again keeps why it was found.
fn reason_of(face: &Face, id: ItemId) -> Reason {
    face.rows.loaded(id).map_or(Reason::None, |row| row.reason)
}

/// Decodes the pictures of rows that have one and shows them as they come.
fn decode_pictures(face: &Rc<Face>, range: Range<usize>, summaries: &[ItemSummary]) {
    pictures_of(face, summaries, move |face, decoded| {
        let given = decoded.into_iter().filter_map(|(item, photo)| {
            let row = face.rows.loaded(item)?;
            Some((item, ResultRow { photo, ..row }))
        });
        face.rows.fill(range, given.collect());
    });
}

/// Decodes the pictures of things that have one and are not known yet, as large as rows show them.
pub fn pictures_of(
    face: &Rc<Face>,
    summaries: &[ItemSummary],
    then: impl FnOnce(&Rc<Face>, Vec<(ItemId, Image)>) + 'static,
) {
    let missing: Vec<(ItemId, PhotoId)> = summaries
        .iter()
        .filter_map(|summary| Some((summary.id, summary.photo?)))
        .filter(|(_, photo)| face.thumbnails.get(*photo).is_none())
        .collect();
    if missing.is_empty() {
        return;
    }
    let side = (face.scale() * if face.is_kiosk() { 72.0 } else { 24.0 }).round() as u32;
    face.call(
        move |services, actor| async move { photos::small(&services, &actor, missing, side).await },
        move |face, decoded: Vec<(ItemId, PhotoId, Pixels)>| {
            let kept = decoded.into_iter().map(|(item, photo, pixels)| (item, face.thumbnails.keep(photo, pixels)));
            let kept = kept.collect();
            then(face, kept);
        },
    );
}

/// A thing as lists show it.
pub fn row(face: &Face, summary: &ItemSummary, reason: Reason) -> ResultRow {
    let photo = summary.photo.and_then(|photo| face.thumbnails.get(photo));
    let (numbers, now) = (face.numbers(), Face::now());
    let (whereabouts, place) = place_of(summary);
    let minimum = summary.min_quantity.filter(|minimum| !minimum.is_zero());
    let (filled, notch) = minimum.map_or((0.0, 0.0), |minimum| format::level(summary.on_hand, minimum));
    ResultRow {
        id: summary.id.to_string().into(),
        name: summary.name.as_str().into(),
        kind: format::kind(summary.kind),
        code: summary.code.as_deref().unwrap_or_default().into(),
        whereabouts,
        place: place.into(),
        places: i32::try_from(summary.places).unwrap_or(i32::MAX),
        path: innermost(summary).into(),
        amount: amount(summary, numbers),
        unit: summary.unit.as_deref().unwrap_or_default().into(),
        has_level: minimum.is_some(),
        filled,
        minimum: notch,
        low: summary.low,
        archived: summary.archived,
        moved: format::moment(summary.moved_at, now, &face.zone),
        reason,
        photo: photo.unwrap_or_default(),
    }
}

/// The last two places of where most of it lies: what one needs to know who stands in the room.
fn innermost(summary: &ItemSummary) -> String {
    let places = &summary.path.places;
    let names: Vec<&str> = places[places.len().saturating_sub(2)..].iter().map(|place| place.name.as_str()).collect();
    names.join(" › ")
}

/// How many are on hand; nothing where counting makes no sense.
pub fn amount(summary: &ItemSummary, numbers: Numbers) -> SharedString {
    match summary.kind {
        ItemKind::Location => SharedString::new(),
        ItemKind::Product => numbers.count(summary.instances),
        _ => numbers.write(summary.on_hand).into(),
    }
}

/// Where a thing is in a word, and which place or person belongs to it.
pub fn place_of(summary: &ItemSummary) -> (Whereabouts, String) {
    let last = || summary.path.places.last().map(|place| place.name.clone()).unwrap_or_default();
    match (summary.whereabouts, &summary.path.head) {
        (domain::Whereabouts::InHolder, _) if summary.places > 1 => (Whereabouts::SeveralPlaces, last()),
        (domain::Whereabouts::InHolder, _) => (Whereabouts::OnePlace, last()),
        (domain::Whereabouts::Lent, PathHead::Lent(borrower)) => (Whereabouts::Lent, borrower.clone()),
        (domain::Whereabouts::Lent, _) => (Whereabouts::Lent, String::new()),
        (domain::Whereabouts::RootLocation, _) => (Whereabouts::Root, String::new()),
        (domain::Whereabouts::Missing, _) => (Whereabouts::Missing, String::new()),
        (domain::Whereabouts::Gone | domain::Whereabouts::NeverStocked, _) => (Whereabouts::Nowhere, String::new()),
    }
}
