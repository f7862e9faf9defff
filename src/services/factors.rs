//! The second factor: codes of an authenticator (TOTP, RFC 6238: SHA-1, six digits, 30 seconds, as every authenticator has
//! it), and recovery codes for who lost it.
//!
//! The shared secret cannot be hashed. It lies in a table of its own that only the program's database role reads; no read model, no
//! log and no audit entry has it. A backup has it, and is encrypted where it has to be.

use rand::RngExt as _;
use secrecy::SecretString;
use thiserror::Error;
use time::OffsetDateTime;
use totp_rs::{Builder, Totp};

use super::people::{People, PeopleError, own_or_admin};
use super::secrets::{digest, random_letters};
use crate::domain::backoff::Subject;
use crate::domain::person::Forbidden;
use crate::domain::{Actor, PersonId};
use crate::store::{Client, Db, StoreError, audit, bookings, factors, people, sessions};

/// How many recovery codes there are, and how long each is: 80 random bits.
const RECOVERY_CODES: usize = 10;
const RECOVERY_LETTERS: usize = 16;

/// Why a call about second factors failed.
#[derive(Debug, Error)]
pub enum FactorError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("no such person")]
    NotFound,
    #[error("a second factor is in use already; switch it off first")]
    AlreadyOn,
    #[error("there is no second factor to confirm; begin again")]
    NotBegun,
    #[error("the code is wrong, or was used already")]
    WrongCode,
    /// Too many wrong codes in a row; nothing was compared.
    #[error("too many wrong tries; try again in {seconds} s")]
    Wait { seconds: u64 },
    #[error("the authenticator's secret cannot be used: {0}")]
    Secret(String),
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl From<PeopleError> for FactorError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Wait { seconds } => Self::Wait { seconds },
            PeopleError::Store(error) => Self::Store(error),
            PeopleError::WrongSecret => Self::WrongCode,
            other => Self::Secret(other.to_string()),
        }
    }
}

/// What an authenticator has to be told, once.
pub struct Enrolment {
    /// For typing: base 32 (RFC 4648).
    pub secret: SecretString,
    /// For scanning: `otpauth://totp/…`
    pub url: SecretString,
}

/// How it stands with a person's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub is_on: bool,
    pub recovery_codes_left: i64,
}

/// Looks after second factors.
#[derive(Clone)]
pub struct Factors {
    db: Db,
    people: People,
}

impl Factors {
    pub fn new(db: Db) -> Self {
        Self { people: People::new(db.clone()), db }
    }

    /// One's own, or anybody's for an admin.
    pub async fn standing(&self, actor: &Actor, person: PersonId) -> Result<Standing, FactorError> {
        own_or_admin(actor, person)?;
        let client = self.db.client().await?;
        Ok(Standing {
            is_on: factors::is_on(&client, person).await?,
            recovery_codes_left: factors::recovery_codes_left(&client, person).await?,
        })
    }

    /// Makes a secret for an authenticator. It counts once a code of it was confirmed; until then a new one takes its place.
    pub async fn begin(&self, actor: &Actor, person: PersonId) -> Result<Enrolment, FactorError> {
        own_or_admin(actor, person)?;
        let secret: [u8; 20] = rand::rng().random();
        let client = self.db.client().await?;
        let found = people::get(&client, person).await?.filter(|p| p.active).ok_or(FactorError::NotFound)?;
        let totp = totp(&secret, found.login.as_deref().unwrap_or(&found.name))?;
        let url = totp.to_url().map_err(|e| FactorError::Secret(e.to_string()))?;
        if !factors::begin(&client, person, &secret).await? {
            return Err(FactorError::AlreadyOn);
        }
        Ok(Enrolment { secret: totp.secret().to_base32().into(), url: url.into() })
    }

    /// The same secret again, for a page that is shown again after a wrong code.
    pub async fn begun(&self, actor: &Actor, person: PersonId) -> Result<Enrolment, FactorError> {
        own_or_admin(actor, person)?;
        let mut client = self.db.client().await?;
        let found = people::get(&client, person).await?.filter(|p| p.active).ok_or(FactorError::NotFound)?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let factor = factors::lock(&tx, person).await?.filter(|f| !f.is_confirmed).ok_or(FactorError::NotBegun)?;
        let totp = totp(&factor.secret, found.login.as_deref().unwrap_or(&found.name))?;
        let url = totp.to_url().map_err(|e| FactorError::Secret(e.to_string()))?;
        Ok(Enrolment { secret: totp.secret().to_base32().into(), url: url.into() })
    }

    /// Switches it on with a first code, and returns the recovery codes; they are shown once.
    pub async fn confirm(&self, actor: &Actor, person: PersonId, code: &str) -> Result<Vec<SecretString>, FactorError> {
        own_or_admin(actor, person)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        factors::lock(&tx, person).await?.filter(|f| !f.is_confirmed).ok_or(FactorError::NotBegun)?;
        tx.commit().await.map_err(StoreError::from)?;
        drop(client);
        let compared = self.confirmed(actor, person, code);
        self.people.tried(&[Subject::Second(person)], compared).await.map_err(FactorError::from)
    }

    async fn confirmed(&self, actor: &Actor, person: PersonId, code: &str) -> Result<Vec<SecretString>, PeopleError> {
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let factor = factors::lock(&tx, person).await?.filter(|f| !f.is_confirmed).ok_or(PeopleError::NotFound)?;
        let step = matching_step(&factor, code)?.ok_or(PeopleError::WrongSecret)?;
        factors::confirm(&tx, person, step).await?;
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| random_letters(RECOVERY_LETTERS)).collect();
        let hashes: Vec<Vec<u8>> = codes.iter().map(|code| digest(code)).collect();
        factors::put_recovery_codes(&tx, person, &hashes).await?;
        audit::note(&tx, actor, "second_factor_on", "person", Some(person.0), None).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(codes.iter().map(|code| grouped(code).into()).collect())
    }

    /// Switches it off: one's own, or anybody's for an admin, who lost everything.
    pub async fn switch_off(&self, actor: &Actor, person: PersonId) -> Result<(), FactorError> {
        own_or_admin(actor, person)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        if factors::remove(&tx, person).await? {
            sessions::lower(&tx, person).await?;
            audit::note(&tx, actor, "second_factor_off", "person", Some(person.0), None).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Is this code, of the authenticator or a recovery code, the person's? Each counts once; wrong ones slow down the next.
    pub(super) async fn check(&self, person: PersonId, code: &str) -> Result<(), FactorError> {
        let compared = async {
            let mut client = self.db.client().await?;
            if take(&mut client, person, code).await? { Ok(()) } else { Err(PeopleError::WrongSecret) }
        };
        self.people.tried(&[Subject::Second(person)], compared).await.map_err(FactorError::from)
    }
}

async fn take(client: &mut Client, person: PersonId, code: &str) -> Result<bool, PeopleError> {
    let tx = client.transaction().await.map_err(StoreError::from)?;
    let Some(factor) = factors::lock(&tx, person).await?.filter(|factor| factor.is_confirmed) else {
        return Ok(false);
    };
    let right = if let Some(step) = matching_step(&factor, code)? {
        factors::used(&tx, person, step).await?;
        true
    } else {
        let typed: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
        let used = factors::use_recovery_code(&tx, person, &digest(&typed.to_uppercase())).await?;
        if used {
            let actor = Actor::anonymous();
            audit::note(&tx, &actor, "recovery_code_used", "person", Some(person.0), None).await?;
        }
        used
    };
    tx.commit().await.map_err(StoreError::from)?;
    Ok(right)
}

/// The time step a code belongs to, if it is of now, one before or one after, and later than the last one taken.
fn matching_step(factor: &factors::Factor, code: &str) -> Result<Option<i64>, StoreError> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let now = u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap_or_default();
    let totp = totp(&factor.secret, "inventory").map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let step = totp.check(&digits, now).and_then(|step| i64::try_from(step).ok());
    Ok(step.filter(|step| *step > factor.last_step))
}

fn totp(secret: &[u8], account: &str) -> Result<Totp, FactorError> {
    // The label's parts are separated by a colon, so none may have one.
    Builder::new()
        .with_secret(secret)
        .with_account_name(account.replace(':', " "))
        .with_issuer(Some("inventory"))
        .build()
        .map_err(|e| FactorError::Secret(e.to_string()))
}

/// In fours, as people read and type them.
fn grouped(code: &str) -> String {
    code.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four)).collect::<Vec<_>>().join("-")
}

/// The code an authenticator shows for a secret at a moment; for tests of whatever asks for one.
#[doc(hidden)]
pub fn code_at(secret_base32: &str, unix_seconds: u64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret_base32).expect("a secret of ours");
    totp(secret.as_bytes(), "inventory").expect("long enough").generate(unix_seconds).to_string()
}
