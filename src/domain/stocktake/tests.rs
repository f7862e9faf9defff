use proptest::prelude::*;
use time::macros::datetime;

use super::*;

const EARLIER: OffsetDateTime = datetime!(2026-11-01 10:00 UTC);
const LATER: OffsetDateTime = datetime!(2026-11-01 11:00 UTC);

fn line(item: ItemId, holder: ItemId) -> Line {
    Line { item, holder, lot: None }
}

fn books(there: i64, was: Was) -> Books {
    Books { there: there.into(), corrected: Decimal::ZERO, was, moved_at: Some(EARLIER) }
}

fn screws(counted: i64, then: i64, now: i64) -> Counted {
    let line = line(ItemId::new(), ItemId::new());
    let (then, now) = (books(then, Was::Nowhere), books(now, Was::Nowhere));
    Counted { line, kind: ItemKind::Consumable, counted: counted.into(), then, now, archived: false }
}

fn thing(item: ItemId, holder: ItemId, counted: i64, was: Was) -> Counted {
    let there = i64::from(was == Was::In(holder));
    let books = books(there, was);
    Counted {
        line: line(item, holder),
        kind: ItemKind::Asset,
        counted: counted.into(),
        then: books,
        now: books,
        archived: false,
    }
}

fn one(count: Counted) -> Verdict {
    reconcile(&[count]).remove(0)
}

fn check_amount(counted: i64, then: i64, now: i64, expected: Outcome, target: Option<i64>) {
    let verdict = one(screws(counted, then, now));
    let booked = verdict.act.map(|act| match act {
        Act::Adjust { counted, .. } => counted,
        other => panic!("a consumable is corrected, not {other:?}"),
    });
    assert_eq!((verdict.outcome, booked), (expected, target.map(Decimal::from)), "{counted} of {then}, now {now}");
}

#[test]
fn the_difference_is_booked_on_top_of_what_happened_since() {
    check_amount(400, 400, 400, Outcome::Agrees, None);
    check_amount(372, 400, 400, Outcome::Differs { by: (-28).into() }, Some(372));
    check_amount(372, 400, 395, Outcome::Differs { by: (-28).into() }, Some(367));
    check_amount(120, 95, 200, Outcome::Differs { by: 25.into() }, Some(225));
    check_amount(400, 400, 10, Outcome::Agrees, None);
    check_amount(0, 8, 8, Outcome::Differs { by: (-8).into() }, Some(0));
}

#[test]
fn a_difference_larger_than_what_is_left_is_counted_again() {
    check_amount(3, 10, 5, Outcome::Recount { short: 2.into() }, None);
}

#[test]
fn a_correction_somebody_booked_since_stands() {
    let mut count = screws(372, 400, 372);
    count.now.corrected = (-28).into();
    assert_eq!(one(count).outcome, Outcome::Settled);
}

#[test]
fn a_thing_is_here_found_here_or_missing() {
    let (drill, shelf, van, loan) = (ItemId::new(), ItemId::new(), ItemId::new(), LoanId::new());
    let quantity = Quantity::ONE;
    let check = |counted: i64, was: Was, outcome: Outcome, act: Option<Act>| {
        let verdict = one(thing(drill, shelf, counted, was));
        assert_eq!((verdict.outcome, verdict.act), (outcome, act), "{counted} {was:?}");
    };
    check(1, Was::In(shelf), Outcome::Agrees, None);
    let moved = Act::Transfer { item: drill, from: Some(van), to: Some(shelf), quantity, lot: None };
    check(1, Was::In(van), Outcome::FoundHere { was: Was::In(van) }, Some(moved));
    let back = Act::CheckIn { loan, to: shelf, quantity };
    check(1, Was::Lent(loan), Outcome::FoundHere { was: Was::Lent(loan) }, Some(back));
    let found = Act::Found { item: drill, to: shelf, quantity, lot: None };
    check(1, Was::Missing, Outcome::FoundHere { was: Was::Missing }, Some(found));
    let made = Act::Receive { item: drill, to: shelf, quantity, lot: None };
    check(1, Was::Nowhere, Outcome::FoundHere { was: Was::Nowhere }, Some(made));
    let gone = Act::Missing { item: drill, from: shelf, quantity, lot: None };
    check(0, Was::In(shelf), Outcome::NotHere, Some(gone));
    check(0, Was::In(van), Outcome::Agrees, None);
}

#[test]
fn what_moved_after_its_count_stays_where_it_went() {
    let (drill, shelf, van) = (ItemId::new(), ItemId::new(), ItemId::new());
    for counted in [0, 1] {
        let was = if counted == 1 { Was::In(van) } else { Was::In(shelf) };
        let mut count = thing(drill, shelf, counted, was);
        count.now.moved_at = Some(LATER);
        assert_eq!(one(count).outcome, Outcome::Settled);
    }
}

#[test]
fn a_thing_called_missing_here_and_counted_there_was_moved() {
    let (drill, shelf, bin) = (ItemId::new(), ItemId::new(), ItemId::new());
    let verdicts = reconcile(&[thing(drill, shelf, 0, Was::In(shelf)), thing(drill, bin, 1, Was::In(shelf))]);
    assert_eq!(verdicts[0].outcome, Outcome::FoundElsewhere { at: bin });
    assert_eq!(verdicts[1].outcome, Outcome::FoundHere { was: Was::In(shelf) });
    assert_eq!(acts(&verdicts).len(), 1);
}

#[test]
fn boxes_whose_order_was_turned_round_move_from_the_outside_in() {
    let (red, blue, shelf) = (ItemId::new(), ItemId::new(), ItemId::new());
    // The books: blue in red in the shelf. Counted: red in blue in the shelf.
    let counts = [thing(red, blue, 1, Was::In(shelf)), thing(blue, shelf, 1, Was::In(red))];
    let order: Vec<ItemId> = acts(&reconcile(&counts)).iter().map(|(line, _)| line.item).collect();
    assert_eq!(order, [blue, red]);
}

#[test]
fn what_was_archived_since_is_left_alone() {
    let count = Counted { archived: true, ..screws(3, 10, 0) };
    assert_eq!(one(count).outcome, Outcome::Settled);
}

proptest! {
    /// Stock after approval is the count plus what moved since, or the line is refused.
    #[test]
    fn stock_becomes_the_count_plus_what_moved_since(counted in 0..1000_i64, then in 0..1000_i64, now in 0..1000_i64) {
        let verdict = one(screws(counted, then, now));
        let expected = counted + (now - then);
        let after = match (verdict.outcome, verdict.act) {
            (Outcome::Agrees, None) => Some(Decimal::from(now)),
            (Outcome::Differs { .. }, Some(Act::Adjust { counted, .. })) => Some(counted),
            (Outcome::Recount { short }, None) => {
                prop_assert_eq!(short, Decimal::from(-expected));
                None
            }
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(after, (expected >= 0).then(|| expected.into()));
    }
}

fn expected(item: ItemId, holder: ItemId, kind: ItemKind) -> Expected {
    Expected { line: line(item, holder), kind }
}

#[test]
fn the_rest_is_missing_but_for_what_lies_in_a_box_that_is_missing() {
    let [shelf, red, blue, pliers, saw, nails] = [(); 6].map(|()| ItemId::new());
    let all = [
        expected(red, shelf, ItemKind::Container),
        expected(pliers, red, ItemKind::Asset),
        expected(nails, red, ItemKind::Consumable),
        expected(blue, shelf, ItemKind::Container),
        expected(saw, blue, ItemKind::Asset),
    ];
    // Pliers were counted in the red box: it is here, its nails are not; the blue one is gone with its saw.
    let known = [(all[1], Decimal::ONE)];
    let said = rest(&all, &known);
    assert_eq!(
        said,
        [(all[0].line, Decimal::ONE), (all[2].line, Decimal::ZERO), (all[3].line, Decimal::ZERO)],
        "the saw stays in its box"
    );
    assert_eq!(rest(&all, &[]), [(all[0].line, Decimal::ZERO), (all[3].line, Decimal::ZERO)]);
}

#[test]
fn the_rest_is_not_what_was_counted_elsewhere() {
    let [shelf, bin, saw] = [(); 3].map(|()| ItemId::new());
    let all = [expected(saw, shelf, ItemKind::Asset)];
    assert_eq!(rest(&all, &[(expected(saw, bin, ItemKind::Asset), Decimal::ONE)]), []);
}
