//! The list of what to buy: everything under its minimum, how much of it, and from whom.

use std::collections::HashMap;

use rust_decimal::Decimal;
use thiserror::Error;

use super::transfer::fields::neutral;
use crate::domain::person::Forbidden;
use crate::domain::{Actor, Permission, reorder};
use crate::store::lists::{self, ListFilter, ListOrder};
use crate::store::summaries::{self, ItemSummary};
use crate::store::suppliers::SupplierPart;
use crate::store::{Db, StoreError, import, items};

/// One thing to buy.
#[derive(Debug, Clone, PartialEq)]
pub struct ReorderLine {
    pub item: ItemSummary,
    pub maximum: Option<Decimal>,
    /// In the item's unit.
    pub order: Decimal,
    /// Whose catalogue it is in, by the supplier's name. Prices are for members.
    pub suppliers: Vec<SupplierPart>,
}

/// Why there is no list.
#[derive(Debug, Error)]
pub enum ReorderError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Lists what is low.
#[derive(Clone)]
pub struct Reorder {
    db: Db,
}

const COLUMNS: [&str; 12] = [
    "code",
    "name",
    "on_hand",
    "minimum",
    "maximum",
    "order",
    "unit",
    "supplier",
    "part_number",
    "price",
    "currency",
    "url",
];

/// A longer list is no list to go shopping with.
const LONGEST: i64 = 1_000;

impl Reorder {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The same as a CSV file, a row for each supplier of an item: UTF-8, commas, line feeds, a point in numbers.
    pub async fn csv(&self, actor: &Actor) -> Result<Vec<u8>, ReorderError> {
        let lines = self.list(actor).await?;
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
        let mut write = |cells: Vec<String>| {
            let cells = cells.iter().map(|cell| neutral(cell));
            writer.write_record(cells).expect("rows are equally long and memory takes them");
        };
        write(COLUMNS.map(str::to_owned).to_vec());
        let number = |number: Option<Decimal>| number.map(|number| number.normalize().to_string()).unwrap_or_default();
        for line in lines {
            let item = &line.item;
            let what = [
                item.code.clone().unwrap_or_default(),
                item.name.clone(),
                number(Some(item.on_hand)),
                number(item.min_quantity),
                number(line.maximum),
                number(Some(line.order)),
                item.unit.clone().unwrap_or_default(),
            ];
            if line.suppliers.is_empty() {
                write(what.iter().cloned().chain(std::iter::repeat_n(String::new(), 5)).collect());
            }
            for part in &line.suppliers {
                let of_whom = [
                    part.supplier.clone(),
                    part.part_number.clone(),
                    number(part.price.as_ref().map(|price| price.amount)),
                    part.price.as_ref().map(|price| price.currency.clone()).unwrap_or_default(),
                    part.url.clone().unwrap_or_default(),
                ];
                write(what.iter().cloned().chain(of_whom).collect());
            }
        }
        Ok(writer.into_inner().expect("memory takes what is left"))
    }

    /// Everything under its minimum, by name.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<ReorderLine>, ReorderError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        let filter = ListFilter { low: true, ..ListFilter::default() };
        let ids = lists::ids(&client, &filter, ListOrder::Name, LONGEST).await?;
        let maxima: HashMap<_, _> = items::maxima(&client, &ids).await?.into_iter().collect();
        let mut parts: HashMap<_, Vec<SupplierPart>> = HashMap::new();
        for (item, part) in import::supplied(&client, &ids).await? {
            parts.entry(item).or_default().push(part);
        }
        for parts in parts.values_mut() {
            parts.sort_by_key(|part| part.supplier.to_lowercase());
        }
        let mut rows = summaries::load(&client, &ids).await?;
        if !actor.may(Permission::SeePrivate) {
            for part in parts.values_mut().flatten() {
                part.price = None;
            }
            for row in &mut rows {
                super::catalog::hide_borrower(&mut row.path);
            }
        }
        let lines = rows.into_iter().map(|item| {
            let maximum = maxima.get(&item.id).copied();
            let order = reorder::to_order(item.on_hand, item.min_quantity.unwrap_or_default(), maximum);
            ReorderLine { maximum, order, suppliers: parts.remove(&item.id).unwrap_or_default(), item }
        });
        Ok(lines.collect())
    }
}
