//! What an item has to do with others: suppliers' numbers, links, lots.

use thiserror::Error;
use time::Date;

use crate::domain::person::Forbidden;
use crate::domain::{Actor, ItemId, Permission};
use crate::store::links;
pub use crate::store::links::{Link, LinkKind};
use crate::store::stock;
use crate::store::suppliers::{self, SupplierPart};
use crate::store::{Db, StoreError, bookings};

pub use crate::store::stock::Lot;

/// Why a relation was not changed.
#[derive(Debug, Error)]
pub enum RelationError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("no such item")]
    NotFound,
    #[error("an item is not linked to itself")]
    ToItself,
    #[error("a supplier has a name, and a part number 1 to 200 characters")]
    Supplier,
    #[error("a lot has a code of 1 to 100 characters")]
    LotCode,
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Keeps relations.
#[derive(Clone)]
pub struct Relations {
    db: Db,
}

impl Relations {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Adds or refreshes a supplier's number for an item; the supplier is made when new.
    pub async fn put_supplier_part(
        &self,
        actor: &Actor,
        item: ItemId,
        part: &SupplierPart,
    ) -> Result<(), RelationError> {
        actor.require(Permission::Keep)?;
        let fits = |text: &str| (1..=200).contains(&text.trim().chars().count());
        if !fits(&part.supplier) || !fits(&part.part_number) {
            return Err(RelationError::Supplier);
        }
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        suppliers::put_part(&tx, item, part).await.map_err(known)?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Takes a supplier's number off an item.
    pub async fn remove_supplier_part(
        &self,
        actor: &Actor,
        item: ItemId,
        supplier: &str,
        number: &str,
    ) -> Result<(), RelationError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        suppliers::remove_part(&tx, item, supplier, number).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Links two items: `item` is part of, accessory of, spare for, or the same as `other`.
    pub async fn link(&self, actor: &Actor, item: ItemId, kind: LinkKind, other: ItemId) -> Result<(), RelationError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        links::put(&tx, item, kind, other).await.map_err(known)?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Takes a link away.
    pub async fn unlink(
        &self,
        actor: &Actor,
        item: ItemId,
        kind: LinkKind,
        other: ItemId,
    ) -> Result<(), RelationError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        links::remove(&tx, item, kind, other).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// An item's links in both directions.
    pub async fn links(&self, actor: &Actor, item: ItemId) -> Result<Vec<Link>, RelationError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(links::of_item(&client, item).await?)
    }

    /// Makes a lot, or corrects the expiry of a known one.
    pub async fn put_lot(
        &self,
        actor: &Actor,
        item: ItemId,
        code: &str,
        expires_on: Option<Date>,
    ) -> Result<Lot, RelationError> {
        actor.require(Permission::Keep)?;
        if !(1..=100).contains(&code.trim().chars().count()) {
            return Err(RelationError::LotCode);
        }
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let id = stock::ensure_lot(&tx, item, code, expires_on).await.map_err(known)?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Lot { id, code: code.trim().to_owned(), expires_on })
    }

    /// Lots on hand that expire up to a day, soonest first.
    pub async fn expiring(&self, actor: &Actor, until: Date) -> Result<Vec<(ItemId, Lot)>, RelationError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(stock::expiring(&client, until).await?)
    }
}

fn known(error: StoreError) -> RelationError {
    match error.constraint() {
        Some("item_link_to_another") => RelationError::ToItself,
        Some(name) if name.ends_with("_fkey") => RelationError::NotFound,
        _ => error.into(),
    }
}
