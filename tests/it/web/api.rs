//! The JSON API: shapes, pages, problems.

use inventory::domain::ItemId;

use super::Site;

#[tokio::test]
async fn search_answers_with_items_and_reasons() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Wood screw 4 × 40", shelf, 250).await;
    let found = site.get("/api/v1/search?q=wood+screw&limit=5").await;
    assert_eq!((found.status, found.header("content-type")), (200, "application/json"));
    let hit = &found.json()["hits"][0];
    assert_eq!(hit["item"]["id"], screws.to_string());
    assert_eq!((hit["item"]["on_hand"].as_str(), hit["item"]["unit"].as_str()), (Some("250"), Some("pcs")));
    assert_eq!(hit["item"]["path"]["places"][0]["name"], "Shelf");
    assert!(["word", "code"].contains(&hit["why"].as_str().expect("a reason")), "{hit}");
    let within = site.get("/api/v1/search?q=in:shelf").await.json();
    assert_eq!(within["hits"][0]["why"], "filter", "{within}");
    let nothing = site.get("/api/v1/search?q=zzqxv").await.json();
    assert_eq!(nothing["hits"].as_array().map(Vec::len), Some(0), "{nothing}");
    let suggested = site.get("/api/v1/suggest?q=woo").await.json();
    assert_eq!(suggested["suggestions"][0]["name"], "Wood screw 4 × 40", "{suggested}");
}

#[tokio::test]
async fn items_come_in_pages_that_neither_skip_nor_repeat() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let mut made = vec![shelf];
    for n in 0..7 {
        made.push(site.asset(&format!("Tool {n}"), shelf).await);
    }
    let mut seen = Vec::new();
    let mut address = "/api/v1/items?limit=3".to_owned();
    loop {
        let page = site.get(&address).await.json();
        let ids = page["items"].as_array().expect("items").iter();
        seen.extend(ids.map(|item| item["id"].as_str().expect("an id").parse::<ItemId>().expect("an id")));
        // Somebody else makes one meanwhile: it comes at the end.
        if seen.len() == 3 {
            made.push(site.asset("Late tool", shelf).await);
        }
        match page["next"].as_str() {
            Some(next) => address = format!("/api/v1/items?limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    let consumables = site.get("/api/v1/items?kind=consumable").await.json();
    assert_eq!(consumables["items"].as_array().map(Vec::len), Some(0));
}

/// Walks all pages of a list, two at a time.
async fn all(site: &Site, address: &str, list: &str) -> Vec<serde_json::Value> {
    let (mut seen, mut next) = (Vec::new(), String::new());
    for _ in 0..50 {
        let page = site.get(&format!("{address}limit=2{next}")).await.json();
        let rows = page[list].as_array().unwrap_or_else(|| panic!("{page}"));
        assert!(rows.len() <= 2, "{page}");
        seen.extend(rows.iter().cloned());
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return seen,
        }
    }
    panic!("{address} never ends");
}

#[tokio::test]
async fn stock_movements_and_loans_are_read_whole_in_pages() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let mut acts = Vec::new();
    for n in 0..5 {
        let screws = site.consumable(&format!("Screws {n}"), shelf, 10).await;
        acts.push(format!(r#"{{"act":"issue","item":"{screws}","from":"{shelf}","quantity":"3"}}"#));
        let due = if n % 2 == 0 { r#","due_on":"2026-12-24""# } else { "" };
        acts.push(format!(
            r#"{{"act":"check_out","item":"{screws}","from":"{shelf}","quantity":"2","borrower":{{"name":"Ann"}}{due}}}"#
        ));
    }
    let body = format!(r#"{{"note":"all at once","acts":[{}]}}"#, acts.join(","));
    let booked = site.call("POST", "/api/v1/bookings", &[], &body).await;
    assert_eq!(booked.status, 201, "{booked:?}");
    let booking = booked.json()["booking"]["id"].as_str().expect("an id").to_owned();

    let stock = all(&site, "/api/v1/stock?", "stock").await;
    assert_eq!(stock.len(), 5);
    assert!(stock.iter().all(|line| line["quantity"] == "5" && line["holder_name"] == "Shelf"), "{stock:?}");
    // A page may end in the middle of a booking.
    let movements = all(&site, &format!("/api/v1/movements?booking={booking}&"), "movements").await;
    let lines: Vec<i64> = movements.iter().filter_map(|line| line["line"].as_i64()).collect();
    assert_eq!(lines, (1..=10).collect::<Vec<_>>());
    assert_eq!(all(&site, "/api/v1/movements?", "movements").await.len(), 15);
    let loans = all(&site, "/api/v1/loans?", "loans").await;
    let due: Vec<bool> = loans.iter().map(|loan| loan["due_on"].is_string()).collect();
    assert_eq!(due, [true, true, true, false, false]);
}

#[tokio::test]
async fn one_item_has_a_tag_that_changes_with_what_is_booked() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Screws", shelf, 250).await;
    let path = format!("/api/v1/items/{screws}");
    let item = site.get(&path).await;
    let tag = item.header("etag").to_owned();
    assert_eq!(item.json()["item"]["stock"][0]["quantity"], "250");
    let same = site.ask("GET", &path, &[("If-None-Match", &tag)], "").await;
    assert_eq!((same.status, same.body.as_str()), (304, ""));
    let client = site.test.client().await;
    client.execute("update item set notes = 'x' where id = $1", &[&screws.0]).await.expect("edited");
    let changed = site.ask("GET", &path, &[("If-None-Match", &tag)], "").await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
    let places = site.get("/api/v1/places").await.json();
    assert_eq!(places["places"][0]["items"], 1);
}

#[tokio::test]
async fn what_goes_wrong_is_a_problem() {
    let site = Site::new().await;
    for (path, status, code) in [
        ("/api/v1/items/not-an-id", 404, "not_found"),
        ("/api/v1/items/018f0000-0000-7000-8000-000000000000", 404, "not_found"),
        ("/api/v1/items/%00", 404, "not_found"),
        ("/api/v1/nothing", 404, "not_found"),
        // Defect 19 of the predecessor: it answered 500, or cut the list's tail.
        ("/api/v1/items?limit=abc", 422, "invalid"),
        ("/api/v1/items?limit=-5", 422, "invalid"),
        ("/api/v1/items?limit=0", 422, "invalid"),
        ("/api/v1/items?limit=100000", 422, "invalid"),
        ("/api/v1/items?limit=99999999999999999999", 422, "invalid"),
        ("/api/v1/items?cursor=x", 422, "invalid"),
        ("/api/v1/items?cursor=00ff", 422, "invalid"),
        ("/api/v1/movements?cursor=7fffffffffffffffffffffffffffffff", 422, "invalid"),
        ("/api/v1/items?kind=spaceship", 422, "invalid"),
        ("/api/v1/items?tag=%00", 422, "invalid"),
        ("/api/v1/items?colour=red", 422, "invalid"),
        ("/api/v1/search?limit=abc", 422, "invalid"),
        ("/api/v1/search?q=x&page=0", 422, "invalid"),
        ("/api/v1/changes?since=abc", 422, "invalid"),
        ("/api/v1/photos/018f0000-0000-7000-8000-000000000000/320", 404, "not_found"),
        ("/photos/018f0000-0000-7000-8000-000000000000/320", 404, "not_found"),
        ("/photos/018f0000-0000-7000-8000-000000000000/original", 404, "not_found"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, "application/problem+json"),
            "{path}: {answer:?}"
        );
        let problem = answer.json();
        assert_eq!(
            (problem["code"].as_str(), problem["status"].as_u64()),
            (Some(code), Some(u64::from(status))),
            "{path}"
        );
        assert!(problem["title"].is_string() && problem["request_id"].is_string(), "{path}: {problem}");
    }
    let wrong = site.ask("DELETE", "/api/v1/items", &[], "").await;
    assert_eq!((wrong.status, wrong.json()["code"].as_str()), (405, Some("method_not_allowed")));
}

#[tokio::test]
async fn a_like_wildcard_is_a_character_as_any_other() {
    // Defect 19 of the predecessor: `%%` matched everything.
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    site.asset("Drill", shelf).await;
    for text in ["%25%25", "%25", "_____", "%5C"] {
        let found = site.get(&format!("/api/v1/search?q={text}")).await;
        assert_eq!(found.status, 200, "{text}: {found:?}");
        let hits = found.json()["hits"].as_array().map_or(0, Vec::len);
        assert_eq!(hits, 0, "{text} finds {hits}");
    }
}

#[tokio::test]
async fn the_document_is_openapi_and_its_page_shows_every_operation() {
    let site = Site::new().await;
    let document = site.get("/api/v1/openapi.json").await.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")), "{}", document["openapi"]);
    let page = site.get("/api").await;
    assert_eq!(page.status, 200);
    for (path, methods) in document["paths"].as_object().expect("paths") {
        assert!(page.body.contains(path.as_str()), "{path} is not on the page");
        for operation in methods.as_object().expect("methods").values() {
            let name = operation["operationId"].as_str().expect("a name");
            assert!(page.body.contains(&format!("id=\"{name}\"")), "{name} is not on the page");
        }
    }
    assert!(!page.body.contains("<script>") && !page.body.contains("cdn"), "everything comes from here");
}
