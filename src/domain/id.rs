//! Identities: UUID v7 in a type per noun, so that an item's id is never taken for a loan's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id, ordered by the time it was made (UUID v7, RFC 9562).
            #[expect(clippy::new_without_default, reason = "two fresh ids are never equal; a default would suggest so")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(/// An item of any kind.
    ItemId);
id!(/// A person.
    PersonId);
id!(/// One booking in the ledger.
    BookingId);
id!(/// A loan, open or closed.
    LoanId);
id!(/// A lot (batch) of a consumable.
    LotId);
id!(/// A count of one place.
    StocktakeId);
id!(/// A picture of an item.
    PhotoId);
id!(/// Made by whoever asks, once per confirmation: a repeat under the same id is answered, not booked again.
    RequestId);
id!(/// One browser in which a person is signed in.
    SessionId);
id!(/// What a program acts with.
    TokenId);
