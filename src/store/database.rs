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

/// Makes an empty database, with owner, encoding and locale of `like` where there is one.
pub async fn create_like(admin: &impl GenericClient, like: &str, name: &str) -> Result<(), StoreError> {
    let model = admin
        .query_opt(
            "select pg_get_userbyid(datdba)::text, pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text,
                    has_database_privilege('public', oid, 'connect')
             from pg_database where datname = $1",
            &[&like],
        )
        .await?;
    let Some(model) = model else {
        admin.batch_execute(&format!("create database {} template template0 encoding 'UTF8'", quoted(name))).await?;
        return Ok(());
    };
    let (owner, encoding): (&str, &str) = (model.get(0), model.get(1));
    let (collate, ctype): (&str, &str) = (model.get(2), model.get(3));
    admin
        .batch_execute(&format!(
            "create database {} owner {} template template0 encoding {} lc_collate {} lc_ctype {}",
            quoted(name),
            quoted(owner),
            literal(encoding),
            literal(collate),
            literal(ctype)
        ))
        .await?;
    if !model.get::<_, bool>(4) {
        let closed = format!("revoke connect on database {} from public", quoted(name));
        admin.batch_execute(&closed).await?;
        for row in admin.query("select rolname::text from pg_roles where rolname = 'inventory'", &[]).await? {
            let opened = format!("grant connect on database {} to {}", quoted(name), quoted(row.get(0)));
            admin.batch_execute(&opened).await?;
        }
    }
    Ok(())
}

/// Puts `fresh` in the place of `name`, which, if there is one, is called `replaced` from then on: both or neither, at one
/// moment. Whoever is connected loses the connection; whoever connects meanwhile waits. `helper` is a second session.
pub async fn swap(
    admin: &impl GenericClient,
    helper: &impl GenericClient,
    name: &str,
    fresh: &str,
    replaced: &str,
) -> Result<(), StoreError> {
    let mut renames = String::new();
    if exists(admin, name).await? {
        renames = format!("alter database {} rename to {};", quoted(name), quoted(replaced));
    }
    let swapping = async {
        admin.batch_execute("begin").await?;
        let renamed = admin
            .batch_execute(&format!("{renames} alter database {} rename to {}", quoted(fresh), quoted(name)))
            .await;
        match renamed {
            Ok(()) => admin.batch_execute("commit").await,
            Err(error) => {
                admin.batch_execute("rollback").await?;
                Err(error)
            }
        }
    };
    // The first rename locks newcomers out and waits five seconds for who is there; they are asked to go.
    let sending_away = async {
        loop {
            let there = "select pg_terminate_backend(pid) from pg_stat_activity
                         where datname = any ($1) and pid <> pg_backend_pid()";
            if let Err(error) = helper.query(there, &[&[name, fresh].as_slice()]).await {
                break error;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        done = swapping => Ok(done?),
        error = sending_away => Err(error.into()),
    }
}

/// The databases whose names begin like this, by name.
pub async fn beginning_with(client: &impl GenericClient, prefix: &str) -> Result<Vec<String>, StoreError> {
    let rows = client
        .query(
            "select datname::text from pg_database where starts_with(datname::text, $1) order by datname",
            &[&prefix],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The size of the database the client is connected to, in bytes.
pub async fn size(client: &impl GenericClient) -> Result<u64, StoreError> {
    let row = client.query_one("select pg_database_size(current_database())", &[]).await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
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

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
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
