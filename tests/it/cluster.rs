//! The private cluster with real processes: made, shared, killed, adopted, left.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use inventory::cluster::{Cluster, ClusterError, Durability, Options};
use inventory::store::database;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::support::{connect, own_cluster};

fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn pgdata(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("cluster/pgdata")
}

async fn setting(cluster: &Cluster, name: &str) -> String {
    let (client, _) = connect(&cluster.admin("postgres")).await;
    client.query_one(&format!("show {name}"), &[]).await.expect("it answers").get(0)
}

fn lives(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

fn murder(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("the process can be killed");
}

/// Polls, because what is waited for happens in other processes.
async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_mins(1), "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_first_start_makes_a_durable_cluster_that_only_its_own_account_reaches() {
    let dir = directory();
    let cluster = Cluster::start(dir.path(), &Options::default()).await.expect("it starts");
    assert_eq!(setting(&cluster, "listen_addresses").await, "");
    assert_eq!(setting(&cluster, "fsync").await, "on");
    assert_eq!(setting(&cluster, "data_checksums").await, "on");
    assert_eq!(setting(&cluster, "server_encoding").await, "UTF8");
    let socket_dir = fs::metadata(setting(&cluster, "unix_socket_directories").await.trim_matches('"')).expect("there");
    assert_eq!(socket_dir.mode() & 0o777, 0o700);
    assert_ne!(socket_dir.uid(), 0, "PostgreSQL never runs as root");
    let pid = cluster.server_pid().expect("it runs");
    cluster.stop().await.expect("it stops");
    assert!(!lives(pid));
    assert!(!pgdata(&dir).join("postmaster.pid").exists());
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let dir = directory();
    let cluster = own_cluster(dir.path()).await;
    database::ensure(&connect(&cluster.admin("postgres")).await.0, "shelf").await.expect("made");
    cluster.stop().await.expect("it stops");
    let cluster = own_cluster(dir.path()).await;
    let (client, _) = connect(&cluster.admin("postgres")).await;
    assert!(database::exists(&client, "shelf").await.expect("it answers"));
}

#[tokio::test]
async fn a_kill_while_the_cluster_is_made_leaves_nothing_in_the_way() {
    let dir = directory();
    fs::create_dir_all(dir.path().join("cluster/pgdata.new.1/base")).expect("half a cluster");
    fs::write(dir.path().join("cluster/pgdata.new.1/PG_VERSION"), "15\n").expect("half a cluster");
    let cluster = own_cluster(dir.path()).await;
    assert_eq!(setting(&cluster, "port").await, "5432");
    assert!(!dir.path().join("cluster/pgdata.new.1").exists());
}

#[tokio::test]
async fn a_second_user_joins_and_the_last_one_out_stops_the_server() {
    let dir = directory();
    let (first, second) = tokio::join!(own_cluster(dir.path()), own_cluster(dir.path()));
    let pid = first.server_pid().expect("it runs");
    assert_eq!(second.server_pid(), Some(pid));
    first.stop().await.expect("it leaves");
    assert_eq!(setting(&second, "port").await, "5432");
    second.stop().await.expect("it stops");
    assert!(!lives(pid));
}

#[tokio::test]
async fn a_killed_server_is_started_again() {
    let dir = directory();
    let cluster = own_cluster(dir.path()).await;
    let pid = cluster.server_pid().expect("it runs");
    murder(pid);
    eventually("another server", || cluster.server_pid().is_some_and(|new| new != pid)).await;
    let begin = Instant::now();
    while cluster.admin("postgres").postgres.connect(tokio_postgres::NoTls).await.is_err() {
        assert!(begin.elapsed() < Duration::from_mins(1), "it never answers");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_server_left_running_is_adopted_and_stopped_by_its_new_user() {
    let dir = directory();
    let cluster = own_cluster(dir.path()).await;
    let pid = cluster.server_pid().expect("it runs");
    drop(cluster.leave_running());
    let cluster = own_cluster(dir.path()).await;
    assert_eq!(cluster.server_pid(), Some(pid));
    cluster.stop().await.expect("it stops");
    eventually("the adopted server ends", || !lives(pid)).await;
}

#[tokio::test]
async fn a_pid_file_of_a_killed_server_is_no_obstacle() {
    let dir = directory();
    let cluster = own_cluster(dir.path()).await;
    let pid = cluster.server_pid().expect("it runs");
    let lock = cluster.leave_running();
    murder(pid);
    assert!(pgdata(&dir).join("postmaster.pid").exists());
    drop(lock);
    let cluster = own_cluster(dir.path()).await;
    assert_eq!(setting(&cluster, "port").await, "5432");
}

#[tokio::test]
async fn a_pid_file_whose_number_another_process_got_is_no_obstacle() {
    let dir = directory();
    own_cluster(dir.path()).await.stop().await.expect("it stops");
    let text = format!("{}\n{}\n1\n5432\n/nowhere\n\n 1 1\nready\n", std::process::id(), pgdata(&dir).display());
    fs::write(pgdata(&dir).join("postmaster.pid"), text).expect("written");
    let cluster = own_cluster(dir.path()).await;
    assert_eq!(setting(&cluster, "port").await, "5432");
}

#[tokio::test]
async fn dropping_it_does_not_wait_but_the_server_ends() {
    let dir = directory();
    let cluster = own_cluster(dir.path()).await;
    let pid = cluster.server_pid().expect("it runs");
    let begin = Instant::now();
    drop(cluster);
    // A stop takes longer than this, a busy machine's answer does not.
    assert!(begin.elapsed() < Duration::from_millis(500), "{:?}", begin.elapsed());
    eventually("the server ends", || !lives(pid)).await;
}

#[tokio::test]
async fn who_comes_while_it_stops_gets_a_running_one() {
    let dir = directory();
    let first = own_cluster(dir.path()).await;
    let (stopped, second) = tokio::join!(first.stop(), own_cluster(dir.path()));
    stopped.expect("it leaves");
    assert_eq!(setting(&second, "port").await, "5432");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_gets_a_short_one_elsewhere() {
    let dir = directory();
    let deep = dir.path().join("d".repeat(90)).join("d".repeat(20));
    fs::create_dir_all(&deep).expect("made");
    if nix::unistd::geteuid().is_root() {
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).expect("ours");
    }
    let cluster = own_cluster(&deep).await;
    let socket_dir = setting(&cluster, "unix_socket_directories").await;
    assert!(socket_dir.len() < 90);
    cluster.stop().await.expect("it stops");
    assert!(!Path::new(socket_dir.trim_matches('"')).exists());
}

#[tokio::test]
async fn data_of_another_version_is_named_with_what_to_install() {
    let dir = directory();
    own_cluster(dir.path()).await.stop().await.expect("it stops");
    fs::write(pgdata(&dir).join("PG_VERSION"), "9\n").expect("written");
    let error = Cluster::start(dir.path(), &Options::default()).await.expect_err("refused");
    assert!(matches!(error, ClusterError::Version { .. }), "{error}");
    assert!(error.to_string().contains("postgresql-9"), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let dir = directory();
    own_cluster(dir.path()).await.stop().await.expect("it stops");
    fs::write(dir.path().join("cluster/local.conf"), "shared_buffers = 'much'\n").expect("written");
    let options = Options { durability: Durability::None, ..Options::default() };
    let error = Cluster::start(dir.path(), &options).await.expect_err("refused").to_string();
    assert!(error.contains("shared_buffers"), "{error}");
}

#[tokio::test]
async fn as_root_a_closed_directory_above_is_named_and_as_a_user_it_is_no_matter() {
    let dir = directory();
    let closed = dir.path().join("closed");
    let data = closed.join("data");
    fs::create_dir_all(&data).expect("made");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("ours");
    if nix::unistd::geteuid().is_root() {
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).expect("ours");
        let error = Cluster::start(&data, &Options::default()).await.expect_err("refused").to_string();
        assert!(error.contains(&closed.display().to_string()) && error.contains("chmod"), "{error}");
    } else {
        own_cluster(&data).await.stop().await.expect("it stops");
    }
}
