//! Whatever changes, by whomever, is heard within a second, and nothing is skipped.

use std::time::{Duration, Instant};

use inventory::domain::{Actor, ItemDraft, ItemKind, RequestId};
use inventory::services::Services;
use inventory::services::catalog::NewItem;
use inventory::services::changes::News;
use inventory::store::changes::{self, Since};
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::TestDb;

async fn hall(services: &Services, name: &str) -> Uuid {
    let new = NewItem {
        request: RequestId::new(),
        draft: ItemDraft::new(ItemKind::Location, name),
        place: None,
        codes: vec![],
    };
    services.catalog.create(&Actor::program(), new).await.expect("made").item.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_by_psql_is_heard_within_a_second() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let id = hall(&services, "Hall").await;
    let mut news = services.changes.subscribe();
    let follower = services.changes.follow();
    tokio::time::sleep(Duration::from_millis(500)).await;
    while news.try_recv().is_ok() {}
    let start = Instant::now();
    test.session().await.execute("update item set name = 'Yard' where id = $1", &[&id]).await.expect("renamed");
    let heard =
        timeout(Duration::from_secs(3), news.recv()).await.expect("something is heard").expect("the feed is open");
    assert!(start.elapsed() < Duration::from_secs(1), "heard after {:?}", start.elapsed());
    let News::Changed { changes, .. } = heard else { panic!("{heard:?}") };
    assert!(changes.iter().any(|c| c.entity == "item" && c.id == Some(id)), "{changes:?}");
    follower.abort();
}

#[tokio::test]
async fn a_change_that_commits_late_is_not_skipped() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let (slow, quick) = (hall(&services, "Slow").await, hall(&services, "Quick").await);
    let client = test.client().await;
    let start = changes::now(&client).await.expect("a position");
    let mut late = test.session().await;
    let tx = late.transaction().await.expect("begun");
    tx.execute("update item set notes = 'late' where id = $1", &[&slow]).await.expect("changed");
    client.execute("update item set notes = 'quick' where id = $1", &[&quick]).await.expect("changed");
    let (since, position) = changes::since(&client, start).await.expect("read");
    assert_eq!(since, Since::Changes(vec![]), "nothing is told while an older transaction is open");
    tx.commit().await.expect("committed");
    let (since, next) = changes::since(&client, position).await.expect("read");
    let Since::Changes(heard) = since else { panic!("{since:?}") };
    for id in [slow, quick] {
        assert!(heard.iter().any(|c| c.id == Some(id)), "{heard:?}");
    }
    assert_eq!(changes::since(&client, next).await.expect("read").0, Since::Changes(vec![]), "and told once");
}

#[tokio::test]
async fn many_rows_in_a_statement_are_one_many_changed() {
    let test = TestDb::new().await;
    let client = test.client().await;
    let start = changes::now(&client).await.expect("a position");
    client
        .execute("insert into tag (id, name) select gen_random_uuid(), 'tag ' || n from generate_series(1, 500) n", &[])
        .await
        .expect("inserted");
    let (since, _) = changes::since(&client, start).await.expect("read");
    assert_eq!(since, Since::Changes(vec![changes::Change { entity: "tag".into(), id: None }]));
}

#[tokio::test]
async fn a_position_older_than_the_feed_means_reload_everything() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let client = test.client().await;
    let start = changes::now(&client).await.expect("a position");
    hall(&services, "Hall").await;
    test.admin().await.execute("update inventory.change set at = now() - interval '8 days'", &[]).await.expect("aged");
    assert!(changes::prune(&client, 7).await.expect("pruned") > 0);
    assert_eq!(changes::since(&client, start).await.expect("read").0, Since::TooOld);
    let now = changes::now(&client).await.expect("a position");
    assert_eq!(changes::since(&client, now).await.expect("read").0, Since::Changes(vec![]));
}
