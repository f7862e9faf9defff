//! Two entries that turn out to be one thing.

use inventory::domain::{Actor, ItemDraft, ItemId, ItemKind, RequestId};
use inventory::services::Services;
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::merge::MergeError;
use inventory::services::scan::Scanned;
use inventory::services::undo::UndoError;
use inventory::store::stock;
use inventory::store::suppliers::SupplierPart;

use crate::support::TestDb;

async fn make(services: &Services, kind: ItemKind, name: &str, at: Option<(ItemId, u32)>, codes: &[&str]) -> ItemId {
    let lot = (kind == ItemKind::Consumable).then(|| ("L1".to_owned(), None));
    let place = at.map(|(holder, quantity)| Placement { holder, quantity: quantity.into(), lot });
    let mut draft = ItemDraft::new(kind, name);
    draft.tags = vec![name.to_lowercase()];
    let codes = codes.iter().map(ToString::to_string).collect();
    let new = NewItem { request: RequestId::new(), draft, place, codes };
    services.catalog.create(&Actor::program(), new).await.expect("made").item
}

#[tokio::test]
async fn the_survivor_takes_over_stock_codes_tags_and_numbers_and_undo_gives_them_back() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let program = Actor::program();
    let shelf = make(&services, ItemKind::Location, "Shelf", None, &[]).await;
    let bolt = make(&services, ItemKind::Consumable, "Bolt", Some((shelf, 5)), &[]).await;
    let bolts = make(&services, ItemKind::Consumable, "Bolts", Some((shelf, 7)), &["OLD-1"]).await;
    let part = SupplierPart { supplier: "Huber".into(), part_number: "4711".into(), price: None, url: None };
    services.relations.put_supplier_part(&program, bolts, &part).await.expect("added");
    let merged = services.merge.merge(&program, RequestId::new(), bolt, bolts).await.expect("merged");
    let view = services.catalog.view(&program, bolt).await.expect("known");
    assert_eq!((view.summary.on_hand, view.stock.len()), (12.into(), 1), "one lot, one line");
    assert_eq!(view.draft.tags, ["bolt", "bolts"]);
    assert_eq!((view.codes.len(), view.suppliers.len()), (3, 1), "both own codes, and the old one");
    let given_up = services.catalog.view(&program, bolts).await.expect("still known");
    assert_eq!((given_up.merged_into, given_up.summary.archived), (Some(bolt), true));
    let found = services.scan.resolve(&program, "old-1").await.expect("looked up");
    assert!(matches!(found, Scanned::Item(item) if item.id == bolt), "old codes lead to the survivor");

    let undone = services.undo.undo(&program, RequestId::new(), merged.booking, None).await.expect("undone");
    let (one, other) = (
        services.catalog.view(&program, bolt).await.expect("known"),
        services.catalog.view(&program, bolts).await.expect("known"),
    );
    assert_eq!((one.summary.on_hand, other.summary.on_hand), (5.into(), 7.into()));
    assert_eq!((one.draft.tags, other.draft.tags), (vec!["bolt".to_owned()], vec!["bolts".to_owned()]));
    assert_eq!((other.codes.len(), other.suppliers.len(), other.merged_into), (2, 1, None));
    let again = services.undo.undo(&program, RequestId::new(), undone.booked.booking, None).await;
    assert!(matches!(again, Err(UndoError::MergeAgain)), "{again:?}");
    assert_eq!(stock::discrepancies(&test.client().await).await.expect("readable"), []);
}

#[tokio::test]
async fn merged_boxes_leave_their_contents_in_the_survivor() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let program = Actor::program();
    let shelf = make(&services, ItemKind::Location, "Shelf", None, &[]).await;
    let red = make(&services, ItemKind::Container, "Red box", Some((shelf, 1)), &[]).await;
    let blue = make(&services, ItemKind::Container, "Blue box", Some((shelf, 1)), &[]).await;
    let drill = make(&services, ItemKind::Asset, "Drill", Some((blue, 1)), &[]).await;
    let booking = services.merge.merge(&program, RequestId::new(), red, blue).await.expect("merged").booking;
    let at = async || services.catalog.view(&program, drill).await.expect("known").stock[0].holder;
    assert_eq!(at().await, red);
    services.undo.undo(&program, RequestId::new(), booking, None).await.expect("undone");
    assert_eq!(at().await, blue);
}

#[tokio::test]
async fn things_that_are_not_alike_are_not_merged() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let program = Actor::program();
    let shelf = make(&services, ItemKind::Location, "Shelf", None, &[]).await;
    let drill = make(&services, ItemKind::Asset, "Drill", Some((shelf, 1)), &[]).await;
    let kinds = services.merge.merge(&program, RequestId::new(), shelf, drill).await;
    assert!(matches!(kinds, Err(MergeError::Kinds { .. })), "{kinds:?}");
    assert!(matches!(services.merge.merge(&program, RequestId::new(), drill, drill).await, Err(MergeError::SameItem)));
    let unknown = services.merge.merge(&program, RequestId::new(), drill, ItemId::new()).await;
    assert!(matches!(unknown, Err(MergeError::NotFound)), "{unknown:?}");
    let member = Actor { person: None, role: inventory::domain::Role::Member };
    assert!(matches!(
        services.merge.merge(&member, RequestId::new(), drill, shelf).await,
        Err(MergeError::Forbidden(_))
    ));
}
