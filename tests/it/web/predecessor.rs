//! The predecessor's defects that a web view can have, by their numbers in part C of what was found there: none of them here.
//!
//! Those of security and of lost data that are no web view's have their tests where they belong:
//! 2, an archive that runs what is in it: `backup/hostile` (`nothing_in_an_archive_is_run`), `thingdb`;
//! 7, texts that look like SQL, and 8, archives that are broken: `backup/restored`, `backup/hostile`, `restore`;
//! 9, a restore that waits for somebody's connection: `backup/restored` (`a_restore_waits_for_nobody…`);
//! 10, a search that is empty while everything is read anew: `search` (`while_everything_is_read_anew…`);
//! 11, a thing merged with itself, or its contents lost: `merge`; 12, files of failed uploads: `photos`;
//! 15, cycles: `races`, `ledger`; 16, codes in another case: `scan`, `thingdb`.

use std::time::Duration;

use inventory::domain::{ItemDraft, ItemKind, Role, Scope};
use secrecy::ExposeSecret;

use super::browser::Browser;
use super::{Answer, Site, believing};

/// Pages of one item, and pages that list it.
async fn pages(site: &Site, item: &str) -> Vec<(String, Answer)> {
    let mut pages = Vec::new();
    for path in ["/", "/?q=script", "/results?q=script", "/places", "/low", "/lent", "/history", "/more", "/account"] {
        pages.push((path.to_owned(), site.get(path).await));
    }
    for path in ["", "/history", "/book/take", "/book/move"] {
        let path = format!("/items/{item}{path}");
        pages.push((path.clone(), site.get(&path).await));
    }
    pages
}

#[tokio::test]
async fn defect_1_a_page_of_somebody_else_neither_stops_the_program_nor_changes_anything() {
    let site = Site::new().await;
    for route in inventory::web::routes().iter().filter(|route| route.method != "GET") {
        let path = route.path.replace("{id}", "018f0000-0000-7000-8000-000000000000").replace("{verb}", "take");
        for content in ["text/plain", "application/x-www-form-urlencoded", "application/json"] {
            let headers = [("Origin", "http://evil.example"), ("Content-Type", content)];
            let answer = site.ask(route.method.as_str(), &path, &headers, "{}").await;
            assert_eq!(answer.status, 403, "{path} {content}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn defect_3_no_path_leads_out_of_the_files_that_are_served() {
    let site = Site::new().await;
    let id = "018f0000-0000-7000-8000-000000000000";
    for path in [
        "/photos/..%2f..%2fetc%2fpasswd/320".to_owned(),
        format!("/photos/{id}/..%2f..%2f..%2fetc%2fpasswd"),
        format!("/photos/{id}/%2e%2e"),
        "/assets/../../etc/passwd".to_owned(),
        "/assets/0/..%2f..%2f..%2fetc%2fpasswd".to_owned(),
        "/i/..%2f..%2fetc%2fpasswd".to_owned(),
    ] {
        let answer = site.get(&path).await;
        assert_eq!(answer.status, 404, "{path} {answer:?}");
        assert!(!answer.body.contains("root:"), "{path}");
    }
}

#[tokio::test]
async fn defect_4_what_people_type_is_text_on_every_page() {
    let site = Site::new().await;
    let evil = "<script>alert(1)</script>\" onmouseover=\"alert(2)' x='<img src=x onerror=alert(3)>";
    let shelf = site.location(&format!("Shelf {evil}"), None).await;
    let mut draft = ItemDraft::new(ItemKind::Consumable, format!("Box {evil}"));
    draft.description = format!("javascript:alert(4) {evil}");
    draft.notes = evil.into();
    draft.tags = vec![evil.chars().take(60).collect()];
    draft.manufacturer = Some(evil.into());
    draft.min_quantity = Some(100.into());
    let item = site.item(draft, Some(shelf), 3).await.to_string();
    for (path, page) in pages(&site, &item).await {
        assert_eq!(page.status, 200, "{path}");
        let lower = page.body.to_lowercase();
        for harm in ["<script>", "<img src=x", "\" onmouseover", "href=\"javascript:"] {
            assert!(!lower.contains(harm), "{path} holds {harm}: {}", page.body);
        }
    }
    let json = site.get(&format!("/api/v1/items/{item}")).await;
    assert_eq!(json.header("content-type"), "application/json");
    assert_eq!(json.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn defect_5_no_page_asks_anybody_else_for_anything() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let item = site.consumable("Screws", shelf, 3).await.to_string();
    for (path, page) in pages(&site, &item).await {
        for attribute in ["src=\"", "href=\"", "action=\"", "srcset=\"", "poster=\""] {
            for value in page.body.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(value.starts_with(['/', '#', '?']), "{path}: {attribute}{value}");
                assert!(!value.starts_with("//"), "{path}: {attribute}{value}");
            }
        }
        for directive in page.header("content-security-policy").split(';') {
            assert!(!directive.contains("http"), "{path}: {directive}");
        }
    }
}

#[tokio::test]
async fn defect_6_large_bodies_are_refused_and_refusals_tell_nothing_of_the_inside() {
    let site = Site::new().await;
    let answer = site
        .ask("POST", "/more", &[("Content-Type", "application/x-www-form-urlencoded")], &"x".repeat(2_000_000))
        .await;
    assert_eq!(answer.status, 413);
    let inside = ["select ", "insert ", "constraint", "relation ", "panicked", "src/", ".rs:", "postgres", "Backtrace"];
    for path in [
        "/items/nothing",
        "/items/%00",
        "/i/%00",
        "/?q=%00",
        "/?in=nothing",
        "/api/v1/items?cursor=nothing",
        "/api/v1/items?limit=abc",
        "/api/v1/items/nothing",
        "/api/v1/search?q=%00",
        "/history?before=nothing",
    ] {
        let answer = site.get(path).await;
        assert!(answer.status < 500, "{path} {answer:?}");
        for word in inside {
            assert!(answer.status == 200 || !answer.body.contains(word), "{path} says {word}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn defect_13_a_session_and_a_token_count_at_every_instance_and_after_a_restart() {
    let site = Site::behind_proxy().await;
    let browser = Browser::of(&site, "maria").await;
    let (_, token) = site.services.tokens.create(&site.admin, "lights", Scope::Read, 1).await.expect("made");
    let form = browser.get("/account").await.hidden("token");
    let other = site.another(believing()).await;
    let there = Browser::new(&other);
    there.take_session(&browser.session().expect("signed in"));
    assert!(there.is_in().await);
    // A form of one instance is one of the other, too.
    let answer = there.post("/account/password", &[("token", &form), ("password", "battery staple")]).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let bearer = format!("Bearer {}", token.expose_secret());
    let answer = Browser::new(&other).send("GET", "/api/v1/items", &[("Authorization", &bearer)], "").await;
    assert_eq!(answer.status, 200);
    assert!(!browser.is_in().await, "the token was changed there");
}

#[tokio::test]
async fn defect_17_every_refusal_is_a_page_that_says_what_to_do() {
    let site = Site::behind_proxy().await;
    site.person("vera", Role::Viewer).await;
    let vera = Browser::of(&site, "vera").await;
    for (path, status) in [
        ("/nothing", 404),
        ("/items/nothing", 404),
        ("/i/NOTHING", 404),
        ("/lent", 403),
        ("/items/018f0000-0000-7000-8000-000000000000", 404),
    ] {
        let answer = vera.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        let main = answer.body.split("<main").nth(1).unwrap_or_default();
        assert!(main.contains("<h1") && main.matches("<p").count() >= 3, "{path} is blank: {}", answer.body);
    }
}

#[tokio::test]
async fn defect_20_a_picture_is_served_as_the_picture_it_is_and_kept_by_the_browser() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec();
    let html = b"<html><script>alert(1)</script></html>".to_vec();
    for hostile in [svg, html] {
        let source = inventory::services::photos::Source::Bytes(hostile);
        assert!(site.services.photos.add(&site.admin, shelf, source, "").await.is_err());
    }
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).expect("encoded");
    let source = inventory::services::photos::Source::Bytes(png.into_inner());
    let photo = site.services.photos.add(&site.admin, shelf, source, "").await.expect("added").photo;
    for size in ["320", "1280", "full"] {
        let answer = site.get(&format!("/photos/{photo}/{size}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "image/jpeg"), "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(
            answer.header("cache-control").contains("immutable")
                && !answer.header("cache-control").contains("no-store")
        );
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    }
}

#[tokio::test]
async fn defect_24_no_page_sends_everything() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    for n in 0..120 {
        site.asset(&format!("Camp chair {n}"), shelf).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    for path in ["/", "/?q=camp+chair"] {
        let answer = site.get(path).await;
        assert!(answer.body.len() < 150_000, "{path}: {} bytes", answer.body.len());
    }
}
