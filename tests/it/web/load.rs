//! Many at once: no answer is a failure, nothing that was confirmed is lost. Short in the suite; for the figures in the README by hand:
//! `LOAD_SECONDS=60 cargo test --release --test it web::load -- --nocapture`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use inventory::config;
use rand::RngExt as _;

use super::{Answer, Site, encoded};

const CLIENTS: usize = 200;
/// Of these, so many take screws in between; the others search, by the page and by the API.
const TAKERS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_at_once_get_answers_and_lose_nothing() {
    let seconds = std::env::var("LOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let site = Arc::new(Site::with(config::Web::default()).await);
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Socket head cap screw", shelf, 1_000_000).await;
    for n in 0..100 {
        site.asset(&format!("Cordless drill {n}"), shelf).await;
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    let taken = Arc::new(AtomicU32::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let (site, taken) = (Arc::clone(&site), Arc::clone(&taken));
            tokio::spawn(async move {
                let mut times = Vec::new();
                while Instant::now() < until {
                    let begun = Instant::now();
                    let answer = if n < TAKERS {
                        let answer = take(&site, &screws.to_string()).await;
                        if answer.status == 303 {
                            taken.fetch_add(1, Ordering::Relaxed);
                        }
                        answer
                    } else if n % 2 == 0 {
                        site.get(&format!("/?q=drill+{}", rand::rng().random_range(0..100))).await
                    } else {
                        site.get("/api/v1/search?q=socket+screw").await
                    };
                    times.push(begun.elapsed());
                    assert!([200, 303].contains(&answer.status), "client {n}: {answer:?}");
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.expect("every answer was one"));
    }
    times.sort_unstable();
    let taken = taken.load(Ordering::Relaxed);
    assert_eq!(site.on_hand(screws).await, (1_000_000 - taken).to_string(), "what was confirmed was booked, once");
    assert!(site.services.stock.discrepancies(&site.admin).await.expect("read").is_empty());
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{CLIENTS} clients for {seconds} s: {:.0} requests/s, median {:?}, p99 {:?}, longest {:?}; {taken} taken; {}",
        times.len() as f64 / seconds as f64,
        at(0.5),
        at(0.99),
        at(1.0),
        memory(),
    );
}

async fn take(site: &Site, item: &str) -> Answer {
    let path = format!("/items/{item}/book/take");
    let form = site.get(&path).await;
    if form.status != 200 {
        return form;
    }
    let (token, request) = (form.hidden("token"), form.hidden("request"));
    let fields = encoded(&[("token", &token), ("request", &request), ("quantity", "1")]);
    let origin = format!("http://{}", site.address);
    let headers = [("Origin", origin.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    site.ask("POST", &path, &headers, &fields).await
}

/// The most memory this process has had.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
