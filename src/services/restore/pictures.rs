//! The files of a restored inventory: written beside those that are there, then put in their place.
//!
//! ```text
//! photos/original derived attachments directory-id     in use
//! photos/restoring/…                                   the same, being written
//! photos/replaced-MOMENT/…                             what was in use before a restore
//! ```
//! All in one directory, so that only names change, whatever it is mounted on.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use crate::services::photos::PhotoFiles;

/// What is swapped, in this order.
const PARTS: [&str; 4] = ["original", "derived", "attachments", "directory-id"];
const REPLACED: &str = "replaced-";

/// The place where restored files are written, and the way to theirs.
#[derive(Debug, Clone)]
pub struct Staging {
    root: PathBuf,
    replaced: PathBuf,
}

/// A file that is being written, and what its name will say it is.
pub struct Writing {
    path: PathBuf,
    file: File,
}

impl Staging {
    /// For the pictures in `root`; what is replaced is kept under this moment's name.
    pub fn new(root: &Path, moment: &str) -> Self {
        Self { root: root.to_owned(), replaced: root.join(format!("{REPLACED}{moment}")) }
    }

    /// Where restored files are written.
    pub fn dir(&self) -> PathBuf {
        self.root.join("restoring")
    }

    /// Makes the place, empty.
    pub fn prepare(&self) -> io::Result<()> {
        self.discard()?;
        DirBuilder::new().recursive(true).mode(0o750).create(self.dir())?;
        make_dir(&self.dir().join("original"), 0o700)?;
        make_dir(&self.dir().join("derived"), 0o750)?;
        make_dir(&self.dir().join("attachments"), 0o700)
    }

    /// Begins a picture. What was made of it before is taken over, so that it need not be made again.
    pub fn picture(&self, sha256: &str) -> io::Result<Writing> {
        let (there, here) = (PhotoFiles::new(&self.root), PhotoFiles::new(&self.dir()));
        if there.complete(sha256) {
            for size in crate::services::photos::Size::ALL {
                let (old, new) = (there.derived(sha256, size), here.derived(sha256, size));
                if let Some(dir) = new.parent() {
                    DirBuilder::new().recursive(true).mode(0o750).create(dir)?;
                }
                if fs::hard_link(&old, &new).is_err() {
                    fs::copy(&old, &new)?;
                }
            }
        }
        Writing::begin(here.original(sha256))
    }

    /// Begins an attachment.
    pub fn attachment(&self, sha256: &str) -> io::Result<Writing> {
        Writing::begin(PhotoFiles::new(&self.dir()).attachment(sha256))
    }

    /// Everything to the disk; and, restored by root, into the hands of whoever owns the pictures.
    pub fn settle(&self) -> io::Result<()> {
        let owner = fs::metadata(&self.root)?;
        if nix::unistd::geteuid().is_root() && owner.uid() != 0 {
            hand_over(&self.dir(), owner.uid(), owner.gid())?;
        }
        for part in PARTS {
            let path = self.dir().join(part);
            if path.exists() {
                File::open(path)?.sync_all()?;
            }
        }
        File::open(self.dir())?.sync_all()
    }

    /// Puts the restored files in their place, and the ones that were there aside. Begun again after a kill at any step, it
    /// goes on where it was.
    pub fn swap(&self) -> io::Result<()> {
        let dir = self.dir();
        if !dir.exists() {
            return Ok(());
        }
        make_dir(&self.replaced, 0o700)?;
        for part in PARTS {
            let (new, old, aside) = (dir.join(part), self.root.join(part), self.replaced.join(part));
            // Every part is restored: one that is not here any more is in its place already.
            if !new.exists() {
                continue;
            }
            if old.exists() {
                fs::rename(&old, &aside)?;
            }
            fs::rename(&new, &old)?;
        }
        File::open(&self.replaced)?.sync_all()?;
        File::open(&self.root)?.sync_all()?;
        fs::remove_dir_all(&dir)
    }

    /// Removes what was written, and nothing else.
    pub fn discard(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.dir()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

impl Writing {
    fn begin(path: PathBuf) -> io::Result<Self> {
        if let Some(dir) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { path, file })
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Flushes it. A file that is not what its name says stays for people to look at, beside its place.
    pub fn end(self, sound: bool) -> io::Result<()> {
        self.file.sync_all()?;
        if !sound {
            fs::rename(&self.path, self.path.with_extension("damaged"))?;
        }
        match self.path.parent() {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// Removes the files of replaced inventories. Returns how many there were.
pub fn purge(root: &Path) -> io::Result<usize> {
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut purged = 0;
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(REPLACED) && entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
            purged += 1;
        }
    }
    Ok(purged)
}

fn make_dir(dir: &Path, mode: u32) -> io::Result<()> {
    match DirBuilder::new().mode(mode).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn hand_over(path: &Path, uid: u32, gid: u32) -> io::Result<()> {
    chown(path, Some(uid), Some(gid))?;
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            hand_over(&entry?.path(), uid, gid)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(root: &Path, below: &str, text: &str) {
        let path = root.join(below);
        fs::create_dir_all(path.parent().expect("below the root")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn read(root: &Path, below: &str) -> Option<String> {
        fs::read_to_string(root.join(below)).ok()
    }

    /// A root with old files in use and new ones beside them.
    fn both() -> (tempfile::TempDir, Staging) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        written(dir.path(), "original/aa/aa1", "old");
        written(dir.path(), "directory-id", "old");
        let staging = Staging::new(dir.path(), "1");
        staging.prepare().expect("prepared");
        written(&staging.dir(), "original/bb/bb2", "new");
        written(&staging.dir(), "directory-id", "new");
        (dir, staging)
    }

    fn is_new(root: &Path) -> bool {
        read(root, "original/bb/bb2").as_deref() == Some("new")
            && read(root, "directory-id").as_deref() == Some("new")
            && read(root, "original/aa/aa1").is_none()
            && read(root, "replaced-1/original/aa/aa1").as_deref() == Some("old")
            && read(root, "replaced-1/directory-id").as_deref() == Some("old")
            && !root.join("restoring").exists()
    }

    #[test]
    fn files_change_places_and_the_old_ones_stay_until_purged() {
        let (dir, staging) = both();
        staging.swap().expect("swapped");
        assert!(is_new(dir.path()));
        staging.swap().expect("nothing is left to do");
        assert!(is_new(dir.path()));
        assert_eq!(purge(dir.path()).expect("purged"), 1);
        assert!(read(dir.path(), "original/bb/bb2").is_some());
    }

    #[test]
    fn a_swap_that_was_killed_at_any_rename_goes_on_where_it_was() {
        let renames = ["original:aside", "original:in", "derived:in", "attachments:in", "directory-id:aside"];
        for killed_after in 0..=renames.len() {
            let (dir, staging) = both();
            make_dir(&dir.path().join("replaced-1"), 0o700).expect("made");
            for rename in &renames[..killed_after] {
                let (part, way) = rename.split_once(':').expect("two");
                let (from, to) = match way {
                    "aside" => (dir.path().join(part), dir.path().join("replaced-1").join(part)),
                    _ => (staging.dir().join(part), dir.path().join(part)),
                };
                fs::rename(from, to).expect("renamed");
            }
            staging.swap().expect("swapped");
            assert!(is_new(dir.path()), "killed after {killed_after} renames");
        }
    }

    #[test]
    fn what_was_written_can_be_thrown_away() {
        let (dir, staging) = both();
        staging.discard().expect("discarded");
        assert_eq!(read(dir.path(), "original/aa/aa1").as_deref(), Some("old"));
        assert!(!staging.dir().exists());
    }
}
