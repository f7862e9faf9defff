//! Stocktakes: opened, counted, decided.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{OneStocktake, one};
use crate::domain::{ItemId, LotId, StocktakeId};
use crate::services::stocktake::{self as service, CountRequest};
use crate::web::api::read::{Amount, Body, Id, Key, Note};
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

/// What is to be counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// A location or container.
    holder: Uuid,
    #[serde(default)]
    note: Note,
}

/// Begins counting a place.
#[utoipa::path(post, path = "/api/v1/stocktakes", operation_id = "open_stocktake", tag = "stocktakes", request_body = Opening,
    responses((status = 201, body = OneStocktake, headers(("Location" = String, description = "The stocktake."))),
        (status = 409, description = "Part of the place is being counted already, or it is no place.")),
    security(("token" = ["member"])))]
pub async fn open(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Body(opening): Body<Opening>,
) -> Result<Response, Fault> {
    let id = state.services.stocktakes.open(&actor, ItemId(opening.holder), &opening.note.0).await?;
    let view = state.services.stocktakes.view(&actor, id).await?;
    Ok((StatusCode::CREATED, [(LOCATION, format!("/api/v1/stocktakes/{id}"))], Json(one(view))).into_response())
}

/// One count of one line. An asset or a container is there (`1`) or not (`0`).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    item: Uuid,
    /// In which holder of the place.
    holder: Uuid,
    /// May be left out where a single lot lies.
    lot: Option<Uuid>,
    quantity: Amount,
    /// So many more than were counted of the line before, instead of so many in all.
    #[serde(default)]
    more: bool,
}

/// The line as it was counted.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountAnswer {
    item: Uuid,
    holder: Uuid,
    lot: Option<Uuid>,
    counted: Decimal,
}

/// Counts a line; what the books say at this moment is kept with it.
#[utoipa::path(post, path = "/api/v1/stocktakes/{id}/counts", operation_id = "count", tag = "stocktakes", request_body = Count,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Uuid, Header, description = "A new one for each count; a repeat is answered, not counted again.")),
    responses((status = 200, body = CountAnswer), (status = 404, description = "No such stocktake."),
        (status = 409, description = "Counting has ended, or the holder or item is not part of it."),
        (status = 422, description = "The quantity is none, or the key was used for something else.")),
    security(("token" = ["member"])))]
pub async fn count(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<StocktakeId>,
    Key(request): Key,
    Body(count): Body<Count>,
) -> Result<Json<CountAnswer>, Fault> {
    let amount =
        if count.more { service::Amount::Plus(count.quantity.0) } else { service::Amount::Is(count.quantity.0) };
    let request = CountRequest {
        request,
        item: ItemId(count.item),
        holder: ItemId(count.holder),
        lot: count.lot.map(LotId),
        amount,
    };
    let counted = state.services.stocktakes.count(&actor, id, &request).await?;
    let answer = CountAnswer {
        item: counted.line.item.0,
        holder: counted.line.holder.0,
        lot: counted.line.lot.map(|lot| lot.0),
        counted: counted.counted.unwrap_or_default(),
    };
    Ok(Json(answer))
}

/// What is decided about a stocktake.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Everything nobody counted is not here; what lies in a missing container stays in it.
    RestIsNotHere,
    /// Counting ends, the differences are shown.
    Close,
    /// Counting goes on.
    Reopen,
    /// It is given up; nothing is written.
    Cancel,
}

/// One decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    decision: Step,
}

/// Ends, resumes or gives up counting.
#[utoipa::path(post, path = "/api/v1/stocktakes/{id}/decisions", operation_id = "decide_stocktake", tag = "stocktakes", request_body = Decision,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = OneStocktake), (status = 404, description = "No such stocktake."),
        (status = 409, description = "It is decided already, or counting has ended.")),
    security(("token" = ["member"])))]
pub async fn decide(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<StocktakeId>,
    Body(decision): Body<Decision>,
) -> Result<Json<OneStocktake>, Fault> {
    let stocktakes = &state.services.stocktakes;
    match decision.decision {
        Step::RestIsNotHere => drop(stocktakes.rest_is_not_here(&actor, id).await?),
        Step::Close => stocktakes.close(&actor, id).await?,
        Step::Reopen => stocktakes.reopen(&actor, id).await?,
        Step::Cancel => stocktakes.cancel(&actor, id).await?,
    }
    Ok(Json(one(stocktakes.view(&actor, id).await?)))
}

/// What was looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Of the stocktake, as it was when its differences were looked at.
    version: i32,
}

/// An approval.
#[derive(Debug, Serialize, ToSchema)]
pub struct Approved {
    /// Absent when everything agreed.
    booking: Option<Uuid>,
    /// Lines of the booking.
    written: usize,
}

/// Writes the differences as one booking. Somebody else than who counted, unless a setting lets them.
#[utoipa::path(post, path = "/api/v1/stocktakes/{id}/approval", operation_id = "approve_stocktake", tag = "stocktakes", request_body = Approval,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Uuid, Header, description = "A new one for each approval; a repeat is answered, not written again.")),
    responses((status = 200, body = Approved), (status = 404, description = "No such stocktake."),
        (status = 409, description = "Counting goes on, it was changed or decided since, lines have to be counted again, or who counted approves."),
        (status = 422, description = "The key was used for something else.")),
    security(("token" = ["keeper"])))]
pub async fn approve(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<StocktakeId>,
    Key(request): Key,
    Body(approval): Body<Approval>,
) -> Result<Json<Approved>, Fault> {
    let approved = state.services.stocktakes.approve(&actor, request, id, approval.version).await?;
    Ok(Json(Approved { booking: approved.booking.map(|booking| booking.0), written: approved.written }))
}
