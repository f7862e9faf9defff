//! What a person does with it, from the first letter typed to the undo.

use std::time::Duration;

use crate::browser::{Browser, DESKTOP, Device, PHONE, SMALL_PHONE};
use crate::fixture::Storeroom;
use crate::pages;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_the_screws_are_found_taken_and_put_back() {
    let room = Storeroom::new().await;
    let browser = Browser::open(PHONE).await;
    browser.goto(&room.address("/")).await;
    browser.script("window.stayed = true").await;
    browser.type_into("#q", "socket scr").await;
    browser.until("#results", "found, best first").await;
    browser.until("#results", "Socket head cap screw").await;
    assert_eq!(browser.script("return window.stayed === true").await, true, "the page was not loaded anew");
    assert_eq!(browser.script("return document.activeElement.id").await, "q", "typing goes on");
    assert!(browser.path().await.starts_with("/?q=socket"), "{}", browser.path().await);
    browser.press("#results a.rw").await;
    browser.until("h1", "Socket head cap screw M3 × 8").await;
    assert!(browser.text("#quantity").await.contains("480"));

    browser.press("nav.dock a.main").await;
    browser.press("[data-fills] button[value='50']").await;
    browser.press("form.stack button[type=submit]").await;
    browser.until("#toast", "Took 50\u{a0}pcs Socket head cap screw M3 × 8 from Drawer B4").await;
    browser.until("#quantity", "430").await;
    assert!(!browser.path().await.contains("did="), "loading the page again does not show the notice again");
    browser.press("#toast button").await;
    browser.until("#toast", "Taken back").await;
    browser.until("#quantity", "480").await;
    assert_eq!(room.on_hand(room.screws).await, "480");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_book_shows_by_itself_and_leaves_scroll_and_focus_alone() {
    let room = Storeroom::new().await;
    let browser = Browser::open(Device { height: 480, ..PHONE }).await;
    browser.goto(&room.address(&format!("/items/{}", room.screws))).await;
    browser.until("#quantity", "480").await;
    browser.script("document.querySelector('.tabs a').focus(); window.scrollTo(0, 200); window.stayed = true").await;
    // The stream is open once the page has heard from it.
    tokio::time::sleep(Duration::from_millis(700)).await;
    room.take(30).await;
    let took = browser.until("#quantity", "450").await;
    assert!(took < Duration::from_millis(1500), "{took:?}");
    let kept = "return window.stayed === true && window.scrollY === 200 && document.activeElement.id === 'tab-where'";
    assert_eq!(browser.script(kept).await, true);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_desk_keys_lead_to_the_search_and_down_its_results() {
    let room = Storeroom::new().await;
    let browser = Browser::open(DESKTOP).await;
    browser.goto(&room.address("/")).await;
    browser.type_into("body", "/").await;
    assert_eq!(browser.script("return document.activeElement.id").await, "q");
    browser.type_into("#q", "tarpaulin").await;
    browser.until("#results", "1 found").await;
    browser.until("#results", "Tarpaulin 4 × 6 m").await;
    browser.type_into("#q", "\u{e015}").await;
    assert_eq!(browser.script("return document.activeElement.className").await, "rw");
    browser.type_into("#results a.rw", "\u{e007}").await;
    browser.until("h1", "Tarpaulin").await;
    assert!(browser.text(".crumbs").await.contains("Boat shed"));
    // From any page, to the search.
    browser.type_into("body", "/").await;
    browser.find("#q:focus").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_is_closed_still_says_its_name_and_opens_again() {
    let room = Storeroom::new().await;
    let browser = Browser::open(PHONE).await;
    browser.goto(&room.address("/places")).await;
    // What somebody sees in the middle of the outermost place's row, and of the first one inside it.
    let seen = "const seen = (link) => { const box = link.getBoundingClientRect();
                    return box.height > 40 && document.elementFromPoint(box.x + box.width / 2, box.y + 24)?.closest('a') === link; };
                const [outer, inner] = document.querySelectorAll('.tree a.place');
                return [seen(outer), seen(inner)]";
    assert_eq!(browser.script(seen).await, serde_json::json!([true, true]));
    browser.press(".tree summary").await;
    assert_eq!(browser.script(seen).await, serde_json::json!([true, false]), "only what is inside is hidden");
    browser.press(".tree summary").await;
    assert_eq!(browser.script(seen).await, serde_json::json!([true, true]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_wider_than_a_small_phone_or_breaks_the_policy() {
    let room = Storeroom::new().await;
    let browser = Browser::open(SMALL_PHONE).await;
    for (_, path) in pages::all(&room, &browser).await {
        browser.goto(&room.address(&path)).await;
        let wide = browser.script("return document.documentElement.scrollWidth").await;
        assert_eq!(wide, 360, "{path} scrolls sideways");
        let drawn = browser.script("return getComputedStyle(document.body).fontFamily.includes('Lato')").await;
        assert_eq!(drawn, true, "{path} is without its style");
        let small = browser
            .script(
                "return [...document.querySelectorAll('a.btn, button, .nav a, .chip, input:not([type=hidden]), select')]
                    .filter(e => e.checkVisibility()).map(e => e.closest('label.tick') ?? e)
                    .filter(e => e.getBoundingClientRect().height > 1 && e.getBoundingClientRect().height < 43)
                    .map(e => e.outerHTML.slice(0, 120)).filter(html => !html.includes('id=\"q\"'))",
            )
            .await;
        assert_eq!(small, serde_json::json!([]), "{path}: too small to touch");
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_desk_single_keys_take_put_back_move_and_list_themselves() {
    let room = Storeroom::new().await;
    let browser = Browser::open(DESKTOP).await;
    let item = format!("/items/{}", room.screws);
    for (key, path) in
        [("t", "take"), ("p", "put-back"), ("m", "move"), ("l", "lend"), ("r", "receive"), ("c", "count")]
    {
        browser.goto(&room.address(&item)).await;
        browser.type_into("body", key).await;
        browser.find("form.booking, .booking form").await;
        assert_eq!(browser.path().await, format!("{item}/book/{path}"), "{key}");
    }
    browser.goto(&room.address(&item)).await;
    browser.type_into("body", "e").await;
    browser.find("#name").await;
    assert_eq!(browser.path().await, format!("{item}/edit"));
    // In a field a letter is a letter.
    browser.type_into("#name", "tpn").await;
    assert_eq!(browser.path().await, format!("{item}/edit"));

    browser.goto(&room.address(&format!("{item}/book/take"))).await;
    browser.type_into("input[name=quantity]", "30").await;
    browser.press("form.stack button[type=submit]").await;
    browser.until("#toast", "Took 30").await;
    browser.type_into("body", "u").await;
    browser.until("#toast", "Taken back").await;
    assert_eq!(room.on_hand(room.screws).await, "480");

    browser.goto(&room.address("/")).await;
    browser.type_into("body", "?").await;
    browser.until("#keys", "Put back").await;
    browser.until("#keys", "New item").await;
    browser.type_into("#keys button", "\u{e00c}").await;
    assert_eq!(browser.script("return document.getElementById('keys').open").await, false, "Esc closes the list");
    browser.type_into("body", "n").await;
    browser.find("#kind").await;
    assert_eq!(browser.path().await, "/items/new");

    // Who dictates or touches keys by accident switches them off, and they stay off.
    browser.goto(&room.address(&item)).await;
    browser.type_into("body", "?").await;
    browser.press("#single-keys").await;
    browser.press("#keys button").await;
    browser.goto(&room.address(&item)).await;
    browser.type_into("body", "t").await;
    browser.type_into("body", "?").await;
    browser.until("#keys", "Take").await;
    assert_eq!(browser.path().await, item, "a single letter does nothing");
    browser.close().await;
}
