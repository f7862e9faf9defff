//! Items: a list in pages, one of them with everything about it, and its changes (in [`write`]).

pub mod write;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::codes::Code;
use super::loans::Loan;
use super::photos::Picture;
use super::read::{Cursor, Id, Limit, Query, cut_to_page};
use super::shapes::{Item, Kind, Way, moment};
use crate::domain::{Actor, ItemId};
use crate::services::catalog::{ItemView, ListFilter, StockLine};
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    #[param(inline)]
    limit: Limit,
    kind: Option<Kind>,
    /// Carrying this tag, in any case.
    tag: Option<String>,
    /// In this holder, or in any holder inside it.
    r#in: Option<Uuid>,
    /// Directly in this holder.
    directly_in: Option<Uuid>,
    /// Assets of this product.
    product: Option<Uuid>,
    /// Under their minimum.
    low: Option<bool>,
    lent: Option<bool>,
    /// Archived ones instead of the others.
    archived: Option<bool>,
}

/// A page of items.
#[derive(Debug, Serialize, ToSchema)]
pub struct Items {
    items: Vec<Item>,
    /// The cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Items in an order that never changes: pages neither skip nor repeat anything while the inventory is worked on.
#[utoipa::path(get, path = "/api/v1/items", operation_id = "list_items", tag = "items", params(Wanted),
    responses((status = 200, body = Items)), security(("token" = ["viewer"])))]
pub async fn list(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Items>, Fault> {
    let Limit(limit) = wanted.limit;
    let filter = ListFilter {
        inside: wanted.r#in.map(ItemId),
        directly_in: wanted.directly_in.map(ItemId),
        kinds: wanted.kind.map(Into::into).into_iter().collect(),
        tags: wanted.tag.into_iter().collect(),
        low: wanted.low.unwrap_or_default(),
        lent: wanted.lent.unwrap_or_default(),
        archived: wanted.archived.unwrap_or_default(),
        instance_of: wanted.product.map(ItemId),
    };
    let after = match wanted.cursor {
        Some(mut cursor) => Some(ItemId(Uuid::from_bytes(cursor.part()?))),
        None => None,
    };
    let catalog = &state.services.catalog;
    // One more than asked for tells whether there is a next page.
    let mut ids = catalog.page(&actor, &filter, after, limit + 1).await?;
    let next = cut_to_page(&mut ids, wanted.limit, |last| Cursor::of(&[last.0.as_bytes()]));
    let items = catalog.summaries(&actor, &ids).await?.into_iter().map(Item::from).collect();
    Ok(Json(Items { items, next }))
}

/// One item.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneItem {
    item: WholeItem,
}

/// Everything about one item.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeItem {
    #[serde(flatten)]
    item: Item,
    version: i32,
    description: String,
    notes: String,
    /// On hand, lent and missing together.
    owned: Decimal,
    maximum: Option<Decimal>,
    /// Where it belongs.
    home: Option<Uuid>,
    serial_number: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    price: Option<Price>,
    #[schema(format = Date)]
    purchased_on: Option<String>,
    #[schema(format = Date)]
    warranty_until: Option<String>,
    link: Option<String>,
    /// Custom fields by name.
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
    /// What it is one of.
    product: Option<Uuid>,
    /// Where it is now, after a merge.
    merged_into: Option<Uuid>,
    stock: Vec<Stock>,
    loans: Vec<Loan>,
    codes: Vec<Code>,
    photos: Vec<Picture>,
    suppliers: Vec<Supplier>,
    /// Items directly in it, for a holder.
    contents: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
pub struct Price {
    amount: Decimal,
    /// ISO 4217
    currency: String,
}

/// Some of an item in one holder.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stock {
    holder: Uuid,
    path: Way,
    quantity: Decimal,
    lot: Option<super::stock::Lot>,
}

/// Where it can be bought.
#[derive(Debug, Serialize, ToSchema)]
pub struct Supplier {
    name: String,
    part_number: String,
}

impl From<StockLine> for Stock {
    fn from(line: StockLine) -> Self {
        Self { holder: line.holder.0, path: line.path.into(), quantity: line.quantity, lot: line.lot.map(Into::into) }
    }
}

impl From<ItemView> for WholeItem {
    fn from(view: ItemView) -> Self {
        let draft = view.draft;
        Self {
            item: view.summary.into(),
            version: view.version,
            description: draft.description,
            notes: draft.notes,
            owned: view.owned.normalize(),
            maximum: draft.max_quantity,
            home: draft.home_holder.map(|id| id.0),
            serial_number: draft.serial_number,
            manufacturer: draft.manufacturer,
            model: draft.model,
            price: draft.price.map(|price| Price { amount: price.amount, currency: price.currency }),
            purchased_on: draft.purchased_on.map(|day| day.to_string()),
            warranty_until: draft.warranty_until.map(|day| day.to_string()),
            link: draft.url,
            fields: draft.fields,
            product: draft.instance_of.map(|id| id.0),
            merged_into: view.merged_into.map(|id| id.0),
            stock: view.stock.into_iter().map(Stock::from).collect(),
            loans: view.loans.into_iter().map(Loan::from).collect(),
            codes: view.codes.into_iter().map(Code::from).collect(),
            photos: view.photos.into_iter().map(Picture::from).collect(),
            suppliers: view
                .suppliers
                .into_iter()
                .map(|part| Supplier { name: part.supplier, part_number: part.part_number })
                .collect(),
            contents: view.contents,
            created_at: moment(view.created_at),
            updated_at: moment(view.updated_at),
        }
    }
}

/// Everything about one item, under a tag that changes with whatever is told. Prices, suppliers and borrowers are for
/// members.
#[utoipa::path(get, path = "/api/v1/items/{id}", operation_id = "get_item", tag = "items",
    params(("id" = Uuid, Path), ("If-None-Match" = Option<String>, Header, description = "A tag known already.")),
    responses((status = 200, body = OneItem, headers(("ETag" = String, description = "For `If-Match` and `If-None-Match`."))),
        (status = 304, description = "It is what the tag says."), (status = 404, description = "No such item.")),
    security(("token" = ["viewer"])))]
pub async fn get(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let (tag, body) = tagged(&state, &actor, id).await?;
    let known = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if known.is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], body).into_response())
}

/// An item's tag, and its answer. The tag begins with the version, which is what an edit names; the rest changes with what
/// is booked.
async fn tagged(state: &WebState, actor: &Actor, id: ItemId) -> Result<(String, impl IntoResponse + use<>), Fault> {
    let view = state.services.catalog.view(actor, id).await?;
    let version = view.version;
    let body = serde_json::to_vec(&OneItem { item: view.into() }).map_err(|_| Fault::Internal)?;
    let tag = format!("\"{version}-{}\"", &hex::encode(Sha256::digest(&body))[..16]);
    Ok((tag, ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "private, no-cache")], body)))
}
