//! TLS towards a real PostgreSQL, with certificates made on the spot: libpq's modes mean what libpq means.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use inventory::cluster::Cluster;
use inventory::config::{Config, Environment, Flags};
use inventory::store::pool::Db;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::support::own_cluster;

/// A server on a TCP port of this machine, with a certificate for `localhost`.
struct TlsServer {
    dir: TempDir,
    port: u16,
    authority: CertifiedIssuer<'static, KeyPair>,
    _cluster: Cluster,
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

/// Certificate and key as PEM.
fn signed(authority: &CertifiedIssuer<'static, KeyPair>, common_name: &str, names: &[&str]) -> (String, String) {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, common_name);
    let key = KeyPair::generate().expect("a key");
    (params.signed_by(&key, authority).expect("signed").pem(), key.serialize_pem())
}

impl TlsServer {
    /// `access`: the lines of `pg_hba.conf`. `certificate` and `key` instead of one signed by the authority.
    async fn start(access: &str, own_certificate: Option<(String, String)>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        own_cluster(dir.path()).await.stop().await.expect("it stops");
        let pgdata = dir.path().join("cluster/pgdata");
        let authority = authority("the club's authority");
        let (certificate, key) = own_certificate.unwrap_or_else(|| signed(&authority, "localhost", &["localhost"]));
        for (name, text) in [
            ("server.crt", certificate.as_str()),
            ("server.key", &key),
            ("root.crt", &authority.pem()),
            ("pg_hba.conf", &format!("local all all trust\n{access}\n")),
        ] {
            hand_over(&pgdata, name, text);
        }
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let settings = format!("listen_addresses = '127.0.0.1'\nport = {port}\nssl = on\nssl_ca_file = 'root.crt'\n");
        fs::write(dir.path().join("cluster/local.conf"), settings).expect("written");
        let cluster = own_cluster(dir.path()).await;
        Self { dir, port, authority, _cluster: cluster }
    }

    /// Writes a file next to the data and returns its path for a URL.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    /// Connects as the program does; `Ok`: whether the connection is encrypted.
    async fn connect(&self, host: &str, parameters: &str) -> Result<bool, String> {
        let url = format!("postgres://postgres@{host}:{}/postgres?{parameters}", self.port);
        let env = Environment::of(&[("DATABASE_URL", &url), ("INVENTORY_DATA_DIR", "/nonexistent")]);
        let config = Config::from_sources(&Flags::default(), &env).map_err(|error| error.to_string())?;
        let connection = config.database.server.clone().expect("a server").connection;
        let db = Db::new(&connection, &config.database).map_err(|error| error.to_string())?;
        let client = db.client().await.map_err(|error| format!("{error:?}"))?;
        let row = client
            .query_one("select ssl from pg_stat_ssl where pid = pg_backend_pid()", &[])
            .await
            .map_err(|error| format!("{error:?}"))?;
        Ok(row.get(0))
    }

    async fn check(&self, host: &str, parameters: &str, expected: Option<bool>) {
        let got = self.connect(host, parameters).await;
        assert_eq!(got.as_ref().ok().copied(), expected, "{host} {parameters}: {got:?}");
    }
}

fn hand_over(pgdata: &Path, name: &str, text: &str) {
    let path = pgdata.join(name);
    let owner = fs::metadata(pgdata).expect("there");
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
    chown(&path, Some(owner.uid()), Some(owner.gid())).expect("given away");
}

#[tokio::test]
async fn require_encrypts_towards_anybody_and_the_verifying_modes_towards_whom_they_know() {
    let server = TlsServer::start("hostssl all all 127.0.0.1/32 trust", None).await;
    let ours = server.file("ca.pem", &server.authority.pem());
    let theirs = server.file("other.pem", &authority("somebody else").pem());
    server.check("localhost", "sslmode=require", Some(true)).await;
    server.check("localhost", "sslmode=prefer", Some(true)).await;
    server.check("localhost", "sslmode=disable", None).await;
    server.check("localhost", &format!("sslmode=verify-full&sslrootcert={ours}"), Some(true)).await;
    server.check("localhost", &format!("sslmode=verify-full&sslrootcert={theirs}"), None).await;
    server.check("localhost", &format!("sslmode=verify-ca&sslrootcert={theirs}"), None).await;
    server.check("localhost", &format!("sslmode=require&sslrootcert={theirs}"), None).await;
    // The system's authorities have never heard of the club's.
    server.check("localhost", "sslmode=verify-full", None).await;
    // Made out for `localhost`, reached by number.
    server.check("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={ours}"), None).await;
    server.check("127.0.0.1", &format!("sslmode=verify-ca&sslrootcert={ours}"), Some(true)).await;
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_a_server_that_asks_for_it() {
    let server = TlsServer::start("hostssl all all 127.0.0.1/32 cert", None).await;
    let (certificate, key) = signed(&server.authority, "postgres", &[]);
    let (stranger, strangers_key) = signed(&authority("somebody else"), "postgres", &[]);
    let (certificate, key) = (server.file("client.crt", &certificate), server.file("client.key", &key));
    let (stranger, strangers_key) =
        (server.file("stranger.crt", &stranger), server.file("stranger.key", &strangers_key));
    server.check("localhost", &format!("sslmode=require&sslcert={certificate}&sslkey={key}"), Some(true)).await;
    server.check("localhost", &format!("sslmode=require&sslcert={stranger}&sslkey={strangers_key}"), None).await;
    server.check("localhost", "sslmode=require", None).await;
    let mixed =
        server.connect("localhost", &format!("sslmode=require&sslcert={certificate}&sslkey={strangers_key}")).await;
    assert!(mixed.expect_err("refused").contains("do not fit"));
    let missing = server.connect("localhost", "sslmode=verify-ca&sslrootcert=/no/such.pem").await;
    assert!(missing.expect_err("refused").contains("/no/such.pem"));
}

#[tokio::test]
async fn a_self_signed_server_is_trusted_by_its_own_certificate() {
    let mut params = CertificateParams::new(["localhost".to_owned()]).expect("names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    let server =
        TlsServer::start("hostssl all all 127.0.0.1/32 trust", Some((certificate.clone(), key.serialize_pem()))).await;
    let pinned = server.file("server.pem", &certificate);
    server.check("localhost", &format!("sslmode=verify-full&sslrootcert={pinned}"), Some(true)).await;
    server.check("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={pinned}"), None).await;
}

#[tokio::test]
async fn a_server_without_tls_serves_who_prefers_and_not_who_requires_it() {
    let server = TlsServer::start("host all all 127.0.0.1/32 trust", None).await;
    server.check("localhost", "sslmode=prefer", Some(true)).await;
    let local = server.dir.path().join("cluster/local.conf");
    let settings = fs::read_to_string(&local).expect("there").replace("ssl = on", "ssl = off");
    fs::write(&local, settings).expect("written");
    let TlsServer { dir, port, authority, _cluster: cluster } = server;
    cluster.stop().await.expect("it stops");
    let server = TlsServer { _cluster: own_cluster(dir.path()).await, dir, port, authority };
    server.check("localhost", "sslmode=prefer", Some(false)).await;
    server.check("localhost", "sslmode=disable", Some(false)).await;
    server.check("localhost", "sslmode=require", None).await;
}
