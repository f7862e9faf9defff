//! The audit trail as people look through it: who changed what, and who came in or was refused.

use thiserror::Error;
use time::Date;

use crate::domain::person::Forbidden;
use crate::domain::{Actor, Permission, PersonId};
use crate::store::audit;
use crate::store::{Db, StoreError};

pub use crate::store::audit::{AuditEntry, Subject};

/// Why the trail is not shown.
#[derive(Debug, Error)]
pub enum AuditError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this actor.
    pub person: Option<PersonId>,
    pub subject: Option<Subject>,
    /// From the beginning of this day …
    pub from: Option<Date>,
    /// … to the end of this one, in `zone`.
    pub until: Option<Date>,
    /// The time zone of the days, as PostgreSQL knows it.
    pub zone: String,
    /// Older than this entry.
    pub before: Option<i64>,
    pub limit: i64,
}

/// Looks through the audit trail.
#[derive(Clone)]
pub struct Audit {
    db: Db,
}

impl Audit {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// What somebody may look through, besides nothing: keepers what happened to the entries, admins everything.
    pub fn subjects(actor: &Actor) -> &'static [Subject] {
        if actor.may(Permission::Administer) { &Subject::ALL } else { &[Subject::Entries] }
    }

    /// Entries, newest first. A keeper sees those about the entries, whatever is asked for.
    pub async fn list(&self, actor: &Actor, filter: &AuditFilter) -> Result<Vec<AuditEntry>, AuditError> {
        actor.require(Permission::Keep)?;
        if filter.subject.is_some_and(|subject| subject != Subject::Entries) {
            actor.require(Permission::Administer)?;
        }
        let subject = if actor.may(Permission::Administer) { filter.subject } else { Some(Subject::Entries) };
        let client = self.db.client().await?;
        let wanted = audit::Wanted {
            actor: filter.person,
            subject,
            from: filter.from,
            until: filter.until,
            zone: &filter.zone,
            before: filter.before,
            limit: filter.limit,
        };
        Ok(audit::search(&client, &wanted).await?)
    }
}
