//! Who is signed in over the web, in which browser, for how long.
//!
//! A browser holds 256 random bits; the database their hash, so that all instances share sessions and a copy of the table opens
//! none. The bits change at every sign-in and whenever more was proved.

use std::net::IpAddr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use time::OffsetDateTime;

use super::factors::{FactorError, Factors};
use super::people::{People, PeopleError, own_or_admin};
use super::secrets::{digest, hash, random_token};
use crate::domain::person::Forbidden;
use crate::domain::{Actor, PersonId, Proof, SessionId};
use crate::store::people::{self, Person, SecretKind};
pub use crate::store::sessions::Session;
use crate::store::sessions::{self, NewSession};
use crate::store::{Db, StoreError, audit, bookings, factors};

/// Between the password and the second factor.
const HALF: Duration = Duration::from_mins(10);
/// For so long after a proof secrets may be changed without another one.
const FRESH: Duration = Duration::from_mins(15);
/// What is kept of a browser's name for itself.
const AGENT_LENGTH: usize = 300;

/// How long sessions last, and what they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Unused for so long, it is over.
    pub idle: Duration,
    /// Used or not, it is over after this.
    pub absolute: Duration,
    /// Keepers and admins work as members until they have a second factor.
    pub second_required: bool,
}

impl Default for Rules {
    fn default() -> Self {
        let hour = Duration::from_hours(1);
        Self { idle: 12 * hour, absolute: 30 * 24 * hour, second_required: false }
    }
}

/// From where somebody asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Whence {
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub agent: String,
}

/// Why a call about sessions failed.
#[derive(Debug, Error)]
pub enum SessionError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    /// One answer for a wrong name, a wrong password, a wrong code, and somebody who is switched off.
    #[error("the name or the secret is wrong")]
    Wrong,
    /// Too many wrong tries in a row; nothing was compared.
    #[error("too many wrong tries; try again in {seconds} s")]
    Wait { seconds: u64 },
    /// No such session, or it is over.
    #[error("the session is over")]
    Over,
    #[error("{0}")]
    People(#[source] PeopleError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl From<PeopleError> for SessionError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::WrongSecret => Self::Wrong,
            PeopleError::Wait { seconds } => Self::Wait { seconds },
            PeopleError::Forbidden(forbidden) => Self::Forbidden(forbidden),
            PeopleError::Store(error) => Self::Store(error),
            other => Self::People(other),
        }
    }
}

impl From<FactorError> for SessionError {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Wait { seconds } => Self::Wait { seconds },
            FactorError::Forbidden(forbidden) => Self::Forbidden(forbidden),
            FactorError::Store(error) => Self::Store(error),
            FactorError::Secret(reason) => Self::Store(StoreError::Corrupt(reason)),
            _ => Self::Wrong,
        }
    }
}

/// A session's new token: the only time it is seen.
pub struct Issued {
    pub token: SecretString,
    /// How long the browser should keep it.
    pub lasts: Duration,
    /// Nothing is open yet; the second factor is asked for.
    pub is_half: bool,
}

/// A session that is open, and who acts in it.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub session: Session,
    pub person: Person,
    pub actor: Actor,
    /// The role is cut back, because its second factor is missing.
    pub lacks_second: bool,
    /// Everything was proved a short while ago: secrets may be changed.
    pub is_fresh: bool,
}

/// Looks after sessions.
#[derive(Clone)]
pub struct Sessions {
    db: Db,
    people: People,
    factors: Factors,
    rules: Rules,
}

impl Sessions {
    pub fn new(db: Db) -> Self {
        Self { people: People::new(db.clone()), factors: Factors::new(db.clone()), db, rules: Rules::default() }
    }

    /// The same, by these rules.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Signs in with name and password. `before` is the token the browser had, whose session ends. Of a person with a second factor
    /// the session is half: it opens nothing until [`Sessions::prove_second`].
    pub async fn sign_in(
        &self,
        login: &str,
        password: SecretString,
        whence: &Whence,
        before: Option<&str>,
    ) -> Result<Issued, SessionError> {
        let person = self.people.prove_password(login, password, whence.address).await?;
        let client = self.db.client().await?;
        let is_half = factors::is_on(&client, person.id).await?;
        drop(client);
        let proof = if is_half { Proof::Half } else { Proof::Password };
        self.open(&person, proof, whence, before).await
    }

    /// Opens a session for who has just proved themselves otherwise: the first admin, by the one-time code.
    pub async fn begin(&self, actor: &Actor, whence: &Whence) -> Result<Issued, SessionError> {
        let id = actor.person.ok_or(SessionError::Over)?;
        let client = self.db.client().await?;
        let person = people::get(&client, id).await?.filter(|p| p.active).ok_or(SessionError::Over)?;
        drop(client);
        self.open(&person, Proof::Password, whence, None).await
    }

    async fn open(
        &self,
        person: &Person,
        proof: Proof,
        whence: &Whence,
        before: Option<&str>,
    ) -> Result<Issued, SessionError> {
        let (token, id) = (random_token(), SessionId::new());
        let is_half = proof == Proof::Half;
        let lasts = if is_half { HALF } else { self.rules.absolute };
        let agent: String = whence.agent.chars().filter(|c| !c.is_control()).take(AGENT_LENGTH).collect();
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        sessions::prune(&tx, self.rules.idle).await?;
        if let Some(before) = before
            && let Some((session, _)) = sessions::by_token(&tx, &digest(before), self.rules.idle).await?
        {
            sessions::remove(&tx, session.id).await?;
        }
        let new = NewSession {
            id,
            token_hash: &digest(&token),
            person: person.id,
            proof,
            lasts,
            address: whence.address,
            user_agent: &agent,
        };
        sessions::insert(&tx, &new).await?;
        if !is_half {
            note_sign_in(&tx, person, whence).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Issued { token: token.into(), lasts, is_half })
    }

    /// The second half of a sign-in: a code of the authenticator, or a recovery code.
    pub async fn prove_second(&self, half: &str, code: &str, whence: &Whence) -> Result<Issued, SessionError> {
        let (session, person) = self.half(half).await?.ok_or(SessionError::Over)?;
        if let Err(error) = self.factors.check(person.id, code).await {
            if matches!(error, FactorError::WrongCode) {
                let client = self.db.client().await?;
                let detail = serde_json::json!({ "factor": "second" });
                let nobody = Actor::anonymous();
                audit::note(&client, &nobody, "sign_in_refused", "person", Some(person.id.0), Some(detail)).await?;
            }
            return Err(error.into());
        }
        let token = random_token();
        let lasts = self.rules.absolute;
        let client = self.db.client().await?;
        if !sessions::renew(&client, session.id, &digest(&token), Proof::Second, lasts).await? {
            return Err(SessionError::Over);
        }
        note_sign_in(&client, &person, whence).await?;
        Ok(Issued { token: token.into(), lasts, is_half: false })
    }

    /// Is this the token of a sign-in that waits for its second factor?
    pub async fn is_half(&self, token: &str) -> Result<bool, SessionError> {
        Ok(self.half(token).await?.is_some())
    }

    async fn half(&self, token: &str) -> Result<Option<(Session, Person)>, SessionError> {
        let client = self.db.client().await?;
        let found = sessions::by_token(&client, &digest(token), HALF).await?;
        Ok(found.filter(|(session, _)| session.proof == Proof::Half))
    }

    /// Does a browser's token still open a session? Asking is no use of it.
    pub async fn is_open(&self, token: &str) -> Result<bool, SessionError> {
        let client = self.db.client().await?;
        let found = sessions::by_token(&client, &digest(token), self.rules.idle).await?;
        Ok(found.is_some_and(|(session, _)| session.proof != Proof::Half))
    }

    /// The session a browser's token opens, if it does; and notes that it is in use.
    pub async fn resume(&self, token: &str, whence: &Whence) -> Result<Option<SignedIn>, SessionError> {
        let client = self.db.client().await?;
        let found = sessions::by_token(&client, &digest(token), self.rules.idle).await?;
        let Some((session, person)) = found.filter(|(session, _)| session.proof != Proof::Half) else {
            return Ok(None);
        };
        let now = OffsetDateTime::now_utc();
        if now - session.seen_at > Duration::from_mins(1) {
            sessions::touch(&client, session.id, whence.address).await.or_else(StoreError::unless_closed)?;
        }
        let role = session.proof.role(person.role, self.rules.second_required);
        Ok(Some(SignedIn {
            actor: Actor::person(person.id, role),
            lacks_second: role != person.role,
            is_fresh: now - session.proved_at < FRESH,
            session,
            person,
        }))
    }

    /// Proves again who sits there, before a secret is changed: password, and code where there is a second factor. The session gets a
    /// new token and lasts no longer than before.
    pub async fn prove_again(
        &self,
        signed_in: &SignedIn,
        password: SecretString,
        code: &str,
    ) -> Result<Issued, SessionError> {
        let (id, session) = (signed_in.person.id, &signed_in.session);
        self.people.prove_own_password(id, password).await?;
        let client = self.db.client().await?;
        let has_second = factors::is_on(&client, id).await?;
        drop(client);
        if has_second {
            self.factors.check(id, code).await?;
        }
        let proof = if has_second { Proof::Second } else { session.proof };
        self.renewed(session, proof).await
    }

    /// A new password, of one's own. All other sessions end, this one gets a new token.
    pub async fn change_password(&self, signed_in: &SignedIn, new: SecretString) -> Result<Issued, SessionError> {
        if !signed_in.is_fresh {
            return Err(SessionError::Over);
        }
        People::check_password(&new)?;
        let (id, session) = (signed_in.person.id, &signed_in.session);
        let hashed = hash(new).await.map_err(PeopleError::from)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, &signed_in.actor, None).await?;
        people::set_secret(&tx, id, SecretKind::Password, Some(&hashed)).await?;
        sessions::remove_others(&tx, id, Some(session.id)).await?;
        tx.commit().await.map_err(StoreError::from)?;
        drop(client);
        self.renewed(session, session.proof).await
    }

    /// The second factor was just switched on, with a code: the session has it; the others, which have not, end.
    pub async fn gained_second(&self, signed_in: &SignedIn) -> Result<Issued, SessionError> {
        let client = self.db.client().await?;
        if !signed_in.is_fresh || !factors::is_on(&client, signed_in.person.id).await? {
            return Err(SessionError::Over);
        }
        sessions::remove_others(&client, signed_in.person.id, Some(signed_in.session.id)).await?;
        drop(client);
        self.renewed(&signed_in.session, Proof::Second).await
    }

    async fn renewed(&self, session: &Session, proof: Proof) -> Result<Issued, SessionError> {
        let token = random_token();
        let left = session.expires_at - OffsetDateTime::now_utc();
        let lasts = Duration::try_from(left).map_err(|_| SessionError::Over)?;
        let client = self.db.client().await?;
        if !sessions::renew(&client, session.id, &digest(&token), proof, lasts).await? {
            return Err(SessionError::Over);
        }
        Ok(Issued { token: token.into(), lasts, is_half: false })
    }

    /// Ends the session of this token, half or whole.
    pub async fn sign_out(&self, token: &str) -> Result<(), SessionError> {
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        if let Some((session, person)) = sessions::by_token(&tx, &digest(token), self.rules.absolute).await? {
            sessions::remove(&tx, session.id).await?;
            let actor = Actor::person(person.id, person.role);
            audit::note(&tx, &actor, "signed_out", "person", Some(person.id.0), None).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Where a person is signed in: oneself, or anybody for an admin.
    pub async fn list(&self, actor: &Actor, person: PersonId) -> Result<Vec<Session>, SessionError> {
        own_or_admin(actor, person)?;
        let client = self.db.client().await?;
        Ok(sessions::of_person(&client, person, self.rules.idle).await?)
    }

    /// Ends one session: one's own, or anybody's for an admin.
    pub async fn revoke(&self, actor: &Actor, id: SessionId) -> Result<(), SessionError> {
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let person = sessions::person_of(&tx, id).await?.ok_or(SessionError::Over)?;
        own_or_admin(actor, person)?;
        sessions::remove(&tx, id).await?;
        audit::note(&tx, actor, "session_ended", "person", Some(person.0), None).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Ends all sessions of a person but one; returns how many.
    pub async fn revoke_others(
        &self,
        actor: &Actor,
        person: PersonId,
        but: Option<SessionId>,
    ) -> Result<u64, SessionError> {
        own_or_admin(actor, person)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let ended = sessions::remove_others(&tx, person, but).await?;
        audit::note(&tx, actor, "session_ended", "person", Some(person.0), Some(ended.into())).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(ended)
    }
}

impl Issued {
    /// The token, for the cookie.
    pub fn expose(&self) -> &str {
        self.token.expose_secret()
    }
}

async fn note_sign_in(
    client: &impl deadpool_postgres::GenericClient,
    person: &Person,
    whence: &Whence,
) -> Result<(), StoreError> {
    let detail = whence.address.map(|address| serde_json::json!({ "address": address.to_string() }));
    let actor = Actor::person(person.id, person.role);
    audit::note(client, &actor, "signed_in", "person", Some(person.id.0), detail).await
}
