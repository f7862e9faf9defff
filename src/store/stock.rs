//! What lies where, what is lent, what is missing; and the proof that it is the sum of the ledger.

use deadpool_postgres::GenericClient;
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};
use tokio_postgres::Row;
use uuid::Uuid;

use super::StoreError;
use super::summaries::{Path, path_of};
use crate::domain::act::Facts;
use crate::domain::{Act, ItemId, LoanId, LotId, PersonId};

/// Some of an item in one holder.
#[derive(Debug, Clone, PartialEq)]
pub struct StockLine {
    pub holder: ItemId,
    /// The way to the holder, itself last.
    pub path: Path,
    /// The holder's own code as printed.
    pub holder_code: Option<String>,
    pub quantity: Decimal,
    pub lot: Option<Lot>,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    pub id: LotId,
    pub code: String,
    pub expires_on: Option<Date>,
}

/// An open loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    pub id: LoanId,
    pub item: ItemId,
    pub item_name: String,
    pub person: Option<PersonId>,
    pub borrower: String,
    pub quantity: Decimal,
    pub outstanding: Decimal,
    pub due_on: Option<Date>,
    pub opened_at: OffsetDateTime,
}

/// What the books say about an act.
pub async fn facts(client: &impl GenericClient, act: &Act) -> Result<Facts, StoreError> {
    let mut facts = Facts::default();
    if let Some((item, holder, lot)) = act.line() {
        let statement = client
            .prepare_cached(
                "select quantity from stock where item = $1 and holder = $2 and lot is not distinct from $3",
            )
            .await?;
        if let Some(row) = client.query_opt(&statement, &[&item.0, &holder.0, &lot.map(|l| l.0)]).await? {
            facts.there = row.get::<_, Decimal>(0).normalize();
        }
    }
    if let Some(loan) = act.loan() {
        let row = client.query_opt("select item, lot, outstanding from loan where id = $1", &[&loan.0]).await?;
        if let Some(row) = row {
            facts.loan = Some((ItemId(row.get(0)), row.get::<_, Option<Uuid>>(1).map(LotId)));
            facts.outstanding = row.get::<_, Decimal>(2).normalize();
        }
    }
    if let (Act::Found { .. } | Act::Scrap { from: None, .. }, Some(item)) = (act, act.item()) {
        let row = client.query_opt("select missing from balance where item = $1", &[&item.0]).await?;
        facts.missing = row.map_or(Decimal::ZERO, |row| row.get::<_, Decimal>(0).normalize());
    }
    Ok(facts)
}

/// The items of loans, for locking.
pub async fn items_of_loans(client: &impl GenericClient, loans: &[LoanId]) -> Result<Vec<ItemId>, StoreError> {
    let ids: Vec<Uuid> = loans.iter().map(|l| l.0).collect();
    let rows = client.query("select distinct item from loan where id = any ($1)", &[&ids]).await?;
    Ok(rows.iter().map(|row| ItemId(row.get(0))).collect())
}

/// Where an item lies, most first.
pub async fn lines(client: &impl GenericClient, item: ItemId) -> Result<Vec<StockLine>, StoreError> {
    let rows = client
        .query(
            "select s.holder, s.quantity, l.id, l.code, l.expires_on,
                 (select c.text from code c where c.item = s.holder and c.kind = 'own' order by c.created_at, c.id limit 1)
             from stock s left join lot l on l.id = s.lot where s.item = $1 order by s.quantity desc, s.holder, l.code",
            &[&item.0],
        )
        .await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let holder = ItemId(row.get(0));
        lines.push(StockLine {
            holder,
            path: path_of(client, holder).await?,
            holder_code: row.get::<_, Option<String>>(5).map(|code| crate::domain::code::shown(&code)),
            quantity: row.get::<_, Decimal>(1).normalize(),
            lot: row.get::<_, Option<Uuid>>(2).map(|id| Lot {
                id: LotId(id),
                code: row.get(3),
                expires_on: row.get(4),
            }),
        });
    }
    Ok(lines)
}

/// Some of an item in one holder, with the names a list shows.
#[derive(Debug, Clone, PartialEq)]
pub struct StockAt {
    pub item: ItemId,
    pub item_name: String,
    pub unit: Option<String>,
    pub holder: ItemId,
    pub holder_name: String,
    pub quantity: Decimal,
    pub lot: Option<Lot>,
}

/// Which lines of stock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockFilter {
    pub item: Option<ItemId>,
    /// Directly in this holder.
    pub holder: Option<ItemId>,
    /// Only lines behind this one; the nil lot where there is none.
    pub after: Option<(ItemId, ItemId, LotId)>,
    pub limit: i64,
}

/// Lines in the order of their ids: pages that neither skip nor repeat anything while stock changes.
pub async fn page(client: &impl GenericClient, filter: &StockFilter) -> Result<Vec<StockAt>, StoreError> {
    let statement = client
        .prepare_cached(
            "select s.item, i.name::text, i.unit, s.holder, h.name::text, s.quantity, l.id, l.code, l.expires_on
             from stock s join item i on i.id = s.item join item h on h.id = s.holder left join lot l on l.id = s.lot
             where ($1::uuid is null or s.item = $1) and ($2::uuid is null or s.holder = $2)
                 and ($3::uuid is null or s.item >= $3 and (s.item, s.holder, coalesce(s.lot, $6)) > ($3, $4::uuid, $5::uuid))
             order by s.item, s.holder, coalesce(s.lot, $6) limit $7",
        )
        .await?;
    let after = filter.after;
    let [item, holder] = [filter.item, filter.holder].map(|id| id.map(|id| id.0));
    let rows = client
        .query(
            &statement,
            &[
                &item,
                &holder,
                &after.map(|at| at.0.0),
                &after.map(|at| at.1.0),
                &after.map(|at| at.2.0),
                &Uuid::nil(),
                &filter.limit,
            ],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| StockAt {
            item: ItemId(row.get(0)),
            item_name: row.get(1),
            unit: row.get(2),
            holder: ItemId(row.get(3)),
            holder_name: row.get(4),
            quantity: row.get::<_, Decimal>(5).normalize(),
            lot: row.get::<_, Option<Uuid>>(6).map(|id| Lot {
                id: LotId(id),
                code: row.get(7),
                expires_on: row.get(8),
            }),
        })
        .collect())
}

const LOAN: &str =
    "select l.id, l.item, i.name::text, l.person, coalesce(p.name, l.borrower_name), l.quantity, l.outstanding,
        l.due_on, l.opened_at
    from loan l join item i on i.id = l.item left join person p on p.id = l.person";

/// Open loans of an item, oldest first.
pub async fn open_loans(client: &impl GenericClient, item: ItemId) -> Result<Vec<Loan>, StoreError> {
    let rows = client
        .query(&format!("{LOAN} where l.item = $1 and l.outstanding > 0 order by l.opened_at"), &[&item.0])
        .await?;
    Ok(rows.iter().map(loan_of).collect())
}

/// All open loans, soonest due first; of one person when asked.
pub async fn all_open_loans(client: &impl GenericClient, person: Option<PersonId>) -> Result<Vec<Loan>, StoreError> {
    let rows = client
        .query(
            &format!(
                "{LOAN} where l.outstanding > 0 and ($1::uuid is null or l.person = $1) order by l.due_on nulls last, l.opened_at"
            ),
            &[&person.map(|p| p.0)],
        )
        .await?;
    Ok(rows.iter().map(loan_of).collect())
}

/// One loan, open or closed.
pub async fn loan(client: &impl GenericClient, id: LoanId) -> Result<Option<Loan>, StoreError> {
    let row = client.query_opt(&format!("{LOAN} where l.id = $1"), &[&id.0]).await?;
    Ok(row.as_ref().map(loan_of))
}

/// Sets or clears the day a loan is due.
pub async fn set_due(client: &impl GenericClient, id: LoanId, due_on: Option<Date>) -> Result<(), StoreError> {
    client.execute("update loan set due_on = $2 where id = $1", &[&id.0, &due_on]).await?;
    Ok(())
}

fn loan_of(row: &Row) -> Loan {
    Loan {
        id: LoanId(row.get(0)),
        item: ItemId(row.get(1)),
        item_name: row.get(2),
        person: row.get::<_, Option<Uuid>>(3).map(PersonId),
        borrower: row.get(4),
        quantity: row.get::<_, Decimal>(5).normalize(),
        outstanding: row.get::<_, Decimal>(6).normalize(),
        due_on: row.get(7),
        opened_at: row.get(8),
    }
}

/// Where *put back* should propose: a keeper's choice, else the last holder, when it still takes things.
pub async fn home_of(client: &impl GenericClient, item: ItemId) -> Result<Option<ItemId>, StoreError> {
    let row = client
        .query_opt(
            "select h.id from item i left join balance b on b.item = i.id
                 join item h on h.id = coalesce(i.home_holder, b.last_holder) and h.archived_at is null
             where i.id = $1",
            &[&item.0],
        )
        .await?;
    Ok(row.map(|row| ItemId(row.get(0))))
}

/// Finds or makes a lot of an item. An expiry already known is kept unless a new one is given.
pub async fn ensure_lot(
    client: &impl GenericClient,
    item: ItemId,
    code: &str,
    expires_on: Option<Date>,
) -> Result<LotId, StoreError> {
    let row = client
        .query_one(
            "insert into lot (id, item, code, expires_on) values ($1, $2, $3, $4)
             on conflict on constraint lot_once do update set expires_on = coalesce(excluded.expires_on, lot.expires_on)
             returning id",
            &[&LotId::new().0, &item.0, &code.trim(), &expires_on],
        )
        .await?;
    Ok(LotId(row.get(0)))
}

/// Lots on hand that expire up to a day, soonest first.
pub async fn expiring(client: &impl GenericClient, until: Date) -> Result<Vec<(ItemId, Lot)>, StoreError> {
    let rows = client
        .query(
            "select l.item, l.id, l.code, l.expires_on from lot l
             where l.expires_on <= $1 and exists (select from stock s where s.item = l.item and s.lot = l.id)
             order by l.expires_on, l.id",
            &[&until],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| (ItemId(row.get(0)), Lot { id: LotId(row.get(1)), code: row.get(2), expires_on: row.get(3) }))
        .collect())
}

/// Items whose stock, balance or loans are not what the ledger sums to; empty when all is well.
pub async fn discrepancies(client: &impl GenericClient) -> Result<Vec<ItemId>, StoreError> {
    let rows = client.query(include_str!("discrepancies.sql"), &[]).await?;
    Ok(rows.iter().map(|row| ItemId(row.get(0))).collect())
}
