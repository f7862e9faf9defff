//! Pictures of the pages, to be looked at beside the design's; that they can be taken, with every photo and font loaded.

use std::fs;
use std::path::PathBuf;

use crate::browser::{Browser, DESKTOP, Device, PHONE, SMALL_PHONE};
use crate::fixture::Storeroom;

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
    let item = format!("/items/{}", room.screws);
    let form = format!("{item}/book/take");
    let shelf = format!("/items/{}?all=1", room.shelf);
    let pages = [
        ("home", "/"),
        ("search", "/?q=skrew+m3&low=1"),
        ("words", "/?q=screw"),
        ("item", &item),
        ("take", &form),
        ("shelf", &shelf),
    ];
    let german = Device { language: "de", ..PHONE };
    let devices = [("phone", PHONE), ("small", SMALL_PHONE), ("desktop", DESKTOP), ("de", german)];
    for (device_name, device) in devices {
        let browser = Browser::open(device).await;
        for (name, path) in pages {
            browser.goto(&room.address(path)).await;
            take(&browser, &format!("{name}-{device_name}")).await;
        }
        for (name, path) in [("sign-in", "/sign-in"), ("account", "/account")] {
            browser.goto(&room.address(path)).await;
            take(&browser, &format!("{name}-{device_name}")).await;
        }
        if device_name == "phone" {
            browser.goto(&room.address("/account")).await;
            browser.press("form[action='/account/second-factor/begin'] button").await;
            browser.find("svg.symbol").await;
            take(&browser, "second-factor-phone").await;
        }
        if device_name == "desktop" {
            for (name, path) in [
                ("places", "/places"),
                ("low", "/low"),
                ("history", "/history"),
                ("more", "/more"),
                ("nothing", "/nothing"),
            ] {
                browser.goto(&room.address(path)).await;
                take(&browser, &format!("{name}-{device_name}")).await;
            }
        }
        for theme in ["dark", "contrast"].into_iter().filter(|_| device_name == "phone" || device_name == "desktop") {
            browser.script(&format!("document.cookie = 'inventory_theme={theme}; path=/'")).await;
            for (name, path) in [("home", "/"), ("search", "/?q=screw"), ("item", &item)] {
                browser.goto(&room.address(path)).await;
                take(&browser, &format!("{name}-{device_name}-{theme}")).await;
            }
        }
        browser.close().await;
    }
}
