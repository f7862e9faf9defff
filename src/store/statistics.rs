//! Figures over the whole inventory and over time.

use deadpool_postgres::GenericClient;
use rust_decimal::Decimal;
use time::Date;

use super::{StoreError, parsed};
use crate::domain::{ItemId, ItemKind};

/// What happened in one day or month: lines of the ledger, those taken back left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// The day, or the first of the month.
    pub from: Date,
    /// Issued and lent.
    pub taken: i64,
    /// Returned and back from loans.
    pub put_back: i64,
    /// Newly received.
    pub received: i64,
}

/// How many items there are of each kind that has any. Archived ones do not count.
pub async fn kinds(client: &impl GenericClient) -> Result<Vec<(ItemKind, i64)>, StoreError> {
    let rows = client
        .query("select kind, count(*) from item where archived_at is null group by kind order by kind", &[])
        .await?;
    rows.iter().map(|row| Ok((parsed(row.get(0))?, row.get(1)))).collect()
}

/// What all that is owned cost, by currency, most first: the price of one times how many are on hand, lent or missing.
pub async fn values(client: &impl GenericClient) -> Result<Vec<(String, Decimal)>, StoreError> {
    let rows = client
        .query(
            "select i.purchase_currency, round(sum(i.purchase_price * (b.on_hand + b.lent + b.missing)), 2)
             from item i join balance b on b.item = i.id
             where i.archived_at is null and i.purchase_price is not null
             group by i.purchase_currency having sum(i.purchase_price * (b.on_hand + b.lent + b.missing)) > 0 order by 2 desc",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get::<_, Decimal>(1))).collect())
}

/// By how much what is owned became worth more or less in each month of this time zone, by currency, at the prices items have
/// now. What is lent or missing is still owned. Archived items are left out.
pub async fn value_changes(
    client: &impl GenericClient,
    zone: &str,
) -> Result<Vec<(Date, String, Decimal)>, StoreError> {
    let rows = client
        .query(
            "select date_trunc('month', b.at at time zone $1)::date, i.purchase_currency,
                    round(sum(i.purchase_price * m.quantity *
                        case when m.kind in ('transfer', 'check_out', 'check_in', 'missing', 'found') then 0
                             when m.kind = 'scrap' then case when m.inverse then 1 else -1 end
                             when m.to_holder is not null then 1 else -1 end), 2)
             from movement m join booking b on b.id = m.booking join item i on i.id = m.item
             where i.archived_at is null and i.purchase_price is not null
             group by 1, 2 order by 1, 2",
            &[&zone],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

/// Since a day, by `day` or `month` of this time zone; without those in which nothing happened.
pub async fn activity(
    client: &impl GenericClient,
    by: &str,
    zone: &str,
    since: Date,
) -> Result<Vec<Activity>, StoreError> {
    let rows = client
        .query(
            "select date_trunc($1::text, b.at at time zone $2)::date as since,
                    count(*) filter (where m.kind in ('issue', 'check_out')),
                    count(*) filter (where m.kind in ('return', 'check_in')),
                    count(*) filter (where m.kind = 'receive')
             from movement m join booking b on b.id = m.booking
             where b.at >= $3::date - interval '1 day' and (b.at at time zone $2)::date >= $3 and m.reverses is null
                 and not exists (select from movement r where r.reverses = m.booking and r.reverses_line = m.line)
             group by 1 order by 1",
            &[&by, &zone, &since],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| Activity { from: row.get(0), taken: row.get(1), put_back: row.get(2), received: row.get(3) })
        .collect())
}

/// How many items were made in each month of this time zone, archived ones included.
pub async fn made(client: &impl GenericClient, zone: &str) -> Result<Vec<(Date, i64)>, StoreError> {
    let rows = client
        .query(
            "select date_trunc('month', created_at at time zone $1)::date, count(*) from item group by 1 order by 1",
            &[&zone],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// What changed on hand of an item on each day of this time zone on which anything did.
pub async fn changes_of(
    client: &impl GenericClient,
    item: ItemId,
    zone: &str,
) -> Result<Vec<(Date, Decimal)>, StoreError> {
    let rows = client
        .query(
            "select (b.at at time zone $2)::date,
                    sum(case when m.from_holder is null and m.to_holder is not null then m.quantity
                             when m.from_holder is not null and m.to_holder is null then -m.quantity else 0 end)
             from movement m join booking b on b.id = m.booking where m.item = $1 group by 1 order by 1",
            &[&item.0, &zone],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get::<_, Decimal>(1).normalize())).collect())
}
