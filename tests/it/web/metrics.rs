//! The figures for Prometheus: what they say, and to whom.

use std::sync::Arc;

use inventory::config;
use inventory::services::backup::Order;
use inventory::telemetry;

use super::browser::Browser;
use super::{Site, believing};

#[tokio::test]
async fn figures_say_what_happened_and_what_there_is() {
    telemetry::metrics::start();
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    site.consumable("Screws", shelf, 5).await;
    site.get("/").await;
    site.get("/?q=screws").await;
    site.get(&format!("/items/{shelf}")).await;
    let page = site.get("/metrics").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "inventory_requests_total{method=\"GET\",route=\"/\",status=\"200\"} 2",
        "inventory_requests_total{method=\"GET\",route=\"/items/{id}\",status=\"200\"} 1",
        "inventory_request_seconds_count{method=\"GET\",route=\"/\"} 2",
        "inventory_items 2",
        "inventory_photos 0",
        "inventory_embedding_backlog 0",
        "inventory_search_seconds_count{stage=\"hits\"} 1",
        "inventory_pool_connections{state=\"most\"}",
        "inventory_database_up",
    ] {
        assert!(page.body.contains(line), "{line} is not in\n{}", page.body);
    }
    assert!(!page.body.contains(&shelf.to_string()), "routes, not paths");
}

#[tokio::test]
async fn figures_are_for_this_machine_and_who_is_named() {
    let watcher = "192.0.2.40".parse::<std::net::IpAddr>().expect("an address");
    let site = Site::with(config::Web { metrics_from: vec![watcher.into()], ..believing() }).await;
    assert_eq!(site.get("/metrics").await.status, 200, "asked directly, nobody has to sign in");
    assert_eq!(Browser::at(&site, "192.0.2.40").get("/metrics").await.status, 200);
    let admin = Browser::of(&site, "maria").await;
    assert_eq!(admin.get("/metrics").await.status, 404, "not even for an admin from elsewhere");
}

/// The number in the line of this figure.
fn figure(page: &str, name: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[tokio::test]
async fn figures_say_when_the_last_backup_was_made_and_proven() {
    telemetry::metrics::start();
    let site = Site::new().await;
    let (made, proven) = ("inventory_backup_timestamp_seconds", "inventory_proven_restore_timestamp_seconds");
    let page = site.get("/metrics").await.body;
    assert_eq!((figure(&page, made), figure(&page, proven)), (None, None), "what was never done has no time");
    let before = time::OffsetDateTime::now_utc().unix_timestamp() as f64;
    let shelf = tempfile::tempdir().expect("a directory");
    let order = Order { dir: shelf.path().join("backups"), full: None };
    site.services.backup.create(&site.admin, &order, &(Arc::new(|_| {}) as _)).await.expect("a backup");
    let page = site.get("/metrics").await.body;
    assert!(figure(&page, made).is_some_and(|at| at >= before), "{page}");
    assert_eq!(figure(&page, proven), None);
    site.services.backup.note_proven(&site.admin, "it").await.expect("noted");
    let page = site.get("/metrics").await.body;
    assert!(figure(&page, proven).is_some_and(|at| at >= before), "{page}");
}
