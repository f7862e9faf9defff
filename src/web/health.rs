//! `/healthz` (the process answers) and `/readyz` (people can work), for probes and load balancers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::state::WebState;
use crate::embedding::ModelState;
use crate::services::health::{Database, Schema};

/// What `/readyz` says; words only, no addresses or names.
#[derive(Debug, Serialize)]
pub struct Readiness {
    ready: bool,
    /// `up`, `down`, `unknown`
    database: &'static str,
    /// `current`, `pending`, `failed`, `unknown`
    migrations: &'static str,
    /// `ready`, `loading`, `absent`; not required
    model: &'static str,
    /// While the example is being made: pictures drawn, of all; not required
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<[usize; 2]>,
}

pub async fn alive() -> &'static str {
    "ok\n"
}

pub async fn ready(State(state): State<WebState>) -> (StatusCode, Json<Readiness>) {
    let report = state.health.report();
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = Readiness {
        ready: report.is_ready(),
        database: match report.database {
            Database::Up => "up",
            Database::Down { .. } => "down",
            Database::Unknown => "unknown",
        },
        migrations: match report.schema {
            Schema::Current => "current",
            Schema::Pending(_) => "pending",
            Schema::Failed(_) => "failed",
            Schema::Unknown => "unknown",
        },
        model: match report.model {
            ModelState::Ready(_) => "ready",
            ModelState::Loading => "loading",
            ModelState::Absent { .. } => "absent",
        },
        example: report.filling.map(|filling| [filling.done, filling.of]),
    };
    (status, Json(body))
}
