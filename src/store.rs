//! PostgreSQL: free functions over `&impl GenericClient`, so that one function serves a pooled client and a transaction.

pub mod error;
pub mod migrate;

pub use error::StoreError;
