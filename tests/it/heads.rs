//! Where the outermost place of a path is, when it is not a room: lent, missing, gone, never here. The list, the item's
//! own page and search say the same.

use inventory::domain::{Act, Borrower, ItemDraft, ItemId, ItemKind, Quantity, RequestId, Whereabouts};
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::search::SearchRequest;
use inventory::services::stock::BookingRequest;
use inventory::store::summaries::PathHead;

use crate::house::House;

/// A hall with a case, a drill in a tray in the case, and screws of which most are in the hall.
#[expect(clippy::struct_field_names, reason = "a case is what it is called")]
struct Case {
    house: House,
    hall: ItemId,
    case: ItemId,
    drill: ItemId,
    screws: ItemId,
}

impl Case {
    async fn new() -> Self {
        let house = House::new().await;
        let make = async |kind, name: &str, at: Option<(ItemId, u32)>| {
            let place = at.map(|(holder, quantity)| Placement { holder, quantity: quantity.into(), lot: None });
            let new = NewItem { request: RequestId::new(), draft: ItemDraft::new(kind, name), place, codes: vec![] };
            house.services.catalog.create(&house.keeper, new).await.expect("made").item
        };
        let hall = make(ItemKind::Location, "Hall", None).await;
        let case = make(ItemKind::Container, "Case", Some((hall, 1))).await;
        let tray = make(ItemKind::Container, "Tray", Some((case, 1))).await;
        let drill = make(ItemKind::Asset, "Drill", Some((tray, 1))).await;
        let screws = make(ItemKind::Consumable, "Screws", Some((hall, 20))).await;
        let act = Act::Receive { item: screws, to: tray, quantity: 3.into(), lot: None };
        house.services.stock.book(&house.keeper, &BookingRequest::single(act)).await.expect("booked");
        Self { house, hall, case, drill, screws }
    }

    async fn book(&self, act: Act) {
        self.house.services.stock.book(&self.house.keeper, &BookingRequest::single(act)).await.expect("booked");
    }

    /// The way to the drill, as every reader says it; and the case's own whereabouts.
    async fn check(&self, head: PathHead, way: &[&str], case: Whereabouts) {
        let (services, keeper) = (&self.house.services, &self.house.keeper);
        let named = |path: &inventory::store::summaries::Path| {
            (path.head.clone(), path.places.iter().map(|place| place.name.clone()).collect::<Vec<_>>())
        };
        let wanted = (head, way.iter().map(ToString::to_string).collect::<Vec<_>>());
        let summaries = services.catalog.summaries(keeper, &[self.drill, self.case]).await.expect("read");
        assert_eq!(named(&summaries[0].path), wanted, "in a list");
        assert_eq!(summaries[1].whereabouts, case);
        let view = services.catalog.view(keeper, self.drill).await.expect("read");
        assert_eq!(named(&view.stock[0].path), wanted, "on its page");
        let found = services.search.search(keeper, &SearchRequest::new("drill")).await.expect("searched");
        assert_eq!(named(&found.hits[0].item.path), wanted, "found");
        let screws = services.catalog.view(keeper, self.screws).await.expect("read");
        let inside = screws.stock.iter().find(|line| line.quantity == 3.into()).expect("three are in the tray");
        assert_eq!(named(&inside.path), wanted, "what lies in several places says it of each");
        assert_eq!(named(&screws.summary.path), (PathHead::Root, vec!["Hall".to_owned()]), "most are in the hall");
        self.house.is_sound().await;
    }
}

#[tokio::test]
async fn the_head_of_a_path_follows_the_outermost_holder_wherever_it_goes() {
    let it = Case::new().await;
    let below = ["Case", "Tray"];
    it.check(PathHead::Root, &["Hall", "Case", "Tray"], Whereabouts::InHolder).await;
    let borrower = Borrower::Named("Ann".into());
    let one = Quantity::ONE;
    it.book(Act::CheckOut { item: it.case, from: it.hall, quantity: one, lot: None, borrower, due_on: None }).await;
    it.check(PathHead::Lent("Ann".into()), &below, Whereabouts::Lent).await;
    let loan = it.house.services.catalog.view(&it.house.keeper, it.case).await.expect("read").loans[0].id;
    it.book(Act::Lost { loan, quantity: one }).await;
    it.check(PathHead::Missing, &below, Whereabouts::Missing).await;
    it.book(Act::Found { item: it.case, to: it.hall, quantity: one, lot: None }).await;
    it.check(PathHead::Root, &["Hall", "Case", "Tray"], Whereabouts::InHolder).await;
    it.book(Act::Missing { item: it.case, from: it.hall, quantity: one, lot: None }).await;
    it.check(PathHead::Missing, &below, Whereabouts::Missing).await;
    it.book(Act::Scrap { item: it.case, from: None, quantity: one, lot: None }).await;
    it.check(PathHead::Gone, &below, Whereabouts::Gone).await;
}

#[tokio::test]
async fn a_case_that_was_never_anywhere_can_hold_things_already() {
    let house = House::new().await;
    house.import("id,kind,name,place\nhall,location,Hall,\nsaw,asset,Saw,Hall\n").await;
    let draft = ItemDraft::new(ItemKind::Container, "Case");
    let new = NewItem { request: RequestId::new(), draft, place: None, codes: vec![] };
    house.services.catalog.create(&house.keeper, new).await.expect("made");
    let (case, saw) = (house.item("Case").await.summary, house.item("Saw").await.summary);
    let hall = house.item("Hall").await.summary.id;
    let act = Act::Transfer { item: saw.id, from: Some(hall), to: Some(case.id), quantity: Quantity::ONE, lot: None };
    house.services.stock.book(&house.keeper, &BookingRequest::single(act)).await.expect("moved");
    let saw = house.item("Saw").await;
    assert_eq!(saw.summary.path.head, PathHead::NeverStocked);
    assert_eq!(saw.stock[0].path.head, PathHead::NeverStocked);
    assert_eq!(case.whereabouts, Whereabouts::NeverStocked);
}
