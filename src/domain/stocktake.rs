//! A count of one place against the books: what differs, and what is booked for it.
//!
//! A count keeps what the books said at its moment. What is booked later is the *difference*, on top of whatever has
//! happened since: whoever took five screws from a drawer after it was counted is not counted twice.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use thiserror::Error;
use time::OffsetDateTime;

use super::{Act, ItemId, ItemKind, LoanId, LotId, Quantity};

mod interval;
mod rest;

pub use interval::Interval;
pub use rest::{Expected, rest};

/// How far a stocktake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Counts come in.
    Open,
    /// Counting has ended and the differences are shown; nothing is written yet.
    Counted,
    /// The differences are booked.
    Approved,
    Cancelled,
}

/// A word that names no state.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no state of a stocktake; known are open, counted, approved, cancelled")]
pub struct UnknownState(pub String);

impl State {
    pub const ALL: [Self; 4] = [Self::Open, Self::Counted, Self::Approved, Self::Cancelled];

    /// The word in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Counted => "counted",
            Self::Approved => "approved",
            Self::Cancelled => "cancelled",
        }
    }

    /// Nothing changes any more.
    pub fn is_decided(self) -> bool {
        matches!(self, Self::Approved | Self::Cancelled)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for State {
    type Err = UnknownState;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| UnknownState(text.to_owned()))
    }
}

/// What is counted at once: an item (of a lot) in a holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    pub item: ItemId,
    pub holder: ItemId,
    pub lot: Option<LotId>,
}

/// Where the books have an individual thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Was {
    In(ItemId),
    Lent(LoanId),
    Missing,
    /// Gone, or never booked.
    Nowhere,
}

/// What the books say of a line at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    /// On the line.
    pub there: Decimal,
    /// The sum of all corrections ever made to the line: when it has changed, somebody else corrected it since.
    pub corrected: Decimal,
    /// For what is not counted in a unit.
    pub was: Was,
    /// When the item last moved anywhere.
    pub moved_at: Option<OffsetDateTime>,
}

/// A line as it was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub line: Line,
    pub kind: ItemKind,
    pub counted: Decimal,
    /// At the moment of the count.
    pub then: Books,
    pub now: Books,
    /// Put away, or merged into another item, since.
    pub archived: bool,
}

/// What a count comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As in the books.
    Agrees,
    /// More or less of a consumable than the books say.
    Differs { by: Decimal },
    /// A thing that should be here and is not.
    NotHere,
    /// A thing the books have elsewhere.
    FoundHere { was: Was },
    /// Not here, but counted in another place of this stocktake.
    FoundElsewhere { at: ItemId },
    /// Somebody has booked it since, and that stands: nothing is left to write.
    Settled,
    /// Booked on top of what happened since, the stock would be this far below zero: it has to be counted again.
    Recount { short: Decimal },
}

impl Outcome {
    /// Does approving write something for it?
    pub fn is_written(self) -> bool {
        matches!(self, Self::Differs { .. } | Self::NotHere | Self::FoundHere { .. })
    }

    /// Is there nothing to look at?
    pub fn is_quiet(self) -> bool {
        matches!(self, Self::Agrees | Self::Settled | Self::FoundElsewhere { .. })
    }

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Differs { .. } => "differs",
            Self::NotHere => "not_here",
            Self::FoundHere { .. } => "found_here",
            Self::FoundElsewhere { .. } => "found_elsewhere",
            Self::Settled => "settled",
            Self::Recount { .. } => "recount",
        }
    }
}

/// A count with what it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub line: Line,
    pub outcome: Outcome,
    /// What approving does for it.
    pub act: Option<Act>,
}

/// What each count comes to, in the same order. `counts` holds the valid count of each line, earliest first: of a thing
/// seen in two places, the later sighting is where it is.
pub fn reconcile(counts: &[Counted]) -> Vec<Verdict> {
    let mut seen: HashMap<ItemId, usize> = HashMap::new();
    for (n, count) in counts.iter().enumerate() {
        if !count.kind.is_counted() && count.counted > Decimal::ZERO {
            seen.insert(count.line.item, n);
        }
    }
    let verdict = |(n, count): (usize, &Counted)| {
        let (outcome, act) = if count.archived {
            (Outcome::Settled, None)
        } else if count.kind.is_counted() {
            amount(count)
        } else {
            match seen.get(&count.line.item) {
                Some(&at) if at != n => (Outcome::FoundElsewhere { at: counts[at].line.holder }, None),
                Some(_) => sighting(count),
                None => absence(count),
            }
        };
        Verdict { line: count.line, outcome, act }
    };
    counts.iter().enumerate().map(verdict).collect()
}

fn amount(count: &Counted) -> (Outcome, Option<Act>) {
    let Line { item, holder, lot } = count.line;
    let by = (count.counted - count.then.there).normalize();
    if by.is_zero() {
        return (Outcome::Agrees, None);
    }
    if count.now.corrected != count.then.corrected {
        return (Outcome::Settled, None);
    }
    let target = (count.now.there + by).normalize();
    if target < Decimal::ZERO {
        return (Outcome::Recount { short: -target }, None);
    }
    (Outcome::Differs { by }, Some(Act::Adjust { item, holder, counted: target, lot }))
}

fn sighting(count: &Counted) -> (Outcome, Option<Act>) {
    let (item, here) = (count.line.item, count.line.holder);
    let was = count.then.was;
    if was == Was::In(here) {
        return (Outcome::Agrees, None);
    }
    if count.now.moved_at != count.then.moved_at {
        return (Outcome::Settled, None);
    }
    let quantity = Quantity::ONE;
    let act = match was {
        Was::In(from) => Act::Transfer { item, from: Some(from), to: Some(here), quantity, lot: None },
        Was::Lent(loan) => Act::CheckIn { loan, to: here, quantity },
        Was::Missing => Act::Found { item, to: here, quantity, lot: None },
        Was::Nowhere => Act::Receive { item, to: here, quantity, lot: None },
    };
    (Outcome::FoundHere { was }, Some(act))
}

fn absence(count: &Counted) -> (Outcome, Option<Act>) {
    let (item, from) = (count.line.item, count.line.holder);
    if count.then.was != Was::In(from) {
        return (Outcome::Agrees, None);
    }
    if count.now.moved_at != count.then.moved_at {
        return (Outcome::Settled, None);
    }
    (Outcome::NotHere, Some(Act::Missing { item, from, quantity: Quantity::ONE, lot: None }))
}

/// What approving books, each act with its line. A thing that goes into a box that itself goes somewhere comes after the
/// box, so that two boxes whose order was turned round never lie inside each other between.
pub fn acts(verdicts: &[Verdict]) -> Vec<(Line, Act)> {
    let mut open: Vec<(Line, Act)> =
        verdicts.iter().filter_map(|verdict| Some((verdict.line, verdict.act.clone()?))).collect();
    let mut ordered = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let moving: HashSet<ItemId> = open.iter().map(|(line, _)| line.item).collect();
        let (ready, waiting): (Vec<_>, Vec<_>) = open.into_iter().partition(|(line, _)| !moving.contains(&line.holder));
        if ready.is_empty() {
            // Boxes counted inside each other: the books refuse it, and say so.
            ordered.extend(waiting);
            break;
        }
        ordered.extend(ready);
        open = waiting;
    }
    ordered
}

#[cfg(test)]
mod tests;
