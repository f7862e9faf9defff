//! One's own account: where one is signed in, and changing the password.

use inventory::domain::Role;

use super::Site;
use super::browser::{Browser, PASSWORD};

#[tokio::test]
async fn each_browser_is_listed_and_can_be_signed_out_from_another() {
    let site = Site::behind_proxy().await;
    let (phone, desktop) = (Browser::of(&site, "maria").await, Browser::of(&site, "maria").await);
    let page = desktop.get("/account").await;
    assert_eq!(page.body.matches("/end\"").count(), 2, "{}", page.body);
    let other = page
        .body
        .split("action=\"/account/sessions/")
        .skip(1)
        .filter_map(|rest| rest.split('/').next())
        .filter(|id| id.len() == 36)
        .last()
        .expect("two sessions")
        .to_owned();
    let ended = desktop.account(&format!("sessions/{other}/end"), &[]).await;
    assert_eq!(ended.status, 303, "{ended:?}");
    assert_eq!((phone.is_in().await, desktop.is_in().await), (false, true));

    let third = Browser::of(&site, "maria").await;
    assert_eq!(third.account("sessions/end-others", &[]).await.status, 303);
    assert_eq!((desktop.is_in().await, third.is_in().await), (false, true));
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else_but_an_admin() {
    let site = Site::behind_proxy().await;
    site.person("ben", Role::Member).await;
    let (maria, ben) = (Browser::of(&site, "maria").await, Browser::of(&site, "ben").await);
    let id_of = |body: &str| {
        let rest = body.split("action=\"/account/sessions/").nth(1).expect("a session");
        rest.split('/').next().expect("an id").to_owned()
    };
    let of_maria = id_of(&maria.get("/account").await.body);
    let of_ben = id_of(&ben.get("/account").await.body);
    assert_eq!(ben.account(&format!("sessions/{of_maria}/end"), &[]).await.status, 403);
    assert!(maria.is_in().await);
    assert_eq!(maria.account(&format!("sessions/{of_ben}/end"), &[]).await.status, 303);
    assert!(!ben.is_in().await);
}

#[tokio::test]
async fn a_new_password_signs_the_other_browsers_out_and_changes_this_ones_token() {
    let site = Site::behind_proxy().await;
    let (here, there) = (Browser::of(&site, "maria").await, Browser::of(&site, "maria").await);
    let before = here.session();
    let short = here.account("password", &[("password", "short")]).await;
    assert_eq!(short.status, 422);
    assert!(there.is_in().await, "nothing was changed");
    let changed = here.account("password", &[("password", "battery staple")]).await;
    assert_eq!(changed.status, 303, "{changed:?}");
    assert!(here.is_in().await && !there.is_in().await);
    assert_ne!(here.session(), before);
    let other = Browser::new(&site);
    assert_eq!(other.sign_in("maria", PASSWORD).await.status, 422);
    assert_eq!(other.sign_in("maria", "battery staple").await.status, 303);
}

#[tokio::test]
async fn an_old_proof_is_asked_for_again_before_a_secret_is_changed() {
    let site = Site::behind_proxy().await;
    let browser = Browser::of(&site, "maria").await;
    site.age("session", "proved_at", "16 minutes").await;
    for (action, fields) in [
        ("password", vec![("password", "battery staple")]),
        ("tokens", vec![("name", "x"), ("scope", "read"), ("days", "1")]),
        ("second-factor/begin", vec![]),
        ("second-factor/off", vec![]),
    ] {
        let answer = browser.account(action, &fields).await;
        assert!(answer.header("location").starts_with("/account/confirm"), "{action}: {answer:?}");
    }
    let page = browser.get("/account/confirm?then=/account").await;
    let token = page.hidden("token");
    let confirm = async |password| {
        browser.post("/account/confirm", &[("token", &token), ("password", password), ("then", "/account")]).await
    };
    assert_eq!(confirm("wrong horse").await.status, 422);
    let before = browser.session();
    assert_eq!(confirm(PASSWORD).await.status, 303);
    assert_ne!(browser.session(), before, "a step up changes the token");
    assert_eq!(browser.account("password", &[("password", "battery staple")]).await.status, 303);
}

#[tokio::test]
async fn a_form_of_one_session_is_no_form_of_another() {
    let site = Site::behind_proxy().await;
    site.person("ben", Role::Admin).await;
    let (maria, ben) = (Browser::of(&site, "maria").await, Browser::of(&site, "ben").await);
    let token_of_ben = ben.get("/account").await.hidden("token");
    let answer = maria.post("/account/password", &[("token", &token_of_ben), ("password", "battery staple")]).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("Nothing was changed"));
    // Nor from before the sign-in.
    let stranger = Browser::new(&site);
    let early = stranger.get("/sign-in").await.hidden("token");
    stranger.sign_in("maria", PASSWORD).await;
    let answer = stranger.post("/account/password", &[("token", &early), ("password", "battery staple")]).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn a_viewer_sees_neither_loans_nor_the_buttons_to_book() {
    let site = Site::behind_proxy().await;
    site.person("vera", Role::Viewer).await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Screws", shelf, 10).await;
    let vera = Browser::of(&site, "vera").await;
    let home = vera.get("/").await;
    assert!(home.status == 200 && !home.body.contains("href=\"/lent\""), "{}", home.body);
    let item = vera.get(&format!("/items/{screws}")).await;
    assert!(item.status == 200 && !item.body.contains("/book/take"), "{}", item.body);
    assert_eq!(vera.get(&format!("/items/{screws}/book/take")).await.status, 403);
    assert_eq!(vera.get("/lent").await.status, 403);
}
