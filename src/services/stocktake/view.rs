//! A stocktake as people look at it.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::{StocktakeError, Stocktakes, in_order};
use crate::domain::stocktake::{self as counts, Line, Outcome, State, Was};
use crate::domain::{Actor, ItemId, ItemKind, Permission, StocktakeId};
use crate::store::stocktake::{self as store, Head, StoredLine};
use crate::store::summaries::{Path, path_of};
use crate::store::{StoreError, bookings};

/// A whole stocktake.
#[derive(Debug, Clone, PartialEq)]
pub struct StocktakeView {
    pub head: Head,
    /// The way to the place that is counted, itself last.
    pub path: Path,
    /// By place, then by name.
    pub lines: Vec<LineView>,
    /// `None` while it is counted blind.
    pub tally: Option<Tally>,
    /// Lines with a count.
    pub counted: usize,
    /// Lines nobody counted; nothing is written for them.
    pub to_count: usize,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct LineView {
    pub line: Line,
    pub kind: ItemKind,
    pub name: String,
    pub unit: Option<String>,
    pub lot: Option<String>,
    pub holder_name: String,
    /// What the books said when it was counted, or say now. `None` for who counts blind.
    pub expected: Option<Decimal>,
    /// `None`: not counted.
    pub counted: Option<Decimal>,
    pub counted_by: Option<String>,
    pub counted_at: Option<OffsetDateTime>,
    /// How often it was counted.
    pub times: i64,
    /// Counted after the differences had been shown.
    pub informed: bool,
    /// What it comes to. `None`: not counted, or not to be known by who counts blind.
    pub outcome: Option<Outcome>,
    /// What moved into (+) or out of (−) the line since it was counted; it is booked on top.
    pub moved: Decimal,
    /// For a thing found here: what the place is called where the books had it.
    pub was_in: Option<String>,
}

/// Which part of a stocktake a line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pile {
    /// To be looked at before anything is written.
    Differences,
    ToCount,
    /// While it is counted blind, all that was counted; else what needs no look.
    Done,
}

impl LineView {
    pub fn pile(&self) -> Pile {
        match self.outcome {
            Some(outcome) if outcome.is_quiet() => Pile::Done,
            Some(_) => Pile::Differences,
            None if self.counted.is_some() => Pile::Done,
            None => Pile::ToCount,
        }
    }
}

/// How the lines come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub agree: usize,
    /// To be looked at: those written, and those to be counted again.
    pub differ: usize,
    /// Of a consumable, more or less.
    pub corrected: usize,
    /// Things brought here from elsewhere, in the books.
    pub moved_here: usize,
    /// Things that were lent, missing or unknown, and are here.
    pub returned: usize,
    pub missing: usize,
    pub recount: usize,
    /// What approving writes.
    pub written: usize,
}

impl Stocktakes {
    /// A stocktake with every line. A counter who is no keeper counts blind: how many the books expect, and what a count
    /// comes to, is not given to them until counting has ended.
    pub async fn view(&self, actor: &Actor, id: StocktakeId) -> Result<StocktakeView, StocktakeError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        let mut head = store::get(&client, id).await?.ok_or(StocktakeError::NotFound)?;
        let mut stored = store::lines(&client, &head, head.state.is_decided()).await?;
        if head.state.is_decided() {
            // The record: what the counts came to when they were made.
            for count in stored.iter_mut().filter_map(|line| line.count.as_mut()) {
                count.counted.now = count.counted.then;
                count.counted.archived = false;
            }
        }
        let mut outcomes: HashMap<Line, Outcome> =
            counts::reconcile(&in_order(&stored)).into_iter().map(|verdict| (verdict.line, verdict.outcome)).collect();
        if head.state == State::Approved {
            let written: HashSet<(ItemId, Option<ItemId>)> = match head.booking {
                None => HashSet::new(),
                Some(booking) => bookings::lines(&client, booking)
                    .await?
                    .into_iter()
                    .flat_map(|line| [(line.movement.item, line.movement.to), (line.movement.item, line.movement.from)])
                    .collect(),
            };
            for (line, outcome) in &mut outcomes {
                if outcome.is_written() && !written.contains(&(line.item, Some(line.holder))) {
                    *outcome = Outcome::Settled;
                }
            }
        }
        let blind = head.state == State::Open && !actor.may(Permission::Keep);
        let elsewhere: HashMap<ItemId, ItemId> = stored
            .iter()
            .filter_map(|l| l.count.as_ref().filter(|c| !l.kind.is_counted() && c.counted.counted > Decimal::ZERO))
            .map(|count| (count.counted.line.item, count.counted.line.holder))
            .collect();
        let origins: Vec<ItemId> = outcomes
            .values()
            .filter_map(|outcome| match outcome {
                Outcome::FoundHere { was: Was::In(place) } => Some(*place),
                _ => None,
            })
            .collect();
        let names: HashMap<ItemId, String> = crate::store::summaries::load(&client, &origins)
            .await?
            .into_iter()
            .map(|place| (place.id, place.name))
            .collect();
        let private = actor.may(Permission::SeePrivate);
        let lines: Vec<LineView> = stored
            .into_iter()
            .map(|line| {
                let outcome = outcomes
                    .get(&line.line)
                    .copied()
                    .or_else(|| elsewhere.get(&line.line.item).map(|at| Outcome::FoundElsewhere { at: *at }));
                let was_in = match outcome {
                    Some(Outcome::FoundHere { was: Was::In(place) }) => names.get(&place).cloned(),
                    _ => None,
                };
                shown(line, outcome, was_in, blind, private)
            })
            .collect();
        hide_names(actor, &mut head);
        let counted = lines.iter().filter(|line| line.counted.is_some()).count();
        let to_count = lines.iter().filter(|line| line.pile() == Pile::ToCount).count();
        let tally = (!blind).then(|| tally(&lines));
        Ok(StocktakeView {
            path: path_of(&client, head.holder).await.or_else(no_path)?,
            head,
            lines,
            tally,
            counted,
            to_count,
        })
    }
}

fn no_path(error: StoreError) -> Result<Path, StoreError> {
    match error {
        StoreError::NotFound(_) => Ok(Path { head: crate::store::summaries::PathHead::Root, places: Vec::new() }),
        other => Err(other),
    }
}

fn shown(line: StoredLine, outcome: Option<Outcome>, was_in: Option<String>, blind: bool, private: bool) -> LineView {
    let hidden = blind && line.kind.is_counted();
    let count = line.count.as_ref();
    let expected = count.map_or(line.on_books, |count| count.counted.then.there);
    LineView {
        line: line.line,
        kind: line.kind,
        expected: (!hidden).then_some(expected),
        counted: count.map(|count| count.counted.counted),
        counted_by: count.and_then(|count| count.by_name.clone()).filter(|_| private),
        counted_at: count.map(|count| count.at),
        times: count.map_or(0, |count| count.times),
        informed: count.is_some_and(|count| count.informed),
        outcome: outcome.filter(|_| !hidden),
        moved: count
            .filter(|_| !hidden)
            .map_or(Decimal::ZERO, |count| (count.counted.now.there - count.counted.then.there).normalize()),
        was_in,
        name: line.item_name,
        unit: line.unit,
        lot: line.lot_code,
        holder_name: line.holder_name,
    }
}

fn tally(lines: &[LineView]) -> Tally {
    let mut tally = Tally::default();
    for outcome in lines.iter().filter_map(|line| line.outcome) {
        match outcome {
            Outcome::Differs { .. } => tally.corrected += 1,
            Outcome::NotHere => tally.missing += 1,
            Outcome::FoundHere { was: Was::In(_) } => tally.moved_here += 1,
            Outcome::FoundHere { .. } => tally.returned += 1,
            Outcome::Recount { .. } => tally.recount += 1,
            Outcome::Agrees | Outcome::Settled | Outcome::FoundElsewhere { .. } => tally.agree += 1,
        }
        tally.written += usize::from(outcome.is_written());
        tally.differ += usize::from(!outcome.is_quiet());
    }
    tally
}

pub(super) fn hide_names(actor: &Actor, head: &mut Head) {
    if !actor.may(Permission::SeePrivate) {
        (head.opened_by, head.opened_by_name, head.decided_by_name) = (None, None, None);
    }
}
