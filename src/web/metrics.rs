//! `/metrics`: figures for Prometheus, for this machine and those the settings name. What happens is counted where it happens; what
//! is, is asked for when somebody looks.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{counter, gauge, histogram};
use tracing::debug;

use super::state::WebState;
use crate::domain::Actor;
use crate::services::health::Database;
use crate::telemetry;

/// `GET /metrics`
pub async fn page(State(state): State<WebState>) -> Response {
    let pool = state.services.figures.pool();
    gauge!("inventory_pool_connections", "state" => "open").set(pool.open as f64);
    gauge!("inventory_pool_connections", "state" => "free").set(pool.free as f64);
    gauge!("inventory_pool_connections", "state" => "most").set(pool.most as f64);
    gauge!("inventory_pool_waiting").set(pool.waiting as f64);
    let report = state.health.report();
    gauge!("inventory_ready").set(f64::from(u8::from(report.is_ready())));
    gauge!("inventory_database_up").set(f64::from(u8::from(report.database == Database::Up)));
    // Without the database the other figures are still worth reading.
    match state.services.figures.contents(&Actor::program()).await {
        Ok(contents) => {
            for (name, value) in [
                ("inventory_items", contents.items),
                ("inventory_photos", contents.photos),
                ("inventory_photo_bytes", contents.photo_bytes),
                ("inventory_bookings_estimate", contents.bookings),
                ("inventory_open_loans", contents.open_loans),
                ("inventory_sessions", contents.sessions),
                ("inventory_index_backlog", contents.words_waiting),
                ("inventory_embedding_backlog", contents.vectors_waiting),
            ] {
                gauge!(name).set(value as f64);
            }
        }
        Err(error) => debug!("no figures of the database: {error}"),
    }
    // What was never done has no time, which is what an alert asks for.
    match state.services.backup.status(&Actor::program()).await {
        Ok(status) => {
            for (name, done) in [
                ("inventory_backup_timestamp_seconds", status.last),
                ("inventory_proven_restore_timestamp_seconds", status.proven),
            ] {
                if let Some((at, _)) = done {
                    gauge!(name).set(at.unix_timestamp() as f64);
                }
            }
        }
        Err(error) => debug!("no figures of backups: {error}"),
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], telemetry::metrics::render()).into_response()
}

/// Counts each answer and how long it took, by route: never by path, which would be as many as there are items.
pub async fn count(request: Request, next: Next) -> Response {
    let method = request.method().as_str().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let begun = std::time::Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!("inventory_requests_total", "method" => method.clone(), "route" => route.clone(), "status" => status)
        .increment(1);
    histogram!("inventory_request_seconds", "method" => method, "route" => route).record(begun.elapsed());
    response
}
