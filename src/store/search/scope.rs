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

/// Conditions on `item i`, all of which have to hold.
pub(super) fn conditions<'a>(filters: &'a Resolved, kinds: &'a Vec<&'static str>, sql: &mut Sql<'a>) -> String {
    let mut all = vec![if filters.archived { "i.archived_at is not null" } else { "i.archived_at is null" }.to_owned()];
    if !kinds.is_empty() {
        all.push(format!("i.kind = any ({})", sql.bind(kinds)));
    }
    for holders in &filters.inside {
        all.push(format!("i.id in (select s.item from stock s where s.holder = any ({}::uuid[]))", sql.bind(holders)));
    }
    for tag in &filters.tags {
        all.push(format!(
            "i.id in (select x.item from item_tag x join tag t on t.id = x.tag where lower(t.name) = {}::text)",
            sql.bind(tag)
        ));
    }
    if filters.low {
        all.push("i.id in (select b.item from balance b where b.low_since is not null)".into());
    }
    if filters.lent {
        all.push("i.id in (select b.item from balance b where b.lent > 0)".into());
    }
    all.join(" and ")
}

/// The same for one candidate, looked up one by one.
pub(super) fn check<'a>(filters: &'a Resolved, kinds: &'a Vec<&'static str>, item: &str, sql: &mut Sql<'a>) -> String {
    let conditions = conditions(filters, kinds, sql)
        .replace("i.id in (select s.item from stock s where", "exists (select from stock s where s.item = i.id and")
        .replace(
            "i.id in (select x.item from item_tag x join tag t on t.id = x.tag where",
            "exists (select from item_tag x join tag t on t.id = x.tag where x.item = i.id and",
        )
        .replace(
            "i.id in (select b.item from balance b where",
            "exists (select from balance b where b.item = i.id and",
        );
    format!("exists (select from item i where i.seq = {item} and {conditions})")
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
    let conditions = conditions(&filters, &kinds, &mut sql);
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
    let conditions = conditions(filters, &kinds, &mut sql);
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
