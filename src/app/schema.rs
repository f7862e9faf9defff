//! Keeps an eye on the schema: whenever the database comes up, it is compared, and migrated where that is allowed.

use tokio::sync::watch;
use tracing::{info, warn};

use crate::config::Connection;
use crate::services::health::Schema;
use crate::store::migrate;
use crate::store::pool::{Db, DbHealth};

/// Runs what is missing, as the administrator.
pub async fn migrate(admin: &Connection) -> anyhow::Result<Vec<String>> {
    let mut client = super::connect(admin).await?;
    Ok(migrate::migrate(&mut client).await?)
}

/// What is missing, as seen by the administrator or, without one, by the program's role.
pub async fn state(connection: &Connection) -> anyhow::Result<migrate::MigrationState> {
    let client = super::connect(connection).await?;
    Ok(migrate::state(&client).await?)
}

/// Compares each time the database comes up, until nobody is interested. `admin`: whose connection migrates; without
/// it, what is pending is only reported.
pub fn watch_over(db: Db, admin: Option<Connection>) -> watch::Receiver<Schema> {
    let (tell, schema) = watch::channel(Schema::Unknown);
    let mut health = db.health();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tell.closed() => return,
                up = health.wait_for(|health| *health == DbHealth::Up) => if up.is_err() { return },
            }
            let found = look(&db, admin.as_ref()).await;
            match &found {
                Schema::Pending(names) => warn!(
                    "The database lacks {}; run `inventory migrate` as its administrator (MIGRATE_DATABASE_URL)",
                    names.join(", ")
                ),
                Schema::Failed(reason) => warn!("The database's schema: {reason}"),
                Schema::Unknown | Schema::Current => {}
            }
            // What is missing may be run by somebody else meanwhile: look again now and then.
            let wait = if found == Schema::Current { 600 } else { 5 };
            tell.send_replace(found);
            tokio::select! {
                () = tell.closed() => return,
                // Closed: nobody will hear from this database again, whoever still holds its last state.
                changed = health.wait_for(|health| *health != DbHealth::Up) => if changed.is_err() { return },
                () = tokio::time::sleep(std::time::Duration::from_secs(wait)) => {}
            }
        }
    });
    schema
}

async fn look(db: &Db, admin: Option<&Connection>) -> Schema {
    let client = match db.client().await {
        Ok(client) => client,
        Err(error) => return Schema::Failed(error.to_string()),
    };
    match migrate::state(&**client).await {
        Ok(state) if state.is_current() => Schema::Current,
        Ok(state) => match admin {
            None => Schema::Pending(state.pending),
            Some(admin) => match migrate(admin).await {
                Ok(applied) => {
                    info!("Migrated the database: {}", applied.join(", "));
                    Schema::Current
                }
                Err(error) => Schema::Failed(format!("{error:#}")),
            },
        },
        Err(error) => Schema::Failed(error.to_string()),
    }
}
