//! Rows of `item` and its tags: write, and read whole for editing.

use deadpool_postgres::GenericClient;
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{StoreError, parsed};
use crate::domain::{ItemDraft, ItemId, ItemKind, Money};

/// An item as it is edited: the draft, and the version it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemRecord {
    pub id: ItemId,
    pub draft: ItemDraft,
    pub version: i32,
    pub archived_at: Option<OffsetDateTime>,
    pub merged_into: Option<ItemId>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

const COLUMNS: &str =
    "i.id, i.kind, i.name, i.description, i.notes, i.unit, i.min_quantity, i.max_quantity, i.home_holder,
    i.instance_of, i.serial_number, i.manufacturer, i.model, i.purchase_price, i.purchase_currency, i.purchased_on,
    i.warranty_until, i.url, i.fields, i.archived_at, i.merged_into, i.version, i.created_at, i.updated_at,
    array(select t.name from item_tag x join tag t on t.id = x.tag where x.item = i.id order by lower(t.name)) as tags";

/// One item, or `None`.
pub async fn get(client: &impl GenericClient, id: ItemId) -> Result<Option<ItemRecord>, StoreError> {
    let row = client.query_opt(&format!("select {COLUMNS} from item i where i.id = $1"), &[&id.0]).await?;
    row.map(|row| record(&row)).transpose()
}

/// One item, locked until the transaction ends.
pub async fn lock(client: &impl GenericClient, id: ItemId) -> Result<ItemRecord, StoreError> {
    let row =
        client.query_opt(&format!("select {COLUMNS} from item i where i.id = $1 for no key update"), &[&id.0]).await?;
    row.map(|row| record(&row)).transpose()?.ok_or(StoreError::NotFound("item"))
}

/// Several items, in no particular order; unknown ids are left out.
pub async fn get_many(client: &impl GenericClient, ids: &[ItemId]) -> Result<Vec<ItemRecord>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = client.query(&format!("select {COLUMNS} from item i where i.id = any ($1)"), &[&ids]).await?;
    rows.iter().map(record).collect()
}

fn record(row: &Row) -> Result<ItemRecord, StoreError> {
    let kind: &str = row.get("kind");
    let fields: serde_json::Value = row.get("fields");
    let price = row.get::<_, Option<Decimal>>("purchase_price").zip(row.get::<_, Option<String>>("purchase_currency"));
    Ok(ItemRecord {
        id: ItemId(row.get("id")),
        draft: ItemDraft {
            kind: parsed(kind)?,
            name: row.get("name"),
            description: row.get("description"),
            notes: row.get("notes"),
            unit: row.get("unit"),
            min_quantity: row.get::<_, Option<Decimal>>("min_quantity").map(|q| q.normalize()),
            max_quantity: row.get::<_, Option<Decimal>>("max_quantity").map(|q| q.normalize()),
            home_holder: row.get::<_, Option<Uuid>>("home_holder").map(ItemId),
            instance_of: row.get::<_, Option<Uuid>>("instance_of").map(ItemId),
            serial_number: row.get("serial_number"),
            manufacturer: row.get("manufacturer"),
            model: row.get("model"),
            price: price.map(|(amount, currency)| Money { amount: amount.normalize(), currency }),
            purchased_on: row.get("purchased_on"),
            warranty_until: row.get("warranty_until"),
            url: row.get("url"),
            tags: row.get("tags"),
            fields: match fields {
                serde_json::Value::Object(fields) => fields,
                _ => serde_json::Map::new(),
            },
        },
        version: row.get("version"),
        archived_at: row.get("archived_at"),
        merged_into: row.get::<_, Option<Uuid>>("merged_into").map(ItemId),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

/// Writes a new item and its tags. `draft` is checked.
pub async fn insert(client: &impl GenericClient, id: ItemId, draft: &ItemDraft) -> Result<(), StoreError> {
    client
        .execute(
            "insert into item (id, kind, name, description, notes, unit, min_quantity, max_quantity, home_holder, instance_of,
                 serial_number, manufacturer, model, purchase_price, purchase_currency, purchased_on, warranty_until, url, fields)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
            &with_fields(id, draft).each_parameter(),
        )
        .await?;
    set_tags(client, id, &draft.tags).await
}

/// Overwrites an item's fields and tags. The version counts up by itself.
pub async fn update(client: &impl GenericClient, id: ItemId, draft: &ItemDraft) -> Result<(), StoreError> {
    let changed = client
        .execute(
            "update item set kind = $2, name = $3, description = $4, notes = $5, unit = $6, min_quantity = $7, max_quantity = $8,
                 home_holder = $9, instance_of = $10, serial_number = $11, manufacturer = $12, model = $13, purchase_price = $14,
                 purchase_currency = $15, purchased_on = $16, warranty_until = $17, url = $18, fields = $19
             where id = $1",
            &with_fields(id, draft).each_parameter(),
        )
        .await?;
    if changed == 0 {
        return Err(StoreError::NotFound("item"));
    }
    set_tags(client, id, &draft.tags).await
}

/// Makes the item's tags just these; a tag is made when it is new, and known in any case.
pub async fn set_tags(client: &impl GenericClient, id: ItemId, tags: &[String]) -> Result<(), StoreError> {
    if !tags.is_empty() {
        let ids: Vec<Uuid> = tags.iter().map(|_| Uuid::now_v7()).collect();
        // Sorted, so that two writers that make the same new tags do not wait for each other crosswise.
        client
            .execute(
                "insert into tag (id, name) select * from unnest($1::uuid[], $2::text[]) n(id, name) order by lower(n.name)
                 on conflict do nothing",
                &[&ids, &tags],
            )
            .await?;
    }
    client
        .execute(
            "delete from item_tag x using tag t where t.id = x.tag and x.item = $1
                 and lower(t.name) <> all (select lower(n) from unnest($2::text[]) n)",
            &[&id.0, &tags],
        )
        .await?;
    client
        .execute(
            "insert into item_tag (item, tag) select $1, t.id from tag t where lower(t.name) in (select lower(n) from unnest($2::text[]) n)
             on conflict do nothing",
            &[&id.0, &tags],
        )
        .await?;
    Ok(())
}

/// Archives (`true`) or brings back. Refused by the schema while something contradicts it.
pub async fn set_archived(client: &impl GenericClient, id: ItemId, archived: bool) -> Result<(), StoreError> {
    client
        .execute(
            "update item set archived_at = case when $2 then now() end where id = $1 and (archived_at is null) = $2",
            &[&id.0, &archived],
        )
        .await?;
    Ok(())
}

/// Removes an item that has no history. Refused by the schema otherwise.
pub async fn remove(client: &impl GenericClient, id: ItemId) -> Result<(), StoreError> {
    let removed = client.execute("delete from item where id = $1", &[&id.0]).await?;
    if removed == 0 { Err(StoreError::NotFound("item")) } else { Ok(()) }
}

/// All tags with how many items that are not archived carry them.
pub async fn tags(client: &impl GenericClient) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = client
        .query(
            "select t.name, count(i.id) from tag t left join item_tag x on x.tag = t.id
                 left join item i on i.id = x.item and i.archived_at is null
             group by t.id order by lower(t.name)",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The maxima of several items, where they have one.
pub async fn maxima(client: &impl GenericClient, items: &[ItemId]) -> Result<Vec<(ItemId, Decimal)>, StoreError> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.0).collect();
    let rows = client
        .query("select id, max_quantity from item where id = any ($1) and max_quantity is not null", &[&ids])
        .await?;
    Ok(rows.iter().map(|row| (ItemId(row.get(0)), row.get::<_, Decimal>(1).normalize())).collect())
}

/// The kinds of several items.
pub async fn kinds(client: &impl GenericClient, ids: &[ItemId]) -> Result<Vec<(ItemId, ItemKind)>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = client.query("select id, kind from item where id = any ($1)", &[&ids]).await?;
    rows.iter().map(|row| Ok((ItemId(row.get(0)), parsed(row.get(1))?))).collect()
}

/// The parameters of insert and update, owned long enough to be borrowed.
struct Fields<'a> {
    id: Uuid,
    kind: &'a str,
    draft: &'a ItemDraft,
    home: Option<Uuid>,
    instance: Option<Uuid>,
    price: Option<Decimal>,
    currency: Option<&'a str>,
    custom: serde_json::Value,
}

fn with_fields(id: ItemId, draft: &ItemDraft) -> Fields<'_> {
    Fields {
        id: id.0,
        kind: draft.kind.as_str(),
        draft,
        home: draft.home_holder.map(|h| h.0),
        instance: draft.instance_of.map(|p| p.0),
        price: draft.price.as_ref().map(|p| p.amount),
        currency: draft.price.as_ref().map(|p| p.currency.as_str()),
        custom: serde_json::Value::Object(draft.fields.clone()),
    }
}

impl Fields<'_> {
    fn each_parameter(&self) -> [&(dyn tokio_postgres::types::ToSql + Sync); 19] {
        let d = self.draft;
        let dates: (&Option<Date>, &Option<Date>) = (&d.purchased_on, &d.warranty_until);
        [
            &self.id,
            &self.kind,
            &d.name,
            &d.description,
            &d.notes,
            &d.unit,
            &d.min_quantity,
            &d.max_quantity,
            &self.home,
            &self.instance,
            &d.serial_number,
            &d.manufacturer,
            &d.model,
            &self.price,
            &self.currency,
            dates.0,
            dates.1,
            &d.url,
            &self.custom,
        ]
    }
}
