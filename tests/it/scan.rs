//! Scans: our labels, trade numbers, other systems' codes, blank labels, badges.

use inventory::domain::command::Command;
use inventory::domain::{Actor, ItemDraft, ItemId, ItemKind, RequestId};
use inventory::services::Services;
use inventory::services::catalog::NewItem;
use inventory::services::scan::Scanned;
use inventory::store::codes;

use crate::support::TestDb;

async fn make(services: &Services, name: &str, with: &[&str]) -> ItemId {
    let codes = with.iter().map(ToString::to_string).collect();
    let new = NewItem { request: RequestId::new(), draft: ItemDraft::new(ItemKind::Asset, name), place: None, codes };
    services.catalog.create(&Actor::program(), new).await.expect("made").item
}

async fn scan(services: &Services, text: &str) -> Scanned {
    services.scan.resolve(&Actor::anonymous(), text).await.expect("looked up")
}

async fn name(services: &Services, text: &str) -> String {
    match scan(services, text).await {
        Scanned::Item(item) => item.name,
        other => panic!("{text}: {other:?}"),
    }
}

#[tokio::test]
async fn a_label_is_found_as_scanned_as_typed_and_as_url() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let drill = make(&services, "Drill", &[]).await;
    let shown = services.catalog.view(&Actor::program(), drill).await.expect("known").codes[0].shown.clone();
    let typed = shown.to_lowercase().replace('-', " ");
    let url = format!("https://storeroom.example/i/{}", shown.replace('-', ""));
    for text in [&shown, &typed, &url] {
        assert_eq!(name(&services, text).await, "Drill");
    }
}

#[tokio::test]
async fn codes_of_other_systems_find_the_item_that_took_them_over() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    make(&services, "Tent", &["4a88deec-0ff1-4636-817d-fd0e7f362f75", "INVENTREE:PART:72", "GRCY:P:13"]).await;
    for text in
        ["4A88DEEC-0FF1-4636-817D-FD0E7F362F75", "4a88deec0ff14636817dfd0e7f362f75", "{\"part\": 72}", "grcy:p:13:abc"]
    {
        assert_eq!(name(&services, text).await, "Tent");
    }
    assert_eq!(scan(&services, " no such thing\n").await, Scanned::Unknown { text: "no such thing".into() });
}

#[tokio::test]
async fn a_trade_number_on_several_items_offers_a_choice() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    make(&services, "Tape, opened", &["4006381333931"]).await;
    assert_eq!(name(&services, "4006381333931").await, "Tape, opened");
    make(&services, "Tape, new", &["04006381333931"]).await;
    assert!(matches!(scan(&services, "4006381333931").await, Scanned::Choice(items) if items.len() == 2));
}

#[tokio::test]
async fn a_blank_label_becomes_an_items_own_and_cannot_be_stuck_twice() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let client = test.client().await;
    let labels = codes::make_blank(&client, 24).await.expect("printed");
    assert_eq!(scan(&services, &labels[0].to_string()).await, Scanned::Blank { code: labels[0].normalised() });
    let (drill, saw) = (make(&services, "Drill", &[]).await, make(&services, "Saw", &[]).await);
    codes::stick_blank(&client, drill, &labels[0]).await.expect("free");
    codes::stick_blank(&client, saw, &labels[0]).await.expect_err("taken");
    assert_eq!(name(&services, &labels[0].to_string()).await, "Drill");
}

#[tokio::test]
async fn a_blank_label_is_attached_like_any_code() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let labels = codes::make_blank(&test.client().await, 1).await.expect("printed");
    let drill = make(&services, "Drill", &[]).await;
    services.catalog.attach_code(&Actor::program(), drill, &labels[0].to_string()).await.expect("free");
    assert_eq!(name(&services, &labels[0].to_string()).await, "Drill");
    let saw = make(&services, "Saw", &[]).await;
    services.catalog.attach_code(&Actor::program(), saw, &labels[0].to_string()).await.expect_err("taken");
}

#[tokio::test]
async fn every_command_label_is_there_and_means_what_it_says() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    for command in Command::ALL {
        assert_eq!(scan(&services, command.code()).await, Scanned::Command(command));
        assert_eq!(scan(&services, &command.code().to_lowercase()).await, Scanned::Command(command));
    }
    let client = test.client().await;
    client
        .execute(
            "insert into code (id, text, kind, command) values (gen_random_uuid(), 'INVDANCE', 'command', 'dance')",
            &[],
        )
        .await
        .expect("a later program's");
    assert!(matches!(scan(&services, "INVDANCE").await, Scanned::Unknown { .. }), "not known here");
}

#[tokio::test]
async fn one_code_cannot_name_two_things() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    make(&services, "Drill", &["SHELF-7"]).await;
    let saw = make(&services, "Saw", &[]).await;
    let refused = services.catalog.attach_code(&Actor::program(), saw, "shelf-7").await.expect_err("taken");
    assert_eq!(refused.to_string(), "the code `shelf-7` already names something else");
}
