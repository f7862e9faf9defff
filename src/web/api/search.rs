//! Search in words, and suggestions while somebody types.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::read::Query;
use super::shapes::{Item, Kind};
use crate::domain::ItemId;
use crate::services::search::{Hit, Mode, SearchRequest};
use crate::web::fault::Fault;
use crate::web::find::Asked;
use crate::web::state::WebState;
use crate::web::visit::Asking;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Words, a code, filters as they are typed; longer than 400 characters it is cut. Empty: everything the filters leave,
    /// by name.
    q: String,
    kind: Option<Kind>,
    /// Carrying this tag, in any case.
    tag: Option<String>,
    /// In this holder, or in any holder inside it.
    r#in: Option<Uuid>,
    low: Option<bool>,
    lent: Option<bool>,
    archived: Option<bool>,
    /// Hits on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    #[serde(deserialize_with = "limit")]
    limit: Option<usize>,
    /// From 1; further back than page 50 nothing is worth looking at.
    #[param(minimum = 1, maximum = 50, default = 1)]
    #[serde(deserialize_with = "page")]
    page: Option<usize>,
}

/// What was found, best first.
#[derive(Debug, Serialize, ToSchema)]
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

/// One hit.
#[derive(Debug, Serialize, ToSchema)]
struct Found {
    item: Item,
    /// `code`, `word`, `spelling`, `meaning`; `filter`: nothing was asked for but filters
    why: &'static str,
    /// The words of the question that the item has.
    matched: Vec<String>,
    /// Comparable within this answer only.
    score: f32,
}

impl From<Hit> for Found {
    fn from(hit: Hit) -> Self {
        Self { item: hit.item.into(), why: hit.why.as_str(), matched: hit.matched, score: hit.score }
    }
}

/// Finds items by code, words, misspelt words and meaning, and says of each hit why it is one.
#[utoipa::path(get, path = "/api/v1/search", operation_id = "search", tag = "search", params(Wanted),
    responses((status = 200, body = Results)), security(("token" = ["viewer"])))]
pub async fn get(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Results>, Fault> {
    let asked = Asked {
        q: wanted.q,
        kind: wanted.kind.map(Into::into),
        tag: wanted.tag,
        inside: wanted.r#in.map(ItemId),
        low: wanted.low.unwrap_or_default(),
        lent: wanted.lent.unwrap_or_default(),
        archived: wanted.archived.unwrap_or_default(),
        page: wanted.page,
    };
    let found = asked.search(&state.services, &actor, wanted.limit.unwrap_or(20)).await?;
    Ok(Json(Results {
        hits: found.hits.into_iter().map(Found::from).collect(),
        total: found.total,
        corrected: found.corrected,
        words_only: found.words_only.is_some(),
        took_ms: found.took.as_secs_f64() * 1000.0,
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Typed {
    /// What has been typed so far.
    q: String,
}

/// What may be meant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suggestions {
    suggestions: Vec<Suggestion>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Suggestion {
    id: Uuid,
    name: String,
    kind: Kind,
    code: Option<String>,
}

/// Up to eight items for what has been typed so far, by words alone, so that it keeps up with the typing.
#[utoipa::path(get, path = "/api/v1/suggest", operation_id = "suggest", tag = "search", params(Typed),
    responses((status = 200, body = Suggestions)), security(("token" = ["viewer"])))]
pub async fn suggest(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Query(typed): Query<Typed>,
) -> Result<Json<Suggestions>, Fault> {
    let text = Asked { q: typed.q, ..Asked::default() }.text();
    if text.trim().is_empty() {
        return Ok(Json(Suggestions { suggestions: Vec::new() }));
    }
    let request = SearchRequest { limit: 8, mode: Mode::Text, ..SearchRequest::new(text) };
    let found = state.services.search.search(&actor, &request).await?;
    let suggestion = |hit: Hit| Suggestion {
        id: hit.item.id.0,
        name: hit.item.name,
        kind: hit.item.kind.into(),
        code: hit.item.code,
    };
    Ok(Json(Suggestions { suggestions: found.hits.into_iter().map(suggestion).collect() }))
}

fn limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    bounded(from, "limit", 100)
}

fn page<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    bounded(from, "page", 50)
}

fn bounded<'de, D: Deserializer<'de>>(from: D, name: &str, most: usize) -> Result<Option<usize>, D::Error> {
    let number = usize::deserialize(from)?;
    let fits = (1..=most).contains(&number);
    if fits { Ok(Some(number)) } else { Err(serde::de::Error::custom(format!("`{name}` is 1 to {most}"))) }
}
