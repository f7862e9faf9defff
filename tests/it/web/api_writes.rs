//! The JSON API changes things: each once, whole or not at all, and never over what somebody else has done.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Site};

impl Site {
    /// A request of a program, with a fresh `Idempotency-Key` unless one is given.
    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let key = Uuid::new_v4().to_string();
        let mut all = vec![("Content-Type", "application/json"), ("Idempotency-Key", key.as_str())];
        all.retain(|(name, _)| !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)));
        all.extend_from_slice(headers);
        self.ask(method, path, &all, body).await
    }

    async fn made(&self, body: Value) -> String {
        let made = self.call("POST", "/api/v1/items", &[], &body.to_string()).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.header("location"), format!("/api/v1/items/{}", text(&made.json()["item"]["id"])));
        text(&made.json()["item"]["id"])
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn problem(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
    (answer.status, text(&answer.json()["code"]))
}

#[tokio::test]
async fn an_item_is_made_edited_archived_and_restored() {
    let site = Site::new().await;
    let shelf = site.made(json!({"item": {"kind": "location", "name": "Shelf"}})).await;
    let screws = site
        .made(json!({
            "item": {"kind": "consumable", "name": " Wood  screw ", "minimum": "10", "tags": ["A", "a"],
                     "price": {"amount": "0.05", "currency": "eur"}, "purchased_on": "2026-11-25",
                     "fields": {"Length": 40, "Drive": "Torx", "Coated": true}},
            "place": {"holder": shelf, "quantity": "250.5", "lot": {"code": "L1", "expires_on": "2030-01-31"}},
            "codes": ["4006381333931"],
        }))
        .await;
    let path = format!("/api/v1/items/{screws}");
    let read = site.get(&path).await;
    let item = &read.json()["item"];
    assert_eq!((item["name"].as_str(), item["on_hand"].as_str()), (Some("Wood screw"), Some("250.5")), "{item}");
    assert_eq!((&item["tags"], &item["fields"]["Length"]), (&json!(["A"]), &json!(40)), "{item}");
    assert_eq!((&item["price"]["currency"], &item["stock"][0]["lot"]["code"]), (&json!("EUR"), &json!("L1")), "{item}");

    let edit = json!({"item": {"kind": "consumable", "name": "Wood screw 4 × 40"}}).to_string();
    let edited = site.call("PUT", &path, &[("If-Match", read.header("etag"))], &edit).await;
    assert_eq!((edited.status, edited.json()["item"]["name"].as_str()), (200, Some("Wood screw 4 × 40")), "{edited:?}");
    // Once more from what was read before: somebody has changed it since.
    let stale = site.call("PUT", &path, &[("If-Match", read.header("etag"))], &edit).await;
    assert_eq!(problem(&stale), (412, "stale".into()));
    let blind = site.call("PUT", &path, &[], &edit).await;
    assert_eq!(problem(&blind), (428, "no_precondition".into()));

    // What is booked meanwhile does not spoil an edit, nor does a proxy that marks the tag as weak.
    let read = site.get(&path).await;
    let take = json!({"acts": [{"act": "adjust", "item": screws, "holder": shelf, "counted": "0", "lot": item["stock"][0]["lot"]["id"]}]});
    let booked = site.call("POST", "/api/v1/bookings", &[], &take.to_string()).await;
    assert_eq!(booked.status, 201, "{booked:?}");
    let weak = format!("W/{}", read.header("etag"));
    assert_eq!(site.call("PUT", &path, &[("If-Match", &weak)], &edit).await.status, 200);

    assert_eq!(site.call("POST", &format!("{path}/archive"), &[], "").await.status, 204);
    assert_eq!(site.get(&path).await.json()["item"]["archived"], true);
    let archive_shelf = format!("/api/v1/items/{shelf}/archive");
    assert_eq!(site.call("POST", &format!("{path}/restore"), &[], "").await.status, 204);
    assert_eq!(site.call("POST", &archive_shelf, &[], "").await.status, 204);
    assert_eq!(problem(&site.call("DELETE", &path, &[], "").await), (409, "refused".into()));
    let unused = site.made(json!({"item": {"kind": "product", "name": "Drill"}})).await;
    assert_eq!(site.call("DELETE", &format!("/api/v1/items/{unused}"), &[], "").await.status, 204);
    assert_eq!(site.get(&format!("/api/v1/items/{unused}")).await.status, 404);
}

#[tokio::test]
async fn a_repeat_under_one_key_is_answered_and_other_contents_are_refused() {
    let site = Site::new().await;
    let shelf = site.made(json!({"item": {"kind": "location", "name": "Shelf"}})).await;
    let key = [("Idempotency-Key", "018f0000-0000-7000-8000-00000000000a")];
    let body = json!({"item": {"kind": "asset", "name": "Drill"}, "place": {"holder": shelf, "quantity": "1"}});
    let first = site.call("POST", "/api/v1/items", &key, &body.to_string()).await;
    let again = site.call("POST", "/api/v1/items", &key, &body.to_string()).await;
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.json()["item"], again.json()["item"]);
    assert_eq!(again.json()["booking"]["repeated"], true);
    let other = json!({"item": {"kind": "asset", "name": "Saw"}}).to_string();
    assert_eq!(problem(&site.call("POST", "/api/v1/items", &key, &other).await), (422, "reused".into()));

    let drill = text(&first.json()["item"]["id"]);
    let key = [("Idempotency-Key", "\"018f0000-0000-7000-8000-00000000000b\"")];
    let lend = |to: &str| {
        let act = json!({"act": "check_out", "item": drill, "from": shelf, "quantity": "1", "borrower": {"name": to}});
        json!({"acts": [act]}).to_string()
    };
    let first = site.call("POST", "/api/v1/bookings", &key, &lend("Ann")).await;
    let again = site.call("POST", "/api/v1/bookings", &key, &lend("Ann")).await;
    assert_eq!((first.status, again.status), (201, 200), "{again:?}");
    assert_eq!(problem(&site.call("POST", "/api/v1/bookings", &key, &lend("Bob")).await), (422, "reused".into()));
    assert_eq!(site.get("/api/v1/loans").await.json()["loans"].as_array().map(Vec::len), Some(1));

    let booking = text(&first.json()["booking"]["id"]);
    let undo = format!("/api/v1/bookings/{booking}/undo");
    let key = [("Idempotency-Key", "018f0000-0000-7000-8000-00000000000c")];
    let undone = site.call("POST", &undo, &key, "{}").await;
    assert_eq!((undone.status, site.call("POST", &undo, &key, "{}").await.status), (201, 200), "{undone:?}");
    assert_eq!(problem(&site.call("POST", &undo, &key, r#"{"line":1}"#).await), (422, "reused".into()));
    assert_eq!(problem(&site.call("POST", &undo, &[], "{}").await), (409, "refused".into()));
    assert_eq!(site.get(&format!("/api/v1/bookings/{booking}")).await.json()["booking"]["undone"], true);
    assert_eq!(site.get("/api/v1/loans").await.json()["loans"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn a_booking_that_is_refused_leaves_nothing_behind() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Screws", shelf, 10).await;
    let act = |quantity: &str| json!({"act": "issue", "item": screws.0, "from": shelf.0, "quantity": quantity});
    let body = json!({"acts": [act("4"), act("4"), act("4")]}).to_string();
    let refused = site.call("POST", "/api/v1/bookings", &[], &body).await;
    assert_eq!(problem(&refused), (409, "refused".into()));
    assert!(
        refused.json()["detail"].as_str().is_some_and(|detail| detail.contains("line 3: 2 there, 4 asked")),
        "{refused:?}"
    );
    assert_eq!(site.on_hand(screws).await, "10");
    for (body, status, code) in [
        (r#"{"acts": []}"#.to_owned(), 422, "invalid"),
        (r#"{"acts": [{"act": "dance"}]}"#.to_owned(), 422, "invalid"),
        (json!({"acts": [act("0")]}).to_string(), 422, "invalid"),
        (json!({"acts": [act("-1")]}).to_string(), 422, "invalid"),
        (json!({"acts": [act("1.0000001")]}).to_string(), 422, "invalid"),
        (r#"{"acts": [], "colour": "red"}"#.to_owned(), 422, "invalid"),
        (json!({"acts": [act("1")], "note": "x".repeat(2001)}).to_string(), 422, "invalid"),
        (json!({"acts": [act("1")], "note": "\0"}).to_string(), 422, "invalid"),
        ("[]".to_owned(), 422, "invalid"),
        ("{".to_owned(), 400, "unreadable"),
        (r#"{"note": "\ud800"}"#.to_owned(), 400, "unreadable"),
    ] {
        let answer = site.call("POST", "/api/v1/bookings", &[], &body).await;
        assert_eq!(problem(&answer), (status, code.into()), "{body}: {answer:?}");
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(problem(&site.call("POST", "/api/v1/bookings", &form, "acts=").await), (415, "media_type".into()));
    let body = json!({"acts": [act("1")]}).to_string();
    let keyless = site.ask("POST", "/api/v1/bookings", &[("Content-Type", "application/json")], &body).await;
    assert_eq!(problem(&keyless), (400, "unreadable".into()));
    assert_eq!(site.on_hand(screws).await, "10");
}

#[tokio::test]
async fn codes_are_attached_scanned_and_taken_off_and_blank_labels_are_stuck_on() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let (drill, saw) = (site.asset("Drill", shelf).await, site.asset("Saw", shelf).await);
    let codes = format!("/api/v1/items/{drill}/codes");
    let attach = |code: &str| json!({ "text": code }).to_string();
    assert_eq!(site.call("POST", &codes, &[], &attach("old/label 7")).await.status, 204);
    let taken = site.call("POST", &format!("/api/v1/items/{saw}/codes"), &[], &attach("OLD/label 7")).await;
    assert_eq!(problem(&taken), (409, "refused".into()));
    let scanned = site.get("/api/v1/scan?text=Old%2FLabel+7").await.json();
    assert_eq!((&scanned["meaning"], &scanned["items"][0]["name"]), (&json!("item"), &json!("Drill")), "{scanned}");
    assert_eq!(site.call("DELETE", &format!("{codes}/OLD%2FLABEL%207"), &[], "").await.status, 204);
    assert_eq!(site.get("/api/v1/scan?text=old%2Flabel+7").await.json()["meaning"], "unknown");
    let own = site.code_of(drill).await;
    assert_eq!(site.call("DELETE", &format!("{codes}/{own}"), &[], "").await.status, 404, "an own code stays");

    let made = site.call("POST", "/api/v1/codes/blanks", &[], r#"{"count": 2}"#).await;
    assert_eq!(made.status, 201, "{made:?}");
    let blank = text(&made.json()["codes"][1]);
    assert_eq!(site.get(&format!("/api/v1/scan?text={blank}")).await.json()["meaning"], "blank");
    assert_eq!(site.call("POST", &codes, &[], &attach(&blank)).await.status, 204);
    assert_eq!(site.get(&format!("/api/v1/scan?text={blank}")).await.json()["items"][0]["name"], "Drill");
    let stuck = site.call("POST", &format!("/api/v1/items/{saw}/codes"), &[], &attach(&blank)).await;
    assert_eq!(problem(&stuck), (409, "refused".into()));
    for wrong in ["", " ", &"x".repeat(501)] {
        assert_eq!(problem(&site.call("POST", &codes, &[], &attach(wrong)).await), (422, "invalid".into()), "{wrong}");
    }
    let nowhere = format!("/api/v1/items/{}/codes", Uuid::nil());
    assert_eq!(problem(&site.call("POST", &nowhere, &[], &attach("x")).await), (404, "not_found".into()));
}

#[tokio::test]
async fn two_entries_for_one_thing_become_one() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let (one, other) = (site.consumable("Screws", shelf, 10).await, site.consumable("Screw", shelf, 5).await);
    let merge = json!({ "other": other.0 }).to_string();
    let path = format!("/api/v1/items/{one}/merge");
    assert_eq!(site.call("POST", &path, &[], &merge).await.status, 200);
    assert_eq!(site.on_hand(one).await, "15");
    assert_eq!(site.get(&format!("/api/v1/items/{other}")).await.json()["item"]["merged_into"], one.to_string());
    let restore = site.call("POST", &format!("/api/v1/items/{other}/restore"), &[], "").await;
    assert_eq!(problem(&restore), (409, "refused".into()));
    let itself = json!({ "other": one.0 }).to_string();
    assert_eq!(problem(&site.call("POST", &path, &[], &itself).await), (409, "refused".into()));
}

#[tokio::test]
async fn people_are_added_changed_and_switched_off_but_never_the_last_admin() {
    let site = Site::new().await;
    let body = |name: &str, role: &str, login: Value| {
        json!({"person": {"name": name, "role": role, "login": login}}).to_string()
    };
    let added = site.call("POST", "/api/v1/people", &[], &body("Ann", "member", json!("ann"))).await;
    assert_eq!(added.status, 201, "{added:?}");
    let path = format!("/api/v1/people/{}", text(&added.json()["person"]["id"]));
    assert_eq!(added.header("location"), path);
    let twice = site.call("POST", "/api/v1/people", &[], &body("Other Ann", "viewer", json!("ANN"))).await;
    assert_eq!(problem(&twice), (409, "refused".into()));
    let edited = site.call("PUT", &path, &[], &body("Ann Marie", "keeper", json!("ann"))).await;
    assert_eq!(edited.json()["person"]["role"], "keeper", "{edited:?}");
    assert_eq!(site.call("PUT", &format!("{path}/pin"), &[], r#"{"pin": "123456"}"#).await.status, 204);
    let weak = site.call("PUT", &format!("{path}/password"), &[], r#"{"password": "short"}"#).await;
    assert_eq!(problem(&weak), (422, "invalid".into()));
    assert_eq!(site.call("POST", &format!("{path}/badge"), &[], "").await.status, 201);
    assert_eq!(site.call("POST", &format!("{path}/deactivate"), &[], "").await.status, 200);
    assert_eq!(site.get(&path).await.json()["person"]["active"], false);
    assert_eq!(site.call("POST", &format!("{path}/reactivate"), &[], "").await.status, 204);
    assert_eq!(site.call("POST", &format!("{path}/anonymise"), &[], "").await.status, 204);
    let gone = site.get(&path).await.json();
    assert!(!gone.to_string().contains("Ann") && gone["person"]["has_pin"] == false, "{gone}");
    let admin = site.admin.person.expect("a person");
    let last = site.call("POST", &format!("/api/v1/people/{admin}/deactivate"), &[], "").await;
    assert_eq!(problem(&last), (409, "refused".into()));
}
