//! A new item, and an item's fields changed.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::Markup;
use serde::Deserialize;

use super::{book, edit_form};
use crate::domain::item::DraftError;
use crate::domain::{ItemDraft, ItemId, ItemKind, Permission, Quantity, RequestId};
use crate::services::catalog::{CatalogError, ItemRecord, NewItem, Placement};
use crate::web::fault::Fault;
use crate::web::forms::Posted;
use crate::web::language::Lang;
use crate::web::layout::{self, Page};
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// Everything the form has, as text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Entered {
    /// Once per form shown: sending it twice makes one item.
    pub request: String,
    /// Of the item as it was read.
    pub version: String,
    pub kind: String,
    pub name: String,
    pub description: String,
    pub notes: String,
    pub unit: String,
    pub minimum: String,
    pub maximum: String,
    pub manufacturer: String,
    pub model: String,
    pub serial_number: String,
    pub price: String,
    pub currency: String,
    pub purchased_on: String,
    pub warranty_until: String,
    pub url: String,
    /// Divided by commas.
    pub tags: String,
    /// Custom fields, one `name: value` a line.
    pub fields: String,
    /// Where it belongs: a place's id or code.
    pub home: String,
    /// Of a new item: where it lies, how many, and what codes it carries.
    pub to: String,
    pub quantity: String,
    pub code: String,
}

impl Entered {
    pub fn kind(&self) -> ItemKind {
        self.kind.parse().unwrap_or(ItemKind::Asset)
    }
}

/// `GET /items/new?in=PLACE&kind=&code=`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Preset {
    r#in: String,
    kind: String,
    code: String,
    name: String,
}

pub async fn new(visit: Visit, Query(preset): Query<Preset>) -> Result<Markup, Fault> {
    visit.actor.require(Permission::Keep).map_err(|forbidden| Fault::Forbidden(forbidden.needed))?;
    let entered = Entered {
        request: RequestId::new().to_string(),
        kind: preset.kind,
        name: preset.name,
        to: preset.r#in,
        code: preset.code,
        ..Entered::default()
    };
    shown(&visit, None, &entered, None).await
}

/// `POST /items/new`: makes it, and goes to its page.
pub async fn make(visit: Visit, Posted(entered): Posted<Entered>) -> Result<Response, Fault> {
    match made(&visit, &entered).await? {
        Ok((item, booking)) => Ok(Redirect::to(&format!("/items/{item}?did={booking}")).into_response()),
        Err(wrong) => {
            let again = Entered { request: RequestId::new().to_string(), ..entered };
            refused(&visit, None, &again, &wrong).await
        }
    }
}

async fn made(visit: &Visit, entered: &Entered) -> Result<Result<(ItemId, String), String>, Fault> {
    let Ok(request) = entered.request.parse() else { return Ok(Err(say(visit.lang, "wrong.reused"))) };
    let draft = match edit_form::draft(visit, entered, None).await? {
        Ok(draft) => draft,
        Err(wrong) => return Ok(Err(say(visit.lang, wrong))),
    };
    let place = if entered.to.trim().is_empty() {
        None
    } else {
        let Some(holder) = book::place_of(visit, &entered.to).await? else {
            return Ok(Err(say(visit.lang, "wrong.to")));
        };
        let quantity = if draft.kind.is_counted() && !entered.quantity.trim().is_empty() {
            match book::decimal(visit.lang, &entered.quantity).map(Quantity::new) {
                Some(Ok(quantity)) => quantity,
                _ => return Ok(Err(say(visit.lang, "wrong.quantity"))),
            }
        } else {
            Quantity::ONE
        };
        Some(Placement { holder, quantity, lot: None })
    };
    // A counted thing of which none is there yet has no place either.
    let place = place.filter(|_| !(draft.kind.is_counted() && entered.quantity.trim() == "0"));
    let codes = Some(entered.code.trim().to_owned()).filter(|code| !code.is_empty()).into_iter().collect();
    match visit.state.services.catalog.create(&visit.actor, NewItem { request, draft, place, codes }).await {
        Ok(made) => Ok(Ok((made.item, made.booking.to_string()))),
        Err(error) => wrong_of(visit.lang, error).map(Err),
    }
}

/// `GET /items/{id}/edit`
pub async fn form(visit: Visit, Path(id): Path<String>) -> Result<Markup, Fault> {
    visit.actor.require(Permission::Keep).map_err(|forbidden| Fault::Forbidden(forbidden.needed))?;
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    let view = visit.state.services.catalog.view(&visit.actor, id).await?;
    let entered = edit_form::entered(visit.lang, &view.draft, view.version);
    shown(&visit, Some((id, &view.draft)), &entered, None).await
}

/// `POST /items/{id}/edit`: saves, and goes back. When somebody else has saved since, both versions are shown.
pub async fn save(visit: Visit, Path(id): Path<String>, Posted(entered): Posted<Entered>) -> Result<Response, Fault> {
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    let before = visit.state.services.catalog.view(&visit.actor, id).await?.draft;
    let draft = match edit_form::draft(&visit, &entered, Some(&before)).await? {
        Ok(draft) => draft,
        Err(wrong) => return refused(&visit, Some((id, &before)), &entered, &say(visit.lang, wrong)).await,
    };
    let version = entered.version.parse().unwrap_or_default();
    match visit.state.services.catalog.edit(&visit.actor, id, version, draft.clone()).await {
        Ok(()) => Ok(Redirect::to(&format!("/items/{id}#details")).into_response()),
        Err(CatalogError::Stale { current }) => stale(&visit, id, &draft, &current, entered).await,
        Err(error) => refused(&visit, Some((id, &before)), &entered, &wrong_of(visit.lang, error)?).await,
    }
}

/// What somebody else saved meanwhile stands beside what was entered here; saving again is then a choice.
async fn stale(
    visit: &Visit,
    id: ItemId,
    mine: &ItemDraft,
    current: &ItemRecord,
    entered: Entered,
) -> Result<Response, Fault> {
    let again = Entered { version: current.version.to_string(), ..entered };
    let both = edit_form::differences(visit.lang, mine, &current.draft);
    let page = page(visit, Some((id, &current.draft)), &again, Some(&edit_form::stale(visit, &both))).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

async fn refused(
    visit: &Visit,
    of: Option<(ItemId, &ItemDraft)>,
    entered: &Entered,
    wrong: &str,
) -> Result<Response, Fault> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(visit, of, entered, Some(wrong)).await?).into_response())
}

async fn shown(
    visit: &Visit,
    of: Option<(ItemId, &ItemDraft)>,
    entered: &Entered,
    wrong: Option<&str>,
) -> Result<Markup, Fault> {
    let banner = wrong.map(|wrong| edit_form::banner(visit, wrong));
    page(visit, of, entered, banner.as_ref()).await
}

async fn page(
    visit: &Visit,
    of: Option<(ItemId, &ItemDraft)>,
    entered: &Entered,
    banner: Option<&Markup>,
) -> Result<Markup, Fault> {
    let body = edit_form::form(visit, of, entered, banner).await?;
    let title = match of {
        Some((_, draft)) => format!("{}: {}", say(visit.lang, "edit.edit"), draft.name),
        None => say(visit.lang, "edit.new"),
    };
    Ok(layout::page(visit, &Page { title, nav: None, verbs: None, body }))
}

/// What somebody can mend is said in the form; the rest is a fault.
fn wrong_of(lang: Lang, error: CatalogError) -> Result<String, Fault> {
    let key = match error {
        CatalogError::Draft(error) => match error {
            DraftError::Name => "edit.wrong.name",
            DraftError::TooLong { .. } => "edit.wrong.too_long",
            DraftError::NotCounted => "edit.wrong.not_counted",
            DraftError::Limits => "edit.wrong.limits",
            DraftError::LimitRange => "edit.wrong.limit_range",
            DraftError::NotAnInstance => "edit.wrong.not_an_instance",
            DraftError::Price => "edit.wrong.price",
            DraftError::Tag => "edit.wrong.tag",
        },
        CatalogError::CodeTaken(_) => "edit.wrong.code_taken",
        CatalogError::Code => "edit.wrong.code",
        CatalogError::NoHolder => "wrong.to",
        CatalogError::KindContradicted => "edit.wrong.kind",
        CatalogError::RequestReused => "wrong.reused",
        CatalogError::Refused(reason) => return Ok(words::refusal(lang, &reason, None)),
        other => return Err(other.into()),
    };
    Ok(say(lang, key))
}
