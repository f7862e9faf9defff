//! `kill -9` of the program and of PostgreSQL while two hundred bookings are made: what was acknowledged is there, once.

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use inventory::app::{App, Open};
use inventory::domain::{Act, Actor, ItemDraft, ItemId, ItemKind, RequestId};
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::stock::{BookingKind, BookingRequest, StockError};
use inventory::store::{StoreError, stock};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::config;

const BOOKINGS: usize = 200;
/// Tells a process of this binary to be the one that books; its value is the directory.
const BOOKER: &str = "INVENTORY_TEST_BOOKER";

/// What is booked: one screw after the other into the shelf, under request ids known beforehand.
struct Plan {
    shelf: ItemId,
    screw: ItemId,
    requests: Vec<RequestId>,
}

impl Plan {
    fn write(&self, dir: &Path) {
        let mut text = format!("{}\n{}\n", self.shelf, self.screw);
        for request in &self.requests {
            writeln!(text, "{request}").expect("a string takes it");
        }
        std::fs::write(dir.join("plan"), text).expect("written");
    }

    fn read(dir: &Path) -> Self {
        let text = std::fs::read_to_string(dir.join("plan")).expect("the plan is there");
        let mut lines = text.lines();
        let mut item = || lines.next().expect("a line").parse().expect("an id");
        let (shelf, screw) = (item(), item());
        Self { shelf, screw, requests: lines.map(|line| line.parse().expect("an id")).collect() }
    }

    fn booking(&self, request: RequestId) -> BookingRequest {
        let act = Act::Receive { item: self.screw, to: self.shelf, quantity: 1.into(), lot: None };
        BookingRequest { id: request, kind: BookingKind::Single, note: String::new(), acts: vec![act] }
    }
}

async fn open(dir: &Path) -> App {
    let app = App::open(config(dir), Open { meaning: false, ..Open::default() }).await.expect("the program starts");
    app.ready().expect("ready");
    app
}

/// A shelf, a screw, and two hundred requests to come.
async fn prepare(dir: &Path) -> Plan {
    let app = open(dir).await;
    let make = async |kind, name: &str, place| {
        let new = NewItem { request: RequestId::new(), draft: ItemDraft::new(kind, name), place, codes: vec![] };
        app.services.catalog.create(&Actor::program(), new).await.expect("made").item
    };
    let shelf = make(ItemKind::Location, "Shelf", None).await;
    let placement = Placement { holder: shelf, quantity: 1.into(), lot: None };
    let screw = make(ItemKind::Consumable, "Screw", Some(placement)).await;
    let plan = Plan { shelf, screw, requests: (0..BOOKINGS).map(|_| RequestId::new()).collect() };
    plan.write(dir);
    app.stop().await.expect("it stops");
    plan
}

/// Only of use to the tests below, which run it as a process of its own: books the plan from the start, says what is
/// acknowledged, and tries again while the database is away.
#[tokio::test]
async fn one_process_books_what_the_plan_says_when_told_to() {
    let Some(dir) = std::env::var_os(BOOKER) else { return };
    let dir = Path::new(&dir);
    let plan = Plan::read(dir);
    let app = open(dir).await;
    for (index, request) in plan.requests.iter().enumerate() {
        let begin = Instant::now();
        loop {
            match app.services.stock.book(&Actor::program(), &plan.booking(*request)).await {
                Ok(_) => break println!("\nacknowledged {index}"),
                Err(StockError::Store(StoreError::Unavailable(_) | StoreError::Other(_))) => {
                    assert!(begin.elapsed() < Duration::from_mins(1), "the database does not come back");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => panic!("refused: {error}"),
            }
        }
    }
    app.stop().await.expect("it stops");
    println!("\nall done");
}

struct Booker {
    process: Child,
    says: BufReader<ChildStdout>,
}

impl Booker {
    fn start(dir: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "crash::one_process_books_what_the_plan_says_when_told_to", "--nocapture"])
            .env(BOOKER, dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let says = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, says }
    }

    /// The next acknowledged index; `None` when all is done or the process is dead.
    fn acknowledged(&mut self) -> Option<usize> {
        let mut line = String::new();
        while self.says.read_line(&mut line).expect("readable") > 0 {
            if let Some(index) = line.trim().strip_prefix("acknowledged ") {
                return Some(index.parse().expect("a number"));
            }
            line.clear();
        }
        None
    }

    fn end(mut self) {
        assert!(self.process.wait().expect("it ends").success(), "the booker failed");
    }
}

/// Of the requests so far, each acknowledged one is booked once, and at most one more: the one in flight.
async fn compare(dir: &Path, plan: &Plan, acknowledged: usize) {
    let app = open(dir).await;
    let client = app.db.client().await.expect("it answers");
    let ids: Vec<uuid::Uuid> = plan.requests.iter().map(|request| request.0).collect();
    let rows = client
        .query("select request_id, count(*) from booking where request_id = any($1) group by 1", &[&ids])
        .await
        .expect("readable");
    for row in &rows {
        assert_eq!(row.get::<_, i64>(1), 1, "booked twice: {}", row.get::<_, uuid::Uuid>(0));
    }
    for request in &plan.requests[..acknowledged] {
        let is_there = rows.iter().any(|row| row.get::<_, uuid::Uuid>(0) == request.0);
        assert!(is_there, "acknowledged and lost: {request}");
    }
    assert!(rows.len() <= acknowledged + 1, "{} booked, {acknowledged} acknowledged", rows.len());
    let quantity: rust_decimal::Decimal = client
        .query_one("select sum(quantity) from stock where item = $1", &[&plan.screw.0])
        .await
        .expect("readable")
        .get(0);
    assert_eq!(quantity, rust_decimal::Decimal::from(rows.len() + 1));
    assert_eq!(stock::discrepancies(&client).await.expect("readable"), []);
    drop(client);
    app.stop().await.expect("it stops");
}

fn murder(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("the process can be killed");
}

fn postmaster(dir: &Path) -> Option<i32> {
    let text = std::fs::read_to_string(dir.join("cluster/pgdata/postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok()
}

#[tokio::test]
async fn the_killed_program_has_what_it_acknowledged_once() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let plan = prepare(dir.path()).await;
    // Killed four times, each time further on; the requests of before are sent again and not booked again.
    for kill_after in [7, 51, 113, 160] {
        let mut booker = Booker::start(dir.path());
        while booker.acknowledged().expect("it goes on") < kill_after {}
        booker.process.kill().expect("killed");
        let mut last = kill_after;
        while let Some(index) = booker.acknowledged() {
            last = index; // said before it died
        }
        booker.process.wait().expect("dead");
        compare(dir.path(), &plan, last + 1).await;
    }
    let mut booker = Booker::start(dir.path());
    while booker.acknowledged().is_some() {}
    booker.end();
    compare(dir.path(), &plan, BOOKINGS).await;
}

#[tokio::test]
async fn the_killed_server_has_what_was_acknowledged_once_and_the_program_goes_on() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let plan = prepare(dir.path()).await;
    let mut booker = Booker::start(dir.path());
    let mut seen = 0;
    while let Some(index) = booker.acknowledged() {
        seen = index + 1;
        if [20, 90, 150].contains(&index) {
            murder(postmaster(dir.path()).expect("a server runs"));
        }
    }
    assert_eq!(seen, BOOKINGS);
    booker.end();
    compare(dir.path(), &plan, BOOKINGS).await;
}

#[tokio::test]
async fn killing_both_at_once_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let plan = prepare(dir.path()).await;
    let mut booker = Booker::start(dir.path());
    while booker.acknowledged().expect("it goes on") < 120 {}
    murder(postmaster(dir.path()).expect("a server runs"));
    booker.process.kill().expect("killed");
    let mut last = 120;
    while let Some(index) = booker.acknowledged() {
        last = index;
    }
    booker.process.wait().expect("dead");
    compare(dir.path(), &plan, last + 1).await;
}
