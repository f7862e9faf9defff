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
use super::{api, assets, fault, guard, health, installable, limits, metrics, notice, pages, photos, tools};
use crate::domain::Role;

/// From the request to the first byte of the answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// Worked on at once; more wait for their turn.
const AT_ONCE: usize = 128;
/// A photo over a telephone's slow line takes its time, and what is slow must not take the place of what is not.
const UPLOAD_TIME: Duration = Duration::from_mins(10);
const UPLOADS_AT_ONCE: usize = 32;

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
    /// Routes that take files.
    uploads: Router<WebState>,
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

    /// A form that carries files.
    fn upload<H: Handler<T, WebState>, T: 'static>(mut self, path: &'static str, needs: Needs, handler: H) -> Self {
        self.listed.push(Route { method: Method::POST, path, needs });
        Self { uploads: self.uploads.route(path, post(handler)), ..self }
    }

    /// The API's operations, as its document has them.
    fn api(mut self) -> Self {
        self.listed.extend(api::document::operations().iter().map(|operation| Route {
            method: operation.method.to_uppercase().parse().expect("a method's name"),
            path: operation.path,
            needs: Needs::Role(operation.least),
        }));
        let (operations, _) = api::operations().split_for_parts();
        let (uploads, _) = api::uploads().split_for_parts();
        Self { router: self.router.merge(operations), uploads: self.uploads.merge(uploads), ..self }
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
const KEEP: Needs = Needs::Role(Role::Keeper);
const ADMIN: Needs = Needs::Role(Role::Admin);

fn table() -> Table {
    let table = Table::default()
        .get("/healthz", Needs::Open, health::alive)
        .get("/readyz", Needs::Open, health::ready)
        .get("/assets/{hash}/{name}", Needs::Asset, assets::get)
        .get("/manifest.webmanifest", Needs::Asset, installable::manifest)
        .get("/worker.js", Needs::Asset, installable::worker)
        .get("/offline", LOOK, installable::page)
        .get("/metrics", Needs::Watcher, metrics::page)
        .get("/setup", Needs::Visitor, pages::setup::page)
        .post("/setup", Needs::Visitor, pages::setup::submit)
        .get("/sign-in", Needs::Visitor, pages::sign_in::page)
        .post("/sign-in", Needs::Visitor, pages::sign_in::submit)
        .get("/sign-in/code", Needs::Visitor, pages::sign_in::code_page)
        .post("/sign-in/code", Needs::Visitor, pages::sign_in::submit_code)
        .post("/sign-out", Needs::Visitor, pages::sign_in::out);
    keeping(items(account(table))).post("/api/mcp", LOOK, tools::answer).api()
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
        .get("/stocktakes/{id}", LOOK, pages::stocktake::page)
        .post("/stocktakes/{id}/counts", BOOK, pages::stocktake::count)
        .post("/stocktakes/{id}/scan", BOOK, pages::stocktake::scan)
        .post("/stocktakes/{id}/decisions/{action}", BOOK, pages::stocktake::act)
        .get("/places", LOOK, pages::places::page)
        .get("/low", LOOK, pages::low::page)
        .get("/low.csv", LOOK, pages::low::csv)
        .get("/lent", BOOK, pages::lists::lent)
        .get("/loans/{id}", BOOK, pages::loan::page)
        .post("/loans/{id}/return", BOOK, pages::loan::take_back)
        .post("/loans/{id}/due", BOOK, pages::loan::set_due)
        .get("/history", LOOK, pages::history::page)
        .get("/i/{code}", LOOK, pages::code::page)
        .get("/more", LOOK, pages::more::page)
        .post("/more", LOOK, pages::more::save)
        .get("/photos/{id}/{size}", LOOK, photos::get)
}

/// What keepers do with the entries, and admins with the whole.
fn keeping(table: Table) -> Table {
    table
        .get("/items/new", KEEP, pages::edit::new)
        .post("/items/new", KEEP, pages::edit::make)
        .get("/items/{id}/edit", KEEP, pages::edit::form)
        .post("/items/{id}/edit", KEEP, pages::edit::save)
        .get("/items/{id}/photos", KEEP, pages::pictures::page)
        .upload("/items/{id}/photos", KEEP, pages::pictures::add)
        .post("/items/{id}/photos/{photo}", KEEP, pages::pictures::change)
        .get("/items/{id}/stock", LOOK, pages::statistics::of_item)
        .get("/scan", LOOK, pages::scan::page)
        .upload("/scan", LOOK, pages::scan::read)
        .get("/statistics", LOOK, pages::statistics::page)
        .get("/people", BOOK, pages::people::list)
        .post("/people", ADMIN, pages::people::add)
        .get("/people/{id}", BOOK, pages::people::page)
        .post("/people/{id}", ADMIN, pages::people::change)
        .get("/transfer", KEEP, pages::import::page)
        .get("/export.csv", KEEP, pages::import::export)
        .upload("/import", KEEP, pages::import::send)
        .get("/import/{id}", KEEP, pages::import::look)
        .post("/import/{id}", KEEP, pages::import::go)
        .get("/labels", KEEP, pages::labels::page)
        .post("/labels", KEEP, pages::labels::print)
        .get("/audit", KEEP, pages::audit::page)
        .get("/settings", ADMIN, pages::settings::page)
        .post("/settings/self-approval", ADMIN, pages::settings::self_approval)
        .post("/settings/count-interval", ADMIN, pages::settings::count_interval)
        .get("/health", ADMIN, pages::health::page)
        .get("/api", LOOK, pages::api::page)
}

/// The whole endpoint. Outermost first: the log, headers every answer has, trouble as a page or a problem, who may
/// ask at all, panics, time, and how many at once.
pub fn router(state: WebState) -> Router {
    let table = table();
    let gate = Gate { state: state.clone(), needs: Arc::new(table.needs()) };
    let late = |time| TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, time);
    let uploads = table
        .uploads
        .layer(DefaultBodyLimit::disable())
        .layer(GlobalConcurrencyLimitLayer::new(UPLOADS_AT_ONCE))
        .layer(late(UPLOAD_TIME));
    table
        .router
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .layer(GlobalConcurrencyLimitLayer::new(AT_ONCE))
        .layer(late(ANSWER_TIME))
        .layer(from_fn(limits::collect))
        .merge(uploads)
        .layer(CatchPanicLayer::custom(fault::panicked))
        .layer(from_fn_with_state(gate, guard::admit))
        .layer(from_fn_with_state(state.clone(), fault::present))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(notice::headers))
        .layer(from_fn(metrics::count))
        .layer(from_fn(notice::log))
        .with_state(state)
}
