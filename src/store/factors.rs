//! Rows of `second_factor` and `recovery_code`.

use deadpool_postgres::GenericClient;

use super::StoreError;
use crate::domain::PersonId;

/// The secret an authenticator shares with us.
pub struct Factor {
    pub secret: Vec<u8>,
    pub is_confirmed: bool,
    /// The time step of the last code taken.
    pub last_step: i64,
}

/// A person's second factor; locked until the transaction ends, so that a code counts once.
pub async fn lock(client: &impl GenericClient, person: PersonId) -> Result<Option<Factor>, StoreError> {
    let row = client
        .query_opt(
            "select secret, confirmed_at is not null, last_step from second_factor where person = $1 for update",
            &[&person.0],
        )
        .await?;
    Ok(row.map(|row| Factor { secret: row.get(0), is_confirmed: row.get(1), last_step: row.get(2) }))
}

/// Does the person have a second factor in use?
pub async fn is_on(client: &impl GenericClient, person: PersonId) -> Result<bool, StoreError> {
    let row = client
        .query_one(
            "select exists (select from second_factor where person = $1 and confirmed_at is not null)",
            &[&person.0],
        )
        .await?;
    Ok(row.get(0))
}

/// Stores a secret that is not in use yet, in place of an earlier one that is not. Returns whether it was stored.
pub async fn begin(client: &impl GenericClient, person: PersonId, secret: &[u8]) -> Result<bool, StoreError> {
    let stored = client
        .execute(
            "insert into second_factor (person, secret) values ($1, $2)
             on conflict (person) do update set secret = excluded.secret, last_step = 0
                 where second_factor.confirmed_at is null",
            &[&person.0, &secret],
        )
        .await?;
    Ok(stored > 0)
}

/// From now on the second factor is asked for.
pub async fn confirm(client: &impl GenericClient, person: PersonId, step: i64) -> Result<(), StoreError> {
    client
        .execute("update second_factor set confirmed_at = now(), last_step = $2 where person = $1", &[&person.0, &step])
        .await?;
    Ok(())
}

/// A code was taken; it and all before it count no more.
pub async fn used(client: &impl GenericClient, person: PersonId, step: i64) -> Result<(), StoreError> {
    client.execute("update second_factor set last_step = $2 where person = $1", &[&person.0, &step]).await?;
    Ok(())
}

/// Takes the second factor and its recovery codes away. Returns whether there was one in use.
pub async fn remove(client: &impl GenericClient, person: PersonId) -> Result<bool, StoreError> {
    client.execute("delete from recovery_code where person = $1", &[&person.0]).await?;
    let row = client
        .query_opt("delete from second_factor where person = $1 returning confirmed_at is not null", &[&person.0])
        .await?;
    Ok(row.is_some_and(|row| row.get(0)))
}

/// Stores the recovery codes' hashes, in place of earlier ones.
pub async fn put_recovery_codes(
    client: &impl GenericClient,
    person: PersonId,
    hashes: &[Vec<u8>],
) -> Result<(), StoreError> {
    client.execute("delete from recovery_code where person = $1", &[&person.0]).await?;
    client
        .execute(
            "insert into recovery_code (person, code_hash) select $1, unnest($2::bytea[]) on conflict do nothing",
            &[&person.0, &hashes],
        )
        .await?;
    Ok(())
}

/// Uses a recovery code up; returns whether it was one.
pub async fn use_recovery_code(client: &impl GenericClient, person: PersonId, hash: &[u8]) -> Result<bool, StoreError> {
    let used =
        client.execute("delete from recovery_code where person = $1 and code_hash = $2", &[&person.0, &hash]).await?;
    Ok(used > 0)
}

/// How many recovery codes are left.
pub async fn recovery_codes_left(client: &impl GenericClient, person: PersonId) -> Result<i64, StoreError> {
    Ok(client.query_one("select count(*) from recovery_code where person = $1", &[&person.0]).await?.get(0))
}
