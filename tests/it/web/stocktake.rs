//! Counting by forms, as a browser without a script does it.

use inventory::domain::stocktake::State;
use inventory::domain::{ItemId, StocktakeId};

use super::{Answer, Site};

/// Sends a form of the page at `from` to `to`.
async fn send(site: &Site, from: &str, to: &str, fields: &[(&str, &str)]) -> Answer {
    let page = site.get(from).await;
    assert_eq!(page.status, 200, "{from}: {page:?}");
    let token = page.hidden("token");
    let request = inventory::domain::RequestId::new().to_string();
    let mut all = vec![("token", token.as_str()), ("request", request.as_str())];
    all.extend_from_slice(fields);
    site.post(to, &all).await
}

/// The page an answer leads to.
async fn follow(site: &Site, answer: &Answer) -> Answer {
    assert_eq!(answer.status, 303, "{answer:?}");
    site.get(answer.header("location")).await
}

async fn begin(site: &Site, place: ItemId) -> String {
    let code = site.code_of(place).await;
    let opened = send(site, "/stocktakes", "/stocktakes", &[("holder", &code), ("note", "autumn")]).await;
    assert_eq!(opened.status, 303, "{opened:?}");
    opened.header("location").to_owned()
}

#[tokio::test]
async fn a_place_is_counted_looked_at_and_written() {
    let site = Site::new().await;
    let hall = site.location("Hall", None).await;
    let (shelf, van) = (site.location("Shelf", Some(hall)).await, site.location("Van", None).await);
    let screws = site.consumable("Screws", shelf, 400).await;
    let washers = site.consumable("Washers", shelf, 10).await;
    let (drill, saw) = (site.asset("Drill", shelf).await, site.asset("Saw", van).await);
    let page = begin(&site, hall).await;
    let shown = site.get(&page).await.body;
    assert!(shown.contains("0 of 3 lines counted") && shown.contains("To count 3"), "{shown}");

    let scan = format!("{page}/scan");
    let code = site.code_of(screws).await;
    let asked = send(&site, &page, &scan, &[("code", &code)]).await;
    assert!(asked.status == 422 && asked.body.contains("How many are there: Screws?"), "{asked:?}");
    let counted = follow(&site, &send(&site, &page, &scan, &[("code", &code), ("quantity", "372")]).await).await;
    assert!(counted.body.contains("Counted: Screws, 372\u{a0}pcs"), "{}", counted.body);
    let code = site.code_of(shelf).await;
    let here = follow(&site, &send(&site, &page, &scan, &[("code", &code)]).await).await;
    assert!(here.body.contains("Counting in Shelf."), "{}", here.body);
    let (code, here) = (site.code_of(saw).await, shelf.to_string());
    follow(&site, &send(&site, &page, &scan, &[("code", &code), ("here", &here)]).await).await;
    let unknown = send(&site, &page, &scan, &[("code", "nothing has this")]).await;
    assert!(unknown.status == 422 && unknown.body.contains("Nothing was counted"), "{unknown:?}");
    let fields = [("item", drill.to_string()), ("holder", shelf.to_string()), ("quantity", "0".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let gone = follow(&site, &send(&site, &page, &format!("{page}/counts"), &fields).await).await;
    assert!(gone.body.contains("Not here: Drill"), "{}", gone.body);

    let fields = [("item", washers.to_string()), ("holder", shelf.to_string()), ("quantity", "12".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    follow(&site, &send(&site, &page, &format!("{page}/counts"), &fields).await).await;

    let decide = async |what: &str, fields: &[(&str, &str)]| {
        send(&site, &page, &format!("{page}/decisions/{what}"), fields).await
    };
    let closed = follow(&site, &decide("close", &[]).await).await.body;
    for words in ["Differences 4", "−28", "+2", "found here", "the books say Van", "missing", "Nothing is written yet."]
    {
        assert!(closed.contains(words), "{words}: {closed}");
    }
    assert!(closed.contains("Who counted does not approve"), "{closed}");
    let id: StocktakeId = page.trim_start_matches("/stocktakes/").parse().expect("an id");
    let version = site.services.stocktakes.view(&site.admin, id).await.expect("there").head.version.to_string();
    let refused = decide("approve", &[("version", &version)]).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(site.on_hand(screws).await, "400");

    follow(&site, &send(&site, "/settings", "/settings/self-approval", &[("allowed", "true")]).await).await;
    let ready = site.get(&page).await.body;
    assert!(ready.contains("Write 4 changes"), "{ready}");
    let written = follow(&site, &decide("approve", &[("version", &version)]).await).await.body;
    assert!(written.contains("written"), "{written}");
    assert_eq!((site.on_hand(screws).await.as_str(), site.on_hand(drill).await.as_str()), ("372", "0"));
    let list = site.get("/stocktakes").await.body;
    assert!(list.contains("Counted before") && list.contains("autumn"), "{list}");
    assert!(site.get("/history").await.body.contains("counted"));
}

#[tokio::test]
async fn what_is_no_place_begins_no_count_and_a_place_that_is_counted_leads_to_its_count() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let drill = site.asset("Drill", shelf).await;
    let code = site.code_of(drill).await;
    for wrong in [code.as_str(), "nowhere", ""] {
        let refused = send(&site, "/stocktakes", "/stocktakes", &[("holder", wrong)]).await;
        assert!(refused.status == 422 && refused.body.contains("That is no place"), "{wrong}: {refused:?}");
    }
    let page = begin(&site, shelf).await;
    assert_eq!(begin(&site, shelf).await, page, "it is joined");
    let gone = send(&site, &page, &format!("{page}/decisions/cancel"), &[]).await;
    assert_eq!(gone.status, 303);
    let all = site.services.stocktakes.list(&site.admin, &[State::Open, State::Counted], 10).await.expect("read");
    assert_eq!(all, []);
    assert_eq!(site.get("/stocktakes/nonsense").await.status, 404);
    let odd = send(&site, "/stocktakes", &format!("{page}/decisions/explode"), &[]).await;
    assert_eq!(odd.status, 404);
}

#[tokio::test]
async fn the_pages_of_a_count_are_complete_in_german() {
    let site = Site::new().await;
    let shelf = site.location("Regal", None).await;
    site.consumable("Schrauben", shelf, 40).await;
    let page = begin(&site, shelf).await;
    for path in ["/stocktakes", page.as_str()] {
        let german = site.ask("GET", path, &[("Cookie", "inventory_language=de")], "").await;
        assert_eq!(german.status, 200);
        assert!(german.body.contains("Zähl"), "{}", german.body);
        assert!(!german.body.contains("count."), "a sentence is missing: {}", german.body);
    }
}
