//! What an admin says of counting: who may approve, and how often a place is due.

use deadpool_postgres::GenericClient;
use serde_json::Value;

use super::{StocktakeError, Stocktakes};
use crate::domain::stocktake::Interval;
use crate::domain::{Actor, Permission};
use crate::store::{StoreError, audit, bookings, settings};

const SELF_APPROVAL: &str = "stocktake_self_approval";
const EVERY_DAYS: &str = "stocktake_every_days";

/// Not unless an admin said so.
pub(super) async fn self_approval(client: &impl GenericClient) -> Result<bool, StoreError> {
    Ok(settings::get(client, SELF_APPROVAL).await?.is_some_and(|value| value == true))
}

/// `None`: nobody said, or what is set makes no sense.
pub(super) async fn interval(client: &impl GenericClient) -> Result<Option<Interval>, StoreError> {
    let days = settings::get(client, EVERY_DAYS).await?.and_then(|value| value.as_u64());
    Ok(days.and_then(|days| Interval::of_days(u16::try_from(days).ok()?)))
}

impl Stocktakes {
    /// May who counted also approve?
    pub async fn self_approval(&self, actor: &Actor) -> Result<bool, StocktakeError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(self_approval(&client).await?)
    }

    /// Says whether who counted may also approve: for houses with a single keeper.
    pub async fn set_self_approval(&self, actor: &Actor, allowed: bool) -> Result<(), StocktakeError> {
        self.set(actor, SELF_APPROVAL, allowed.into(), false.into()).await
    }

    /// How often a place is to be counted; `None`: whenever somebody likes.
    pub async fn interval(&self, actor: &Actor) -> Result<Option<Interval>, StocktakeError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(interval(&client).await?)
    }

    /// Says how often a place is to be counted.
    pub async fn set_interval(&self, actor: &Actor, every: Option<Interval>) -> Result<(), StocktakeError> {
        self.set(actor, EVERY_DAYS, every.map(Interval::days).into(), Value::Null).await
    }

    /// Sets it and notes who did, unless it is so already. `unset`: what holds while nobody said anything.
    async fn set(&self, actor: &Actor, key: &str, value: Value, unset: Value) -> Result<(), StocktakeError> {
        actor.require(Permission::Administer)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        if settings::get(&tx, key).await?.unwrap_or(unset) != value {
            settings::set(&tx, key, &value).await?;
            let detail = serde_json::json!({ key: value });
            audit::note(&tx, actor, "setting_changed", "inventory", None, Some(detail)).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}
