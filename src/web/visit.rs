//! Who asks, and what a page has to know about them.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::fault::Fault;
use super::language::{Lang, Theme};
use super::state::WebState;
use crate::domain::Actor;
use crate::services::changes::Position;
use crate::services::people::Person;

/// The person for whom a request acts. Until sign-in: who set the inventory up, asking from this very machine.
pub struct Asking(pub Actor);

impl FromRequestParts<WebState> for Asking {
    type Rejection = Fault;

    async fn from_request_parts(_: &mut Parts, state: &WebState) -> Result<Self, Fault> {
        let person = local_person(state).await?;
        Ok(Self(Actor::person(person.id, person.role)))
    }
}

async fn local_person(state: &WebState) -> Result<Person, Fault> {
    state.services.people.local().await?.ok_or(Fault::NotSetUp)
}

/// The reader of a page.
pub struct Visit {
    pub state: WebState,
    pub actor: Actor,
    /// Their name, for the corner of the page.
    pub name: String,
    pub lang: Lang,
    pub theme: Theme,
    /// From where the page listens for changes.
    pub since: Option<Position>,
}

impl FromRequestParts<WebState> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Fault> {
        // Before anything is read, so that nothing is missed between reading and listening.
        let since = state.services.changes.reached();
        let person = local_person(state).await?;
        Ok(Self {
            state: state.clone(),
            actor: Actor::person(person.id, person.role),
            name: person.name,
            lang: Lang::of(&parts.headers),
            theme: Theme::of(&parts.headers),
            since,
        })
    }
}
