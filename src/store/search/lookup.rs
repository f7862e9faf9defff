//! The small look-ups of a search: words, exact keys, near spellings, places by name.

use deadpool_postgres::GenericClient;
use uuid::Uuid;

use crate::domain::search::spelling::{self, Neighbour};
use crate::domain::search::{IdentKind, words};
use crate::store::StoreError;

/// How much there is to search in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    pub items: i32,
    /// The model's number, when it has vectors here.
    pub model: Option<i16>,
}

/// A stem that occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexeme {
    pub text: String,
    pub id: i32,
    /// In how many items.
    pub items: i32,
}

/// An item whose key is what was typed, or begins with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact {
    pub item: i32,
    pub kind: IdentKind,
    /// The whole key was typed, not just its beginning.
    pub whole: bool,
    pub archived: bool,
}

/// A holder whose name is part of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPlace {
    pub key: String,
    pub id: Uuid,
}

/// How much there is.
pub async fn size(client: &impl GenericClient, model: Option<&str>) -> Result<Size, StoreError> {
    let statement = client
        .prepare_cached("select items, (select id from embedding_model where name = $1) from search_stat")
        .await?;
    let row = client.query_one(&statement, &[&model]).await?;
    Ok(Size { items: row.get(0), model: row.get(1) })
}

/// Those of the stems that occur in any item.
pub async fn lexemes(client: &impl GenericClient, stems: &[String]) -> Result<Vec<Lexeme>, StoreError> {
    let statement =
        client.prepare_cached("select text, id, items from lexeme where text = any ($1) and items > 0").await?;
    let rows = client.query(&statement, &[&stems]).await?;
    Ok(rows.iter().map(|row| Lexeme { text: row.get(0), id: row.get(1), items: row.get(2) }).collect())
}

/// The commonest stems of words that begin with `prefix`.
pub async fn unfinished(client: &impl GenericClient, prefix: Option<&str>) -> Result<Vec<Lexeme>, StoreError> {
    let Some(prefix) = prefix else { return Ok(Vec::new()) };
    let statement = client
        .prepare_cached(
            "select l.text, l.id, l.items from
                 (select distinct lexeme from (select lexeme from word where text >= $1 and text < $2 limit 2000) w) w
             join lexeme l on l.id = w.lexeme and l.items > 0
             order by l.items desc, l.id limit 6",
        )
        .await?;
    let rows = client.query(&statement, &[&prefix, &after(prefix)]).await?;
    Ok(rows.iter().map(|row| Lexeme { text: row.get(0), id: row.get(1), items: row.get(2) }).collect())
}

/// The first text behind all that begin with `prefix`, in the byte order the keys are kept in.
fn after(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

/// Known words near a misspelt one, in no order.
pub async fn neighbours(
    client: &impl GenericClient,
    word: &str,
    least_items: i32,
) -> Result<Vec<Neighbour>, StoreError> {
    let letters = word.chars().count();
    let tolerance = spelling::tolerance(word);
    let statement = client
        .prepare_cached(
            "(select w.text, w.lexeme, l.items, similarity(w.text, $1) as alike
              from word w join lexeme l on l.id = w.lexeme
              where w.text % $1 and length(w.text) between $2 and $3 and l.items >= $4
              order by alike desc, l.items desc, w.text limit 40)
             union
             -- Two letters exchanged leave a short word hardly a trigram.
             select w.text, w.lexeme, l.items, similarity(w.text, $1)
             from word w join lexeme l on l.id = w.lexeme
             where w.text = any ($5) and l.items >= $4",
        )
        .await?;
    let (shortest, longest) = ((letters - tolerance.min(letters)) as i32, (letters + tolerance) as i32);
    let swapped = spelling::swapped(word);
    let rows = client.query(&statement, &[&word, &shortest, &longest, &least_items, &swapped]).await?;
    Ok(rows
        .iter()
        .map(|row| Neighbour { word: row.get(0), lexeme: row.get(1), items: row.get(2), similarity: row.get(3) })
        .collect())
}

/// Items one of whose keys is one of `keys`; failing that, few whose code, serial or model number begins
/// with `unfinished`.
pub async fn exact(
    client: &impl GenericClient,
    keys: &[String],
    unfinished: Option<&str>,
) -> Result<Vec<Exact>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let statement = client
        .prepare_cached(
            "(select x.item, x.kind, true, i.archived_at is not null
              from ident x join item i on i.seq = x.item where x.key = any ($1) order by x.kind = 3, x.kind, x.item limit 60)
             union all
             (select x.item, x.kind, false, i.archived_at is not null
              from ident x join item i on i.seq = x.item where x.key >= $2 and x.key < $3 and x.kind <> 3 limit 9)",
        )
        .await?;
    let from = unfinished.unwrap_or("~");
    let rows = client.query(&statement, &[&keys, &from, &after(from)]).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let kind = IdentKind::from_number(row.get(1))?;
            Some(Exact { item: row.get(0), kind, whole: row.get(2), archived: row.get(3) })
        })
        .collect())
}

/// Holders with one of these names (as keys).
pub async fn named_places(client: &impl GenericClient, keys: &[String]) -> Result<Vec<NamedPlace>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let statement = client
        .prepare_cached(
            "select x.key, i.id from ident x join item i on i.seq = x.item
             where x.key = any ($1) and x.kind = 3 and i.kind in ('location', 'container') and i.archived_at is null
             limit 50",
        )
        .await?;
    let rows = client.query(&statement, &[&keys]).await?;
    Ok(rows.iter().map(|row| NamedPlace { key: row.get(0), id: row.get(1) }).collect())
}

/// Holders that `name` names: by code or name, else by the beginning of the name.
pub async fn places(client: &impl GenericClient, name: &str) -> Result<Vec<Uuid>, StoreError> {
    let key = words::key(name);
    if key.is_empty() {
        return Ok(Vec::new());
    }
    let statement = client
        .prepare_cached(
            "with whole as materialized (
                 select distinct i.id from ident x join item i on i.seq = x.item
                 where x.key = $1 and x.kind in (1, 3) and i.kind in ('location', 'container'))
             select id from whole
             union all
             (select distinct i.id from ident x join item i on i.seq = x.item
              where not exists (select from whole) and x.key >= $1 and x.key < $2 and x.kind = 3
                and i.kind in ('location', 'container') limit 50)",
        )
        .await?;
    let rows = client.query(&statement, &[&key, &after(&key)]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// These holders and all holders below them.
pub async fn holders_below(client: &impl GenericClient, tops: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let statement = client
        .prepare_cached(
            "with recursive below as (
                 select unnest($1::uuid[]) as id
                 union
                 select s.item from below b
                 cross join lateral (select item from stock s where s.holder = b.id
                                     and s.item_kind in ('location', 'container') offset 0) s)
             select id from below",
        )
        .await?;
    let rows = client.query(&statement, &[&tops]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
