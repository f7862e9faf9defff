//! Makes the cluster's data directory, whole or not at all.

use std::fs;
use std::io::Write;
use std::process::Command;

use super::ClusterError;
use super::account::Account;
use super::binaries::Binaries;
use super::error::io;
use super::place::Place;
use super::settings::Durability;

/// The bootstrap superuser: migrations and creating databases, nothing else.
pub const SUPERUSER: &str = "postgres";

/// What half-made clusters are called, before the number of the process that makes them.
const UNFINISHED: &str = "pgdata.new.";

/// Runs `initdb` under another name and renames the result, so that a kill at any point leaves either nothing
/// or a whole cluster. The caller holds the change lock.
///
/// Local connections are trusted: the socket's directory is closed to everybody but the account, so whoever gets
/// as far is who owns the data files anyway.
pub fn init(place: &Place, binaries: &Binaries, account: &Account, durability: Durability) -> Result<(), ClusterError> {
    // A name of our own: the `initdb` of a killed program may still be at work under the old one.
    let new = place.dir.join(format!("{UNFINISHED}{}", std::process::id()));
    account.private_dir(&new)?;
    let mut command = Command::new(binaries.program("initdb"));
    account.apply(&mut command);
    command
        .arg("--pgdata")
        .arg(&new)
        .args(["--username", SUPERUSER, "--auth-local=trust", "--auth-host=reject"])
        .args(["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]);
    if durability == Durability::None {
        command.arg("--no-sync");
    }
    let output = command.output().map_err(io("run", &binaries.program("initdb")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said: Vec<&str> = said.lines().filter(|line| line.starts_with("initdb:")).collect();
        let output = if said.is_empty() { output.status.to_string() } else { said.join(" ") };
        return Err(ClusterError::Init { dir: place.pgdata.clone(), output });
    }
    let conf = new.join("postgresql.conf");
    fs::OpenOptions::new()
        .append(true)
        .open(&conf)
        .and_then(|mut file| {
            writeln!(file, "\ninclude_if_exists = '../inventory.conf'")?;
            file.sync_all()
        })
        .map_err(io("write", &conf))?;
    fs::rename(&new, &place.pgdata).map_err(io("rename", &new))?;
    fs::File::open(&place.dir).and_then(|dir| dir.sync_all()).map_err(io("flush", &place.dir))
}

/// Removes half-made clusters, as far as it goes: what a killed program's `initdb` still writes to is left for the next time. The caller holds the
/// change lock.
pub fn remove_unfinished(place: &Place) {
    for entry in fs::read_dir(&place.dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}
