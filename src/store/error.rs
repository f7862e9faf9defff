//! What can go wrong between the program and its database.

use thiserror::Error;
use tokio_postgres::error::SqlState;

/// A failed call to the database.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No connection now; a later try may succeed.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A rule of the schema refused it: the constraint's name and the server's sentence.
    #[error("refused by `{constraint}`: {message}")]
    Refused { constraint: String, message: String },
    /// Another transaction got in between; the same call may succeed when repeated.
    #[error("another change got in between")]
    Serialization,
    /// Reading works and writing does not: `deploy/upgrade.sh` has not verified yet, or the server is a replica.
    #[error("nothing can be written now: the inventory is being upgraded")]
    Closed,
    /// The role lacks the right.
    #[error("the database role may not do this: {0}")]
    Forbidden(String),
    /// A row that must be there is not.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// A stored value does not read back.
    #[error("a stored value is unreadable: {0}")]
    Corrupt(String),
    #[error("the database answered: {0}")]
    Other(#[source] tokio_postgres::Error),
}

impl StoreError {
    /// The violated constraint, when a rule of the schema refused the call.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Refused { constraint, .. } => Some(constraint),
            _ => None,
        }
    }

    /// Well enough for a note that may be missing: whoever looks goes on looking while nobody may write.
    pub fn unless_closed(self) -> Result<(), Self> {
        match self {
            Self::Closed => Ok(()),
            other => Err(other),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            return if error.is_closed()
                || std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
            {
                Self::Unavailable(Box::new(error))
            } else {
                Self::Other(error)
            };
        };
        let code = db.code();
        if let Some(constraint) = db.constraint() {
            Self::Refused { constraint: constraint.to_owned(), message: db.message().to_owned() }
        } else if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED {
            Self::Serialization
        } else if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
            Self::Closed
        } else if *code == SqlState::INSUFFICIENT_PRIVILEGE {
            Self::Forbidden(db.message().to_owned())
        } else if code.code().starts_with("57P") || code.code().starts_with("08") {
            Self::Unavailable(Box::new(error))
        } else {
            Self::Other(error)
        }
    }
}
