//! Codes: what a scan means, what is attached to an item, blank labels to print.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::read::{Body, Id, Query};
use super::shapes::Item;
use crate::domain::{ItemId, Permission};
use crate::services::catalog::ItemCode;
use crate::services::scan::Scanned;
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

/// A code on an item.
#[derive(Debug, Serialize, ToSchema)]
pub struct Code {
    /// As people read it.
    text: String,
    /// `own`, `alias`, `gtin`
    kind: String,
}

impl From<ItemCode> for Code {
    fn from(code: ItemCode) -> Self {
        Self { text: code.shown, kind: code.kind }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Scan {
    /// As it was scanned or typed.
    #[param(max_length = 500)]
    text: String,
}

/// What a code means.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "`meaning` is the word of the API")]
pub struct Meaning {
    /// `item`; `choice`, when several items share a trade number; `blank`, a printed label that is on nothing yet; `badge`;
    /// `command`; `unknown`
    meaning: &'static str,
    /// One for `item`, several for `choice`.
    items: Vec<Item>,
    /// The code of a blank label, the word of a command, the text nothing knows.
    text: Option<String>,
    /// Whose badge it is.
    person: Option<Uuid>,
}

/// What a scanned or typed code means: our own, trade numbers, other systems' labels, as they are or in an address.
#[utoipa::path(get, path = "/api/v1/scan", operation_id = "scan", tag = "codes", params(Scan),
    responses((status = 200, body = Meaning)), security(("token" = ["viewer"])))]
pub async fn scan(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Query(scan): Query<Scan>,
) -> Result<Json<Meaning>, Fault> {
    if scan.text.chars().count() > 500 {
        return Err(Fault::Invalid("`text` has at most 500 characters".into()));
    }
    let found = state.services.scan.resolve(&actor, &scan.text).await?;
    let (meaning, items, text, person) = match found {
        Scanned::Item(item) => ("item", vec![Item::from(*item)], None, None),
        Scanned::Choice(items) => ("choice", items.into_iter().map(Item::from).collect(), None, None),
        Scanned::Blank { code } => ("blank", Vec::new(), Some(code), None),
        // Who owns a badge is for members, as all people are.
        Scanned::Badge(person) => {
            ("badge", Vec::new(), None, Some(person.0).filter(|_| actor.may(Permission::SeePrivate)))
        }
        Scanned::Command(command) => ("command", Vec::new(), Some(command.as_str().to_owned()), None),
        Scanned::Unknown { text } => ("unknown", Vec::new(), Some(text), None),
    };
    Ok(Json(Meaning { meaning, items, text, person }))
}

/// A code to attach.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attach {
    /// A trade number, another system's label, or one of our blank labels.
    #[schema(min_length = 1, max_length = 500)]
    text: String,
}

/// Attaches a code to an item. Again is no error.
#[utoipa::path(post, path = "/api/v1/items/{id}/codes", operation_id = "attach_code", tag = "codes", request_body = Attach,
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is attached."), (status = 404, description = "No such item."),
        (status = 409, description = "The code names something else already."),
        (status = 422, description = "Nothing of the text is a code.")),
    security(("token" = ["keeper"])))]
pub async fn attach(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
    Body(attach): Body<Attach>,
) -> Result<StatusCode, Fault> {
    state.services.catalog.attach_code(&actor, id, &attach.text).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an attached code off again. An item's own codes stay: their labels may still be out there.
#[utoipa::path(delete, path = "/api/v1/items/{id}/codes/{text}", operation_id = "detach_code", tag = "codes",
    params(("id" = Uuid, Path), ("text" = String, Path, description = "As `codes` of the item has it.")),
    responses((status = 204, description = "It is off."), (status = 404, description = "No such code on it.")),
    security(("token" = ["keeper"])))]
pub async fn detach(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Path((id, text)): Path<(String, String)>,
) -> Result<StatusCode, Fault> {
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    if state.services.catalog.detach_code(&actor, id, &text).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Fault::NotFound)
    }
}

/// How many labels.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Print {
    #[schema(minimum = 1, maximum = 1000)]
    count: u32,
}

/// Codes that are on nothing yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct Blanks {
    /// As printed.
    codes: Vec<String>,
}

/// Makes codes for labels that are stuck on later; attach one to an item to use it.
#[utoipa::path(post, path = "/api/v1/codes/blanks", operation_id = "make_blanks", tag = "codes", request_body = Print,
    responses((status = 201, body = Blanks), (status = 422, description = "Not 1 to 1000.")),
    security(("token" = ["keeper"])))]
pub async fn blanks(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Body(print): Body<Print>,
) -> Result<(StatusCode, Json<Blanks>), Fault> {
    let codes = state.services.codes.make_blanks(&actor, print.count).await?;
    Ok((StatusCode::CREATED, Json(Blanks { codes: codes.iter().map(ToString::to_string).collect() })))
}
