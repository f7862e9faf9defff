//! The program as people start it: its commands, exit codes, signals, and what it leaves behind.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::support::{TestDb, connect, own_cluster};

const PATIENCE: Duration = Duration::from_mins(1);

/// The program with nothing of the tester's environment but what is needed to run.
pub fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inventory"));
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR", "INVENTORY_PG_BINDIR", "XDG_CACHE_HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.arg("--data-dir").arg(dir);
    command
}

pub fn run(dir: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = program(dir)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).ok();
    child.wait_with_output().expect("it ends")
}

pub fn check(dir: &Path, arguments: &[&str], input: &str, code: i32, says: &str) -> String {
    let output = run(dir, arguments, input);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    assert!(text.contains(says), "{arguments:?}: {text}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// One in which somebody has begun, so that no example is made first.
fn begun_directory() -> TempDir {
    let dir = directory();
    check(dir.path(), &["start-own"], "", 0, "database: inventory");
    dir
}

/// `inventory serve` on a free port, ended with the value.
pub struct Serving {
    process: Child,
    pub port: u16,
}

impl Serving {
    fn start(dir: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_logging(dir, environment, Stdio::null())
    }

    pub fn start_logging(dir: &Path, environment: &[(&str, &str)], log: Stdio) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let process = program(dir)
            .args(["serve", "--listen", &port.to_string()])
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it starts");
        Self { process, port }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).expect("a process number"))
    }

    /// Status and body of a page.
    fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let host = format!("127.0.0.1:{}", self.port);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").ok()?;
        let mut text = String::new();
        BufReader::new(stream).read_to_string(&mut text).ok()?;
        let status = text.split_whitespace().nth(1)?.parse().ok()?;
        Some((status, text))
    }

    pub fn wait_for(&mut self, path: &str, status: u16) -> String {
        let begin = Instant::now();
        loop {
            match self.get(path) {
                Some((got, text)) if got == status => return text,
                got => assert!(begin.elapsed() < PATIENCE, "{path} never answers {status}: {got:?}"),
            }
            assert_eq!(self.process.try_wait().expect("ours"), None, "it ended");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn end(mut self, signal: Signal) -> Option<i32> {
        kill(self.pid(), signal).expect("it lives");
        self.process.wait().expect("it ends").code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn postmaster(dir: &Path) -> Option<i32> {
    let file = std::fs::File::open(dir.join("cluster/pgdata/postmaster.pid")).ok()?;
    BufReader::new(file).lines().next()?.ok()?.trim().parse().ok()
}

fn lives(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

#[test]
fn the_first_admin_is_made_once_and_people_are_looked_after() {
    let dir = directory();
    check(dir.path(), &["migrate", "--check"], "", 1, "pending: V1__people");
    check(dir.path(), &["migrate"], "", 0, "up to date");
    check(dir.path(), &["migrate", "--check"], "", 0, "up to date");
    check(dir.path(), &["setup", "--code"], "", 1, "on a terminal only");
    check(dir.path(), &["setup", "--name", "Ann", "--login", "ann"], "short\n", 1, "8 to");
    check(dir.path(), &["setup", "--name", "Ann", "--login", "ann"], "long enough\n", 0, "first admin");
    check(dir.path(), &["setup", "--name", "Bo", "--login", "bo"], "long enough\n", 1, "admin already");
    check(dir.path(), &["person", "add", "Bo", "--role", "keeper", "--login", "bo"], "long enough\n", 0, "");
    check(dir.path(), &["person", "add", "Cy", "--role", "king"], "", 2, "viewer, member, keeper");
    check(dir.path(), &["person", "set-password", "bo"], "even longer\n", 0, "");
    check(dir.path(), &["person", "deactivate", "bo"], "", 0, "");
    check(dir.path(), &["person", "deactivate", "ann"], "", 1, "last active admin");
    let list = check(dir.path(), &["person", "list"], "", 0, "Ann");
    assert!(list.lines().any(|line| line.contains("keeper\tbo\tBo\tinactive")), "{list}");
    assert_eq!(postmaster(dir.path()), None, "every command stops the server it started");
}

#[test]
fn a_list_of_counts_becomes_one_booking_that_somebody_else_approves() {
    let dir = begun_directory();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_string_lossy().into_owned()
    };
    let things = "id,kind,name,place,unit,quantity,aliases\n\
        shelf,location,Shelf,,,,SHELF-1\n\
        screw,consumable,Screws,Shelf,pcs,400,SCREW-1\n\
        drill,asset,Drill,Shelf,,,DRILL-1\n";
    check(dir.path(), &["import", &file("things.csv", things)], "", 0, "3 created");
    check(dir.path(), &["person", "add", "Jonas", "--role", "keeper", "--login", "jonas"], "secret enough\n", 0, "");
    check(dir.path(), &["stocktake", "list"], "", 0, "never          2 lines  Shelf");
    let id = check(dir.path(), &["stocktake", "open", "SHELF-1"], "", 0, "").trim().to_owned();
    let wrong = file("wrong.csv", "code,quantity\nSCREW-1,372\nNOBODY,1\n");
    check(dir.path(), &["stocktake", "count", &id, &wrong], "", 1, "row 3: `NOBODY`");
    let counts = file("counts.csv", "code,quantity,place\nSCREW-1,372,\nDRILL-1,0,SHELF-1\n");
    check(dir.path(), &["stocktake", "count", &id, &counts, "--as", "jonas"], "", 0, "2 lines counted");
    let shown = check(dir.path(), &["stocktake", "differences", &id], "", 0, "0 agree, 2 differ");
    assert!(shown.contains("-28  Screws in Shelf") && shown.contains("missing  Drill in Shelf"), "{shown}");
    check(dir.path(), &["stocktake", "approve", &id, "--as", "jonas"], "", 1, "somebody else");
    check(dir.path(), &["stocktake", "approve", &id], "", 0, "2 changes written, booking: ");
}

#[test]
fn wrong_settings_and_a_database_that_is_away_have_their_exit_codes() {
    let dir = directory();
    check(dir.path(), &["no-such-command"], "", 2, "unrecognized");
    let file = dir.path().join("inventory.toml");
    std::fs::write(&file, "[web]\nport = 80\n").expect("written");
    let named = file.display().to_string();
    check(dir.path(), &["--config", &named, "doctor"], "", 3, "unknown field `port`");
    std::fs::write(&file, "[database]\nurl = \"postgres://a:hunter2@127.0.0.1:1/x\"\n").expect("written");
    check(dir.path(), &["--config", &named, "person", "list"], "", 4, "refused");
    let output = run(dir.path(), &["--config", &named, "doctor", "--json"], "");
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["ok"], false);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn doctor_finds_a_fresh_inventory_healthy() {
    let dir = directory();
    let output = run(dir.path(), &["doctor", "--json"], "");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for name in ["PostgreSQL", "database", "migrations", "extensions", "database role", "ledger"] {
        let check = report["checks"].as_array().expect("a list").iter().find(|check| check["name"] == name);
        assert_eq!(check.expect(name)["finding"], "fine", "{report}");
    }
}

#[test]
fn a_first_start_serves_at_once_and_fills_the_example_beside_it() {
    let dir = directory();
    let mut first = Serving::start(dir.path(), &[]);
    let began = Instant::now();
    assert!(first.wait_for("/readyz", 200).contains("\"example\":[0,"), "nothing is drawn yet, and it serves");
    let rows = |serving: &mut Serving| {
        let begin = Instant::now();
        loop {
            let text = serving.wait_for("/api/v1/search?q=tarpaulin", 200);
            if text.contains("Tarpaulin") {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "the example never comes: {text}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    rows(&mut first);
    println!("the example's rows were there {:?} after the start was", began.elapsed());
    // Killed while the pictures are drawn, or right before or after.
    first.process.kill().expect("killed");
    first.process.wait().expect("dead");
    let mut second = Serving::start(dir.path(), &[]);
    second.wait_for("/readyz", 200);
    rows(&mut second);
    // It goes on with the pictures, and can be ended at any of them.
    let begin = Instant::now();
    while second.wait_for("/readyz", 200).contains("\"example\":[0,") {
        assert!(begin.elapsed() < PATIENCE, "no picture is drawn");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(second.end(Signal::SIGTERM), Some(0));
    // Leaving the example takes its pictures along.
    assert!(dir.path().join("example-photos").exists());
    check(dir.path(), &["start-own"], "", 0, "database: inventory");
    assert!(!dir.path().join("example-photos").exists());
}

#[test]
fn a_model_that_cannot_be_fetched_is_said_so() {
    let dir = directory();
    let run = |arguments: &[&str]| {
        let mut command = program(dir.path());
        // Nobody listens there.
        let output = command.args(arguments).env("HF_ENDPOINT", "http://127.0.0.1:9").output().expect("it runs");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code(), text)
    };
    let (code, text) = run(&["fetch-model", "--again"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("the search model could not be fetched"), "{text}");
    let (code, text) = run(&["fetch-model"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("there is a model already"), "{text}");
}

#[test]
fn serving_ends_in_order_on_either_signal_and_takes_the_server_with_it() {
    let dir = begun_directory();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut serving = Serving::start(dir.path(), &[]);
        assert!(serving.wait_for("/readyz", 200).contains("\"database\":\"up\""));
        let server = postmaster(dir.path()).expect("it runs");
        assert_eq!(serving.end(signal), Some(0));
        assert!(!lives(server));
    }
}

#[test]
fn an_address_others_can_reach_is_refused() {
    let dir = directory();
    check(dir.path(), &["serve", "--listen", "0.0.0.0:0"], "", 1, "without encryption");
}

#[test]
fn a_second_process_joins_and_a_killed_ones_server_is_adopted() {
    let dir = begun_directory();
    let mut first = Serving::start(dir.path(), &[]);
    first.wait_for("/readyz", 200);
    let server = postmaster(dir.path()).expect("it runs");
    let mut second = Serving::start(dir.path(), &[]);
    second.wait_for("/readyz", 200);
    assert_eq!(postmaster(dir.path()), Some(server), "one server for both");
    check(dir.path(), &["person", "list"], "", 0, "");
    assert!(lives(server), "who comes last and leaves first takes nothing with it");
    kill(first.pid(), Signal::SIGKILL).expect("killed");
    first.process.wait().expect("dead");
    assert!(lives(server));
    second.wait_for("/readyz", 200);
    kill(second.pid(), Signal::SIGKILL).expect("killed");
    second.process.wait().expect("dead");
    assert!(lives(server), "nobody was left to stop it");
    let mut third = Serving::start(dir.path(), &[]);
    third.wait_for("/readyz", 200);
    assert_eq!(postmaster(dir.path()), Some(server), "it is adopted");
    assert_eq!(third.end(Signal::SIGTERM), Some(0));
    assert!(!lives(server), "and stopped by its new owner");
}

#[test]
fn a_first_start_killed_at_any_moment_is_followed_by_a_whole_one() {
    let dir = directory();
    for milliseconds in [50, 150, 300, 600, 900] {
        let mut first = program(dir.path()).arg("migrate").stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        first.kill().expect("killed");
        first.wait().expect("dead");
    }
    check(dir.path(), &["migrate"], "", 0, "up to date");
    check(dir.path(), &["person", "list"], "", 0, "");
}

#[test]
fn a_killed_server_is_missed_said_so_and_replaced() {
    let dir = begun_directory();
    let mut serving = Serving::start(dir.path(), &[]);
    serving.wait_for("/readyz", 200);
    let server = postmaster(dir.path()).expect("it runs");
    kill(Pid::from_raw(server), Signal::SIGKILL).expect("killed");
    let begin = Instant::now();
    while postmaster(dir.path()).is_none_or(|pid| pid == server) {
        assert!(begin.elapsed() < PATIENCE, "no new server");
        std::thread::sleep(Duration::from_millis(50));
    }
    serving.wait_for("/readyz", 200);
    assert_eq!(serving.get("/healthz").expect("it answers").0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_leaves_the_program_up_until_it_comes() {
    let dir = directory();
    let cluster = own_cluster(dir.path()).await;
    let admin = cluster.admin("postgres");
    let (client, _) = connect(&admin).await;
    client.batch_execute("create role inventory login").await.expect("made");
    client.batch_execute("create database away").await.expect("made");
    drop(client);
    let socket = dir.path().join("cluster/run").display().to_string().replace('/', "%2F");
    let url = format!("postgres://inventory@{socket}/away");
    let migrate_url = format!("postgres://postgres@{socket}/away");
    cluster.stop().await.expect("it stops");

    let elsewhere = directory();
    let mut serving =
        Serving::start(elsewhere.path(), &[("DATABASE_URL", &url), ("MIGRATE_DATABASE_URL", &migrate_url)]);
    assert!(serving.wait_for("/readyz", 503).contains("\"database\":\"down\""));
    assert_eq!(serving.get("/healthz").expect("it answers").0, 200);
    let _cluster = own_cluster(dir.path()).await;
    assert!(serving.wait_for("/readyz", 200).contains("\"migrations\":\"current\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_migrations_nobody_may_run_are_said_and_run_over_the_administrators_url() {
    let test = TestDb::new().await;
    let admin = test.admin().await;
    let name = format!("{}_empty", test.name);
    admin.batch_execute(&format!("create database {name}")).await.expect("made");
    let socket = match test.connection().postgres.get_hosts() {
        [tokio_postgres::config::Host::Unix(path)] => path.display().to_string().replace('/', "%2F"),
        other => panic!("the tests' server has a socket, not {other:?}"),
    };
    let url = format!("postgres://inventory@{socket}/{name}");
    let migrate_url = format!("postgres://postgres@{socket}/{name}");
    let dir = directory();
    let with = |urls: &[(&str, &str)], arguments: &[&str]| {
        let output = program(dir.path()).args(arguments).envs(urls.iter().copied()).output().expect("it runs");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code(), text)
    };
    let (code, text) = with(&[("DATABASE_URL", &url)], &["person", "list"]);
    assert_eq!(code, Some(5), "{text}");
    assert!(text.contains("MIGRATE_DATABASE_URL"), "{text}");
    let mut serving = Serving::start(dir.path(), &[("DATABASE_URL", &url)]);
    assert!(serving.wait_for("/readyz", 503).contains("\"migrations\":\"pending\""));
    let both = [("DATABASE_URL", url.as_str()), ("MIGRATE_DATABASE_URL", migrate_url.as_str())];
    let (code, text) = with(&both, &["migrate"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(serving.wait_for("/readyz", 200).contains("\"migrations\":\"current\""), "seen without a restart");
    drop(serving);
    let (code, text) = with(&[("DATABASE_URL", &url)], &["person", "list"]);
    assert_eq!(code, Some(0), "{text}");
    admin.batch_execute(&format!("drop database {name} with (force)")).await.expect("dropped");
}
