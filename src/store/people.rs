//! Rows of `person`, and the one-time code that makes the first admin.

use deadpool_postgres::GenericClient;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{StoreError, parsed};
use crate::domain::{PersonId, Role};

/// A person as a list shows them; no secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub role: Role,
    pub login: Option<String>,
    pub active: bool,
    pub has_password: bool,
    pub has_pin: bool,
    pub has_badge: bool,
    pub version: i32,
    pub created_at: OffsetDateTime,
}

pub(super) const COLUMNS: &str = "p.id, p.name, p.role, p.login, p.active, p.password_hash is not null as has_password,
    p.pin_hash is not null as has_pin, exists (select from code c where c.person = p.id) as has_badge, p.version, p.created_at";

pub(super) fn person(row: &Row) -> Result<Person, StoreError> {
    Ok(Person {
        id: PersonId(row.get("id")),
        name: row.get("name"),
        role: parsed(row.get("role"))?,
        login: row.get("login"),
        active: row.get("active"),
        has_password: row.get("has_password"),
        has_pin: row.get("has_pin"),
        has_badge: row.get("has_badge"),
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

/// Everybody, by name.
pub async fn all(client: &impl GenericClient) -> Result<Vec<Person>, StoreError> {
    let rows = client.query(&format!("select {COLUMNS} from person p order by lower(p.name), p.id"), &[]).await?;
    rows.iter().map(person).collect()
}

/// One person.
pub async fn get(client: &impl GenericClient, id: PersonId) -> Result<Option<Person>, StoreError> {
    let row = client.query_opt(&format!("select {COLUMNS} from person p where p.id = $1"), &[&id.0]).await?;
    row.map(|row| person(&row)).transpose()
}

/// The admin made first, of those still active.
pub async fn first_admin(client: &impl GenericClient) -> Result<Option<Person>, StoreError> {
    let row = client
        .query_opt(
            &format!(
                "select {COLUMNS} from person p where p.active and p.role = 'admin' order by p.created_at, p.id limit 1"
            ),
            &[],
        )
        .await?;
    row.map(|row| person(&row)).transpose()
}

/// One person by sign-in name, in any case, with the hash of their password.
pub async fn by_login(
    client: &impl GenericClient,
    login: &str,
) -> Result<Option<(Person, Option<String>)>, StoreError> {
    let row = client
        .query_opt(
            &format!("select {COLUMNS}, p.password_hash from person p where lower(p.login) = lower($1)"),
            &[&login.trim()],
        )
        .await?;
    row.map(|row| Ok((person(&row)?, row.get("password_hash")))).transpose()
}

/// Which secret of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    Password,
    Pin,
}

impl SecretKind {
    fn column(self) -> &'static str {
        match self {
            Self::Password => "password_hash",
            Self::Pin => "pin_hash",
        }
    }
}

/// The hash of one of a person's secrets.
pub async fn secret_hash(
    client: &impl GenericClient,
    id: PersonId,
    kind: SecretKind,
) -> Result<Option<String>, StoreError> {
    let column = kind.column();
    let row = client.query_opt(&format!("select {column} from person where id = $1"), &[&id.0]).await?;
    Ok(row.and_then(|row| row.get(0)))
}

/// The active person a badge belongs to; `hash` as stored in the code table.
pub async fn by_badge(client: &impl GenericClient, hash: &str) -> Result<Option<Person>, StoreError> {
    let row = client
        .query_opt(
            &format!("select {COLUMNS} from person p join code b on b.person = p.id where b.kind = 'badge' and b.text = $1 and p.active"),
            &[&hash],
        )
        .await?;
    row.map(|row| person(&row)).transpose()
}

/// Adds a person.
pub async fn insert(
    client: &impl GenericClient,
    id: PersonId,
    name: &str,
    role: Role,
    login: Option<&str>,
) -> Result<(), StoreError> {
    client
        .execute(
            "insert into person (id, name, role, login) values ($1, $2, $3, $4)",
            &[&id.0, &name, &role.as_str(), &login],
        )
        .await?;
    Ok(())
}

/// Changes name, role and sign-in name.
pub async fn update(
    client: &impl GenericClient,
    id: PersonId,
    name: &str,
    role: Role,
    login: Option<&str>,
) -> Result<(), StoreError> {
    let changed = client
        .execute(
            "update person set name = $2, role = $3, login = $4, version = version + 1 where id = $1",
            &[&id.0, &name, &role.as_str(), &login],
        )
        .await?;
    if changed == 0 { Err(StoreError::NotFound("person")) } else { Ok(()) }
}

/// Stores a secret's hash, or takes it away.
pub async fn set_secret(
    client: &impl GenericClient,
    id: PersonId,
    kind: SecretKind,
    hash: Option<&str>,
) -> Result<(), StoreError> {
    let column = kind.column();
    let changed = client.execute(&format!("update person set {column} = $2 where id = $1"), &[&id.0, &hash]).await?;
    if changed == 0 { Err(StoreError::NotFound("person")) } else { Ok(()) }
}

/// Switches a person on or off.
pub async fn set_active(client: &impl GenericClient, id: PersonId, active: bool) -> Result<(), StoreError> {
    let changed =
        client.execute("update person set active = $2, version = version + 1 where id = $1", &[&id.0, &active]).await?;
    if changed == 0 { Err(StoreError::NotFound("person")) } else { Ok(()) }
}

/// Replaces the name and every secret; bookings and movements stay.
pub async fn anonymise(client: &impl GenericClient, id: PersonId, name: &str) -> Result<(), StoreError> {
    client.execute("delete from code where person = $1", &[&id.0]).await?;
    client
        .execute(
            "update person set name = $2, login = null, password_hash = null, pin_hash = null, active = false,
                 anonymised_at = now(), version = version + 1 where id = $1",
            &[&id.0, &name],
        )
        .await?;
    Ok(())
}

/// How many active admins there are; locks them, so that the last one cannot go twice at once.
pub async fn lock_admins(client: &impl GenericClient) -> Result<Vec<PersonId>, StoreError> {
    let rows =
        client.query("select id from person where role = 'admin' and active order by id for update", &[]).await?;
    Ok(rows.iter().map(|row| PersonId(row.get(0))).collect())
}

/// Keeps two first admins from being made at once, until the transaction ends.
pub async fn lock_setup(client: &impl GenericClient) -> Result<(), StoreError> {
    client.query_one("select pg_advisory_xact_lock(hashtext('inventory.setup'))", &[]).await?;
    Ok(())
}

/// Stores the only set-up code there is; an older one is void.
pub async fn put_setup_code(
    client: &impl GenericClient,
    hash: &str,
    minutes: i32,
    tries: i32,
) -> Result<(), StoreError> {
    client
        .execute(
            "insert into setup_code (code_hash, expires_at, tries_left) values ($1, now() + make_interval(mins => $2), $3)
             on conflict (only_one) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at,
                 tries_left = excluded.tries_left",
            &[&hash, &minutes, &tries],
        )
        .await?;
    Ok(())
}

/// Uses up one try and returns the hash to compare with, while the code still counts.
pub async fn try_setup_code(client: &impl GenericClient) -> Result<Option<String>, StoreError> {
    let row = client
        .query_opt(
            "update setup_code set tries_left = tries_left - 1 where tries_left > 0 and expires_at > now() returning code_hash",
            &[],
        )
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// The code has done its work.
pub async fn clear_setup_code(client: &impl GenericClient) -> Result<(), StoreError> {
    client.execute("delete from setup_code", &[]).await?;
    Ok(())
}

/// Gives a person a badge; `hash` of what is printed in it.
pub async fn set_badge(client: &impl GenericClient, id: PersonId, hash: &str) -> Result<(), StoreError> {
    client.execute("delete from code where person = $1", &[&id.0]).await?;
    client
        .execute(
            "insert into code (id, text, kind, person) values ($1, $2, 'badge', $3)",
            &[&Uuid::now_v7(), &hash, &id.0],
        )
        .await?;
    Ok(())
}
