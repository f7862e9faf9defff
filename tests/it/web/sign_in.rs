//! Signing in from elsewhere, and what happens to who guesses.

use std::time::{Duration, Instant};

use inventory::config;
use inventory::domain::Role;
use inventory::services::sessions::{SessionError, Whence};

use super::browser::{Browser, PASSWORD};
use super::{Site, believing};

#[tokio::test]
async fn who_signs_in_gets_a_cookie_for_this_host_alone_and_loses_it_by_signing_out() {
    let site = Site::behind_proxy().await;
    let browser = Browser::new(&site);
    let closed = browser.get("/items/1?all=1").await;
    assert_eq!((closed.status, closed.header("location")), (303, "/sign-in?then=%2Fitems%2F1%3Fall%3D1"));
    let answer = browser.sign_in("Maria", PASSWORD).await;
    let cookie = &answer.cookies[0];
    assert!(cookie.starts_with("__Host-inventory="), "{cookie}");
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=2592000"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"));
    let page = browser.get("/account").await;
    assert!(page.body.contains("Maria Keller") && page.body.contains("Chrome, Android"), "{}", page.body);
    assert!(page.body.contains("192.0.2.7") && page.header("cache-control") == "no-store");
    let old = browser.session().expect("signed in");
    let out = browser.post("/sign-out", &[("token", &page.hidden("token"))]).await;
    assert!(out.status == 303 && out.cookies[0].contains("Max-Age=0"), "{out:?}");
    browser.take_session(&old);
    assert!(!browser.is_in().await, "the session is over, not only forgotten");
    let audited = site.audited().await;
    assert!(audited.contains(&"signed_in".into()) && audited.contains(&"signed_out".into()), "{audited:?}");
}

#[tokio::test]
async fn the_page_that_was_wanted_comes_after_the_sign_in_and_nobody_elses() {
    let site = Site::behind_proxy().await;
    let browser = Browser::new(&site);
    let page = browser.get("/sign-in?then=%2Flow").await;
    let then = page.hidden("then");
    assert_eq!(then, "/low");
    for (then, leads_to) in [("/low", "/low"), ("https://evil.example/", "/"), ("//evil.example", "/")] {
        let other = Browser::new(&site);
        let token = other.get("/sign-in").await.hidden("token");
        let fields = [("token", token.as_str()), ("login", "maria"), ("password", PASSWORD), ("then", then)];
        assert_eq!(other.post("/sign-in", &fields).await.header("location"), leads_to);
    }
}

#[tokio::test]
async fn without_encryption_off_this_machine_nobody_signs_in() {
    let site = Site::behind_proxy().await;
    let plain = |method: &'static str, path: &'static str, body: &'static str| {
        let site = &site;
        async move {
            let headers = [
                ("Host", "stock.example"),
                ("X-Forwarded-For", "192.0.2.7"),
                ("X-Forwarded-Proto", "http"),
                ("Content-Type", "application/x-www-form-urlencoded"),
            ];
            site.raw(method, path, &headers, body).await
        }
    };
    for path in ["/sign-in", "/", "/setup", "/assets/0/app.css"] {
        let answer = plain("GET", path, "").await;
        assert_eq!(answer.status, 403, "{path} {answer:?}");
        assert!(answer.cookies.is_empty() && !answer.body.contains("password"), "{answer:?}");
    }
    assert!(plain("GET", "/", "").await.body.contains("begins with https"));
    let tried = plain("POST", "/sign-in", "login=maria&password=correct+horse").await;
    assert!(tried.status == 403 && tried.cookies.is_empty(), "{tried:?}");
}

#[tokio::test]
async fn a_header_alone_makes_nobody_local_and_nobody_safe() {
    // No proxy is configured: what claims to be one is refused, signed in or not.
    let site = Site::new().await;
    let browser = Browser::new(&site);
    assert_eq!(browser.get("/sign-in").await.status, 403);
    // One is configured: what it forwards is never the local person, even where that is wished for.
    let both = Site::with(config::Web { local_person: true, ..believing() }).await;
    assert_eq!(both.get("/account").await.status, 200, "this machine's own browser");
    let forwarded = Browser::at(&both, "127.0.0.1");
    assert_eq!(forwarded.get("/account").await.status, 303);
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_get_the_same_answer_and_wait_alike() {
    let site = Site::behind_proxy().await;
    let mut answers = Vec::new();
    for (login, address) in [("maria", "192.0.2.7"), ("nobody", "192.0.2.8")] {
        let browser = Browser::at(&site, address);
        for attempt in 1..=6 {
            if attempt == 5 {
                // However busy the machine is: the pause is not over.
                site.age("sign_in_attempt", "blocked_until", "-1 hour").await;
            }
            let answer = browser.sign_in(login, "wrong horse").await;
            let expected = if attempt <= 4 { 422 } else { 429 };
            assert_eq!(answer.status, expected, "{login}, try {attempt}: {answer:?}");
            answers.push((attempt, answer));
        }
    }
    let (of_maria, of_nobody) = answers.split_at(6);
    for ((attempt, one), (_, other)) in of_maria.iter().zip(of_nobody) {
        let said = |answer: &super::Answer| {
            answer.body.split("role=\"alert\"").nth(1).and_then(|rest| rest.split("</p>").next()).map(str::to_owned)
        };
        assert_eq!(said(one), said(other), "try {attempt}");
        assert_eq!(one.headers.contains_key("retry-after"), other.headers.contains_key("retry-after"));
    }
    // The right password has to wait, too, and then counts.
    let browser = Browser::new(&site);
    assert_eq!(browser.sign_in("maria", PASSWORD).await.status, 429);
    site.age("sign_in_attempt", "blocked_until", "3 hours").await;
    assert_eq!(browser.sign_in("maria", PASSWORD).await.status, 303);
    let audited = site.audited().await;
    assert_eq!(audited.iter().filter(|action| *action == "sign_in_refused").count(), 8, "{audited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_at_the_same_moment_all_count_and_outlive_a_restart() {
    let site = Site::behind_proxy().await;
    let sessions = site.services.sessions.clone();
    let guesses = (0..12).map(|n| {
        let sessions = sessions.clone();
        let whence = Whence { address: Some([192, 0, 2, n].into()), agent: String::new() };
        tokio::spawn(async move { sessions.sign_in("maria", "wrong horse".into(), &whence, None).await.err() })
    });
    let mut heard = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.expect("ran").expect("wrong") {
            SessionError::Wrong => heard += 1,
            SessionError::Wait { .. } => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!(heard, 4, "three are free, the fourth begins the pause");
    // Another instance over the same database, however busy the machine is.
    site.age("sign_in_attempt", "blocked_until", "-1 hour").await;
    let again = inventory::services::Services::new(&site.test.db).sessions;
    let refused = again.sign_in("maria", PASSWORD.into(), &Whence::default(), None).await;
    assert!(matches!(refused, Err(SessionError::Wait { .. })));
}

#[tokio::test]
async fn one_address_that_tries_many_names_waits_and_its_neighbour_does_not() {
    let site = Site::behind_proxy().await;
    let sessions = &site.services.sessions;
    let at = |last| Whence { address: Some([192, 0, 2, last].into()), agent: String::new() };
    for n in 0..21 {
        let wrong = sessions.sign_in(&format!("name{n}"), "wrong horse".into(), &at(1), None).await;
        assert!(matches!(wrong, Err(SessionError::Wrong)), "try {n}");
    }
    site.age("sign_in_attempt", "blocked_until", "-1 hour").await;
    let more = sessions.sign_in("maria", PASSWORD.into(), &at(1), None).await;
    assert!(matches!(more, Err(SessionError::Wait { .. })));
    assert!(sessions.sign_in("maria", PASSWORD.into(), &at(2), None).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_nobody_has_takes_as_long_as_one_that_somebody_has() {
    let site = Site::behind_proxy().await;
    let client = site.test.admin().await;
    let mut times: [Vec<Duration>; 2] = Default::default();
    for round in 0..9 {
        for (which, login) in ["maria", "nobody"].into_iter().enumerate() {
            client.batch_execute("delete from inventory.sign_in_attempt").await.expect("forgotten");
            let begun = Instant::now();
            let wrong = site.services.sessions.sign_in(login, "wrong horse".into(), &Whence::default(), None).await;
            if round > 0 {
                times[which].push(begun.elapsed());
            }
            assert!(matches!(wrong, Err(SessionError::Wrong)));
        }
    }
    // The quickest of each: what the machine does besides only adds.
    let [known, unknown] = times.map(|times| times.into_iter().min().expect("some").as_secs_f64());
    let ratio = known / unknown;
    assert!((0.6..1.67).contains(&ratio), "known {known:.3} s, unknown {unknown:.3} s");
    assert!(unknown > 0.02, "a hash is worked on for a name that nobody has: {unknown:.3} s");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_when_its_time_is_over() {
    let site = Site::behind_proxy().await;
    let browser = Browser::of(&site, "maria").await;
    site.age("session", "seen_at", "11 hours").await;
    assert!(browser.is_in().await, "in use again");
    site.age("session", "seen_at", "11 hours").await;
    assert!(browser.is_in().await, "each use counts anew");
    site.age("session", "seen_at", "13 hours").await;
    assert!(!browser.is_in().await, "idle for too long");

    let browser = Browser::of(&site, "maria").await;
    site.age("session", "expires_at", "31 days").await;
    assert!(!browser.is_in().await, "over, though it was used");
}

#[tokio::test]
async fn signing_in_changes_the_token_and_ends_what_the_browser_had_before() {
    let site = Site::behind_proxy().await;
    site.person("ben", Role::Member).await;
    let browser = Browser::of(&site, "maria").await;
    let first = browser.session().expect("signed in");
    let token = browser.get("/account").await.hidden("token");
    let fields = [("token", token.as_str()), ("login", "ben"), ("password", PASSWORD)];
    assert_eq!(browser.post("/sign-in", &fields).await.status, 303);
    let second = browser.session().expect("signed in");
    assert_ne!(first, second);
    let thief = Browser::new(&site);
    thief.take_session(&first);
    assert!(!thief.is_in().await);
    // A token that somebody else chose is not taken over.
    let planted = Browser::new(&site);
    planted.take_session(&"a".repeat(64));
    planted.sign_in("maria", PASSWORD).await;
    assert_ne!(planted.session(), Some("a".repeat(64)));
}

#[tokio::test]
async fn the_database_keeps_no_token_as_it_is() {
    let site = Site::behind_proxy().await;
    let browser = Browser::of(&site, "maria").await;
    let token = browser.session().expect("signed in");
    let client = site.test.admin().await;
    let row = client.query_one("select s::text from inventory.session s", &[]).await.expect("one");
    let (kept, bytes) = (row.get::<_, String>(0), hex::decode(&token).expect("hexadecimal"));
    assert!(!kept.contains(&token) && !kept.contains(&hex::encode(bytes)));
    let rows = client.query("select concat(old, new) from inventory.audit", &[]).await.expect("readable");
    assert!(rows.iter().all(|row| !row.get::<_, String>(0).contains(&token)));
}

#[tokio::test]
async fn who_is_switched_off_is_out_at_once() {
    let site = Site::behind_proxy().await;
    let ben = site.person("ben", Role::Member).await;
    let browser = Browser::of(&site, "ben").await;
    assert!(browser.is_in().await);
    site.services.people.deactivate(&site.admin, ben).await.expect("switched off");
    assert!(!browser.is_in().await);
    let again = Browser::new(&site).sign_in("ben", PASSWORD).await;
    assert_eq!(again.status, 422, "{again:?}");
}

#[tokio::test]
async fn the_first_admin_from_elsewhere_needs_the_code_and_is_signed_in() {
    let site = Site::empty(believing()).await;
    let browser = Browser::new(&site);
    assert_eq!(browser.get("/").await.status, 503, "strangers get a notice as long as nobody is set up");
    let page = browser.get("/setup").await;
    let token = page.hidden("token");
    let fields =
        |code| [("token", token.as_str()), ("code", code), ("name", "Ann"), ("login", "ann"), ("password", PASSWORD)];
    assert_eq!(browser.post("/setup", &fields("WRONGCODE1")).await.status, 422);
    let code = super::setup_code(&site).await;
    let done = browser.post("/setup", &fields(&code)).await;
    assert_eq!((done.status, done.header("location")), (303, "/"), "{done:?}");
    assert!(browser.is_in().await);
}
