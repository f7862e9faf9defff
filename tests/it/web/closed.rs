//! Who is answered: the local person's own browser, and nobody else.

use super::Site;

#[tokio::test]
async fn every_route_is_closed_to_whoever_is_not_local_unless_listed_as_open() {
    let site = Site::new().await;
    let shelf = site.location("Secret shelf", None).await.to_string();
    let host = site.address.to_string();
    let ours: (&str, &str) = ("Host", &host);
    let port = site.address.port();
    let foreign = format!("evil.example:{port}");
    let other_port = format!("localhost:{}", port ^ 1);
    let strangers: [&[(&str, &str)]; 9] = [
        &[ours, ("X-Forwarded-For", "127.0.0.1")],
        &[ours, ("X-Forwarded-Proto", "https")],
        &[ours, ("Forwarded", "for=127.0.0.1")],
        &[ours, ("Via", "1.1 proxy")],
        &[ours, ("X-Real-IP", "127.0.0.1")],
        &[("Host", &foreign)],
        &[("Host", &other_port)],
        &[("Host", "localhost")],
        &[],
    ];
    for route in inventory::web::routes() {
        let path = route.path.replace("{id}", &shelf).replace("{verb}", "move").replace("{code}", "x");
        let path = path.replace("{hash}", "0").replace("{name}", "app.css").replace("{size}", "320");
        for headers in strangers {
            if headers.is_empty() {
                continue; // HTTP/1.1 without a Host is not even a request; see below.
            }
            let answer = site.raw(route.method.as_str(), &path, headers, "").await;
            if inventory::web::OPEN.contains(&route.path) {
                assert!([200, 503].contains(&answer.status), "{path} {headers:?} {answer:?}");
            } else {
                assert_eq!(answer.status, 403, "{path} {headers:?} {answer:?}");
                assert!(!answer.body.contains("Secret"), "{path} tells {answer:?}");
            }
        }
        if !inventory::web::OPEN.contains(&route.path) {
            let answer = site.raw(route.method.as_str(), &path, &[], "").await;
            assert!([400, 403].contains(&answer.status), "{path} without a Host: {answer:?}");
        }
    }
    for path in ["/nothing", "/healthz/", "//healthz", "/healthz/../items", "/api/v1/nothing"] {
        let answer = site.raw("GET", path, &[("Host", &foreign)], "").await;
        assert_eq!(answer.status, 403, "{path} {answer:?}");
    }
}

#[tokio::test]
async fn the_notice_to_strangers_says_what_to_do_and_nothing_else() {
    let site = Site::new().await;
    let headers = [("Host", "inventory.example"), ("Accept-Language", "de")];
    let notice = site.raw("GET", "/", &headers, "").await;
    assert_eq!(notice.status, 403);
    assert!(notice.body.contains("nicht für Sie offen") && notice.body.contains("lang=\"de\""), "{}", notice.body);
    assert!(!notice.body.contains("Keller"));
    let problem = site.raw("GET", "/api/v1/items", &headers, "").await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    assert_eq!(problem.json()["code"], "not_local");
}

#[tokio::test]
async fn each_name_of_this_machine_is_answered() {
    let site = Site::new().await;
    let port = site.address.port();
    for name in ["localhost", "127.0.0.1", "[::1]", "LocalHost"] {
        let answer = site.raw("GET", "/", &[("Host", &format!("{name}:{port}"))], "").await;
        assert_eq!(answer.status, 200, "{name}");
    }
    // A full address as the target outranks the Host header.
    let host = site.address.to_string();
    let answer = site.raw("GET", "http://evil.example/", &[("Host", &host)], "").await;
    assert_eq!(answer.status, 403);
    let doubled = site.raw("GET", "/", &[("Host", &host), ("Host", "evil.example")], "").await;
    assert!([400, 403].contains(&doubled.status), "{doubled:?}");
}

#[tokio::test]
async fn a_page_of_somebody_else_changes_nothing() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Screws", shelf, 100).await;
    let form = site.get(&format!("/items/{screws}/book/take")).await;
    let (token, request) = (form.hidden("token"), form.hidden("request"));
    let body = super::encoded(&[("token", &token), ("request", &request), ("quantity", "5")]);
    let path = format!("/items/{screws}/book/take");
    for headers in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let answer = site.ask("POST", &path, &[headers], &body).await;
        assert_eq!(answer.status, 403, "{headers:?} {answer:?}");
        assert!(answer.body.contains("Nothing was changed"), "{}", answer.body);
    }
    // From here, but without a token of ours.
    for token in ["", "00", &"0".repeat(128), &token.replace(|c: char| c.is_ascii_digit(), "a")] {
        let answer = site.post(&path, &[("token", token), ("request", &request), ("quantity", "5")]).await;
        assert_eq!(answer.status, 403, "{token}: {answer:?}");
    }
    assert_eq!(site.post(&path, &[("request", &request), ("quantity", "5")]).await.status, 403);
    assert_eq!(site.on_hand(screws).await, "100");
}

#[tokio::test]
async fn every_answer_carries_what_keeps_a_browser_from_harm() {
    let site = Site::new().await;
    for path in ["/", "/nothing", "/api/v1/items", "/api/v1/nothing", "/healthz"] {
        let answer = site.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path} {policy}");
        assert!(!policy.contains("unsafe"), "{path} {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(!answer.header("cache-control").is_empty() && !answer.header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn what_is_too_much_is_refused() {
    let site = Site::new().await;
    let large = format!("token={}", "x".repeat(300_000));
    let answer = site.ask("POST", "/more", &[("Content-Type", "application/x-www-form-urlencoded")], &large).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    let answer = site.ask("GET", "/", &[("X-Long", &"x".repeat(60_000))], "").await;
    assert_eq!(answer.status, 431, "{answer:?}");
}
