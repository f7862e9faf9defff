//! Which backups to keep: the newest of each of the last days, weeks and months.

use std::collections::BTreeSet;

use time::{Date, OffsetDateTime};

/// How many days, weeks and months back a backup is kept for; of each the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    pub daily: usize,
    pub weekly: usize,
    pub monthly: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self { daily: 7, weekly: 4, monthly: 12 }
    }
}

/// Which period a day falls into: the year, and the day, week or month of it.
type Period<'a> = &'a dyn Fn(Date) -> (i32, u16);

impl Retention {
    /// For each of the moments at which backups were made, whether it is kept. The newest always is, whatever the
    /// policy. Days, weeks (from Monday, ISO 8601) and months are those of UTC, and only those with a backup count: after
    /// a holiday without backups as many are left as before.
    pub fn keeps(&self, made: &[OffsetDateTime]) -> Vec<bool> {
        let mut newest_first: Vec<usize> = (0..made.len()).collect();
        newest_first.sort_by_key(|&index| std::cmp::Reverse(made[index]));
        let mut kept = vec![false; made.len()];
        if let Some(&newest) = newest_first.first() {
            kept[newest] = true;
        }
        let day = |date: Date| (date.year(), date.ordinal());
        let week = |date: Date| {
            let (year, week, _) = date.to_iso_week_date();
            (year, u16::from(week))
        };
        let month = |date: Date| (date.year(), u16::from(u8::from(date.month())));
        let periods: [(usize, Period); 3] = [(self.daily, &day), (self.weekly, &week), (self.monthly, &month)];
        for (count, period) in periods {
            let mut seen = BTreeSet::new();
            for &index in &newest_first {
                let period = period(made[index].to_offset(time::UtcOffset::UTC).date());
                if seen.len() < count && seen.insert(period) {
                    kept[index] = true;
                }
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use time::format_description::well_known::Rfc3339;

    use super::*;

    /// Of these days at noon, in any order, exactly the starred ones are kept.
    fn check(policy: (usize, usize, usize), days: &str) {
        let (daily, weekly, monthly) = policy;
        let days: Vec<(&str, bool)> =
            days.split_whitespace().map(|day| (day.trim_end_matches('*'), day.ends_with('*'))).collect();
        let made: Vec<OffsetDateTime> = days
            .iter()
            .map(|(day, _)| {
                let time = if day.contains('T') { format!("{day}:00Z") } else { format!("{day}T12:00:00Z") };
                OffsetDateTime::parse(&time, &Rfc3339).expect("a moment")
            })
            .collect();
        let kept = Retention { daily, weekly, monthly }.keeps(&made);
        let wrong: Vec<&str> = days.iter().zip(kept).filter(|((_, w), k)| w != k).map(|((d, _), _)| *d).collect();
        assert!(wrong.is_empty(), "wrong: {wrong:?}");
    }

    #[test]
    fn the_newest_of_each_of_the_last_days_stays() {
        check((2, 0, 0), "2026-11-25T08:00 2026-11-25T20:00* 2026-11-24* 2026-11-23");
    }

    #[test]
    fn weeks_begin_on_monday_and_cross_the_year() {
        // 2027-01-03 is a Sunday of the week that began in 2026; 2027-01-04 is a Monday.
        check((0, 2, 0), "2027-01-05* 2027-01-04 2027-01-03* 2026-12-30 2026-12-27");
    }

    #[test]
    fn months_reach_back_farthest() {
        check((1, 1, 3), "2026-11-25* 2026-11-20 2026-10-31* 2026-10-01 2026-09-15* 2026-08-15");
    }

    #[test]
    fn days_without_a_backup_do_not_count() {
        check((2, 0, 0), "2026-11-25* 2026-11-01* 2026-10-01");
    }

    #[test]
    fn the_newest_stays_under_any_policy() {
        check((0, 0, 0), "2026-11-24 2026-11-25* 2026-11-23");
        check((7, 4, 12), "");
    }
}
