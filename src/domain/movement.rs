//! One line of the ledger.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{BookingId, ItemId, LoanId, LotId, Quantity};

/// Why stock changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// Bought, found, made: into stock.
    Receive,
    /// Taken for use.
    Issue,
    /// Unused, put back; never counted as a purchase.
    Return,
    /// From one holder to another.
    Transfer,
    /// A count corrected the books.
    Adjust,
    /// Lent.
    CheckOut,
    /// Came back from a loan.
    CheckIn,
    /// Not where it should be, or lost by a borrower.
    Missing,
    /// A missing thing turned up.
    Found,
    /// Thrown away, or given up as missing.
    Scrap,
}

/// A word that names no kind of movement.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no kind of movement")]
pub struct UnknownMovement(pub String);

impl MovementKind {
    const ALL: [Self; 10] = [
        Self::Receive,
        Self::Issue,
        Self::Return,
        Self::Transfer,
        Self::Adjust,
        Self::CheckOut,
        Self::CheckIn,
        Self::Missing,
        Self::Found,
        Self::Scrap,
    ];

    /// The word in the database, the API and exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Issue => "issue",
            Self::Return => "return",
            Self::Transfer => "transfer",
            Self::Adjust => "adjust",
            Self::CheckOut => "check_out",
            Self::CheckIn => "check_in",
            Self::Missing => "missing",
            Self::Found => "found",
            Self::Scrap => "scrap",
        }
    }
}

impl fmt::Display for MovementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MovementKind {
    type Err = UnknownMovement;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownMovement(text.to_owned()))
    }
}

/// One line of a booking, as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    pub kind: MovementKind,
    pub item: ItemId,
    pub lot: Option<LotId>,
    pub from: Option<ItemId>,
    pub to: Option<ItemId>,
    pub quantity: Quantity,
    pub loan: Option<LoanId>,
    /// Compensation: the same kind with source and target exchanged.
    pub inverse: bool,
    /// The line this one takes back.
    pub reverses: Option<(BookingId, i32)>,
}

impl Movement {
    /// A line of `kind` with nothing but the item and how many.
    pub fn new(kind: MovementKind, item: ItemId, quantity: Quantity) -> Self {
        Self { kind, item, lot: None, from: None, to: None, quantity, loan: None, inverse: false, reverses: None }
    }

    /// The line that takes this one back; `at` is where this one stands. Reversing the reversal is a redo.
    #[must_use]
    pub fn reversal(&self, at: (BookingId, i32)) -> Self {
        Self { from: self.to, to: self.from, inverse: !self.inverse, reverses: Some(at), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reversal_of_a_reversal_goes_the_original_way() {
        let there =
            Movement { to: Some(ItemId::new()), ..Movement::new(MovementKind::Receive, ItemId::new(), Quantity::ONE) };
        let back = there.reversal((BookingId::new(), 1));
        assert_eq!((back.from, back.to, back.inverse), (there.to, None, true));
        let again = back.reversal((BookingId::new(), 1));
        assert_eq!((again.from, again.to, again.inverse), (None, there.to, false));
    }
}
