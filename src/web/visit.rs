//! Who asks, and what a page has to know about them.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::caller::Caller;
use super::fault::Fault;
use super::forms;
use super::language::{Lang, Theme};
use super::state::WebState;
use crate::domain::Actor;
use crate::services::changes::Position;

/// The person or program for whom a request acts.
pub struct Asking(pub Actor);

impl FromRequestParts<WebState> for Asking {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &WebState) -> Result<Self, Fault> {
        parts.extensions.get::<Caller>().and_then(Caller::actor).map(Self).ok_or(Fault::NotSignedIn)
    }
}

/// The reader of a page.
pub struct Visit {
    pub state: WebState,
    pub actor: Actor,
    pub caller: Caller,
    /// Their name, for the corner of the page.
    pub name: String,
    pub lang: Lang,
    pub theme: Theme,
    /// From where the page listens for changes.
    pub since: Option<Position>,
}

impl Visit {
    /// What a form of this page carries; see [`forms`].
    pub fn form_token(&self) -> String {
        self.caller.forms().map(forms::token).unwrap_or_default()
    }
}

impl FromRequestParts<WebState> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Fault> {
        // Before anything is read, so that nothing is missed between reading and listening.
        let since = state.services.changes.reached();
        let caller = parts.extensions.get::<Caller>().cloned().ok_or(Fault::NotSignedIn)?;
        Ok(Self {
            state: state.clone(),
            actor: caller.actor().ok_or(Fault::NotSignedIn)?,
            name: caller.name().to_owned(),
            caller,
            lang: Lang::of(&parts.headers),
            theme: Theme::of(&parts.headers),
            since,
        })
    }
}
