//! The change feed as server-sent events: whatever any face, another instance or psql changes, within a second.
//!
//! It begins now, or where `Last-Event-ID` (or `?since=`) says. Events: `changed` with the entities, `reload` when more
//! happened than can be told. The id of each is where to resume.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::api::Query;
use super::caller::Caller;
use super::fault::Fault;
use super::state::WebState;
use crate::services::changes::{Change, News, Position, Since};

/// A comment this often shows both ends that the other is still there.
const BEAT: Duration = Duration::from_secs(15);
/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// The id of the last event heard; the header `Last-Event-ID` says the same and goes before.
    #[param(minimum = 0)]
    since: Option<i64>,
}

/// One event of the stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only says what the stream has")]
pub struct ChangeEvent {
    /// `changed` or `reload`
    event: Option<String>,
    /// Where to resume.
    id: Option<String>,
    /// JSON: of `changed`, a list of what changed as `changes`, each with its `entity` and, unless many did at once, its `id`.
    data: Option<String>,
    /// Milliseconds.
    retry: Option<i64>,
}

#[derive(Serialize)]
struct Changed<'a> {
    changes: Vec<Entity<'a>>,
}

#[derive(Serialize)]
struct Entity<'a> {
    entity: &'a str,
    /// Absent: many at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
}

/// What changes, as it changes, as server-sent events: `changed` with a list of `{entity, id}`, or `reload` when more happened
/// than can be told. The id of an event is where to resume; what happened up to seven days ago is told then.
#[utoipa::path(get, path = "/api/v1/changes", operation_id = "follow_changes", tag = "changes",
    params(From, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event heard.")),
    responses((status = 200, body = ChangeEvent, content_type = "text/event-stream")), security(("token" = ["viewer"])))]
pub async fn stream(
    State(state): State<WebState>,
    caller: Caller,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Fault> {
    let changes = state.services.changes.clone();
    // Listening comes first, so that nothing falls between the past and the present.
    let news = changes.subscribe();
    let since = from.since.map(u64::try_from).transpose();
    let since = since.map_err(|_| Fault::Invalid("`since` is the id of an event".into()))?;
    let resume = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).or(since);
    let (missed, reached) = match resume {
        Some(at) => {
            let (since, next) = changes.since(Position(at)).await?;
            (told(&since, next), Some(next))
        }
        None => (None, changes.reached()),
    };
    let greeting = Event::default().retry(RETRY).comment("listening");
    let greeting = match reached {
        Some(at) if missed.is_none() => greeting.id(at.0.to_string()),
        _ => greeting,
    };
    let past = stream::iter([Some(greeting), missed].into_iter().flatten());
    let present = stream::unfold((news, reached), |(mut news, mut reached)| async move {
        loop {
            let event = match news.recv().await {
                Ok(News::Changed { position, .. } | News::ReloadEverything { position })
                    if reached.is_some_and(|reached| position <= reached) =>
                {
                    continue;
                }
                Ok(News::Changed { changes, position }) => {
                    reached = Some(position);
                    changed(&changes, position)
                }
                Ok(News::ReloadEverything { position }) => {
                    reached = Some(position);
                    reload().id(position.0.to_string())
                }
                Err(RecvError::Lagged(_)) => reload(),
                Err(RecvError::Closed) => return None,
            };
            return Some((event, (news, reached)));
        }
    });
    let mut ending = state.ending.clone();
    let end = async move { while ending.changed().await.is_ok() {} };
    let gone = caller.gone(state.clone());
    let events = past.chain(present).map(Ok).take_until(Box::pin(end)).take_until(Box::pin(gone));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(BEAT)))
}

fn told(since: &Since, next: Position) -> Option<Event> {
    match since {
        Since::Changes(list) if list.is_empty() => None,
        Since::Changes(list) => Some(changed(list, next)),
        Since::TooOld => Some(reload().id(next.0.to_string())),
    }
}

fn changed(changes: &[Change], position: Position) -> Event {
    let changes = changes.iter().map(|c| Entity { entity: &c.entity, id: c.id }).collect();
    let data = serde_json::to_string(&Changed { changes }).expect("names and ids are plain data");
    Event::default().event("changed").id(position.0.to_string()).data(data)
}

fn reload() -> Event {
    Event::default().event("reload").data("{}")
}
