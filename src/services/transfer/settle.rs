//! The acts by which what lies here becomes what a source says. Pure.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use time::Date;

use crate::domain::{Act, ItemId, Quantity};

/// A batch by its code and, when it is said, its expiry.
pub type LotName = Option<(String, Option<Date>)>;

/// An act whose lot is known by name only; it may have to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub act: Act,
    pub lot: LotName,
}

/// Some of an item: in which holder, of which lot, how many.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub holder: ItemId,
    pub lot: LotName,
    pub quantity: Decimal,
}

/// What is counted: as much as possible is moved, the rest is received, for a new item, or adjusted.
pub fn counted(item: ItemId, is_new: bool, here: &[Line], wanted: &[Line]) -> Vec<Step> {
    let mut sums: BTreeMap<(ItemId, Option<String>), (Decimal, Decimal, LotName)> = BTreeMap::new();
    let key = |line: &Line| (line.holder, line.lot.as_ref().map(|lot| lot.0.clone()));
    for line in here {
        let sum = sums.entry(key(line)).or_insert_with(|| (Decimal::ZERO, Decimal::ZERO, line.lot.clone()));
        sum.0 += line.quantity;
    }
    for line in wanted {
        let sum = sums.entry(key(line)).or_insert_with(|| (Decimal::ZERO, Decimal::ZERO, line.lot.clone()));
        sum.1 += line.quantity;
        sum.2.clone_from(&line.lot);
    }
    let mut steps = Vec::new();
    if is_new {
        for ((holder, _), (_, wanted, lot)) in sums {
            if let Ok(quantity) = Quantity::new(wanted) {
                steps.push(Step { act: Act::Receive { item, to: holder, quantity, lot: None }, lot });
            }
        }
        return steps;
    }
    // Too many here, too few there, of the same lot: somebody carried them.
    let keys: Vec<_> = sums.keys().cloned().collect();
    for from in &keys {
        for to in keys.iter().filter(|to| *to != from && to.1 == from.1) {
            let too_many = sums[from].0 - sums[from].1;
            let too_few = sums[to].1 - sums[to].0;
            let Ok(quantity) = Quantity::new(too_many.min(too_few)) else { continue };
            let lot = sums[from].2.clone();
            let act = Act::Transfer { item, from: Some(from.0), to: Some(to.0), quantity, lot: None };
            steps.push(Step { act, lot });
            sums.entry(from.clone()).and_modify(|sum| sum.0 -= quantity.get());
            sums.entry(to.clone()).and_modify(|sum| sum.0 += quantity.get());
        }
    }
    for ((holder, _), (here, wanted, lot)) in sums {
        if here != wanted {
            steps.push(Step { act: Act::Adjust { item, holder, counted: wanted, lot: None }, lot });
        }
    }
    steps
}

/// One individual thing: put there for the first time, or moved.
pub fn individual(item: ItemId, here: Option<ItemId>, wanted: ItemId) -> Option<Step> {
    let act = match here {
        Some(here) if here == wanted => return None,
        Some(here) => Act::Transfer { item, from: Some(here), to: Some(wanted), quantity: Quantity::ONE, lot: None },
        None => Act::Receive { item, to: wanted, quantity: Quantity::ONE, lot: None },
    };
    Some(Step { act, lot: None })
}

/// The act with its lot.
pub fn with_lot(mut act: Act, of: Option<crate::domain::LotId>) -> Act {
    match &mut act {
        Act::Receive { lot, .. } | Act::Transfer { lot, .. } | Act::Adjust { lot, .. } => *lot = of,
        _ => {}
    }
    act
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(here: &[(u8, u32)], wanted: &[(u8, u32)], expected: &[&str]) {
        let holders: Vec<ItemId> = (0..4).map(|_| ItemId::new()).collect();
        let name = |id: Option<ItemId>| id.and_then(|id| holders.iter().position(|h| *h == id)).map_or(9, |n| n);
        let lines = |list: &[(u8, u32)]| -> Vec<Line> {
            list.iter()
                .map(|(n, q)| Line { holder: holders[usize::from(*n)], lot: None, quantity: (*q).into() })
                .collect()
        };
        let steps = counted(ItemId::new(), false, &lines(here), &lines(wanted));
        let said: Vec<String> = steps
            .iter()
            .map(|step| match step.act {
                Act::Transfer { from, to, quantity, .. } => format!("{quantity} from {} to {}", name(from), name(to)),
                Act::Adjust { holder, counted, .. } => format!("{} is {counted}", name(Some(holder))),
                _ => unreachable!("nothing else is made"),
            })
            .collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn what_agrees_needs_nothing() {
        check(&[(0, 5), (1, 2)], &[(1, 2), (0, 5)], &[]);
    }

    #[test]
    fn the_same_number_elsewhere_was_carried() {
        check(&[(0, 5)], &[(1, 5)], &["5 from 0 to 1"]);
        check(&[(0, 5)], &[(0, 2), (1, 3)], &["3 from 0 to 1"]);
    }

    #[test]
    fn what_is_left_over_is_adjusted() {
        check(&[(0, 5)], &[(0, 7)], &["0 is 7"]);
        check(&[(0, 5)], &[(1, 8)], &["5 from 0 to 1", "1 is 8"]);
        check(&[(0, 5)], &[(0, 0)], &["0 is 0"]);
    }

    #[test]
    fn several_rows_for_one_place_add_up() {
        check(&[(0, 5)], &[(0, 2), (0, 3)], &[]);
    }
}
