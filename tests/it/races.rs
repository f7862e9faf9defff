//! Two at once, two hundred times each: the last piece, a cycle, the same request.

use std::sync::Arc;

use inventory::domain::{Act, Actor, ItemDraft, ItemId, ItemKind, RequestId};
use inventory::services::Services;
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::stock::{BookingRequest, Refusal, StockError};
use inventory::store::stock;
use tokio::sync::Barrier;

use crate::support::TestDb;

const ROUNDS: u32 = 200;

async fn make(services: &Services, kind: ItemKind, name: &str, at: Option<(ItemId, u32)>) -> ItemId {
    let place = at.map(|(holder, quantity)| Placement { holder, quantity: quantity.into(), lot: None });
    let new = NewItem { request: RequestId::new(), draft: ItemDraft::new(kind, name), place, codes: vec![] };
    services.catalog.create(&Actor::program(), new).await.expect("made").item
}

/// Books two requests at the same moment on two connections.
async fn at_once(
    services: &Services,
    one: BookingRequest,
    other: BookingRequest,
) -> [Result<inventory::services::stock::Booked, StockError>; 2] {
    let barrier = Arc::new(Barrier::new(2));
    let start = |request: BookingRequest| {
        let (services, barrier) = (services.clone(), Arc::clone(&barrier));
        tokio::spawn(async move {
            barrier.wait().await;
            services.stock.book(&Actor::program(), &request).await
        })
    };
    let (one, other) = (start(one), start(other));
    [one.await.expect("ran"), other.await.expect("ran")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_take_the_last_piece_get_it_once() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let shelf = make(&services, ItemKind::Location, "Shelf", None).await;
    let screw = make(&services, ItemKind::Consumable, "Screw", Some((shelf, 1))).await;
    let take = || BookingRequest::single(Act::Issue { item: screw, from: shelf, quantity: 1.into(), lot: None });
    for round in 0..ROUNDS {
        let results = at_once(&services, take(), take()).await;
        let won = results.iter().filter(|r| r.is_ok()).count();
        assert_eq!(won, 1, "round {round}: {results:?}");
        assert!(
            results.iter().any(|r| matches!(r, Err(StockError::Refused { reason: Refusal::Act(_), .. }))),
            "the other reads what is left: {results:?}"
        );
        let refill = Act::Receive { item: screw, to: shelf, quantity: 1.into(), lot: None };
        services.stock.book(&Actor::program(), &BookingRequest::single(refill)).await.expect("refilled");
    }
    assert_eq!(stock::discrepancies(&test.client().await).await.expect("readable"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_boxes_put_into_each_other_never_make_a_cycle() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let shelf = make(&services, ItemKind::Location, "Shelf", None).await;
    let red = make(&services, ItemKind::Container, "Red", Some((shelf, 1))).await;
    let blue = make(&services, ItemKind::Container, "Blue", Some((shelf, 1))).await;
    let put = |what, into| {
        BookingRequest::single(Act::Transfer {
            item: what,
            from: Some(shelf),
            to: Some(into),
            quantity: 1.into(),
            lot: None,
        })
    };
    for round in 0..ROUNDS {
        let results = at_once(&services, put(red, blue), put(blue, red)).await;
        assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "round {round}: {results:?}");
        assert!(
            results.iter().any(|r| matches!(r, Err(StockError::Refused { reason: Refusal::Cycle, .. }))),
            "{results:?}"
        );
        let (out, from) = if results[0].is_ok() { (red, blue) } else { (blue, red) };
        let back = Act::Transfer { item: out, from: Some(from), to: Some(shelf), quantity: 1.into(), lot: None };
        services.stock.book(&Actor::program(), &BookingRequest::single(back)).await.expect("taken out again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_twice_at_once_is_booked_once() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let shelf = make(&services, ItemKind::Location, "Shelf", None).await;
    let screw = make(&services, ItemKind::Consumable, "Screw", Some((shelf, 1000))).await;
    for round in 0..ROUNDS {
        let request = BookingRequest::single(Act::Issue { item: screw, from: shelf, quantity: 1.into(), lot: None });
        let [one, other] = at_once(&services, request.clone(), request).await;
        let (one, other) = (one.expect("answered"), other.expect("answered"));
        assert_eq!(one.booking, other.booking, "round {round}");
        assert!(one.repeated != other.repeated, "round {round}: {one:?} {other:?}");
    }
    let left = services.catalog.view(&Actor::program(), screw).await.expect("known").summary.on_hand;
    assert_eq!(left, (1000 - i64::from(ROUNDS)).into());
}
