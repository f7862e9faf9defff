//! Every table as data: read in one snapshot, written into an empty database of the same schema. Nothing here knows the
//! tables by name; the catalogue does.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use tokio_postgres::{Client, CopyInSink, CopyOutStream};

use super::StoreError;

/// Tables that are not carried over: the feed speaks of transactions of one server, what is migrated is the migrations'
/// to say, and whoever is signed in signs in again.
pub const NOT_KEPT: [&str; 4] = ["change", "refinery_schema_history", "session", "sign_in_attempt"];

/// The key of the setting that says when the last backup was made.
const LAST: &str = "backup.last";
/// The key of the setting that says when a backup was last restored to prove that it can be.
const PROVEN: &str = "backup.proven";

/// A table and the columns whose values are its data (generated ones follow).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
}

/// A file that a row names by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    pub sha256: String,
    pub bytes: u64,
}

/// A migration as the database remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub version: i32,
    pub name: String,
    pub checksum: String,
}

/// Begins to read everything as of one moment, however long it takes, on a session of its own. Files of pictures that
/// are removed meanwhile stay until the session ends.
pub async fn begin_snapshot(client: &Client) -> Result<(), StoreError> {
    // The lock first: who is just removing a file ends before the snapshot begins.
    client
        .batch_execute(
            "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
             set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set timezone = 'UTC'; set bytea_output = 'hex';
             set extra_float_digits = 1",
        )
        .await?;
    client.execute("select pg_advisory_lock(hashtextextended('inventory.backup', 0))", &[]).await?;
    client.batch_execute("begin transaction isolation level repeatable read, read only").await?;
    // The moment is that of the first question.
    client.query_one("select pg_current_snapshot()::text", &[]).await?;
    Ok(())
}

/// Ends reading; files of pictures stay as long as the session lives.
pub async fn end_snapshot(client: &Client) -> Result<(), StoreError> {
    Ok(client.batch_execute("commit").await?)
}

/// Is a backup being made, which needs every file that a row named when it began?
pub async fn is_running(tx: &impl deadpool_postgres::GenericClient) -> Result<bool, StoreError> {
    let free = "select pg_try_advisory_xact_lock_shared(hashtextextended('inventory.backup', 0))";
    Ok(!tx.query_one(free, &[]).await?.get::<_, bool>(0))
}

/// The tables that hold data, by name.
pub async fn tables(client: &Client) -> Result<Vec<Table>, StoreError> {
    let rows = client
        .query(
            "select c.relname::text, array_agg(a.attname::text order by a.attnum)
             from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'inventory'::regnamespace and c.relkind = 'r'
               and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and c.relname <> all ($1)
             group by c.relname order by c.relname",
            &[&NOT_KEPT.as_slice()],
        )
        .await?;
    Ok(rows.iter().map(|row| Table { name: row.get(0), columns: row.get(1) }).collect())
}

/// How many rows a table has.
pub async fn count(client: &Client, table: &str) -> Result<u64, StoreError> {
    let row = client.query_one(&format!("select count(*) from inventory.{}", quoted(table)), &[]).await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}

/// A table's rows as CSV with a header, in the dialect of PostgreSQL's COPY: an empty cell is null, `""` an empty text.
pub async fn copy_out(client: &Client, table: &Table) -> Result<CopyOutStream, StoreError> {
    let statement = format!("copy {} to stdout (format csv, header true, encoding 'UTF8')", listed(table));
    Ok(client.copy_out(&statement).await?)
}

/// Where a sequence that is no column's own has got to.
pub async fn sequences(client: &Client) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = client
        .query(
            "select s.relname::text, pg_sequence_last_value(s.oid::regclass) from pg_class s
             where s.relnamespace = 'inventory'::regnamespace and s.relkind = 'S'
               and not exists (select from pg_depend d where d.objid = s.oid and d.deptype in ('i', 'a')
                               and d.classid = 'pg_class'::regclass and d.refobjsubid > 0)
               and case when s.relkind = 'S' then has_sequence_privilege(s.oid, 'usage') end",
            &[],
        )
        .await?;
    // One that was never used begins at its beginning.
    Ok(rows.iter().filter_map(|row| Some((row.get(0), row.get::<_, Option<i64>>(1)?))).collect())
}

/// The migrations the database has had, in order.
pub async fn applied(client: &Client) -> Result<Vec<Applied>, StoreError> {
    let rows = client
        .query("select version, name, checksum from inventory.refinery_schema_history order by version", &[])
        .await?;
    Ok(rows.iter().map(|row| Applied { version: row.get(0), name: row.get(1), checksum: row.get(2) }).collect())
}

/// Every picture's file, once.
pub async fn pictures(client: &Client) -> Result<Vec<KeptFile>, StoreError> {
    kept_files(client, "photo").await
}

/// Every attachment's file, once.
pub async fn attachments(client: &Client) -> Result<Vec<KeptFile>, StoreError> {
    kept_files(client, "attachment").await
}

async fn kept_files(client: &Client, table: &str) -> Result<Vec<KeptFile>, StoreError> {
    let files = format!("select sha256, max(bytes) from inventory.{table} group by sha256 order by sha256");
    let rows = client.query(&files, &[]).await?;
    Ok(rows.iter().map(|row| KeptFile { sha256: row.get(0), bytes: row.get::<_, i64>(1).unsigned_abs() }).collect())
}

/// The server's version, as it says it.
pub async fn server_version(client: &Client) -> Result<String, StoreError> {
    Ok(client.query_one("select current_setting('server_version')", &[]).await?.get(0))
}

/// Begins to fill an empty database in one transaction, as its administrator: rules that look at other rows wait, and what
/// the migrations put there goes.
pub async fn begin_fill(admin: &Client) -> Result<(), StoreError> {
    admin
        .batch_execute(
            "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
             set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set timezone = 'UTC'",
        )
        .await?;
    admin.batch_execute("begin; set local session_replication_role = replica").await?;
    let rows = admin
        .query(
            "select c.relname::text from pg_class c where c.relnamespace = 'inventory'::regnamespace
             and c.relkind = 'r' and c.relname <> 'refinery_schema_history'",
            &[],
        )
        .await?;
    let all: Vec<String> = rows.iter().map(|row| format!("inventory.{}", quoted(row.get(0)))).collect();
    admin.batch_execute(&format!("truncate {}", all.join(", "))).await?;
    Ok(())
}

/// Takes a table's rows as [`copy_out`] gives them.
pub async fn copy_in(admin: &Client, table: &Table) -> Result<CopyInSink<std::io::Cursor<Vec<u8>>>, StoreError> {
    let statement = format!("copy {} from stdin (format csv, header true, encoding 'UTF8')", listed(table));
    Ok(admin.copy_in(&statement).await?)
}

/// Ends filling: numbers go on where they were, and the planner knows what there is.
pub async fn end_fill(admin: &Client, sequences: &BTreeMap<String, i64>) -> Result<(), StoreError> {
    let identities = admin
        .query(
            "select c.relname::text, a.attname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'inventory'::regnamespace and c.relkind = 'r' and a.attidentity <> ''",
            &[],
        )
        .await?;
    for row in identities {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let (table, quoted_column) = (format!("inventory.{}", quoted(&table)), quoted(&column));
        let next = format!(
            "select setval(pg_get_serial_sequence($1, $2), coalesce(max({quoted_column}), 1), max({quoted_column}) is not null)
             from {table}"
        );
        admin.execute(&next, &[&table, &column]).await?;
    }
    for (name, last) in sequences {
        let known = "select setval(s.oid::regclass, $2) from pg_class s
                     where s.relnamespace = 'inventory'::regnamespace and s.relkind = 'S' and s.relname = $1";
        admin.execute(known, &[name, last]).await?;
    }
    admin.batch_execute("commit").await?;
    admin.batch_execute("analyze").await?;
    Ok(())
}

/// Where rows name rows that are not there: the constraints, by name. Filling does not look.
pub async fn dangling(admin: &Client) -> Result<Vec<String>, StoreError> {
    let keys = admin
        .query(
            "select k.conname::text, k.conrelid::regclass::text, k.confrelid::regclass::text,
                    array_agg(quote_ident(mine.attname) order by pair.n), array_agg(quote_ident(theirs.attname) order by pair.n)
             from pg_constraint k
             cross join unnest(k.conkey, k.confkey) with ordinality pair(mine, theirs, n)
             join pg_attribute mine on mine.attrelid = k.conrelid and mine.attnum = pair.mine
             join pg_attribute theirs on theirs.attrelid = k.confrelid and theirs.attnum = pair.theirs
             where k.contype = 'f' and k.connamespace = 'inventory'::regnamespace
             group by k.oid, k.conname, k.conrelid, k.confrelid order by k.conname",
            &[],
        )
        .await?;
    let mut broken = Vec::new();
    for key in keys {
        let (name, child, parent): (String, String, String) = (key.get(0), key.get(1), key.get(2));
        let (mine, theirs): (Vec<String>, Vec<String>) = (key.get(3), key.get(4));
        let said: Vec<String> = mine.iter().map(|column| format!("c.{column} is not null")).collect();
        let same: Vec<String> = mine.iter().zip(&theirs).map(|(m, t)| format!("p.{t} = c.{m}")).collect();
        let lost = format!(
            "select exists (select from {child} c where {} and not exists (select from {parent} p where {}))",
            said.join(" and "),
            same.join(" and ")
        );
        if admin.query_one(&lost, &[]).await?.get(0) {
            broken.push(name);
        }
    }
    Ok(broken)
}

/// Whoever follows the feed reads everything anew from here, and nothing that another server's feed said counts.
pub async fn begin_feed(admin: &Client) -> Result<(), StoreError> {
    admin
        .batch_execute(
            "insert into inventory.setting (key, value)
             values ('feed_pruned_below', jsonb_build_array((pg_current_xact_id()::text::bigint + 1)::text))
             on conflict (key) do update set value = excluded.value",
        )
        .await?;
    Ok(())
}

/// When the last backup was made and under which name; when one was last proven, and which.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Noted {
    pub last: Option<(OffsetDateTime, String)>,
    pub proven: Option<(OffsetDateTime, String)>,
}

/// What is noted about backups.
pub async fn noted(client: &impl deadpool_postgres::GenericClient) -> Result<Noted, StoreError> {
    let rows = client
        .query(
            "select key, (value ->> 'at')::timestamptz, value ->> 'archive' from setting where key = any ($1)",
            &[&[LAST, PROVEN].as_slice()],
        )
        .await?;
    let of = |key: &str| {
        let row = rows.iter().find(|row| row.get::<_, &str>(0) == key)?;
        Some((row.get::<_, Option<OffsetDateTime>>(1)?, row.get::<_, Option<String>>(2)?))
    };
    Ok(Noted { last: of(LAST), proven: of(PROVEN) })
}

/// Notes that this archive has been made just now.
pub async fn note_made(client: &impl deadpool_postgres::GenericClient, archive: &str) -> Result<(), StoreError> {
    note(client, LAST, archive).await
}

/// Notes that this archive has been restored just now, to prove that it can be.
pub async fn note_proven(client: &impl deadpool_postgres::GenericClient, archive: &str) -> Result<(), StoreError> {
    note(client, PROVEN, archive).await
}

async fn note(client: &impl deadpool_postgres::GenericClient, key: &str, archive: &str) -> Result<(), StoreError> {
    client
        .execute(
            "insert into setting (key, value) values ($1, jsonb_build_object('at', now(), 'archive', $2::text))
             on conflict (key) do update set value = excluded.value",
            &[&key, &archive],
        )
        .await?;
    Ok(())
}

fn listed(table: &Table) -> String {
    let columns: Vec<String> = table.columns.iter().map(|column| quoted(column)).collect();
    format!("inventory.{} ({})", quoted(&table.name), columns.join(", "))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
