//! Clients that are slow on purpose hold nobody up; large ones are cut off.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Site;

async fn open(site: &Site, begin: &str) -> TcpStream {
    let mut stream = TcpStream::connect(site.address).await.expect("it listens");
    stream.write_all(begin.as_bytes()).await.expect("sent");
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_slow_clients_hold_up_nobody() {
    let site = Site::new().await;
    let host = site.address.to_string();
    let head = format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Slow: ");
    let body = format!(
        "POST /more HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ntok"
    );
    let mut slow = Vec::new();
    for _ in 0..150 {
        slow.push(open(&site, &head).await);
        // More of these than are worked on at once: a body that does not come takes nobody's turn.
        slow.push(open(&site, &body).await);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    for _ in 0..10 {
        let answer = timeout(Duration::from_secs(5), site.get("/low")).await.expect("an answer in time");
        assert_eq!(answer.status, 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // And they do not stay for ever.
    let mut rest = Vec::new();
    for stream in slow.iter_mut().take(2) {
        timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await.expect("cut off").ok();
    }
    let said = String::from_utf8_lossy(&rest);
    assert!(said.contains("HTTP/1.1 408"), "{said}");
}
