//! Pictures of the pages, to be looked at beside the design's; that they can be taken, with every photo and font loaded.

use std::fs;
use std::path::PathBuf;

use crate::browser::{Browser, Device, LARGE_DESKTOP, PHONE, SMALL_PHONE};
use crate::fixture::Storeroom;
use crate::pages;

/// Where they lie after the test: in the target directory.
fn directory() -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("web");
    fs::create_dir_all(&directory).expect("the target directory takes a directory");
    directory
}

async fn take(browser: &Browser, name: &str) {
    let loaded = "return document.fonts.ready.then(() => Promise.all([...document.images].filter(i => i.getBoundingClientRect().top < innerHeight)
        .map(i => i.decode().then(() => true, () => i.src)))).then(all => all.filter(one => one !== true))";
    assert_eq!(browser.script(loaded).await, serde_json::json!([]), "{name}: a picture is missing");
    let png = browser.client.screenshot().await.expect("a screenshot");
    fs::write(directory().join(format!("{name}.png")), png).expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_has_its_picture() {
    let room = Storeroom::new().await;
    let german = Device { language: "de", ..PHONE };
    let looks = [
        ("phone", PHONE, None),
        ("small", SMALL_PHONE, Some("dark")),
        ("desktop", LARGE_DESKTOP, None),
        ("desktop-dark", LARGE_DESKTOP, Some("dark")),
        ("de", german, Some("light")),
        ("contrast", PHONE, Some("contrast")),
    ];
    for (look, device, theme) in looks {
        let browser = Browser::open(device).await;
        if let Some(theme) = theme {
            browser.goto(&room.address("/more")).await;
            browser.script(&format!("document.cookie = 'inventory_theme={theme}; path=/'")).await;
        }
        let pages = pages::all(&room, &browser).await;
        // In the wide sizes and in plain colours all of them, else those with most in them.
        let all = theme.is_none() || look == "desktop-dark";
        let some = ["home", "words", "item", "loan", "stocktake", "low"];
        for (name, path) in pages.iter().filter(|(name, _)| all || some.contains(name)) {
            browser.goto(&room.address(path)).await;
            take(&browser, &format!("{name}-{look}")).await;
        }
        if look == "phone" {
            browser.goto(&room.address("/account")).await;
            browser.press("form[action='/account/second-factor/begin'] button").await;
            browser.find("svg.symbol").await;
            take(&browser, "second-factor-phone").await;
        }
        browser.close().await;
    }
}
