//! `GET /api/v1/places`: every holder with its parent, siblings in order of their names.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use uuid::Uuid;

use crate::services::catalog::PlaceNode;
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

#[derive(Debug, Serialize)]
pub struct Places {
    places: Vec<Place>,
}

#[derive(Debug, Serialize)]
struct Place {
    id: Uuid,
    /// Absent at the top.
    parent: Option<Uuid>,
    /// `location` or `container`
    kind: &'static str,
    name: String,
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
            kind: node.kind.as_str(),
            name: node.name,
            code: node.code,
            items: node.items,
            items_inside: node.items_inside,
        }
    }
}

pub async fn list(State(state): State<WebState>, Asking(actor): Asking) -> Result<Json<Places>, Fault> {
    let nodes = state.services.catalog.places(&actor).await?;
    Ok(Json(Places { places: nodes.into_iter().map(Place::from).collect() }))
}
