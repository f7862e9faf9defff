//! Whole inventories out and in, as CSV.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::read::{Key, Query};
use crate::services::transfer::{Change, ImportOptions, ImportReport, What};
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::upload;
use crate::web::visit::Asking;

/// The largest file taken over the web, in bytes.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Changes and remarks told one by one; the counts tell of all.
const TOLD: usize = 1000;

/// Everything that is not archived, in our own format: one row per item.
#[utoipa::path(get, path = "/api/v1/export", operation_id = "export", tag = "transfer",
    responses((status = 200, body = String, content_type = "text/csv")), security(("token" = ["keeper"])))]
pub async fn export(State(state): State<WebState>, Asking(actor): Asking) -> Result<Response, Fault> {
    let csv = state.services.transfer.export(&actor).await?;
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"inventory.csv\"")];
    Ok((headers, csv).into_response())
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// Only say what would happen.
    dry_run: Option<bool>,
    /// The file wins over what was edited or moved here since the last import.
    overwrite: Option<bool>,
    /// Under which name the file's keys are remembered; its format's name when left out.
    #[param(max_length = 100)]
    source: Option<String>,
    /// Of prices that say none.
    #[param(pattern = "^[A-Za-z]{3}$")]
    currency: Option<String>,
}

/// What an import did, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Imported {
    import: Report,
}

#[derive(Debug, Serialize, ToSchema)]
struct Report {
    /// `inventory`, `homebox`, `csv`
    format: &'static str,
    dry_run: bool,
    /// Undo this to take it back; absent when nothing was to be done.
    booking: Option<Uuid>,
    /// Items the file names.
    items: usize,
    made: usize,
    updated: usize,
    restored: usize,
    conflicts: usize,
    unchanged: usize,
    /// Every record that is not simply the same as here; at most a thousand.
    changes: Vec<RecordChange>,
    /// What was not taken over as it stands; at most a thousand.
    remarks: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct RecordChange {
    line: u64,
    name: String,
    /// `create`, `update`, `restore`, `conflict`
    what: &'static str,
    /// The fields that change.
    fields: Vec<&'static str>,
    /// Why it stays as it is here.
    reason: Option<String>,
}

impl From<Change> for RecordChange {
    fn from(change: Change) -> Self {
        let (what, fields, reason) = match change.what {
            What::Create => ("create", Vec::new(), None),
            What::Update { mut fields, stock } => {
                fields.extend(stock.then_some("stock"));
                ("update", fields, None)
            }
            What::Restore => ("restore", Vec::new(), None),
            What::Conflict(conflict) => ("conflict", Vec::new(), Some(conflict.to_string())),
        };
        Self { line: change.line, name: change.name, what, fields, reason }
    }
}

impl From<ImportReport> for Report {
    fn from(report: ImportReport) -> Self {
        let (made, updated, restored, conflicts) = report.counts();
        Self {
            format: report.format,
            dry_run: report.dry_run,
            booking: report.booking.map(|id| id.0),
            items: report.items,
            made,
            updated,
            restored,
            conflicts,
            unchanged: report.unchanged,
            changes: report.changes.into_iter().take(TOLD).map(RecordChange::from).collect(),
            remarks: report.remarks.iter().take(TOLD).map(ToString::to_string).collect(),
        }
    }
}

/// Imports a table: our own, Homebox's, or any with a column of names. One undoable booking, or nothing; with `dry_run` only
/// what would happen.
#[utoipa::path(post, path = "/api/v1/import", operation_id = "import", tag = "transfer",
    params(How, ("Idempotency-Key" = Uuid, Header, description = "A new one for each import.")),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), (status = 413, description = "The file is too large."),
        (status = 415, description = "The body is not `text/csv`."),
        (status = 422, description = "The file is no table, or a cell cannot be read: which, is said.")),
    security(("token" = ["keeper"])))]
pub async fn import(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Query(how): Query<How>,
    Key(key): Key,
    request: Request,
) -> Result<Json<Imported>, Fault> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|of| of.to_str().ok()).unwrap_or_default();
    if !media_type.split(';').next().is_some_and(|of| of.trim().eq_ignore_ascii_case("text/csv")) {
        return Err(Fault::MediaType);
    }
    if how.source.as_ref().is_some_and(|source| source.chars().count() > 100) {
        return Err(Fault::Invalid("`source` has at most 100 characters".into()));
    }
    let file = upload::receive(request.into_body().into_data_stream(), MOST_BYTES).await?;
    let options = ImportOptions {
        source: how.source.filter(|source| !source.trim().is_empty()),
        currency: how.currency,
        dry_run: how.dry_run.unwrap_or_default(),
        overwrite: how.overwrite.unwrap_or_default(),
        ..ImportOptions::default()
    };
    let report = state.services.transfer.import_upload(&actor, key, file.path(), &options, &|_, _, _| {}).await?;
    Ok(Json(Imported { import: report.into() }))
}
