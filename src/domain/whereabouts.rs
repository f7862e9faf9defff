//! Where a thing is, in one word everywhere.

use rust_decimal::Decimal;

use super::ItemKind;

/// The state of an individual thing, or of all of a consumable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whereabouts {
    /// In at least one holder.
    InHolder,
    /// A location that hangs under no other.
    RootLocation,
    /// All that is not on hand is with a borrower.
    Lent,
    /// Nobody knows.
    Missing,
    /// Used up or scrapped.
    Gone,
    /// Nothing was ever booked.
    NeverStocked,
}

impl Whereabouts {
    /// Decides from the sums of the ledger; `moved`: has anything ever been booked?
    pub fn decide(kind: ItemKind, on_hand: Decimal, lent: Decimal, missing: Decimal, moved: bool) -> Self {
        if on_hand > Decimal::ZERO {
            Self::InHolder
        } else if kind == ItemKind::Location {
            Self::RootLocation
        } else if lent > Decimal::ZERO {
            Self::Lent
        } else if missing > Decimal::ZERO {
            Self::Missing
        } else if moved {
            Self::Gone
        } else {
            Self::NeverStocked
        }
    }

    /// The word in the API and exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InHolder => "in_holder",
            Self::RootLocation => "root_location",
            Self::Lent => "lent",
            Self::Missing => "missing",
            Self::Gone => "gone",
            Self::NeverStocked => "never_stocked",
        }
    }
}
