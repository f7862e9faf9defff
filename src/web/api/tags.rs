//! Tags, with how many items carry each.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

/// All tags.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tags {
    tags: Vec<Tag>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Tag {
    name: String,
    /// That are not archived.
    items: i64,
}

/// All tags, by name. An item gets its tags with its other fields.
#[utoipa::path(get, path = "/api/v1/tags", operation_id = "list_tags", tag = "tags",
    responses((status = 200, body = Tags)), security(("token" = ["viewer"])))]
pub async fn list(State(state): State<WebState>, Asking(actor): Asking) -> Result<Json<Tags>, Fault> {
    let tags = state.services.catalog.tags(&actor).await?;
    Ok(Json(Tags { tags: tags.into_iter().map(|(name, items)| Tag { name, items }).collect() }))
}
