//! The pages for whoever looks after the inventory: loans, the reorder list, labels, the audit trail, settings, health.

use inventory::config;
use inventory::domain::{Act, Borrower, ItemDraft, ItemId, ItemKind, Role};
use inventory::services::scan::Scanned;
use inventory::services::stock::BookingRequest;
use secrecy::ExposeSecret as _;
use time::macros::date;

use super::browser::Browser;
use super::{Answer, Site, believing};
use crate::labels::read_again;

impl Site {
    async fn lend(&self, item: ItemId, from: ItemId, quantity: u32) -> String {
        let act = Act::CheckOut {
            item,
            from,
            quantity: quantity.into(),
            lot: None,
            borrower: Borrower::Named("Ann <b>".into()),
            due_on: Some(date!(2026 - 01 - 31)),
        };
        self.services.stock.book(&self.admin, &BookingRequest::single(act)).await.expect("lent");
        let loans = self.services.stock.loans(&self.admin, None).await.expect("read");
        format!("/loans/{}", loans.iter().find(|loan| loan.item == item).expect("open").id)
    }

    /// Fills in the first form of a page.
    async fn fill(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).await;
        assert_eq!(shown.status, 200, "{shown:?}");
        let token = shown.hidden("token");
        let request = if shown.body.contains("name=\"request\"") { shown.hidden("request") } else { String::new() };
        let mut all = vec![("token", token.as_str()), ("request", request.as_str())];
        all.extend_from_slice(fields);
        self.post(action, &all).await
    }
}

#[tokio::test]
async fn a_loan_is_taken_back_in_parts_and_its_day_is_moved() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let benches = site.consumable("Bench", shelf, 20).await;
    let loan = site.lend(benches, shelf, 12).await;
    let listed = site.get("/lent?overdue=1").await.body;
    assert!(listed.contains(&loan) && listed.contains("Ann &lt;b&gt;") && listed.contains("overdue"), "{listed}");
    assert!(site.get(&format!("/items/{benches}")).await.body.contains(&loan), "the item leads there");

    let back = format!("{loan}/return");
    let done = site.fill(&loan, &back, &[("quantity", "5"), ("to", "")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let page = site.get(done.header("location")).await.body;
    assert!(page.contains("Put back 5") && page.contains("Undo"), "{page}");
    assert_eq!(site.on_hand(benches).await, "13");
    for (quantity, to, words) in [
        ("8", "", "Only 7"),
        ("many", "", "as a number greater than zero"),
        ("1", "nowhere", "There is no place with this code"),
    ] {
        let wrong = site.fill(&loan, &back, &[("quantity", quantity), ("to", to)]).await;
        assert!(wrong.status == 422 && wrong.body.contains(words), "{quantity} {to}: {}", wrong.body);
    }
    let due = format!("{loan}/due");
    assert_eq!(site.fill(&loan, &due, &[("due", "2031-12-24")]).await.status, 303);
    assert!(site.get(&loan).await.body.contains("24 Dec 2031"));
    assert!(!site.get("/lent?overdue=1").await.body.contains(&loan));
    assert_eq!(site.fill(&loan, &due, &[("due", "tomorrow")]).await.status, 422);
    assert_eq!(site.fill(&loan, &back, &[("quantity", "7"), ("to", &shelf.to_string())]).await.status, 303);
    let closed = site.get(&loan).await.body;
    assert!(closed.contains("all back") && !closed.contains("/return"), "{closed}");
    assert_eq!(site.get("/loans/nonsense").await.status, 404);
}

#[tokio::test]
async fn what_is_low_says_how_much_to_order_of_whom_and_leaves_as_a_table() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let mut draft = ItemDraft::new(ItemKind::Consumable, "=Screw, \"long\"");
    (draft.min_quantity, draft.max_quantity) = (Some(100.into()), Some(250.into()));
    site.item(draft, Some(shelf), 40).await;
    let table = "name,kind,place,quantity,min_quantity,supplier,supplier_part,supplier_price,supplier_url\n\
        Nut,consumable,Shelf,5,20,Bolt & Co,N-6,0.05 EUR,https://bolt.example/n6\n";
    let csv = [("Content-Type", "text/csv")];
    let imported = site.call("POST", "/api/v1/import", &csv, table).await;
    assert_eq!(imported.status, 200, "{imported:?}");
    let page = site.get("/low").await.body;
    for words in ["order 210", "order 35", "Bolt &amp; Co", "https://bolt.example/n6", "/low.csv"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let list = site.get("/low.csv").await;
    assert!(list.header("content-disposition").starts_with("attachment"), "{list:?}");
    let mut rows = csv::Reader::from_reader(list.body.as_bytes());
    let rows: Vec<Vec<String>> =
        rows.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
    let find = |name: &str| rows.iter().find(|row| row[1] == name).unwrap_or_else(|| panic!("{name}: {rows:?}"));
    assert_eq!(find("'=Screw, \"long\"")[2..6], ["40", "100", "250", "210"], "no spreadsheet takes it for a formula");
    assert_eq!(find("Nut")[5..12], ["35", "pcs", "Bolt & Co", "N-6", "0.05", "EUR", "https://bolt.example/n6"]);
}

#[tokio::test]
async fn labels_are_printed_from_a_page_and_what_is_wrong_is_said_there() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let drill = site.asset("Drill", shelf).await;
    let (drill, shelf) = (site.code_of(drill).await, site.code_of(shelf).await);
    let send = async |what: &str, code: &str, count: &str, start: &str| {
        let fields = [
            ("what", what),
            ("code", code),
            ("count", count),
            ("medium", "avery-l7160"),
            ("start", start),
            ("copies", "1"),
            ("bars", "1"),
        ];
        site.fill("/labels", "/labels", &fields).await
    };
    for (what, code, count) in [
        ("item", drill.as_str(), ""),
        ("inside", &shelf, ""),
        ("contents", &shelf, ""),
        ("nested", &shelf, ""),
        ("blank", "", "3"),
        ("commands", "", ""),
    ] {
        let made = send(what, code, count, "4").await;
        assert_eq!((made.status, made.header("content-type")), (200, "application/pdf"), "{what}: {}", made.body);
        assert!(made.bytes.starts_with(b"%PDF-") && made.header("content-disposition").starts_with("attachment"));
    }
    for (what, code, count, start, words) in [
        ("item", "nothing", "", "1", "nothing with this code"),
        ("item", &drill, "", "22", "does not have so many labels"),
        ("blank", "", "0", "1", "nothing to print"),
        ("blank", "", "100000", "1", "too many labels"),
        ("blank", "", "some", "1", "is none"),
        ("contents", &drill, "", "1", "holds nothing"),
        ("poster", &drill, "", "1", "choose what to print"),
    ] {
        let wrong = send(what, code, count, start).await;
        assert!(wrong.status == 422 && wrong.body.contains(words), "{what} {code}: {}", wrong.body);
    }
}

#[tokio::test]
async fn what_a_page_prints_is_read_by_a_scanner_and_begins_where_the_sheet_is_free() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let crate_ = site.item(ItemDraft::new(ItemKind::Container, "Crate"), Some(shelf), 1).await;
    site.asset("Drill", crate_).await;
    let ann = site.person("ann", Role::Member).await;
    let shelf_code = site.code_of(shelf).await;
    let printed = async |fields: &[(&str, &str)]| {
        let common =
            [("medium", "avery-l7160"), ("start", "5"), ("copies", "1"), ("code", &shelf_code), ("count", "3")];
        let made = site.fill("/labels", "/labels", &[fields, &common].concat()).await;
        assert_eq!((made.status, made.header("content-type")), (200, "application/pdf"), "{fields:?}: {}", made.body);
        read_again(&made.bytes)
    };
    let resolved = async |text: &str| site.services.scan.resolve(&site.admin, text).await.expect("asked");

    let (pages, words) = printed(&[("what", "item")]).await;
    let [read] = pages[0].as_slice() else { panic!("{pages:?}") };
    assert!(matches!(resolved(&read.text).await, Scanned::Item(item) if item.id == shelf));
    assert!(words.contains("Shelf"), "{words}");
    // The fifth of a sheet with three in a row is the second of the second row: from 73.25 mm and 53.25 mm on.
    assert!((73.25..136.75).contains(&read.at.0) && (53.25..91.35).contains(&read.at.1), "{:?}", read.at);

    let (pages, words) = printed(&[("what", "nested")]).await;
    assert!(words.contains("Crate") && words.contains("Drill"), "{words}");
    assert!(matches!(resolved(&pages[0][0].text).await, Scanned::Item(item) if item.id == shelf));
    let (pages, _) = printed(&[("what", "blank")]).await;
    assert_eq!(pages[0].len(), 3);
    assert!(matches!(resolved(&pages[0][0].text).await, Scanned::Blank { .. }));
    let (pages, words) = printed(&[("what", "commands")]).await;
    assert_eq!(pages[0].len(), 6);
    assert!(matches!(resolved(&pages[0][0].text).await, Scanned::Command(_)), "{:?}", pages[0]);
    assert!(words.contains("Ten more"), "{words}");

    let ann_s = format!("person-{ann}");
    let (pages, words) = printed(&[("what", "badges"), (&ann_s, "1")]).await;
    let [badge] = pages[0].as_slice() else { panic!("{pages:?}") };
    assert!(words.contains("ann Person") && !words.contains(&badge.text), "a name, and no secret in words: {words}");
    let first = site.services.people.sign_in_with_badge(&badge.text).await.expect("asked");
    assert_eq!(first.and_then(|actor| actor.person), Some(ann));
    printed(&[("what", "badges"), (&ann_s, "1")]).await;
    assert!(
        site.services.people.sign_in_with_badge(&badge.text).await.expect("asked").is_none(),
        "the old one is void"
    );
    let me = site.get(&format!("/people/{ann}")).await;
    assert!(me.body.contains(&format!("/labels?what=badges&amp;person-{ann}=1")), "{}", me.body);
    let page = site.get(&format!("/labels?what=badges&person-{ann}=1")).await;
    assert!(page.body.contains(&format!("name=\"person-{ann}\" value=\"1\" checked")), "{}", page.body);
}

#[tokio::test]
async fn badges_are_an_admins_to_print_and_nothing_is_void_where_something_is_wrong() {
    let site = Site::with(believing()).await;
    let ann = site.person("ann", Role::Keeper).await;
    let secret = site.services.people.issue_badge(&site.admin, ann).await.expect("made");
    let ann_s = format!("person-{ann}");
    let nobody = format!("person-{}", inventory::domain::PersonId::new());
    let keeper = Browser::of(&site, "ann").await;
    let admin = Browser::of(&site, "maria").await;
    let print = async |browser: &Browser<'_>, people: &[&str], start: &str| {
        let token = browser.get("/labels").await.hidden("token");
        let mut fields = vec![
            ("token", token.as_str()),
            ("what", "badges"),
            ("medium", "avery-l7160"),
            ("start", start),
            ("copies", "1"),
        ];
        fields.extend(people.iter().map(|&person| (person, "1")));
        browser.post("/labels", &fields).await
    };
    assert!(!keeper.get("/labels").await.body.contains("value=\"badges\""), "keepers are not offered them");
    assert_eq!(print(&keeper, &[&ann_s], "1").await.status, 403);
    for (people, start, words) in [
        (vec![], "1", "whose badges"),
        (vec![ann_s.as_str(), nobody.as_str()], "1", "not there any more"),
        (vec![ann_s.as_str()], "22", "does not have so many labels"),
    ] {
        let wrong = print(&admin, &people, start).await;
        assert!(wrong.status == 422 && wrong.body.contains(words), "{people:?}: {} {}", wrong.status, wrong.body);
    }
    let still = site.services.people.sign_in_with_badge(secret.expose_secret()).await.expect("asked");
    assert_eq!(still.and_then(|actor| actor.person), Some(ann), "a refused sheet made no badge void");
}

#[tokio::test]
async fn the_trail_says_who_changed_what_and_keepers_see_of_it_what_is_theirs() {
    let site = Site::with(believing()).await;
    let shelf = site.location("Shelf", None).await;
    site.person("kim", Role::Keeper).await;
    site.person("root", Role::Admin).await;
    let mut draft = ItemDraft::new(ItemKind::Location, "Shelf <2>");
    draft.description = "x".repeat(500);
    site.services.catalog.edit(&site.admin, shelf, 1, draft).await.expect("edited");
    Browser::at(&site, "192.0.2.66").sign_in("kim", "wrong").await;
    let keeper = Browser::of(&site, "kim").await;
    let admin = Browser::of(&site, "root").await;

    let seen = keeper.get("/audit").await.body;
    for words in ["Shelf &lt;2&gt;", "Description", "Maria Keller", "…"] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    assert!(!seen.contains("192.0.2.66") && !seen.contains("sign-in refused"), "{seen}");
    assert_eq!(keeper.get("/audit?about=access").await.status, 403);
    let access = admin.get("/audit?about=access").await.body;
    assert!(access.contains("sign-in refused") && access.contains("192.0.2.66"), "{access}");
    assert!(!access.contains("Description"), "{access}");
    let people = admin.get("/audit?about=people").await.body;
    assert!(people.contains("a secret, not shown") && !people.contains("argon2"), "{people}");
    let kim = site.services.people.list(&site.admin).await.expect("read").into_iter().find(|p| p.name == "kim Person");
    let hers = admin.get(&format!("/audit?person={}", kim.expect("kim").id)).await.body;
    assert!(hers.contains("signed in") && !hers.contains("Description"), "{hers}");
    let before = admin.get("/audit?until=2020-01-01").await.body;
    assert!(before.contains("Nothing is noted here"), "{before}");
    assert!(admin.get("/audit?from=2020-01-01&until=2100-01-01").await.body.contains("Description"));
    assert_eq!(
        admin.get("/audit?from=never&person=x&before=y&about=z").await.status,
        200,
        "what cannot be read is left out"
    );

    for n in 0..70 {
        site.location(&format!("Shelf number {n}"), None).await;
    }
    let first = admin.get("/audit?about=entries").await.body;
    let (_, older) = first.split_once("rel=\"next\" href=\"").expect("there is more");
    let older = older.split('"').next().expect("an address").replace("&amp;", "&");
    let second = admin.get(&older).await.body;
    assert!(
        older.contains("about=entries") && second.contains("Shelf number 3") && !second.contains("Shelf number 69")
    );
}

#[tokio::test]
async fn settings_are_an_admins_and_noted_and_health_tells_of_backups() {
    let settings = config::Web { second_factor_required: false, ..believing() };
    let site = Site::with(settings).await;
    site.person("kim", Role::Keeper).await;
    site.person("root", Role::Admin).await;
    let (keeper, admin) = (Browser::of(&site, "kim").await, Browser::of(&site, "root").await);
    assert_eq!(keeper.get("/settings").await.status, 403);
    let page = admin.get("/settings").await;
    for words in ["Another keeper approves", "12 hours", "30 days", "127.0.0.1/32", "web.trusted_proxies"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let token = page.hidden("token");
    let set = admin.post("/settings/self-approval", &[("token", &token), ("allowed", "true")]).await;
    assert_eq!((set.status, set.header("location")), (303, "/settings"));
    assert!(admin.get("/settings").await.body.contains("Who counted may also approve"));
    let trail = admin.get("/audit?about=whole").await.body;
    assert!(trail.contains("setting changed") && trail.contains("stocktake_self_approval: true"), "{trail}");

    let keepers = [("token", keeper.get("/labels").await.hidden("token")), ("days", "30".to_owned())];
    let keepers = keepers.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(keeper.post("/settings/count-interval", &keepers).await.status, 403);
    let wrong = admin.post("/settings/count-interval", &[("token", &token), ("days", "never")]).await;
    assert!(wrong.status == 409 && wrong.body.contains("A whole number of days"), "{wrong:?}");
    let set = admin.post("/settings/count-interval", &[("token", &token), ("days", "30")]).await;
    assert_eq!((set.status, set.header("location")), (303, "/settings"));
    assert!(admin.get("/settings").await.body.contains("value=\"30\""));
    assert!(admin.get("/stocktakes").await.body.contains("Each place is counted every 30 days"));
    assert!(admin.get("/audit?about=whole").await.body.contains("stocktake_every_days: 30"));

    let health = admin.get("/health").await.body;
    assert!(health.contains("Last backup: never yet"), "{health}");
    let client = site.test.client().await;
    inventory::store::backup::note_made(&client, "inventory-20261125T010203Z.tar.zst").await.expect("noted");
    inventory::store::backup::note_proven(&client, "inventory-20261125T010203Z.tar.zst").await.expect("noted");
    let health = admin.get("/health").await.body;
    assert!(health.contains("Last backup: fresh") && health.contains("Last proven restore: fresh"), "{health}");
    assert!(health.contains("inventory-20261125T010203Z.tar.zst"), "{health}");
}

#[tokio::test]
async fn the_offices_pages_are_complete_in_german() {
    let site = Site::new().await;
    let shelf = site.location("Regal", None).await;
    let benches = site.consumable("Bank", shelf, 20).await;
    let loan = site.lend(benches, shelf, 2).await;
    for path in ["/audit", "/settings", "/labels", "/health", "/low", "/lent", loan.as_str()] {
        let german = site.ask("GET", path, &[("Cookie", "inventory_language=de")], "").await;
        assert_eq!(german.status, 200, "{path}");
        for group in ["audit.", "settings.", "labels.", "backup.", "loan.", "reorder.", "lent."] {
            let missing = format!(">{group}");
            assert!(!german.body.contains(&missing), "{path} lacks a sentence: {}", german.body);
        }
    }
}
