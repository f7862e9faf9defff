//! Baskets: looked at line by line beforehand, booked and taken back as one.

use inventory::domain::act::ActError;
use inventory::domain::basket::{Basket, BasketVerb};
use inventory::domain::{Act, Actor, ItemDraft, ItemId, ItemKind, PersonId, RequestId, Role};
use inventory::services::Services;
use inventory::services::basket::BasketError;
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::stock::{BookingKind, BookingRequest, HistoryFilter, Refusal};
use rust_decimal::Decimal;
use time::macros::date;

use crate::support::TestDb;

struct Room {
    test: TestDb,
    services: Services,
    maria: Actor,
    drawer: ItemId,
    shelf: ItemId,
    screws: ItemId,
    wire: ItemId,
    drill: ItemId,
}

impl Room {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let services = Services::new(&test.db);
        let id = PersonId::new();
        let admin = test.admin().await;
        admin
            .execute("insert into inventory.person (id, name, role) values ($1, 'Maria', 'member')", &[&id.0])
            .await
            .expect("inserted");
        let drawer = make(&services, ItemDraft::new(ItemKind::Location, "Drawer"), None).await;
        let shelf = make(&services, ItemDraft::new(ItemKind::Location, "Shelf"), None).await;
        let screws = make(&services, ItemDraft::new(ItemKind::Consumable, "Screws"), Some((drawer, 400))).await;
        let mut wire = ItemDraft::new(ItemKind::Consumable, "Wire");
        wire.min_quantity = Some(15.into());
        let wire = make(&services, wire, Some((shelf, 24))).await;
        let drill = make(&services, ItemDraft::new(ItemKind::Asset, "Drill"), Some((shelf, 1))).await;
        Self { test, services, maria: Actor::person(id, Role::Member), drawer, shelf, screws, wire, drill }
    }

    /// Fifty screws, so much wire, the drill.
    fn basket(&self, verb: BasketVerb, wire: i64) -> Basket {
        let mut basket = Basket::new(verb);
        basket.note = "Stage build Friday".into();
        for (item, kind) in
            [(self.screws, ItemKind::Consumable), (self.wire, ItemKind::Consumable), (self.drill, ItemKind::Asset)]
        {
            basket.add(item, kind);
        }
        basket.set(self.screws, 50.into()).expect("a quantity");
        basket.set(self.wire, wire.into()).expect("a quantity");
        basket
    }

    async fn on_hand(&self, item: ItemId) -> Decimal {
        self.services.catalog.view(&self.maria, item).await.expect("known").summary.on_hand
    }

    async fn assert_sums(&self) {
        let client = self.test.client().await;
        assert_eq!(inventory::store::stock::discrepancies(&client).await.expect("readable"), []);
    }
}

async fn make(services: &Services, draft: ItemDraft, at: Option<(ItemId, u32)>) -> ItemId {
    let place = at.map(|(holder, quantity)| Placement { holder, quantity: quantity.into(), lot: None });
    let new = NewItem { request: RequestId::new(), draft, place, codes: vec![] };
    services.catalog.create(&Actor::program(), new).await.expect("made").item
}

#[tokio::test]
async fn a_basket_says_beforehand_what_stays_what_is_lent_and_what_cannot_be() {
    let room = Room::new().await;
    let mut basket = room.basket(BasketVerb::Take, 12);
    basket.due_on = Some(date!(2026 - 11 - 28));
    let view = room.services.baskets.check(&room.maria, &basket).await.expect("read");
    assert!(view.is_ready());
    assert_eq!((view.lines.len(), view.places, view.lent), (3, 2, 1));
    assert_eq!((view.lines[0].leaves, view.lines[0].runs_low()), (Some(350.into()), false));
    assert_eq!((view.lines[1].leaves, view.lines[1].runs_low()), (Some(12.into()), true), "the minimum is 15");
    assert_eq!(view.lines[0].place.as_ref().expect("a place").name, "Drawer");
    assert!(view.lines[2].lends);
    // Somebody else takes wire in the meantime.
    let take = Act::Issue { item: room.wire, from: room.shelf, quantity: 18.into(), lot: None };
    room.services.stock.book(&room.maria, &BookingRequest::single(take)).await.expect("taken");
    let view = room.services.baskets.check(&room.maria, &basket).await.expect("read");
    assert!(!view.is_ready());
    let trouble = view.lines[1].trouble.as_ref().expect("not enough");
    assert!(matches!(trouble.reason, Refusal::Act(ActError::NotEnough { .. })));
    assert_eq!(trouble.can, Some(6.into()));
    let lately = trouble.lately.as_ref().expect("who took it");
    assert_eq!((lately.actor_name.as_deref(), lately.movement.quantity), (Some("Maria"), 18.into()));
    match room.services.baskets.confirm(&room.maria, RequestId::new(), &basket).await {
        Err(BasketError::Line { item, .. }) => assert_eq!(item, room.wire),
        other => panic!("{other:?}"),
    }
    assert_eq!(room.on_hand(room.screws).await, 400.into(), "all or nothing");
    basket.set(room.wire, 6.into()).expect("a quantity");
    room.services.baskets.confirm(&room.maria, RequestId::new(), &basket).await.expect("booked");
}

#[tokio::test]
async fn one_confirmation_is_one_booking_and_undo_takes_back_a_line_or_the_rest() {
    let room = Room::new().await;
    let basket = room.basket(BasketVerb::Take, 4);
    let request = RequestId::new();
    let booked = room.services.baskets.confirm(&room.maria, request, &basket).await.expect("booked");
    let again = room.services.baskets.confirm(&room.maria, request, &basket).await.expect("answered");
    assert_eq!((again.booking, again.repeated), (booked.booking, true), "a second touch books nothing");
    let filter = HistoryFilter { booking: Some(booked.booking), limit: 10, ..HistoryFilter::default() };
    let lines = room.services.stock.history(&room.maria, &filter).await.expect("read");
    assert_eq!((lines.len(), lines[0].booking_kind), (3, BookingKind::Basket));
    assert_eq!(lines[0].note, "Stage build Friday");
    assert_eq!(room.on_hand(room.screws).await, 350.into());
    assert_eq!(room.on_hand(room.drill).await, 0.into());
    // The second line alone, then the whole of what is left.
    let undo = &room.services.undo;
    undo.undo(&room.maria, RequestId::new(), booked.booking, Some(2)).await.expect("taken back");
    assert_eq!(room.on_hand(room.wire).await, 24.into());
    assert_eq!(room.on_hand(room.screws).await, 350.into());
    undo.undo(&room.maria, RequestId::new(), booked.booking, None).await.expect("taken back");
    assert_eq!(room.on_hand(room.screws).await, 400.into());
    assert_eq!(room.on_hand(room.drill).await, 1.into());
    room.assert_sums().await;
}

#[tokio::test]
async fn things_are_put_back_where_they_belong_or_moved_to_the_scanned_place() {
    let room = Room::new().await;
    let taken = room.basket(BasketVerb::Take, 4);
    room.services.baskets.confirm(&room.maria, RequestId::new(), &taken).await.expect("taken");
    let mut back = room.basket(BasketVerb::PutBack, 4);
    let request = RequestId::new();
    let booked = room.services.baskets.confirm(&room.maria, request, &back).await.expect("put back");
    // What was lent is in again: the same request is answered although the drill lies somewhere now.
    let again = room.services.baskets.confirm(&room.maria, request, &back).await.expect("answered");
    assert_eq!(again.booking, booked.booking);
    assert_eq!(room.on_hand(room.wire).await, 24.into());
    assert_eq!(room.on_hand(room.drill).await, 1.into());
    back.turn(BasketVerb::Move);
    let view = room.services.baskets.check(&room.maria, &back).await.expect("read");
    assert!(!view.is_ready(), "nobody said where to");
    back.place(room.drawer);
    back.remove(room.screws);
    room.services.baskets.confirm(&room.maria, RequestId::new(), &back).await.expect("moved");
    let stock = room.services.catalog.view(&room.maria, room.drill).await.expect("known").stock;
    assert_eq!(stock[0].holder, room.drawer);
    room.assert_sums().await;
}

#[tokio::test]
async fn of_several_lots_the_one_that_expires_first_goes_first() {
    let room = Room::new().await;
    let new = NewItem {
        request: RequestId::new(),
        draft: ItemDraft::new(ItemKind::Consumable, "Plasters"),
        place: Some(Placement {
            holder: room.shelf,
            quantity: 10.into(),
            lot: Some(("LATE".into(), Some(date!(2030 - 01 - 01)))),
        }),
        codes: vec![],
    };
    let plasters = room.services.catalog.create(&Actor::program(), new).await.expect("made").item;
    let client = room.test.client().await;
    let soon = inventory::store::stock::ensure_lot(&client, plasters, "SOON", Some(date!(2027 - 01 - 01)))
        .await
        .expect("a lot");
    let more = Act::Receive { item: plasters, to: room.shelf, quantity: 3.into(), lot: Some(soon) };
    room.services.stock.book(&Actor::program(), &BookingRequest::single(more)).await.expect("received");
    let mut basket = Basket::new(BasketVerb::Take);
    basket.add(plasters, ItemKind::Consumable);
    basket.set(plasters, 5.into()).expect("a quantity");
    room.services.baskets.confirm(&room.maria, RequestId::new(), &basket).await.expect("taken");
    let stock = room.services.catalog.view(&room.maria, plasters).await.expect("known").stock;
    assert_eq!(stock.len(), 1, "{stock:?}");
    assert_eq!((stock[0].lot.as_ref().expect("a lot").code.as_str(), stock[0].quantity), ("LATE", 8.into()));
}

#[tokio::test]
async fn who_may_not_book_books_no_basket() {
    let room = Room::new().await;
    let viewer = Actor { role: Role::Viewer, ..room.maria.clone() };
    let basket = room.basket(BasketVerb::Take, 1);
    let refused = room.services.baskets.confirm(&viewer, RequestId::new(), &basket).await;
    assert!(matches!(refused, Err(BasketError::Forbidden(_))), "{refused:?}");
    let empty = room.services.baskets.confirm(&room.maria, RequestId::new(), &Basket::default()).await;
    assert!(matches!(empty, Err(BasketError::Empty)), "{empty:?}");
}
