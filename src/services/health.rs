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

/// How far the example inventory is while it is being made: pictures drawn, of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filling {
    pub done: usize,
    pub of: usize,
}

/// One look at everything.
#[derive(Debug, Clone)]
pub struct Report {
    pub database: Database,
    pub schema: Schema,
    /// Reported, never required: search uses words alone without it.
    pub model: ModelState,
    /// The example is being made; what is there of it can be used meanwhile.
    pub filling: Option<Filling>,
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
    filling: Option<watch::Receiver<Option<Filling>>>,
}

impl Health {
    pub fn new(database: watch::Receiver<DbHealth>, schema: watch::Receiver<Schema>, meaning: Meaning) -> Self {
        Self { database, schema, meaning, filling: None }
    }

    /// The same, told how far the example is.
    #[must_use]
    pub fn with_filling(self, filling: watch::Receiver<Option<Filling>>) -> Self {
        Self { filling: Some(filling), ..self }
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
            filling: self.filling.as_ref().and_then(|filling| *filling.borrow()),
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
