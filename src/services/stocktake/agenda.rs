//! What is being counted, and what is to be counted next.

use time::OffsetDateTime;

use super::{Head, Proposal, StocktakeError, Stocktakes, rules};
use crate::domain::stocktake::{Interval, State};
use crate::domain::{Actor, Permission};
use crate::store::stocktake::agenda as store;

/// What there is to count.
#[derive(Debug, Clone, PartialEq)]
pub struct Agenda {
    /// What is being counted, or counted and not written yet; lately opened first.
    pub active: Vec<Head>,
    /// How often a place is to be counted, where an admin said so.
    pub interval: Option<Interval>,
    /// Places that are due by it; none without one.
    pub due: i64,
}

/// A house counts in a few places at a time.
const MOST_ACTIVE: i64 = 50;

impl Stocktakes {
    /// What there is to count now.
    pub async fn agenda(&self, actor: &Actor) -> Result<Agenda, StocktakeError> {
        let active = self.list(actor, &[State::Open, State::Counted], MOST_ACTIVE).await?;
        let client = self.db.client().await?;
        let interval = rules::interval(&client).await?;
        let due = match interval {
            Some(interval) => store::not_counted_since(&client, interval.before(OffsetDateTime::now_utc())).await?,
            None => 0,
        };
        Ok(Agenda { active, interval, due })
    }

    /// What to count next: places never counted, then those counted longest ago; none that are being counted.
    pub async fn proposals(&self, actor: &Actor, limit: i64) -> Result<Vec<Proposal>, StocktakeError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        Ok(store::least_recently_counted(&client, limit).await?)
    }
}
