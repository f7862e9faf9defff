//! `inventory backup` and `inventory restore` as people run them, and killed at every step.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

use crate::program::{check, program, run};
use crate::support::own_cluster;

/// A data directory with one lamp, its picture, and a backup of them.
struct Place {
    dir: TempDir,
    /// As long as it is held, programs find the server running.
    _cluster: inventory::cluster::Cluster,
    archive: PathBuf,
}

impl Place {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let cluster = own_cluster(dir.path()).await;
        check(dir.path(), &["start-own"], "", 0, "database: inventory");
        image::RgbImage::from_pixel(20, 20, image::Rgb([250, 200, 10]))
            .save(dir.path().join("lamp.png"))
            .expect("saved");
        import(dir.path(), "name,kind,place,photo\nHall,location,,\nFirst lamp,asset,Hall,lamp.png\n");
        let said = check(dir.path(), &["backup"], "", 0, "2 items");
        let archive = PathBuf::from(said.split(": ").next().expect("a path"));
        Self { dir, _cluster: cluster, archive }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn restore(&self, more: &[&str]) -> Vec<String> {
        let archive = self.archive.display().to_string();
        ["restore", &archive].iter().chain(more).map(|text| (*text).to_owned()).collect()
    }

    /// Something that the backup does not have.
    fn go_on(&self) {
        import(self.path(), "name,kind,place\nSecond lamp,asset,Hall\n");
    }

    /// Opens the inventory: is it the one with the second lamp?
    fn is_old(&self) -> bool {
        let exported = check(self.path(), &["export"], "", 0, "First lamp");
        assert!(!self.path().join("restore.json").exists(), "whoever opens it tidies up");
        assert!(!self.path().join("photos/restoring").exists(), "whoever opens it tidies up");
        let pictures = std::fs::read_dir(self.path().join("photos/original")).expect("pictures").flatten();
        assert_eq!(pictures.count(), 1, "the first lamp has its picture");
        exported.contains("Second lamp")
    }
}

fn import(dir: &Path, text: &str) {
    std::fs::write(dir.join("things.csv"), text).expect("written");
    check(dir, &["import", &dir.join("things.csv").display().to_string()], "", 0, "created");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_at_any_step_leaves_the_old_or_the_new_inventory() {
    let place = Place::new().await;
    place.go_on();
    let steps = [
        ("opened", true),
        ("noted", true),
        ("made", true),
        ("shaped", true),
        ("filling", true),
        ("filled", true),
        ("migrated", true),
        ("pictured", true),
        ("verified", true),
        ("decided", true),
        ("swapped", false),
        ("placed", false),
    ];
    for (step, old) in steps {
        let killed = program(place.path())
            .args(place.restore(&["--kill-at", step]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("it starts");
        assert_eq!(killed.signal(), Some(9), "at `{step}`");
        assert_eq!(place.is_old(), old, "after `{step}`");
        if !old {
            place.go_on();
        }
    }
    // Any number of killed ones do not stand in the way of one that is not.
    let arguments = place.restore(&[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    check(place.path(), &arguments, "", 0, "is restored");
    assert!(!place.is_old());
    check(place.path(), &["restore", "--purge-old"], "", 0, "dropped: inventory_replaced_");
    assert!(!check(place.path(), &["restore", "--purge-old"], "", 0, "").contains("dropped"));
    assert!(!place.is_old());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_at_any_moment_leaves_the_old_or_the_new_inventory() {
    let place = Place::new().await;
    place.go_on();
    let mut old = true;
    for killed in 0..12_u64 {
        let mut restoring = program(place.path())
            .args(place.restore(&[]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(60 + killed * 97 % 1300));
        restoring.kill().ok();
        restoring.wait().expect("it ended");
        let was = old;
        old = place.is_old();
        assert!(was || !old, "what was restored does not come undone");
        if !old {
            place.go_on();
            old = true;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_machine_has_everything_back_with_one_command() {
    let place = Place::new().await;
    let fresh = tempfile::tempdir().expect("a temporary directory");
    let archive = place.archive.display().to_string();
    check(fresh.path(), &["restore", &archive, "--verify-only"], "", 0, "is whole");
    assert!(!fresh.path().join("cluster").exists(), "looking at it needs no database");
    let _cluster = own_cluster(fresh.path()).await;
    check(fresh.path(), &["restore", &archive, "--dry-run"], "", 0, "nothing was changed");
    check(fresh.path(), &["restore", &archive], "", 0, "is restored: 2 items");
    assert!(check(fresh.path(), &["export"], "", 0, "First lamp").contains("Hall"));
    assert!(fresh.path().join("photos/derived").read_dir().expect("pictures").next().is_some());
    check(fresh.path(), &["restore", "/no/such/archive"], "", 1, "/no/such/archive");
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_are_listed_proven_and_seen_by_doctor() {
    let place = Place::new().await;
    let name = place.archive.file_name().expect("named").to_string_lossy().into_owned();
    check(place.path(), &["backup", "list"], "", 0, &format!("{name}  2 items, 1 pictures"));
    let doctor = || -> serde_json::Value {
        let output = run(place.path(), &["doctor", "--json"], "");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let of = |report: &serde_json::Value, name: &str| -> String {
        let checks = report["checks"].as_array().expect("a list");
        let check = checks.iter().find(|check| check["name"] == name);
        let check = check.unwrap_or_else(|| panic!("no `{name}` in {report}"));
        format!("{} {}", check["finding"].as_str().expect("a word"), check["detail"].as_str().expect("a text"))
    };
    let before = doctor();
    assert_eq!(of(&before, "proven restore"), "note never");
    assert!(of(&before, "backup").starts_with(&format!("fine {name}")), "{before}");
    assert_eq!(of(&before, "ledger"), "fine stock is the sum of its movements");
    assert!(of(&before, "a picture").starts_with("fine"), "{before}");
    let elsewhere = place.path().join("usb").display().to_string();
    check(place.path(), &["backup", "--to", &elsewhere], "", 0, &elsewhere);
    check(place.path(), &["backup", "prune", "--dry-run"], "", 0, "");
    check(place.path(), &["backup", "--full"], "", 2, "--passphrase-file");
    std::fs::write(place.path().join("pass"), "tiny\n").expect("written");
    let pass = place.path().join("pass").display().to_string();
    check(place.path(), &["backup", "--full", "--passphrase-file", &pass], "", 1, "at least 8");
    check(place.path(), &["backup", "prove"], "", 0, "restored for trial");
    std::fs::remove_dir_all(place.path().join("photos/derived")).expect("removed");
    let after = doctor();
    assert!(of(&after, "proven restore").starts_with("fine inventory-"), "{after}");
    assert!(of(&after, "a picture").starts_with("bad"), "one that is gone is a thing to mend: {after}");
}

#[test]
fn a_broken_archive_proves_nothing() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    check(dir.path(), &["start-own"], "", 0, "");
    check(dir.path(), &["backup", "prove"], "", 1, "no backup");
    check(dir.path(), &["backup"], "", 0, "0 items");
    let mut files = dir.path().join("backups").read_dir().expect("listed").flatten().map(|entry| entry.path());
    let archive = files.find(|path| path.extension().is_some_and(|kind| kind == "zst")).expect("one");
    let bytes = std::fs::read(&archive).expect("read");
    std::fs::write(&archive, &bytes[..bytes.len() / 2]).expect("cut");
    check(dir.path(), &["backup", "prove"], "", 1, "cannot be restored");
}
