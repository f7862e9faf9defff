//! Every route, and the layers around them.

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Router, middleware};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use super::state::WebState;
use super::{api, assets, events, fault, guard, health, notice, pages, photos};

/// Answered to everybody, so that a probe or a proxy can ask how the program is. Everything else is closed.
pub const OPEN: [&str; 2] = ["/healthz", "/readyz"];

/// Forms and JSON; uploads will have a limit of their own.
const BODY_BYTES: usize = 256 * 1024;
/// From the request to the first byte of the answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// Worked on at once; more wait for their turn.
const AT_ONCE: usize = 128;

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: Method,
    /// As axum writes it: `/items/{id}`.
    pub path: &'static str,
}

/// Every route there is, for the test that knocks at all of them.
pub fn routes() -> Vec<Route> {
    table().listed
}

/// A router that remembers its routes.
#[derive(Default)]
struct Table {
    router: Router<WebState>,
    listed: Vec<Route>,
}

impl Table {
    fn get<H: Handler<T, WebState>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add(Method::GET, path, get(handler))
    }

    fn post<H: Handler<T, WebState>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add(Method::POST, path, post(handler))
    }

    fn add(mut self, method: Method, path: &'static str, handler: axum::routing::MethodRouter<WebState>) -> Self {
        self.listed.push(Route { method, path });
        Self { router: self.router.route(path, handler), ..self }
    }
}

fn table() -> Table {
    Table::default()
        .get("/healthz", health::alive)
        .get("/readyz", health::ready)
        .get("/assets/{hash}/{name}", assets::get)
        .get("/", pages::home::page)
        .get("/results", pages::home::results)
        .get("/items/{id}", pages::item::page)
        .get("/items/{id}/history", pages::history::of_item)
        .get("/items/{id}/book/{verb}", pages::book::form)
        .post("/items/{id}/book/{verb}", pages::book::submit)
        .post("/bookings/{id}/undo", pages::undo::submit)
        .get("/stocktakes", pages::stocktake::list)
        .post("/stocktakes", pages::stocktake::open)
        .post("/stocktakes/self-approval", pages::stocktake::self_approval)
        .get("/stocktakes/{id}", pages::stocktake::page)
        .post("/stocktakes/{id}/counts", pages::stocktake::count)
        .post("/stocktakes/{id}/scan", pages::stocktake::scan)
        .post("/stocktakes/{id}/decisions/{action}", pages::stocktake::act)
        .get("/places", pages::places::page)
        .get("/low", pages::lists::low)
        .get("/lent", pages::lists::lent)
        .get("/history", pages::history::page)
        .get("/i/{code}", pages::code::page)
        .get("/more", pages::more::page)
        .post("/more", pages::more::save)
        .get("/setup", pages::setup::page)
        .post("/setup", pages::setup::submit)
        .get("/photos/{id}/{size}", photos::get)
        .get("/api/v1/search", api::search::get)
        .get("/api/v1/items", api::items::list)
        .get("/api/v1/items/{id}", api::items::get)
        .get("/api/v1/places", api::places::list)
        .get("/api/v1/changes", events::stream)
}

/// The whole endpoint. Outermost first: the log, headers every answer has, trouble as a page or a problem, who may
/// ask at all, panics, time, and how many at once.
pub fn router(state: WebState) -> Router {
    table()
        .router
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(GlobalConcurrencyLimitLayer::new(AT_ONCE))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_TIME))
        .layer(CatchPanicLayer::custom(fault::panicked))
        .layer(from_fn_with_state(state.clone(), guard::only_local))
        .layer(from_fn_with_state(state.clone(), fault::present))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(notice::headers))
        .layer(from_fn(notice::log))
        .with_state(state)
}
