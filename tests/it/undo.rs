//! What an import did is taken back as one, and what was done since stays.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use inventory::domain::{Act, ItemDraft, Quantity, RequestId};
use inventory::services::stock::BookingRequest;
use inventory::services::undo::UndoError;

use crate::house::{House, SMALL};

#[tokio::test]
async fn an_import_is_undone_as_a_whole() {
    let house = House::new().await;
    house.import(SMALL).await;
    let before = house.export().await;
    let edited = SMALL.replace("Saw,", "Hand saw,").replace("1.5,1,A1", "4,1,A1") + "axe,asset,Axe,Hall,,,,,,,,,,\n";
    let second = house.import(&edited).await;
    house.undo(&second).await;
    assert_eq!(house.export().await, before);
    house.is_sound().await;
}

#[tokio::test]
async fn what_an_undone_import_made_comes_back_with_the_next() {
    let house = House::new().await;
    let first = house.import(SMALL).await;
    let before = house.export().await;
    house.undo(&first).await;
    assert!(house.ids().await.is_empty());
    let back = house.import(SMALL).await;
    assert_eq!((back.counts().2, back.counts().3), (5, 0), "{:?}", back.changes);
    assert_eq!(house.export().await, before);
    house.is_sound().await;
}

#[tokio::test]
async fn tags_codes_suppliers_and_prices_an_import_added_go_and_come_back_with_a_redo() {
    let house = House::new().await;
    house.import(SMALL).await;
    let before = house.export().await;
    let more = "\
id,kind,name,tags,aliases,supplier,supplier_part,purchase_price,currency
glue,consumable,Glue,wood;sticky,GL-1;GL-2,Kern;Metz,K-7;M-1,3.50,EUR
saw,asset,Saw,,SW-1;SW-2,,,12,EUR
";
    let second = house.import(more).await;
    let after = house.export().await;
    assert_ne!(before, after);
    let booking = second.booking.expect("something was done");
    let undone = house.services.undo.undo(&house.keeper, RequestId::new(), booking, None).await.expect("undone");
    assert_eq!((undone.kept, undone.fields_kept), (vec![], vec![]));
    assert_eq!(house.export().await, before);
    assert_eq!((house.named_by("GL-2").await, house.named_by("GL-1").await), (0, 1));
    let redo = undone.booked.booking;
    house.services.undo.undo(&house.keeper, RequestId::new(), redo, None).await.expect("redone");
    assert_eq!(house.export().await, after);
    house.is_sound().await;
}

#[tokio::test]
async fn what_others_used_since_stays_and_is_listed() {
    let house = House::new().await;
    let first = house.import(SMALL).await;
    let (glue, saw) = (house.item("Glue").await, house.item("Saw").await);
    let renamed = ItemDraft { name: "Good saw".into(), ..saw.draft.clone() };
    house.services.catalog.edit(&house.keeper, saw.summary.id, saw.version, renamed).await.expect("renamed");
    let booking = first.booking.expect("something was done");
    let undone = house.services.undo.undo(&house.keeper, RequestId::new(), booking, None).await.expect("undone");
    assert_eq!(undone.kept, [saw.summary.id], "the saw was touched, the glue was not");
    assert!(house.services.catalog.view(&house.keeper, glue.summary.id).await.expect("known").summary.archived);
    house.is_sound().await;
}

#[tokio::test]
async fn what_stands_in_the_way_of_an_undo_is_named_among_many_lines() {
    let house = House::new().await;
    let mut file = String::from("id,kind,name,place,quantity\nhall,location,Hall,,\n");
    for n in 1..=40 {
        writeln!(file, "n{n},consumable,Nail {n},Hall,10").expect("memory takes it");
    }
    let report = house.import(&file).await;
    let nail = house.item("Nail 17").await.summary.id;
    let hall = house.item("Hall").await.summary.id;
    let quantity = Quantity::new(3.into()).expect("positive");
    let take = Act::Issue { item: nail, from: hall, quantity, lot: None };
    house.services.stock.book(&house.keeper, &BookingRequest::single(take)).await.expect("taken");
    let booking = report.booking.expect("something was done");
    let undone = house.services.undo.undo(&house.keeper, RequestId::new(), booking, None).await;
    assert!(matches!(undone, Err(UndoError::InTheWay { item, .. }) if item == nail), "{undone:?}");
    assert_eq!(house.ids().await.len(), 41, "nothing was taken back");
    house.is_sound().await;
}

/// Row by row this took minutes for what people import.
#[tokio::test]
async fn a_large_import_is_taken_back_in_seconds() {
    let house = House::new().await;
    let mut file = String::from("id,kind,name,place,quantity,tags\n");
    for n in 0..2_000 {
        writeln!(file, "n{n},consumable,Nail {n},Hall / Shelf {},10,tag {}", n % 50, n % 7).expect("memory takes it");
    }
    let report = house.import(&file).await;
    let began = Instant::now();
    house.undo(&report).await;
    let took = began.elapsed();
    println!("2,000 items taken back in {took:?}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(house.ids().await.is_empty());
    house.is_sound().await;
}
