//! PostgreSQL: free functions over `&impl GenericClient`, so that one function serves a pooled client and a transaction.

pub mod attempts;
pub mod audit;
pub mod backup;
pub mod bookings;
pub mod bulk;
pub mod changes;
pub mod codes;
pub mod database;
pub mod diagnosis;
pub mod embeddings;
pub mod error;
pub mod factors;
pub mod figures;
pub mod history;
pub mod import;
pub mod items;
pub mod links;
pub mod lists;
pub mod merging;
pub mod migrate;
pub mod people;
pub mod photos;
pub mod pool;
pub mod search;
pub mod search_index;
pub mod sessions;
pub mod settings;
pub mod statistics;
pub mod stock;
pub mod stocktake;
pub mod summaries;
pub mod suppliers;
pub mod tokens;
pub mod undoing;

pub use error::StoreError;
pub use pool::{Client, Db};

use std::str::FromStr;

/// A word of the schema as its type; the schema's own checks make a failure a defect, which is reported, not hidden.
fn parsed<T: FromStr<Err: ToString>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error: T::Err| StoreError::Corrupt(error.to_string()))
}
