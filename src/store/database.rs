//! Databases as wholes: made, copied, dropped. Work of the private cluster's superuser.

use tokio_postgres::GenericClient;
use tokio_postgres::error::SqlState;

use super::StoreError;

/// Makes the database unless it is there.
pub async fn ensure(admin: &impl GenericClient, name: &str) -> Result<(), StoreError> {
    if exists(admin, name).await? {
        return Ok(());
    }
    match admin.batch_execute(&format!("create database {}", quoted(name))).await {
        // Somebody else was a moment faster.
        Err(error)
            if error
                .code()
                .is_some_and(|code| *code == SqlState::DUPLICATE_DATABASE || *code == SqlState::UNIQUE_VIOLATION) =>
        {
            Ok(())
        }
        other => Ok(other?),
    }
}

/// Whether there is a database of this name.
pub async fn exists(client: &impl GenericClient, name: &str) -> Result<bool, StoreError> {
    let row = client.query_one("select exists (select from pg_database where datname = $1)", &[&name]).await?;
    Ok(row.get(0))
}

/// Makes a copy of `template`, to which nobody may be connected. As files, not through the log: many times faster
/// for a small database.
pub async fn copy(admin: &impl GenericClient, template: &str, name: &str) -> Result<(), StoreError> {
    admin
        .batch_execute(&format!("create database {} template {} strategy file_copy", quoted(name), quoted(template)))
        .await?;
    // A copy of a database does not copy what was set for it by name.
    admin.batch_execute(&format!("alter database {} set search_path = inventory, public", quoted(name))).await?;
    Ok(())
}

/// Gives a database another name; nobody may be connected to it.
pub async fn rename(admin: &impl GenericClient, from: &str, to: &str) -> Result<(), StoreError> {
    admin.batch_execute(&format!("alter database {} rename to {}", quoted(from), quoted(to))).await?;
    Ok(())
}

/// Drops the database, if there is one, and the connections to it.
pub async fn drop(admin: &impl GenericClient, name: &str) -> Result<(), StoreError> {
    // `force` looks only every 100 ms whether they are gone; most are within one or two.
    for _ in 0..20 {
        let left =
            admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", &[&name]).await?;
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    admin.batch_execute(&format!("drop database if exists {} with (force)", quoted(name))).await?;
    Ok(())
}

/// Runs `act` while no other process runs one under the same `lock`.
pub async fn exclusively<T, E: From<StoreError>>(
    admin: &impl GenericClient,
    lock: i64,
    act: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    admin.execute("select pg_advisory_lock($1)", &[&lock]).await.map_err(StoreError::from)?;
    let result = act.await;
    admin.execute("select pg_advisory_unlock($1)", &[&lock]).await.map_err(StoreError::from)?;
    result
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Says that this database is one to open: the example has its tables, the own inventory is begun.
pub async fn mark(client: &impl GenericClient) -> Result<(), StoreError> {
    client
        .execute("insert into inventory.setting (key, value) values ('begun', 'true') on conflict do nothing", &[])
        .await?;
    Ok(())
}

/// Was it marked?
pub async fn is_marked(client: &impl GenericClient) -> Result<bool, StoreError> {
    if !has_schema(client).await? {
        return Ok(false);
    }
    let row = client.query_one("select exists (select from inventory.setting where key = 'begun')", &[]).await?;
    Ok(row.get(0))
}

/// Did anybody begin to use it: by a mark, a person, an item?
pub async fn is_begun(client: &impl GenericClient) -> Result<bool, StoreError> {
    if !has_schema(client).await? {
        return Ok(false);
    }
    let row = client
        .query_one(
            "select exists (select from inventory.setting where key = 'begun')
                 or exists (select from inventory.person) or exists (select from inventory.item)",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

async fn has_schema(client: &impl GenericClient) -> Result<bool, StoreError> {
    let tables = "select count(*) = 3 from pg_tables where schemaname = 'inventory' and tablename in ('setting', 'person', 'item')";
    Ok(client.query_one(tables, &[]).await?.get(0))
}
