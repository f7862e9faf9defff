//! A real nginx with TLS before the endpoint, with the very settings that a deployment installs.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use crate::fixture::Storeroom;

/// An nginx of the test's own, ended with the value.
pub struct Nginx {
    process: Child,
    port: u16,
    dir: TempDir,
}

impl Nginx {
    /// Before this endpoint, with a certificate made on the spot.
    pub fn before(room: &Storeroom) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let [plain, port] = free_ports();
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(vec!["localhost".to_owned()])
            .and_then(|params| params.self_signed(&key))
            .expect("a certificate");
        fs::write(dir.path().join("inventory.crt"), certificate.pem()).expect("written");
        fs::write(dir.path().join("inventory.key"), key.serialize_pem()).expect("written");
        fs::write(dir.path().join("nginx.conf"), settings(dir.path(), plain, port, room)).expect("written");
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

    pub fn address(&self, path: &str) -> String {
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

/// Two at once, so that they differ.
fn free_ports() -> [u16; 2] {
    let held = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    held.map(|listener| listener.local_addr().expect("an address").port())
}

/// The deployed site in a process of its own: other ports and directories, everything else as it is installed.
fn settings(dir: &Path, plain: u16, port: u16, room: &Storeroom) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let site = fs::read_to_string(root.join("deploy/nginx/inventory.conf")).expect("the deployed site");
    let changes = [
        ("@upstreams@", format!("    server {} max_fails=2 fail_timeout=5s;", room.address)),
        ("@listen@", format!("    listen 127.0.0.1:{port} ssl http2;")),
        ("    listen 80 default_server;\n", format!("    listen 127.0.0.1:{plain};\n")),
        ("    listen [::]:80 default_server;\n", String::new()),
        ("/var/lib/inventory/ssl", dir.display().to_string()),
        ("/var/lib/inventory/images", room.pictures().display().to_string()),
        ("/usr/lib/inventory/deploy/nginx", root.join("deploy/nginx").display().to_string()),
    ];
    let site = changes.iter().fold(site, |site, (from, to)| {
        assert!(site.contains(from), "the deployed site has no {from}");
        site.replace(from, to)
    });
    let dir = dir.display();
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    format!(
        "daemon off; master_process off; pid {dir}/nginx.pid; {user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
{site}
}}
"
    )
}
