//! The story the program is for: a question in plain words leads to the thing, its place and its picture.

use crate::browser::{Browser, PHONE};
use crate::fixture::Storeroom;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_something_to_keep_my_tent_dry_is_the_tarpaulin_in_the_boat_shed() {
    let room = Storeroom::with_meaning().await;
    let browser = Browser::open(PHONE).await;
    browser.goto(&room.address("/")).await;
    browser.type_into("#q", "something to keep my tent dry").await;
    browser.until("#results a.rw", "Tarpaulin 4 × 6 m, green").await;
    browser.until("#results a.rw", "Boat shed").await;
    let drawn = "const img = document.querySelector('#results a.rw img');
        return !!img && img.complete && img.naturalWidth > 0";
    let mut tries = 0;
    while browser.script(drawn).await != true {
        tries += 1;
        assert!(tries < 100, "its picture is not shown");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    browser.press("#results a.rw").await;
    browser.until("h1", "Tarpaulin 4 × 6 m, green").await;
    assert!(browser.text(".crumbs").await.contains("Boat shed"));
    browser.close().await;
    // The words it was found by are nowhere in the question but one; without the model it is not the answer.
    let plain = Storeroom::new().await;
    let found = plain.found("something against the rain").await;
    assert_eq!(found, Vec::<String>::new(), "words alone do not find it");
    assert_eq!(
        room.found("something against the rain").await.first().map(String::as_str),
        Some("Tarpaulin 4 × 6 m, green")
    );
}
