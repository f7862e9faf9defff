//! API tokens: what programs act with, for a person, as far as the scope goes, until they expire.

use std::time::Duration;

use secrecy::SecretString;
use thiserror::Error;
use time::OffsetDateTime;

use super::people::own_or_admin;
use super::secrets::{digest, random_token};
use crate::domain::person::Forbidden;
use crate::domain::{Actor, Permission, PersonId, Scope, TokenId};
pub use crate::store::tokens::ApiToken;
use crate::store::{Db, StoreError, audit, bookings, tokens};

/// What every token begins with, so that a secret that got where it should not be is recognised.
pub const PREFIX: &str = "inv_";
/// The longest a token may last, in days.
pub const MOST_DAYS: u32 = 366;
/// How many of them one person may have.
const MOST: usize = 50;

/// Why a call about tokens failed.
#[derive(Debug, Error)]
pub enum TokenError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("no such token")]
    NotFound,
    #[error("a token's name has 1 to 100 characters")]
    Name,
    #[error("a token lasts 1 to {MOST_DAYS} days")]
    Days,
    #[error("a person has at most {MOST} tokens; remove one that is not used any more")]
    TooMany,
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Looks after tokens.
#[derive(Clone)]
pub struct Tokens {
    db: Db,
}

impl Tokens {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Makes a token for oneself, no wider than one's own role. It is shown once.
    pub async fn create(
        &self,
        actor: &Actor,
        name: &str,
        scope: Scope,
        days: u32,
    ) -> Result<(TokenId, SecretString), TokenError> {
        actor.require(Permission::Look)?;
        if actor.role < scope.most() {
            return Err(Forbidden { needed: scope.most(), has: actor.role }.into());
        }
        let owner = actor.person.ok_or(TokenError::NotFound)?;
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(TokenError::Name);
        }
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(TokenError::Days);
        }
        let (id, token) = (TokenId::new(), format!("{PREFIX}{}", random_token()));
        let lasts = Duration::from_secs(u64::from(days) * 24 * 3600);
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        if tokens::list(&tx, Some(owner)).await?.len() >= MOST {
            return Err(TokenError::TooMany);
        }
        tokens::insert(&tx, id, &digest(&token), owner, &name, scope, lasts).await?;
        let detail = serde_json::json!({ "name": name, "scope": scope.as_str(), "days": days });
        audit::note(&tx, actor, "token_made", "person", Some(owner.0), Some(detail)).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok((id, token.into()))
    }

    /// A person's tokens: one's own, or anybody's for an admin.
    pub async fn list(&self, actor: &Actor, owner: PersonId) -> Result<Vec<ApiToken>, TokenError> {
        own_or_admin(actor, owner)?;
        let client = self.db.client().await?;
        Ok(tokens::list(&client, Some(owner)).await?)
    }

    /// Everybody's tokens.
    pub async fn list_all(&self, actor: &Actor) -> Result<Vec<ApiToken>, TokenError> {
        actor.require(Permission::Administer)?;
        let client = self.db.client().await?;
        Ok(tokens::list(&client, None).await?)
    }

    /// Takes a token away: one's own, or anybody's for an admin.
    pub async fn revoke(&self, actor: &Actor, id: TokenId) -> Result<(), TokenError> {
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let owner = tokens::owner_of(&tx, id).await?.ok_or(TokenError::NotFound)?;
        own_or_admin(actor, owner)?;
        tokens::remove(&tx, id).await?;
        audit::note(&tx, actor, "token_removed", "person", Some(owner.0), None).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Who acts with this token, if it opens anything; and notes that it is in use. Never more than its person, nor more than
    /// its scope.
    pub async fn resume(&self, token: &str) -> Result<Option<(Actor, ApiToken)>, TokenError> {
        if !token.starts_with(PREFIX) {
            return Ok(None);
        }
        let client = self.db.client().await?;
        let Some((token, person)) = tokens::by_hash(&client, &digest(token)).await? else { return Ok(None) };
        if token.last_used_at.is_none_or(|used| OffsetDateTime::now_utc() - used > Duration::from_mins(1)) {
            tokens::touch(&client, token.id).await.or_else(StoreError::unless_closed)?;
        }
        Ok(Some((Actor::person(person.id, person.role.min(token.scope.most())), token)))
    }
}
