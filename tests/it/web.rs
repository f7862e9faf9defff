//! The web endpoint over a real connection and a real database.

mod account;
mod api;
mod api_files;
mod api_stocktakes;
mod api_writes;
mod booking;
mod browser;
mod closed;
mod events;
mod keeping;
mod load;
mod metrics;
mod office;
mod pages;
mod photos;
mod predecessor;
mod schemathesis;
mod second;
mod sign_in;
mod slow;
mod stocktake;
mod tokens;
mod tools;
mod upgrading;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use inventory::config;
use inventory::domain::{Actor, ItemDraft, ItemId, ItemKind, Quantity, RequestId, Role};
use inventory::embedding::{EmbedError, Meaning};
use inventory::services::Services;
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::health::{Health, Schema};
use inventory::services::people::PersonDraft;
use inventory::web;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::support::TestDb;

/// A running endpoint on a port of its own.
pub struct Site {
    pub test: Arc<TestDb>,
    pub services: Services,
    pub address: SocketAddr,
    pub admin: Actor,
    _pictures: tempfile::TempDir,
    schema: watch::Sender<Schema>,
    end: Option<oneshot::Sender<()>>,
    serving: JoinHandle<std::io::Result<()>>,
    follower: JoinHandle<()>,
}

/// An answer, its body put together.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// By name in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub bytes: Vec<u8>,
    /// What the browser is to remember, as it was said.
    pub cookies: Vec<String>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The value of a form's hidden field, the first of this name.
    pub fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&start).unwrap_or_else(|| panic!("no field {name} in {}", self.body));
        rest.split('"').next().expect("a value ends").to_owned()
    }
}

impl Site {
    /// With the first person set up.
    pub async fn new() -> Self {
        Self::with(config::Web::default()).await
    }

    /// Behind a proxy on this machine that is believed.
    pub async fn behind_proxy() -> Self {
        Self::with(believing()).await
    }

    pub async fn with(settings: config::Web) -> Self {
        let mut site = Self::empty(settings).await;
        site.set_up().await;
        site
    }

    async fn set_up(&mut self) {
        let code = self.services.people.issue_setup_code().await.expect("nobody is set up");
        let draft = PersonDraft { name: "Maria Keller".into(), role: Role::Admin, login: Some("maria".into()) };
        let secret = Some(SecretString::from("correct horse"));
        self.admin = self.services.people.set_up(&code, &draft, secret).await.expect("set up");
    }

    pub async fn before_set_up() -> Self {
        Self::empty(config::Web::default()).await
    }

    pub async fn empty(settings: config::Web) -> Self {
        Self::serving(Arc::new(TestDb::new().await), settings).await
    }

    /// Another instance over the same database.
    pub async fn another(&self, settings: config::Web) -> Self {
        let mut site = Self::serving(Arc::clone(&self.test), settings).await;
        site.admin = self.admin.clone();
        site
    }

    async fn serving(test: Arc<TestDb>, settings: config::Web) -> Self {
        let pictures = tempfile::tempdir().expect("a temporary directory");
        let services = Services::with_photos(&test.db, &pictures.path().join("photos"));
        let (schema, seen) = watch::channel(Schema::Current);
        let health = Health::new(test.db.health(), seen, Meaning::absent(EmbedError::NotAsked));
        let listener = web::listen("127.0.0.1:0".parse().expect("an address")).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (end, ended) = oneshot::channel::<()>();
        let ended = async { ended.await.unwrap_or(()) };
        let serving = tokio::spawn(web::serve(listener, settings, services.clone(), health, ended));
        let follower = services.changes.follow();
        Self {
            test,
            services,
            address,
            admin: Actor::program(),
            _pictures: pictures,
            schema,
            end: Some(end),
            serving,
            follower,
        }
    }

    /// Ends the endpoint as the program does, and waits for it.
    pub async fn end(mut self) {
        self.end.take().expect("once").send(()).ok();
        (&mut self.serving).await.expect("no panic").expect("ended in order");
    }

    /// The first page whose `Host` is ours.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    /// What a browser sends for a form of ours.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{}", self.address);
        let headers = [("Origin", origin.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        self.ask("POST", path, &headers, &encoded(fields)).await
    }

    /// Our `Host`, and these headers.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let host = self.address.to_string();
        let mut all = vec![("Host", host.as_str())];
        all.extend_from_slice(headers);
        self.raw(method, path, &all, body).await
    }

    /// A body that is no text.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let (host, length) = (self.address.to_string(), body.len().to_string());
        let mut all = vec![("Host", host.as_str()), ("Content-Length", length.as_str())];
        all.extend_from_slice(headers);
        let head = head(method, path, &all, "");
        self.exchange(&[head.as_bytes(), body].concat()).await
    }

    /// Exactly these headers.
    pub async fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.exchange(head(method, path, headers, body).as_bytes()).await
    }

    async fn exchange(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        stream.write_all(request).await.expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.expect("answered");
        parse(&bytes)
    }

    pub async fn location(&self, name: &str, inside: Option<ItemId>) -> ItemId {
        self.item(ItemDraft::new(ItemKind::Location, name), inside, 1).await
    }

    pub async fn asset(&self, name: &str, place: ItemId) -> ItemId {
        self.item(ItemDraft::new(ItemKind::Asset, name), Some(place), 1).await
    }

    pub async fn consumable(&self, name: &str, place: ItemId, quantity: u32) -> ItemId {
        self.item(ItemDraft::new(ItemKind::Consumable, name), Some(place), quantity).await
    }

    pub async fn item(&self, draft: ItemDraft, place: Option<ItemId>, quantity: u32) -> ItemId {
        let place = place.map(|holder| Placement { holder, quantity: Quantity::from(quantity), lot: None });
        let new = NewItem { request: RequestId::new(), draft, place, codes: vec![] };
        self.services.catalog.create(&self.admin, new).await.expect("made").item
    }

    pub async fn on_hand(&self, item: ItemId) -> String {
        self.services.catalog.summaries(&self.admin, &[item]).await.expect("read")[0].on_hand.to_string()
    }

    pub async fn code_of(&self, item: ItemId) -> String {
        let mut found = self.services.catalog.summaries(&self.admin, &[item]).await.expect("read");
        found.remove(0).code.expect("every item has a code")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
        self.follower.abort();
    }
}

fn head(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    if !body.is_empty() {
        text.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
    }
    format!("{text}\r\n{body}")
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
    let (head, body) = (String::from_utf8_lossy(&bytes[..end]), &bytes[end + 4..]);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
        .collect();
    let cookies = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let chunked = headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
    let body = if chunked { joined(body) } else { body.to_vec() };
    let cookies = cookies.map(|(_, cookie)| cookie.to_owned()).collect();
    Answer { status, headers, cookies, body: String::from_utf8_lossy(&body).into_owned(), bytes: body }
}

/// The chunks of a body as one.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = chunks.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&chunks[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let (from, to) = (end + 2, end + 2 + size.unwrap_or(0));
        if to == from || to > chunks.len() {
            break;
        }
        whole.extend_from_slice(&chunks[from..to]);
        chunks = chunks.get(to + 2..).unwrap_or_default();
    }
    whole
}

/// Settings of a server whose proxy is on the same machine.
pub fn believing() -> config::Web {
    let here = "127.0.0.1".parse::<std::net::IpAddr>().expect("an address").into();
    config::Web { trusted_proxies: vec![here], local_person: false, ..config::Web::default() }
}

pub fn encoded(fields: &[(&str, &str)]) -> String {
    serde_urlencoded::to_string(fields).expect("plain text")
}

#[tokio::test]
async fn a_public_address_is_refused_before_anything_starts() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8000"] {
        let refused = web::listen(address.parse().expect("an address")).await.expect_err("refused").to_string();
        assert!(refused.contains("without encryption") && refused.contains("127.0.0.1"), "{refused}");
    }
}

#[tokio::test]
async fn readiness_follows_the_database_and_its_schema() {
    let site = Site::new().await;
    site.test.db.wait_until_up(std::time::Duration::from_secs(5)).await.expect("up");
    let ready = site.get("/readyz").await;
    assert_eq!((ready.status, ready.json()["model"].as_str()), (200, Some("absent")), "{ready:?}");
    site.schema.send_replace(Schema::Pending(vec!["V9".into()]));
    let ready = site.get("/readyz").await;
    assert_eq!((ready.status, ready.json()["migrations"].as_str()), (503, Some("pending")), "{ready:?}");
    assert_eq!(site.get("/healthz").await.body, "ok\n");
}

#[tokio::test]
async fn the_end_lets_streams_go_and_takes_no_new_connections() {
    let site = Site::new().await;
    let mut stream = TcpStream::connect(site.address).await.expect("it listens");
    let host = site.address.to_string();
    stream.write_all(head("GET", "/api/v1/changes", &[("Host", &host)], "").as_bytes()).await.expect("sent");
    let mut some = [0; 512];
    assert!(stream.read(&mut some).await.expect("begun") > 0);
    let address = site.address;
    let begun = std::time::Instant::now();
    site.end().await;
    assert!(begun.elapsed().as_secs() < 2, "a stream of events held the program for {:?}", begun.elapsed());
    assert!(TcpStream::connect(address).await.is_err());
}

/// A code for the set-up page, as `inventory setup --code` prints it.
pub async fn setup_code(site: &Site) -> String {
    site.services.people.issue_setup_code().await.expect("nobody is set up").expose_secret().to_owned()
}
