//! Server-sent events: whatever changes, by whomever, within a second; and resuming.

use std::time::{Duration, Instant};

use inventory::services::changes::News;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use super::{Site, head};

struct Ear {
    lines: Lines<BufReader<OwnedReadHalf>>,
    _open: OwnedWriteHalf,
}

/// An event: its name, id and data.
#[derive(Debug, Default)]
struct Heard {
    name: String,
    id: String,
    data: String,
}

impl Ear {
    async fn open(site: &Site, path: &str, headers: &[(&str, &str)]) -> Self {
        let stream = TcpStream::connect(site.address).await.expect("it listens");
        let (read, mut write) = stream.into_split();
        let host = site.address.to_string();
        let mut all = vec![("Host", host.as_str()), ("Accept", "text/event-stream")];
        all.extend_from_slice(headers);
        write.write_all(head("GET", path, &all, "").as_bytes()).await.expect("sent");
        let mut ear = Self { lines: BufReader::new(read).lines(), _open: write };
        // Listening begins with a comment, after which nothing is missed.
        while !ear.line().await.contains("listening") {}
        ear
    }

    async fn line(&mut self) -> String {
        let line = timeout(Duration::from_secs(3), self.lines.next_line()).await.expect("something is heard");
        line.expect("readable").expect("the stream goes on")
    }

    /// The next event with data.
    async fn next(&mut self) -> Heard {
        let mut heard = Heard::default();
        loop {
            let line = self.line().await;
            if let Some(data) = line.strip_prefix("data: ") {
                data.clone_into(&mut heard.data);
            } else if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut heard.name);
            } else if let Some(id) = line.strip_prefix("id: ") {
                id.clone_into(&mut heard.id);
            } else if line.is_empty() && !heard.data.is_empty() {
                return heard;
            }
        }
    }

    /// The next event that names this entity.
    async fn until(&mut self, id: &str) -> Heard {
        loop {
            let heard = self.next().await;
            if heard.data.contains(id) {
                return heard;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_by_psql_is_an_event_within_a_second() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let mut ear = Ear::open(&site, "/api/v1/changes", &[]).await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    let psql = site.test.session().await;
    let begun = Instant::now();
    psql.execute("update item set name = 'Renamed' where id = $1", &[&shelf.0]).await.expect("renamed");
    let heard = ear.until(&shelf.to_string()).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "heard after {:?}", begun.elapsed());
    assert_eq!(heard.name, "changed");
    let data: serde_json::Value = serde_json::from_str(&heard.data).expect("JSON");
    let named = data["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .any(|c| c["entity"] == "item" && c["id"] == shelf.to_string());
    assert!(named && heard.id.parse::<u64>().is_ok(), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_hears_what_was_missed_and_nothing_twice() {
    let site = Site::new().await;
    let (first, second) = (site.location("First", None).await, site.location("Second", None).await);
    let psql = site.test.session().await;
    let rename = "update item set name = name || '!' where id = $1";
    // What made them is heard first, and over.
    tokio::time::sleep(Duration::from_millis(900)).await;
    let mut ear = Ear::open(&site, "/api/v1/changes", &[]).await;
    psql.execute(rename, &[&first.0]).await.expect("renamed");
    let heard = ear.until(&first.to_string()).await;
    drop(ear);
    psql.execute(rename, &[&second.0]).await.expect("renamed");
    let mut back = Ear::open(&site, "/api/v1/changes", &[("Last-Event-ID", &heard.id)]).await;
    let missed = back.next().await;
    assert!(missed.data.contains(&second.to_string()) && !missed.data.contains(&first.to_string()), "{missed:?}");
    // A page resumes where it was read, by its address.
    let mut page = Ear::open(&site, &format!("/api/v1/changes?since={}", heard.id), &[]).await;
    assert!(page.next().await.data.contains(&second.to_string()));
    // Older than the feed: everything is read again.
    let admin = site.test.admin().await;
    admin
        .execute(
            "insert into setting (key, value) values ('feed_pruned_below', jsonb_build_array($1::text))
                  on conflict (key) do update set value = excluded.value",
            &[&(u64::MAX / 2).to_string()],
        )
        .await
        .expect("pruned");
    let mut old = Ear::open(&site, "/api/v1/changes", &[("Last-Event-ID", &heard.id)]).await;
    assert_eq!(old.next().await.name, "reload");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_browser_books_reaches_the_feed_that_a_kiosk_elsewhere_follows_within_a_second() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Screws", shelf, 100).await;
    // The kiosk's process: services of its own over the same database.
    let kiosk = site.another(inventory::config::Web::default()).await;
    let mut news = kiosk.services.changes.subscribe();
    tokio::time::sleep(Duration::from_millis(900)).await;
    while news.try_recv().is_ok() {}
    let path = format!("/items/{screws}/book/take");
    let form = site.get(&path).await;
    let fields = [("token", form.hidden("token")), ("request", form.hidden("request")), ("quantity", "30".into())];
    let begun = Instant::now();
    let booked = site.post(&path, &fields.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    assert_eq!(booked.status, 303, "{booked:?}");
    loop {
        let heard = timeout(Duration::from_secs(3), news.recv()).await.expect("something is heard").expect("open");
        if let News::Changed { changes, .. } = heard
            && changes.iter().any(|change| change.id == Some(screws.0))
        {
            break;
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "heard after {:?}", begun.elapsed());
    assert_eq!(kiosk.on_hand(screws).await, "70", "and who reads then sees it");
}
