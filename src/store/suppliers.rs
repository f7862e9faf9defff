//! Suppliers and their part numbers.

use deadpool_postgres::GenericClient;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::StoreError;
use crate::domain::{ItemId, Money};

/// An item in a supplier's catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierPart {
    pub supplier: String,
    pub part_number: String,
    pub price: Option<Money>,
    pub url: Option<String>,
}

/// Under which numbers suppliers sell an item.
pub async fn of_item(client: &impl GenericClient, item: ItemId) -> Result<Vec<SupplierPart>, StoreError> {
    let rows = client
        .query(
            "select s.name, p.part_number, p.price, p.currency, p.url from supplier_part p join supplier s on s.id = p.supplier
             where p.item = $1 order by lower(s.name), p.part_number",
            &[&item.0],
        )
        .await?;
    Ok(rows.iter().map(part).collect())
}

/// From name, part number, price, currency and link.
pub(super) fn part(row: &tokio_postgres::Row) -> SupplierPart {
    SupplierPart {
        supplier: row.get(0),
        part_number: row.get(1),
        price: row
            .get::<_, Option<Decimal>>(2)
            .zip(row.get::<_, Option<String>>(3))
            .map(|(amount, currency)| Money { amount: amount.normalize(), currency }),
        url: row.get(4),
    }
}

/// Makes the supplier when it is new, and adds or refreshes its part number for an item.
pub async fn put_part(client: &impl GenericClient, item: ItemId, part: &SupplierPart) -> Result<(), StoreError> {
    let name = part.supplier.trim();
    client
        .execute("insert into supplier (id, name) values ($1, $2) on conflict do nothing", &[&Uuid::now_v7(), &name])
        .await?;
    client
        .execute(
            "insert into supplier_part (id, item, supplier, part_number, price, currency, url)
             select $1, $2, s.id, $4, $5, $6, $7 from supplier s where lower(s.name) = lower($3)
             on conflict on constraint supplier_part_once do update set price = excluded.price, currency = excluded.currency, url = excluded.url
                 where (supplier_part.price, supplier_part.currency, supplier_part.url)
                     is distinct from (excluded.price, excluded.currency, excluded.url)",
            &[
                &Uuid::now_v7(),
                &item.0,
                &name,
                &part.part_number.trim(),
                &part.price.as_ref().map(|p| p.amount),
                &part.price.as_ref().map(|p| p.currency.as_str()),
                &part.url,
            ],
        )
        .await?;
    Ok(())
}

/// Takes a supplier's part number off an item.
pub async fn remove_part(
    client: &impl GenericClient,
    item: ItemId,
    supplier: &str,
    part_number: &str,
) -> Result<(), StoreError> {
    client
        .execute(
            "delete from supplier_part p using supplier s where s.id = p.supplier and p.item = $1 and lower(s.name) = lower($2) and p.part_number = $3",
            &[&item.0, &supplier.trim(), &part_number.trim()],
        )
        .await?;
    Ok(())
}
