//! Every page there is, each with something in it: for the tests that look at all of them.

use inventory::domain::label::Medium;
use inventory::domain::stocktake::{Interval, State};
use inventory::services::labels::Print;
use inventory::web;

use crate::browser::Browser;
use crate::fixture::Storeroom;

/// Addresses that answer with something else than a page, or with a page that no signed-in person sees; the latter are
/// looked at where strangers are.
const NO_PAGES: [&str; 13] = [
    "/api/v1",
    "/assets",
    "/healthz",
    "/readyz",
    "/manifest.webmanifest",
    "/metrics",
    "/results",
    "/photos",
    "/low.csv",
    "/export.csv",
    "/setup",
    "/sign-in/code",
    "/worker.js",
];

/// Name and address of each. The browser is the one they are looked at with: an import belongs to who has sent it.
pub async fn all(room: &Storeroom, browser: &Browser) -> Vec<(&'static str, String)> {
    let item = format!("/items/{}", room.screws);
    let loan = room.services.stock.loans(&room.admin, None).await.expect("read").remove(0).id;
    let counts = &room.services.stocktakes;
    // Several browsers may look at once; a place is counted once at a time.
    counts.open(&room.admin, room.drawer, "").await.ok();
    counts.set_interval(&room.admin, Interval::of_days(90)).await.expect("set");
    let count = counts.list(&room.admin, &[State::Open], 1).await.expect("read").first().expect("opened").id;
    let person = room.admin.person.expect("somebody");
    let blank = blank_code(room).await;
    let mut pages: Vec<(&str, String)> = vec![
        ("item", item.clone()),
        ("shelf", format!("/items/{}?all=1", room.shelf)),
        ("thing", format!("/items/{}", room.tarp)),
        ("loan", format!("/loans/{loan}")),
        ("stocktake", format!("/stocktakes/{count}")),
        ("person", format!("/people/{person}")),
        ("blank", format!("/i/{blank}")),
        ("import", import(room, browser).await),
    ];
    pages.extend(
        [
            ("take", "book/take"),
            ("put-back", "book/put-back"),
            ("move", "book/move"),
            ("lend", "book/lend"),
            ("receive", "book/receive"),
            ("count", "book/count"),
            ("item-history", "history"),
            ("edit", "edit"),
            ("photos", "photos"),
            ("levels", "stock"),
        ]
        .map(|(name, part)| (name, format!("{item}/{part}"))),
    );
    pages.extend(
        [
            ("home", "/"),
            ("words", "/?q=screw"),
            ("search", "/?q=skrew+m3&low=1"),
            ("filters", "/?low=1&kind=consumable&tag=fastener"),
            ("nothing-found", "/?q=zzqxv"),
            ("places", "/places"),
            ("low", "/low"),
            ("lent", "/lent"),
            ("history", "/history"),
            ("stocktakes", "/stocktakes"),
            ("more", "/more"),
            ("new", "/items/new"),
            ("scan", "/scan"),
            ("labels", "/labels"),
            ("transfer", "/transfer"),
            ("statistics", "/statistics"),
            ("people", "/people"),
            ("audit", "/audit"),
            ("settings", "/settings"),
            ("health", "/health"),
            ("api", "/api"),
            ("account", "/account"),
            ("second-factor", "/account/second-factor"),
            ("confirm", "/account/confirm"),
            ("offline", "/offline"),
            ("sign-in", "/sign-in"),
            ("nothing", "/nothing"),
        ]
        .map(|(name, path)| (name, path.to_owned())),
    );
    pages
}

async fn blank_code(room: &Storeroom) -> String {
    let print = Print {
        medium: Medium::named("avery-l7160").expect("known"),
        start: 1,
        copies: 1,
        bars: false,
        address: None,
        outlined: false,
    };
    room.services.labels.blank(&room.admin, 1, &print).await.expect("printed");
    room.free_code().await
}

/// Sends a table; returns the page that shows what would happen.
async fn import(room: &Storeroom, browser: &Browser) -> String {
    browser.goto(&room.address("/transfer")).await;
    let table = tempfile::Builder::new().suffix(".csv").tempfile().expect("a file");
    std::fs::write(
        table.path(),
        "name,kind,place,quantity\nCable ties,consumable,Workshop,300\nGlue gun,asset,Workshop,\n",
    )
    .expect("written");
    browser.type_into("#file", &table.path().to_string_lossy()).await;
    browser.press("form[action='/import'] button[type=submit]").await;
    browser.find("#changes").await;
    browser.path().await
}

/// Fails for a route that none of these addresses leads to, so that a new page is looked at from its first day.
pub fn assert_complete(pages: &[(&'static str, String)]) {
    let leads_to = |route: &str, address: &str| {
        let path = address.split('?').next().unwrap_or_default();
        let (route, path): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), path.split('/').collect());
        route.len() == path.len() && route.iter().zip(&path).all(|(part, own)| part.starts_with('{') || part == own)
    };
    let missed: Vec<&str> = web::routes()
        .into_iter()
        .filter(|route| route.method == "GET")
        .map(|route| route.path)
        .filter(|route| !NO_PAGES.iter().any(|no_page| route.starts_with(no_page)))
        .filter(|route| !pages.iter().any(|(_, address)| leads_to(route, address)))
        .collect();
    assert_eq!(missed, Vec::<&str>::new(), "pages that are not looked at");
}
