//! Who asks: a session's cookie, a program's token, the local person, or nobody.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use rand::RngExt as _;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::approach::Approach;
use super::fault::Fault;
use super::language::cookie;
use super::state::WebState;
use crate::domain::Actor;
use crate::services::people::Person;
use crate::services::sessions::{Issued, SignedIn, Whence};

/// The session's cookie. Its prefix makes browsers take it only over HTTPS, for this host alone and all its paths (RFC 6265bis).
pub const SESSION: &str = "__Host-inventory";
/// Ties the forms of who is not signed in to their browser.
const FORMS: &str = "__Host-inventory-form";

/// How often an answer that goes on looks whether it still may.
const LOOK: Duration = Duration::from_secs(20);

/// Who asks, as the guard found out.
#[derive(Debug, Clone)]
pub enum Who {
    Nobody,
    /// This machine's own browser: for who set the inventory up.
    Local(Person),
    Session(Box<SignedIn>),
    /// A program, within its scope, and what it showed.
    Program(Actor, SecretString),
}

/// One request's asker.
#[derive(Debug, Clone)]
pub struct Caller {
    pub who: Who,
    pub approach: Approach,
    /// What the session's cookie holds, whether it opens something or not.
    pub cookie: Option<SecretString>,
    agent: String,
    /// What forms are tied to; a program has no forms.
    forms: Option<[u8; 32]>,
    /// A cookie for forms that the browser has yet to get.
    fresh: Option<SecretString>,
}

impl Caller {
    /// Finds out who asks.
    pub async fn identify(
        state: &WebState,
        approach: Approach,
        headers: &HeaderMap,
        takes_programs: bool,
    ) -> Result<Self, Fault> {
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default().to_owned();
        let token = cookie(headers, SESSION).filter(|token| !token.is_empty()).map(SecretString::from);
        let mut caller = Self { who: Who::Nobody, approach, cookie: token, agent, forms: None, fresh: None };
        if let Some(bearer) = bearer(headers) {
            // A token that opens nothing is not made up for by whoever sits at this machine.
            let found = if takes_programs { state.services.tokens.resume(bearer).await? } else { None };
            let (actor, _) = found.ok_or(Fault::NotSignedIn)?;
            caller.who = Who::Program(actor, bearer.into());
            return Ok(caller);
        }
        if let Some(token) = &caller.cookie
            && let Some(signed_in) = state.services.sessions.resume(token.expose_secret(), &caller.whence()).await?
        {
            caller.forms = Some(derived(token.expose_secret()));
            caller.who = Who::Session(Box::new(signed_in));
            return Ok(caller);
        }
        if caller.approach.is_direct {
            caller.forms = Some(state.forms());
            if state.settings.local_person
                && let Some(person) = state.services.people.local().await?
            {
                caller.who = Who::Local(person);
            }
        } else if let Some(own) = cookie(headers, FORMS).filter(|own| own.len() >= 32) {
            caller.forms = Some(derived(own));
        } else {
            let own = hex::encode(rand::rng().random::<[u8; 32]>());
            caller.forms = Some(derived(&own));
            caller.fresh = Some(own.into());
        }
        Ok(caller)
    }

    /// On whose behalf services act.
    pub fn actor(&self) -> Option<Actor> {
        match &self.who {
            Who::Nobody => None,
            Who::Local(person) => Some(Actor::person(person.id, person.role)),
            Who::Session(signed_in) => Some(signed_in.actor.clone()),
            Who::Program(actor, _) => Some(actor.clone()),
        }
    }

    /// Their name, for the corner of a page.
    pub fn name(&self) -> &str {
        match &self.who {
            Who::Local(person) => &person.name,
            Who::Session(signed_in) => &signed_in.person.name,
            Who::Nobody | Who::Program(..) => "",
        }
    }

    pub fn session(&self) -> Option<&SignedIn> {
        match &self.who {
            Who::Session(signed_in) => Some(signed_in),
            _ => None,
        }
    }

    /// Whether secrets may be changed without another proof. Who sits at this machine may do so at its terminal, too.
    pub fn is_fresh(&self) -> bool {
        match &self.who {
            Who::Local(_) => true,
            Who::Session(signed_in) => signed_in.is_fresh,
            Who::Nobody | Who::Program(..) => false,
        }
    }

    pub fn whence(&self) -> Whence {
        Whence { address: Some(self.approach.address), agent: self.agent.clone() }
    }

    /// Comes to an end when the session is over or the token taken away: for answers that go on and on. A database that does not answer
    /// is no reason.
    pub async fn gone(self, state: WebState) {
        loop {
            tokio::time::sleep(LOOK).await;
            let is_here = match (&self.who, &self.cookie) {
                (Who::Session(_), Some(token)) => state.services.sessions.is_open(token.expose_secret()).await.ok(),
                (Who::Program(_, token), _) => {
                    state.services.tokens.resume(token.expose_secret()).await.ok().map(|found| found.is_some())
                }
                _ => Some(true),
            };
            if is_here == Some(false) {
                return;
            }
        }
    }

    /// What this browser's forms are tied to.
    pub fn forms(&self) -> Option<&[u8; 32]> {
        self.forms.as_ref()
    }

    /// The cookie that ties this browser's forms to it, when it has none yet.
    pub fn forms_cookie(&self) -> Option<HeaderValue> {
        self.fresh.as_ref().map(|own| set_cookie(FORMS, own.expose_secret(), None))
    }
}

impl FromRequestParts<WebState> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &WebState) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or(Fault::NotSignedIn)
    }
}

/// The header that gives a browser its session.
pub fn session_cookie(issued: &Issued) -> HeaderValue {
    set_cookie(SESSION, issued.expose(), Some(issued.lasts.as_secs()))
}

/// The header that takes it away.
pub fn no_session_cookie() -> HeaderValue {
    set_cookie(SESSION, "", Some(0))
}

fn set_cookie(name: &str, value: &str, seconds: Option<u64>) -> HeaderValue {
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}");
    let mut header = HeaderValue::from_str(&text).expect("hexadecimal digits and our own words");
    header.set_sensitive(true);
    header
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What a form is tied to must not be what opens the session.
fn derived(token: &str) -> [u8; 32] {
    Sha256::new_with_prefix("form:").chain_update(token).finalize().into()
}
