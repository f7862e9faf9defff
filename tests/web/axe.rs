//! axe-core looks at every page for what keeps people out, in each language, size and colours: it finds nothing.

use std::path::PathBuf;
use std::time::Duration;

use fantoccini::wd::TimeoutConfiguration;
use serde_json::{Value, json};

use crate::browser::{Browser, DESKTOP, Device, SMALL_PHONE};
use crate::fixture::Storeroom;

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
    let item = format!("/items/{}", room.screws);
    let shelf = format!("/items/{}", room.shelf);
    let person = format!("/people/{}", room.admin.person.expect("somebody"));
    let mut pages: Vec<String> = [
        "/",
        "/?q=screw&low=1",
        "/?q=zzqxv",
        "/places",
        "/low",
        "/lent",
        "/history",
        "/more",
        "/nothing",
        "/api",
        "/statistics",
        "/people",
        "/transfer",
        "/health",
        "/audit",
        "/settings",
        "/labels",
        "/stocktakes",
        "/account/second-factor",
        "/account/confirm",
        "/?low=1&kind=consumable&tag=fastener",
        "/scan",
        "/items/new",
        "/account",
        "/sign-in",
    ]
    .map(str::to_owned)
    .to_vec();
    let loan = room.services.stock.loans(&room.admin, None).await.expect("read").remove(0).id;
    let stocktake = room.services.stocktakes.open(&room.admin, room.drawer, "").await.expect("opened");
    pages.extend([item.clone(), shelf, person, format!("/loans/{loan}"), format!("/stocktakes/{stocktake}")]);
    let parts = [
        "history",
        "edit",
        "photos",
        "stock",
        "book/take",
        "book/put-back",
        "book/move",
        "book/lend",
        "book/receive",
        "book/count",
    ];
    pages.extend(parts.map(|part| format!("{item}/{part}")));

    let german = Device { language: "de", ..DESKTOP };
    let looks = [(SMALL_PHONE, "light"), (german, "dark"), (SMALL_PHONE, "contrast")];
    let all =
        futures::future::join_all(looks.map(|(device, theme)| look(&room, &axe, &pages, device, theme))).await.concat();
    assert_eq!(json!(all), json!([]), "{}", all.join("\n"));
}

/// Every page in one size, language and colours.
async fn look(room: &Storeroom, axe: &str, pages: &[String], device: Device, theme: &str) -> Vec<String> {
    let mut all = Vec::new();
    let browser = Browser::open(device).await;
    // The longest page holds the whole API, and three browsers share the machine.
    let patient = TimeoutConfiguration::new(Some(Duration::from_mins(2)), None, None);
    browser.client.update_timeouts(patient).await.expect("set");
    browser.goto(&room.address("/more")).await;
    browser.script(&format!("document.cookie = 'inventory_theme={theme}; path=/'")).await;
    for page in pages {
        browser.goto(&room.address(page)).await;
        all.extend(found(&browser, axe).await.into_iter().map(|one| format!("{page} ({theme}): {one}")));
    }
    browser.close().await;
    all
}
