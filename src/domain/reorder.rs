//! How many to buy of what is low.

use rust_decimal::Decimal;

/// What brings an item to its maximum; without one, to twice its minimum. Nothing, when there is enough.
pub fn to_order(on_hand: Decimal, minimum: Decimal, maximum: Option<Decimal>) -> Decimal {
    let wanted = maximum.filter(|maximum| *maximum >= minimum).unwrap_or(minimum * Decimal::TWO);
    (wanted - on_hand).max(Decimal::ZERO).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(on_hand: &str, minimum: &str, maximum: Option<&str>, expected: &str) {
        let read = |text: &str| text.parse::<Decimal>().expect("a number");
        assert_eq!(to_order(read(on_hand), read(minimum), maximum.map(read)), read(expected));
    }

    #[test]
    fn an_order_fills_up_to_the_maximum_and_without_one_to_twice_the_minimum() {
        check("95", "150", Some("300"), "205");
        check("95", "150", None, "205");
        check("9.5", "15", Some("30.25"), "20.75");
    }

    #[test]
    fn nothing_is_ordered_where_there_is_enough_and_a_maximum_below_the_minimum_counts_for_nothing() {
        check("400", "150", Some("300"), "0");
        check("10", "20", Some("5"), "30");
    }
}
