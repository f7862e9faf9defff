//! Long lists of items, sorted and filtered, and the tree of places.

use deadpool_postgres::GenericClient;
use rust_decimal::Decimal;
use time::Date;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{StoreError, parsed};
use crate::domain::{ItemId, ItemKind, LotId};

/// Which items a list shows. Empty: all that are not archived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// In this holder, or in any holder inside it.
    pub inside: Option<ItemId>,
    /// Directly in this holder.
    pub directly_in: Option<ItemId>,
    /// One of these kinds; empty: any.
    pub kinds: Vec<ItemKind>,
    /// Carrying all of these tags, in any case.
    pub tags: Vec<String>,
    pub low: bool,
    pub lent: bool,
    /// Archived ones instead of the others.
    pub archived: bool,
    pub instance_of: Option<ItemId>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ListOrder {
    #[default]
    Name,
    NameDescending,
    /// Lately moved first.
    Moved,
    MovedAscending,
    /// Most on hand first.
    OnHand,
    OnHandAscending,
    /// Lately made first.
    Created,
}

impl ListOrder {
    fn sql(self) -> &'static str {
        match self {
            Self::Name => "i.name, i.id",
            Self::NameDescending => "i.name desc, i.id",
            Self::Moved => "b.moved_at desc nulls last, i.id",
            Self::MovedAscending => "b.moved_at nulls first, i.id",
            Self::OnHand => "coalesce(b.on_hand, 0) desc, i.name, i.id",
            Self::OnHandAscending => "coalesce(b.on_hand, 0), i.name, i.id",
            Self::Created => "i.created_at desc, i.id desc",
        }
    }
}

/// The ids of all items that pass, in order: a list loads what it shows of them as it is scrolled.
/// At most `limit`.
pub async fn ids(
    client: &impl GenericClient,
    filter: &ListFilter,
    order: ListOrder,
    limit: i64,
) -> Result<Vec<ItemId>, StoreError> {
    let mut sql = String::from("select i.id from item i left join balance b on b.item = i.id where ");
    sql.push_str(&conditions(filter));
    sql.push_str(" order by ");
    sql.push_str(order.sql());
    sql.push_str(" limit $6");
    query(client, &sql, filter, limit, &[]).await
}

/// At most `limit` of the items that pass, in the order of their ids, behind `after`: pages that neither skip nor repeat
/// anything while the list changes.
pub async fn page(
    client: &impl GenericClient,
    filter: &ListFilter,
    after: Option<ItemId>,
    limit: i64,
) -> Result<Vec<ItemId>, StoreError> {
    let sql = format!(
        "select i.id from item i left join balance b on b.item = i.id
         where ($8::uuid is null or i.id > $8) and {} order by i.id limit $6",
        conditions(filter)
    );
    query(client, &sql, filter, limit, &[&after.map(|id| id.0)]).await
}

async fn query(
    client: &impl GenericClient,
    sql: &str,
    filter: &ListFilter,
    limit: i64,
    further: &[&(dyn ToSql + Sync)],
) -> Result<Vec<ItemId>, StoreError> {
    let kinds: Vec<&str> = filter.kinds.iter().map(|k| k.as_str()).collect();
    let tags: Vec<String> = filter.tags.iter().map(|t| t.to_lowercase()).collect();
    let wanted = i64::try_from(tags.len()).unwrap_or(i64::MAX);
    let [inside, directly_in, product] =
        [filter.inside, filter.directly_in, filter.instance_of].map(|id| id.map(|id| id.0));
    let mut parameters: Vec<&(dyn ToSql + Sync)> =
        vec![&inside, &kinds, &tags, &wanted, &directly_in, &limit, &product];
    parameters.extend_from_slice(further);
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, &parameters).await?;
    Ok(rows.iter().map(|row| ItemId(row.get(0))).collect())
}

/// Conditions that are not asked for are not in the statement, so that the planner sees a simple one.
fn conditions(filter: &ListFilter) -> String {
    let mut sql = String::from(
        "($1::uuid is null or true) and ($2::text[] is null or true) and ($3::text[] is null or true)
           and ($4::bigint is null or true) and ($5::uuid is null or true) and ($7::uuid is null or true)",
    );
    sql.push_str(if filter.archived { " and i.archived_at is not null" } else { " and i.archived_at is null" });
    if filter.inside.is_some() {
        sql.push_str(" and i.id in (select s.item from stock s where s.holder in (select holders_inside($1)))");
    }
    if filter.directly_in.is_some() {
        sql.push_str(" and i.id in (select s.item from stock s where s.holder = $5)");
    }
    if !filter.kinds.is_empty() {
        sql.push_str(" and i.kind = any ($2)");
    }
    if !filter.tags.is_empty() {
        sql.push_str(" and (select count(*) from item_tag x join tag t on t.id = x.tag where x.item = i.id and lower(t.name) = any ($3)) = $4");
    }
    if filter.low {
        sql.push_str(" and b.low_since is not null");
    }
    if filter.lent {
        sql.push_str(" and b.lent > 0");
    }
    if filter.instance_of.is_some() {
        sql.push_str(" and i.instance_of = $7");
    }
    sql
}

/// The inventory in five numbers. Archived items do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overview {
    /// All but the holders.
    pub items: i64,
    /// Locations and containers.
    pub places: i64,
    /// Below their minimum.
    pub low: i64,
    /// Open loans.
    pub lent: i64,
    /// Of these, due before the day given.
    pub overdue: i64,
    /// Items counted in an approved stocktake in the year of the day given.
    pub counted: i64,
}

/// Counts; `today` decides what is overdue, and which year it is.
pub async fn overview(client: &impl GenericClient, today: Date) -> Result<Overview, StoreError> {
    let statement = client
        .prepare_cached(
            "select count(*) filter (where kind not in ('location', 'container')),
                    count(*) filter (where kind in ('location', 'container')),
                    (select count(*) from balance b join item x on x.id = b.item and x.archived_at is null where b.low_since is not null),
                    (select count(*) from loan where outstanding > 0),
                    (select count(*) from loan where outstanding > 0 and due_on < $1),
                    (select count(distinct c.item) from stocktake s join stocktake_count c on c.stocktake = s.id
                     join item x on x.id = c.item and x.archived_at is null and x.kind not in ('location', 'container')
                     where s.state = 'approved' and s.decided_at >= date_trunc('year', $1::date) and c.counted is not null)
             from item where archived_at is null",
        )
        .await?;
    let row = client.query_one(&statement, &[&today]).await?;
    Ok(Overview {
        items: row.get(0),
        places: row.get(1),
        low: row.get(2),
        lent: row.get(3),
        overdue: row.get(4),
        counted: row.get(5),
    })
}

/// How many items lie directly in a holder.
pub async fn count_directly_in(client: &impl GenericClient, holder: ItemId) -> Result<i64, StoreError> {
    let row = client
        .query_one(
            "select count(distinct s.item) from stock s join item i on i.id = s.item and i.archived_at is null where s.holder = $1",
            &[&holder.0],
        )
        .await?;
    Ok(row.get(0))
}

/// Everything that lies directly in a holder: item, lot, how many.
pub async fn lines_in(
    client: &impl GenericClient,
    holder: ItemId,
) -> Result<Vec<(ItemId, Option<LotId>, Decimal)>, StoreError> {
    let rows = client
        .query("select item, lot, quantity from stock where holder = $1 order by item, lot", &[&holder.0])
        .await?;
    Ok(rows
        .iter()
        .map(|row| (ItemId(row.get(0)), row.get::<_, Option<Uuid>>(1).map(LotId), row.get::<_, Decimal>(2).normalize()))
        .collect())
}

/// One holder in the tree of places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceNode {
    pub id: ItemId,
    /// The holder it lies in; `None` at the top: a root, or a container that is not in the room.
    pub parent: Option<ItemId>,
    pub kind: ItemKind,
    pub name: String,
    /// The own code as printed.
    pub code: Option<String>,
    /// Items directly in it, holders too.
    pub items: i64,
    /// Items in it and in everything inside it.
    pub items_inside: i64,
}

/// All holders that are not archived, siblings in natural order of their names.
pub async fn places(client: &impl GenericClient) -> Result<Vec<PlaceNode>, StoreError> {
    let rows = client
        .query(
            "select i.id, s.holder, i.kind, i.name::text,
                 (select c.text from code c where c.item = i.id and c.kind = 'own' order by c.created_at, c.id limit 1),
                 (select count(distinct x.item) from stock x join item y on y.id = x.item and y.archived_at is null where x.holder = i.id)
             from item i left join stock s on s.item = i.id
             where i.kind in ('location', 'container') and i.archived_at is null order by i.name, i.id",
            &[],
        )
        .await?;
    let mut nodes = rows
        .iter()
        .map(|row| {
            let items: i64 = row.get(5);
            Ok(PlaceNode {
                id: ItemId(row.get(0)),
                parent: row.get::<_, Option<Uuid>>(1).map(ItemId),
                kind: parsed(row.get(2))?,
                name: row.get(3),
                code: row.get::<_, Option<String>>(4).map(|code| crate::domain::code::shown(&code)),
                items,
                items_inside: items,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    sum_inside(&mut nodes);
    Ok(nodes)
}

/// Adds to every holder what lies in the holders inside it.
fn sum_inside(nodes: &mut [PlaceNode]) {
    let index: std::collections::HashMap<ItemId, usize> =
        nodes.iter().enumerate().map(|(n, node)| (node.id, n)).collect();
    let direct: Vec<i64> = nodes.iter().map(|node| node.items).collect();
    for (n, own) in direct.into_iter().enumerate() {
        let mut at = nodes[n].parent;
        // The schema lets nothing nest deeper than 32.
        for _ in 0..64 {
            let Some(&above) = at.and_then(|id| index.get(&id)) else { break };
            nodes[above].items_inside += own;
            at = nodes[above].parent;
        }
    }
}
