//! API tokens: what a program may do with one, and when not.

use inventory::domain::{Actor, Role, Scope};
use secrecy::ExposeSecret;

use super::browser::Browser;
use super::{Answer, Site};

async fn with(site: &Site, token: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Host", "stock.example"),
        ("X-Forwarded-For", "192.0.2.9"),
        ("X-Forwarded-Proto", "https"),
        ("Authorization", bearer.as_str()),
    ];
    site.raw("GET", path, &headers, "").await
}

/// Makes one on the account page and reads it off, as a person does.
async fn made(browser: &Browser<'_>, scope: &str, days: &str) -> String {
    let page = browser.account("tokens", &[("name", "Shelf lights"), ("scope", scope), ("days", days)]).await;
    assert_eq!(page.status, 200, "{page:?}");
    let rest = page.body.split("<code class=\"command long\">").nth(1).expect("a token");
    rest.split('<').next().expect("it ends").to_owned()
}

#[tokio::test]
async fn a_program_acts_with_a_token_until_it_is_taken_away_or_expires() {
    let site = Site::behind_proxy().await;
    site.location("Shelf", None).await;
    let browser = Browser::of(&site, "maria").await;
    let token = made(&browser, "read", "7").await;
    assert!(token.starts_with("inv_") && token.len() == 68, "{token}");
    let answer = with(&site, &token, "/api/v1/items").await;
    assert!(answer.status == 200 && answer.body.contains("Shelf"), "{answer:?}");
    let page = browser.get("/account").await;
    assert!(page.body.contains("Shelf lights") && !page.body.contains("never used"), "{}", page.body);
    assert!(!page.body.contains(&token), "it is shown once");

    site.age("api_token", "expires_at", "8 days").await;
    let over = with(&site, &token, "/api/v1/items").await;
    assert_eq!((over.status, over.header("www-authenticate")), (401, "Bearer realm=\"inventory\""), "{over:?}");
    assert_eq!(over.json()["code"], "not_signed_in");

    let token = made(&browser, "read", "7").await;
    let page = browser.get("/account").await.body;
    let id = page.split("/account/tokens/").skip(1).find_map(|rest| rest.split('/').next().filter(|id| id.len() == 36));
    browser.account(&format!("tokens/{}/remove", id.expect("listed")), &[]).await;
    assert_eq!(with(&site, &token, "/api/v1/items").await.status, 401);
}

#[tokio::test]
async fn a_token_opens_no_pages_and_is_not_made_up_for_by_the_local_person() {
    let site = Site::behind_proxy().await;
    let (_, token) = site.services.tokens.create(&site.admin, "x", Scope::Admin, 1).await.expect("made");
    let page = with(&site, token.expose_secret(), "/account").await;
    assert_eq!((page.status, page.header("location")), (303, "/sign-in?then=%2Faccount"));
    let local = Site::new().await;
    assert_eq!(local.get("/api/v1/items").await.status, 200);
    let wrong = local.ask("GET", "/api/v1/items", &[("Authorization", "Bearer inv_wrong")], "").await;
    assert_eq!(wrong.status, 401);
}

#[tokio::test]
async fn a_token_reaches_no_further_than_its_scope_nor_than_its_person() {
    let site = Site::behind_proxy().await;
    let kim = site.person("kim", Role::Keeper).await;
    let as_kim = Actor::person(kim, Role::Keeper);
    let tokens = &site.services.tokens;
    assert!(tokens.create(&as_kim, "x", Scope::Admin, 1).await.is_err(), "wider than oneself");
    for days in [0, 367] {
        assert!(tokens.create(&as_kim, "x", Scope::Read, days).await.is_err(), "{days} days");
    }
    assert!(tokens.create(&as_kim, " ", Scope::Read, 1).await.is_err(), "without a name");
    for (scope, role) in [(Scope::Read, Role::Viewer), (Scope::Move, Role::Member), (Scope::Edit, Role::Keeper)] {
        let (_, token) = tokens.create(&as_kim, "x", scope, 1).await.expect("made");
        let (actor, _) = tokens.resume(token.expose_secret()).await.expect("asked").expect("good");
        assert_eq!(actor, Actor::person(kim, role));
    }
    let (_, edit) = tokens.create(&as_kim, "x", Scope::Edit, 1).await.expect("made");
    let draft =
        inventory::services::people::PersonDraft { name: "Kim".into(), role: Role::Viewer, login: Some("kim".into()) };
    site.services.people.edit(&site.admin, kim, &draft).await.expect("stepped down");
    let (actor, _) = tokens.resume(edit.expose_secret()).await.expect("asked").expect("good");
    assert_eq!(actor.role, Role::Viewer);
    site.services.people.deactivate(&site.admin, kim).await.expect("gone");
    assert!(tokens.resume(edit.expose_secret()).await.expect("asked").is_none());
}
