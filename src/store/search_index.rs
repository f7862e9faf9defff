//! Keeps the search tables in step with the items.
//!
//! Triggers queue every item whose texts changed, whoever changed them (`search_stale`). [`refresh`] takes a
//! batch off the queue and rewrites its words, keys and lengths in one transaction; a kill at any point puts
//! the batch back. Services call it right after a commit, so that what somebody wrote is found at once; the
//! worker calls it for whatever is left. Refreshers wait for each other on an advisory lock, so that an older
//! text never overwrites a newer one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use deadpool_postgres::{Client, GenericClient, Transaction};
use sha2::{Digest, Sha256};
use tokio_postgres::Row;

use super::StoreError;
use crate::domain::search::{Analyser, MeaningText, Terms, Texts};

/// Held by whoever rewrites the index, until its transaction ends.
const LOCK: i64 = 0x7365_6172_6368_6978;

/// Below so many occurrences a stem's count is kept exact; above, [`settle`] does.
const COUNTED_AT_ONCE: i32 = 200;

/// Below so many items the weights are remade at once when the mean length of a text has drifted.
const REWEIGHED_AT_ONCE: i32 = 1000;

/// By how much the mean length may drift from the one the weights were made with.
const DRIFT: f64 = 0.1;

/// BM25's constants, after Robertson & Zaragoza 2009; the cautious middle of what was measured.
mod bm25 {
    pub const K1: f32 = 0.9;
    pub const B: f32 = 0.4;
}

/// What to do while another refresher is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    Yes,
    No,
}

/// How far behind the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Changes not in the index yet.
    pub words: i64,
    /// Vectors to be made with the model asked about.
    pub vectors: i64,
}

/// Rewrites the index entries of at most `limit` queued changes, oldest first. Returns how many it took off
/// the queue; 0: nothing is stale.
///
/// With [`Wait::No`] it leaves the work to whoever is at it already, and returns 0.
pub async fn refresh(client: &mut Client, analyser: &Analyser, limit: i64, wait: Wait) -> Result<usize, StoreError> {
    if !has_stale(client).await? {
        return Ok(0);
    }
    let transaction = match wait {
        Wait::Yes => unhurried(client).await?,
        Wait::No => client.transaction().await?,
    };
    match wait {
        Wait::Yes => {
            transaction.execute("select pg_advisory_xact_lock($1)", &[&LOCK]).await?;
        }
        Wait::No => {
            let free = transaction.query_one("select pg_try_advisory_xact_lock($1)", &[&LOCK]).await?;
            if !free.get::<_, bool>(0) {
                return Ok(0);
            }
        }
    }
    let statement = transaction
        .prepare_cached(
            // With what else is queued of the same items: a new one with a tag and a code is there three times.
            "delete from search_stale where item in (select item from search_stale order by id limit $1) returning item",
        )
        .await?;
    let taken: Vec<i32> = transaction.query(&statement, &[&limit]).await?.iter().map(|row| row.get(0)).collect();
    let items: Vec<i32> = taken.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    if !items.is_empty() {
        // Read after the rows were removed: at least as new as every change they stood for.
        let texts = texts(&transaction, &items).await?;
        write(&transaction, analyser, &items, &texts).await?;
    }
    transaction.commit().await?;
    Ok(taken.len())
}

/// Does any change wait to be taken into the index?
pub(super) async fn has_stale(client: &impl GenericClient) -> Result<bool, StoreError> {
    let statement = client.prepare_cached("select exists (select from search_stale)").await?;
    Ok(client.query_one(&statement, &[]).await?.get(0))
}

/// Puts every item on the queue.
pub async fn queue_all(client: &mut Client) -> Result<u64, StoreError> {
    let transaction = unhurried(client).await?;
    let queued = transaction.execute("insert into search_stale (item) select seq from item order by seq", &[]).await?;
    transaction.commit().await?;
    Ok(queued)
}

/// What waits to be indexed and embedded.
pub async fn backlog(client: &impl GenericClient, model: Option<i16>) -> Result<Backlog, StoreError> {
    let statement = client
        .prepare_cached(
            "select (select count(*) from search_stale), (select count(*) from embedding_stale where model = $1)",
        )
        .await?;
    let row = client.query_one(&statement, &[&model]).await?;
    Ok(Backlog { words: row.get(0), vectors: row.get(1) })
}

/// The texts of these items by their numbers; items that are gone are left out.
pub async fn texts(client: &impl GenericClient, items: &[i32]) -> Result<HashMap<i32, Texts>, StoreError> {
    let statement = client.prepare_cached(include_str!("search_index/texts.sql")).await?;
    let rows = client.query(&statement, &[&items]).await?;
    Ok(rows.iter().map(|row| (row.get(0), read(row))).collect())
}

fn read(row: &Row) -> Texts {
    Texts {
        name: row.get(1),
        description: row.get(2),
        notes: row.get(3),
        manufacturer: row.get(4),
        model: row.get(5),
        serial_number: row.get(6),
        tags: row.get(7),
        fields: row.get(8),
        codes: row.get(9),
        part_numbers: row.get(10),
    }
}

/// What a vector is made from, as a hash: another hash, another vector.
pub fn meaning_hash(meaning: &MeaningText) -> Vec<u8> {
    Sha256::digest(meaning.content().as_bytes())[..16].to_vec()
}

async fn write(
    client: &impl GenericClient,
    analyser: &Analyser,
    items: &[i32],
    texts: &HashMap<i32, Texts>,
) -> Result<(), StoreError> {
    let terms: BTreeMap<i32, Terms> = texts.iter().map(|(item, texts)| (*item, texts.terms(analyser))).collect();
    let gone: Vec<i32> = items.iter().copied().filter(|item| !texts.contains_key(item)).collect();
    let lexemes = lexemes(client, &terms).await?;
    write_words(client, &terms, &lexemes).await?;
    write_idents(client, items, &terms).await?;
    let mean_length = write_lengths(client, items, &gone, texts, &terms).await?;
    write_postings(client, items, &terms, &lexemes, mean_length).await
}

/// The numbers of all stems, new ones included.
async fn lexemes(
    client: &impl GenericClient,
    terms: &BTreeMap<i32, Terms>,
) -> Result<HashMap<String, i32>, StoreError> {
    let stems: Vec<&str> = terms
        .values()
        .flat_map(|terms| terms.stems.keys().map(String::as_str))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let known = client.prepare_cached("select text, id from lexeme where text = any ($1)").await?;
    let mut numbers: HashMap<String, i32> =
        client.query(&known, &[&stems]).await?.iter().map(|row| (row.get(0), row.get(1))).collect();
    let new: Vec<&str> = stems.into_iter().filter(|stem| !numbers.contains_key(*stem)).collect();
    if !new.is_empty() {
        let add =
            client.prepare_cached("insert into lexeme (text) select unnest($1::text[]) returning text, id").await?;
        numbers.extend(client.query(&add, &[&new]).await?.iter().map(|row| (row.get::<_, String>(0), row.get(1))));
    }
    Ok(numbers)
}

async fn write_words(
    client: &impl GenericClient,
    terms: &BTreeMap<i32, Terms>,
    lexemes: &HashMap<String, i32>,
) -> Result<(), StoreError> {
    let words: BTreeMap<&str, i32> = terms
        .values()
        .flat_map(|terms| &terms.words)
        .filter_map(|(word, stem)| Some((word.as_str(), *lexemes.get(stem)?)))
        .collect();
    let (words, numbers): (Vec<&str>, Vec<i32>) = words.into_iter().unzip();
    let add = client
        .prepare_cached(
            "insert into word (text, lexeme) select * from unnest($1::text[], $2::int[]) on conflict do nothing",
        )
        .await?;
    client.execute(&add, &[&words, &numbers]).await?;
    Ok(())
}

async fn write_idents(
    client: &impl GenericClient,
    items: &[i32],
    terms: &BTreeMap<i32, Terms>,
) -> Result<(), StoreError> {
    let forget = client.prepare_cached("delete from ident where item = any ($1)").await?;
    client.execute(&forget, &[&items]).await?;
    let (mut keys, mut of, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    for (item, terms) in terms {
        for (key, kind) in &terms.idents {
            keys.push(key.as_str());
            of.push(*item);
            kinds.push(kind.number());
        }
    }
    let add = client
        .prepare_cached(
            "insert into ident (key, item, kind) select * from unnest($1::text[], $2::int[], $3::smallint[])",
        )
        .await?;
    client.execute(&add, &[&keys, &of, &kinds]).await?;
    Ok(())
}

/// Lengths and hashes; queues what has to be embedded anew. Returns the mean length to weigh with.
async fn write_lengths(
    client: &impl GenericClient,
    items: &[i32],
    gone: &[i32],
    texts: &HashMap<i32, Texts>,
    terms: &BTreeMap<i32, Terms>,
) -> Result<f32, StoreError> {
    let known =
        client.prepare_cached("select item, length, meaning_hash from search_item where item = any ($1)").await?;
    let known: HashMap<i32, (f32, Vec<u8>)> =
        client.query(&known, &[&items]).await?.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();

    for table in ["search_item", "embedding"] {
        let forget = client.prepare_cached(&format!("delete from {table} where item = any ($1)")).await?;
        client.execute(&forget, &[&gone]).await?;
    }
    let numbers: Vec<i32> = terms.keys().copied().collect();
    let lengths: Vec<f32> = terms.values().map(|terms| terms.length).collect();
    let hashes: Vec<Vec<u8>> = numbers.iter().map(|item| meaning_hash(&texts[item].meaning())).collect();
    let keep = client
        .prepare_cached(
            "insert into search_item (item, length, meaning_hash)
             select * from unnest($1::int[], $2::real[], $3::bytea[])
             on conflict (item) do update set length = excluded.length, meaning_hash = excluded.meaning_hash",
        )
        .await?;
    client.execute(&keep, &[&numbers, &lengths, &hashes]).await?;

    let changed: Vec<i32> = numbers
        .iter()
        .zip(&hashes)
        .filter(|(item, hash)| known.get(item).is_none_or(|(_, known)| known != *hash))
        .map(|(item, _)| *item)
        .collect();
    let queue = client
        .prepare_cached(
            "insert into embedding_stale (model, item) select m.id, u from embedding_model m, unnest($1::int[]) u",
        )
        .await?;
    client.execute(&queue, &[&changed]).await?;

    let more_items = numbers.len() as i32 - known.len() as i32;
    let more_length: f64 = lengths.iter().map(|length| f64::from(*length)).sum::<f64>()
        - known.values().map(|(length, _)| f64::from(*length)).sum::<f64>();
    let count = client
        .prepare_cached(
            "update search_stat set items = items + $1, total_length = total_length + $2, uncounted = uncounted + $3
             returning items, total_length, mean_length",
        )
        .await?;
    let row = client.query_one(&count, &[&more_items, &more_length, &(items.len() as i32)]).await?;
    let (count, total, frozen): (i32, f64, f32) = (row.get(0), row.get(1), row.get(2));
    if count > REWEIGHED_AT_ONCE || !drifted(count, total, frozen) {
        return Ok(frozen);
    }
    reweigh(client, (total / f64::from(count)) as f32).await
}

fn drifted(items: i32, total_length: f64, frozen: f32) -> bool {
    items > 0 && total_length > 0.0 && (total_length / f64::from(items) / f64::from(frozen) - 1.0).abs() > DRIFT
}

async fn write_postings(
    client: &impl GenericClient,
    items: &[i32],
    terms: &BTreeMap<i32, Terms>,
    lexemes: &HashMap<String, i32>,
    mean_length: f32,
) -> Result<(), StoreError> {
    let forget = client.prepare_cached("delete from posting where item = any ($1) returning lexeme").await?;
    let mut touched: BTreeSet<i32> =
        client.query(&forget, &[&items]).await?.iter().map(|row| row.get::<_, i32>(0)).collect();
    let mut rows: Vec<(i32, i32, f32)> = Vec::new();
    for (item, terms) in terms {
        for (stem, frequency) in &terms.stems {
            if let Some(lexeme) = lexemes.get(stem) {
                rows.push((*lexeme, *item, weight(*frequency, terms.length, mean_length)));
                touched.insert(*lexeme);
            }
        }
    }
    rows.sort_by_key(|(lexeme, item, _)| (*lexeme, *item));
    let (stems, of): (Vec<i32>, Vec<i32>) = rows.iter().map(|(lexeme, item, _)| (*lexeme, *item)).unzip();
    let weights: Vec<f32> = rows.iter().map(|(_, _, weight)| *weight).collect();
    let add = client
        .prepare_cached(
            "insert into posting (lexeme, item, weight) select * from unnest($1::int[], $2::int[], $3::real[])",
        )
        .await?;
    client.execute(&add, &[&stems, &of, &weights]).await?;
    let count = client
        .prepare_cached(
            "update lexeme l set items = (select count(*) from posting p where p.lexeme = l.id)
             where l.id = any ($1) and l.items < $2",
        )
        .await?;
    let touched: Vec<i32> = touched.into_iter().collect();
    client.execute(&count, &[&touched, &COUNTED_AT_ONCE]).await?;
    Ok(())
}

/// The BM25F weight of a stem in an item, without how rare the stem is.
fn weight(frequency: f32, length: f32, mean_length: f32) -> f32 {
    frequency * (bm25::K1 + 1.0) / (frequency + slowness(length, mean_length))
}

fn slowness(length: f32, mean_length: f32) -> f32 {
    bm25::K1 * (1.0 - bm25::B + bm25::B * length / mean_length.max(1.0))
}

/// Remakes all weights for another mean length; the frequency is what the old weight was made of.
async fn reweigh(client: &impl GenericClient, mean_length: f32) -> Result<f32, StoreError> {
    client
        .execute(
            // frequency = weight · slowness / (k1 + 1 - weight), from the definition of the weight.
            "update posting p
             set weight = (p.weight * o.slowness / ($2::float8 - p.weight)) * $2::float8
                          / (p.weight * o.slowness / ($2::float8 - p.weight) + o.new_slowness)
             from (select d.item, $3::float8 * (1 - $4::float8 + $4::float8 * d.length / greatest(s.mean_length, 1)) slowness,
                          $3::float8 * (1 - $4::float8 + $4::float8 * d.length / $1::float8) new_slowness
                   from search_item d, search_stat s) o
             where o.item = p.item",
            &[&f64::from(mean_length.max(1.0)), &f64::from(bm25::K1 + 1.0), &f64::from(bm25::K1), &f64::from(bm25::B)],
        )
        .await?;
    client.execute("update search_stat set mean_length = $1", &[&mean_length]).await?;
    Ok(mean_length)
}

/// Counts what has drifted: stems' items, words nobody uses any more, the weights when texts have become
/// longer or shorter. Does nothing while few items changed since the last time, unless `now`.
pub async fn settle(client: &mut Client, now: bool) -> Result<bool, StoreError> {
    let row = client.query_one("select items, total_length, mean_length, uncounted from search_stat", &[]).await?;
    let (items, uncounted): (i32, i32) = (row.get(0), row.get(3));
    if uncounted == 0 || (!now && uncounted < 100.max(items / 20)) {
        return Ok(false);
    }
    let transaction = unhurried(client).await?;
    transaction.execute("select pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    transaction
        .batch_execute(
            "update lexeme l set items = coalesce(c.items, 0)
             from lexeme k left join (select lexeme, count(*) items from posting group by lexeme) c on c.lexeme = k.id
             where l.id = k.id and l.items <> coalesce(c.items, 0);
             delete from word w using lexeme l where l.id = w.lexeme and l.items = 0;
             delete from lexeme where items = 0;
             update search_stat set uncounted = 0, (items, total_length) =
                 (select count(*)::int, coalesce(sum(length::float8), 0) from search_item)",
        )
        .await?;
    let row = transaction.query_one("select items, total_length, mean_length from search_stat", &[]).await?;
    let (items, total, frozen): (i32, f64, f32) = (row.get(0), row.get(1), row.get(2));
    if drifted(items, total, frozen) {
        reweigh(&transaction, (total / f64::from(items)) as f32).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Renews what the planner knows of the tables that searches read. After many changes at once: until autovacuum comes
/// by, it would look at every vector instead of walking the index over them.
pub async fn analyse(client: &mut Client) -> Result<(), StoreError> {
    let transaction = unhurried(client).await?;
    transaction.execute("select search_analyse()", &[]).await?;
    transaction.commit().await?;
    Ok(())
}

/// A transaction for upkeep, which nobody waits for: on a large inventory and a busy machine its statements may take longer
/// than a person's may.
pub(super) async fn unhurried(client: &mut Client) -> Result<Transaction<'_>, StoreError> {
    let transaction = client.transaction().await?;
    transaction.batch_execute("set local statement_timeout = 0").await?;
    Ok(transaction)
}
