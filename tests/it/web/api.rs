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
    let nothing = site.get("/api/v1/search?q=zzqxv").await.json();
    assert_eq!(nothing["hits"].as_array().map(Vec::len), Some(0), "{nothing}");
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
    for limit in ["0", "-5", "100000"] {
        let page = site.get(&format!("/api/v1/items?limit={limit}")).await;
        assert!(page.json()["items"].as_array().is_some_and(|items| (1..=200).contains(&items.len())), "{limit}");
    }
}

#[tokio::test]
async fn one_item_has_a_tag_that_changes_with_what_is_booked() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Screws", shelf, 250).await;
    let path = format!("/api/v1/items/{screws}");
    let item = site.get(&path).await;
    let tag = item.header("etag").to_owned();
    assert_eq!(item.json()["stock"][0]["quantity"], "250");
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
        ("/api/v1/nothing", 404, "not_found"),
        ("/api/v1/items?limit=abc", 400, "unreadable"),
        ("/api/v1/items?cursor=x", 400, "unreadable"),
        ("/api/v1/items?kind=spaceship", 400, "unreadable"),
        ("/api/v1/search?limit=abc", 400, "unreadable"),
        ("/api/v1/changes?since=abc", 400, "unreadable"),
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
