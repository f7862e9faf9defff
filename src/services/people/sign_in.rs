//! Signing in: by password, PIN or badge, and the step up to what a keeper may do.
//!
//! Every secret is tried through [`People::tried`], which slows guessing down: a try is counted in the database before
//! anything is compared, so that neither a restart nor tries at the same moment help whoever guesses.

use std::future::Future;
use std::net::IpAddr;

use secrecy::SecretString;
use serde_json::json;

use super::{People, PeopleError, badge_hash, verify};
use crate::domain::backoff::Subject;
use crate::domain::{Actor, PersonId, Role};
use crate::store::people::{self, Person, SecretKind};
use crate::store::{StoreError, attempts, audit};

/// Somebody to choose on a kiosk's sign-in page: a name, and nothing else about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    pub id: PersonId,
    pub name: String,
}

/// With what a person at a kiosk steps up.
#[derive(Debug)]
pub enum Proof {
    Password(SecretString),
    /// Counts only beside a badge: something one has, and something one knows.
    PinAfterBadge(SecretString),
}

impl People {
    /// Signs in with name and password. A wrong name takes as long as a wrong password, and gets the same answer.
    pub async fn sign_in(&self, login: &str, password: SecretString) -> Result<Actor, PeopleError> {
        let person = self.prove_password(login, password, None).await?;
        let actor = Actor::person(person.id, person.role);
        let client = self.db.client().await?;
        audit::note(&client, &actor, "signed_in", "person", Some(person.id.0), None).await?;
        Ok(actor)
    }

    /// Whose name and password this is. Asked from elsewhere, the address has to wait, too.
    pub(in crate::services) async fn prove_password(
        &self,
        login: &str,
        password: SecretString,
        address: Option<IpAddr>,
    ) -> Result<Person, PeopleError> {
        let subjects: Vec<Subject> =
            [Subject::Account(login.to_owned())].into_iter().chain(address.map(Subject::of_address)).collect();
        let compared = async {
            let client = self.db.client().await?;
            let found = people::by_login(&client, login).await?;
            // Others have use for the connection while the hash is worked on.
            drop(client);
            let (person, stored) = found.map_or((None, None), |(person, hash)| (Some(person), hash));
            let right = verify(password, stored).await?;
            let known = person.as_ref().map(|p| p.id.0);
            if let Some(person) = person.filter(|p| right && p.active) {
                return Ok(person);
            }
            let client = self.db.client().await?;
            let detail = address.map(|address| json!({ "address": address.to_string() }));
            audit::note(&client, &Actor::anonymous(), "sign_in_refused", "person", known, detail).await?;
            Err(PeopleError::WrongSecret)
        };
        self.tried(&subjects, compared).await
    }

    /// Is it the person's own password, asked for again?
    pub(in crate::services) async fn prove_own_password(
        &self,
        id: PersonId,
        password: SecretString,
    ) -> Result<(), PeopleError> {
        let compared = async {
            if self.proven(id, password, SecretKind::Password).await?.is_some() {
                return Ok(());
            }
            let client = self.db.client().await?;
            audit::note(&client, &Actor::anonymous(), "step_up_refused", "person", Some(id.0), None).await?;
            Err(PeopleError::WrongSecret)
        };
        self.tried(&[Subject::StepUp(id)], compared).await
    }

    /// Signs in at a kiosk with a PIN: at most as a member.
    pub async fn sign_in_with_pin(&self, id: PersonId, pin: SecretString) -> Result<Actor, PeopleError> {
        let compared = async {
            let client = self.db.client().await?;
            let person = self.proven(id, pin, SecretKind::Pin).await?;
            let result = person.map(|p| Actor::person(p.id, p.role.min(Role::Member)));
            let action = if result.is_some() { "signed_in" } else { "sign_in_refused" };
            let by = result.clone().unwrap_or(Actor::anonymous());
            audit::note(&client, &by, action, "person", Some(id.0), Some(json!("pin"))).await?;
            result.ok_or(PeopleError::WrongSecret)
        };
        self.tried(&[Subject::Pin(id)], compared).await
    }

    /// Signs in at a kiosk with a scanned badge: at most as a member. `None`: not a badge anybody has.
    pub async fn sign_in_with_badge(&self, scanned: &str) -> Result<Option<Actor>, PeopleError> {
        let client = self.db.client().await?;
        let person = people::by_badge(&client, &badge_hash(scanned.trim())).await?;
        let Some(person) = person else { return Ok(None) };
        let actor = Actor::person(person.id, person.role.min(Role::Member));
        audit::note(&client, &actor, "signed_in", "person", Some(person.id.0), Some(json!("badge"))).await?;
        Ok(Some(actor))
    }

    /// The person a kiosk itself acts as, where its settings name one: at most a member.
    pub async fn as_device(&self, login: &str) -> Result<Actor, PeopleError> {
        let client = self.db.client().await?;
        let found = people::by_login(&client, login).await?.map(|(person, _)| person).filter(|p| p.active);
        let person = found.ok_or(PeopleError::NotFound)?;
        Ok(Actor::person(person.id, person.role.min(Role::Member)))
    }

    /// Proves a keeper at a kiosk, for what a member may not do. The actor has the person's whole role; the kiosk takes
    /// it back after some minutes. Who is no keeper gets the answer a wrong secret gets.
    pub async fn step_up(&self, id: PersonId, proof: Proof) -> Result<Actor, PeopleError> {
        let (secret, kind) = match proof {
            Proof::Password(secret) => (secret, SecretKind::Password),
            Proof::PinAfterBadge(secret) => (secret, SecretKind::Pin),
        };
        let compared = async {
            let person = self.proven(id, secret, kind).await?.filter(|p| p.role >= Role::Keeper);
            let result = person.map(|p| Actor::person(p.id, p.role));
            let action = if result.is_some() { "stepped_up" } else { "step_up_refused" };
            let client = self.db.client().await?;
            let by = result.clone().unwrap_or(Actor::anonymous());
            audit::note(&client, &by, action, "person", Some(id.0), None).await?;
            result.ok_or(PeopleError::WrongSecret)
        };
        let subject = if kind == SecretKind::Pin { Subject::Pin(id) } else { Subject::StepUp(id) };
        self.tried(&[subject], compared).await
    }

    /// Whom a kiosk's sign-in page offers: everybody active with a PIN, by name.
    pub async fn faces(&self) -> Result<Vec<Face>, PeopleError> {
        self.offered(|person| person.has_pin).await
    }

    /// Whom a kiosk offers to step up: active keepers and admins with a password.
    pub async fn keepers(&self) -> Result<Vec<Face>, PeopleError> {
        self.offered(|person| person.role >= Role::Keeper && person.has_password).await
    }

    async fn offered(&self, wanted: impl Fn(&Person) -> bool) -> Result<Vec<Face>, PeopleError> {
        let client = self.db.client().await?;
        let all = people::all(&client).await?.into_iter();
        Ok(all.filter(|p| p.active && wanted(p)).map(|p| Face { id: p.id, name: p.name }).collect())
    }

    /// The active person, when the secret is theirs. Takes as long for somebody unknown or without one.
    async fn proven(
        &self,
        id: PersonId,
        secret: SecretString,
        kind: SecretKind,
    ) -> Result<Option<Person>, PeopleError> {
        let client = self.db.client().await?;
        let person = people::get(&client, id).await?.filter(|p| p.active);
        let stored = people::secret_hash(&client, id, kind).await?;
        drop(client);
        Ok(if verify(secret, stored).await? { person } else { None })
    }

    /// Compares a secret, unless one of the subjects has to wait. Counts the try first; a right one clears the subjects (an
    /// address only gets the try back: others may be guessing there), a wrong one makes the next wait longer ([`wait_after`]), and
    /// a failure of the machine counts for nothing.
    pub async fn tried<T>(
        &self,
        subjects: &[Subject],
        compared: impl Future<Output = Result<T, PeopleError>>,
    ) -> Result<T, PeopleError> {
        let (addresses, accounts): (Vec<&Subject>, Vec<&Subject>) =
            subjects.iter().partition(|subject| matches!(subject, Subject::Address(_)));
        let keys = |subjects: Vec<&Subject>| subjects.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (addresses, cleared) = (keys(addresses), keys(accounts));
        let mut client = self.db.client().await?;
        // The rows stay locked until the waits are written: tries at the same moment queue here and see them.
        let tx = client.transaction().await.map_err(StoreError::from)?;
        for subject in subjects {
            let key = subject.to_string();
            match attempts::begin(&tx, &key).await? {
                Ok(failures) => attempts::block(&tx, &key, subject.wait_after(failures).as_secs()).await?,
                Err(seconds) => return Err(PeopleError::Wait { seconds }),
            }
        }
        tx.commit().await.map_err(StoreError::from)?;
        drop(client);
        let result = compared.await;
        if !matches!(result, Err(PeopleError::WrongSecret)) {
            let client = self.db.client().await?;
            attempts::clear(&client, &cleared).await?;
            attempts::take_back(&client, &addresses).await?;
        }
        result
    }
}
