//! The item beside the list: facts, stock, loans, history, pictures, and the acts that need no question.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use slint::{Image, ModelRc, SharedString, VecModel};
use time::Date;

use super::desktop::{Face, react};
use super::format::{self, Numbers};
use super::models::sync;
use super::photos::{self, Pixels};
use super::ui::{
    self, Crumb, DetailName, DetailRow, HistoryRow, ItemAdapter, LoanRow, Notice, RelatedRow, ResultsAdapter, StockRow,
};
use super::{editor, history, notices, places, related, results};
use crate::domain::{ItemId, ItemKind, PhotoId, RequestId};
use crate::services::catalog::{CatalogError, ItemSummary, ItemView, Loan, PathHead, StockLine};
use crate::services::stock::{HistoryFilter, HistoryLine};

/// What the page shows, and the models it is shown by.
#[derive(Default)]
pub struct State {
    wanted: Cell<Option<ItemId>>,
    /// How often it was asked for, and which asking was answered last: an older look must not replace a newer one.
    asked: Cell<u64>,
    answered: Cell<u64>,
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
    related: related::Rows,
    /// Which pictures are shown, so that they are not decoded again with every refresh.
    shown: RefCell<Vec<PhotoId>>,
}

/// So many of a product's things are listed on its page.
const THINGS_OF_A_PRODUCT: i64 = 100;
/// How much history the page shows.
const HISTORY: i64 = 60;
/// The room of the picture on the page, in logical pixels.
const PICTURE: (f32, f32) = (308.0, 208.0);
/// The same where a picture may be made as large as the screen.
const KIOSK_PICTURE: (f32, f32) = (1280.0, 960.0);

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
    adapter.set_related(ModelRc::from(models.related.clone()));
    adapter.on_load_related({
        let load = react(face, |face, ()| load_related(face));
        move || load(())
    });

    adapter.on_show_place(react(face, |face, id: SharedString| match id.parse() {
        Ok(id) if face.places.node(id).is_none() => show(face, id),
        id => places::choose(face, id.ok()),
    }));
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
    adapter.on_undo({
        let undo = react(face, |face, (booking, line): (SharedString, i32)| {
            if let Ok(booking) = booking.parse() {
                notices::undo(face, booking, (line > 0).then_some(line), RequestId::new());
            }
        });
        move |booking, line| undo((booking, line))
    });
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

/// The item that is shown, or about to be.
pub fn shown(face: &Face) -> Option<ItemId> {
    face.item.wanted.get()
}

/// What has to do with the shown item.
pub fn related(face: &Face) -> &VecModel<RelatedRow> {
    &face.item.models.related
}

fn load_related(face: &Rc<Face>) {
    sync(related(face), Vec::new());
    let view = shown(face).and_then(|id| view(face, id));
    if let Some(view) = view {
        related::load(face, view.summary.id, view.summary.name);
    }
}

/// The shown item as it was read last.
pub fn view(face: &Face, id: ItemId) -> Option<ItemView> {
    face.item.view.borrow().clone().filter(|view| view.summary.id == id)
}

fn load(face: &Rc<Face>, id: ItemId) {
    let asked = face.item.asked.get() + 1;
    face.item.asked.set(asked);
    face.call(
        move |services, actor| async move {
            let view = services.catalog.view(&actor, id).await?;
            let filter = HistoryFilter { item: Some(id), limit: HISTORY, ..HistoryFilter::default() };
            let history = services.stock.history(&actor, &filter).await;
            let things = if view.summary.kind == ItemKind::Product {
                services.catalog.instances(&actor, id, THINGS_OF_A_PRODUCT).await?
            } else {
                Vec::new()
            };
            Ok::<_, CatalogError>((view, history.unwrap_or_default(), things))
        },
        move |face, answer| {
            // Meanwhile another one was chosen, or the same was looked at again.
            if face.item.wanted.get() != Some(id) || asked < face.item.answered.get() {
                return;
            }
            face.item.answered.set(asked);
            face.adapter::<ItemAdapter>().set_loading(false);
            match answer {
                Ok((view, history, things)) => present(face, view, &history, &things),
                Err(CatalogError::NotFound) => clear(face),
                Err(error) => tracing::warn!("The item is not read: {error}"),
            }
        },
    );
}

fn present(face: &Rc<Face>, view: ItemView, history: &[HistoryLine], things: &[ItemSummary]) {
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
    let stock = view.stock.iter().map(|line| stock_row(face, line, numbers));
    let things = things.iter().map(|thing| thing_row(&summary.name, thing, numbers));
    sync(&models.stock, stock.chain(things).collect());
    let loans = view.loans.iter().map(|loan| loan_row(face, loan));
    sync(&models.loans, loans.collect());
    sync(&models.history, history.iter().map(|line| history::row(face, Some(summary.id), line)).collect());
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

/// A thing of the shown product, and where it is; pressed, it leads to the thing. What is named after the product need not
/// say so again: there is little room.
fn thing_row(product: &str, thing: &ItemSummary, numbers: Numbers) -> StockRow {
    let own = thing.name.strip_prefix(product).map(|rest| rest.trim_start_matches([' ', ',', ':', '–', '-']));
    let name = own.filter(|own| !own.is_empty()).unwrap_or(&thing.name);
    let place = thing.path.places.last();
    let path: Vec<&str> = thing.path.places.iter().map(|place| place.name.as_str()).collect();
    let borrower = if let PathHead::Lent(borrower) = &thing.path.head { borrower.as_str() } else { "" };
    StockRow {
        holder: thing.id.to_string().into(),
        name: name.into(),
        kind: format::kind(thing.kind),
        code: thing.code.as_deref().unwrap_or_default().into(),
        path: path.join(" › ").into(),
        lot: place.map_or(borrower, |place| place.name.as_str()).into(),
        amount: numbers.write(thing.on_hand).into(),
        unit: SharedString::new(),
    }
}

/// A loan as lists show it.
pub fn loan_row(face: &Face, loan: &Loan) -> LoanRow {
    let today = format::on_the_wall(Face::now(), &face.zone).date();
    LoanRow {
        id: loan.id.to_string().into(),
        person: loan.person.map(|person| person.to_string()).unwrap_or_default().into(),
        borrower: loan.borrower.as_str().into(),
        amount: face.numbers().write(loan.outstanding).into(),
        has_due: loan.due_on.is_some(),
        due: loan.due_on.map(|due| format::day(due, today)).unwrap_or_default(),
        overdue: loan.due_on.is_some_and(|due| due < today),
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
    let (width, height) = if face.is_kiosk() { KIOSK_PICTURE } else { PICTURE };
    let room = ((width * scale) as u32, (height * scale) as u32);
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
