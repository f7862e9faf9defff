//! Rows of `api_token`: what programs act with.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use time::OffsetDateTime;
use tokio_postgres::Row;

use super::people::{self, Person};
use super::{StoreError, parsed};
use crate::domain::{PersonId, Scope, TokenId};

/// A token as a list shows it; the secret is in nobody's hands but the program's that got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    pub id: TokenId,
    pub owner: PersonId,
    pub owner_name: String,
    pub name: String,
    pub scope: Scope,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub last_used_at: Option<OffsetDateTime>,
}

const COLUMNS: &str = "t.id as token_id, t.person as token_owner, p.name as owner_name, t.name as token_name, t.scope,
    t.created_at as token_created_at, t.expires_at, t.last_used_at";

fn token(row: &Row) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: TokenId(row.get("token_id")),
        owner: PersonId(row.get("token_owner")),
        owner_name: row.get("owner_name"),
        name: row.get("token_name"),
        scope: parsed(row.get("scope"))?,
        created_at: row.get("token_created_at"),
        expires_at: row.get("expires_at"),
        last_used_at: row.get("last_used_at"),
    })
}

/// Adds a token.
pub async fn insert(
    client: &impl GenericClient,
    id: TokenId,
    token_hash: &[u8],
    owner: PersonId,
    name: &str,
    scope: Scope,
    lasts: Duration,
) -> Result<(), StoreError> {
    client
        .execute(
            "insert into api_token (id, token_hash, person, name, scope, expires_at)
             values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))",
            &[&id.0, &token_hash, &owner.0, &name, &scope.as_str(), &lasts.as_secs_f64()],
        )
        .await?;
    Ok(())
}

/// The token, with its active owner, that has not expired.
pub async fn by_hash(client: &impl GenericClient, token_hash: &[u8]) -> Result<Option<(ApiToken, Person)>, StoreError> {
    let row = client
        .query_opt(
            &format!(
                "select {COLUMNS}, {} from api_token t join person p on p.id = t.person
                 where t.token_hash = $1 and p.active and t.expires_at > now()",
                people::COLUMNS
            ),
            &[&token_hash],
        )
        .await?;
    row.map(|row| Ok((token(&row)?, people::person(&row)?))).transpose()
}

/// Notes that a token is in use; at most once a minute.
pub async fn touch(client: &impl GenericClient, id: TokenId) -> Result<(), StoreError> {
    client
        .execute(
            "update api_token set last_used_at = now()
             where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')",
            &[&id.0],
        )
        .await?;
    Ok(())
}

/// Tokens of one person, or everybody's; the expired ones too, the newest first.
pub async fn list(client: &impl GenericClient, owner: Option<PersonId>) -> Result<Vec<ApiToken>, StoreError> {
    let owner = owner.map(|id| id.0);
    let rows = client
        .query(
            &format!(
                "select {COLUMNS} from api_token t join person p on p.id = t.person
                 where $1::uuid is null or t.person = $1 order by t.created_at desc, t.id"
            ),
            &[&owner],
        )
        .await?;
    rows.iter().map(token).collect()
}

/// Whose a token is.
pub async fn owner_of(client: &impl GenericClient, id: TokenId) -> Result<Option<PersonId>, StoreError> {
    let row = client.query_opt("select person from api_token where id = $1", &[&id.0]).await?;
    Ok(row.map(|row| PersonId(row.get(0))))
}

/// Takes a token away.
pub async fn remove(client: &impl GenericClient, id: TokenId) -> Result<(), StoreError> {
    client.execute("delete from api_token where id = $1", &[&id.0]).await?;
    Ok(())
}

/// Takes all of a person's tokens away.
pub async fn remove_of(client: &impl GenericClient, owner: PersonId) -> Result<(), StoreError> {
    client.execute("delete from api_token where person = $1", &[&owner.0]).await?;
    Ok(())
}
