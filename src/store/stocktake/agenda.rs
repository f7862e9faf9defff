//! What is to be counted next.

use deadpool_postgres::GenericClient;
use time::OffsetDateTime;

use crate::domain::ItemId;
use crate::store::StoreError;

/// A place and when it was counted last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub holder: ItemId,
    pub name: String,
    /// Lines the books have directly in it.
    pub lines: i64,
    /// `None`: never.
    pub counted_at: Option<OffsetDateTime>,
}

/// `place`: the places with something in them that nobody counts now.
const PLACES: &str = "with filled as (
    select s.holder, count(*) as lines from stock s where s.item_kind <> 'location' group by s.holder
), taken as (
    select holders_inside(t.holder) as holder from stocktake t where t.state in ('open', 'counted')
), place as (
    select f.holder, h.name::text as name, f.lines,
        (select max(c.at) from stocktake_count c join stocktake t on t.id = c.stocktake and t.state = 'approved'
         where c.holder = f.holder and c.counted is not null) as counted_at
    from filled f join item h on h.id = f.holder and h.archived_at is null
    where f.holder not in (select holder from taken)
)";

/// Those never counted first, then the longest ago; of those alike the fullest.
pub async fn least_recently_counted(client: &impl GenericClient, limit: i64) -> Result<Vec<Proposal>, StoreError> {
    let order = "select holder, name, lines, counted_at from place order by counted_at nulls first, lines desc, name, holder limit $1";
    let rows = client.query(&format!("{PLACES} {order}"), &[&limit]).await?;
    Ok(rows
        .iter()
        .map(|row| Proposal { holder: ItemId(row.get(0)), name: row.get(1), lines: row.get(2), counted_at: row.get(3) })
        .collect())
}

/// How many of them were not counted since then.
pub async fn not_counted_since(client: &impl GenericClient, then: OffsetDateTime) -> Result<i64, StoreError> {
    let old = "select count(*) from place where counted_at is null or counted_at < $1";
    Ok(client.query_one(&format!("{PLACES} {old}"), &[&then]).await?.get(0))
}
