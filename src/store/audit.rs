//! Who changed which field of what. The schema's triggers write it; this reads it, and writes what is no row's change.

use deadpool_postgres::GenericClient;
use serde_json::Value;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::StoreError;
use crate::domain::{Actor, BookingId, PersonId};

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub id: i64,
    pub at: OffsetDateTime,
    pub actor: Option<PersonId>,
    pub actor_name: Option<String>,
    pub booking: Option<BookingId>,
    /// `created`, `changed`, `removed`, `signed_in`, `refused` …
    pub action: String,
    pub entity: String,
    pub entity_id: Option<Uuid>,
    /// What the item or person is called now.
    pub entity_name: Option<String>,
    pub field: Option<String>,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Items, and what belongs to them.
    Entries,
    /// People: who was added, and what was changed about them.
    People,
    /// Who signed in, or was refused; sessions, tokens, second factors.
    Access,
    /// Settings, restored backups.
    Whole,
}

impl Subject {
    pub const ALL: [Self; 4] = [Self::Entries, Self::People, Self::Access, Self::Whole];

    /// The word in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entries => "entries",
            Self::People => "people",
            Self::Access => "access",
            Self::Whole => "whole",
        }
    }

    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.as_str() == word)
    }

    fn condition(self) -> &'static str {
        match self {
            Self::Entries => "a.entity not in ('person', 'inventory')",
            Self::People => "a.entity = 'person' and a.action in ('created', 'changed', 'removed')",
            Self::Access => "a.entity = 'person' and a.action not in ('created', 'changed', 'removed')",
            Self::Whole => "a.entity = 'inventory'",
        }
    }
}

/// Which entries are searched for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub actor: Option<PersonId>,
    pub subject: Option<Subject>,
    pub from: Option<Date>,
    /// This day still.
    pub until: Option<Date>,
    /// Of the days.
    pub zone: &'a str,
    pub before: Option<i64>,
    pub limit: i64,
}

/// Notes something that changed no row of its own: a sign-in, a refusal, a merge. Under the booking the transaction began with,
/// if any, so that its undo finds it.
pub async fn note(
    client: &impl GenericClient,
    actor: &Actor,
    action: &str,
    entity: &str,
    id: Option<Uuid>,
    detail: Option<Value>,
) -> Result<(), StoreError> {
    client
        .execute(
            "insert into audit (actor, booking, action, entity, entity_id, new) values ($1, acting('booking'), $2, $3, $4, $5)",
            &[&actor.person.map(|p| p.0), &action, &entity, &id, &detail],
        )
        .await?;
    Ok(())
}

/// Newest first; of one thing when asked; before an entry, for paging.
pub async fn list(
    client: &impl GenericClient,
    entity_id: Option<Uuid>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>, StoreError> {
    let rows = client
        .query(
            &format!(
                "{SELECT} where ($1::uuid is null or a.entity_id = $1) and ($2::bigint is null or a.id < $2)
                 order by a.id desc limit $3"
            ),
            &[&entity_id, &before, &limit],
        )
        .await?;
    Ok(rows.iter().map(entry).collect())
}

/// Newest first, of everything.
pub async fn search(client: &impl GenericClient, wanted: &Wanted<'_>) -> Result<Vec<AuditEntry>, StoreError> {
    let subject = wanted.subject.map_or("true", Subject::condition);
    let rows = client
        .query(
            &format!(
                "{SELECT} where {subject} and ($1::uuid is null or a.actor = $1) and ($2::bigint is null or a.id < $2)
                     and ($3::date is null or a.at >= $3::date::timestamp at time zone $5)
                     and ($4::date is null or a.at < ($4::date + 1)::timestamp at time zone $5)
                 order by a.id desc limit $6"
            ),
            &[
                &wanted.actor.map(|person| person.0),
                &wanted.before,
                &wanted.from,
                &wanted.until,
                &wanted.zone,
                &wanted.limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(entry).collect())
}

const SELECT: &str = "select a.*, p.name as actor_name, coalesce(i.name::text, about.name) as entity_name
    from audit a left join person p on p.id = a.actor left join item i on i.id = a.entity_id
        left join person about on about.id = a.entity_id and a.entity = 'person'";

fn entry(row: &tokio_postgres::Row) -> AuditEntry {
    AuditEntry {
        id: row.get("id"),
        at: row.get("at"),
        actor: row.get::<_, Option<Uuid>>("actor").map(PersonId),
        actor_name: row.get("actor_name"),
        booking: row.get::<_, Option<Uuid>>("booking").map(BookingId),
        action: row.get("action"),
        entity: row.get("entity"),
        entity_id: row.get("entity_id"),
        entity_name: row.get("entity_name"),
        field: row.get("field"),
        old: row.get("old"),
        new: row.get("new"),
    }
}
