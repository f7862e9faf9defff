//! Every route, and the layers around them.

use std::collections::HashMap;
use std::sync::Arc;
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

use super::guard::{Gate, Needs};
use super::state::WebState;
use super::{api, assets, events, fault, guard, health, limits, metrics, notice, pages, photos};
use crate::domain::Role;

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
    /// To whom it is open.
    pub needs: Needs,
}

/// Every route there is, for the test that knocks at all of them.
pub fn routes() -> Vec<Route> {
    table().listed
}

/// A router that remembers its routes, and what each needs.
#[derive(Default)]
struct Table {
    router: Router<WebState>,
    listed: Vec<Route>,
}

impl Table {
    fn get<H: Handler<T, WebState>, T: 'static>(self, path: &'static str, needs: Needs, handler: H) -> Self {
        self.add(Method::GET, path, needs, get(handler))
    }

    fn post<H: Handler<T, WebState>, T: 'static>(self, path: &'static str, needs: Needs, handler: H) -> Self {
        self.add(Method::POST, path, needs, post(handler))
    }

    fn add(
        mut self,
        method: Method,
        path: &'static str,
        needs: Needs,
        handler: axum::routing::MethodRouter<WebState>,
    ) -> Self {
        self.listed.push(Route { method, path, needs });
        Self { router: self.router.route(path, handler), ..self }
    }

    fn needs(&self) -> HashMap<&'static str, Vec<(Method, Needs)>> {
        let mut needs: HashMap<_, Vec<_>> = HashMap::new();
        for route in &self.listed {
            needs.entry(route.path).or_default().push((route.method.clone(), route.needs));
        }
        needs
    }
}

const LOOK: Needs = Needs::Role(Role::Viewer);
const BOOK: Needs = Needs::Role(Role::Member);

fn table() -> Table {
    let table = Table::default()
        .get("/healthz", Needs::Open, health::alive)
        .get("/readyz", Needs::Open, health::ready)
        .get("/assets/{hash}/{name}", Needs::Asset, assets::get)
        .get("/metrics", Needs::Watcher, metrics::page)
        .get("/setup", Needs::Visitor, pages::setup::page)
        .post("/setup", Needs::Visitor, pages::setup::submit)
        .get("/sign-in", Needs::Visitor, pages::sign_in::page)
        .post("/sign-in", Needs::Visitor, pages::sign_in::submit)
        .get("/sign-in/code", Needs::Visitor, pages::sign_in::code_page)
        .post("/sign-in/code", Needs::Visitor, pages::sign_in::submit_code)
        .post("/sign-out", Needs::Visitor, pages::sign_in::out);
    programs(items(account(table)))
}

fn account(table: Table) -> Table {
    table
        .get("/account", LOOK, pages::account::page)
        .post("/account/password", LOOK, pages::account::change_password)
        .get("/account/confirm", LOOK, pages::account::confirm_page)
        .post("/account/confirm", LOOK, pages::account::confirm)
        .post("/account/sessions/{id}/end", LOOK, pages::account::end_session)
        .post("/account/sessions/end-others", LOOK, pages::account::end_others)
        .get("/account/second-factor", LOOK, pages::second_factor::page)
        .post("/account/second-factor", LOOK, pages::second_factor::confirm)
        .post("/account/second-factor/begin", LOOK, pages::second_factor::begin)
        .post("/account/second-factor/off", LOOK, pages::second_factor::switch_off)
        .post("/account/tokens", LOOK, pages::tokens::create)
        .post("/account/tokens/{id}/remove", LOOK, pages::tokens::remove)
}

fn items(table: Table) -> Table {
    table
        .get("/", LOOK, pages::home::page)
        .get("/results", LOOK, pages::home::results)
        .get("/items/{id}", LOOK, pages::item::page)
        .get("/items/{id}/history", LOOK, pages::history::of_item)
        .get("/items/{id}/book/{verb}", BOOK, pages::book::form)
        .post("/items/{id}/book/{verb}", BOOK, pages::book::submit)
        .post("/bookings/{id}/undo", BOOK, pages::undo::submit)
        .get("/stocktakes", LOOK, pages::stocktake::list)
        .post("/stocktakes", BOOK, pages::stocktake::open)
        .post("/stocktakes/self-approval", Needs::Role(Role::Admin), pages::stocktake::self_approval)
        .get("/stocktakes/{id}", LOOK, pages::stocktake::page)
        .post("/stocktakes/{id}/counts", BOOK, pages::stocktake::count)
        .post("/stocktakes/{id}/scan", BOOK, pages::stocktake::scan)
        .post("/stocktakes/{id}/decisions/{action}", BOOK, pages::stocktake::act)
        .get("/places", LOOK, pages::places::page)
        .get("/low", LOOK, pages::lists::low)
        .get("/lent", BOOK, pages::lists::lent)
        .get("/history", LOOK, pages::history::page)
        .get("/i/{code}", LOOK, pages::code::page)
        .get("/more", LOOK, pages::more::page)
        .post("/more", LOOK, pages::more::save)
        .get("/photos/{id}/{size}", LOOK, photos::get)
}

fn programs(table: Table) -> Table {
    table
        .get("/api/v1/search", LOOK, api::search::get)
        .get("/api/v1/items", LOOK, api::items::list)
        .get("/api/v1/items/{id}", LOOK, api::items::get)
        .get("/api/v1/places", LOOK, api::places::list)
        .get("/api/v1/changes", LOOK, events::stream)
}

/// The whole endpoint. Outermost first: the log, headers every answer has, trouble as a page or a problem, who may
/// ask at all, panics, time, and how many at once.
pub fn router(state: WebState) -> Router {
    let table = table();
    let gate = Gate { state: state.clone(), needs: Arc::new(table.needs()) };
    table
        .router
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .layer(GlobalConcurrencyLimitLayer::new(AT_ONCE))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_TIME))
        .layer(from_fn(limits::collect))
        .layer(CatchPanicLayer::custom(fault::panicked))
        .layer(from_fn_with_state(gate, guard::admit))
        .layer(from_fn_with_state(state.clone(), fault::present))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(notice::headers))
        .layer(from_fn(metrics::count))
        .layer(from_fn(notice::log))
        .with_state(state)
}
