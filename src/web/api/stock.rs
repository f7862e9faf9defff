//! What lies where: a list over all items and holders, and lots.

use axum::Json;
use axum::extract::State;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::read::{Body, Cursor, Day, Id, Limit, Query, cut_to_page};
use crate::domain::{ItemId, LotId};
use crate::services::relations;
use crate::services::stock::{StockAt, StockFilter};
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
    item: Option<Uuid>,
    /// Directly in this holder.
    holder: Option<Uuid>,
}

/// A page of stock.
#[derive(Debug, Serialize, ToSchema)]
pub struct StockPage {
    stock: Vec<StockEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Some of an item in one holder.
#[derive(Debug, Serialize, ToSchema)]
struct StockEntry {
    item: Uuid,
    item_name: String,
    unit: Option<String>,
    holder: Uuid,
    holder_name: String,
    quantity: Decimal,
    lot: Option<Lot>,
}

/// A batch of a consumable.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lot {
    id: Uuid,
    code: String,
    #[schema(format = Date)]
    expires_on: Option<String>,
}

impl From<relations::Lot> for Lot {
    fn from(lot: relations::Lot) -> Self {
        Self { id: lot.id.0, code: lot.code, expires_on: lot.expires_on.map(|day| day.to_string()) }
    }
}

impl From<StockAt> for StockEntry {
    fn from(at: StockAt) -> Self {
        Self {
            item: at.item.0,
            item_name: at.item_name,
            unit: at.unit,
            holder: at.holder.0,
            holder_name: at.holder_name,
            quantity: at.quantity,
            lot: at.lot.map(Lot::from),
        }
    }
}

/// What lies where, in an order that never changes.
#[utoipa::path(get, path = "/api/v1/stock", operation_id = "list_stock", tag = "stock", params(Wanted),
    responses((status = 200, body = StockPage)), security(("token" = ["viewer"])))]
pub async fn list(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Query(wanted): Query<Wanted>,
) -> Result<Json<StockPage>, Fault> {
    let Limit(limit) = wanted.limit;
    let after = match wanted.cursor {
        Some(mut cursor) => {
            let [item, holder, lot] = [cursor.part()?, cursor.part()?, cursor.part()?].map(Uuid::from_bytes);
            Some((ItemId(item), ItemId(holder), LotId(lot)))
        }
        None => None,
    };
    let filter =
        StockFilter { item: wanted.item.map(ItemId), holder: wanted.holder.map(ItemId), after, limit: limit + 1 };
    let mut lines = state.services.stock.lines(&actor, &filter).await?;
    let next = cut_to_page(&mut lines, wanted.limit, |last| {
        let lot = last.lot.as_ref().map_or(Uuid::nil(), |lot| lot.id.0);
        Cursor::of(&[last.item.0.as_bytes(), last.holder.0.as_bytes(), lot.as_bytes()])
    });
    Ok(Json(StockPage { stock: lines.into_iter().map(StockEntry::from).collect(), next }))
}

/// A lot.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutLot {
    #[schema(min_length = 1, max_length = 100)]
    code: String,
    /// Left out, a known one stays.
    expires_on: Option<Day>,
}

/// The lot as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneLot {
    lot: Lot,
}

/// Makes a lot of an item, or corrects the expiry of a known one. Bookings name it by its id.
#[utoipa::path(post, path = "/api/v1/items/{id}/lots", operation_id = "put_lot", tag = "stock", request_body = PutLot,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = OneLot), (status = 404, description = "No such item."),
        (status = 422, description = "The code is empty or too long.")),
    security(("token" = ["keeper"])))]
pub async fn put_lot(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
    Body(put): Body<PutLot>,
) -> Result<Json<OneLot>, Fault> {
    let lot = state.services.relations.put_lot(&actor, id, &put.code, put.expires_on.map(|day| day.0)).await?;
    Ok(Json(OneLot { lot: lot.into() }))
}
