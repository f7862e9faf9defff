//! Programs count places and take back what was lent: each once, by whom it may be, and never over what happened since.

use inventory::domain::{ItemId, Role, Scope};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Site, believing};

struct Counted {
    site: Site,
    shelf: ItemId,
    screws: ItemId,
    drill: ItemId,
}

impl Counted {
    async fn new() -> Self {
        let site = Site::new().await;
        let shelf = site.location("Shelf", None).await;
        let screws = site.consumable("Screws", shelf, 400).await;
        let drill = site.asset("Drill", shelf).await;
        Self { site, shelf, screws, drill }
    }

    async fn open(&self) -> String {
        let body = json!({"holder": self.shelf.0, "note": "autumn"}).to_string();
        let opened = self.site.call("POST", "/api/v1/stocktakes", &[], &body).await;
        assert_eq!(opened.status, 201, "{opened:?}");
        let id = opened.json()["stocktake"]["id"].as_str().expect("an id").to_owned();
        assert_eq!(opened.header("location"), format!("/api/v1/stocktakes/{id}"));
        id
    }

    async fn count(&self, id: &str, key: Uuid, body: Value) -> Answer {
        let key = key.to_string();
        let path = format!("/api/v1/stocktakes/{id}/counts");
        self.site.call("POST", &path, &[("Idempotency-Key", &key)], &body.to_string()).await
    }

    fn screws(&self, quantity: &str, more: bool) -> Value {
        json!({"item": self.screws.0, "holder": self.shelf.0, "quantity": quantity, "more": more})
    }

    async fn decide(&self, id: &str, decision: &str) -> Answer {
        let path = format!("/api/v1/stocktakes/{id}/decisions");
        self.site.call("POST", &path, &[], &json!({ "decision": decision }).to_string()).await
    }
}

fn problem(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_place_is_opened_counted_closed_and_its_differences_are_written_once() {
    let room = Counted::new().await;
    let id = room.open().await;
    let again = json!({"holder": room.shelf.0}).to_string();
    let twice = room.site.call("POST", "/api/v1/stocktakes", &[], &again).await;
    assert_eq!(problem(&twice), (409, "refused".into()), "it is counted already");

    let key = Uuid::new_v4();
    let counted = room.count(&id, key, room.screws("300", false)).await;
    assert_eq!((counted.status, &counted.json()["counted"]), (200, &json!("300")), "{counted:?}");
    for _ in 0..2 {
        let more = room.count(&id, Uuid::from_u128(7), room.screws("72", true)).await;
        assert_eq!(more.json()["counted"], json!("372"), "the same 72 are counted once: {more:?}");
    }
    let other = json!({"item": room.drill.0, "holder": room.shelf.0, "quantity": "1"});
    assert_eq!(problem(&room.count(&id, key, other.clone()).await), (422, "reused".into()));
    let two = json!({"item": room.drill.0, "holder": room.shelf.0, "quantity": "2"});
    assert_eq!(problem(&room.count(&id, Uuid::new_v4(), two).await), (422, "invalid".into()));
    assert_eq!(room.count(&id, Uuid::new_v4(), other).await.status, 200);

    let approval = |version: &Value| json!({ "version": version }).to_string();
    let approve = format!("/api/v1/stocktakes/{id}/approval");
    let early = room.site.call("POST", &approve, &[], &approval(&json!(1))).await;
    assert_eq!(problem(&early), (409, "refused".into()), "counting goes on");
    let closed = room.decide(&id, "close").await.json();
    assert_eq!((&closed["stocktake"]["state"], &closed["written"]), (&json!("counted"), &json!(1)), "{closed}");
    assert_eq!(room.site.on_hand(room.screws).await, "400", "nothing is written yet");
    let own = room.site.call("POST", &approve, &[], &approval(&closed["stocktake"]["version"])).await;
    assert_eq!(problem(&own), (409, "refused".into()), "who counted does not approve");

    room.site.services.stocktakes.set_self_approval(&room.site.admin, true).await.expect("set");
    let stale = room.site.call("POST", &approve, &[], &approval(&json!(1))).await;
    assert_eq!(problem(&stale), (409, "refused".into()), "it was changed since");
    let key = Uuid::new_v4().to_string();
    let key = [("Idempotency-Key", key.as_str())];
    let written = room.site.call("POST", &approve, &key, &approval(&closed["stocktake"]["version"])).await;
    assert_eq!((written.status, &written.json()["written"]), (200, &json!(1)), "{written:?}");
    let repeated = room.site.call("POST", &approve, &key, &approval(&closed["stocktake"]["version"])).await;
    assert_eq!(written.json()["booking"], repeated.json()["booking"]);
    assert_eq!(room.site.on_hand(room.screws).await, "372");
    let one = room.site.get(&format!("/api/v1/stocktakes/{id}")).await.json();
    assert_eq!(
        (&one["stocktake"]["state"], &one["stocktake"]["note"]),
        (&json!("approved"), &json!("autumn")),
        "{one}"
    );
}

#[tokio::test]
async fn stocktakes_and_their_lines_come_in_pages_and_are_given_up() {
    let room = Counted::new().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = room.open().await;
        assert_eq!(room.decide(&id, "cancel").await.json()["stocktake"]["state"], "cancelled");
        assert_eq!(problem(&room.decide(&id, "reopen").await), (409, "refused".into()), "decided is decided");
        ids.push(id);
    }
    let open = room.open().await;
    let mut seen = Vec::new();
    let mut address = "/api/v1/stocktakes?limit=2".to_owned();
    loop {
        let page = room.site.get(&address).await.json();
        seen.extend(page["stocktakes"].as_array().expect("a list").iter().map(|one| one["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        address = format!("/api/v1/stocktakes?limit=2&cursor={next}");
    }
    ids.push(open.clone());
    assert_eq!(json!(seen), json!(ids.iter().rev().collect::<Vec<_>>()));
    let cancelled = room.site.get("/api/v1/stocktakes?state=cancelled").await.json();
    assert_eq!(cancelled["stocktakes"].as_array().map(Vec::len), Some(3), "{cancelled}");

    let lines = format!("/api/v1/stocktakes/{open}/lines?limit=1");
    let first = room.site.get(&lines).await.json();
    let next = first["next"].as_str().expect("two lines are two pages");
    let second = room.site.get(&format!("{lines}&cursor={next}")).await.json();
    assert!(second["next"].is_null() && first["lines"][0]["item"] != second["lines"][0]["item"], "{first} {second}");
    for wrong in ["/api/v1/stocktakes?cursor=zz", "/api/v1/stocktakes?state=lost", &format!("{lines}&cursor=00")] {
        assert_eq!(problem(&room.site.get(wrong).await), (422, "invalid".into()), "{wrong}");
    }
    for nowhere in [Uuid::nil().to_string(), "x".into()] {
        assert_eq!(room.site.get(&format!("/api/v1/stocktakes/{nowhere}")).await.status, 404);
        assert_eq!(room.site.get(&format!("/api/v1/stocktakes/{nowhere}/lines")).await.status, 404);
        assert_eq!(room.decide(&nowhere, "close").await.status, 404);
    }
    let place = json!({"holder": room.drill.0}).to_string();
    let refused = room.site.call("POST", "/api/v1/stocktakes", &[], &place).await;
    assert_eq!(problem(&refused), (409, "refused".into()), "a drill holds nothing");
    let long = json!({"holder": room.shelf.0, "note": "x".repeat(2001)}).to_string();
    assert_eq!(problem(&room.site.call("POST", "/api/v1/stocktakes", &[], &long).await), (422, "invalid".into()));
    assert_eq!(problem(&room.decide(&open, "explode").await), (422, "invalid".into()));
}

#[tokio::test]
async fn a_program_that_only_moves_counts_blind_and_does_not_approve() {
    let site = Site::with(believing()).await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Screws", shelf, 400).await;
    let ann = site.person("ann", Role::Member).await;
    let ann = inventory::domain::Actor::person(ann, Role::Member);
    let (_, token) = site.services.tokens.create(&ann, "scale", Scope::Move, 1).await.expect("made");
    let bearer = format!("Bearer {}", token.expose_secret());
    let ask = async |method: &str, path: &str, body: Value| {
        let headers = [
            ("Host", "stock.example"),
            ("X-Forwarded-For", "192.0.2.9"),
            ("X-Forwarded-Proto", "https"),
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "018f0000-0000-7000-8000-0000000000aa"),
        ];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        site.raw(method, path, &headers, &body).await
    };
    let opened = ask("POST", "/api/v1/stocktakes", json!({"holder": shelf.0})).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    assert!(opened.json()["written"].is_null(), "who counts blind is not told: {opened:?}");
    let path = format!("/api/v1/stocktakes/{}", opened.json()["stocktake"]["id"].as_str().expect("an id"));
    let count = json!({"item": screws.0, "holder": shelf.0, "quantity": "372"});
    assert_eq!(ask("POST", &format!("{path}/counts"), count).await.status, 200);
    let line = ask("GET", &format!("{path}/lines"), Value::Null).await.json()["lines"][0].clone();
    assert_eq!((&line["counted"], &line["expected"], &line["outcome"]), (&json!("372"), &json!(null), &json!(null)));
    assert_eq!(ask("POST", &format!("{path}/decisions"), json!({"decision": "close"})).await.status, 200);
    let refused = ask("POST", &format!("{path}/approval"), json!({"version": 2})).await;
    assert_eq!(problem(&refused), (403, "forbidden".into()));
}

#[tokio::test]
async fn what_was_lent_is_found_by_its_day_and_comes_back_in_parts() {
    let room = Counted::new().await;
    let lend = |quantity: &str, due: &str| {
        let act = json!({"act": "check_out", "item": room.screws.0, "from": room.shelf.0, "quantity": quantity,
            "borrower": {"name": "Ann"}, "due_on": due});
        json!({ "acts": [act] }).to_string()
    };
    for (quantity, due) in [("20", "2026-01-31"), ("30", "2030-01-31")] {
        assert_eq!(room.site.call("POST", "/api/v1/bookings", &[], &lend(quantity, due)).await.status, 201);
    }
    let late = room.site.get("/api/v1/loans?due_before=2026-02-01").await.json();
    assert_eq!(late["loans"].as_array().map(Vec::len), Some(1), "{late}");
    let of_drill = room.site.get(&format!("/api/v1/loans?item={}", room.drill)).await.json();
    assert_eq!(of_drill["loans"], json!([]));
    let path = format!("/api/v1/loans/{}", late["loans"][0]["id"].as_str().expect("an id"));

    let back = format!("{path}/return");
    let key = [("Idempotency-Key", "018f0000-0000-7000-8000-0000000000bb")];
    let part = r#"{"quantity": "5"}"#;
    let first = room.site.call("POST", &back, &key, part).await;
    let again = room.site.call("POST", &back, &key, part).await;
    assert_eq!((first.status, again.status), (201, 200), "{again:?}");
    assert_eq!(first.json()["booking"]["id"], again.json()["booking"]["id"]);
    assert_eq!(problem(&room.site.call("POST", &back, &[], r#"{"quantity": "16"}"#).await), (409, "refused".into()));
    assert_eq!(problem(&room.site.call("POST", &back, &[], r#"{"quantity": "0"}"#).await), (422, "invalid".into()));
    let day = room.site.call("PUT", &path, &[], r#"{"due_on": "2027-05-01"}"#).await;
    assert_eq!(
        (&day.json()["loan"]["outstanding"], &day.json()["loan"]["due_on"]),
        (&json!("15"), &json!("2027-05-01"))
    );
    assert_eq!(room.site.call("POST", &back, &[], "{}").await.status, 201, "all that is left");
    assert_eq!(room.site.get(&path).await.json()["loan"]["outstanding"], "0");
    assert_eq!(problem(&room.site.call("PUT", &path, &[], "{}").await), (404, "not_found".into()), "closed");
    assert_eq!(room.site.on_hand(room.screws).await, "370");
    assert_eq!(room.site.get(&format!("/api/v1/loans/{}", Uuid::nil())).await.status, 404);
}
