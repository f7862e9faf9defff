//! What a search reads, as few and small round trips as possible. All statements of one search run in one
//! read-only transaction ([`begin`]), and those that do not need each other are sent together.
//!
//! - [`lookup`]: words, exact keys, near spellings: small and indexed.
//! - [`scope`]: which items the filters leave, and whether they are few enough to look at each.
//! - [`candidates`]: the one statement that does the work.

pub mod candidates;
pub mod lookup;
pub mod scope;

use deadpool_postgres::{Client, Transaction};

use super::StoreError;

/// Opens the read-only transaction of one search, with what its statements need set for it alone.
///
/// `ef_search` caps what the approximate index returns; with `iterative_scan` it goes on where a filter drops
/// rows. One plan serves every search: the statements are written so that only one makes sense.
pub async fn begin(client: &mut Client) -> Result<Transaction<'_>, StoreError> {
    let transaction = client.build_transaction().read_only(true).start().await?;
    transaction
        .batch_execute(
            "set local hnsw.ef_search = 100; set local hnsw.iterative_scan = relaxed_order;
             set local hnsw.max_scan_tuples = 4000; set local pg_trgm.similarity_threshold = 0.25;
             set local plan_cache_mode = force_generic_plan",
        )
        .await?;
    Ok(transaction)
}
