//! How many rows of what there are; for those who watch from outside.

use deadpool_postgres::GenericClient;

use super::StoreError;

/// Counts of what is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    pub items: i64,
    pub photos: i64,
    /// Bytes of the pictures as they came.
    pub photo_bytes: i64,
    pub bookings: i64,
    pub open_loans: i64,
    /// Browsers in which somebody is signed in.
    pub sessions: i64,
    /// Items whose words wait to be indexed.
    pub words_waiting: i64,
    /// Items whose meaning waits to be embedded.
    pub vectors_waiting: i64,
}

/// Counts, exactly but for bookings, of which the planner's estimate will do: they only grow.
pub async fn contents(client: &impl GenericClient) -> Result<Contents, StoreError> {
    let row = client
        .query_one(
            "select (select count(*) from item where archived_at is null), (select count(*) from photo),
                 (select coalesce(sum(bytes), 0)::bigint from photo),
                 (select greatest(reltuples, 0)::bigint from pg_class where oid = 'booking'::regclass),
                 (select count(*) from loan where outstanding > 0),
                 (select count(*) from session where proof <> 'half' and expires_at > now()),
                 (select count(*) from search_stale), (select count(*) from embedding_stale)",
            &[],
        )
        .await?;
    Ok(Contents {
        items: row.get(0),
        photos: row.get(1),
        photo_bytes: row.get(2),
        bookings: row.get(3),
        open_loans: row.get(4),
        sessions: row.get(5),
        words_waiting: row.get(6),
        vectors_waiting: row.get(7),
    })
}

/// How far the program is with what it does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bookings so far: the planner's estimate, 0 before the first one.
    pub bookings: i64,
    /// Items that meaning is to be known of, archived ones too.
    pub items: i64,
    /// Of these, those whose meaning is still to be embedded.
    pub waiting: i64,
}

/// Counts; quick enough for every look at the first page.
pub async fn progress(client: &impl GenericClient) -> Result<Progress, StoreError> {
    let statement = client
        .prepare_cached(
            "select (select greatest(reltuples, 0)::bigint from pg_class where oid = 'booking'::regclass),
                 (select count(*) from item), (select count(distinct item) from embedding_stale)",
        )
        .await?;
    let row = client.query_one(&statement, &[]).await?;
    Ok(Progress { bookings: row.get(0), items: row.get(1), waiting: row.get(2) })
}
