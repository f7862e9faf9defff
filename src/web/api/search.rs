//! `GET /api/v1/search?q=&kind=&tag=&in=&low=&lent=&archived=&limit=&page=`

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::shapes::Item;
use crate::services::search::Hit;
use crate::web::fault::Fault;
use crate::web::find::Asked;
use crate::web::state::WebState;
use crate::web::visit::Asking;

const MOST: usize = 100;

#[derive(Debug, Deserialize)]
pub struct Limit {
    limit: Option<usize>,
}

#[derive(Debug, Serialize)]
pub struct Results {
    hits: Vec<Found>,
    /// How many there are on all pages; an estimate from a few hundred upwards.
    total: usize,
    /// What was searched for, where misspelt words were replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected: Option<String>,
    /// Meaning was not looked at: the model is absent or still being loaded.
    words_only: bool,
    took_ms: f64,
}

#[derive(Debug, Serialize)]
struct Found {
    item: Item,
    /// `code`, `word`, `spelling`, `meaning`
    why: &'static str,
    matched: Vec<String>,
    /// Comparable within this answer only.
    score: f32,
}

impl From<Hit> for Found {
    fn from(hit: Hit) -> Self {
        Self { item: hit.item.into(), why: hit.why.as_str(), matched: hit.matched, score: hit.score }
    }
}

pub async fn get(
    State(state): State<WebState>,
    Asking(actor): Asking,
    asked: Result<Query<Asked>, QueryRejection>,
    limit: Result<Query<Limit>, QueryRejection>,
) -> Result<Json<Results>, Fault> {
    let Query(asked) = asked.map_err(|error| Fault::Unreadable(error.body_text()))?;
    let Query(limit) = limit.map_err(|error| Fault::Unreadable(error.body_text()))?;
    let limit = limit.limit.unwrap_or(20).clamp(1, MOST);
    let found = asked.search(&state.services, &actor, limit).await?;
    Ok(Json(Results {
        hits: found.hits.into_iter().map(Found::from).collect(),
        total: found.total,
        corrected: found.corrected,
        words_only: found.words_only.is_some(),
        took_ms: found.took.as_secs_f64() * 1000.0,
    }))
}
