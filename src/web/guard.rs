//! Who is answered. Every route is closed to whoever the table in [`super::router`] does not open it to; what the table does not
//! name is closed too.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::Method;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::approach::{Approach, Signs, contains};
use super::caller::{Caller, Who};
use super::fault::Fault;
use super::state::WebState;
use crate::domain::Role;
use crate::domain::person::Forbidden;

/// What a route needs of who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: probes and proxies ask how the program is, from anywhere.
    Open,
    /// A way here that is safe; for style and fonts, the same for everybody.
    Asset,
    /// A way here that is safe; for signing in and setting up.
    Visitor,
    /// Somebody of at least this role.
    Role(Role),
    /// This very machine, or an address that may read the figures.
    Watcher,
}

/// What each route needs, and what to ask for that.
#[derive(Clone)]
pub struct Gate {
    pub state: WebState,
    pub needs: Arc<HashMap<&'static str, Vec<(Method, Needs)>>>,
}

impl Gate {
    /// What a request needs; a path nobody knows is a viewer's to know about.
    fn needs(&self, request: &Parts) -> Needs {
        let method = if request.method == Method::HEAD { Method::GET } else { request.method.clone() };
        let path = request.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
        let known = path.and_then(|path| self.needs.get(path)?.iter().find(|(of, _)| *of == method));
        known.map_or(Needs::Role(Role::Viewer), |(_, needs)| *needs)
    }

    async fn examine(&self, peer: SocketAddr, needs: Needs, request: &Parts) -> Result<Option<Caller>, Fault> {
        let signs = Signs { peer, version: request.version, uri: &request.uri, headers: &request.headers };
        let settings = &self.state.settings;
        let approach = Approach::of(&signs, self.state.address.port(), settings)?;
        if !approach.is_direct {
            self.state.rates.address(approach.address)?;
        }
        match needs {
            Needs::Open => return Ok(None),
            Needs::Watcher => {
                let welcome = approach.is_direct || contains(&settings.metrics_from, approach.address);
                return if welcome { Ok(None) } else { Err(Fault::NotFound) };
            }
            _ if !approach.is_safe => return Err(Fault::NotSafe),
            Needs::Asset => return Ok(None),
            Needs::Visitor | Needs::Role(_) => {}
        }
        approach.check_origin(&request.method, &request.headers)?;
        let takes_programs = ["/api/", "/photos/"].iter().any(|prefix| request.uri.path().starts_with(prefix));
        let is_direct = approach.is_direct;
        let address = approach.address;
        let caller = Caller::identify(&self.state, approach, &request.headers, takes_programs).await?;
        match (&caller.who, caller.actor()) {
            (Who::Local(_), _) => {}
            (_, Some(actor)) => {
                if let Some(person) = actor.person {
                    self.state.rates.person(person)?;
                }
            }
            (_, None) if !is_direct => self.state.rates.stranger(address)?,
            (_, None) => {}
        }
        if let Needs::Role(least) = needs {
            match caller.actor() {
                Some(actor) if actor.role >= least => {}
                Some(actor) => return Err(Forbidden { needed: least, has: actor.role }.into()),
                None if self.state.services.people.is_set_up().await? => return Err(Fault::NotSignedIn),
                None => return Err(Fault::NotSetUp),
            }
        }
        Ok(Some(caller))
    }
}

/// Lets through whom the route is open to; others get the fault.
pub async fn admit(
    State(gate): State<Gate>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let (mut request, body) = request.into_parts();
    let needs = gate.needs(&request);
    if needs == Needs::Open {
        return next.run(Request::from_parts(request, body)).await;
    }
    match gate.examine(peer, needs, &request).await {
        Err(fault) => fault.into_response(),
        Ok(None) => next.run(Request::from_parts(request, body)).await,
        Ok(Some(caller)) => {
            let cookie = caller.forms_cookie().filter(|_| needs == Needs::Visitor);
            request.extensions.insert(caller);
            let mut response = next.run(Request::from_parts(request, body)).await;
            if let Some(cookie) = cookie {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            response
        }
    }
}
