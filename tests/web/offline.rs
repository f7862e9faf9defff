//! A telephone in a cellar: what was lately seen is still there, and goes with whoever signs out.

use serde_json::json;

use crate::browser::{Browser, PHONE};
use crate::fixture::Storeroom;

/// Until the worker is at work for this page.
async fn kept(browser: &Browser) {
    let ready = "return navigator.serviceWorker.ready.then(() => new Promise((done) => {
        const look = () => navigator.serviceWorker.controller ? done(true) : setTimeout(look, 20);
        look();
    }))";
    assert_eq!(browser.script(ready).await, true);
}

/// Waits until a page is kept, or is not.
async fn until_kept(browser: &Browser, path: &str, wanted: bool) {
    let look = format!(
        "return new Promise((done) => {{
             const look = async (tries) => {{
                 const is = await caches.match('{path}', {{ cacheName: 'pages' }}) !== undefined;
                 if (is === {wanted} || tries === 0) done(is); else setTimeout(() => look(tries - 1), 50);
             }};
             look(100);
         }})"
    );
    assert_eq!(browser.script(&look).await, wanted, "{path} is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_without_a_network_what_was_lately_seen_is_still_there() {
    let mut room = Storeroom::new().await;
    let browser = Browser::open(PHONE).await;
    let item = room.address(&format!("/items/{}", room.tarp));
    browser.goto(&room.address("/")).await;
    kept(&browser).await;
    browser.goto(&item).await;
    browser.until("h1", "Tarpaulin").await;
    let drawn = "return document.querySelector('.hero img').decode().then(() => true, () => false)";
    assert_eq!(browser.script(drawn).await, true);
    browser.goto(&room.address("/places")).await;
    // What asks a question, and what is about people, is not kept.
    browser.goto(&room.address("/people")).await;
    browser.goto(&room.address("/?q=tarp")).await;
    let pages = "return caches.open('pages').then((kept) => kept.keys()).then((all) => all.map((one) => new URL(one.url).pathname))";
    let expected = json!([format!("/items/{}", room.tarp), "/places"]);
    assert_eq!(browser.script(pages).await, expected);

    room.end().await;
    browser.goto(&item).await;
    browser.until("h1", "Tarpaulin 4 × 6 m, green").await;
    assert_eq!(browser.script(drawn).await, true, "with its picture");
    browser.goto(&room.address("/low")).await;
    browser.until("h1", "No network").await;
    browser.until("#seen-pages", "Tarpaulin 4 × 6 m, green").await;
    browser.press("#seen-pages a[href='/places']").await;
    browser.until("#places-tree", "Drawer B4").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_out_takes_what_was_kept_along() {
    let room = Storeroom::new().await;
    let browser = Browser::open(PHONE).await;
    browser.goto(&room.address("/sign-in")).await;
    browser.type_into("#login", "maria").await;
    browser.type_into("#password", "correct horse").await;
    browser.press("button[type=submit]").await;
    browser.find("a.face").await;
    kept(&browser).await;
    let item = format!("/items/{}", room.tarp);
    // A session that is over leads to the sign-in page.
    for elsewhere in ["/sign-in", "/account"] {
        browser.goto(&room.address(&item)).await;
        browser.until("h1", "Tarpaulin").await;
        until_kept(&browser, &item, true).await;
        browser.goto(&room.address(elsewhere)).await;
        browser.find("main").await;
        until_kept(&browser, &item, elsewhere != "/sign-in").await;
    }
    browser.press("form[action='/sign-out'] button").await;
    browser.until("h1", "Sign in").await;
    until_kept(&browser, &item, false).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_can_be_installed() {
    let room = Storeroom::new().await;
    let browser = Browser::open(PHONE).await;
    browser.goto(&room.address("/")).await;
    let manifest = "return fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())";
    let manifest = browser.script(manifest).await;
    assert_eq!((&manifest["display"], &manifest["start_url"]), (&json!("standalone"), &json!("/")), "{manifest}");
    for icon in manifest["icons"].as_array().expect("icons").iter().filter(|icon| icon["type"] == "image/png") {
        let size = format!(
            "const icon = new Image(); icon.src = {}; return icon.decode().then(() => `${{icon.naturalWidth}}x${{icon.naturalHeight}}`)",
            icon["src"]
        );
        assert_eq!(browser.script(&size).await, icon["sizes"], "{icon}");
    }
    browser.close().await;
}
