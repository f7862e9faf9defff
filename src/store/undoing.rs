//! What a booking did beside moving stock, found in the audit trail and taken back: many rows in few statements.

use std::collections::BTreeMap;

use deadpool_postgres::GenericClient;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::StoreError;
use crate::domain::undo::FieldEdit;
use crate::domain::{BookingId, ItemId};

/// Items a booking made, the last first; and whether others can lie in them.
pub async fn items_made_by(client: &impl GenericClient, booking: BookingId) -> Result<Vec<(ItemId, bool)>, StoreError> {
    let rows = client
        .query(
            "select a.entity_id, i.kind in ('location', 'container') from audit a join item i on i.id = a.entity_id
             where a.booking = $1 and a.entity = 'item' and a.action = 'created' order by a.id desc",
            &[&booking.0],
        )
        .await?;
    Ok(rows.iter().map(|row| (ItemId(row.get(0)), row.get(1))).collect())
}

/// Which of the items a booking made were changed since, or had anything hung on them, put into or taken out of them.
pub async fn touched_since(client: &impl GenericClient, booking: BookingId) -> Result<Vec<ItemId>, StoreError> {
    let rows = client
        .query(
            "with made as materialized (
                 select entity_id as id, min(id) as noted from audit
                 where booking = $1 and entity = 'item' and action = 'created' group by 1),
             moved as (
                 select m.item, m.from_holder, m.to_holder from movement m join booking b on b.id = m.booking
                 where m.booking <> $1 and b.reverses is distinct from $1)
             select id from made where exists (
                 select from audit a where a.entity_id = made.id and a.booking is distinct from $1 and a.id > made.noted)
             union select item from moved join made on made.id = moved.item
             union select from_holder from moved join made on made.id = moved.from_holder
             union select to_holder from moved join made on made.id = moved.to_holder",
            &[&booking.0],
        )
        .await?;
    Ok(rows.iter().map(|row| ItemId(row.get(0))).collect())
}

/// Fields of items that a booking changed and had not made, latest first.
pub async fn edits_of(client: &impl GenericClient, booking: BookingId) -> Result<Vec<FieldEdit>, StoreError> {
    let rows = client
        .query(
            "select a.entity_id, a.field, coalesce(a.old, 'null'), coalesce(a.new, 'null') from audit a
             where a.booking = $1 and a.entity = 'item' and a.action = 'changed' and not exists (
                 select from audit m where m.booking = $1 and m.entity = 'item' and m.action = 'created'
                     and m.entity_id = a.entity_id)
             order by a.id desc",
            &[&booking.0],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| FieldEdit { item: ItemId(row.get(0)), field: row.get(1), old: row.get(2), new: row.get(3) })
        .collect())
}

/// These items' columns as they are, locked.
pub async fn fields_now(
    client: &impl GenericClient,
    items: &[ItemId],
) -> Result<BTreeMap<ItemId, Map<String, Value>>, StoreError> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.0).collect();
    let rows = client
        .query("select i.id, to_jsonb(i) from item i where i.id = any ($1) order by i.id for update", &[&ids])
        .await?;
    Ok(rows
        .iter()
        .filter_map(|row| match row.get(1) {
            Value::Object(columns) => Some((ItemId(row.get(0)), columns)),
            _ => None,
        })
        .collect())
}

/// Sets the same columns of several items, each to values of its own; all of an item's at once, because some only fit
/// together.
pub async fn set_fields(
    client: &impl GenericClient,
    columns: &[String],
    rows: &[(ItemId, Value)],
) -> Result<(), StoreError> {
    // The names come from the audit trail; only those of columns may go into a statement.
    let known = client
        .query(
            "select attname::text from pg_attribute where attrelid = 'item'::regclass and attname = any ($1::text[])
                 and attnum > 0 and not attisdropped and attgenerated = ''",
            &[&columns],
        )
        .await?;
    if known.len() != columns.len() {
        return Err(StoreError::NotFound("field"));
    }
    let set: Vec<String> = columns.iter().map(|column| format!("\"{column}\" = p.\"{column}\"")).collect();
    let (ids, values): (Vec<Uuid>, Vec<&Value>) = rows.iter().map(|(item, values)| (item.0, values)).unzip();
    client
        .execute(
            &format!(
                "update item i set {} from unnest($1::uuid[], $2::jsonb[]) v(id, columns),
                     lateral jsonb_populate_record(null::item, v.columns) p
                 where i.id = v.id",
                set.join(", ")
            ),
            &[&ids, &values],
        )
        .await?;
    Ok(())
}

/// Archives items in one statement.
pub async fn archive(client: &impl GenericClient, items: &[ItemId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.0).collect();
    client.execute("update item set archived_at = now() where id = any ($1) and archived_at is null", &[&ids]).await?;
    Ok(())
}

/// What hangs on an item and is known by its own row: its table, and how a row there is told from others.
const BELONGINGS: [(&str, &str); 3] = [
    ("item_tag", "x.tag = (a.new ->> 'tag')::uuid"),
    ("code", "x.id = (a.new ->> 'id')::uuid and x.kind in ('alias', 'gtin')"),
    ("supplier_part", "x.id = (a.new ->> 'id')::uuid"),
];

/// On items that were there before.
const OF_OLDER_ITEMS: &str = "not exists (select from audit m where m.booking = $1 and m.entity = 'item' \
    and m.action = 'created' and m.entity_id = a.entity_id)";

/// Did a booking add tags, codes or suppliers to items that were there before, or take any off?
pub async fn has_belongings(client: &impl GenericClient, booking: BookingId) -> Result<bool, StoreError> {
    let tables: Vec<&str> = BELONGINGS.iter().map(|(table, _)| *table).collect();
    let row = client
        .query_one(
            &format!(
                "select exists (select from audit a where a.booking = $1 and a.entity = any ($2)
                     and a.action in ('created', 'removed') and {OF_OLDER_ITEMS})"
            ),
            &[&booking.0, &tables],
        )
        .await?;
    Ok(row.get(0))
}

/// Takes off again what a booking hung on items that were there before, and hangs on again what it took off, as far as
/// its place is free.
pub async fn restore_belongings(client: &impl GenericClient, booking: BookingId) -> Result<(), StoreError> {
    for (table, same) in BELONGINGS {
        client
            .execute(
                &format!(
                    "delete from {table} x using audit a where a.booking = $1 and a.entity = '{table}'
                         and a.action = 'created' and x.item = a.entity_id and {same} and {OF_OLDER_ITEMS}"
                ),
                &[&booking.0],
            )
            .await?;
        let needed = match table {
            "item_tag" => "exists (select from tag where id = p.tag)",
            "supplier_part" => "exists (select from supplier where id = p.supplier)",
            _ => "true",
        };
        client
            .execute(
                &format!(
                    "insert into {table} select p.* from audit a, lateral jsonb_populate_record(null::{table}, a.old) p
                     where a.booking = $1 and a.entity = '{table}' and a.action = 'removed'
                         and exists (select from item where id = p.item) and {needed} and {OF_OLDER_ITEMS}
                     on conflict do nothing"
                ),
                &[&booking.0],
            )
            .await?;
    }
    Ok(())
}

/// Items that were there before and got pictures by a booking: these stay, because their files do.
pub async fn pictured_by(client: &impl GenericClient, booking: BookingId) -> Result<Vec<ItemId>, StoreError> {
    let rows = client
        .query(
            &format!(
                "select distinct a.entity_id from audit a where a.booking = $1 and a.entity = 'photo'
                     and a.action = 'created' and {OF_OLDER_ITEMS}"
            ),
            &[&booking.0],
        )
        .await?;
    Ok(rows.iter().map(|row| ItemId(row.get(0))).collect())
}

/// Does something that the schema may refuse, so that the transaction goes on when it does. `false`: refused.
pub async fn attempt(
    client: &impl GenericClient,
    act: impl Future<Output = Result<(), StoreError>>,
) -> Result<bool, StoreError> {
    client.batch_execute("savepoint attempt").await?;
    match act.await {
        Ok(()) => {
            client.batch_execute("release savepoint attempt").await?;
            Ok(true)
        }
        Err(error) if error.constraint().is_some() => {
            client.batch_execute("rollback to savepoint attempt").await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
