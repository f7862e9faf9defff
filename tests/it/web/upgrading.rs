//! While an upgrade is not verified, the database lets nobody write (`deploy/lib/writes.sh`): people look on, and writing is
//! refused with a sentence.

use std::time::Duration;

use inventory::config;

use super::Site;
use super::browser::Browser;

impl Site {
    /// As `deploy/upgrade.sh` does it to the role, here to this test's database alone.
    async fn close_writes(&self, closed: bool) {
        let admin = self.test.admin().await;
        // The database's default is this session's too.
        admin.batch_execute("set default_transaction_read_only = off").await.expect("a setting of its own");
        let name = &self.test.name;
        let value = if closed { "on" } else { "off" };
        let rule = format!("alter database {name} set default_transaction_read_only = {value}");
        admin.batch_execute(&rule).await.expect("an administrator may");
        // By itself: together, who comes again at once would not see the rule yet.
        let end = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}' and usename = 'inventory'"
        );
        admin.batch_execute(&end).await.expect("an administrator may");
    }

    /// Waits until the pool has noticed that its sessions are gone.
    async fn answers(&self, browser: &Browser<'_>, path: &str) {
        for _ in 0..100 {
            if browser.get(path).await.status == 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path}: {:?}", browser.get(path).await);
    }
}

#[tokio::test]
async fn people_look_on_while_an_upgrade_is_not_verified_and_are_told_why_they_cannot_write() {
    let site = Site::behind_proxy().await;
    let shelf = site.location("Shelf by the door", None).await;
    let local = site.another(config::Web::default()).await;
    let browser = Browser::of(&site, "maria").await;
    let token = browser.get("/items/new").await.hidden("token");
    let request = browser.get("/items/new").await.hidden("request");
    assert!(browser.get("/?q=shelf").await.body.contains("by the door"));
    // Old enough for the session's use to be noted; and a change that the index of the search has not seen yet.
    site.age("session", "seen_at", "5 minutes").await;
    site.location("Shelf at the window", None).await;
    site.close_writes(true).await;

    let item = format!("/items/{shelf}");
    site.answers(&browser, &item).await;
    let found = browser.get("/?q=shelf").await;
    assert!(found.status == 200 && found.body.contains("by the door"), "{found:?}");

    let fields = [("token", token.as_str()), ("request", &request), ("kind", "asset"), ("name", "Ladder")];
    let refused = browser.post("/items/new", &fields).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.body.contains("The inventory is being upgraded"), "{refused:?}");
    assert!(!refused.body.contains("The database does not answer"), "{refused:?}");
    let program = local.call("POST", "/api/v1/items", &[], r#"{"item": {"kind": "asset", "name": "Ladder"}}"#).await;
    assert_eq!((program.status, program.json()["code"].as_str()), (503, Some("closed")), "{program:?}");
    let stranger = Browser::new(&site);
    assert_eq!(stranger.sign_in("maria", super::browser::PASSWORD).await.status, 503);

    site.close_writes(false).await;
    site.answers(&browser, &item).await;
    let made = browser.post("/items/new", &fields).await;
    assert_eq!(made.status, 303, "{made:?}");
    assert!(browser.get("/?q=ladder").await.body.contains("Ladder"));
}
