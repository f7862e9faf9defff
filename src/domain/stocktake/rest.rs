//! What is said by "the rest is not here".

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;

use super::Line;
use crate::domain::{ItemId, ItemKind};

/// A line the books have in the place that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    pub line: Line,
    pub kind: ItemKind,
}

/// The counts that "the rest is not here" stands for, given what was counted. A box in which something was counted is
/// here, though nobody counted the box. What lies in a box that is not here stays inside it, uncounted. What was counted
/// elsewhere in this stocktake is not called missing.
pub fn rest(expected: &[Expected], counted: &[(Expected, Decimal)]) -> Vec<(Line, Decimal)> {
    let known: HashMap<Line, Decimal> = counted.iter().map(|(one, amount)| (one.line, *amount)).collect();
    let seen: HashSet<ItemId> = counted
        .iter()
        .filter(|(one, n)| !one.kind.is_counted() && *n > Decimal::ZERO)
        .map(|(one, _)| one.line.item)
        .collect();
    let boxes: HashMap<ItemId, Line> =
        expected.iter().filter(|one| one.kind == ItemKind::Container).map(|one| (one.line.item, one.line)).collect();
    let mut here = seen.clone();
    for (one, amount) in counted {
        if *amount > Decimal::ZERO {
            let mut at = one.line.holder;
            while let Some(line) = boxes.get(&at) {
                // The schema lets nothing lie in itself, so this ends; counted ones end it early.
                if !here.insert(at) {
                    break;
                }
                at = line.holder;
            }
        }
    }
    let away = |holder: ItemId| {
        let mut at = holder;
        // The schema nests at most 32 deep.
        for _ in 0..64 {
            let Some(line) = boxes.get(&at) else { return false };
            if !here.contains(&at) {
                return true;
            }
            at = line.holder;
        }
        false
    };
    expected
        .iter()
        .filter(|one| !known.contains_key(&one.line))
        .filter_map(|one| match one.kind {
            ItemKind::Container if here.contains(&one.line.item) && !seen.contains(&one.line.item) => {
                Some((one.line, Decimal::ONE))
            }
            kind if !kind.is_counted() && seen.contains(&one.line.item) => None,
            _ if away(one.line.holder) => None,
            _ => Some((one.line, Decimal::ZERO)),
        })
        .collect()
}
