//! The way to a database that comes and goes.

use std::time::{Duration, Instant};

use inventory::services::health::Schema;
use inventory::store::StoreError;
use inventory::store::pool::{Db, DbHealth};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{TestDb, config, own_cluster};

const PATIENCE: Duration = Duration::from_mins(1);

async fn one(db: &Db) -> Result<i32, StoreError> {
    Ok(db.client().await?.query_one("select 1", &[]).await?.get(0))
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own_as_role_inventory() {
    let (first, second) = (TestDb::new().await, TestDb::new().await);
    assert_ne!(first.name, second.name);
    let client = first.client().await;
    let row =
        client.query_one("select current_user::text, current_setting('search_path')", &[]).await.expect("it answers");
    assert_eq!(row.get::<_, &str>(0), "inventory");
    assert_eq!(row.get::<_, &str>(1), "inventory,public");
    assert!(client.batch_execute("create table ddl (x int)").await.is_err(), "the program's role makes no tables");
}

#[tokio::test]
async fn a_killed_server_is_unavailable_and_then_back_without_a_new_pool() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cluster = own_cluster(dir.path()).await;
    let db = Db::new(&cluster.admin("postgres"), &config(dir.path()).database).expect("valid");
    assert_eq!(one(&db).await.expect("it answers"), 1);
    db.wait_until_up(PATIENCE).await.expect("seen");

    let mut health = db.health();
    let held = db.client().await.expect("a client");
    kill(Pid::from_raw(cluster.server_pid().expect("it runs")), Signal::SIGKILL).expect("killed");
    let begin = Instant::now();
    let error = loop {
        match held.query_one("select 1", &[]).await {
            Err(error) => break StoreError::from(error),
            Ok(_) => assert!(begin.elapsed() < PATIENCE, "the backend outlives its server"),
        }
    };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    drop(held);

    let begin = Instant::now();
    while one(&db).await.is_err() {
        assert!(begin.elapsed() < PATIENCE, "it does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    health.wait_for(|health| *health == DbHealth::Up).await.expect("watched");
}

#[tokio::test]
async fn a_database_that_is_down_at_first_says_so_and_is_found_when_it_comes() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cluster = own_cluster(dir.path()).await;
    let connection = cluster.admin("postgres");
    cluster.stop().await.expect("it stops");

    let db = Db::new(&connection, &config(dir.path()).database).expect("valid");
    let mut health = db.health();
    let down = health.wait_for(|health| matches!(health, DbHealth::Down { .. })).await.expect("watched").clone();
    assert!(matches!(&down, DbHealth::Down { reason, .. } if !reason.is_empty()));
    let begin = Instant::now();
    assert!(matches!(one(&db).await, Err(StoreError::Unavailable(_))));
    assert!(begin.elapsed() < Duration::from_secs(1), "who asks while it is down is told at once");

    let _cluster = own_cluster(dir.path()).await;
    db.wait_until_up(PATIENCE).await.expect("found");
    assert_eq!(one(&db).await.expect("it answers"), 1);
}

#[tokio::test]
async fn of_several_hosts_the_one_that_answers_serves() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cluster = own_cluster(dir.path()).await;
    let alive = cluster.admin("postgres");
    let mut both = alive.clone();
    both.postgres = tokio_postgres::Config::new();
    both.postgres.host_path(dir.path().join("nobody-there")).user("postgres").dbname("postgres");
    for host in alive.postgres.get_hosts() {
        if let tokio_postgres::config::Host::Unix(path) = host {
            both.postgres.host_path(path);
        }
    }
    both.postgres.target_session_attrs(tokio_postgres::config::TargetSessionAttrs::ReadWrite);
    let db = Db::new(&both, &config(dir.path()).database).expect("valid");
    assert_eq!(one(&db).await.expect("the second one answers"), 1);
}

#[tokio::test]
async fn a_notification_is_heard() {
    let test = TestDb::new().await;
    let mut heard = test.db.listen("shelf").await.expect("it listens");
    test.client().await.batch_execute("notify shelf, 'moved'").await.expect("told");
    let note = tokio::time::timeout(PATIENCE, heard.recv()).await.expect("in time").expect("heard");
    assert_eq!(note.payload(), "moved");
}

/// A window that goes over to another inventory keeps the old one's health for a while.
#[tokio::test]
async fn whoever_watches_the_schema_of_a_closed_database_stops() {
    let test = TestDb::new().await;
    let db = Db::new(test.connection(), &config(std::path::Path::new("/nonexistent")).database).expect("valid");
    let mut schema = inventory::app::schema::watch_over(db.clone(), None);
    let seen = schema.wait_for(|schema| *schema == Schema::Current);
    tokio::time::timeout(PATIENCE, seen).await.expect("in time").expect("watched");
    let _kept = db.health();
    db.close();
    assert!(db.client().await.is_err(), "closed");
    let ended = async {
        let mut news = 0;
        while schema.changed().await.is_ok() {
            news += 1;
        }
        news
    };
    let news = tokio::time::timeout(PATIENCE, ended).await.expect("it goes on for ever");
    assert!(news <= 2, "{news} looks at a database that is closed");
}
