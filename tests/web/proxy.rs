//! Through a real nginx with TLS, as deployed: people elsewhere sign in, find, take, lend, photograph, import, count, undo.

use std::fs;
use std::time::Duration;

use inventory::domain::{ItemKind, Role};

use crate::browser::{Browser, DESKTOP, Device, LARGE_DESKTOP, PHONE};
use crate::fixture::{Storeroom, drawn};
use crate::nginx::Nginx;

async fn story(device: Device, verb: &str) {
    let room = Storeroom::behind_proxy().await;
    let nginx = Nginx::before(&room);
    let browser = Browser::open(device).await;
    let item = format!("/items/{}", room.screws);
    browser.goto(&nginx.address(&item)).await;
    assert_eq!(browser.path().await, format!("/sign-in?then=%2Fitems%2F{}", room.screws));
    browser.type_into("#login", "maria").await;
    browser.type_into("#password", "wrong horse").await;
    browser.press("button[type=submit]").await;
    browser.until("[role=alert]", "wrong").await;
    browser.type_into("#password", "correct horse").await;
    browser.press("button[type=submit]").await;
    browser.until("h1", "Socket head cap screw M3 × 8").await;
    let readable = browser.script("return document.cookie").await;
    assert_eq!(readable, "", "a script reads no cookie of ours");

    browser.goto(&nginx.address("/")).await;
    browser.type_into("#q", "socket scr").await;
    // What was lately used stands there before what is found.
    browser.until("#results .cnt", "found").await;
    browser.until("#results", "Socket head cap screw").await;
    browser.press("#results a.rw").await;
    browser.until("#quantity", "480").await;
    browser.press(verb).await;
    browser.press("[data-fills] button[value='50']").await;
    browser.press("form.stack button[type=submit]").await;
    browser.until("#toast", "Took 50").await;
    browser.until("#quantity", "430").await;
    browser.press("#toast button").await;
    browser.until("#toast", "Taken back").await;
    browser.until("#quantity", "480").await;
    // What others book shows through the proxy, too.
    tokio::time::sleep(Duration::from_millis(700)).await;
    room.take(30).await;
    browser.until("#quantity", "450").await;

    browser.goto(&nginx.address("/account")).await;
    browser.until("#sessions + ul", "this browser").await;
    browser.press("form[action='/sign-out'] button").await;
    browser.until("h1", "Sign in").await;
    browser.goto(&nginx.address(&item)).await;
    assert!(browser.path().await.starts_with("/sign-in"), "signed out means out");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_somebody_elsewhere_signs_in_takes_undoes_and_signs_out() {
    story(PHONE, "nav.dock a.main").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_desk_somebody_elsewhere_signs_in_takes_undoes_and_signs_out() {
    story(DESKTOP, "nav.verbs-here a.main").await;
}

impl Browser {
    /// Signs in through the form that is shown to a stranger.
    async fn sign_in(&self, nginx: &Nginx, login: &str) {
        self.goto(&nginx.address("/sign-in")).await;
        self.type_into("#login", login).await;
        self.type_into("#password", "correct horse").await;
        self.press("button[type=submit]").await;
        self.find("a.face").await;
    }

    /// Is a picture of the page there, and drawn?
    async fn draws(&self, css: &str) {
        self.find(css).await;
        let script = format!("return document.querySelector('{css}').decode().then(() => true, () => false)");
        assert_eq!(self.script(&script).await, true, "{css}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_the_tent_is_found_lent_to_a_friend_and_a_new_box_photographed() {
    let room = Storeroom::behind_proxy().await;
    let tent = room.thing("Family tent, 4 persons", "Sleeps four, with a porch.", "tent").await;
    let nginx = Nginx::before(&room);
    let (phone, other) = (Browser::open(PHONE).await, Browser::open(DESKTOP).await);
    phone.sign_in(&nginx, "maria").await;
    other.sign_in(&nginx, "maria").await;
    other.goto(&nginx.address(&format!("/items/{tent}"))).await;

    phone.goto(&nginx.address("/")).await;
    phone.type_into("#q", "tent four").await;
    phone.until("#results .cnt", "found").await;
    phone.until("#results a.rw", "Family tent").await;
    phone.press("#results a.rw").await;
    phone.until("h1", "Family tent, 4 persons").await;
    assert!(phone.text(".crumbs").await.contains("Boat shed"), "its place is said");
    phone.draws(".hero img").await;
    // The stream of the other browser is open once its page has heard from it.
    tokio::time::sleep(Duration::from_millis(700)).await;
    phone.press("nav.dock a[href$='/book/lend']").await;
    phone.type_into("#borrower", "Jonas from next door").await;
    phone.script("document.getElementById('due').value = '2031-06-30'").await;
    phone.press("form.stack button[type=submit]").await;
    phone.until("#toast", "Jonas from next door").await;
    let took = other.until("#where", "lent to Jonas from next door").await;
    assert!(took < Duration::from_millis(1500), "the other browser shows it after {took:?}");
    phone.until("#where", "30 Jun 2031").await;
    phone.press("#toast button").await;
    phone.until("#toast", "Taken back").await;
    other.until("#where", "Boat shed").await;

    phone.goto(&nginx.address(&format!("/items/new?in={}", room.shelf))).await;
    phone.type_into("#name", "Green box").await;
    phone.script("document.getElementById('kind').value = 'container'").await;
    phone.press("form.stack button[type=submit]").await;
    phone.until("h1", "Green box").await;
    let path = phone.path().await;
    let path = path.split('?').next().expect("a path").to_owned();
    phone.goto(&nginx.address(&format!("{path}/photos"))).await;
    let taken = tempfile::Builder::new().suffix(".png").tempfile().expect("a file");
    fs::write(taken.path(), drawn("metal-box")).expect("written");
    phone.type_into("#photo", &taken.path().to_string_lossy()).await;
    phone.press("#upload button[type=submit]").await;
    phone.draws("ul.gallery img").await;
    phone.goto(&nginx.address(&path)).await;
    phone.draws(".hero img").await;
    assert_eq!(room.found("green box").await.first().map(String::as_str), Some("Green box"));
    phone.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_desk_a_table_is_imported_and_exported_somebody_added_and_a_shelf_counted() {
    let room = Storeroom::behind_proxy().await;
    let nginx = Nginx::before(&room);
    let desk = Browser::open(LARGE_DESKTOP).await;
    desk.sign_in(&nginx, "maria").await;

    desk.goto(&nginx.address("/transfer")).await;
    let table = tempfile::Builder::new().suffix(".csv").tempfile().expect("a file");
    let rows = "name,kind,place,quantity\nCable ties,consumable,Workshop,300\nGlue gun,asset,Workshop,\n";
    fs::write(table.path(), rows).expect("written");
    desk.type_into("#file", &table.path().to_string_lossy()).await;
    desk.press("form[action='/import'] button[type=submit]").await;
    desk.until("main", "Nothing has been changed yet").await;
    desk.until("#changes + div", "Cable ties").await;
    assert!(room.found("cable ties").await.is_empty(), "looking changes nothing");
    desk.press("form.stack button.main").await;
    desk.until("main", "Imported.").await;
    let export = "return fetch('/export.csv').then((answer) => answer.text())";
    let export = desk.script(export).await;
    assert!(export.as_str().is_some_and(|csv| csv.contains("Glue gun") && csv.contains("Workshop")), "{export}");

    desk.goto(&nginx.address("/people")).await;
    desk.type_into("#name", "Kim Weber").await;
    desk.script("document.getElementById('role').value = 'keeper'").await;
    desk.press("form[action='/people'] button[type=submit]").await;
    desk.until("h1", "Kim Weber").await;
    let people = room.services.people.list(&room.admin).await.expect("read");
    assert!(people.iter().any(|person| person.name == "Kim Weber" && person.role == Role::Keeper), "{people:?}");

    let crate_of = room.place(ItemKind::Container, "Small parts case", Some(room.shelf), "assortment-box").await;
    room.services.stocktakes.open(&room.admin, crate_of, "").await.expect("opened by somebody else");
    desk.goto(&nginx.address("/stocktakes")).await;
    desk.until("#active", "Small parts case").await;
    let code = room.code_of(room.drawer).await;
    desk.type_into("#place", &code).await;
    desk.press("form[action='/stocktakes'] button.main").await;
    desk.until("h1", "Drawer B4").await;
    desk.type_into("form.count-form input[name=quantity]", "85").await;
    desk.press("form.count-form button").await;
    desk.until("main [role=status]", "Counted").await;
    desk.press("form[action$='/decisions/close'] button").await;
    desk.until("main", "Nothing is written yet.").await;
    desk.until("main", "Who counted does not approve").await;
    desk.close().await;
}
