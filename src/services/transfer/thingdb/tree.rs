//! What lies in what there: their database takes any text for a place, and a circle of more than twenty.

use std::collections::HashMap;

use super::super::record::Remark;
use super::{Thing, canonical};

/// Places nest at most so deep.
const DEEPEST: usize = 32;

/// What each thing lies in, by index, with what cannot be mended: a place that is not there, one that lies inside itself,
/// and more depth than there may be.
pub fn mend(things: &[Thing]) -> (Vec<Option<usize>>, Vec<Remark>) {
    let exact: HashMap<&str, usize> = things.iter().enumerate().map(|(i, thing)| (thing.guid.as_str(), i)).collect();
    let any: HashMap<String, usize> = things.iter().enumerate().map(|(i, thing)| (canonical(&thing.guid), i)).collect();
    let mut remarks = Vec::new();
    let mut say = |thing: &Thing, what: &str| {
        let part = if thing.name.is_empty() { thing.guid.clone() } else { thing.name.clone() };
        remarks.push(Remark::Part { part, what: what.to_owned() });
    };
    let mut parents: Vec<Option<usize>> = Vec::with_capacity(things.len());
    for thing in things {
        let found = thing
            .parent
            .as_deref()
            .and_then(|guid| exact.get(guid).copied().or_else(|| any.get(&canonical(guid)).copied()));
        if found.is_none() && thing.parent.is_some() {
            say(thing, "lay in something that is not there");
        }
        parents.push(found);
    }
    // 0: not looked at, 1: on the way, 2: leads to a root.
    let mut state = vec![0_u8; things.len()];
    let mut depth = vec![1_usize; things.len()];
    for start in 0..things.len() {
        let mut way = Vec::new();
        let mut at = start;
        while state[at] == 0 {
            state[at] = 1;
            way.push(at);
            match parents[at] {
                Some(parent) if state[parent] == 1 => {
                    say(&things[at], "lay inside itself, by way of what it holds; it lies in nothing now");
                    parents[at] = None;
                    break;
                }
                Some(parent) => at = parent,
                None => break,
            }
        }
        for index in way.into_iter().rev() {
            state[index] = 2;
            while let Some(parent) = parents[index].filter(|&parent| depth[parent] >= DEEPEST) {
                if parents[parent].is_none() {
                    break;
                }
                say(&things[index], "lay deeper than places nest here, and lies one level higher now");
                parents[index] = parents[parent];
            }
            depth[index] = parents[index].map_or(1, |parent| depth[parent] + 1);
        }
    }
    (parents, remarks)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `child<parent` words; which parents each has after mending, and how many remarks there are.
    fn check(text: &str, expected: &str, remarks: usize) {
        let things: Vec<Thing> = text
            .split_whitespace()
            .map(|word| {
                let (guid, parent) = word.split_once('<').map_or((word, None), |(g, p)| (g, Some(p.to_owned())));
                Thing { guid: guid.to_owned(), parent, ..Thing::default() }
            })
            .collect();
        let (parents, said) = mend(&things);
        let mended: Vec<String> = things
            .iter()
            .zip(parents)
            .map(|(thing, parent)| match parent {
                Some(parent) => format!("{}<{}", thing.guid, things[parent].guid),
                None => thing.guid.clone(),
            })
            .collect();
        assert_eq!(mended.join(" "), expected);
        assert_eq!(said.len(), remarks, "{said:?}");
    }

    #[test]
    fn a_tree_stays_as_it_is() {
        check("a b<a c<b d<a", "a b<a c<b d<a", 0);
    }

    #[test]
    fn a_circle_is_opened_where_it_is_first_closed() {
        check("a<c b<a c<b d<c", "a<c b c<b d<c", 1);
        check("a<a", "a", 1);
    }

    #[test]
    fn who_lies_in_nothing_known_lies_in_nothing() {
        check("a<z b<a", "a b<a", 1);
    }

    #[test]
    fn a_parent_may_be_written_in_other_letters() {
        let (low, high) = ("0a8f5b6c-1111-4222-8333-444455556666", "0A8F5B6C111142228333444455556666");
        check(&format!("{low} b<{high}"), &format!("{low} b<{low}"), 0);
    }

    #[test]
    fn what_lies_too_deep_is_lifted() {
        let chain: Vec<String> = (0..40).map(|n| if n == 0 { "0".into() } else { format!("{n}<{}", n - 1) }).collect();
        let things: Vec<Thing> = chain
            .iter()
            .map(|word| {
                let (guid, parent) =
                    word.split_once('<').map_or((word.as_str(), None), |(g, p)| (g, Some(p.to_owned())));
                Thing { guid: guid.to_owned(), parent, ..Thing::default() }
            })
            .collect();
        let (parents, said) = mend(&things);
        let depth = |mut index: usize| {
            let mut depth = 1;
            while let Some(parent) = parents[index] {
                index = parent;
                depth += 1;
            }
            depth
        };
        assert_eq!((0..40).map(depth).max(), Some(DEEPEST));
        assert!(!said.is_empty());
    }
}
