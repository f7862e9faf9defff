//! Exact, positive quantities.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How many, or how much, in the item's unit: greater than zero, at most six decimals, below 10¹².
/// Never a float, never rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Quantity(Decimal);

/// Why a number is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QuantityError {
    #[error("not a number")]
    NotANumber,
    #[error("must be greater than zero")]
    NotPositive,
    #[error("has more than six decimals")]
    TooFine,
    #[error("is too large")]
    TooLarge,
}

impl Quantity {
    /// One piece.
    pub const ONE: Self = Self(Decimal::ONE);

    /// Checks the bounds that `numeric(18, 6)` has.
    pub fn new(value: Decimal) -> Result<Self, QuantityError> {
        let value = value.normalize();
        if value <= Decimal::ZERO {
            Err(QuantityError::NotPositive)
        } else if value.scale() > 6 {
            Err(QuantityError::TooFine)
        } else if value >= Decimal::from(1_000_000_000_000_i64) {
            Err(QuantityError::TooLarge)
        } else {
            Ok(Self(value))
        }
    }

    /// The number itself.
    pub fn get(self) -> Decimal {
        self.0
    }
}

impl TryFrom<Decimal> for Quantity {
    type Error = QuantityError;
    fn try_from(value: Decimal) -> Result<Self, Self::Error> {
        Self::new(value)
    }
}

impl From<u32> for Quantity {
    /// # Panics
    /// Zero is no quantity; for counts known in the code.
    fn from(count: u32) -> Self {
        Self::new(Decimal::from(count)).expect("a count in the code is at least one")
    }
}

impl From<Quantity> for Decimal {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    /// Accepts a decimal point or a decimal comma, no thousands separators: `2.5`, `2,5`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let plain = if text.contains('.') { text.to_owned() } else { text.replacen(',', ".", 1) };
        if plain.is_empty() || !plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+')) {
            return Err(QuantityError::NotANumber);
        }
        Self::new(Decimal::from_str(&plain).map_err(|_| QuantityError::NotANumber)?)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, QuantityError>) {
        assert_eq!(text.parse::<Quantity>().map(|q| q.to_string()), expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        check("3", Ok("3"));
        check(" 2,50 ", Ok("2.5"));
        check("0.000001", Ok("0.000001"));
        check("999999999999", Ok("999999999999"));
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        check("0", Err(QuantityError::NotPositive));
        check("-1", Err(QuantityError::NotPositive));
        check("0.0000001", Err(QuantityError::TooFine));
        check("1000000000000", Err(QuantityError::TooLarge));
        check("1e3", Err(QuantityError::NotANumber));
        check("1.000,5", Err(QuantityError::NotANumber));
        check("", Err(QuantityError::NotANumber));
        check("three", Err(QuantityError::NotANumber));
    }
}
