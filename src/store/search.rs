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
use futures::future::join;

use super::{StoreError, search_index};

/// Opens the read-only transaction of one search, with what its statements need set for it alone.
///
/// `ef_search` caps what the approximate index returns; with `iterative_scan` it goes on where a filter drops
/// rows. One plan serves every search: the statements are written so that only one makes sense.
///
/// Says too whether changes wait to be taken into the index: it costs nothing beside the settings.
pub async fn begin(client: &mut Client) -> Result<(Transaction<'_>, bool), StoreError> {
    let transaction = client.build_transaction().read_only(true).start().await?;
    let settings = transaction.batch_execute(
        "set local hnsw.ef_search = 100; set local hnsw.iterative_scan = relaxed_order;
         set local hnsw.max_scan_tuples = 4000; set local pg_trgm.similarity_threshold = 0.25;
         set local plan_cache_mode = force_generic_plan",
    );
    let (set, stale) = join(settings, search_index::has_stale(&transaction)).await;
    set?;
    let stale = stale?;
    Ok((transaction, stale))
}
