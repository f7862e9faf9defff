//! Vectors of items, one per item and model, and the queue of those to be made.
//!
//! Workers take rows off the queue inside a transaction that lasts until the vectors are written: several
//! instances share the work, and a kill puts the batch back. Vectors of different models are never compared:
//! every statement names its model.

use std::collections::{BTreeSet, HashMap};

use deadpool_postgres::{Client, GenericClient};
use pgvector::HalfVector;

use super::{StoreError, search_index};
use crate::domain::search::MeaningText;

/// What has to be embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    pub item: i32,
    pub hash: Vec<u8>,
    pub meaning: MeaningText,
}

/// The number under which this model's vectors are stored, if any are.
pub async fn model_number(client: &impl GenericClient, name: &str) -> Result<Option<i16>, StoreError> {
    let statement = client.prepare_cached("select id from embedding_model where name = $1").await?;
    Ok(client.query_opt(&statement, &[&name]).await?.map(|row| row.get(0)))
}

/// Registers a model; from now on every changed item is queued for it.
pub async fn register_model(client: &impl GenericClient, name: &str) -> Result<i16, StoreError> {
    if let Some(number) = model_number(client, name).await? {
        return Ok(number);
    }
    client.execute("insert into embedding_model (name) values ($1) on conflict do nothing", &[&name]).await?;
    model_number(client, name).await?.ok_or(StoreError::NotFound("model"))
}

/// Queues every item without an up-to-date vector of this model that is not queued yet: what another model
/// left, or a restored backup. Returns how many.
pub async fn queue_missing(client: &mut Client, model: i16) -> Result<u64, StoreError> {
    let transaction = search_index::unhurried(client).await?;
    let queued = transaction
        .execute(
            "insert into embedding_stale (model, item)
             select $1, d.item from search_item d
             left join embedding e on e.model = $1 and e.item = d.item
             where e.hash is distinct from d.meaning_hash
               and d.item not in (select item from embedding_stale where model = $1)
             order by d.item",
            &[&model],
        )
        .await?;
    transaction.commit().await?;
    Ok(queued)
}

/// Takes at most `limit` items off the model's queue. In a transaction: another worker skips them, and they
/// are back when it does not commit.
pub async fn take_stale(
    client: &impl GenericClient,
    model: i16,
    limit: i64,
) -> Result<(usize, Vec<Stale>), StoreError> {
    let statement = client
        .prepare_cached(
            "delete from embedding_stale where id in
                 (select id from embedding_stale where model = $1 order by id limit $2 for update skip locked)
             returning item",
        )
        .await?;
    let taken: Vec<i32> = client.query(&statement, &[&model, &limit]).await?.iter().map(|row| row.get(0)).collect();
    let items: Vec<i32> = taken.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let texts = search_index::texts(client, &items).await?;
    let statement =
        client.prepare_cached("select item, hash from embedding where model = $1 and item = any ($2)").await?;
    let made: HashMap<i32, Vec<u8>> =
        client.query(&statement, &[&model, &items]).await?.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut stale = Vec::new();
    for (item, texts) in texts {
        let meaning = texts.meaning();
        let hash = search_index::meaning_hash(&meaning);
        if made.get(&item) != Some(&hash) {
            stale.push(Stale { item, hash, meaning });
        }
    }
    Ok((taken.len(), stale))
}

/// Writes vectors, but for items whose text has changed again meanwhile: those are queued anew anyway.
pub async fn write(
    client: &impl GenericClient,
    model: i16,
    stale: &[Stale],
    vectors: &[Vec<f32>],
) -> Result<(), StoreError> {
    let items: Vec<i32> = stale.iter().map(|stale| stale.item).collect();
    let hashes: Vec<&[u8]> = stale.iter().map(|stale| stale.hash.as_slice()).collect();
    let vectors: Vec<HalfVector> = vectors.iter().map(|vector| HalfVector::from_f32_slice(vector)).collect();
    let statement = client
        .prepare_cached(
            "insert into embedding (model, item, hash, vector)
             select $1, u.item, u.hash, u.vector
             from unnest($2::int[], $3::bytea[], $4::halfvec[]) u(item, hash, vector)
             join search_item d on d.item = u.item and d.meaning_hash = u.hash
             order by u.item
             on conflict (model, item) do update set hash = excluded.hash, vector = excluded.vector",
        )
        .await?;
    client.execute(&statement, &[&model, &items, &hashes, &vectors]).await?;
    Ok(())
}

/// From so many vectors on, an approximate index is faster than looking at all of them.
pub const INDEX_FROM: i64 = 10_000;

/// Is there an approximate index over the vectors?
pub async fn has_index(client: &impl GenericClient) -> Result<bool, StoreError> {
    let statement = client.prepare_cached("select to_regclass('embedding_nearest') is not null").await?;
    Ok(client.query_one(&statement, &[]).await?.get(0))
}

/// Makes the approximate index when there are enough vectors and it is missing: about 20 s for 100,000.
pub async fn keep_index(client: &mut Client) -> Result<bool, StoreError> {
    if has_index(client).await? {
        return Ok(false);
    }
    let row = client.query_one("select count(*) from (select from embedding limit $1) enough", &[&INDEX_FROM]).await?;
    if row.get::<_, i64>(0) < INDEX_FROM {
        return Ok(false);
    }
    let transaction = search_index::unhurried(client).await?;
    let made = transaction.query_one("select embedding_index_build()", &[]).await?.get(0);
    transaction.commit().await?;
    Ok(made)
}

/// Drops the approximate index before many vectors are written; [`keep_index`] makes it again, in a tenth of
/// the time that adding them one by one takes.
pub async fn drop_index(client: &impl GenericClient) -> Result<(), StoreError> {
    client.execute("select embedding_index_drop()", &[]).await?;
    Ok(())
}

/// Forgets the vectors of all other models.
pub async fn forget_others(client: &mut Client, model: i16) -> Result<u64, StoreError> {
    let transaction = search_index::unhurried(client).await?;
    transaction.execute("delete from embedding_stale where model <> $1", &[&model]).await?;
    let forgotten = transaction.execute("delete from embedding where model <> $1", &[&model]).await?;
    transaction.execute("delete from embedding_model where id <> $1", &[&model]).await?;
    transaction.commit().await?;
    Ok(forgotten)
}
