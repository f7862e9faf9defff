//! Whatever is counted and whatever moves between: stock is the count plus what moved since.

use inventory::domain::stocktake::Outcome;
use inventory::domain::{Act, ItemId, ItemKind};
use inventory::services::stock::BookingRequest;
use inventory::services::stocktake::StocktakeError;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rust_decimal::Decimal;

use super::Room;

/// Counts of screws and things by place, then what people do before somebody approves.
#[derive(Debug, Clone)]
struct Plan {
    screws: Vec<(usize, usize, i64)>,
    things: Vec<(usize, usize)>,
    moves: Vec<(usize, usize, usize, i64)>,
}

fn plan(with_moves: bool) -> impl Strategy<Value = Plan> {
    let screws = prop::collection::vec((0..2_usize, 0..2_usize, 0..40_i64), 0..5);
    let things = prop::collection::vec((0..3_usize, 0..2_usize), 0..4);
    let most = if with_moves { 6 } else { 0 };
    let moves = prop::collection::vec((0..2_usize, 0..2_usize, 0..3_usize, 1..9_i64), 0..=most);
    (screws, things, moves).prop_map(|(screws, things, moves)| Plan { screws, things, moves })
}

struct Bench {
    room: Room,
    places: [ItemId; 2],
    screws: [ItemId; 2],
    things: [ItemId; 3],
}

impl Bench {
    async fn run(&self, plan: &Plan) -> Result<(), TestCaseError> {
        let room = &self.room;
        let id = room.open(room.hall).await;
        let mut counted: Vec<((ItemId, ItemId), Decimal, Decimal)> = Vec::new();
        for &(screw, place, amount) in &plan.screws {
            let line = (self.screws[screw], self.places[place]);
            let books = room.there(line.0, line.1).await;
            room.count(id, line.0, line.1, amount).await;
            counted.retain(|(before, ..)| *before != line);
            counted.push((line, amount.into(), books));
        }
        let mut seen: Vec<(ItemId, ItemId)> = Vec::new();
        for &(thing, place) in &plan.things {
            room.count(id, self.things[thing], self.places[place], 1).await;
            seen.retain(|(before, _)| *before != self.things[thing]);
            seen.push((self.things[thing], self.places[place]));
        }
        for &(screw, place, what, n) in &plan.moves {
            let (item, at, quantity) =
                (self.screws[screw], self.places[place], u32::try_from(n).expect("small").into());
            let act = match what {
                0 => Act::Issue { item, from: at, quantity, lot: None },
                1 => Act::Receive { item, to: at, quantity, lot: None },
                _ => Act::Transfer { item, from: Some(at), to: Some(room.van), quantity, lot: None },
            };
            // Not enough there: then nobody took it.
            drop(room.services.stock.book(&inventory::domain::Actor::program(), &BookingRequest::single(act)).await);
        }
        room.close(id).await;
        let view = room.view(id).await;
        let mut expected = Vec::new();
        for ((item, holder), amount, books) in &counted {
            expected.push(((*item, *holder), *amount + room.there(*item, *holder).await - *books));
        }
        match room.approve(id).await {
            Ok(_) => {
                for ((item, holder), amount) in expected {
                    prop_assert_eq!(room.there(item, holder).await, amount);
                }
                for (item, holder) in seen {
                    prop_assert_eq!(room.there(item, holder).await, Decimal::ONE);
                }
            }
            Err(StocktakeError::Recount(_)) => {
                prop_assert!(expected.iter().any(|(_, amount)| *amount < Decimal::ZERO));
                let shown = view.lines.iter().any(|line| matches!(line.outcome, Some(Outcome::Recount { .. })));
                prop_assert!(shown, "the view did not say so");
                room.services.stocktakes.cancel(&room.member, id).await.expect("given up");
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        }
        let client = room.test.client().await;
        prop_assert_eq!(inventory::store::stock::discrepancies(&client).await.expect("readable"), []);
        Ok(())
    }

    async fn new() -> Self {
        let room = Room::new().await;
        let mut things = Vec::new();
        for (name, place) in [("Saw", room.shelf), ("Hammer", room.red), ("Level", room.van)] {
            things.push(room.make(ItemKind::Asset, name, Some((place, 1))).await);
        }
        let (places, screws) = ([room.shelf, room.red], [room.m3, room.m4]);
        Self { room, places, screws, things: things.try_into().expect("three") }
    }
}

fn check(cases: u32, with_moves: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    // One storeroom for all cases: each stocktake starts from where the one before left it.
    let bench = runtime.block_on(Bench::new());
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner.run(&plan(with_moves), |plan| runtime.block_on(bench.run(&plan))).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn without_movements_stock_becomes_what_was_counted() {
    check(16, false);
}

#[test]
fn with_movements_stock_becomes_the_count_plus_what_moved_since() {
    check(28, true);
}
