//! How often places are to be counted.

use time::{Duration, OffsetDateTime};

/// So many days after its last count a place is due again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval(u16);

impl Interval {
    /// Ten years, in days.
    pub const LONGEST: u16 = 3_650;

    /// `None` for no day at all, and for more than [`Self::LONGEST`].
    pub fn of_days(days: u16) -> Option<Self> {
        (1..=Self::LONGEST).contains(&days).then_some(Self(days))
    }

    pub fn days(self) -> u16 {
        self.0
    }

    /// What was last counted before then is due.
    pub fn before(self, now: OffsetDateTime) -> OffsetDateTime {
        now - Duration::days(self.0.into())
    }

    /// Is a place due that was counted then? One that never was is.
    pub fn is_due(self, counted_at: Option<OffsetDateTime>, now: OffsetDateTime) -> bool {
        counted_at.is_none_or(|at| at < self.before(now))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_place_is_due_after_its_days_and_when_nobody_ever_counted_it() {
        let week = Interval::of_days(7).expect("seven days");
        let now = datetime!(2026-03-29 12:00 UTC);
        assert!(week.is_due(None, now));
        assert!(!week.is_due(Some(datetime!(2026-03-22 12:00 UTC)), now), "just seven days are not more than seven");
        assert!(week.is_due(Some(datetime!(2026-03-22 11:59:59 UTC)), now));
        assert_eq!(Interval::of_days(0), None);
        assert_eq!(Interval::of_days(Interval::LONGEST + 1), None);
    }
}
