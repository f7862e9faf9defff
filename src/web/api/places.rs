//! Every holder with its parent, siblings in order of their names.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::shapes::Kind;
use crate::services::catalog::PlaceNode;
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

/// The tree of places.
#[derive(Debug, Serialize, ToSchema)]
pub struct Places {
    places: Vec<Place>,
}

/// A location or container.
#[derive(Debug, Serialize, ToSchema)]
struct Place {
    id: Uuid,
    /// Absent at the top.
    parent: Option<Uuid>,
    kind: Kind,
    name: String,
    /// Its own code as printed.
    code: Option<String>,
    /// Items directly in it, holders too.
    items: i64,
    /// Items in it and in everything inside it.
    items_inside: i64,
}

impl From<PlaceNode> for Place {
    fn from(node: PlaceNode) -> Self {
        Self {
            id: node.id.0,
            parent: node.parent.map(|id| id.0),
            kind: node.kind.into(),
            name: node.name,
            code: node.code,
            items: node.items,
            items_inside: node.items_inside,
        }
    }
}

/// Every place that is not archived.
#[utoipa::path(get, path = "/api/v1/places", operation_id = "list_places", tag = "items",
    responses((status = 200, body = Places)), security(("token" = ["viewer"])))]
pub async fn list(State(state): State<WebState>, Asking(actor): Asking) -> Result<Json<Places>, Fault> {
    let nodes = state.services.catalog.places(&actor).await?;
    Ok(Json(Places { places: nodes.into_iter().map(Place::from).collect() }))
}
