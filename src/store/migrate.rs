//! Extensions, roles, schema and numbered migrations: the work of `inventory migrate`.
//!
//! Runs as an administrator of the server (`vector` is not a trusted extension) and hands everything it makes to the
//! role `inventory_owner`; the program itself then works as role `inventory`, which owns nothing.

use thiserror::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Two programs that migrate at once wait for each other on this advisory lock.
const LOCK: i64 = 0x696e_7665_6e74_6f72;

/// What a database lacks to be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrationState {
    /// Names of migrations not applied yet.
    pub pending: Vec<String>,
    /// Applied ones this program does not know: it is older than the schema.
    pub unknown: Vec<String>,
}

impl MigrationState {
    /// Nothing to do. Unknown newer migrations are additive and do no harm.
    pub fn is_current(&self) -> bool {
        self.pending.is_empty()
    }
}

/// Why the schema could not be made or read.
#[derive(Debug, Error)]
pub enum MigrateError {
    #[error(
        "the PostgreSQL extension `{extension}` is not installed on the database server; install it with: {command}"
    )]
    ExtensionMissing { extension: &'static str, command: String },
    #[error(
        "creating the extension `{extension}` needs a database superuser; run `inventory migrate` as one (MIGRATE_DATABASE_URL)"
    )]
    NotSuperuser { extension: &'static str },
    #[error(transparent)]
    Database(#[from] tokio_postgres::Error),
    #[error("a migration failed: {0}")]
    Migration(#[from] refinery::Error),
}

/// Brings the database `client` is connected to up to date, creating roles, extensions and schema first.
/// Returns the names of the migrations it applied; none when the schema was current.
pub async fn migrate(client: &mut Client) -> Result<Vec<String>, MigrateError> {
    migrate_with(client, &embedded::migrations::runner()).await
}

/// Makes the schema as these migrations made it, and no further: the schema of a backup. The program knows them all.
pub async fn migrate_to(client: &mut Client, versions: &[i32]) -> Result<Vec<String>, MigrateError> {
    let known = embedded::migrations::runner();
    let wanted: Vec<refinery::Migration> = known
        .get_migrations()
        .iter()
        .filter(|migration| versions.iter().any(|version| i64::from(*version) == i64::from(migration.version())))
        .cloned()
        .collect();
    migrate_with(client, &refinery::Runner::new(&wanted)).await
}

/// The migrations the program carries: number, name, checksum as the database keeps it.
pub fn known() -> Vec<(i32, String, String)> {
    let runner = embedded::migrations::runner();
    runner
        .get_migrations()
        .iter()
        .map(|migration| (migration.version(), migration.name().to_owned(), migration.checksum().to_string()))
        .collect()
}

async fn migrate_with(client: &mut Client, runner: &refinery::Runner) -> Result<Vec<String>, MigrateError> {
    client.execute("select pg_advisory_lock($1)", &[&LOCK]).await?;
    let result = migrate_locked(client, runner).await;
    client.batch_execute("reset role").await?;
    client.execute("select pg_advisory_unlock($1)", &[&LOCK]).await?;
    result
}

async fn migrate_locked(client: &mut Client, runner: &refinery::Runner) -> Result<Vec<String>, MigrateError> {
    ensure_roles(client).await?;
    for extension in ["vector", "pg_trgm", "unaccent"] {
        ensure_extension(client, extension).await?;
    }
    let database: String = client.query_one("select quote_ident(current_database())", &[]).await?.get(0);
    client
        .batch_execute(&format!(
            "create schema if not exists inventory authorization inventory_owner;
             revoke create on schema public from public;
             grant usage on schema inventory to inventory;
             alter database {database} set search_path = inventory, public;
             set search_path = inventory, public;
             set role inventory_owner;"
        ))
        .await?;
    let report = runner.run_async(client).await?;
    client.batch_execute("grant select on refinery_schema_history to inventory").await?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}

/// Compares what the program carries with what the database has; changes nothing.
pub async fn state(client: &impl GenericClient) -> Result<MigrationState, MigrateError> {
    let runner = embedded::migrations::runner();
    let known = runner.get_migrations();
    let applied: Vec<(i32, String)> = match client
        .query("select version, name from inventory.refinery_schema_history order by version", &[])
        .await
    {
        Ok(rows) => rows.iter().map(|row| (row.get(0), row.get(1))).collect(),
        Err(error)
            if error.code().is_some_and(|c| *c == SqlState::UNDEFINED_TABLE || *c == SqlState::INVALID_SCHEMA_NAME) =>
        {
            Vec::new()
        }
        Err(error) => return Err(error.into()),
    };
    let same = |version: &i32, migration: &refinery::Migration| i64::from(*version) == i64::from(migration.version());
    Ok(MigrationState {
        pending: known.iter().filter(|m| !applied.iter().any(|(v, _)| same(v, m))).map(ToString::to_string).collect(),
        unknown: applied
            .iter()
            .filter(|(v, _)| !known.iter().any(|m| same(v, m)))
            .map(|(version, name)| format!("V{version}__{name}"))
            .collect(),
    })
}

async fn ensure_roles(client: &Client) -> Result<(), MigrateError> {
    // Roles belong to the whole server: another database's migration may be making them now.
    client
        .batch_execute(
            "do $$ begin
                 perform pg_advisory_xact_lock(7163384699739271026);
                 if not exists (select from pg_roles where rolname = 'inventory_owner') then
                     create role inventory_owner nologin;
                 end if;
                 if not exists (select from pg_roles where rolname = 'inventory') then
                     create role inventory login;
                 end if;
             exception when duplicate_object or unique_violation then null;
             end $$",
        )
        .await?;
    // An administrator who is no superuser acts for the owner as its member.
    let superuser: bool =
        client.query_one("select rolsuper from pg_roles where rolname = current_user", &[]).await?.get(0);
    if !superuser {
        client.batch_execute("grant inventory_owner to current_user").await?;
    }
    Ok(())
}

async fn ensure_extension(client: &Client, extension: &'static str) -> Result<(), MigrateError> {
    let row = client.query_one("select exists (select from pg_extension where extname = $1)", &[&extension]).await?;
    if row.get::<_, bool>(0) {
        return Ok(());
    }
    let Err(error) = client.batch_execute(&format!("create extension {extension} schema public")).await else {
        return Ok(());
    };
    match error.code() {
        Some(code) if *code == SqlState::UNDEFINED_FILE || *code == SqlState::FEATURE_NOT_SUPPORTED => {
            let row = client.query_one("select current_setting('server_version_num')::int / 10000", &[]).await?;
            let major: i32 = row.get(0);
            let command = if extension == "vector" {
                format!(
                    "sudo apt install postgresql-{major}-pgvector (Debian 13), or `make run`, which builds it on Debian 12"
                )
            } else {
                format!("sudo apt install postgresql-{major}")
            };
            Err(MigrateError::ExtensionMissing { extension, command })
        }
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => Err(MigrateError::NotSuperuser { extension }),
        _ => Err(error.into()),
    }
}
