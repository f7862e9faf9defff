//! Which items the filters leave.
//!
//! Few enough are listed, and everything is exact over the list; of many, only those that come up as
//! candidates are checked. The planner alone chooses wrongly in between (measured: 93 ms at one in a hundred).

use deadpool_postgres::GenericClient;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::domain::{ItemId, ItemKind};
use crate::store::StoreError;

/// So many items are listed; looking at each of their vectors takes 5 ms.
pub const FEW: usize = 2500;

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

/// How conditions are written: the plan follows from it, whatever the planner guesses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the filters to all items they leave.
    Listed,
    /// From one item to whether the filters leave it.
    Checked,
}

/// Conditions on `item i`, all of which have to hold.
pub(super) fn conditions<'a>(
    filters: &'a Resolved,
    kinds: &'a Vec<&'static str>,
    way: Way,
    sql: &mut Sql<'a>,
) -> String {
    let related = |table: &str, holds: &str| match way {
        Way::Listed => format!("i.id in (select r.item from {table} r where {holds})"),
        Way::Checked => format!("exists (select from {table} r where r.item = i.id and {holds})"),
    };
    let mut all = vec![if filters.archived { "i.archived_at is not null" } else { "i.archived_at is null" }.to_owned()];
    if !kinds.is_empty() {
        all.push(format!("i.kind = any ({})", sql.bind(kinds)));
    }
    for holders in &filters.inside {
        let holders = sql.bind(holders);
        let holds = match way {
            Way::Listed => format!("r.holder = any ({holders}::uuid[])"),
            // `is true` keeps it a look into a hash made once; an array would be walked for every item.
            Way::Checked => format!("(r.holder in (select unnest({holders}::uuid[]))) is true"),
        };
        all.push(related("stock", &holds));
    }
    for tag in &filters.tags {
        let holds = format!("r.tag = (select t.id from tag t where lower(t.name) = {}::text)", sql.bind(tag));
        all.push(related("item_tag", &holds));
    }
    if filters.low {
        all.push(related("balance", "r.low_since is not null"));
    }
    if filters.lent {
        all.push(related("balance", "r.lent > 0"));
    }
    all.join(" and ")
}

/// The same for one candidate. `offset 0` keeps the planner from looking up everything the filters leave instead
/// (measured: 70,000 pages for 2,000 candidates).
pub(super) fn check<'a>(filters: &'a Resolved, kinds: &'a Vec<&'static str>, item: &str, sql: &mut Sql<'a>) -> String {
    let conditions = conditions(filters, kinds, Way::Checked, sql);
    format!("exists (select from item i where i.seq = {item} and {conditions} offset 0)")
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
    let conditions = conditions(&filters, &kinds, Way::Listed, &mut sql);
    let text = format!("select i.seq from item i where {conditions} limit {}", FEW + 1);
    // Which filter is the selective one differs from search to search.
    client.batch_execute("set local plan_cache_mode = force_custom_plan").await?;
    let statement = client.prepare_cached(&text).await?;
    let rows = client.query(&statement, sql.params()).await?;
    client.batch_execute("set local plan_cache_mode = force_generic_plan").await?;
    if rows.len() > FEW {
        return Ok(Scope::Many(filters));
    }
    Ok(Scope::Few(rows.iter().map(|row| row.get(0)).collect()))
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
    let conditions = conditions(filters, &kinds, Way::Listed, &mut sql);
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
