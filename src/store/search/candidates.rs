//! The two statements that do the work: who may be a hit by words, looked up while the model still reads the question;
//! then who may be one by meaning, and the exact evidence of both for each of them.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use pgvector::HalfVector;
use tokio_postgres::Row;

use super::scope::{Scope, Sql, check, kind_names, not_archived};
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

/// Candidates by words, and by meaning; of a part of the items fewer, because each costs a longer way down the list.
const BY_WORDS: usize = 200;
const BY_MEANING: usize = 100;
const BY_MEANING_OF_PART: usize = 60;

/// The rarest words' lists are read up to so many rows together; the rest decides the order only. Of a few listed
/// items more are read, because most rows are not among them.
const ROWS_READ: usize = 5000;
const MOST_ROWS_READ: usize = 60_000;

/// As many rows as let a few hundred of the listed items be among them, were there a hundred thousand.
fn rows_read(listed: usize) -> i32 {
    (40_000_000 / listed.max(1)).clamp(ROWS_READ, MOST_ROWS_READ) as i32
}

/// How far down the two lists candidates are looked for when each has to be checked.
const CHECKED_BY_WORDS: usize = 3000;
const CHECKED_BY_MEANING: usize = 900;

/// The terms, as the arrays that a statement takes.
struct Stems {
    words: Vec<i32>,
    lexemes: Vec<i32>,
    weights: Vec<f32>,
    factors: Vec<f32>,
    items: Vec<i32>,
}

impl Stems {
    fn of(terms: &[Term]) -> Self {
        Self {
            words: terms.iter().map(|term| term.word).collect(),
            lexemes: terms.iter().map(|term| term.lexeme).collect(),
            weights: terms.iter().map(|term| term.weight).collect(),
            factors: terms.iter().map(|term| term.factor).collect(),
            items: terms.iter().map(|term| term.items).collect(),
        }
    }

    /// `q (word, lexeme, weight, factor, items)`, for a `with`.
    fn bind<'a>(&'a self, sql: &mut Sql<'a>) -> String {
        format!(
            "q as materialized (
             select * from unnest({}::int[], {}::int[], {}::real[], {}::real[], {}::int[])
             t(word, lexeme, weight, factor, items))",
            sql.bind(&self.words),
            sql.bind(&self.lexemes),
            sql.bind(&self.weights),
            sql.bind(&self.factors),
            sql.bind(&self.items),
        )
    }
}

/// What the words say of the items in `u`: per word of the question its best stem.
const WEIGHED: &str = "l as materialized (
         select item, sum(best)::real score, array_agg(word) words, array_agg(factor) factors from (
             select u.item, q.word, max(q.weight * p.weight) best, max(q.factor) factor
             from u cross join q
             cross join lateral (select weight from posting p where p.lexeme = q.lexeme and p.item = u.item offset 0) p
             group by u.item, q.word) b
         group by item)";

/// Who may be a hit by words, and what the words say of each; of meaning nothing yet.
pub async fn by_words(client: &impl GenericClient, terms: &[Term], scope: &Scope) -> Result<Vec<Evidence>, StoreError> {
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let stems = Stems::of(terms);
    let kinds = if let Scope::Many(filters) = scope { kind_names(filters) } else { Vec::new() };
    let rows_read = match scope {
        Scope::Few(listed) | Scope::Part(listed) => rows_read(listed.len()),
        Scope::All | Scope::Many(_) => ROWS_READ as i32,
    };

    let mut sql = Sql::default();
    let q = stems.bind(&mut sql);
    let rarest_first = format!(
        "{q},
         -- As far as the budget goes.
         e as materialized (
             select lexeme, weight from (
                 select q.*, sum(items) over (order by items, lexeme) read, row_number() over (order by items, lexeme) n
                 from q) z
             where n = 1 or read <= {}::int)",
        sql.bind(&rows_read),
    );
    let best = "group by 1 order by sum(p.weight * e.weight) desc, 1";
    let read = "e, lateral (select item, weight from posting p where p.lexeme = e.lexeme offset 0) p";
    let chosen = if let Scope::Few(listed) | Scope::Part(listed) = scope {
        let listed = sql.bind(listed);
        format!("select p.item from {read} where p.item in (select unnest({listed}::int[])) {best} limit {BY_WORDS}")
    } else {
        // In the order of the inner list, so that no more are checked than needed.
        let listed = if matches!(scope, Scope::All) { 2 * BY_WORDS } else { CHECKED_BY_WORDS };
        let allowed = allowed(scope, &kinds, &mut sql);
        format!(
            "select c.item from (select p.item from {read} {best} limit {listed}) c where {allowed} limit {BY_WORDS}"
        )
    };
    let text = format!(
        "with {rarest_first}, u as materialized ({chosen}), {WEIGHED}
         select l.item, null::real, l.score, l.words, l.factors from l"
    );
    let statement = client.prepare_cached(&text).await?;
    let rows = client.query(&statement, sql.params()).await?;
    Ok(rows.iter().map(read_evidence).collect())
}

fn read_evidence(row: &Row) -> Evidence {
    let words: Option<Vec<i32>> = row.get(3);
    let factors: Option<Vec<f32>> = row.get(4);
    Evidence {
        item: row.get(0),
        cosine: row.get(1),
        words: row.get(2),
        matched: words.unwrap_or_default().into_iter().zip(factors.unwrap_or_default()).collect(),
    }
}

/// The condition that `c.item` is one of the items in question.
fn allowed<'a>(scope: &'a Scope, kinds: &'a Vec<&'static str>, sql: &mut Sql<'a>) -> String {
    match scope {
        Scope::All => not_archived("c.item"),
        // `is true` keeps it a look into a hash for one candidate after the other, in their order.
        Scope::Few(listed) | Scope::Part(listed) => {
            format!("(c.item in (select unnest({}::int[]))) is true", sql.bind(listed))
        }
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
    by_words: Vec<Evidence>,
    sure: &[i32],
) -> Result<Vec<Evidence>, StoreError> {
    if asked.is_none() && sure.is_empty() {
        return Ok(by_words);
    }
    let stems = Stems::of(terms);
    let weighed: Vec<i32> = by_words.iter().map(|evidence| evidence.item).collect();
    let kinds = if let Scope::Many(filters) = scope { kind_names(filters) } else { Vec::new() };

    let mut sql = Sql::default();
    let q = stems.bind(&mut sql);
    let allowed = allowed(scope, &kinds, &mut sql);
    let weighed = sql.bind(&weighed);
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
                     where {allowed} limit {}",
                    if matches!(scope, Scope::All) { 3 * BY_MEANING } else { CHECKED_BY_MEANING },
                    if matches!(scope, Scope::Part(_)) { BY_MEANING_OF_PART } else { BY_MEANING },
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
        "with {q},
         by_meaning as materialized ({by_meaning}),
         w as materialized (select unnest({weighed}::int[]) as item),
         c as materialized (
             select item, min(distance) as distance from (
                 select item, null::float8 as distance from w
                 union all select item, distance from by_meaning
                 union all select item, null from ({sure_too}) sure(item)) c
             group by item),
         -- What the words say of the others.
         u as materialized (select c.item from c where c.item not in (select w.item from w)),
         {WEIGHED}
         select u.item, {cosine}, coalesce(l.score, 0)::real, l.words, l.factors from c u left join l on l.item = u.item"
    );
    let statement = client.prepare_cached(&text).await?;
    let rows = client.query(&statement, sql.params()).await?;
    let mut all: Vec<Evidence> = rows.iter().map(read_evidence).collect();
    let mut known: HashMap<i32, Evidence> = by_words.into_iter().map(|evidence| (evidence.item, evidence)).collect();
    for evidence in &mut all {
        if let Some(known) = known.remove(&evidence.item) {
            *evidence = Evidence { cosine: evidence.cosine, ..known };
        }
    }
    Ok(all)
}
