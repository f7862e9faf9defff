//! The inventory in figures: what there is, what it cost, what happens, and how an item's stock went.

use rust_decimal::Decimal;
use thiserror::Error;
use time::{Date, Duration, Month};

use crate::domain::person::Forbidden;
use crate::domain::{Actor, ItemId, ItemKind, Permission};
use crate::store::{Db, StoreError, statistics};

pub use crate::store::statistics::Activity;

/// Why there are no figures.
#[derive(Debug, Error)]
pub enum StatisticsError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// The whole in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    pub kinds: Vec<(ItemKind, i64)>,
    /// What it all cost, by currency; for members, else empty.
    pub values: Vec<(String, Decimal)>,
    /// The same at the end of each of the last [`MONTHS`] months, at the prices items have now; in the order of `values`.
    pub worth: Vec<Vec<(Date, Decimal)>>,
    /// The last [`DAYS`] days, also those without anything, today last.
    pub days: Vec<Activity>,
    /// The last [`MONTHS`] months, this one last.
    pub months: Vec<Activity>,
    /// How many items there were at the end of each of these months.
    pub items: Vec<(Date, i64)>,
}

pub const DAYS: usize = 14;
pub const MONTHS: usize = 12;

/// Counts.
#[derive(Clone)]
pub struct Statistics {
    db: Db,
}

impl Statistics {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Everything; days end when they do in this time zone, of which it is `today`.
    pub async fn figures(&self, actor: &Actor, today: Date, zone: &str) -> Result<Figures, StatisticsError> {
        actor.require(Permission::Look)?;
        let days = self.days(actor, today, zone).await?;
        let client = self.db.client().await?;
        let months: Vec<Date> = (0..MONTHS).rev().map(|back| month_before(today, back)).collect();
        let by_month = statistics::activity(&client, "month", zone, months[0]).await?;
        let made = statistics::made(&client, zone).await?;
        let at_end_of = |month: Date| made.iter().filter(|(made, _)| *made <= month).map(|(_, count)| count).sum();
        let (values, changes) = if actor.may(Permission::SeePrivate) {
            (statistics::values(&client).await?, statistics::value_changes(&client, zone).await?)
        } else {
            (Vec::new(), Vec::new())
        };
        let worth = values.iter().map(|(currency, _)| worth(&months, currency, &changes)).collect();
        Ok(Figures {
            kinds: statistics::kinds(&client).await?,
            values,
            worth,
            days,
            items: months.iter().map(|&month| (month, at_end_of(month))).collect(),
            months: filled(&months, &by_month),
        })
    }

    /// What was taken and put back on each of the last [`DAYS`] days, today last.
    pub async fn days(&self, actor: &Actor, today: Date, zone: &str) -> Result<Vec<Activity>, StatisticsError> {
        actor.require(Permission::Look)?;
        let days: Vec<Date> = (0..DAYS).rev().map(|back| today - Duration::days(back as i64)).collect();
        let client = self.db.client().await?;
        Ok(filled(&days, &statistics::activity(&client, "day", zone, days[0]).await?))
    }

    /// How many of an item were on hand at the end of each day on which that changed.
    pub async fn levels(
        &self,
        actor: &Actor,
        item: ItemId,
        zone: &str,
    ) -> Result<Vec<(Date, Decimal)>, StatisticsError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        let mut level = Decimal::ZERO;
        let changes = statistics::changes_of(&client, item, zone).await?;
        Ok(changes
            .into_iter()
            .map(|(day, change)| {
                level += change;
                (day, level.normalize())
            })
            .collect())
    }
}

/// The first day of the month so many before the one of `day`.
fn month_before(day: Date, back: usize) -> Date {
    let mut first = day.replace_day(1).unwrap_or(day);
    for _ in 0..back {
        let year = if first.month() == Month::January { first.year() - 1 } else { first.year() };
        first = Date::from_calendar_date(year, first.month().previous(), 1).unwrap_or(first);
    }
    first
}

/// What all was worth at the end of each month, from what changed in each.
fn worth(months: &[Date], currency: &str, changes: &[(Date, String, Decimal)]) -> Vec<(Date, Decimal)> {
    let until = |month: Date| -> Decimal {
        changes.iter().filter(|(at, of, _)| *at <= month && of == currency).map(|(_, _, change)| change).sum()
    };
    months.iter().map(|&month| (month, until(month))).collect()
}

/// One entry for each time, with nothing where nothing happened.
fn filled(times: &[Date], known: &[Activity]) -> Vec<Activity> {
    let nothing = |from| Activity { from, taken: 0, put_back: 0, received: 0 };
    times.iter().map(|&at| known.iter().find(|known| known.from == at).copied().unwrap_or(nothing(at))).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn months_go_back_over_the_year() {
        assert_eq!(month_before(date!(2026 - 01 - 31), 0), date!(2026 - 01 - 01));
        assert_eq!(month_before(date!(2026 - 01 - 31), 1), date!(2025 - 12 - 01));
        assert_eq!(month_before(date!(2026 - 03 - 30), 14), date!(2025 - 01 - 01));
    }

    #[test]
    fn worth_adds_up_by_currency_from_before_the_first_month_on() {
        let (old, first, second) = (date!(2025 - 01 - 01), date!(2026 - 01 - 01), date!(2026 - 02 - 01));
        let change = |at, currency: &str, by: i64| (at, currency.to_owned(), Decimal::from(by));
        let changes = [change(old, "EUR", 40), change(first, "CHF", 7), change(second, "EUR", -15)];
        let worth = worth(&[first, second], "EUR", &changes);
        assert_eq!(worth, [(first, Decimal::from(40)), (second, Decimal::from(25))]);
    }

    #[test]
    fn a_day_without_anything_is_there() {
        let days = [date!(2026 - 01 - 01), date!(2026 - 01 - 02)];
        let known = [Activity { from: days[1], taken: 3, put_back: 1, received: 0 }];
        let filled = filled(&days, &known);
        assert_eq!((filled[0].taken, filled[1].taken), (0, 3));
    }
}
