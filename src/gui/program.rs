//! What the window needs of the program around it: an inventory to show, and a way to another one.

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use thiserror::Error;

use crate::services::Services;
use crate::services::health::Health;
use crate::services::machine::Machine;

/// Which inventory is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Whichever there is: the example until somebody has begun their own.
    Any,
    /// The person's own, with this name for who looks after it; the example goes.
    Own { name: String },
}

/// An opened inventory.
#[derive(Clone)]
pub struct Program {
    pub services: Services,
    pub health: Health,
    /// The example, not the person's own.
    pub example: bool,
}

/// Why there is none to show.
#[derive(Debug, Clone, Error)]
pub enum StartError {
    #[error("{0}")]
    Database(String),
    #[error("{0}")]
    NotUpToDate(String),
    /// The name somebody gave does not do.
    #[error("{0}")]
    Name(String),
    #[error("{0}")]
    Other(String),
}

/// Opens an inventory, closing the one before. Called on tokio.
pub type Opener = Arc<dyn Fn(Wish) -> BoxFuture<'static, Result<Program, StartError>> + Send + Sync>;

/// What stays the same while inventories come and go.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Where theme and language are remembered; `None`: nowhere.
    pub settings: Option<PathBuf>,
    /// Where browsers find the same inventory; empty: nowhere.
    pub address: String,
    /// Where a phone finds the same pages, without a path; empty: nowhere.
    pub phone_address: String,
    /// The first admin is made with the set-up code, in a browser or on the command line: whoever stands here is anybody.
    pub admin_by_code: bool,
    /// The machine it all runs on, where a kiosk looks after it.
    pub machine: Option<Machine>,
}
