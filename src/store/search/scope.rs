//! Which items the filters leave.
//!
//! Few enough are listed, and everything is exact over the list; of a part, what comes up as a candidate is looked up
//! in the list; of many, only those that come up are checked. The planner alone chooses wrongly in between
//! (measured: 93 ms at one in a hundred).

use deadpool_postgres::GenericClient;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::domain::{ItemId, ItemKind};
use crate::store::StoreError;

/// Each vector of so many items is looked at, which takes 11 ms.
pub const FEW: usize = 6000;
/// So many items are listed, which takes 3 ms.
const PART: usize = 12_000;

/// Filters with every name resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Per demanded place all holders in question; an empty list leaves nothing.
    pub inside: Vec<Vec<Uuid>>,
    /// Folded to lower case.
    pub tags: Vec<String>,
    pub kinds: Vec<ItemKind>,
    pub low: bool,
    pub lent: bool,
    pub archived: bool,
}

impl Resolved {
    /// Only that archived items are left out.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What the candidates are drawn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything that is not archived.
    All,
    /// These items.
    Few(Vec<i32>),
    /// These items, too many to look at each.
    Part(Vec<i32>),
    /// Too many to list: each candidate is checked.
    Many(Resolved),
}

/// A statement's text and parameters, grown together.
#[derive(Default)]
pub(super) struct Sql<'a> {
    params: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Sql<'a> {
    /// The placeholder of one more parameter.
    pub fn bind(&mut self, value: &'a (dyn ToSql + Sync)) -> String {
        self.params.push(value);
        format!("${}", self.params.len())
    }

    pub fn params(&self) -> &[&'a (dyn ToSql + Sync)] {
        &self.params
    }
}

/// The numbers of the items that each filter leaves, as statements: those that leave the fewest first.
fn sets<'a>(filters: &'a Resolved, kinds: &'a Vec<&'static str>, sql: &mut Sql<'a>) -> Vec<String> {
    let mut all = Vec::new();
    for (asked, holds) in [(filters.low, "r.low_since is not null"), (filters.lent, "r.lent > 0")] {
        if asked {
            all.push(format!("select i.seq from balance r join item i on i.id = r.item where {holds}"));
        }
    }
    for tag in &filters.tags {
        all.push(format!("select r.item_seq from item_tag r where r.tag = {}", tag_named(tag, sql)));
    }
    for holders in &filters.inside {
        all.push(format!("select r.item_seq from stock r where r.holder = any ({}::uuid[])", sql.bind(holders)));
    }
    if !kinds.is_empty() {
        let archived = if filters.archived { "is not null" } else { "is null" };
        all.push(format!(
            "select i.seq from item i where i.kind = any ({}) and i.archived_at {archived}",
            sql.bind(kinds)
        ));
    }
    if filters.archived {
        all.push("select i.seq from item i where i.archived_at is not null".to_owned());
    }
    all
}

fn tag_named<'a>(tag: &'a String, sql: &mut Sql<'a>) -> String {
    format!("(select t.id from tag t where lower(t.name) = {}::text)", sql.bind(tag))
}

/// That the number `item` is not an archived item's; they are few, so that they make a small hash.
pub(super) fn not_archived(item: &str) -> String {
    format!("{item} not in (select seq from item where archived_at is not null)")
}

/// All conditions on the number `item`: in the order of the filters, by way of everything that each of them leaves.
fn conditions<'a>(filters: &'a Resolved, kinds: &'a Vec<&'static str>, item: &str, sql: &mut Sql<'a>) -> String {
    let mut all: Vec<String> = sets(filters, kinds, sql).iter().map(|set| format!("{item} in ({set})")).collect();
    if !filters.archived {
        all.push(not_archived(item));
    }
    all.join(" and ")
}

/// The same for one candidate, by way of that candidate. `offset 0` keeps the planner from looking up everything the
/// filters leave instead (measured: 70,000 pages for 2,000 candidates).
pub(super) fn check<'a>(filters: &'a Resolved, kinds: &'a Vec<&'static str>, item: &str, sql: &mut Sql<'a>) -> String {
    let mut all = Vec::new();
    if !filters.archived {
        all.push(not_archived(item));
    }
    for tag in &filters.tags {
        let tag = tag_named(tag, sql);
        all.push(format!("exists (select from item_tag r where r.item_seq = {item} and r.tag = {tag} offset 0)"));
    }
    for holders in &filters.inside {
        // `is true` keeps it a look into a hash made once; an array would be walked for every item.
        let held = format!("(r.holder in (select unnest({}::uuid[]))) is true", sql.bind(holders));
        all.push(format!("exists (select from stock r where r.item_seq = {item} and {held} offset 0)"));
    }
    let mut of_item = Vec::new();
    if !kinds.is_empty() {
        of_item.push(format!("i.kind = any ({})", sql.bind(kinds)));
    }
    if filters.archived {
        of_item.push("i.archived_at is not null".to_owned());
    }
    for (asked, holds) in [(filters.low, "r.low_since is not null"), (filters.lent, "r.lent > 0")] {
        if asked {
            of_item.push(format!("exists (select from balance r where r.item = i.id and {holds})"));
        }
    }
    if !of_item.is_empty() {
        let of_item = of_item.join(" and ");
        all.push(format!("exists (select from item i where i.seq = {item} and {of_item} offset 0)"));
    }
    all.join(" and ")
}

pub(super) fn kind_names(filters: &Resolved) -> Vec<&'static str> {
    filters.kinds.iter().map(|kind| kind.as_str()).collect()
}

/// Lists what the filters leave, when it is few enough.
pub async fn decide(client: &impl GenericClient, filters: Resolved) -> Result<Scope, StoreError> {
    if filters.is_default() {
        return Ok(Scope::All);
    }
    if filters.inside.iter().any(Vec::is_empty) {
        return Ok(Scope::Few(Vec::new()));
    }
    let kinds = kind_names(&filters);
    let mut sql = Sql::default();
    // From one set to the others, never by way of all items.
    let mut sets = sets(&filters, &kinds, &mut sql).into_iter();
    let first = sets.next().unwrap_or_default();
    let mut others: Vec<String> = sets.map(|set| format!("s.seq in ({set})")).collect();
    if !filters.archived && kinds.is_empty() {
        others.push(not_archived("s.seq"));
    }
    let others = if others.is_empty() { "true".to_owned() } else { others.join(" and ") };
    let text = format!("select s.seq from ({first}) s(seq) where {others} limit {}", PART + 1);
    // Which filter is the selective one differs from search to search.
    client.batch_execute("set local plan_cache_mode = force_custom_plan").await?;
    let statement = client.prepare_cached(&text).await?;
    let rows = client.query(&statement, sql.params()).await?;
    client.batch_execute("set local plan_cache_mode = force_generic_plan").await?;
    if rows.len() > PART {
        return Ok(Scope::Many(filters));
    }
    let mut numbers: Vec<i32> = rows.iter().map(|row| row.get(0)).collect();
    // What lies in several places was listed for each.
    numbers.sort_unstable();
    numbers.dedup();
    Ok(if numbers.len() > FEW { Scope::Part(numbers) } else { Scope::Few(numbers) })
}

/// What the filters leave, by name: a page of it, and how many there are.
pub async fn browse(
    client: &impl GenericClient,
    filters: &Resolved,
    limit: i64,
    offset: i64,
) -> Result<(Vec<ItemId>, i64), StoreError> {
    if filters.inside.iter().any(Vec::is_empty) {
        return Ok((Vec::new(), 0));
    }
    let kinds = kind_names(filters);
    let mut sql = Sql::default();
    let conditions = conditions(filters, &kinds, "i.seq", &mut sql);
    let count = client.prepare_cached(&format!("select count(*) from item i where {conditions}")).await?;
    let total: i64 = client.query_one(&count, sql.params()).await?.get(0);
    let (limit, offset) = (sql.bind(&limit).clone(), sql.bind(&offset).clone());
    let page = client
        .prepare_cached(&format!(
            "select i.id from item i where {conditions} order by i.name, i.id limit {limit} offset {offset}"
        ))
        .await?;
    let rows = client.query(&page, sql.params()).await?;
    Ok((rows.iter().map(|row| ItemId(row.get(0))).collect(), total))
}
