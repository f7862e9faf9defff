//! Rows of `photo`. The files are the photo service's.

use deadpool_postgres::GenericClient;
use uuid::Uuid;

use super::StoreError;
use crate::domain::{ItemId, PhotoId};

/// A picture of an item; its files are found by the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    pub id: PhotoId,
    pub item: ItemId,
    /// 0 is the primary one.
    pub position: i32,
    pub sha256: String,
    pub media_type: String,
    pub bytes: i64,
    /// Pixels, upright.
    pub width: i32,
    pub height: i32,
    pub caption: String,
}

const COLUMNS: &str = "id, item, position, sha256, media_type, bytes, width, height, caption";

fn photo(row: &tokio_postgres::Row) -> Photo {
    Photo {
        id: PhotoId(row.get("id")),
        item: ItemId(row.get("item")),
        position: row.get("position"),
        sha256: row.get("sha256"),
        media_type: row.get("media_type"),
        bytes: row.get("bytes"),
        width: row.get("width"),
        height: row.get("height"),
        caption: row.get("caption"),
    }
}

/// An item's pictures, the primary one first.
pub async fn of_item(client: &impl GenericClient, item: ItemId) -> Result<Vec<Photo>, StoreError> {
    let statement =
        client.prepare_cached(&format!("select {COLUMNS} from photo where item = $1 order by position")).await?;
    let rows = client.query(&statement, &[&item.0]).await?;
    Ok(rows.iter().map(photo).collect())
}

/// One picture.
pub async fn get(client: &impl GenericClient, id: PhotoId) -> Result<Option<Photo>, StoreError> {
    let statement = client.prepare_cached(&format!("select {COLUMNS} from photo where id = $1")).await?;
    let row = client.query_opt(&statement, &[&id.0]).await?;
    Ok(row.map(|row| photo(&row)))
}

/// A picture's files and size, before it has a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPhoto {
    pub id: PhotoId,
    pub sha256: String,
    pub media_type: String,
    pub bytes: i64,
    pub width: i32,
    pub height: i32,
    pub caption: String,
}

/// Adds a picture behind the item's others.
pub async fn append(client: &impl GenericClient, item: ItemId, new: &NewPhoto) -> Result<(), StoreError> {
    // Two uploads at once must not take the same position.
    client
        .query_opt("select from item where id = $1 for no key update", &[&item.0])
        .await?
        .ok_or(StoreError::NotFound("item"))?;
    client
        .execute(
            "insert into photo (id, item, position, sha256, media_type, bytes, width, height, caption)
             select $1, $2, coalesce(max(position) + 1, 0), $3, $4, $5, $6, $7, $8 from photo where item = $2",
            &[&new.id.0, &item.0, &new.sha256, &new.media_type, &new.bytes, &new.width, &new.height, &new.caption],
        )
        .await?;
    Ok(())
}

/// Takes a picture's row away and closes the gap, so that the next one becomes primary. Returns what it was.
pub async fn remove(client: &impl GenericClient, id: PhotoId) -> Result<Photo, StoreError> {
    let gone = get(client, id).await?.ok_or(StoreError::NotFound("photo"))?;
    client.execute("delete from photo where id = $1", &[&id.0]).await?;
    client
        .execute(
            "update photo set position = position - 1 where item = $1 and position > $2",
            &[&gone.item.0, &gone.position],
        )
        .await?;
    Ok(gone)
}

/// Puts an item's pictures in this order; all of them, each once.
pub async fn reorder(client: &impl GenericClient, item: ItemId, order: &[PhotoId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = order.iter().map(|id| id.0).collect();
    let changed = client
        .execute(
            "update photo p set position = o.n - 1 from unnest($2::uuid[]) with ordinality o(id, n)
             where p.id = o.id and p.item = $1 and (select count(*) from photo where item = $1) = cardinality($2)",
            &[&item.0, &ids],
        )
        .await?;
    // Without any named, nothing was compared.
    let missed = order.is_empty() && !of_item(client, item).await?.is_empty();
    if changed as usize == order.len() && !missed { Ok(()) } else { Err(StoreError::NotFound("photo")) }
}

/// Puts another file in the place of a picture: a new row's id, with its position.
pub async fn replace(client: &impl GenericClient, id: PhotoId, new: &NewPhoto) -> Result<(), StoreError> {
    let changed = client
        .execute(
            "update photo set id = $2, sha256 = $3, media_type = $4, bytes = $5, width = $6, height = $7, caption = $8
             where id = $1",
            &[&id.0, &new.id.0, &new.sha256, &new.media_type, &new.bytes, &new.width, &new.height, &new.caption],
        )
        .await?;
    if changed == 0 { Err(StoreError::NotFound("photo")) } else { Ok(()) }
}

/// Is a file still some picture's?
pub async fn hash_in_use(client: &impl GenericClient, sha256: &str) -> Result<bool, StoreError> {
    let row = client.query_one("select exists (select from photo where sha256 = $1)", &[&sha256]).await?;
    Ok(row.get(0))
}

/// Every hash that has a row, to find files without one.
pub async fn all_hashes(client: &impl GenericClient) -> Result<Vec<String>, StoreError> {
    let rows = client.query("select distinct sha256 from photo", &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Until the transaction ends nobody else adds or removes files of this hash.
pub async fn lock_hash(client: &impl GenericClient, sha256: &str) -> Result<(), StoreError> {
    client.execute("select pg_advisory_xact_lock(hashtextextended('inventory.photo ' || $1, 0))", &[&sha256]).await?;
    Ok(())
}

/// The item's picture with these bytes, if it has it already.
pub async fn of_item_by_hash(
    client: &impl GenericClient,
    item: ItemId,
    sha256: &str,
) -> Result<Option<PhotoId>, StoreError> {
    let row = client
        .query_opt(
            "select id from photo where item = $1 and sha256 = $2 order by position limit 1",
            &[&item.0, &sha256],
        )
        .await?;
    Ok(row.map(|row| PhotoId(row.get(0))))
}

/// Sets what is written under a picture.
pub async fn set_caption(client: &impl GenericClient, id: PhotoId, caption: &str) -> Result<(), StoreError> {
    let changed =
        client.execute("update photo set caption = $2 where id = $1 and caption <> $2", &[&id.0, &caption]).await?;
    if changed == 0 && get(client, id).await?.is_none() {
        return Err(StoreError::NotFound("photo"));
    }
    Ok(())
}

/// The id by which a directory of pictures is known to be this database's; made at the first call.
pub async fn directory_id(client: &impl GenericClient) -> Result<Uuid, StoreError> {
    let fresh = Uuid::new_v4();
    client
        .execute(
            "insert into setting (key, value) values ('photos.directory', to_jsonb($1::text)) on conflict do nothing",
            &[&fresh.to_string()],
        )
        .await?;
    let row = client.query_one("select value #>> '{}' from setting where key = 'photos.directory'", &[]).await?;
    row.get::<_, &str>(0).parse().map_err(|_| StoreError::Corrupt("photos.directory".into()))
}

/// The pictures that show a file.
pub async fn with_hash(client: &impl GenericClient, sha256: &str) -> Result<Vec<PhotoId>, StoreError> {
    let rows = client.query("select id from photo where sha256 = $1 order by id", &[&sha256]).await?;
    Ok(rows.iter().map(|row| PhotoId(row.get(0))).collect())
}
