//! Rows of `session`: who is signed in, in which browser.

use std::net::IpAddr;
use std::time::Duration;

use deadpool_postgres::GenericClient;
use time::OffsetDateTime;
use tokio_postgres::Row;

use super::people::{self, Person};
use super::{StoreError, parsed};
use crate::domain::{PersonId, Proof, SessionId};

/// One browser in which a person is signed in. The token is not in it; nobody has it but that browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub proof: Proof,
    pub created_at: OffsetDateTime,
    pub seen_at: OffsetDateTime,
    pub proved_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub address: Option<IpAddr>,
    pub user_agent: String,
}

const COLUMNS: &str =
    "s.id as session_id, s.proof, s.created_at as session_created_at, s.seen_at, s.proved_at, s.expires_at,
    s.address, s.user_agent";

fn session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: SessionId(row.get("session_id")),
        proof: parsed(row.get("proof"))?,
        created_at: row.get("session_created_at"),
        seen_at: row.get("seen_at"),
        proved_at: row.get("proved_at"),
        expires_at: row.get("expires_at"),
        address: row.get("address"),
        user_agent: row.get("user_agent"),
    })
}

/// Who signs in, from where, with which proof.
pub struct NewSession<'a> {
    pub id: SessionId,
    pub token_hash: &'a [u8],
    pub person: PersonId,
    pub proof: Proof,
    pub lasts: Duration,
    pub address: Option<IpAddr>,
    pub user_agent: &'a str,
}

/// Begins a session.
pub async fn insert(client: &impl GenericClient, new: &NewSession<'_>) -> Result<(), StoreError> {
    client
        .execute(
            "insert into session (id, token_hash, person, proof, expires_at, address, user_agent)
             values ($1, $2, $3, $4, now() + make_interval(secs => $5), $6, $7)",
            &[
                &new.id.0,
                &new.token_hash,
                &new.person.0,
                &new.proof.as_str(),
                &new.lasts.as_secs_f64(),
                &new.address,
                &new.user_agent,
            ],
        )
        .await?;
    Ok(())
}

/// The session a token opens, with its active person: neither over, nor idle for too long.
pub async fn by_token(
    client: &impl GenericClient,
    token_hash: &[u8],
    idle: Duration,
) -> Result<Option<(Session, Person)>, StoreError> {
    let row = client
        .query_opt(
            &format!(
                "select {COLUMNS}, {} from session s join person p on p.id = s.person
                 where s.token_hash = $1 and p.active and s.expires_at > now() and s.seen_at > now() - make_interval(secs => $2)",
                people::COLUMNS
            ),
            &[&token_hash, &idle.as_secs_f64()],
        )
        .await?;
    row.map(|row| Ok((session(&row)?, people::person(&row)?))).transpose()
}

/// Notes that the session is in use; at most once a minute, so that reading stays reading.
pub async fn touch(client: &impl GenericClient, id: SessionId, address: Option<IpAddr>) -> Result<(), StoreError> {
    client
        .execute(
            "update session set seen_at = now(), address = $2 where id = $1 and seen_at < now() - interval '1 minute'",
            &[&id.0, &address],
        )
        .await?;
    Ok(())
}

/// Gives a session a new token, after something more was proved. Returns whether it was still there.
pub async fn renew(
    client: &impl GenericClient,
    id: SessionId,
    token_hash: &[u8],
    proof: Proof,
    lasts: Duration,
) -> Result<bool, StoreError> {
    let renewed = client
        .execute(
            "update session set token_hash = $2, proof = $3, proved_at = now(), seen_at = now(),
                 expires_at = now() + make_interval(secs => $4) where id = $1",
            &[&id.0, &token_hash, &proof.as_str(), &lasts.as_secs_f64()],
        )
        .await?;
    Ok(renewed > 0)
}

/// A person's sessions that are not over, the last used first.
pub async fn of_person(
    client: &impl GenericClient,
    person: PersonId,
    idle: Duration,
) -> Result<Vec<Session>, StoreError> {
    let rows = client
        .query(
            &format!(
                "select {COLUMNS} from session s where s.person = $1 and s.proof <> 'half' and s.expires_at > now()
                 and s.seen_at > now() - make_interval(secs => $2) order by s.seen_at desc, s.id"
            ),
            &[&person.0, &idle.as_secs_f64()],
        )
        .await?;
    rows.iter().map(session).collect()
}

/// Ends a session; returns whose it was.
pub async fn remove(client: &impl GenericClient, id: SessionId) -> Result<Option<PersonId>, StoreError> {
    let row = client.query_opt("delete from session where id = $1 returning person", &[&id.0]).await?;
    Ok(row.map(|row| PersonId(row.get(0))))
}

/// Ends all of a person's sessions but one; returns how many.
pub async fn remove_others(
    client: &impl GenericClient,
    person: PersonId,
    but: Option<SessionId>,
) -> Result<u64, StoreError> {
    let but = but.map(|id| id.0);
    Ok(client.execute("delete from session where person = $1 and id is distinct from $2", &[&person.0, &but]).await?)
}

/// The second factor is gone: what it had proved is proved no more.
pub async fn lower(client: &impl GenericClient, person: PersonId) -> Result<(), StoreError> {
    client
        .execute("update session set proof = 'password' where person = $1 and proof = 'second'", &[&person.0])
        .await?;
    Ok(())
}

/// Whose a session is.
pub async fn person_of(client: &impl GenericClient, id: SessionId) -> Result<Option<PersonId>, StoreError> {
    let row = client.query_opt("select person from session where id = $1", &[&id.0]).await?;
    Ok(row.map(|row| PersonId(row.get(0))))
}

/// Forgets what is over.
pub async fn prune(client: &impl GenericClient, idle: Duration) -> Result<u64, StoreError> {
    Ok(client
        .execute(
            "delete from session where expires_at < now() or seen_at < now() - make_interval(secs => $1)",
            &[&idle.as_secs_f64()],
        )
        .await?)
}
