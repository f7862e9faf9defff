//! Who changed which field of what. The schema's triggers write it; this reads it, and writes what is no row's change.

use deadpool_postgres::GenericClient;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::StoreError;
use crate::domain::{Actor, BookingId, ItemId, PersonId};

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

/// Items a booking made, with the version they have now.
pub async fn items_made_by(client: &impl GenericClient, booking: BookingId) -> Result<Vec<ItemId>, StoreError> {
    let rows = client
        .query(
            "select entity_id from audit where booking = $1 and entity = 'item' and action = 'created' order by id desc",
            &[&booking.0],
        )
        .await?;
    Ok(rows.iter().map(|row| ItemId(row.get(0))).collect())
}

/// Was an item changed, or anything hung on it, after a booking and not by it?
pub async fn touched_since(client: &impl GenericClient, item: ItemId, booking: BookingId) -> Result<bool, StoreError> {
    let row = client
        .query_one(
            "select exists (select from audit a where a.entity_id = $1 and a.booking is distinct from $2
                 and a.id > (select min(id) from audit where booking = $2 and entity_id = $1))
              or exists (select from movement m join booking b on b.id = m.booking
                 where (m.item = $1 or m.from_holder = $1 or m.to_holder = $1) and m.booking <> $2
                   and b.reverses is distinct from $2)",
            &[&item.0, &booking.0],
        )
        .await?;
    Ok(row.get(0))
}

/// Fields of items a booking changed: (item, field, value before, value it wrote), latest first.
pub async fn item_edits_of(
    client: &impl GenericClient,
    booking: BookingId,
) -> Result<Vec<(ItemId, String, Value, Value)>, StoreError> {
    let rows = client
        .query(
            "select entity_id, field, coalesce(old, 'null'), coalesce(new, 'null') from audit
             where booking = $1 and entity = 'item' and action = 'changed' order by id desc",
            &[&booking.0],
        )
        .await?;
    Ok(rows.iter().map(|row| (ItemId(row.get(0)), row.get(1), row.get(2), row.get(3))).collect())
}

/// Puts one field of an item back to `old` where it still holds `new`. Returns whether it did.
pub async fn restore_field(
    client: &impl GenericClient,
    item: ItemId,
    field: &str,
    old: &Value,
    new: &Value,
) -> Result<bool, StoreError> {
    // The column's own type reads the JSON value back; the name comes from the audit trail, and must be a column.
    let column = client
        .query_opt(
            "select quote_ident(attname), format_type(atttypid, atttypmod) from pg_attribute
             where attrelid = 'item'::regclass and attname = $1 and attnum > 0 and not attisdropped and attgenerated = ''",
            &[&field],
        )
        .await?
        .ok_or(StoreError::NotFound("field"))?;
    let (name, kind): (String, String) = (column.get(0), column.get(1));
    let read = if kind == "jsonb" { "$2::jsonb".to_owned() } else { format!("($2::jsonb #>> '{{}}')::{kind}") };
    let changed = client
        .execute(
            &format!(
                "update item set {name} = {read} where id = $1 and coalesce(to_jsonb({name}), 'null') = $3::jsonb"
            ),
            &[&item.0, old, new],
        )
        .await?;
    Ok(changed > 0)
}
