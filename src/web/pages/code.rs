//! `/i/CODE`: what a phone's camera opens when it reads one of our labels.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use rust_i18n::t;

use crate::domain::Permission;
use crate::services::scan::{ScanError, Scanned};
use crate::web::fault::Fault;
use crate::web::layout::{self, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::say;

/// The longest text any code we print or know of holds.
const LONGEST: usize = 255;

/// One item: there. Several (a barcode of the trade): a choice. A free label says so.
pub async fn page(visit: Visit, Path(code): Path<String>) -> Result<Response, Fault> {
    let l = visit.lang.code();
    let (title, body) = match resolve(&visit, &code).await? {
        Scanned::Item(item) => return Ok(Redirect::to(&format!("/items/{}", item.id)).into_response()),
        Scanned::Choice(items) => {
            let title = t!("code.several", locale = l, code = code).into_owned();
            (title, html! { ul.list { @for item in &items { (parts::plain_row(&visit, item)) } } })
        }
        Scanned::Blank { code } => {
            let title = t!("code.blank", locale = l, code = code.as_str()).into_owned();
            let new = format!("/items/new?{}", serde_urlencoded::to_string([("code", code)]).unwrap_or_default());
            (
                title,
                html! {
                    p.muted { (say(visit.lang, "code.blank_help")) }
                    @if visit.actor.may(Permission::Keep) { p { a.btn.main href=(new) { (parts::icon(&visit, "plus")) (say(visit.lang, "edit.new")) } } }
                },
            )
        }
        // Who owns a badge is nobody's business here; commands are the kiosk's.
        Scanned::Badge(_) | Scanned::Command(_) | Scanned::Unknown { .. } => return Err(Fault::NotFound),
    };
    let body = html! { h1.heading { (title) } (body) };
    Ok(layout::page(&visit, &Page { title, nav: None, verbs: None, body }).into_response())
}

/// What a typed or scanned text means.
pub async fn resolve(visit: &Visit, text: &str) -> Result<Scanned, Fault> {
    let text: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    Ok(visit.state.services.scan.resolve(&visit.actor, &text).await?)
}

impl From<ScanError> for Fault {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            ScanError::Store(error) => error.into(),
        }
    }
}
