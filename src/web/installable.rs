//! What makes an app of the pages on a telephone: a manifest, a worker that keeps what was lately seen, and the page that says
//! there is no network.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::json;

use super::layout::{self, Page};
use super::parts;
use super::state::WebState;
use super::visit::Visit;
use super::words::say;

/// Empties what a browser keeps of ours, the worker and its pages included; cookies stay.
pub const FORGET: (HeaderName, &str) = (HeaderName::from_static("clear-site-data"), "\"storage\"");

/// `GET /manifest.webmanifest` (W3C Web Application Manifest)
pub async fn manifest(State(state): State<WebState>) -> Response {
    let icon =
        |name: &str, sizes: &str, of: &str| json!({ "src": state.assets.path(name), "sizes": sizes, "type": of });
    let manifest = json!({
        "id": "/", "start_url": "/", "scope": "/", "display": "standalone",
        "name": "inventory", "short_name": "inventory",
        "background_color": "#e9eeec", "theme_color": "#e9eeec",
        "icons": [
            icon("mark-192.png", "192x192", "image/png"),
            icon("mark-512.png", "512x512", "image/png"),
            icon("mark.svg", "any", "image/svg+xml"),
        ],
    });
    ([(CONTENT_TYPE, "application/manifest+json"), (CACHE_CONTROL, "no-cache")], manifest.to_string()).into_response()
}

/// `GET /worker.js`: at the root, since a worker sees only what lies beside and below it.
pub async fn worker(State(state): State<WebState>) -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, state.assets.worker()).into_response()
}

/// `GET /offline`: kept by the worker, and shown in place of what was not seen before the network went.
pub async fn page(visit: Visit) -> Markup {
    let word = |key: &str| say(visit.lang, &format!("offline.{key}"));
    let body = html! {
        section.trouble {
            (parts::icon(&visit, "warn"))
            h1.heading { (word("title")) }
            p { (word("what")) }
            p.muted { (word("help")) }
        }
        section.panel aria-labelledby="seen" {
            h2.title #seen { (word("seen")) }
            ul.lines #seen-pages {}
        }
    };
    layout::page(&visit, &Page { title: word("title"), nav: None, verbs: None, body })
}
