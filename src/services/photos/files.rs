//! Where pictures lie, and how they get there whole or not at all. Blocking: for a thread that may wait.
//!
//! ```text
//! original/ab/ab12…      as it came, for its keepers only
//! derived/ab/ab12…/      full.jpg 1280.jpg 320.jpg
//! attachments/ab/ab12…   an attachment, as it came
//! tmp/…/                 being written; locked by whoever writes
//! directory-id           which database's pictures these are
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::picture::Derived;

/// A size a picture is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// As large as it came.
    Full,
    /// Longer side at most 1280 pixels.
    Large,
    /// Longer side at most 320 pixels.
    Small,
}

impl Size {
    /// The largest first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Large, Self::Small];

    fn file_name(self) -> &'static str {
        match self {
            Self::Full => "full.jpg",
            Self::Large => "1280.jpg",
            Self::Small => "320.jpg",
        }
    }
}

/// The files of one database's pictures.
#[derive(Debug, Clone)]
pub struct PhotoFiles {
    root: PathBuf,
}

/// Files written and flushed, not yet where they belong; removed when dropped.
#[derive(Debug)]
pub struct Stage {
    dir: PathBuf,
    /// Held while the stage is in use, so that a sweep leaves it alone.
    _lock: File,
}

impl Drop for Stage {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.dir).ok();
    }
}

impl PhotoFiles {
    /// The pictures under `root`, which need not exist yet.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The file of a derived picture.
    pub fn derived(&self, sha256: &str, size: Size) -> PathBuf {
        self.derived_dir(sha256).join(size.file_name())
    }

    /// The file as it came.
    pub fn original(&self, sha256: &str) -> PathBuf {
        self.shard("original", sha256).join(sha256)
    }

    /// The file of an attachment.
    pub fn attachment(&self, sha256: &str) -> PathBuf {
        self.shard("attachments", sha256).join(sha256)
    }

    /// Are all files of a picture there?
    pub fn complete(&self, sha256: &str) -> bool {
        self.original(sha256).is_file() && self.derived(sha256, Size::Small).is_file()
    }

    /// Writes a picture's files beside their place and flushes them.
    pub fn stage(&self, original: &[u8], derived: &Derived) -> io::Result<Stage> {
        let dir = self.root.join("tmp").join(Uuid::new_v4().to_string());
        make_dir(&self.root, 0o750)?;
        make_dir(&dir, 0o700)?;
        let lock = File::open(&dir)?;
        lock.lock()?;
        let stage = Stage { dir, _lock: lock };
        write(&stage.dir.join("original"), original, 0o600)?;
        let made = stage.dir.join("derived");
        make_dir(&made, 0o750)?;
        for (size, bytes) in [(Size::Full, &derived.full), (Size::Large, &derived.large), (Size::Small, &derived.small)]
        {
            write(&made.join(size.file_name()), bytes, 0o640)?;
        }
        sync_dir(&made)?;
        Ok(stage)
    }

    /// Moves staged files to their place; each step leaves either nothing or whole files. For the holder of the hash's lock.
    pub fn place(&self, stage: &Stage, sha256: &str) -> io::Result<()> {
        let original = self.original(sha256);
        make_dir(&self.root.join("original"), 0o700)?;
        make_dir(parent(&original), 0o700)?;
        fs::rename(stage.dir.join("original"), &original)?;
        sync_dir(parent(&original))?;
        sync_dir(parent(parent(&original)))?;
        let derived = self.derived_dir(sha256);
        make_dir(parent(&derived), 0o750)?;
        match fs::remove_dir_all(&derived) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(stage.dir.join("derived"), &derived)?;
        sync_dir(parent(&derived))?;
        sync_dir(parent(parent(&derived)))
    }

    /// Removes a picture's files. For the holder of the hash's lock, when no row needs them.
    pub fn remove(&self, sha256: &str) -> io::Result<()> {
        absent_is_fine(fs::remove_dir_all(self.derived_dir(sha256)))?;
        absent_is_fine(fs::remove_file(self.original(sha256)))
    }

    /// Removes what writers that are no more left unfinished. Returns how many.
    pub fn clear_stages(&self) -> io::Result<usize> {
        let mut cleared = 0;
        for dir in entries(&self.root.join("tmp"))? {
            // Whoever still writes holds the lock; the kernel lets go of a dead process's.
            let Ok(lock) = File::open(&dir) else { continue };
            if lock.try_lock().is_ok() {
                absent_is_fine(fs::remove_dir_all(&dir))?;
                cleared += 1;
            }
        }
        Ok(cleared)
    }

    /// The hashes of all pictures of which there is any file.
    pub fn hashes(&self) -> io::Result<Vec<String>> {
        let mut hashes = Vec::new();
        for kind in ["original", "derived"] {
            for shard in entries(&self.root.join(kind))? {
                for entry in entries(&shard)? {
                    let name = entry.file_name().and_then(|n| n.to_str()).unwrap_or_default();
                    if name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()) {
                        hashes.push(name.to_owned());
                    }
                }
            }
        }
        hashes.sort_unstable();
        hashes.dedup();
        Ok(hashes)
    }

    /// Whose pictures these are; `None` when nobody has said yet.
    pub fn directory_id(&self) -> io::Result<Option<Uuid>> {
        match fs::read_to_string(self.root.join("directory-id")) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Says whose pictures these are.
    pub fn set_directory_id(&self, id: Uuid) -> io::Result<()> {
        make_dir(&self.root, 0o750)?;
        let new = self.root.join(format!("directory-id.{}", Uuid::new_v4()));
        write(&new, id.to_string().as_bytes(), 0o640)?;
        fs::rename(&new, self.root.join("directory-id"))?;
        sync_dir(&self.root)
    }

    fn derived_dir(&self, sha256: &str) -> PathBuf {
        self.shard("derived", sha256).join(sha256)
    }

    fn shard(&self, kind: &str, sha256: &str) -> PathBuf {
        self.root.join(kind).join(sha256.get(..2).unwrap_or_default())
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().expect("a picture's path has directories above it")
}

fn make_dir(dir: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(mode).create(dir)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(list) => list.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
