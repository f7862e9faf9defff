//! axe-core looks at every page for what keeps people out, in each language, size and colours: it finds nothing.

use std::path::PathBuf;
use std::time::Duration;

use fantoccini::wd::TimeoutConfiguration;
use serde_json::{Value, json};

use crate::browser::{Browser, DESKTOP, Device, SMALL_PHONE};
use crate::fixture::Storeroom;
use crate::pages;

/// The script as `deploy/setup/test-tools.sh` puts it.
fn axe() -> String {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .expect("a home directory");
    let path = cache.join("inventory/test-tools/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; `make test` installs it", path.display()))
}

/// What it finds on the page that is open.
async fn found(browser: &Browser, axe: &str) -> Vec<String> {
    browser.client.execute(axe, vec![]).await.expect("axe is there");
    let run = "const done = arguments[arguments.length - 1];
        axe.run(document, { resultTypes: ['violations'] }).then(
            (all) => done(all.violations.map((one) => [one.id, one.help, one.nodes.map((node) => node.html.slice(0, 200) + ' ' + (node.any[0]?.message ?? ''))])),
            (error) => done([[String(error), '', []]]))";
    let violations = browser.client.execute_async(run, vec![]).await.expect("axe runs");
    violations.as_array().map(|all| all.iter().map(Value::to_string).collect()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_keeps_anybody_out() {
    let axe = axe();
    let room = Storeroom::new().await;
    let german = Device { language: "de", ..DESKTOP };
    let looks = [(SMALL_PHONE, "light"), (german, "dark"), (SMALL_PHONE, "contrast")];
    let all = futures::future::join_all(looks.map(|(device, theme)| look(&room, &axe, device, theme))).await.concat();
    assert_eq!(json!(all), json!([]), "{}", all.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_the_pages_that_strangers_see() {
    let axe = axe();
    let mut room = Storeroom::nobodys().await;
    let browser = Browser::open(SMALL_PHONE).await;
    browser.goto(&room.address("/setup")).await;
    browser.until("h1", "Set up the inventory").await;
    let mut all = found(&browser, &axe).await;
    room.set_up().await;
    room.with_second_factor().await;
    browser.goto(&room.address("/sign-in")).await;
    browser.type_into("#login", "maria").await;
    browser.type_into("#password", "correct horse").await;
    browser.press("button[type=submit]").await;
    browser.until("main", "code").await;
    assert!(browser.path().await.starts_with("/sign-in/code"), "{}", browser.path().await);
    all.extend(found(&browser, &axe).await);
    browser.close().await;
    assert_eq!(json!(all), json!([]), "{}", all.join("\n"));
}

/// Every page in one size, language and colours.
async fn look(room: &Storeroom, axe: &str, device: Device, theme: &str) -> Vec<String> {
    let mut all = Vec::new();
    let browser = Browser::open(device).await;
    // The longest page holds the whole API, and three browsers share the machine.
    let patient = TimeoutConfiguration::new(Some(Duration::from_mins(2)), None, None);
    browser.client.update_timeouts(patient).await.expect("set");
    browser.goto(&room.address("/more")).await;
    browser.script(&format!("document.cookie = 'inventory_theme={theme}; path=/'")).await;
    let pages = pages::all(room, &browser).await;
    pages::assert_complete(&pages);
    for (name, path) in pages {
        browser.goto(&room.address(&path)).await;
        all.extend(found(&browser, axe).await.into_iter().map(|one| format!("{name} ({theme}): {one}")));
    }
    // The list of keys, open; a form that was refused.
    browser.script("document.getElementById('keys').showModal()").await;
    all.extend(found(&browser, axe).await.into_iter().map(|one| format!("keys ({theme}): {one}")));
    browser.goto(&room.address(&format!("/items/{}/book/take", room.screws))).await;
    browser.type_into("input[name=quantity]", "9999999").await;
    browser.press("form.stack button[type=submit]").await;
    browser.find("[role=alert]").await;
    all.extend(found(&browser, axe).await.into_iter().map(|one| format!("refused ({theme}): {one}")));
    browser.close().await;
    all
}
