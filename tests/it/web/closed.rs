//! Who is answered: each route by whom the table opens it to, and by nobody else.

use inventory::domain::{Actor, Role, Scope};
use inventory::web::{Needs, Route, routes};
use secrecy::ExposeSecret;

use super::browser::Browser;
use super::{Answer, Site, encoded};

/// A route's path with something in each of its gaps.
fn filled(route: &Route, id: &str) -> String {
    let path = route.path.replace("{id}", id).replace("{verb}", "move").replace("{code}", "x").replace("{hash}", "0");
    let path = path.replace("{name}", "app.css").replace("{size}", "320");
    // Whatever further gap a route has, something fills it.
    let mut filled = String::new();
    let mut rest = path.as_str();
    while let Some((before, gap)) = rest.split_once('{') {
        filled.push_str(before);
        filled.push_str(id);
        rest = gap.split_once('}').map_or("", |(_, after)| after);
    }
    filled + rest
}

/// How the guard decided. What the handler made of an admitted request without its form does not matter here.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Admitted,
    SignInFirst,
    RoleTooLow,
    Hidden,
}

fn decision(answer: &Answer) -> Decision {
    let too_low =
        answer.body.contains("Your role does not cover this") || answer.body.contains("\"code\":\"forbidden\"");
    match answer.status {
        401 => Decision::SignInFirst,
        303 if answer.header("location").starts_with("/sign-in?then=") => Decision::SignInFirst,
        303 if answer.header("location") == "/sign-in" && answer.cookies.is_empty() => Decision::SignInFirst,
        403 if too_low => Decision::RoleTooLow,
        404 if answer.body.contains("not_found") || answer.body.contains("There is nothing here") => Decision::Hidden,
        _ => Decision::Admitted,
    }
}

fn expected(needs: Needs, role: Option<Role>) -> Decision {
    match (needs, role) {
        (Needs::Watcher, _) => Decision::Hidden,
        (Needs::Role(_), None) => Decision::SignInFirst,
        (Needs::Role(least), Some(role)) if role < least => Decision::RoleTooLow,
        (Needs::Open | Needs::Asset | Needs::Visitor, _) | (Needs::Role(_), Some(_)) => Decision::Admitted,
    }
}

/// Something was found behind a door that was open, or not: both are an open door.
fn check(route: &Route, who: &str, answer: &Answer, expected: &Decision) {
    let got = decision(answer);
    let agrees = got == *expected || (*expected == Decision::Admitted && got == Decision::Hidden);
    assert!(agrees, "{} {} as {who}: {got:?}, not {expected:?}: {answer:?}", route.method, route.path);
}

#[tokio::test]
async fn every_route_asks_for_the_role_it_declares() {
    let site = Site::behind_proxy().await;
    let shelf = site.location("Secret shelf", None).await.to_string();
    let stranger = Browser::new(&site);
    let mut people = Vec::new();
    for role in Role::ALL {
        site.person(role.as_str(), role).await;
        people.push((role, Browser::of(&site, role.as_str()).await));
    }
    for route in routes().iter().filter(|route| route.path != "/sign-out") {
        let path = filled(route, &shelf);
        let method = route.method.as_str();
        let answer = stranger.send(method, &path, &[], "").await;
        // The sign-in page's second half sends strangers to the first.
        if route.path != "/sign-in/code" {
            check(route, "nobody", &answer, &expected(route.needs, None));
        }
        if matches!(route.needs, Needs::Role(_)) {
            assert!(!answer.body.contains("Secret"), "{path} tells {answer:?}");
        }
        for (role, browser) in &people {
            // One goes on for ever, and its own tests open it; the other sends who is whole to the beginning.
            if ["/api/v1/changes", "/sign-in/code"].contains(&route.path) {
                continue;
            }
            let answer = browser.send(method, &path, &[], "").await;
            check(route, role.as_str(), &answer, &expected(route.needs, Some(*role)));
        }
    }
    for path in ["/nothing", "/healthz/", "//healthz", "/healthz/../items", "/api/v1/nothing"] {
        let answer = stranger.get(path).await;
        assert_eq!(decision(&answer), Decision::SignInFirst, "{path} {answer:?}");
    }
}

#[tokio::test]
async fn a_token_opens_what_its_scope_covers_and_only_to_programs() {
    let site = Site::behind_proxy().await;
    let shelf = site.location("Shelf", None).await.to_string();
    let owner = Actor::person(site.admin.person.expect("a person"), Role::Admin);
    for scope in Scope::ALL {
        let (_, token) = site.services.tokens.create(&owner, "walker", scope, 1).await.expect("made");
        let bearer = format!("Bearer {}", token.expose_secret());
        let program = Browser::new(&site);
        for route in routes().iter().filter(|route| route.path != "/api/v1/changes") {
            let is_for_programs = route.path.starts_with("/api/") || route.path.starts_with("/photos/");
            let role = is_for_programs.then(|| scope.most());
            let headers = [("Authorization", bearer.as_str())];
            let answer = program.send(route.method.as_str(), &filled(route, &shelf), &headers, "").await;
            let expected = match route.needs {
                Needs::Visitor => Decision::SignInFirst,
                needs => expected(needs, role),
            };
            check(route, &format!("a token to {scope}"), &answer, &expected);
        }
    }
}

#[tokio::test]
async fn whoever_is_neither_here_nor_behind_the_trusted_proxy_gets_nothing() {
    let site = Site::new().await;
    let shelf = site.location("Secret shelf", None).await.to_string();
    let host = site.address.to_string();
    let ours: (&str, &str) = ("Host", &host);
    let port = site.address.port();
    let foreign = format!("evil.example:{port}");
    let other_port = format!("localhost:{}", port ^ 1);
    let strangers: [&[(&str, &str)]; 8] = [
        &[ours, ("X-Forwarded-For", "127.0.0.1")],
        &[ours, ("X-Forwarded-Proto", "https")],
        &[ours, ("Forwarded", "for=127.0.0.1")],
        &[ours, ("Via", "1.1 proxy")],
        &[ours, ("X-Real-IP", "127.0.0.1")],
        &[("Host", &foreign)],
        &[("Host", &other_port)],
        &[("Host", "localhost")],
    ];
    for route in routes() {
        let path = filled(&route, &shelf);
        for headers in strangers {
            let answer = site.raw(route.method.as_str(), &path, headers, "").await;
            if route.needs == Needs::Open {
                assert!([200, 503].contains(&answer.status), "{path} {headers:?} {answer:?}");
            } else {
                assert_eq!(answer.status, 403, "{path} {headers:?} {answer:?}");
                assert!(!answer.body.contains("Secret"), "{path} tells {answer:?}");
            }
        }
        if route.needs != Needs::Open {
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
    let body = encoded(&[("token", &token), ("request", &request), ("quantity", "5")]);
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
