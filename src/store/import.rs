//! Many rows at once, for imports: what is known already, and writing it in few statements.

use std::collections::HashSet;

use deadpool_postgres::GenericClient;
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::StoreError;
use super::suppliers::{self, SupplierPart};
use crate::domain::{ItemDraft, ItemId, LotId, OwnCode};

/// What an earlier import of a source left under a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub key: String,
    pub item: ItemId,
    pub digest: String,
    /// The item's version right after it.
    pub version: i32,
    pub imported_at: OffsetDateTime,
}

/// What of these keys the source has imported before.
pub async fn known(client: &impl GenericClient, source: &str, keys: &[&str]) -> Result<Vec<Known>, StoreError> {
    let rows = client
        .query(
            "select k.key, coalesce(i.merged_into, i.id), k.digest, k.version, k.imported_at
             from import_key k join item i on i.id = k.item where k.source = $1 and k.key = any ($2)",
            &[&source, &keys],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| Known {
            key: row.get(0),
            item: ItemId(row.get(1)),
            digest: row.get(2),
            version: row.get(3),
            imported_at: row.get(4),
        })
        .collect())
}

/// Remembers under which key each item came, and what its rows said: (key, item, digest).
pub async fn remember(
    client: &impl GenericClient,
    source: &str,
    rows: &[(&str, ItemId, &str)],
) -> Result<(), StoreError> {
    for rows in rows.chunks(CHUNK) {
        let keys: Vec<&str> = rows.iter().map(|r| r.0).collect();
        let items: Vec<Uuid> = rows.iter().map(|r| r.1.0).collect();
        let digests: Vec<&str> = rows.iter().map(|r| r.2).collect();
        client
            .execute(
                "insert into import_key (source, key, item, digest, version, imported_at)
                 select $1, n.key, n.item, n.digest, i.version, clock_timestamp()
                 from unnest($2::text[], $3::uuid[], $4::text[]) n(key, item, digest) join item i on i.id = n.item
                 on conflict (source, key) do update set item = excluded.item, digest = excluded.digest,
                     version = excluded.version, imported_at = excluded.imported_at",
                &[&source, &keys, &items, &digests],
            )
            .await?;
    }
    Ok(())
}

/// Which of these archived items went away by an undo, and not because somebody put them away.
pub async fn archived_by_undo(client: &impl GenericClient, items: &[ItemId]) -> Result<Vec<ItemId>, StoreError> {
    let rows = client
        .query(
            "select i.id from item i where i.id = any ($1) and i.archived_at is not null and (
                 select b.kind = 'undo' from audit a left join booking b on b.id = a.booking
                 where a.entity_id = i.id and a.entity = 'item' and a.field = 'archived_at' order by a.id desc limit 1)",
            &[&uuids(items)],
        )
        .await?;
    Ok(rows.iter().map(|row| ItemId(row.get(0))).collect())
}

/// Some of an item in a holder, by ids.
#[derive(Debug, Clone, PartialEq)]
pub struct StockRow {
    pub item: ItemId,
    pub holder: ItemId,
    pub lot: Option<LotId>,
    pub lot_code: Option<String>,
    pub expires_on: Option<Date>,
    pub quantity: Decimal,
}

/// Where these items lie.
pub async fn stock_of(client: &impl GenericClient, items: &[ItemId]) -> Result<Vec<StockRow>, StoreError> {
    let rows = client
        .query(
            "select s.item, s.holder, l.id, l.code, l.expires_on, s.quantity from stock s left join lot l on l.id = s.lot
             where s.item = any ($1)",
            &[&uuids(items)],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| StockRow {
            item: ItemId(row.get(0)),
            holder: ItemId(row.get(1)),
            lot: row.get::<_, Option<Uuid>>(2).map(LotId),
            lot_code: row.get(3),
            expires_on: row.get(4),
            quantity: row.get::<_, Decimal>(5).normalize(),
        })
        .collect())
}

/// (item, lent or missing, last moved) of these items; those never moved are left out.
pub async fn absences(
    client: &impl GenericClient,
    items: &[ItemId],
) -> Result<Vec<(ItemId, bool, Option<OffsetDateTime>)>, StoreError> {
    let rows = client
        .query("select item, lent + missing > 0, moved_at from balance where item = any ($1)", &[&uuids(items)])
        .await?;
    Ok(rows.iter().map(|row| (ItemId(row.get(0)), row.get(1), row.get(2))).collect())
}

/// Which item each code names: (normalised text, item).
pub async fn named_by(client: &impl GenericClient, codes: &[&str]) -> Result<Vec<(String, ItemId)>, StoreError> {
    let rows = client
        .query(
            "select c.text, coalesce(i.merged_into, i.id) from code c join item i on i.id = c.item where c.text = any ($1)",
            &[&codes],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), ItemId(row.get(1)))).collect())
}

/// Under which numbers suppliers sell these items.
pub async fn supplied(
    client: &impl GenericClient,
    items: &[ItemId],
) -> Result<Vec<(ItemId, SupplierPart)>, StoreError> {
    let rows = client
        .query(
            "select s.name, p.part_number, p.price, p.currency, p.url, p.item
             from supplier_part p join supplier s on s.id = p.supplier where p.item = any ($1)",
            &[&uuids(items)],
        )
        .await?;
    Ok(rows.iter().map(|row| (ItemId(row.get(5)), suppliers::part(row))).collect())
}

/// Which pictures these items have, by hash.
pub async fn pictured(client: &impl GenericClient, items: &[ItemId]) -> Result<Vec<(ItemId, String)>, StoreError> {
    let rows = client.query("select item, sha256 from photo where item = any ($1)", &[&uuids(items)]).await?;
    Ok(rows.iter().map(|row| (ItemId(row.get(0)), row.get(1))).collect())
}

/// One import at a time, until the transaction ends.
pub async fn exclusively(client: &impl GenericClient) -> Result<(), StoreError> {
    client.execute("select pg_advisory_xact_lock(hashtextextended('inventory.import', 0))", &[]).await?;
    Ok(())
}

const CHUNK: usize = 2_000;

/// Writes new items, in this order, with their tags. The drafts are checked.
pub async fn insert_items(client: &impl GenericClient, items: &[(ItemId, &ItemDraft)]) -> Result<(), StoreError> {
    for rows in items.chunks(CHUNK) {
        let drafts: Vec<&ItemDraft> = rows.iter().map(|(_, draft)| *draft).collect();
        let ids: Vec<Uuid> = rows.iter().map(|(id, _)| id.0).collect();
        macro_rules! column {
            ($of:expr) => {
                drafts.iter().map($of).collect::<Vec<_>>()
            };
        }
        client
            .execute(
                "insert into item (id, kind, name, description, notes, unit, min_quantity, max_quantity, home_holder,
                     instance_of, serial_number, manufacturer, model, purchase_price, purchase_currency, purchased_on,
                     warranty_until, url, fields)
                 select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::numeric[], $8::numeric[], $9::uuid[], $10::uuid[], $11::text[], $12::text[], $13::text[],
                     $14::numeric[], $15::text[], $16::date[], $17::date[], $18::text[], $19::jsonb[])",
                &[
                    &ids,
                    &column!(|d| d.kind.as_str()),
                    &column!(|d| d.name.as_str()),
                    &column!(|d| d.description.as_str()),
                    &column!(|d| d.notes.as_str()),
                    &column!(|d| d.unit.as_deref()),
                    &column!(|d| d.min_quantity),
                    &column!(|d| d.max_quantity),
                    &column!(|d| d.home_holder.map(|h| h.0)),
                    &column!(|d| d.instance_of.map(|p| p.0)),
                    &column!(|d| d.serial_number.as_deref()),
                    &column!(|d| d.manufacturer.as_deref()),
                    &column!(|d| d.model.as_deref()),
                    &column!(|d| d.price.as_ref().map(|p| p.amount)),
                    &column!(|d| d.price.as_ref().map(|p| p.currency.as_str())),
                    &column!(|d| d.purchased_on),
                    &column!(|d| d.warranty_until),
                    &column!(|d| d.url.as_deref()),
                    &column!(|d| serde_json::Value::Object(d.fields.clone())),
                ],
            )
            .await?;
        let tagged: Vec<(Uuid, &str)> =
            rows.iter().flat_map(|(id, draft)| draft.tags.iter().map(|tag| (id.0, tag.as_str()))).collect();
        insert_tags(client, &tagged).await?;
    }
    Ok(())
}

async fn insert_tags(client: &impl GenericClient, tagged: &[(Uuid, &str)]) -> Result<(), StoreError> {
    if tagged.is_empty() {
        return Ok(());
    }
    let items: Vec<Uuid> = tagged.iter().map(|t| t.0).collect();
    let names: Vec<&str> = tagged.iter().map(|t| t.1).collect();
    client
        .execute(
            "insert into tag (id, name) select gen_random_uuid(), n.name
             from (select distinct on (lower(name)) name from unnest($1::text[]) name order by lower(name), name) n
             on conflict do nothing",
            &[&names],
        )
        .await?;
    client
        .execute(
            "insert into item_tag (item, tag) select n.item, t.id from unnest($1::uuid[], $2::text[]) n(item, name)
                 join tag t on lower(t.name) = lower(n.name)
             on conflict do nothing",
            &[&items, &names],
        )
        .await?;
    Ok(())
}

/// Gives each item the own code it had elsewhere, where that is free here. Returns those that got it.
pub async fn adopt_own_codes(
    client: &impl GenericClient,
    wanted: &[(ItemId, OwnCode)],
) -> Result<Vec<ItemId>, StoreError> {
    let items: Vec<Uuid> = wanted.iter().map(|w| w.0.0).collect();
    let texts: Vec<String> = wanted.iter().map(|w| w.1.normalised()).collect();
    insert_codes(client, &items, &texts, "own").await.map(|made| made.into_iter().map(|(item, _)| item).collect())
}

/// Gives each item the next own code.
pub async fn assign_own_codes(client: &impl GenericClient, items: &[ItemId]) -> Result<(), StoreError> {
    for chunk in items.chunks(CHUNK) {
        let mut left: Vec<Uuid> = uuids(chunk);
        // A number may be taken by a label that came with an earlier import.
        while !left.is_empty() {
            let count = i32::try_from(left.len()).unwrap_or(i32::MAX);
            let rows = client.query("select nextval('code_number') from generate_series(1, $1)", &[&count]).await?;
            let texts: Vec<String> =
                rows.iter().map(|row| OwnCode::from_number(row.get::<_, i64>(0).unsigned_abs()).normalised()).collect();
            let made = insert_codes(client, &left, &texts, "own").await?;
            let done: HashSet<Uuid> = made.iter().map(|(item, _)| item.0).collect();
            left.retain(|item| !done.contains(item));
        }
    }
    Ok(())
}

/// Attaches codes from elsewhere: (item, normalised text, is a GTIN). Returns what was attached; the rest names
/// something else.
pub async fn attach_codes(
    client: &impl GenericClient,
    codes: &[(ItemId, String, bool)],
) -> Result<Vec<(ItemId, String)>, StoreError> {
    let mut attached = Vec::new();
    for (kind, is_gtin) in [("alias", false), ("gtin", true)] {
        let of_kind: Vec<&(ItemId, String, bool)> = codes.iter().filter(|c| c.2 == is_gtin).collect();
        for chunk in of_kind.chunks(CHUNK) {
            let items: Vec<Uuid> = chunk.iter().map(|c| c.0.0).collect();
            let texts: Vec<String> = chunk.iter().map(|c| c.1.clone()).collect();
            attached.extend(insert_codes(client, &items, &texts, kind).await?);
        }
    }
    Ok(attached)
}

async fn insert_codes(
    client: &impl GenericClient,
    items: &[Uuid],
    texts: &[String],
    kind: &str,
) -> Result<Vec<(ItemId, String)>, StoreError> {
    let rows = client
        .query(
            "insert into code (id, text, kind, item) select gen_random_uuid(), n.text, $3, n.item
             from unnest($1::uuid[], $2::text[]) n(item, text)
             on conflict do nothing returning item, text",
            &[&items, &texts, &kind],
        )
        .await?;
    Ok(rows.iter().map(|row| (ItemId(row.get(0)), row.get(1))).collect())
}

fn uuids(items: &[ItemId]) -> Vec<Uuid> {
    items.iter().map(|id| id.0).collect()
}
