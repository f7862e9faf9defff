//! What the services refuse, as a fault of the web: one place for all, so that every page and resource says the same.

use tracing::error;

use super::fault::Fault;
use crate::domain::person::Forbidden;
use crate::services::catalog::{CatalogError, StoreError};
use crate::services::codes::CodeError;
use crate::services::factors::FactorError;
use crate::services::loans::LoanError;
use crate::services::merge::MergeError;
use crate::services::people::PeopleError;
use crate::services::relations::RelationError;
use crate::services::sessions::SessionError;
use crate::services::stock::StockError;
use crate::services::stocktake::StocktakeError;
use crate::services::tokens::TokenError;
use crate::services::transfer::ImportError;
use crate::services::undo::UndoError;

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable,
            StoreError::Closed => Self::Closed,
            StoreError::NotFound(_) => Self::NotFound,
            StoreError::Serialization => Self::Refused("another change got in between; ask again".into()),
            other => {
                error!("a request failed: {other}");
                Self::Internal
            }
        }
    }
}

impl From<CatalogError> for Fault {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            CatalogError::NotFound => Self::NotFound,
            CatalogError::Store(error) => error.into(),
            CatalogError::Stale { .. } => Self::Stale,
            CatalogError::RequestReused => Self::Reused,
            CatalogError::Draft(_) | CatalogError::Code | CatalogError::NoHolder | CatalogError::NoProduct => {
                Self::Invalid(error.to_string())
            }
            refused => Self::Refused(refused.to_string()),
        }
    }
}

impl From<StockError> for Fault {
    fn from(error: StockError) -> Self {
        match error {
            StockError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            StockError::Store(error) => error.into(),
            StockError::RequestReused => Self::Reused,
            StockError::Empty | StockError::Note => Self::Invalid(error.to_string()),
            refused @ StockError::Refused { .. } => Self::Refused(refused.to_string()),
        }
    }
}

impl From<UndoError> for Fault {
    fn from(error: UndoError) -> Self {
        match error {
            UndoError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            UndoError::NotFound => Self::NotFound,
            UndoError::RequestReused => Self::Reused,
            UndoError::Store(error) => error.into(),
            refused => Self::Refused(refused.to_string()),
        }
    }
}

impl From<MergeError> for Fault {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            MergeError::NotFound => Self::NotFound,
            MergeError::RequestReused => Self::Reused,
            MergeError::Store(error) => error.into(),
            refused => Self::Refused(refused.to_string()),
        }
    }
}

impl From<RelationError> for Fault {
    fn from(error: RelationError) -> Self {
        match error {
            RelationError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            RelationError::NotFound => Self::NotFound,
            RelationError::Store(error) => error.into(),
            invalid => Self::Invalid(invalid.to_string()),
        }
    }
}

impl From<CodeError> for Fault {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            CodeError::Count => Self::Invalid(error.to_string()),
            CodeError::Store(error) => error.into(),
        }
    }
}

impl From<PeopleError> for Fault {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            PeopleError::NotFound => Self::NotFound,
            PeopleError::Wait { seconds } => Self::TooMany(seconds),
            PeopleError::Store(error) => error.into(),
            PeopleError::Name | PeopleError::Login | PeopleError::Password | PeopleError::Pin => {
                Self::Invalid(error.to_string())
            }
            PeopleError::Hash(error) => {
                error!("a request failed: {error}");
                Self::Internal
            }
            refused => Self::Refused(refused.to_string()),
        }
    }
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            ImportError::TooLarge => Self::TooLarge,
            ImportError::Store(error) => error.into(),
            ImportError::Photo(error) => error.into(),
            ImportError::Cells(cells) => {
                // Each on a line of its own; a file that is wrong throughout is wrong in the first few.
                let first: Vec<String> = cells.iter().take(20).map(ToString::to_string).collect();
                Self::Invalid(format!("{} cells cannot be read:\n{}", cells.len(), first.join("\n")))
            }
            ImportError::File { error, .. } => {
                error!("an import failed: {error}");
                Self::Internal
            }
            ImportError::Stock(_) => Self::Refused(error.to_string()),
            invalid => Self::Invalid(invalid.to_string()),
        }
    }
}

impl From<StocktakeError> for Fault {
    fn from(error: StocktakeError) -> Self {
        match error {
            StocktakeError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            StocktakeError::NotFound => Self::NotFound,
            StocktakeError::RequestReused => Self::Reused,
            StocktakeError::Amount | StocktakeError::OneOrNone => Self::Invalid(error.to_string()),
            StocktakeError::Store(error) => error.into(),
            refused => Self::Refused(refused.to_string()),
        }
    }
}

impl From<LoanError> for Fault {
    fn from(error: LoanError) -> Self {
        match error {
            LoanError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            LoanError::NotFound => Self::NotFound,
            LoanError::RequestReused => Self::Reused,
            LoanError::Store(error) => error.into(),
            refused @ LoanError::Refused(_) => Self::Refused(refused.to_string()),
        }
    }
}

impl From<Forbidden> for Fault {
    fn from(forbidden: Forbidden) -> Self {
        Self::Forbidden(forbidden.needed)
    }
}

impl From<SessionError> for Fault {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Forbidden(forbidden) => forbidden.into(),
            SessionError::Wait { seconds } => Self::TooMany(seconds),
            SessionError::Over => Self::NotSignedIn,
            SessionError::Store(error) => error.into(),
            SessionError::People(error) => error.into(),
            SessionError::Wrong => Self::Refused(error.to_string()),
        }
    }
}

impl From<TokenError> for Fault {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Forbidden(forbidden) => forbidden.into(),
            TokenError::NotFound => Self::NotFound,
            TokenError::Store(error) => error.into(),
            refused => Self::Refused(refused.to_string()),
        }
    }
}

impl From<FactorError> for Fault {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Forbidden(forbidden) => forbidden.into(),
            FactorError::NotFound => Self::NotFound,
            FactorError::Wait { seconds } => Self::TooMany(seconds),
            FactorError::Store(error) => error.into(),
            FactorError::Secret(_) => {
                error!("a request failed: {error}");
                Self::Internal
            }
            refused => Self::Refused(refused.to_string()),
        }
    }
}
