//! The item beside the list: facts, stock, loans, history, pictures, and the acts that need no question.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use slint::{Image, ModelRc, SharedString, VecModel};
use time::{Date, OffsetDateTime};

use super::desktop::{Face, react};
use super::format::{self, Numbers};
use super::models::sync;
use super::photos::{self, Pixels};
use super::ui::{
    self, Crumb, DetailName, DetailRow, HistoryRow, ItemAdapter, LoanRow, Movement, Notice, ResultsAdapter, StockRow,
};
use super::{editor, notices, places, results};
use crate::domain::{ItemId, MovementKind, Permission, PhotoId, RequestId};
use crate::services::catalog::{CatalogError, ItemView, PathHead, StockLine};
use crate::services::stock::{HistoryFilter, HistoryLine};

/// What the page shows, and the models it is shown by.
#[derive(Default)]
pub struct State {
    wanted: Cell<Option<ItemId>>,
    view: RefCell<Option<ItemView>>,
    models: Models,
}

#[derive(Default)]
struct Models {
    path: Rc<VecModel<Crumb>>,
    tags: Rc<VecModel<SharedString>>,
    photos: Rc<VecModel<Image>>,
    stock: Rc<VecModel<StockRow>>,
    loans: Rc<VecModel<LoanRow>>,
    history: Rc<VecModel<HistoryRow>>,
    details: Rc<VecModel<DetailRow>>,
    /// Which pictures are shown, so that they are not decoded again with every refresh.
    shown: RefCell<Vec<PhotoId>>,
}

/// How much history the page shows.
const HISTORY: i64 = 60;
/// The room of the picture on the page, in logical pixels.
const PICTURE: (f32, f32) = (308.0, 208.0);

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<ItemAdapter>();
    let models = &face.item.models;
    adapter.set_shown(false);
    adapter.set_path(ModelRc::from(models.path.clone()));
    adapter.set_tags(ModelRc::from(models.tags.clone()));
    adapter.set_photos(ModelRc::from(models.photos.clone()));
    adapter.set_stock(ModelRc::from(models.stock.clone()));
    adapter.set_loans(ModelRc::from(models.loans.clone()));
    adapter.set_history(ModelRc::from(models.history.clone()));
    adapter.set_details(ModelRc::from(models.details.clone()));

    adapter.on_show_place(react(face, |face, id: SharedString| places::choose(face, id.parse().ok())));
    adapter.on_show_item(react(face, |face, id: SharedString| {
        if let Ok(id) = id.parse() {
            show(face, id);
        }
    }));
    adapter.on_show_tag(react(face, |face, tag: SharedString| {
        let words = if tag.contains(' ') { format!("tag:\"{tag}\"") } else { format!("tag:{tag}") };
        face.adapter::<ResultsAdapter>().set_query(words.into());
        results::reload(face, results::Keep::First);
    }));
    adapter.on_undo(react(face, |face, booking: SharedString| {
        if let Ok(booking) = booking.parse() {
            notices::undo(face, booking, RequestId::new());
        }
    }));
    adapter.on_add_photos(react(face, |face, id: SharedString| {
        if let Ok(id) = id.parse() {
            editor::add_photos_to(face, id);
        }
    }));
    adapter.on_archive(react(face, |face, id: SharedString| set_archived(face, &id, true)));
    adapter.on_restore(react(face, |face, id: SharedString| set_archived(face, &id, false)));
}

/// Nothing is chosen.
pub fn clear(face: &Face) {
    face.item.wanted.set(None);
    face.item.view.replace(None);
    face.item.models.shown.borrow_mut().clear();
    face.adapter::<ItemAdapter>().set_shown(false);
}

/// Shows another item.
pub fn show(face: &Rc<Face>, id: ItemId) {
    if face.item.wanted.replace(Some(id)) != Some(id) {
        let adapter = face.adapter::<ItemAdapter>();
        adapter.set_photo_shown(0);
        adapter.set_loading(true);
    }
    load(face, id);
}

/// Reads the shown item again.
pub fn refresh(face: &Rc<Face>) {
    if let Some(id) = face.item.wanted.get() {
        load(face, id);
    }
}

/// The shown item as it was read last.
pub fn view(face: &Face, id: ItemId) -> Option<ItemView> {
    face.item.view.borrow().clone().filter(|view| view.summary.id == id)
}

fn load(face: &Rc<Face>, id: ItemId) {
    face.call(
        move |services, actor| async move {
            let view = services.catalog.view(&actor, id).await?;
            let filter = HistoryFilter { item: Some(id), limit: HISTORY, ..HistoryFilter::default() };
            let history = services.stock.history(&actor, &filter).await;
            Ok::<_, CatalogError>((view, history.unwrap_or_default()))
        },
        move |face, answer| {
            // Meanwhile another one was chosen.
            if face.item.wanted.get() != Some(id) {
                return;
            }
            face.adapter::<ItemAdapter>().set_loading(false);
            match answer {
                Ok((view, history)) => present(face, view, &history),
                Err(CatalogError::NotFound) => clear(face),
                Err(error) => tracing::warn!("The item is not read: {error}"),
            }
        },
    );
}

fn present(face: &Rc<Face>, view: ItemView, history: &[HistoryLine]) {
    let adapter = face.adapter::<ItemAdapter>();
    let (numbers, now) = (face.numbers(), Face::now());
    let today = format::on_the_wall(now, &face.zone).date();
    let models = &face.item.models;
    let summary = &view.summary;
    let unit = summary.unit.clone().unwrap_or_default();

    let (whereabouts, place) = results::place_of(summary);
    let minimum = summary.min_quantity.filter(|minimum| !minimum.is_zero());
    let (filled, notch) = minimum.map_or((0.0, 0.0), |minimum| format::level(summary.on_hand, minimum));
    adapter.set_item(ui::ItemView {
        id: summary.id.to_string().into(),
        name: summary.name.as_str().into(),
        kind: format::kind(summary.kind),
        code: summary.code.as_deref().unwrap_or_default().into(),
        whereabouts,
        borrower: place.into(),
        amount: results::amount(summary, numbers),
        unit: unit.as_str().into(),
        has_level: minimum.is_some(),
        filled,
        minimum: notch,
        minimum_text: numbers.write(minimum.unwrap_or_default()).into(),
        low: summary.low,
        archived: summary.archived,
        holds_things: summary.kind.is_holder(),
        inside: numbers.count(view.contents),
    });
    sync(
        &models.path,
        summary
            .path
            .places
            .iter()
            .map(|p| Crumb { id: p.id.to_string().into(), name: p.name.as_str().into() })
            .collect(),
    );
    sync(&models.tags, view.draft.tags.iter().map(SharedString::from).collect());
    sync(&models.stock, view.stock.iter().map(|line| stock_row(face, line, numbers)).collect());
    let loans = view.loans.iter().map(|loan| LoanRow {
        borrower: loan.borrower.as_str().into(),
        amount: numbers.write(loan.outstanding).into(),
        has_due: loan.due_on.is_some(),
        due: loan.due_on.map(|due| format::day(due, today)).unwrap_or_default(),
        overdue: loan.due_on.is_some_and(|due| due < today),
    });
    sync(&models.loans, loans.collect());
    sync(&models.history, history.iter().map(|line| history_row(face, summary.id, line, numbers, now)).collect());
    sync(&models.details, details(&view, numbers, today));
    adapter.set_shown(true);
    show_pictures(face, &view);
    face.item.view.replace(Some(view));
}

fn stock_row(face: &Face, line: &StockLine, numbers: Numbers) -> StockRow {
    let name = line.path.places.last().map(|place| place.name.clone()).unwrap_or_default();
    let above = line.path.places.len().saturating_sub(1);
    let path: Vec<&str> = line.path.places[..above].iter().map(|place| place.name.as_str()).collect();
    let head = match &line.path.head {
        PathHead::Lent(borrower) => borrower.clone(),
        _ => String::new(),
    };
    StockRow {
        holder: line.holder.to_string().into(),
        name: name.into(),
        kind: face.places.node(line.holder).map(|node| format::kind(node.kind)).unwrap_or_default(),
        code: line.holder_code.as_deref().unwrap_or_default().into(),
        path: if head.is_empty() { path.join(" › ") } else { format!("{head} › {}", path.join(" › ")) }.into(),
        lot: line.lot.as_ref().map(|lot| lot.code.clone()).unwrap_or_default().into(),
        amount: numbers.write(line.quantity).into(),
        unit: SharedString::new(),
    }
}

fn history_row(face: &Face, item: ItemId, line: &HistoryLine, numbers: Numbers, now: OffsetDateTime) -> HistoryRow {
    let shown = face.shown.borrow();
    let may_undo = shown.as_ref().is_some_and(|shown| {
        let own = line.actor.is_some() && line.actor == shown.actor.person;
        !line.reversed && !line.movement.inverse && (shown.actor.may(Permission::Keep) || own)
    });
    let change = if line.movement.item == item { line.change } else { rust_decimal::Decimal::ZERO };
    // On a place's page the line is about something that came or went.
    let note = if line.movement.item == item { line.note.clone() } else { line.item_name.clone() };
    HistoryRow {
        booking: line.booking.to_string().into(),
        movement: movement(line.movement.kind),
        amount: if change.is_zero() {
            numbers.write(line.movement.quantity.get())
        } else {
            numbers.write_change(change)
        }
        .into(),
        from: line.from_name.as_deref().unwrap_or_default().into(),
        to: line.to_name.as_deref().or(line.borrower.as_deref()).unwrap_or_default().into(),
        person: line.actor_name.as_deref().unwrap_or_default().into(),
        note: note.into(),
        at: format::moment(Some(line.at), now, &face.zone),
        undone: line.reversed,
        may_undo,
    }
}

pub fn movement(kind: MovementKind) -> Movement {
    match kind {
        MovementKind::Receive => Movement::Receive,
        MovementKind::Issue => Movement::Issue,
        MovementKind::Return => Movement::PutBack,
        MovementKind::Transfer => Movement::Transfer,
        MovementKind::Adjust => Movement::Adjust,
        MovementKind::CheckOut => Movement::CheckOut,
        MovementKind::CheckIn => Movement::CheckIn,
        MovementKind::Missing => Movement::Missing,
        MovementKind::Found => Movement::Found,
        MovementKind::Scrap => Movement::Scrap,
    }
}

fn details(view: &ItemView, numbers: Numbers, today: Date) -> Vec<DetailRow> {
    let draft = &view.draft;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let price = draft.price.as_ref().map(|price| format!("{}\u{a0}{}", numbers.write(price.amount), price.currency));
    let maximum = draft.max_quantity.map(|maximum| numbers.quantity(maximum, &text(&draft.unit)).to_string());
    let codes: Vec<&str> = view.codes.iter().map(|code| code.shown.as_str()).collect();
    let mut rows: Vec<DetailRow> = [
        (DetailName::Description, draft.description.clone()),
        (DetailName::Manufacturer, text(&draft.manufacturer)),
        (DetailName::Model, text(&draft.model)),
        (DetailName::Serial, text(&draft.serial_number)),
        (DetailName::Maximum, maximum.unwrap_or_default()),
        (DetailName::Price, price.unwrap_or_default()),
        (DetailName::Url, text(&draft.url)),
        (DetailName::Codes, codes.join("  ")),
        (DetailName::Notes, draft.notes.clone()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| DetailRow { name, value: value.into(), ..DetailRow::default() })
    .collect();
    for (name, date) in [(DetailName::Bought, draft.purchased_on), (DetailName::Warranty, draft.warranty_until)] {
        rows.extend(date.map(|date| DetailRow { name, day: format::day(date, today), ..DetailRow::default() }));
    }
    for (name, value) in &draft.fields {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        rows.push(DetailRow {
            name: DetailName::Custom,
            custom: name.into(),
            value: value.into(),
            ..DetailRow::default()
        });
    }
    rows
}

fn show_pictures(face: &Rc<Face>, view: &ItemView) {
    let wanted: Vec<PhotoId> = view.photos.iter().map(|photo| photo.id).collect();
    let models = &face.item.models;
    if *models.shown.borrow() == wanted {
        return;
    }
    models.shown.replace(wanted.clone());
    models.photos.set_vec(Vec::new());
    let scale = face.scale();
    let room = ((PICTURE.0 * scale) as u32, (PICTURE.1 * scale) as u32);
    let expected = wanted.clone();
    face.call(
        move |services, actor| async move { photos::large(&services, &actor, wanted, room).await },
        move |face, decoded: Vec<Pixels>| {
            if *face.item.models.shown.borrow() == expected {
                sync(&face.item.models.photos, decoded.into_iter().map(Image::from_rgb8).collect());
            }
        },
    );
}

fn set_archived(face: &Rc<Face>, id: &str, archived: bool) {
    let Ok(id) = id.parse::<ItemId>() else { return };
    let name = view(face, id).map(|view| view.summary.name).unwrap_or_default();
    face.call(
        move |services, actor| async move {
            if archived {
                services.catalog.archive(&actor, id).await
            } else {
                services.catalog.restore(&actor, id).await
            }
        },
        move |face, answer| match answer {
            Ok(()) => {
                notices::tell(face, if archived { Notice::Archived } else { Notice::Restored }, &name);
                super::live::refresh_everything(face);
            }
            Err(CatalogError::Forbidden(_)) => notices::tell(face, Notice::Refused, &name),
            Err(error) => notices::failed(face, &error.to_string()),
        },
    );
}
