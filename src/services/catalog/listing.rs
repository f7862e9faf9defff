//! Lists of items, and the inventory in numbers.

use super::{Catalog, CatalogError, ItemSummary, ListFilter, ListOrder, Overview, PlaceNode, hide_borrower};
use crate::domain::{Actor, ItemId, ItemKind, Permission};
use crate::store::{items, lists, summaries};

/// A list holds at most this many ids; a house with more needs a filter.
pub const LONGEST_LIST: i64 = 500_000;

impl Catalog {
    /// The ids of a whole list in order; what it shows of them is loaded as it is scrolled, by [`Self::summaries`].
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &ListFilter,
        order: ListOrder,
    ) -> Result<Vec<ItemId>, CatalogError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(lists::ids(&client, filter, order, LONGEST_LIST).await?)
    }

    /// The first rows of a list, at most `most`.
    pub async fn top(
        &self,
        actor: &Actor,
        filter: &ListFilter,
        order: ListOrder,
        most: i64,
    ) -> Result<Vec<ItemSummary>, CatalogError> {
        actor.require(Permission::Look)?;
        let ids = {
            let client = self.db.client().await?;
            lists::ids(&client, filter, order, most).await?
        };
        self.summaries(actor, &ids).await
    }

    /// The things that were last moved, the latest first, at most `most`. Places are moved too, but not used.
    pub async fn lately_used(&self, actor: &Actor, most: i64) -> Result<Vec<ItemSummary>, CatalogError> {
        let kinds = vec![ItemKind::Consumable, ItemKind::Asset, ItemKind::Container];
        self.top(actor, &ListFilter { kinds, ..ListFilter::default() }, ListOrder::Moved, most).await
    }

    /// The things of a product by name, at most `most`; of anything else there are none.
    pub async fn instances(&self, actor: &Actor, product: ItemId, most: i64) -> Result<Vec<ItemSummary>, CatalogError> {
        let filter = ListFilter { instance_of: Some(product), ..ListFilter::default() };
        self.top(actor, &filter, ListOrder::Name, most).await
    }

    /// One page of a list in an order that never changes, behind `after`; for programs that read all of it.
    pub async fn page(
        &self,
        actor: &Actor,
        filter: &ListFilter,
        after: Option<ItemId>,
        limit: i64,
    ) -> Result<Vec<ItemId>, CatalogError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(lists::page(&client, filter, after, limit).await?)
    }

    /// How many items, places, low ones, loans; loans due before `today` are overdue.
    pub async fn overview(&self, actor: &Actor, today: time::Date) -> Result<Overview, CatalogError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(lists::overview(&client, today).await?)
    }

    /// List rows in the order of `ids`; unknown ids are left out.
    pub async fn summaries(&self, actor: &Actor, ids: &[ItemId]) -> Result<Vec<ItemSummary>, CatalogError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        let mut rows = summaries::load(&client, ids).await?;
        if !actor.may(Permission::SeePrivate) {
            for row in &mut rows {
                hide_borrower(&mut row.path);
            }
        }
        Ok(rows)
    }

    /// The whole tree of places with how much lies in each.
    pub async fn places(&self, actor: &Actor) -> Result<Vec<PlaceNode>, CatalogError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(lists::places(&client).await?)
    }

    /// All tags with how many items carry them.
    pub async fn tags(&self, actor: &Actor) -> Result<Vec<(String, i64)>, CatalogError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(items::tags(&client).await?)
    }
}
