//! `GET /api/v1/items` in pages, `GET /api/v1/items/{id}` with an `ETag`.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::shapes::{Item, Way, moment};
use crate::domain::{ItemId, ItemKind};
use crate::services::catalog::{ItemView, ListFilter, Loan, StockLine};
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

const MOST: i64 = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 200, 50 when left out.
    limit: Option<i64>,
    kind: Option<String>,
    tag: Option<String>,
    /// In this holder, or in any holder inside it.
    r#in: Option<String>,
    low: Option<bool>,
    lent: Option<bool>,
    archived: Option<bool>,
}

#[derive(Debug, Serialize)]
pub struct Items {
    items: Vec<Item>,
    /// The cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub async fn list(
    State(state): State<WebState>,
    Asking(actor): Asking,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Items>, Fault> {
    let Query(wanted) = wanted.map_err(|error| Fault::Unreadable(error.body_text()))?;
    let limit = wanted.limit.unwrap_or(50).clamp(1, MOST);
    let unreadable = |what: &str| Fault::Unreadable(what.to_owned());
    let id = |name: &str, text: Option<&str>| -> Result<Option<ItemId>, Fault> {
        text.map(|text| text.parse().map_err(|_| unreadable(&format!("`{name}` is no id")))).transpose()
    };
    let kinds: Vec<ItemKind> = match &wanted.kind {
        Some(kind) => vec![kind.parse().map_err(|error| unreadable(&format!("{error}")))?],
        None => Vec::new(),
    };
    let filter = ListFilter {
        inside: id("in", wanted.r#in.as_deref())?,
        kinds,
        tags: wanted.tag.iter().map(|tag| tag.replace('\0', "")).collect(),
        low: wanted.low.unwrap_or_default(),
        lent: wanted.lent.unwrap_or_default(),
        archived: wanted.archived.unwrap_or_default(),
        ..ListFilter::default()
    };
    let after = id("cursor", wanted.cursor.as_deref())?;
    let catalog = &state.services.catalog;
    // One more than asked for tells whether there is a next page.
    let mut ids = catalog.page(&actor, &filter, after, limit + 1).await?;
    let more = ids.len() as i64 > limit;
    ids.truncate(usize::try_from(limit).unwrap_or_default());
    let next = ids.last().filter(|_| more).map(ToString::to_string);
    let items = catalog.summaries(&actor, &ids).await?.into_iter().map(Item::from).collect();
    Ok(Json(Items { items, next }))
}

/// Everything about one item.
#[derive(Debug, Serialize)]
struct Whole {
    #[serde(flatten)]
    item: Item,
    version: i32,
    description: String,
    notes: String,
    owned: Decimal,
    maximum: Option<Decimal>,
    serial_number: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    price: Option<crate::domain::Money>,
    purchased_on: Option<String>,
    warranty_until: Option<String>,
    link: Option<String>,
    fields: Map<String, Value>,
    product: Option<Uuid>,
    merged_into: Option<Uuid>,
    stock: Vec<Stock>,
    loans: Vec<Lent>,
    codes: Vec<Code>,
    photos: Vec<Picture>,
    /// Items directly in it, for a holder.
    contents: i64,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize)]
struct Stock {
    holder: Uuid,
    path: Way,
    quantity: Decimal,
    lot: Option<String>,
    expires_on: Option<String>,
}

#[derive(Debug, Serialize)]
struct Lent {
    id: Uuid,
    borrower: String,
    outstanding: Decimal,
    due_on: Option<String>,
    since: String,
}

#[derive(Debug, Serialize)]
struct Code {
    text: String,
    kind: String,
}

#[derive(Debug, Serialize)]
struct Picture {
    id: Uuid,
    /// Add `/320`, `/1280` or `/full`.
    url: String,
    width: i32,
    height: i32,
    caption: String,
}

impl From<StockLine> for Stock {
    fn from(line: StockLine) -> Self {
        Self {
            holder: line.holder.0,
            path: line.path.into(),
            quantity: line.quantity,
            expires_on: line.lot.as_ref().and_then(|lot| lot.expires_on).map(|day| day.to_string()),
            lot: line.lot.map(|lot| lot.code),
        }
    }
}

impl From<Loan> for Lent {
    fn from(loan: Loan) -> Self {
        Self {
            id: loan.id.0,
            borrower: loan.borrower,
            outstanding: loan.outstanding,
            due_on: loan.due_on.map(|day| day.to_string()),
            since: moment(loan.opened_at),
        }
    }
}

impl From<ItemView> for Whole {
    fn from(view: ItemView) -> Self {
        let draft = view.draft;
        Self {
            item: view.summary.into(),
            version: view.version,
            description: draft.description,
            notes: draft.notes,
            owned: view.owned.normalize(),
            maximum: draft.max_quantity,
            serial_number: draft.serial_number,
            manufacturer: draft.manufacturer,
            model: draft.model,
            price: draft.price,
            purchased_on: draft.purchased_on.map(|day| day.to_string()),
            warranty_until: draft.warranty_until.map(|day| day.to_string()),
            link: draft.url,
            fields: draft.fields,
            product: draft.instance_of.map(|id| id.0),
            merged_into: view.merged_into.map(|id| id.0),
            stock: view.stock.into_iter().map(Stock::from).collect(),
            loans: view.loans.into_iter().map(Lent::from).collect(),
            codes: view.codes.into_iter().map(|code| Code { text: code.shown, kind: code.kind }).collect(),
            photos: view
                .photos
                .into_iter()
                .map(|photo| Picture {
                    id: photo.id.0,
                    url: format!("/photos/{}", photo.id),
                    width: photo.width,
                    height: photo.height,
                    caption: photo.caption,
                })
                .collect(),
            contents: view.contents,
            created_at: moment(view.created_at),
            updated_at: moment(view.updated_at),
        }
    }
}

pub async fn get(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    let view = state.services.catalog.view(&actor, id).await?;
    let version = view.version;
    let body = serde_json::to_vec(&Whole::from(view)).map_err(|_| Fault::Internal)?;
    // The version is what an edit names; the rest changes with what is booked.
    let tag = format!("\"{version}-{}\"", &hex::encode(Sha256::digest(&body))[..16]);
    let known = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if known.is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let headers = [(ETAG, tag), (CONTENT_TYPE, "application/json".into()), (CACHE_CONTROL, "private, no-cache".into())];
    Ok((headers, body).into_response())
}
