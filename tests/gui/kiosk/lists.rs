//! What is low and what to order, who has what, what happened, and new things that may be old ones.

use inventory::domain::{Act, Actor, Borrower, ItemDraft, ItemId, ItemKind, Money, Quantity, RequestId};
use inventory::gui::ui::{EditorAdapter, ItemAdapter, LedgerAdapter, LowAdapter, NewItemAdapter, Page, TreeAdapter};
use inventory::services::catalog::{NewItem, Placement, SupplierPart};
use inventory::services::stock::BookingRequest;
use rust_decimal::Decimal;
use slint::{Global as _, Model as _};
use time::macros::date;

use super::{SMALL, at, look_up};
use crate::stage::{Props, Stage, play_kiosk, runtime};

async fn scarce(props: &Props, name: &str, place: ItemId, quantity: u32, minimum: u32, maximum: Option<u32>) -> ItemId {
    let mut draft = ItemDraft::new(ItemKind::Consumable, name);
    draft.min_quantity = Some(Decimal::from(minimum));
    draft.max_quantity = maximum.map(Decimal::from);
    let place = Some(Placement { holder: place, quantity: Quantity::from(quantity), lot: None });
    let new = NewItem { request: RequestId::new(), draft, place, codes: Vec::new() };
    props.services.catalog.create(&props.actor, new).await.expect("made").item
}

#[test]
fn low_stock_says_how_much_to_order_and_from_whom() {
    play_kiosk(
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            let torx = scarce(&props, "Torx screw", shelf, 95, 150, Some(300)).await;
            scarce(&props, "Wire", shelf, 9, 15, None).await;
            scarce(&props, "Paint", shelf, 20, 5, None).await;
            let part = SupplierPart {
                supplier: "Schrauben Maier".into(),
                part_number: "TX-M3".into(),
                price: Some(Money { amount: Decimal::new(490, 2), currency: "EUR".into() }),
                url: None,
            };
            props.services.relations.put_supplier_part(&props.actor, torx, &part).await.expect("kept");
        },
        |stage| async move {
            stage.press("Low stock");
            at(&stage, Page::Low).await;
            let rows = LowAdapter::get(stage.window()).get_rows();
            stage.until("two are low", || rows.row_count() == 2).await;
            let (torx, wire) = (rows.row_data(0).expect("a row"), rows.row_data(1).expect("a row"));
            assert_eq!((torx.order.as_str(), torx.supplier.as_str()), ("205\u{a0}pcs", "Schrauben Maier"));
            assert_eq!((torx.part.as_str(), torx.price.as_str()), ("TX-M3", "4.9\u{a0}EUR"));
            assert_eq!((wire.order.as_str(), wire.supplier.as_str()), ("21\u{a0}pcs", ""));
            assert!(no_price_for_strangers(&stage).await, "who only looks sees no prices");
            stage.press("Torx screw: 95 pcs left, minimum 150, order 205\u{a0}pcs");
            at(&stage, Page::Item).await;
        },
    );
}

async fn no_price_for_strangers(stage: &Stage) -> bool {
    let services = stage.services.clone();
    let list = async move { services.reorder.list(&Actor::anonymous()).await.expect("anybody may look") };
    let lines = runtime().spawn(list).await.expect("no panic");
    lines.len() == 2 && lines.iter().flat_map(|line| &line.suppliers).all(|part| part.price.is_none())
}

#[test]
fn a_person_sees_what_they_have_what_is_overdue_and_brings_it_back() {
    play_kiosk(
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            let tent = props.thing("Tent", shelf).await;
            let act = Act::CheckOut {
                item: tent,
                from: shelf,
                quantity: Quantity::ONE,
                lot: None,
                borrower: Borrower::Person(props.actor.person.expect("Ann")),
                due_on: Some(date!(2020 - 01 - 01)),
            };
            props.services.stock.book(&props.actor, &BookingRequest::single(act)).await.expect("lent");
        },
        |stage| async move {
            stage.until("home says so", || stage.shows("Put back")).await;
            stage.press("Ann Meyer");
            at(&stage, Page::Person).await;
            let ledger = LedgerAdapter::get(stage.window());
            let held = ledger.get_held();
            stage.until("the tent is listed", || held.row_count() == 1).await;
            assert!(held.row_data(0).expect("just seen").loan.overdue);
            assert!(ledger.get_own());
            stage.press("Take back Tent");
            at(&stage, Page::Act).await;
            stage.press("Put back");
            at(&stage, Page::Person).await;
            stage.until("nothing is left", || held.row_count() == 0).await;
            stage.press("What happened");
            stage.until("both acts are told", || ledger.get_history().row_count() >= 2).await;
        },
    );
}

#[test]
fn what_happened_is_told_for_everybody_and_leads_to_the_thing() {
    play_kiosk(
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Hex bolt", shelf, 5).await;
        },
        |stage| async move {
            stage.press("Find");
            at(&stage, Page::Find).await;
            stage.press("What happened");
            at(&stage, Page::Recent).await;
            let history = LedgerAdapter::get(stage.window()).get_history();
            stage.until("it is told", || history.row_count() == 1).await;
            let row = history.row_data(0).expect("just seen");
            assert_eq!(
                (row.item_name.as_str(), row.person.as_str(), row.amount.as_str()),
                ("Hex bolt", "Ann Meyer", "+5")
            );
        },
    );
}

#[test]
fn a_new_thing_that_is_there_already_is_one_more_of_it() {
    play_kiosk(
        (1280, 720),
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Tarpaulin green", shelf, 3).await;
        },
        |stage| async move {
            stage.press("Find");
            at(&stage, Page::Find).await;
            stage.type_into("Scan or type", "qxvz");
            stage.until("nothing is found", || stage.hits().is_empty() && stage.shows("New item")).await;
            stage.press("New item");
            at(&stage, Page::NewItem).await;
            assert_eq!(
                EditorAdapter::get(stage.window()).get_draft().name,
                "qxvz",
                "what was searched for is its name"
            );
            stage.type_into("Name", "Tarpaulinn");
            let likely = NewItemAdapter::get(stage.window()).get_likely();
            stage.until("it is known, however it is spelt", || likely.row_count() == 1).await;
            stage.press("It is Tarpaulin green");
            at(&stage, Page::Item).await;
            let item = ItemAdapter::get(stage.window());
            stage.until("there is one more", || item.get_item().amount == "4").await;
            assert_eq!(stage.history().await.len(), 2);
        },
    );
}

#[test]
fn a_new_thing_gets_a_name_a_number_and_a_place() {
    play_kiosk(
        SMALL,
        |props| async move {
            props.place("Shelf 2", None).await;
        },
        |stage| async move {
            let places = TreeAdapter::get(stage.window()).get_rows();
            stage.until("the place is known", || places.row_count() == 1).await;
            EditorAdapter::get(stage.window()).invoke_create();
            at(&stage, Page::NewItem).await;
            stage.press("Create");
            stage.until("nothing is made without a name", || stage.shows("Every thing needs a name.")).await;
            stage.type_into("Name", "Gaffer tape");
            stage.type_into("How many now", "12");
            stage.type_into("Where it lies", "shel");
            stage.until("the place is found", || stage.shows("Shelf 2")).await;
            stage.press("Shelf 2");
            stage.press("Create");
            at(&stage, Page::Item).await;
            let item = ItemAdapter::get(stage.window());
            stage
                .until("it is shown", || item.get_item().name == "Gaffer tape" && item.get_item().amount == "12")
                .await;
            stage.press("Back");
            at(&stage, Page::Home).await;
            look_up(&stage, "Gaffer tape").await;
        },
    );
}
