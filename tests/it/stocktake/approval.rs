//! Looking at the differences, writing them, taking them back.

use std::sync::Arc;

use inventory::domain::stocktake::{Outcome, State, Was};
use inventory::domain::{Act, Actor, ItemKind, RequestId};
use inventory::services::stock::{BookingKind, BookingRequest, HistoryFilter, Refusal};
use inventory::services::stocktake::{Amount, StocktakeError};
use tokio::sync::Barrier;

use super::{Room, line, outcome, request};

#[tokio::test]
async fn all_differences_are_one_booking_and_undo_takes_all_of_it_back() {
    let room = Room::new().await;
    let saw = room.make(ItemKind::Asset, "Saw", Some((room.van, 1))).await;
    let hammer = room.make(ItemKind::Asset, "Hammer", Some((room.shelf, 1))).await;
    let id = room.open(room.hall).await;
    room.count(id, room.m3, room.red, 372).await;
    room.count(id, room.m4, room.shelf, 95).await;
    room.count(id, room.m4, room.red, 12).await;
    room.count(id, saw, room.shelf, 1).await;
    room.count(id, hammer, room.shelf, 0).await;
    assert!(matches!(room.approve(id).await, Err(StocktakeError::StillCounting)));
    room.close(id).await;
    let view = room.view(id).await;
    assert_eq!(outcome(&view, room.m3), Some(Outcome::Differs { by: (-28).into() }));
    assert_eq!(outcome(&view, saw), Some(Outcome::FoundHere { was: Was::In(room.van) }));
    assert_eq!(line(&view, saw).was_in.as_deref(), Some("Van"));
    assert_eq!(outcome(&view, hammer), Some(Outcome::NotHere));
    assert_eq!(outcome(&view, room.drill), None, "nobody counted the drill: it stays as it is");
    let tally = view.tally.expect("shown");
    assert_eq!((tally.corrected, tally.moved_here, tally.missing, tally.agree, tally.written), (2, 1, 1, 1, 4));

    let approved = room.approve(id).await.expect("approved");
    let booking = approved.booking.expect("booked");
    let filter = HistoryFilter { booking: Some(booking), limit: 20, ..HistoryFilter::default() };
    let booked = room.services.stock.history(&room.keeper, &filter).await.expect("read");
    assert_eq!((booked.len(), booked[0].booking_kind, booked[0].note.as_str()), (4, BookingKind::Stocktake, "autumn"));
    assert_eq!(room.there(room.m3, room.red).await, 372.into());
    assert_eq!(room.there(room.m4, room.red).await, 12.into());
    assert_eq!(room.there(saw, room.shelf).await, 1.into());
    assert_eq!(room.there(room.drill, room.red).await, 1.into());
    let view = room.view(id).await;
    assert_eq!((view.head.state, view.tally.expect("shown").written), (State::Approved, 4));

    room.services.undo.undo(&room.keeper, RequestId::new(), booking, None).await.expect("taken back");
    assert_eq!(room.there(room.m3, room.red).await, 400.into());
    assert_eq!(room.there(room.m4, room.red).await, 0.into());
    assert_eq!(room.there(saw, room.van).await, 1.into());
    assert_eq!(room.there(hammer, room.shelf).await, 1.into());
    assert!(room.view(id).await.head.taken_back);
    room.assert_sums().await;
}

#[tokio::test]
async fn when_all_agrees_nothing_is_booked() {
    let room = Room::new().await;
    let id = room.open(room.red).await;
    room.count(id, room.m3, room.red, 400).await;
    room.count(id, room.drill, room.red, 1).await;
    room.close(id).await;
    let approved = room.approve(id).await.expect("approved");
    assert_eq!((approved.booking, approved.written), (None, 0));
    assert!(matches!(room.approve(id).await, Err(StocktakeError::Decided(State::Approved))));
}

#[tokio::test]
async fn who_counted_does_not_approve_unless_an_admin_lets_them() {
    let room = Room::new().await;
    let id = room.open(room.red).await;
    let stocktakes = &room.services.stocktakes;
    stocktakes.count(&room.keeper, id, &request(room.m3, room.red, Amount::Is(1.into()))).await.expect("counted");
    room.close(id).await;
    assert!(!stocktakes.may_approve(&room.keeper, id).await.expect("read"));
    assert!(matches!(room.approve(id).await, Err(StocktakeError::SamePerson)));
    let version = room.view(id).await.head.version;
    let by_member = stocktakes.approve(&room.member, RequestId::new(), id, version).await;
    assert!(matches!(by_member, Err(StocktakeError::Forbidden(_))), "a member approves nothing");
    assert!(matches!(stocktakes.set_self_approval(&room.keeper, true).await, Err(StocktakeError::Forbidden(_))));
    stocktakes.set_self_approval(&Actor::program(), false).await.expect("it is so already");
    let client = room.test.client().await;
    let noted =
        client.query_one("select count(*) from audit where action = 'setting_changed'", &[]).await.expect("read");
    assert_eq!(noted.get::<_, i64>(0), 0, "what changes nothing is not noted");
    stocktakes.set_self_approval(&Actor::program(), true).await.expect("set");
    assert!(stocktakes.may_approve(&room.keeper, id).await.expect("read"));
    room.approve(id).await.expect("approved");
}

#[tokio::test]
async fn what_moved_after_its_count_is_kept_on_top() {
    let room = Room::new().await;
    let id = room.open(room.hall).await;
    room.count(id, room.m3, room.red, 372).await;
    room.count(id, room.m4, room.shelf, 3).await;
    room.count(id, room.drill, room.shelf, 1).await;
    room.book(Act::Issue { item: room.m3, from: room.red, quantity: 72.into(), lot: None }).await;
    let quantity = 1.into();
    room.book(Act::Transfer { item: room.drill, from: Some(room.red), to: Some(room.van), quantity, lot: None }).await;
    room.close(id).await;
    let view = room.view(id).await;
    assert_eq!(line(&view, room.m3).moved, (-72).into());
    assert_eq!(outcome(&view, room.drill), Some(Outcome::Settled), "somebody took it to the van since");
    room.approve(id).await.expect("approved");
    assert_eq!(room.there(room.m3, room.red).await, 300.into(), "372 counted, 72 taken since");
    assert_eq!(room.there(room.m4, room.shelf).await, 3.into());
    assert_eq!(room.there(room.drill, room.van).await, 1.into());
    room.assert_sums().await;
}

#[tokio::test]
async fn a_difference_that_others_used_up_is_counted_again() {
    let room = Room::new().await;
    let id = room.open(room.hall).await;
    room.count(id, room.m4, room.shelf, 3).await;
    room.count(id, room.m3, room.red, 372).await;
    room.book(Act::Issue { item: room.m4, from: room.shelf, quantity: 50.into(), lot: None }).await;
    room.close(id).await;
    assert_eq!(outcome(&room.view(id).await, room.m4), Some(Outcome::Recount { short: 47.into() }));
    match room.approve(id).await {
        Err(StocktakeError::Recount(lines)) => assert_eq!(lines[0].item, room.m4),
        other => panic!("{other:?}"),
    }
    assert_eq!(room.there(room.m3, room.red).await, 400.into(), "all or nothing");
    room.services.stocktakes.reopen(&room.member, id).await.expect("open again");
    room.count(id, room.m4, room.shelf, 40).await;
    room.close(id).await;
    room.approve(id).await.expect("approved");
    assert_eq!(room.there(room.m4, room.shelf).await, 40.into());
    assert_eq!(room.there(room.m3, room.red).await, 372.into());
}

#[tokio::test]
async fn a_correction_booked_since_is_not_made_twice() {
    let room = Room::new().await;
    let id = room.open(room.hall).await;
    room.count(id, room.m3, room.red, 372).await;
    room.book(Act::Adjust { item: room.m3, holder: room.red, counted: 372.into(), lot: None }).await;
    room.close(id).await;
    assert_eq!(outcome(&room.view(id).await, room.m3), Some(Outcome::Settled));
    assert_eq!(room.approve(id).await.expect("approved").booking, None);
    assert_eq!(room.there(room.m3, room.red).await, 372.into());
}

#[tokio::test]
async fn boxes_turned_round_move_and_what_cannot_be_is_refused_whole() {
    let room = Room::new().await;
    let blue = room.make(ItemKind::Container, "Blue box", Some((room.red, 1))).await;
    let id = room.open(room.hall).await;
    // The books: blue in red on the shelf. Counted: red in blue on the shelf.
    room.count(id, room.red, blue, 1).await;
    room.count(id, blue, room.shelf, 1).await;
    room.count(id, room.m4, room.shelf, 90).await;
    room.close(id).await;
    room.approve(id).await.expect("approved");
    assert_eq!(room.there(room.red, blue).await, 1.into());
    assert_eq!(room.there(blue, room.shelf).await, 1.into());

    let id = room.open(room.hall).await;
    room.count(id, room.red, blue, 1).await;
    room.count(id, blue, room.red, 1).await; // Nobody can have seen this.
    room.count(id, room.m4, room.shelf, 80).await;
    room.close(id).await;
    match room.approve(id).await {
        Err(StocktakeError::Refused { line, reason: Refusal::Cycle }) => assert_eq!(line.item, blue),
        other => panic!("{other:?}"),
    }
    assert_eq!(room.there(room.m4, room.shelf).await, 90.into());
    assert_eq!(room.view(id).await.head.state, State::Counted);
}

#[tokio::test]
async fn an_approver_who_looked_at_something_else_is_told() {
    let room = Room::new().await;
    let id = room.open(room.hall).await;
    room.count(id, room.m4, room.shelf, 90).await;
    room.close(id).await;
    let seen = room.view(id).await.head.version;
    room.services.stocktakes.reopen(&room.member, id).await.expect("open again");
    room.count(id, room.m4, room.shelf, 9).await;
    room.close(id).await;
    let late = room.services.stocktakes.approve(&room.keeper, RequestId::new(), id, seen).await;
    assert!(matches!(late, Err(StocktakeError::Changed)), "{late:?}");
    assert_eq!(room.there(room.m4, room.shelf).await, 95.into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approved_twice_at_once_it_is_booked_once() {
    let room = Room::new().await;
    let other = super::person(&room.test, "Ayla", inventory::domain::Role::Keeper).await;
    for round in 0..12 {
        let id = room.open(room.red).await;
        room.count(id, room.m3, room.red, 300 - round).await;
        room.close(id).await;
        let version = room.view(id).await.head.version;
        let barrier = Arc::new(Barrier::new(2));
        let start = |actor: &Actor| {
            let (stocktakes, actor, barrier) = (room.services.stocktakes.clone(), actor.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                stocktakes.approve(&actor, RequestId::new(), id, version).await
            })
        };
        let (one, two) = (start(&room.keeper), start(&other));
        let results = [one.await.expect("ran"), two.await.expect("ran")];
        let won = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(won, 1, "round {round}: {results:?}");
        assert!(results.iter().any(|r| matches!(r, Err(StocktakeError::Decided(State::Approved)))), "{results:?}");
        assert_eq!(room.there(room.m3, room.red).await, (300 - round).into());
    }
    room.assert_sums().await;
}

#[tokio::test]
async fn the_same_approval_again_is_answered() {
    let room = Room::new().await;
    let id = room.open(room.red).await;
    room.count(id, room.m3, room.red, 300).await;
    room.close(id).await;
    let (request, version) = (RequestId::new(), room.view(id).await.head.version);
    let first = room.services.stocktakes.approve(&room.keeper, request, id, version).await.expect("approved");
    let again = room.services.stocktakes.approve(&room.keeper, request, id, version).await.expect("answered");
    assert_eq!((again.booking, again.written, again.repeated), (first.booking, 1, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_that_races_with_takings_loses_none_of_them() {
    let room = Room::new().await;
    for round in 0..12 {
        let before = room.there(room.m3, room.red).await;
        let id = room.open(room.hall).await;
        let counted = i64::try_from(before).expect("whole") - 10;
        room.count(id, room.m3, room.red, counted).await;
        room.count(id, room.drill, room.shelf, 1).await;
        room.close(id).await;
        let taking = {
            let (stock, m3, red) = (room.services.stock.clone(), room.m3, room.red);
            tokio::spawn(async move {
                let take = Act::Issue { item: m3, from: red, quantity: 3.into(), lot: None };
                stock.book(&Actor::program(), &BookingRequest::single(take)).await
            })
        };
        room.approve(id).await.expect("approved");
        taking.await.expect("ran").expect("taken");
        assert_eq!(room.there(room.m3, room.red).await, (counted - 3).into(), "round {round}");
        let back = Act::Transfer {
            item: room.drill,
            from: Some(room.shelf),
            to: Some(room.red),
            quantity: 1.into(),
            lot: None,
        };
        room.book(back).await;
    }
    room.assert_sums().await;
}
