//! Rows of `sign_in_attempt`: how often, and until when nothing is compared.

use deadpool_postgres::GenericClient;

use super::StoreError;
use crate::domain::backoff::FORGOTTEN_AFTER;

/// Counts a try before it is compared. Within the wait of earlier ones nothing is counted: `Err` holds the seconds left.
pub async fn begin(client: &impl GenericClient, subject: &str) -> Result<Result<u32, u64>, StoreError> {
    let statement = client
        .prepare_cached(
            "insert into sign_in_attempt as a (subject, failures) values ($1, 1)
             on conflict (subject) do update
                 set failures = case when a.last_at < now() - make_interval(secs => $2) then 1
                                     else least(a.failures, 1000000) + 1 end,
                     last_at = now()
                 where a.blocked_until <= now()
             returning failures",
        )
        .await?;
    if let Some(row) = client.query_opt(&statement, &[&subject, &FORGOTTEN_AFTER.as_secs_f64()]).await? {
        return Ok(Ok(row.get::<_, i32>(0).unsigned_abs()));
    }
    let row = client
        .query_opt(
            "select ceil(extract(epoch from blocked_until - now()))::bigint from sign_in_attempt where subject = $1",
            &[&subject],
        )
        .await?;
    Ok(Err(row.map_or(1, |row| row.get::<_, i64>(0)).max(1).unsigned_abs()))
}

/// Nothing more is compared for so many seconds.
pub async fn block(client: &impl GenericClient, subject: &str, seconds: u64) -> Result<(), StoreError> {
    client
        .execute(
            "update sign_in_attempt set blocked_until = greatest(blocked_until, now() + make_interval(secs => $2)) where subject = $1",
            &[&subject, &(seconds as f64)],
        )
        .await?;
    Ok(())
}

/// The secret was right, or the try says nothing: forgotten. So are all that nobody has tried for a day.
pub async fn clear(client: &impl GenericClient, subjects: &[String]) -> Result<(), StoreError> {
    client
        .execute(
            "delete from sign_in_attempt where subject = any($1) or last_at < now() - interval '1 day'",
            &[&subjects],
        )
        .await?;
    Ok(())
}

/// Takes back one try that was right after all, where others' tries still count: an address.
pub async fn take_back(client: &impl GenericClient, subjects: &[String]) -> Result<(), StoreError> {
    client
        .execute(
            "update sign_in_attempt set failures = greatest(failures - 1, 1), blocked_until = now() where subject = any($1)",
            &[&subjects],
        )
        .await?;
    Ok(())
}
