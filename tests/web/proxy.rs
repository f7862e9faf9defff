//! Through a real nginx with TLS, as deployed: a person elsewhere signs in, finds, takes, undoes, and signs out.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use crate::browser::{Browser, DESKTOP, Device, PHONE};
use crate::fixture::Storeroom;

/// An nginx of the test's own, ended with the value.
struct Nginx {
    process: Child,
    port: u16,
    dir: TempDir,
}

impl Nginx {
    /// Before this endpoint, with a certificate made on the spot.
    fn before(upstream: SocketAddr) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(vec!["localhost".to_owned()])
            .and_then(|params| params.self_signed(&key))
            .expect("a certificate");
        fs::write(dir.path().join("inventory.crt"), certificate.pem()).expect("written");
        fs::write(dir.path().join("inventory.key"), key.serialize_pem()).expect("written");
        fs::write(dir.path().join("nginx.conf"), settings(dir.path(), port, upstream)).expect("written");
        let process = Command::new("/usr/sbin/nginx")
            .arg("-p")
            .arg(dir.path())
            .args(["-c", "nginx.conf", "-e", "error.log"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tests of the web view need Debian's nginx (`make test` installs it)");
        let mut nginx = Self { process, port, dir };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = nginx.process.try_wait().expect("asked");
            assert!(ended.is_none() && begun.elapsed() < Duration::from_secs(10), "nginx: {ended:?} {}", nginx.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        nginx
    }

    fn address(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The deployed site's way of passing requests on, in a process of its own without privileges.
fn settings(dir: &Path, port: u16, upstream: SocketAddr) -> String {
    let dir = dir.display();
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    format!(
        "daemon off; master_process off; pid {dir}/nginx.pid; {user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        server_name localhost;
        ssl_certificate {dir}/inventory.crt;
        ssl_certificate_key {dir}/inventory.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        client_max_body_size 64m;
        proxy_http_version 1.1;
        proxy_set_header Connection \"\";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto https;
        proxy_set_header Forwarded \"\";
        location / {{ proxy_pass http://{upstream}; }}
        location = /api/v1/changes {{ proxy_pass http://{upstream}; proxy_buffering off; proxy_read_timeout 1h; }}
        location = /metrics {{ return 404; }}
    }}
}}
"
    )
}

async fn story(device: Device, verb: &str) {
    let room = Storeroom::behind_proxy().await;
    let nginx = Nginx::before(room.address);
    let browser = Browser::open(device).await;
    let item = format!("/items/{}", room.screws);
    browser.goto(&nginx.address(&item)).await;
    assert_eq!(browser.path().await, format!("/sign-in?then=%2Fitems%2F{}", room.screws));
    browser.type_into("#login", "maria").await;
    browser.type_into("#password", "wrong horse").await;
    browser.press("button[type=submit]").await;
    browser.until("[role=alert]", "wrong").await;
    browser.type_into("#password", "correct horse").await;
    browser.press("button[type=submit]").await;
    browser.until("h1", "Socket head cap screw M3 × 8").await;
    let readable = browser.script("return document.cookie").await;
    assert_eq!(readable, "", "a script reads no cookie of ours");

    browser.goto(&nginx.address("/")).await;
    browser.type_into("#q", "socket scr").await;
    browser.until("#results", "Socket head cap screw").await;
    browser.press("#results a.rw").await;
    browser.until("#quantity", "480").await;
    browser.press(verb).await;
    browser.press("[data-fills] button[value='50']").await;
    browser.press("form.stack button[type=submit]").await;
    browser.until("#toast", "Took 50").await;
    browser.until("#quantity", "430").await;
    browser.press("#toast button").await;
    browser.until("#toast", "Taken back").await;
    browser.until("#quantity", "480").await;
    // What others book shows through the proxy, too.
    tokio::time::sleep(Duration::from_millis(700)).await;
    room.take(30).await;
    browser.until("#quantity", "450").await;

    browser.goto(&nginx.address("/account")).await;
    browser.until("#sessions + ul", "this browser").await;
    browser.press("form[action='/sign-out'] button").await;
    browser.until("h1", "Sign in").await;
    browser.goto(&nginx.address(&item)).await;
    assert!(browser.path().await.starts_with("/sign-in"), "signed out means out");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_somebody_elsewhere_signs_in_takes_undoes_and_signs_out() {
    story(PHONE, "nav.dock a.main").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_desk_somebody_elsewhere_signs_in_takes_undoes_and_signs_out() {
    story(DESKTOP, "nav.verbs-here a.main").await;
}
