//! The one statement that does the work: who may be a hit, by words and by meaning, and the exact evidence of
//! both for each of them.

use deadpool_postgres::GenericClient;
use pgvector::HalfVector;

use super::scope::{Scope, Sql, check, kind_names};
use crate::store::StoreError;

/// A stem to look for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// Which word of the question it stands for; several stems may stand for one.
    pub word: i32,
    pub lexeme: i32,
    /// How rare it is, times `factor`.
    pub weight: f32,
    /// How surely the stem is what was meant, 0 to 1.
    pub factor: f32,
    /// In how many items it occurs.
    pub items: i32,
}

/// The question's vector, and whose it is.
#[derive(Debug, Clone)]
pub struct Asked {
    pub model: i16,
    pub vector: HalfVector,
}

/// The evidence for one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub item: i32,
    pub cosine: Option<f32>,
    pub words: f32,
    /// Per matched word of the question: which, and how surely.
    pub matched: Vec<(i32, f32)>,
}

/// Candidates by words, and by meaning.
const BY_WORDS: usize = 200;
const BY_MEANING: usize = 100;

/// The rarest words' lists are read up to so many rows together; the rest decides the order only. Of a few
/// listed items more are read, because most rows are not among them.
const ROWS_READ: i32 = 5000;
const ROWS_READ_OF_FEW: i32 = 60_000;

/// How far down the two lists candidates are looked for when each has to be checked.
const CHECKED_BY_WORDS: usize = 3000;
const CHECKED_BY_MEANING: usize = 2000;

/// Who may be a hit by words, the best first.
pub async fn by_words(client: &impl GenericClient, terms: &[Term], scope: &Scope) -> Result<Vec<i32>, StoreError> {
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let lexemes: Vec<i32> = terms.iter().map(|term| term.lexeme).collect();
    let weights: Vec<f32> = terms.iter().map(|term| term.weight).collect();
    let items: Vec<i32> = terms.iter().map(|term| term.items).collect();
    let kinds = if let Scope::Many(filters) = scope { kind_names(filters) } else { Vec::new() };
    let rows_read = if matches!(scope, Scope::Few(_)) { ROWS_READ_OF_FEW } else { ROWS_READ };

    let mut sql = Sql::default();
    let rarest_first = format!(
        "q as materialized (
             select * from unnest({}::int[], {}::real[], {}::int[]) t(lexeme, weight, items)),
         -- As far as the budget goes.
         e as materialized (
             select lexeme, weight from (
                 select q.*, sum(items) over (order by items, lexeme) read, row_number() over (order by items, lexeme) n
                 from q) z
             where n = 1 or read <= {}::int)",
        sql.bind(&lexemes),
        sql.bind(&weights),
        sql.bind(&items),
        sql.bind(&rows_read),
    );
    let best = "group by 1 order by sum(p.weight * e.weight) desc, 1";
    let read = "e, lateral (select item, weight from posting p where p.lexeme = e.lexeme offset 0) p";
    let chosen = if let Scope::Few(few) = scope {
        let few = sql.bind(few);
        format!("select p.item from {read} where p.item in (select unnest({few}::int[])) {best} limit {BY_WORDS}")
    } else {
        // In the order of the inner list, so that no more are checked than needed.
        let listed = if matches!(scope, Scope::All) { 2 * BY_WORDS } else { CHECKED_BY_WORDS };
        let allowed = allowed(scope, &kinds, &mut sql);
        format!(
            "select c.item from (select p.item from {read} {best} limit {listed}) c where {allowed} limit {BY_WORDS}"
        )
    };
    let statement = client.prepare_cached(&format!("with {rarest_first} {chosen}")).await?;
    let rows = client.query(&statement, sql.params()).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The condition that `c.item` is one of the items in question.
fn allowed<'a>(scope: &'a Scope, kinds: &'a Vec<&'static str>, sql: &mut Sql<'a>) -> String {
    match scope {
        Scope::All => "c.item not in (select seq from item where archived_at is not null)".to_owned(),
        Scope::Few(few) => format!("c.item in (select unnest({}::int[]))", sql.bind(few)),
        Scope::Many(filters) => check(filters, kinds, "c.item", sql),
    }
}

/// The evidence for what the words brought ([`by_words`]), for what is nearest in meaning, and for the items in `sure`,
/// which were typed exactly.
pub async fn evidence(
    client: &impl GenericClient,
    terms: &[Term],
    asked: Option<&Asked>,
    scope: &Scope,
    by_words: &[i32],
    sure: &[i32],
) -> Result<Vec<Evidence>, StoreError> {
    let words: Vec<i32> = terms.iter().map(|term| term.word).collect();
    let lexemes: Vec<i32> = terms.iter().map(|term| term.lexeme).collect();
    let weights: Vec<f32> = terms.iter().map(|term| term.weight).collect();
    let factors: Vec<f32> = terms.iter().map(|term| term.factor).collect();
    let kinds = if let Scope::Many(filters) = scope { kind_names(filters) } else { Vec::new() };

    let mut sql = Sql::default();
    let asked_words = format!(
        "q as materialized (
             select * from unnest({}::int[], {}::int[], {}::real[], {}::real[]) t(word, lexeme, weight, factor))",
        sql.bind(&words),
        sql.bind(&lexemes),
        sql.bind(&weights),
        sql.bind(&factors),
    );
    let allowed = allowed(scope, &kinds, &mut sql);
    let by_words = sql.bind(&by_words);
    let sure = sql.bind(&sure);
    let (by_meaning, cosine) = match asked {
        None => ("select null::int as item, null::float8 as distance where false".to_owned(), "null::real".to_owned()),
        Some(asked) => {
            let (model, vector) = (sql.bind(&asked.model), sql.bind(&asked.vector));
            let cosine = format!(
                "(1 - coalesce(u.distance, (
                     select v.vector <=> {vector} from embedding v where v.model = {model} and v.item = u.item offset 0)))::real"
            );
            let nearest = match scope {
                Scope::Few(few) => format!(
                    "select f.item, v.vector <=> {vector} as distance from unnest({}::int[]) f(item)
                     cross join lateral (select vector from embedding v where v.model = {model} and v.item = f.item offset 0) v
                     order by distance limit {BY_MEANING}",
                    sql.bind(few)
                ),
                _ => format!(
                    "select c.item, c.distance from (
                         select item, vector <=> {vector} as distance from embedding where model = {model}
                         order by vector <=> {vector} limit {}) c
                     where {allowed} limit {BY_MEANING}",
                    if matches!(scope, Scope::All) { 3 * BY_MEANING } else { CHECKED_BY_MEANING }
                ),
            };
            (nearest, cosine)
        }
    };
    let sure_too = match scope {
        // What was typed exactly was checked when it was looked up.
        Scope::All => format!("select unnest({sure}::int[])"),
        _ => format!("select c.item from unnest({sure}::int[]) c(item) where {allowed}"),
    };
    let text = format!(
        "with {asked_words},
         by_meaning as materialized ({by_meaning}),
         u as materialized (
             select item, min(distance) as distance from (
                 select unnest({by_words}::int[]) as item, null::float8 as distance
                 union all select item, distance from by_meaning
                 union all select item, null from ({sure_too}) sure(item)) c
             group by item),
         l as materialized (
             select item, sum(best) score, array_agg(word) words, array_agg(factor) factors from (
                 select u.item, q.word, max(q.weight * p.weight) best, max(q.factor) factor
                 from u cross join q
                 cross join lateral (select weight from posting p where p.lexeme = q.lexeme and p.item = u.item offset 0) p
                 group by u.item, q.word) b
             group by item)
         select u.item, {cosine}, coalesce(l.score, 0)::real, l.words, l.factors from u left join l on l.item = u.item"
    );
    let statement = client.prepare_cached(&text).await?;
    let rows = client.query(&statement, sql.params()).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let words: Option<Vec<i32>> = row.get(3);
            let factors: Option<Vec<f32>> = row.get(4);
            Evidence {
                item: row.get(0),
                cosine: row.get(1),
                words: row.get(2),
                matched: words.unwrap_or_default().into_iter().zip(factors.unwrap_or_default()).collect(),
            }
        })
        .collect())
}
