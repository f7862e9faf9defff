//! What `inventory doctor` asks the database.

use crate::domain::person::Forbidden;
use crate::domain::{Actor, Permission};
use crate::store::diagnosis::{self, DatabaseFacts};
use crate::store::{Db, StoreError};

/// Why the database could not be examined.
#[derive(Debug, thiserror::Error)]
pub enum DiagnosisError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Examines the database.
#[derive(Clone)]
pub struct Diagnosis {
    db: Db,
}

impl Diagnosis {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The database's version, as PostgreSQL says it.
    pub async fn version(&self, actor: &Actor) -> Result<String, DiagnosisError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        Ok(diagnosis::version(&client).await?)
    }

    /// What the database says of itself and of the program's role.
    pub async fn database(&self, actor: &Actor) -> Result<DatabaseFacts, DiagnosisError> {
        actor.require(Permission::Administer)?;
        let client = self.db.client().await?;
        Ok(diagnosis::facts(&client).await?)
    }
}
