//! Taking, putting back, moving, lending, counting by forms, as a browser without a script does it.

use inventory::domain::ItemId;

use super::{Answer, Site};

/// Opens the form and sends it with these fields.
async fn book(site: &Site, item: ItemId, verb: &str, fields: &[(&str, &str)]) -> Answer {
    let path = format!("/items/{item}/book/{verb}");
    let form = site.get(&path).await;
    assert_eq!(form.status, 200, "{verb}: {form:?}");
    let (token, request) = (form.hidden("token"), form.hidden("request"));
    let mut all = vec![("token", token.as_str()), ("request", request.as_str())];
    all.extend_from_slice(fields);
    site.post(&path, &all).await
}

/// Follows the answer to a form to the item's page.
async fn follow(site: &Site, answer: &Answer) -> Answer {
    assert_eq!(answer.status, 303, "{answer:?}");
    site.get(answer.header("location")).await
}

#[tokio::test]
async fn taking_says_what_was_taken_and_undo_puts_it_back() {
    let site = Site::new().await;
    let drawer = site.location("Drawer B4", None).await;
    let screws = site.consumable("Screws", drawer, 480).await;
    let page = follow(&site, &book(&site, screws, "take", &[("quantity", "50")]).await).await;
    assert!(page.body.contains("Took 50\u{a0}pcs Screws from Drawer B4"), "{}", page.body);
    assert!(page.body.contains("430\u{a0}pcs there now"), "{}", page.body);
    assert_eq!(site.on_hand(screws).await, "430");

    let (token, request, back) = (page.hidden("token"), page.hidden("request"), page.hidden("back"));
    let undo = page.body.split("action=\"").find(|rest| rest.starts_with("/bookings/")).expect("an undo");
    let undo = undo.split('"').next().expect("an address").to_owned();
    let fields = [("token", token.as_str()), ("request", request.as_str()), ("back", back.as_str())];
    let undone = site.post(&undo, &fields).await;
    let page = follow(&site, &undone).await;
    assert!(page.body.contains("Taken back: 50\u{a0}pcs Screws"), "{}", page.body);
    assert_eq!(site.on_hand(screws).await, "480");
    // The same touch again is answered as before; another undo of the same booking is refused in words.
    assert_eq!(site.post(&undo, &fields).await.header("location"), undone.header("location"));
    let other = inventory::domain::RequestId::new().to_string();
    let again = site.post(&undo, &[("token", &token), ("request", &other), ("back", &back)]).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("taken back already"), "{}", again.body);
    assert_eq!(site.on_hand(screws).await, "480");
}

#[tokio::test]
async fn a_form_sent_twice_books_once() {
    let site = Site::new().await;
    let drawer = site.location("Drawer", None).await;
    let screws = site.consumable("Screws", drawer, 100).await;
    let path = format!("/items/{screws}/book/take");
    let form = site.get(&path).await;
    let (token, request) = (form.hidden("token"), form.hidden("request"));
    let fields = [("token", token.as_str()), ("request", request.as_str()), ("quantity", "10")];
    let (first, second) = tokio::join!(site.post(&path, &fields), site.post(&path, &fields));
    assert_eq!((first.status, second.status), (303, 303));
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(site.on_hand(screws).await, "90");
    // The same request for something else is not taken for the first.
    let changed = site.post(&path, &[("token", &token), ("request", &request), ("quantity", "20")]).await;
    assert_eq!(changed.status, 422, "{changed:?}");
    assert_eq!(site.on_hand(screws).await, "90");
}

#[tokio::test]
async fn a_refusal_is_said_in_the_form_with_what_was_entered() {
    let site = Site::new().await;
    let drawer = site.location("Drawer", None).await;
    let screws = site.consumable("Screws", drawer, 3).await;
    let answer = book(&site, screws, "take", &[("quantity", "5"), ("note", "stage <build>")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("Only 3\u{a0}pcs are there, not 5\u{a0}pcs"), "{}", answer.body);
    assert!(answer.body.contains("value=\"5\"") && answer.body.contains("value=\"stage &lt;build&gt;\""));
    for quantity in ["", "0", "-1", "many", "1e9", "0.0000001", "9999999999999"] {
        let answer = book(&site, screws, "take", &[("quantity", quantity)]).await;
        assert_eq!(answer.status, 422, "{quantity}: {answer:?}");
        assert!(answer.body.contains("Nothing was booked"), "{quantity}: {}", answer.body);
    }
    assert_eq!(site.on_hand(screws).await, "3");
}

#[tokio::test]
async fn everything_the_buttons_offer_is_booked() {
    let site = Site::new().await;
    let (drawer, van) = (site.location("Drawer", None).await, site.location("Van", None).await);
    let van_id = van.to_string();
    let screws = site.consumable("Screws", drawer, 100).await;
    let drill = site.asset("Drill", drawer).await;
    // A consumable.
    let page = follow(&site, &book(&site, screws, "move", &[("quantity", "30"), ("to", &van_id)]).await).await;
    assert!(page.body.contains("Moved 30\u{a0}pcs Screws to Van"), "{}", page.body);
    let from = format!("from={drawer}");
    let page = follow(&site, &book(&site, screws, "count", &[("quantity", "65"), ("from", &from[5..])]).await).await;
    assert!(page.body.contains("Counted") && page.body.contains("−5"), "{}", page.body);
    let code = site.code_of(van).await;
    follow(&site, &book(&site, screws, "receive", &[("quantity", "1,000"), ("to", &code)]).await).await;
    assert_eq!(site.on_hand(screws).await, "1095");
    follow(&site, &book(&site, screws, "put-back", &[("quantity", "5"), ("to", &van_id)]).await).await;
    assert_eq!(site.on_hand(screws).await, "1100");
    // One thing: lent, overdue, back where it belongs.
    let nobody = book(&site, drill, "lend", &[("borrower", "  ")]).await;
    assert_eq!(nobody.status, 422);
    let lent = book(&site, drill, "lend", &[("borrower", "Jonas  Brandt"), ("due", "2020-01-02")]).await;
    let page = follow(&site, &lent).await;
    assert!(page.body.contains("Lent Drill to Jonas Brandt"), "{}", page.body);
    let list = site.get("/lent").await.body;
    assert!(list.contains("Jonas Brandt") && list.contains("overdue"), "{list}");
    let page = follow(&site, &book(&site, drill, "put-back", &[("to", "")]).await).await;
    assert!(page.body.contains("Put back Drill to Drawer"), "{}", page.body);
    assert!(!site.get("/lent").await.body.contains("Jonas"));
    let page = follow(&site, &book(&site, drill, "take", &[]).await).await;
    assert!(page.body.contains("it is on your name"), "{}", page.body);
    // A place into a place, but not into itself.
    let cycle = book(&site, drawer, "move", &[("to", &drawer.to_string())]).await;
    assert_eq!(cycle.status, 422, "{cycle:?}");
    follow(&site, &book(&site, drawer, "move", &[("to", &van_id)]).await).await;
    let history = site.get("/history").await.body;
    for word in ["Jonas Brandt", "Maria Keller", "counted", "lent", "came back", "moved"] {
        assert!(history.contains(word), "{word}: {history}");
    }
}

#[tokio::test]
async fn what_runs_low_is_listed_with_its_level() {
    let site = Site::new().await;
    let drawer = site.location("Drawer", None).await;
    let mut draft = inventory::domain::ItemDraft::new(inventory::domain::ItemKind::Consumable, "Washers");
    draft.min_quantity = Some(150.into());
    let washers = site.item(draft, Some(drawer), 200).await;
    assert!(site.get("/low").await.body.contains("Nothing is under its minimum"));
    follow(&site, &book(&site, washers, "take", &[("quantity", "105")]).await).await;
    let low = site.get("/low").await.body;
    assert!(
        low.contains("Washers") && low.contains("<b>95</b> of 150\u{a0}pcs") && low.contains("gauge warn"),
        "{low}"
    );
    assert!(site.get("/?low=1").await.body.contains("Washers"));
}
