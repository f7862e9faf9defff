//! One migrated database per test, on one PostgreSQL that all test processes share.
//!
//! nextest runs each test in a process of its own: the first one starts a throw-away cluster in
//! memory or the temporary directory and migrates a template; every test copies the template (some 20 ms in memory) and drops its copy. A watchdog stops
//! the server and removes its data once no test has used it for two seconds.

#![allow(dead_code, reason = "tests take from here what they need")]

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use inventory::app::load_meaning;
use inventory::cluster::{Cluster, ClusterError, Durability, Options};
use inventory::config::{Config, Connection, Environment, Flags};
use inventory::embedding::{Meaning, ModelState};
use inventory::store::pool::{Client, Db};
use inventory::store::{StoreError, database, migrate};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

/// What processes agree on while they make the template.
const TEMPLATE_LOCK: i64 = 0x7465_6d70_6c61_7465;

static SHARED: OnceCell<Shared> = OnceCell::const_new();

/// The cluster all tests share, and the template in it.
struct Shared {
    admin: Connection,
    program: Connection,
    template: String,
    /// Held until this process ends; the watchdog waits for it.
    _users_lock: Option<File>,
}

/// A fresh, migrated, empty database; dropped with the value.
pub struct TestDb {
    /// As role `inventory`, as the program has it.
    pub db: Db,
    /// The database's name.
    pub name: String,
    admin: Connection,
    program: Connection,
}

impl TestDb {
    pub async fn new() -> Self {
        let shared = SHARED.get_or_init(Shared::start).await;
        let name = format!("t_{}", uuid::Uuid::new_v4().simple());
        let (admin, _) = connect(&shared.admin).await;
        database::copy(&admin, &shared.template, &name).await.expect("the template is copied");
        let program = to_database(&shared.program, &name);
        Self {
            db: Db::new(&program, &config(Path::new("/nonexistent")).database).expect("no TLS in play"),
            admin: to_database(&shared.admin, &name),
            program,
            name,
        }
    }

    /// In a cluster of the test's own, which may be stopped and started again.
    pub async fn in_cluster(cluster: &Cluster) -> Self {
        let name = "own".to_owned();
        let (client, _) = connect(&cluster.admin("postgres")).await;
        database::ensure(&client, &name).await.expect("the database is made");
        let (admin, program) = (cluster.admin(&name), cluster.program(&name));
        let (mut migrating, connection) = connect(&admin).await;
        migrate::migrate(&mut migrating).await.unwrap_or_else(|error| panic!("the migrations run: {error}"));
        drop(migrating);
        connection.await.ok();
        let db = Db::new(&program, &config(Path::new("/nonexistent")).database).expect("no TLS in play");
        Self { db, name, admin, program }
    }

    /// A pooled client with the program's rights.
    pub async fn client(&self) -> Client {
        self.db.client().await.expect("the test's database answers")
    }

    /// A client of its own with the program's rights, outside of the pool.
    pub async fn session(&self) -> tokio_postgres::Client {
        connect(&self.program).await.0
    }

    /// A superuser's client: for what only tests may do.
    pub async fn admin(&self) -> tokio_postgres::Client {
        connect(&self.admin).await.0
    }

    /// The program's connection as a URL.
    pub fn url(&self) -> String {
        let socket = match self.program.postgres.get_hosts() {
            [tokio_postgres::config::Host::Unix(path)] => path.display().to_string().replace('/', "%2F"),
            other => panic!("the tests' server has a socket, not {other:?}"),
        };
        format!("postgres://inventory@{socket}/{}", self.name)
    }

    /// A superuser's connection to this database.
    pub fn admin_connection(&self) -> &Connection {
        &self.admin
    }

    /// The program's connection, to build a pool of one's own.
    pub fn connection(&self) -> &Connection {
        &self.program
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (mut admin, name) = (self.admin.clone(), self.name.clone());
        admin.postgres.dbname("postgres");
        // A thread of its own, because a runtime cannot be entered from within another one.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move { database::drop(&connect(&admin).await.0, &name).await })
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("the test's database was not dropped: {error}");
        }
    }
}

impl Shared {
    async fn start() -> Self {
        let data_dir = shared_data_dir();
        let cluster_dir = data_dir.join("cluster");
        fs::create_dir_all(&cluster_dir).expect("the temporary directory takes a directory");
        fs::write(cluster_dir.join("local.conf"), "max_connections = 200\nautovacuum = off\n").expect("written");
        let options = Options { durability: Durability::None, ..Options::default() };
        let cluster = match Cluster::start(&data_dir, &options).await {
            // A crash of the machine spoils a cluster without fsync; it holds nothing of worth.
            Err(ClusterError::Start { .. }) => {
                fs::remove_dir_all(cluster_dir.join("pgdata")).expect("the spoilt data go");
                Cluster::start(&data_dir, &options).await
            }
            other => other,
        };
        let cluster = cluster
            .unwrap_or_else(|error| panic!("tests need PostgreSQL with pgvector (`make test` installs it): {error}"));
        let (admin, program) = (cluster.admin("postgres"), cluster.program("postgres"));
        let users_lock = cluster.leave_running();
        start_watchdog(&cluster_dir);
        let template = make_template(&admin).await;
        Self { admin, program, template, _users_lock: users_lock }
    }
}

/// Migrates a template once for all processes; its name follows from the migrations.
async fn make_template(admin: &Connection) -> String {
    let mut hash = Sha256::new();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<PathBuf> = fs::read_dir(migrations)
        .expect("the migrations are there")
        .map(|entry| entry.expect("listed").path())
        .collect();
    files.sort();
    for file in files {
        hash.update(fs::read(file).expect("readable"));
    }
    let template = format!("template_{}", &hex::encode(hash.finalize())[..16]);
    let (client, _) = connect(admin).await;
    if database::exists(&client, &template).await.expect("the cluster answers") {
        return template;
    }
    let making = format!("{template}_new");
    database::exclusively(&client, TEMPLATE_LOCK, async {
        if database::exists(&client, &template).await? {
            return Ok(());
        }
        database::drop(&client, &making).await?;
        database::ensure(&client, &making).await?;
        let (mut migrating, connection) = connect(&to_database(admin, &making)).await;
        migrate::migrate(&mut migrating).await.unwrap_or_else(|error| panic!("the migrations run: {error}"));
        drop(migrating);
        connection.await.ok();
        database::rename(&client, &making, &template).await
    })
    .await
    .unwrap_or_else(|error: StoreError| panic!("the template is made: {error}"));
    template
}

/// Stops the server and removes its data when `users.lock` has been free twice, two seconds apart. It takes the locks
/// as the program does, so that a test that begins just then waits and starts afresh.
fn start_watchdog(cluster_dir: &Path) {
    const SCRIPT: &str = r#"
        exec 9>watchdog.lock; flock -n 9 || exit 0
        idle=0
        while sleep 1; do
            if flock -n users.lock true; then idle=$((idle + 1)); else idle=0; fi
            [ $idle -lt 2 ] || flock -n change.lock flock -n users.lock sh -c '
                pid=$(head -n 1 pgdata/postmaster.pid 2>/dev/null) && kill -INT "$pid" 2>/dev/null
                while [ -e pgdata/postmaster.pid ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
                rm -rf pgdata server.log' && [ ! -e pgdata ] && exit 0
        done"#;
    // The watchdog holds its own lock only; 9 is closed for what it runs by the lock files' being separate.
    let watchdog = Command::new("sh")
        .args(["-c", SCRIPT])
        .current_dir(cluster_dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a shell is there");
    // It outlives this process, or ends at once because there is one already.
    std::thread::spawn(move || drop({ watchdog }.wait()));
}

/// In memory where there is enough of it: a database is three hundred files, and making them takes a disk half a second.
fn shared_data_dir() -> PathBuf {
    let checkout = hex::encode(Sha256::digest(env!("CARGO_MANIFEST_DIR")));
    let memory = Path::new("/dev/shm");
    let has_room = nix::sys::statvfs::statvfs(memory)
        .is_ok_and(|stat| stat.blocks_available() * stat.fragment_size() > 2_000_000_000);
    let parent = if has_room { memory.to_owned() } else { std::env::temp_dir() };
    parent.join(format!("inventory-tests-{}-{}", nix::unistd::geteuid(), &checkout[..8]))
}

/// Settings as the program would have them with nothing set but the data directory.
pub fn config(data_dir: &Path) -> Config {
    let flags = Flags { data_dir: Some(data_dir.to_owned()), ..Flags::default() };
    Config::from_sources(&flags, &Environment::of(&[])).expect("defaults are valid")
}

/// The real model of this machine; tests that need it say how to make it.
pub async fn real_meaning() -> Meaning {
    static MEANING: OnceLock<Meaning> = OnceLock::new();
    let settings = || Config::load(&Flags::default()).expect("the settings are valid");
    let meaning = MEANING.get_or_init(|| load_meaning(&settings())).clone();
    assert!(matches!(meaning.settled().await, ModelState::Ready(_)), "these tests need the model: `make model`");
    meaning
}

/// A private cluster of the test's own, without fsync.
pub async fn own_cluster(data_dir: &Path) -> Cluster {
    let options = Options { durability: Durability::None, ..Options::default() };
    Cluster::start(data_dir, &options)
        .await
        .unwrap_or_else(|error| panic!("tests need PostgreSQL with pgvector (`make test` installs it): {error}"))
}

/// A client, and the task that drives it.
pub async fn connect(connection: &Connection) -> (tokio_postgres::Client, tokio::task::JoinHandle<()>) {
    let (client, driver) = connection
        .postgres
        .connect(NoTls)
        .await
        .unwrap_or_else(|error| panic!("{connection} does not answer: {error}"));
    (client, tokio::spawn(async move { drop(driver.await) }))
}

/// The same way to another database.
pub fn to_database(connection: &Connection, name: &str) -> Connection {
    let mut connection = connection.clone();
    connection.postgres.dbname(name);
    connection
}
