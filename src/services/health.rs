//! How the program is: what a person, a probe or a screen has to know before relying on it.

use std::time::SystemTime;

use tokio::sync::watch;

use crate::embedding::{Meaning, ModelState};
use crate::store::pool::DbHealth;

/// Whether the database's schema is the program's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// Not looked at yet, because the database has not answered yet.
    Unknown,
    /// Fits. Newer migrations of a later program are additive and do no harm.
    Current,
    /// These migrations are missing, and this program may not run them.
    Pending(Vec<String>),
    /// Looking at it, or changing it, failed; for people.
    Failed(String),
}

/// How the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    Unknown,
    Up,
    Down { since: SystemTime, reason: String },
}

/// One look at everything.
#[derive(Debug, Clone)]
pub struct Report {
    pub database: Database,
    pub schema: Schema,
    /// Reported, never required: search uses words alone without it.
    pub model: ModelState,
}

impl Report {
    /// Whether people can work.
    pub fn is_ready(&self) -> bool {
        self.database == Database::Up && self.schema == Schema::Current
    }
}

/// Knows how the program is. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    database: watch::Receiver<DbHealth>,
    schema: watch::Receiver<Schema>,
    meaning: Meaning,
}

impl Health {
    pub fn new(database: watch::Receiver<DbHealth>, schema: watch::Receiver<Schema>, meaning: Meaning) -> Self {
        Self { database, schema, meaning }
    }

    /// How it is now, as far as was looked; asks nobody.
    pub fn report(&self) -> Report {
        Report {
            database: match &*self.database.borrow() {
                DbHealth::Unknown => Database::Unknown,
                DbHealth::Up => Database::Up,
                DbHealth::Down { since, reason } => Database::Down { since: *since, reason: reason.clone() },
            },
            schema: self.schema.borrow().clone(),
            model: self.meaning.state(),
        }
    }

    /// Waits until something about the database has changed. `false`: the program is ending.
    pub async fn changed(&mut self) -> bool {
        tokio::select! {
            changed = self.database.changed() => changed.is_ok(),
            changed = self.schema.changed() => changed.is_ok(),
        }
    }
}
