//! Reading a code with the camera: in the browser where it can, else from a picture that is sent here; or typed.

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Query};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::services::scan::ReadError;
use crate::web::fault::Fault;
use crate::web::forms::TOKEN;
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::upload::Form;
use crate::web::visit::Visit;
use crate::web::words::say;

/// A telephone's photograph, in bytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    code: String,
}

/// `GET /scan`; with `?code=` it leads to what that is on.
pub async fn page(visit: Visit, Query(typed): Query<Typed>) -> Response {
    let code = typed.code.trim();
    if code.is_empty() { shown(&visit, None).into_response() } else { Redirect::to(&address(code)).into_response() }
}

/// `POST /scan`: reads the code in a picture. A script that sends frame after frame wants JSON, and no page.
pub async fn read(
    visit: Visit,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Fault> {
    let form = Form::read(&visit, form.map_err(|_| Fault::MediaType)?, MOST_BYTES).await?;
    let found = match form.files.first() {
        Some(file) => visit.state.services.scan.read_picture(&visit.actor, file.path().to_owned()).await,
        None => Ok(None),
    };
    let is_script = headers.get(ACCEPT).is_some_and(|wanted| wanted.as_bytes().starts_with(b"application/json"));
    if is_script {
        return Ok(
            Json(serde_json::json!({ "address": found.ok().flatten().map(|code| address(&code)) })).into_response()
        );
    }
    match found {
        Ok(Some(code)) => Ok(Redirect::to(&address(&code)).into_response()),
        Ok(None) => Ok(shown(&visit, Some("scan.nothing")).into_response()),
        Err(ReadError::NoPicture(_)) => Ok(shown(&visit, Some("scan.no_picture")).into_response()),
        Err(ReadError::Forbidden(forbidden)) => Err(forbidden.into()),
    }
}

/// Where a code leads, whatever is in it.
fn address(code: &str) -> String {
    let bare = code.rsplit_once("/i/").map_or(code, |(_, bare)| bare);
    let mut address = String::from("/i/");
    for byte in bare.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.extend(["%", &hex::encode_upper([byte])]);
        }
    }
    address
}

fn shown(visit: &Visit, wrong: Option<&str>) -> Markup {
    let lang = visit.lang;
    let title = say(lang, "scan.title");
    let body = html! {
        h1.heading { (title) }
        @if let Some(wrong) = wrong { p.banner.warn role="alert" { (parts::icon(visit, "warn")) span { (say(lang, wrong)) } } }
        section.panel.pad.booking {
            div #camera hidden data-aim=(say(lang, "scan.aim")) data-denied=(say(lang, "scan.denied")) data-token=(visit.form_token()) {
                video.finder-video playsinline="" muted="" aria-label=(say(lang, "scan.picture")) {}
                p.muted role="status" {}
            }
            button.btn.main #camera-start type="button" hidden { (parts::icon(visit, "scan")) (say(lang, "scan.camera")) }
            form.stack method="post" action="/scan" enctype="multipart/form-data" {
                input type="hidden" name=(TOKEN) value=(visit.form_token());
                label for="photo" { (say(lang, "scan.photo")) }
                input #photo type="file" name="photo" accept="image/*" capture="environment" required;
                button.btn type="submit" { (parts::icon(visit, "photo")) (say(lang, "scan.read")) }
            }
            form.stack method="get" action="/scan" {
                label for="code" { (say(lang, "scan.typed")) }
                input #code type="text" name="code" required maxlength="255" autocomplete="off" autocapitalize="characters" spellcheck="false";
                button.btn type="submit" { (parts::icon(visit, "find")) (say(lang, "search.go")) }
            }
        }
    };
    layout::page(visit, &Page { title, nav: Some(Nav::Scan), verbs: None, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_leads_to_its_page_whatever_is_in_it() {
        for (code, expected) in [
            ("U1000M", "/i/U1000M"),
            ("https://storeroom.example/i/U1000M", "/i/U1000M"),
            ("a b/ü", "/i/a%20b%2F%C3%BC"),
            ("//evil.example", "/i/%2F%2Fevil.example"),
            ("?x=1#y", "/i/%3Fx%3D1%23y"),
        ] {
            assert_eq!(address(code), expected);
        }
    }
}
