//! The change feed: what happened, by whichever face, instance or psql.

use deadpool_postgres::GenericClient;
use uuid::Uuid;

use super::StoreError;

/// The channel of the database's notifications; they say only that there is something to read.
pub const CHANNEL: &str = "inventory_change";

/// A position in the feed: everything with a transaction below it has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub u64);

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// `item`, `booking`, `person`, `tag`, `supplier`.
    pub entity: String,
    /// `None`: many at once.
    pub id: Option<Uuid>,
}

/// What happened since a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// These, once each; empty when nothing did.
    Changes(Vec<Change>),
    /// The position is older than the feed: reload everything.
    TooOld,
}

/// Where a reader that starts now begins.
pub async fn now(client: &impl GenericClient) -> Result<Position, StoreError> {
    let row = client.query_one("select pg_snapshot_xmin(pg_current_snapshot())::text", &[]).await?;
    position(row.get(0))
}

/// Reads from `from` up to the oldest transaction still open, so that one that commits late is never skipped; returns where
/// to go on.
pub async fn since(client: &impl GenericClient, from: Position) -> Result<(Since, Position), StoreError> {
    let upper = now(client).await?;
    let pruned = client.query_opt("select value ->> 0 from setting where key = 'feed_pruned_below'", &[]).await?;
    if let Some(pruned) = pruned
        && position(pruned.get(0))? > from
    {
        return Ok((Since::TooOld, upper));
    }
    let rows = client
        .query(
            "select distinct entity, entity_id from change where txid >= $1::text::xid8 and txid < $2::text::xid8 limit 2001",
            &[&from.0.to_string(), &upper.0.to_string()],
        )
        .await?;
    if rows.len() > 2000 {
        return Ok((Since::TooOld, upper));
    }
    Ok((Since::Changes(rows.iter().map(|row| Change { entity: row.get(0), id: row.get(1) }).collect()), upper))
}

/// Forgets what is older than `days`, and remembers up to where.
pub async fn prune(client: &impl GenericClient, days: i32) -> Result<u64, StoreError> {
    let row = client
        .query_one(
            "with gone as (delete from change where at < now() - make_interval(days => $1) returning txid),
                  mark as (insert into setting (key, value)
                      select 'feed_pruned_below', jsonb_build_array(((max(txid)::text)::bigint + 1)::text) from gone having count(*) > 0
                      on conflict (key) do update set value = excluded.value)
             select count(*) from gone",
            &[&days],
        )
        .await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}

fn position(text: &str) -> Result<Position, StoreError> {
    text.parse().map(Position).map_err(|_| StoreError::Corrupt(format!("transaction id {text}")))
}
