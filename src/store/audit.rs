//! Who changed which field of what. The schema's triggers write it; this reads it, and writes what is no row's change.

use deadpool_postgres::GenericClient;
use serde_json::Value;
use time::OffsetDateTime;
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
    pub field: Option<String>,
    pub old: Option<Value>,
    pub new: Option<Value>,
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
            "select a.*, p.name as actor_name from audit a left join person p on p.id = a.actor
             where ($1::uuid is null or a.entity_id = $1) and ($2::bigint is null or a.id < $2) order by a.id desc limit $3",
            &[&entity_id, &before, &limit],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| AuditEntry {
            id: row.get("id"),
            at: row.get("at"),
            actor: row.get::<_, Option<Uuid>>("actor").map(PersonId),
            actor_name: row.get("actor_name"),
            booking: row.get::<_, Option<Uuid>>("booking").map(BookingId),
            action: row.get("action"),
            entity: row.get("entity"),
            entity_id: row.get("entity_id"),
            field: row.get("field"),
            old: row.get("old"),
            new: row.get("new"),
        })
        .collect())
}
