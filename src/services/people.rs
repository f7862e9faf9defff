//! People: who they are, what they may do, and the secrets by which they prove it.

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::secrets::{HashError, badge_hash, hash, random_letters, verify};
use crate::domain::person::Forbidden;
use crate::domain::{Actor, Permission, PersonId, Role};
pub use crate::store::people::Person;
use crate::store::people::{self, SecretKind};
use crate::store::stock::{self, Loan};
use crate::store::{Db, StoreError, audit, bookings, factors, sessions, tokens};

mod sign_in;

pub use sign_in::{Face, Proof};

/// How long a set-up code counts, and how often it may be tried.
pub const SETUP_MINUTES: i32 = 30;
pub const SETUP_TRIES: i32 = 5;
/// NIST SP 800-63B: at least eight characters, no composition rules; the upper bound keeps hashing cheap to refuse.
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=256;
const PIN_LENGTH: std::ops::RangeInclusive<usize> = 4..=12;

/// Why a call about people failed.
#[derive(Debug, Error)]
pub enum PeopleError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("a name has 1 to 200 characters")]
    Name,
    #[error("a sign-in name has 1 to 200 characters and no blanks")]
    Login,
    #[error("somebody else has the sign-in name `{0}`")]
    LoginTaken(String),
    #[error("a password has {} to {} characters", PASSWORD_LENGTH.start(), PASSWORD_LENGTH.end())]
    Password,
    #[error("a PIN has {} to {} digits", PIN_LENGTH.start(), PIN_LENGTH.end())]
    Pin,
    #[error("no such person")]
    NotFound,
    #[error("the last active admin stays; make another one first")]
    LastAdmin,
    #[error("there is an admin already; further people are added by an admin")]
    AlreadySetUp,
    #[error("the code is wrong, used up or too old; make a new one with `inventory setup`")]
    SetupCode,
    #[error("the name or the secret is wrong")]
    WrongSecret,
    /// Too many wrong tries in a row; nothing was compared.
    #[error("too many wrong tries; try again in {seconds} s")]
    Wait { seconds: u64 },
    #[error("{0}")]
    Hash(#[from] HashError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Who is to be added or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonDraft {
    pub name: String,
    pub role: Role,
    /// Only who signs in from elsewhere needs one.
    pub login: Option<String>,
}

impl PersonDraft {
    /// Whether somebody can be called so; for those who ask before something else is done.
    pub fn check_name(name: &str) -> Result<(), PeopleError> {
        checked_name(name).map(drop)
    }
}

/// Looks after people.
#[derive(Clone)]
pub struct People {
    db: Db,
}

impl People {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Everybody, by name.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<Person>, PeopleError> {
        actor.require(Permission::SeePrivate)?;
        let client = self.db.client().await?;
        Ok(people::all(&client).await?)
    }

    /// One person: oneself, or anybody for a member.
    pub async fn get(&self, actor: &Actor, id: PersonId) -> Result<Person, PeopleError> {
        if actor.person != Some(id) {
            actor.require(Permission::SeePrivate)?;
        }
        let client = self.db.client().await?;
        people::get(&client, id).await?.ok_or(PeopleError::NotFound)
    }

    /// Adds a person, without a secret yet.
    pub async fn add(&self, actor: &Actor, draft: &PersonDraft) -> Result<PersonId, PeopleError> {
        actor.require(Permission::Administer)?;
        let draft = checked(draft)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let id = PersonId::new();
        people::insert(&tx, id, &draft.name, draft.role, draft.login.as_deref()).await.map_err(|e| taken(e, &draft))?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(id)
    }

    /// Changes name, role and sign-in name. The last admin keeps the role.
    pub async fn edit(&self, actor: &Actor, id: PersonId, draft: &PersonDraft) -> Result<(), PeopleError> {
        actor.require(Permission::Administer)?;
        let draft = checked(draft)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        if draft.role != Role::Admin && people::lock_admins(&tx).await? == [id] {
            return Err(PeopleError::LastAdmin);
        }
        people::update(&tx, id, &draft.name, draft.role, draft.login.as_deref()).await.map_err(|e| taken(e, &draft))?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Switches a person off, and says what they still have on loan. The last admin stays.
    pub async fn deactivate(&self, actor: &Actor, id: PersonId) -> Result<Vec<Loan>, PeopleError> {
        actor.require(Permission::Administer)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        if people::lock_admins(&tx).await? == [id] {
            return Err(PeopleError::LastAdmin);
        }
        people::set_active(&tx, id, false).await.map_err(not_found)?;
        sessions::remove_others(&tx, id, None).await?;
        tokens::remove_of(&tx, id).await?;
        let loans = stock::all_open_loans(&tx, Some(id)).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(loans)
    }

    /// Switches a person on again.
    pub async fn reactivate(&self, actor: &Actor, id: PersonId) -> Result<(), PeopleError> {
        actor.require(Permission::Administer)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        people::set_active(&tx, id, true).await.map_err(not_found)?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Takes name and secrets away for good; what the person booked stays.
    pub async fn anonymise(&self, actor: &Actor, id: PersonId) -> Result<(), PeopleError> {
        actor.require(Permission::Administer)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        if people::lock_admins(&tx).await? == [id] {
            return Err(PeopleError::LastAdmin);
        }
        let short = id.to_string();
        people::anonymise(&tx, id, &format!("#{}", &short[short.len() - 6..])).await?;
        sessions::remove_others(&tx, id, None).await?;
        tokens::remove_of(&tx, id).await?;
        factors::remove(&tx, id).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Sets a password: one's own, or anybody's by an admin.
    pub async fn set_password(&self, actor: &Actor, id: PersonId, password: SecretString) -> Result<(), PeopleError> {
        own_or_admin(actor, id)?;
        Self::check_password(&password)?;
        self.set_secret(actor, id, SecretKind::Password, password).await
    }

    /// Sets a kiosk PIN: one's own, or anybody's by an admin.
    pub async fn set_pin(&self, actor: &Actor, id: PersonId, pin: SecretString) -> Result<(), PeopleError> {
        own_or_admin(actor, id)?;
        let digits = pin.expose_secret();
        if !PIN_LENGTH.contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PeopleError::Pin);
        }
        self.set_secret(actor, id, SecretKind::Pin, pin).await
    }

    /// The password rules alone, for who changes it together with something else.
    pub(super) fn check_password(password: &SecretString) -> Result<(), PeopleError> {
        let length = password.expose_secret().chars().count();
        if PASSWORD_LENGTH.contains(&length) { Ok(()) } else { Err(PeopleError::Password) }
    }

    async fn set_secret(
        &self,
        actor: &Actor,
        id: PersonId,
        kind: SecretKind,
        secret: SecretString,
    ) -> Result<(), PeopleError> {
        let hash = hash(secret).await?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        people::set_secret(&tx, id, kind, Some(&hash)).await.map_err(not_found)?;
        if kind == SecretKind::Password {
            // Whoever knew the old one is out.
            sessions::remove_others(&tx, id, None).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Makes a new badge for a person and returns what to print in it (160 random bits); only its hash is kept.
    pub async fn issue_badge(&self, actor: &Actor, id: PersonId) -> Result<SecretString, PeopleError> {
        actor.require(Permission::Administer)?;
        let text = format!("B{}", random_letters(32));
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        people::get(&tx, id).await?.ok_or(PeopleError::NotFound)?;
        people::set_badge(&tx, id, &badge_hash(&text)).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(text.into())
    }

    /// Is there an admin yet?
    pub async fn is_set_up(&self) -> Result<bool, PeopleError> {
        let client = self.db.client().await?;
        Ok(people::all(&client).await?.iter().any(|p| p.role == Role::Admin && p.active))
    }

    /// Who acts at this machine without signing in: the admin made first. `None`: nobody is set up yet.
    pub async fn local(&self) -> Result<Option<Person>, PeopleError> {
        let client = self.db.client().await?;
        Ok(people::first_admin(&client).await?)
    }

    /// Makes the one-time code for the first admin, for whoever runs the program as the data's owner: it is shown once, on
    /// their terminal or screen, and only its hash is kept. An older code is void.
    pub async fn issue_setup_code(&self) -> Result<SecretString, PeopleError> {
        if self.is_set_up().await? {
            return Err(PeopleError::AlreadySetUp);
        }
        let code = random_letters(10);
        let hash = hash(code.clone().into()).await?;
        let client = self.db.client().await?;
        people::put_setup_code(&client, &hash, SETUP_MINUTES, SETUP_TRIES).await?;
        Ok(code.into())
    }

    /// Makes the first admin with the code. Of several who try at once, one wins. Each wrong try counts.
    pub async fn set_up(
        &self,
        code: &SecretString,
        draft: &PersonDraft,
        password: Option<SecretString>,
    ) -> Result<Actor, PeopleError> {
        let draft = checked(&PersonDraft { role: Role::Admin, ..draft.clone() })?;
        if password.as_ref().is_some_and(|p| !PASSWORD_LENGTH.contains(&p.expose_secret().chars().count())) {
            return Err(PeopleError::Password);
        }
        let mut client = self.db.client().await?;
        // The try is used up in a transaction of its own, so that a crash or a refusal below does not give it back.
        let stored = people::try_setup_code(&client).await?.ok_or(PeopleError::SetupCode)?;
        let typed: String = code.expose_secret().chars().filter(char::is_ascii_alphanumeric).collect();
        if !verify(typed.to_uppercase().into(), Some(stored)).await? {
            audit::note(&client, &Actor::anonymous(), "setup_refused", "person", None, None).await?;
            return Err(PeopleError::SetupCode);
        }
        let password = match password {
            Some(password) => Some(hash(password).await?),
            None => None,
        };
        let tx = client.transaction().await.map_err(StoreError::from)?;
        people::lock_setup(&tx).await?;
        if people::all(&tx).await?.iter().any(|p| p.role == Role::Admin && p.active) {
            return Err(PeopleError::AlreadySetUp);
        }
        let id = PersonId::new();
        bookings::begin(&tx, &Actor::person(id, Role::Admin), None).await?;
        people::insert(&tx, id, &draft.name, Role::Admin, draft.login.as_deref())
            .await
            .map_err(|e| taken(e, &draft))?;
        if let Some(password) = password {
            people::set_secret(&tx, id, SecretKind::Password, Some(&password)).await?;
        }
        people::clear_setup_code(&tx).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Actor::person(id, Role::Admin))
    }
}

pub(super) fn own_or_admin(actor: &Actor, id: PersonId) -> Result<(), Forbidden> {
    if actor.person == Some(id) { Ok(()) } else { actor.require(Permission::Administer) }
}

fn checked(draft: &PersonDraft) -> Result<PersonDraft, PeopleError> {
    let name = checked_name(&draft.name)?;
    let login = draft.login.as_deref().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned);
    if login.as_ref().is_some_and(|l| l.chars().count() > 200 || l.chars().any(|c| c.is_whitespace() || c.is_control()))
    {
        return Err(PeopleError::Login);
    }
    Ok(PersonDraft { name, role: draft.role, login })
}

fn checked_name(name: &str) -> Result<String, PeopleError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if (1..=200).contains(&name.chars().count()) { Ok(name) } else { Err(PeopleError::Name) }
}

fn taken(error: StoreError, draft: &PersonDraft) -> PeopleError {
    match error.constraint() {
        Some("person_login_once") => PeopleError::LoginTaken(draft.login.clone().unwrap_or_default()),
        _ => not_found(error),
    }
}

fn not_found(error: StoreError) -> PeopleError {
    match error {
        StoreError::NotFound(_) => PeopleError::NotFound,
        other => other.into(),
    }
}
