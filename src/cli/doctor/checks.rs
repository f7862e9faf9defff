//! The database and what works over it: schema, roles, extensions, the ledger, the model.

use std::time::Duration;

use super::{Check, keeping, works};
use crate::app::{self, App, Open};
use crate::config::Config;
use crate::domain::Actor;
use crate::embedding::{EmbedError, Meaning, ModelState};
use crate::services::health::{Database, Schema};

/// A model is read in less than a second; on a Pi's card in some.
const MODEL_LIMIT: Duration = Duration::from_mins(1);

pub async fn database(config: &Config) -> Vec<Check> {
    let app = match App::open(config.clone(), Open::default()).await {
        Ok(app) => app,
        Err(error) => {
            let mend = "mend what is said above, then run doctor again";
            return vec![Check::bad("database", format!("{error:#}"), mend), model(&app::load_meaning(config)).await];
        }
    };
    let mut checks = vec![reached(&app)];
    if app.health.report().database == Database::Up {
        checks.push(schema(&app));
        if app.ready().is_ok() {
            checks.extend(rights(&app).await);
            checks.push(ledger(&app).await);
            checks.push(people(&app).await);
            checks.extend(works::search(&app).await);
            checks.push(works::picture(&app).await);
            checks.extend(keeping::backups(&app).await);
        }
    }
    checks.push(model(&app.meaning).await);
    if let Err(error) = app.stop().await {
        checks.push(Check::bad("shutdown", format!("{error:#}"), "look at the server's log in the data directory"));
    }
    checks
}

fn reached(app: &App) -> Check {
    match app.health.report().database {
        Database::Up => match app.cluster() {
            Some(cluster) => {
                Check::fine("database", format!("`{}`, private, run by `{}`", app.database, cluster.account()))
            }
            None => Check::fine("database", format!("`{}` answers", app.database)),
        },
        Database::Unknown => Check::bad("database", "does not answer", "look whether the server runs and is reachable"),
        Database::Down { reason, .. } => {
            Check::bad("database", reason, "look whether the server runs, and at DATABASE_URL or POSTGRES_HOST")
        }
    }
}

fn schema(app: &App) -> Check {
    let administrator = "as the server's administrator: MIGRATE_DATABASE_URL=… inventory migrate";
    match app.health.report().schema {
        Schema::Current => Check::fine("migrations", "up to date"),
        Schema::Pending(names) => Check::bad("migrations", format!("{} missing", names.join(", ")), administrator),
        Schema::Failed(reason) => Check::bad("migrations", reason, administrator),
        Schema::Unknown => Check::bad("migrations", "not looked at", administrator),
    }
}

async fn rights(app: &App) -> Vec<Check> {
    let facts = match app.services.diagnosis.database(&Actor::program()).await {
        Ok(facts) => facts,
        Err(error) => return vec![Check::bad("database role", error.to_string(), "run `inventory migrate`")],
    };
    let mut checks = vec![Check::fine("server version", facts.version)];
    let missing: Vec<&str> =
        facts.extensions.iter().filter(|(_, version)| version.is_none()).map(|(name, _)| *name).collect();
    checks.push(if missing.is_empty() {
        let all: Vec<String> = facts
            .extensions
            .iter()
            .map(|(name, version)| format!("{name} {}", version.as_deref().unwrap_or_default()))
            .collect();
        Check::fine("extensions", all.join(", "))
    } else {
        Check::bad("extensions", format!("{} missing", missing.join(", ")), "run `inventory migrate` as administrator")
    });
    checks.push(if facts.role_is_too_mighty {
        Check::bad(
            "database role",
            format!("`{}` may change the schema, and with it the ledger", facts.role),
            "let the program work as role `inventory`; keep the administrator for MIGRATE_DATABASE_URL",
        )
    } else {
        Check::fine("database role", format!("`{}`, which owns nothing", facts.role))
    });
    if !facts.is_durable {
        checks.push(Check::bad("durability", "fsync is off: a power cut can lose everything", "set fsync = on"));
    }
    if !facts.is_private {
        checks.push(Check::note(
            "encryption",
            "off, towards another machine",
            "add sslmode=verify-full to DATABASE_URL",
        ));
    }
    checks
}

async fn ledger(app: &App) -> Check {
    match app.services.stock.discrepancies(&Actor::program()).await {
        Ok(wrong) if wrong.is_empty() => Check::fine("ledger", "stock is the sum of its movements"),
        Ok(wrong) => {
            let ids: Vec<String> = wrong.iter().take(5).map(ToString::to_string).collect();
            Check::bad(
                "ledger",
                format!("{} items differ from their movements: {} …", wrong.len(), ids.join(", ")),
                "restore the newest backup beside it and compare; somebody changed tables behind the ledger",
            )
        }
        Err(error) => Check::bad("ledger", error.to_string(), "run doctor again when the database answers"),
    }
}

async fn people(app: &App) -> Check {
    match app.services.people.is_set_up().await {
        Ok(true) => Check::fine("people", "there is an admin"),
        Ok(false) => Check::note("people", "nobody is admin yet", "inventory setup"),
        Err(error) => Check::bad("people", error.to_string(), "run doctor again when the database answers"),
    }
}

async fn model(meaning: &Meaning) -> Check {
    match tokio::time::timeout(MODEL_LIMIT, meaning.settled()).await {
        Ok(ModelState::Ready(id)) => Check::fine("model", id.to_string()),
        Ok(ModelState::Absent { why }) => {
            let name = match why {
                EmbedError::NoRuntime { .. } | EmbedError::BadRuntime { .. } => "ONNX Runtime",
                _ => "model",
            };
            Check::note(name, format!("{why}; search finds words, not meaning"), "make model")
        }
        Ok(ModelState::Loading) | Err(_) => Check::note("model", "is still being read", "try again"),
    }
}
