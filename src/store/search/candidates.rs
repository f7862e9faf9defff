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

/// The evidence for everything that may be a hit, and for the items in `sure`.
pub async fn find(
    client: &impl GenericClient,
    terms: &[Term],
    asked: Option<&Asked>,
    scope: &Scope,
    sure: &[i32],
) -> Result<Vec<Evidence>, StoreError> {
    let words: Vec<i32> = terms.iter().map(|term| term.word).collect();
    let lexemes: Vec<i32> = terms.iter().map(|term| term.lexeme).collect();
    let weights: Vec<f32> = terms.iter().map(|term| term.weight).collect();
    let factors: Vec<f32> = terms.iter().map(|term| term.factor).collect();
    let items: Vec<i32> = terms.iter().map(|term| term.items).collect();
    let (none, kinds) = (Vec::new(), if let Scope::Many(filters) = scope { kind_names(filters) } else { Vec::new() });
    let few = if let Scope::Few(few) = scope { few } else { &none };
    let rows_read = if matches!(scope, Scope::Few(_)) { ROWS_READ_OF_FEW } else { ROWS_READ };

    let mut sql = Sql::default();
    let asked_words = format!(
        "q as materialized (
             select * from unnest({}::int[], {}::int[], {}::real[], {}::real[], {}::int[])
                 t(word, lexeme, weight, factor, items)),
         -- The rarest first, as far as the budget goes.
         e as materialized (
             select lexeme, weight from (
                 select q.*, sum(items) over (order by items, lexeme) read, row_number() over (order by items, lexeme) n
                 from q) z
             where n = 1 or read <= {}::int),
         few as materialized (select unnest({}::int[]) as item)",
        sql.bind(&words),
        sql.bind(&lexemes),
        sql.bind(&weights),
        sql.bind(&factors),
        sql.bind(&items),
        sql.bind(&rows_read),
        sql.bind(few),
    );
    let allowed = match scope {
        Scope::All => "c.item not in (select seq from item where archived_at is not null)".to_owned(),
        Scope::Few(_) => "c.item in (select item from few)".to_owned(),
        Scope::Many(filters) => check(filters, &kinds, "c.item", &mut sql),
    };
    let by_words = if let Scope::Few(_) = scope {
        format!(
            "select p.item from e, lateral (select item, weight from posting p where p.lexeme = e.lexeme offset 0) p
             where p.item in (select item from few)
             group by 1 order by sum(p.weight * e.weight) desc, 1 limit {BY_WORDS}"
        )
    } else {
        // In the order of the inner list, so that no more are checked than needed.
        let listed = if matches!(scope, Scope::All) { 2 * BY_WORDS } else { CHECKED_BY_WORDS };
        format!(
            "select c.item from (
                 select p.item from e, lateral (select item, weight from posting p where p.lexeme = e.lexeme offset 0) p
                 group by 1 order by sum(p.weight * e.weight) desc, 1 limit {listed}) c
             where {allowed} limit {BY_WORDS}"
        )
    };
    let sure = sql.bind(&sure);
    let (by_meaning, cosine) = match asked {
        None => ("select null::int as item where false".to_owned(), "null::real".to_owned()),
        Some(asked) => {
            let (model, vector) = (sql.bind(&asked.model), sql.bind(&asked.vector));
            let cosine = format!(
                "(select (1 - (v.vector <=> {vector}))::real from embedding v where v.model = {model} and v.item = u.item offset 0)"
            );
            let nearest = match scope {
                Scope::Few(_) => format!(
                    "select f.item from few f
                     cross join lateral (select vector from embedding v where v.model = {model} and v.item = f.item offset 0) v
                     order by v.vector <=> {vector} limit {BY_MEANING}"
                ),
                _ => format!(
                    "select c.item from (
                         select item from embedding where model = {model} order by vector <=> {vector}
                         limit {}) c
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
         by_words as materialized ({by_words}),
         by_meaning as materialized ({by_meaning}),
         u as materialized (
             select item from by_words union select item from by_meaning union {sure_too})
         select u.item, {cosine}, coalesce(l.score, 0)::real, l.words, l.factors
         from u
         left join lateral (
             select sum(best) score, array_agg(word) words, array_agg(factor) factors from (
                 select q.word, max(q.weight * p.weight) best, max(q.factor) factor
                 from q, lateral (select weight from posting p where p.lexeme = q.lexeme and p.item = u.item offset 0) p
                 group by q.word) b) l on true"
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
