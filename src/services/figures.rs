//! How much there is and how busy it is, for those who watch the program from outside. Figures only, no names.

use crate::domain::person::Forbidden;
use crate::domain::{Actor, Permission};
pub use crate::store::figures::{Contents, Progress};
pub use crate::store::pool::PoolStatus;
use crate::store::{Db, StoreError, figures};

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum FiguresError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Reads figures.
#[derive(Clone)]
pub struct Figures {
    db: Db,
}

impl Figures {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The connections to the database; asks nobody.
    pub fn pool(&self) -> PoolStatus {
        self.db.status()
    }

    /// What is in the database.
    pub async fn contents(&self, actor: &Actor) -> Result<Contents, FiguresError> {
        actor.require(Permission::Administer)?;
        let client = self.db.client().await?;
        Ok(figures::contents(&client).await?)
    }

    /// How far the program is with what it does by itself.
    pub async fn progress(&self, actor: &Actor) -> Result<Progress, FiguresError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(figures::progress(&client).await?)
    }
}
