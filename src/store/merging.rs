//! What hangs on an item, moved to another one; and moved back.

use deadpool_postgres::GenericClient;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StoreError;
use crate::domain::{BookingId, ItemId};

/// What a merge moved, by row, so that it can be taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub survivor: Uuid,
    pub other: Uuid,
    pub codes: Vec<Uuid>,
    pub photos: Vec<Uuid>,
    pub attachments: Vec<Uuid>,
    pub supplier_parts: Vec<Uuid>,
    /// Tags the survivor did not carry before.
    pub tags: Vec<Uuid>,
}

/// Moves codes, pictures, files, supplier's numbers, tags and links of `other` to `survivor`; what the survivor already
/// has stays where it is.
pub async fn move_all(client: &impl GenericClient, survivor: ItemId, other: ItemId) -> Result<Moved, StoreError> {
    let (to, from) = (&survivor.0, &other.0);
    let ids = async |sql: &str| -> Result<Vec<Uuid>, StoreError> {
        Ok(client.query(sql, &[to, from]).await?.iter().map(|row| row.get(0)).collect())
    };
    let moved = Moved {
        survivor: *to,
        other: *from,
        codes: ids("update code c set item = $1 where item = $2
             and not exists (select from code x where x.item = $1 and x.text = c.text) returning id")
        .await?,
        photos: ids("update photo p set item = $1, position = position
                 + (select coalesce(max(position) + 1, 0) from photo where item = $1) where item = $2 returning id")
        .await?,
        attachments: ids("update attachment set item = $1 where item = $2 returning id").await?,
        supplier_parts: ids(
            "update supplier_part p set item = $1 where item = $2 and not exists (select from supplier_part x
             where x.item = $1 and x.supplier = p.supplier and x.part_number = p.part_number) returning id",
        )
        .await?,
        tags: ids("insert into item_tag (item, tag) select $1, tag from item_tag where item = $2
             on conflict do nothing returning tag")
        .await?,
    };
    ids("insert into item_link (item, kind, other) select $1, kind, other from item_link where item = $2 and other <> $1
         on conflict do nothing returning item").await?;
    ids(
        "insert into item_link (item, kind, other) select item, kind, $1 from item_link where other = $2 and item <> $1
         on conflict do nothing returning item",
    )
    .await?;
    ids("update item set instance_of = $1 where instance_of = $2 returning id").await?;
    ids("update item set home_holder = $1 where home_holder = $2 and id <> $1 returning id").await?;
    Ok(moved)
}

/// Marks `other` as part of `survivor`: its id and codes lead there from now on.
pub async fn mark(client: &impl GenericClient, survivor: ItemId, other: ItemId) -> Result<(), StoreError> {
    client
        .execute("update item set archived_at = now(), merged_into = $1 where id = $2", &[&survivor.0, &other.0])
        .await?;
    // Earlier merges into the other one now lead all the way.
    client.execute("update item set merged_into = $1 where merged_into = $2", &[&survivor.0, &other.0]).await?;
    Ok(())
}

/// What a merge's booking moved.
pub async fn of_booking(client: &impl GenericClient, booking: BookingId) -> Result<Option<Moved>, StoreError> {
    let row = client.query_opt("select new from audit where booking = $1 and action = 'merged'", &[&booking.0]).await?;
    row.map(|row| serde_json::from_value(row.get(0)).map_err(|e| StoreError::Corrupt(e.to_string()))).transpose()
}

/// Moves back what is still where the merge put it.
pub async fn move_back(client: &impl GenericClient, moved: &Moved) -> Result<(), StoreError> {
    let (survivor, other) = (&moved.survivor, &moved.other);
    for (table, rows) in
        [("code", &moved.codes), ("attachment", &moved.attachments), ("supplier_part", &moved.supplier_parts)]
    {
        client
            .execute(
                &format!("update {table} set item = $1 where item = $2 and id = any ($3)"),
                &[other, survivor, rows],
            )
            .await?;
    }
    client
        .execute(
            "with back as (select id, row_number() over (order by position) - 1 as n from photo where item = $2 and id = any ($3))
             update photo p set item = $1, position = back.n from back where p.id = back.id",
            &[other, survivor, &moved.photos],
        )
        .await?;
    client
        .execute(
            "with left_over as (select id, row_number() over (order by position) - 1 as n from photo where item = $1)
             update photo p set position = l.n from left_over l where p.id = l.id",
            &[survivor],
        )
        .await?;
    client.execute("delete from item_tag where item = $1 and tag = any ($2)", &[survivor, &moved.tags]).await?;
    Ok(())
}
