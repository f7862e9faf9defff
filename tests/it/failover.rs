//! Several hosts: a primary that ends and the replica that takes its place, without a word to the program.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use inventory::cluster::{Binaries, Cluster};
use inventory::config::{Config, Environment, Flags};
use inventory::store::StoreError;
use inventory::store::pool::Db;

use crate::support::own_cluster;

const PATIENCE: Duration = Duration::from_mins(1);

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

/// PostgreSQL's own programs, as the account the data belong to.
struct Postgres {
    binaries: Binaries,
    uid: u32,
    gid: u32,
}

impl Postgres {
    fn of(pgdata: &Path) -> Self {
        let owner = fs::metadata(pgdata).expect("there");
        let major = fs::read_to_string(pgdata.join("PG_VERSION")).expect("a data directory");
        let setting = std::env::var_os("INVENTORY_PG_BINDIR").map(PathBuf::from);
        let binaries =
            Binaries::find(setting.as_deref(), Some(major.trim())).expect("looked up").expect("it runs here");
        Self { binaries, uid: owner.uid(), gid: owner.gid() }
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.binaries.program(program));
        command.args(arguments).current_dir("/").stdout(std::process::Stdio::null());
        if nix::unistd::geteuid().is_root() {
            command.uid(self.uid).gid(self.gid);
        }
        let status = command.status().expect("it starts");
        assert!(status.success(), "{program} {arguments:?}: {status}");
    }
}

/// A replica of a running server, stopped with the value.
struct Replica {
    postgres: Postgres,
    dir: tempfile::TempDir,
    port: u16,
}

impl Replica {
    fn of(pgdata: &Path, primary: u16) -> Self {
        let postgres = Postgres::of(pgdata);
        let dir = tempfile::tempdir().expect("a temporary directory");
        if nix::unistd::geteuid().is_root() {
            chown(dir.path(), Some(postgres.uid), Some(postgres.gid)).expect("given away");
        }
        let port = free_port();
        let copy = dir.path().join("pgdata").display().to_string();
        let from = format!("host=127.0.0.1 port={primary} user=postgres");
        postgres.run("pg_basebackup", &["-D", &copy, "-d", &from, "-R", "-X", "stream", "-c", "fast", "--no-sync"]);
        let log = dir.path().join("log").display().to_string();
        let sockets = dir.path().display();
        let options = format!("-c port={port} -c unix_socket_directories={sockets}");
        postgres.run("pg_ctl", &["-D", &copy, "-l", &log, "-w", "-o", &options, "start"]);
        Self { postgres, dir, port }
    }

    fn pg_ctl(&self, act: &[&str]) {
        let data = self.dir.path().join("pgdata").display().to_string();
        self.postgres.run("pg_ctl", &[&["-D", &data, "-w"], act].concat());
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.pg_ctl(&["-m", "immediate", "stop"]);
            return;
        }
        let data = self.dir.path().join("pgdata");
        if let Some(pid) =
            fs::read_to_string(data.join("postmaster.pid")).ok().and_then(|t| t.lines().next()?.parse().ok())
        {
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGQUIT).ok();
        }
    }
}

/// A server that others may follow.
async fn primary(dir: &Path, port: u16) -> Cluster {
    own_cluster(dir).await.stop().await.expect("it stops");
    let pgdata = dir.join("cluster/pgdata");
    let access = pgdata.join("pg_hba.conf");
    let known = fs::read_to_string(&access).expect("there");
    fs::write(&access, format!("host all,replication all 127.0.0.1/32 trust\n{known}")).expect("written");
    let settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nwal_level = replica\nmax_wal_senders = 4\nhot_standby = on\n"
    );
    fs::write(dir.join("cluster/local.conf"), settings).expect("written");
    own_cluster(dir).await
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_primary_ends_the_promoted_replica_serves_and_nothing_is_lost() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let port = free_port();
    let cluster = primary(dir.path(), port).await;
    let replica = Replica::of(&dir.path().join("cluster/pgdata"), port);
    // The replica is named first: the server that takes writes is looked for, not the first that answers.
    let url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{port}/postgres?target_session_attrs=read-write&sslmode=disable",
        replica.port
    );
    let env = Environment::of(&[("DATABASE_URL", &url), ("INVENTORY_DATA_DIR", "/nonexistent")]);
    let config = Config::from_sources(&Flags::default(), &env).expect("valid");
    let connection = config.database.server.clone().expect("a server").connection;
    let db = Db::new(&connection, &config.database).expect("no TLS in play");
    let write = async |number: i32| -> Result<i32, StoreError> {
        let client = db.client().await?;
        let row = client
            .query_one("insert into public.kept values ($1) returning current_setting('port')::int", &[&number])
            .await?;
        Ok(row.get(0))
    };
    let client = db.client().await.expect("the primary answers");
    client.batch_execute("create table public.kept (number int primary key)").await.expect("it takes writes");
    drop(client);
    assert_eq!(write(1).await.expect("written"), i32::from(port));

    // In order, so that the replica has everything; then nobody is there until it is promoted.
    cluster.stop().await.expect("it stops");
    let refused = write(2).await.expect_err("a replica takes no writes");
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    replica.pg_ctl(&["promote"]);
    let began = Instant::now();
    let answered = loop {
        match write(3).await {
            Ok(by) => break by,
            Err(error) => assert!(began.elapsed() < PATIENCE, "the replica is not found: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    println!("the promoted replica was found after {:?}", began.elapsed());
    assert_eq!(answered, i32::from(replica.port));
    let client = db.client().await.expect("it answers");
    let rows = client.query("select number from public.kept order by 1", &[]).await.expect("readable");
    assert_eq!(rows.iter().map(|row| row.get::<_, i32>(0)).collect::<Vec<_>>(), [1, 3]);
}
