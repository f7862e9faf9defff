//! The second factor, from the QR code to the recovery code.

use inventory::config;
use inventory::domain::Role;
use inventory::services::factors::code_at;
use time::OffsetDateTime;

use super::browser::{Browser, PASSWORD};
use super::{Site, believing};

/// What an authenticator shows, so many steps of 30 seconds from now.
fn code(secret: &str, steps: i64) -> String {
    let at = OffsetDateTime::now_utc().unix_timestamp() + steps * 30;
    code_at(secret, u64::try_from(at).expect("after 1970"))
}

/// Switches it on; returns the secret and the recovery codes.
async fn enrol(browser: &Browser<'_>) -> (String, Vec<String>) {
    let begun = browser.account("second-factor/begin", &[]).await;
    assert_eq!(begun.header("location"), "/account/second-factor", "{begun:?}");
    let page = browser.get("/account/second-factor").await;
    assert!(page.body.contains("<svg class=\"symbol\" role=\"img\""), "{}", page.body);
    let secret = commands(&page.body).remove(0).replace(' ', "");
    let token = page.hidden("token");
    let wrong = browser.post("/account/second-factor", &[("token", &token), ("code", "000000")]).await;
    assert_eq!(wrong.status, 422, "{wrong:?}");
    // One step back, so that the present one is left for a sign-in.
    let done = browser.post("/account/second-factor", &[("token", &token), ("code", &code(&secret, -1))]).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(done.header("cache-control"), "no-store");
    (secret, commands(&done.body))
}

fn commands(body: &str) -> Vec<String> {
    let parts = body.split("<code class=\"command\">").skip(1);
    parts.filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect()
}

async fn second(browser: &Browser<'_>, code: &str) -> super::Answer {
    let page = browser.get("/sign-in/code").await;
    assert_eq!(page.status, 200, "{page:?}");
    browser.post("/sign-in/code", &[("token", &page.hidden("token")), ("code", code)]).await
}

#[tokio::test]
async fn with_a_second_factor_the_password_alone_opens_nothing() {
    let site = Site::behind_proxy().await;
    let browser = Browser::of(&site, "maria").await;
    let before = browser.session();
    let (secret, recovery) = enrol(&browser).await;
    assert_eq!(recovery.len(), 10);
    assert_ne!(browser.session(), before, "the session that has it gets a new token");
    assert!(browser.is_in().await);

    let phone = Browser::new(&site);
    let half = phone.sign_in("maria", PASSWORD).await;
    assert_eq!(half.header("location"), "/sign-in/code?then=%2F", "{half:?}");
    assert!(half.cookies[0].contains("Max-Age=600"));
    assert!(!phone.is_in().await);
    let half_token = phone.session();
    assert_eq!(second(&phone, "123").await.status, 422);
    let now = code(&secret, 0);
    assert_eq!(second(&phone, &now).await.status, 303);
    assert!(phone.is_in().await && phone.session() != half_token);

    // The same code again, though still in its time.
    let thief = Browser::new(&site);
    thief.sign_in("maria", PASSWORD).await;
    assert_eq!(second(&thief, &now).await.status, 422);
    // A recovery code, typed as people type, once.
    let typed = recovery[0].to_lowercase().replace('-', " ");
    assert_eq!(second(&thief, &typed).await.status, 303);
    let again = Browser::new(&site);
    again.sign_in("maria", PASSWORD).await;
    assert_eq!(second(&again, &typed).await.status, 422);
    assert!(again.get("/account").await.status == 303);
    let audited = site.audited().await;
    for action in ["second_factor_on", "recovery_code_used", "sign_in_refused", "signed_in"] {
        assert!(audited.iter().any(|a| a == action), "{action} in {audited:?}");
    }
    let rows = site.test.admin().await.query("select a::text from inventory.audit a", &[]).await.expect("readable");
    assert!(rows.iter().all(|row| !row.get::<_, String>(0).contains(&secret)), "the secret is in no audit entry");
}

#[tokio::test]
async fn codes_cannot_be_guessed_one_after_the_other() {
    let site = Site::behind_proxy().await;
    let browser = Browser::of(&site, "maria").await;
    let (secret, _) = enrol(&browser).await;
    let guesser = Browser::new(&site);
    guesser.sign_in("maria", PASSWORD).await;
    let mut statuses = Vec::new();
    for guess in 0..6 {
        if guess == 4 {
            site.age("sign_in_attempt", "blocked_until", "-1 hour").await;
        }
        statuses.push(second(&guesser, &format!("00000{guess}")).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(second(&guesser, &code(&secret, 0)).await.status, 429, "the right one waits, too");
    // Beginning anew with the password does not begin the count anew.
    let anew = Browser::at(&site, "192.0.2.9");
    anew.sign_in("maria", PASSWORD).await;
    assert_eq!(second(&anew, &code(&secret, 0)).await.status, 429);
}

#[tokio::test]
async fn switching_it_off_needs_a_fresh_proof_with_the_code() {
    let site = Site::behind_proxy().await;
    let browser = Browser::of(&site, "maria").await;
    let (_, recovery) = enrol(&browser).await;
    site.age("session", "proved_at", "1 hour").await;
    let token = browser.get("/account/confirm").await.hidden("token");
    let confirm = async |code: &str| {
        let fields = [("token", token.as_str()), ("password", PASSWORD), ("code", code), ("then", "/account")];
        browser.post("/account/confirm", &fields).await.status
    };
    assert_eq!(confirm("").await, 422);
    assert_eq!(confirm(&recovery[3]).await, 303);
    assert_eq!(browser.account("second-factor/off", &[]).await.status, 303);
    let other = Browser::new(&site);
    assert_eq!(other.sign_in("maria", PASSWORD).await.header("location"), "/");
}

#[tokio::test]
async fn where_it_is_required_a_keeper_works_as_a_member_until_it_is_on() {
    let site = Site::with(config::Web { second_factor_required: true, ..believing() }).await;
    site.person("kim", Role::Keeper).await;
    site.person("ben", Role::Member).await;
    let kim = Browser::of(&site, "kim").await;
    let page = kim.get("/account").await;
    assert!(page.body.contains("need a second factor"), "{}", page.body);
    let options = |body: &str| body.contains("value=\"edit\"");
    assert!(!options(&page.body), "no token of a keeper's either");
    let wide = kim.account("tokens", &[("name", "x"), ("scope", "edit"), ("days", "1")]).await;
    assert_eq!(wide.status, 403);
    enrol(&kim).await;
    let page = kim.get("/account").await;
    assert!(!page.body.contains("need a second factor") && options(&page.body), "{}", page.body);
    let ben = Browser::of(&site, "ben").await;
    assert!(!ben.get("/account").await.body.contains("need a second factor"));
}
