//! The directory of archives: what they are called, which are there, which go.

use std::fs;
use std::path::{Path, PathBuf};

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::BackupError;
use crate::domain::Retention;

const STAMP: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");
const PREFIX: &str = "inventory-";
const PLAIN: &str = ".tar.zst";
const ENCRYPTED: &str = ".tar.zst.age";

/// An archive on the shelf, as its name has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    pub path: PathBuf,
    pub name: String,
    pub made_at: OffsetDateTime,
    pub bytes: u64,
    pub encrypted: bool,
}

/// A name for an archive that was begun at a moment. `again`: how many of that second are there already.
pub fn name(begun: OffsetDateTime, encrypted: bool, again: usize) -> String {
    let stamp = begun.to_offset(time::UtcOffset::UTC).format(STAMP).unwrap_or_default();
    let more = if again > 0 { format!("-{}", again + 1) } else { String::new() };
    format!("{PREFIX}{stamp}{more}{}", if encrypted { ENCRYPTED } else { PLAIN })
}

/// When the archive of this name was begun, and whether it is encrypted; `None` for any other file.
fn read_name(name: &str) -> Option<(OffsetDateTime, bool)> {
    let rest = name.strip_prefix(PREFIX)?;
    let (stem, encrypted) = match rest.strip_suffix(ENCRYPTED) {
        Some(stem) => (stem, true),
        None => (rest.strip_suffix(PLAIN)?, false),
    };
    let (stamp, again) = stem.split_once('-').unwrap_or((stem, "2"));
    again.parse::<u32>().ok()?;
    Some((PrimitiveDateTime::parse(stamp, STAMP).ok()?.assume_utc(), encrypted))
}

/// The archives in a directory, the newest first; none when there is no directory.
pub fn list(dir: &Path) -> Result<Vec<Archive>, BackupError> {
    let disk = |error| BackupError::Disk { path: dir.to_owned(), error };
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(disk)?,
    };
    let mut archives = Vec::new();
    for entry in entries {
        let entry = entry.map_err(disk)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((made_at, encrypted)) = read_name(&name) else { continue };
        let about = entry.metadata().map_err(disk)?;
        if about.is_file() {
            archives.push(Archive { path: entry.path(), name, made_at, bytes: about.len(), encrypted });
        }
    }
    archives.sort_by(|a, b| (b.made_at, b.name.len(), &b.name).cmp(&(a.made_at, a.name.len(), &a.name)));
    Ok(archives)
}

/// Removes what the policy does not keep. Returns the names, the newest first.
pub fn prune(dir: &Path, keep: Retention, dry_run: bool) -> Result<Vec<String>, BackupError> {
    let mut gone = Vec::new();
    for encrypted in [false, true] {
        let archives: Vec<Archive> = list(dir)?.into_iter().filter(|a| a.encrypted == encrypted).collect();
        let made: Vec<OffsetDateTime> = archives.iter().map(|archive| archive.made_at).collect();
        for (archive, kept) in archives.into_iter().zip(keep.keeps(&made)) {
            if kept {
                continue;
            }
            if !dry_run {
                fs::remove_file(&archive.path)
                    .map_err(|error| BackupError::Disk { path: archive.path.clone(), error })?;
            }
            gone.push(archive.name);
        }
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_name_says_when_and_whether_encrypted() {
        let begun = datetime!(2026-11-25 17:12:09 UTC);
        assert_eq!(name(begun, false, 0), "inventory-20261125T171209Z.tar.zst");
        assert_eq!(name(begun, true, 1), "inventory-20261125T171209Z-2.tar.zst.age");
        for (encrypted, again) in [(false, 0), (true, 0), (false, 1), (true, 11)] {
            assert_eq!(read_name(&name(begun, encrypted, again)), Some((begun, encrypted)));
        }
    }

    #[test]
    fn other_files_are_no_archives() {
        for other in [
            "inventory-.tar.zst",
            "inventory-20261325T171209Z.tar.zst",
            "notes.txt",
            "inventory-20261125T171209Z-x.tar.zst",
            ".backup-1",
        ] {
            assert_eq!(read_name(other), None, "{other}");
        }
    }

    #[test]
    fn pruning_leaves_what_is_kept_and_what_is_not_ours() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let files = [
            "inventory-20261125T100000Z.tar.zst",
            "inventory-20261125T090000Z.tar.zst",
            "inventory-20261124T090000Z.tar.zst",
            "inventory-20261101T090000Z.tar.zst.age",
            "holiday.tar.zst",
        ];
        for file in files {
            fs::write(dir.path().join(file), "x").expect("written");
        }
        let keep = Retention { daily: 1, weekly: 0, monthly: 0 };
        let gone = ["inventory-20261125T090000Z.tar.zst", "inventory-20261124T090000Z.tar.zst"];
        assert_eq!(prune(dir.path(), keep, true).expect("listed"), gone);
        assert_eq!(list(dir.path()).expect("listed").len(), 4, "a trial removes nothing");
        assert_eq!(prune(dir.path(), keep, false).expect("pruned"), gone);
        assert_eq!(list(dir.path()).expect("listed").len(), 2);
        assert!(dir.path().join("holiday.tar.zst").exists());
        assert_eq!(list(Path::new("/no/such/place")).expect("none"), []);
    }
}
