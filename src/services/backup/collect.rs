//! Gathers what goes into an archive: tables from the database, files from the disk.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use futures::StreamExt;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use time::OffsetDateTime;

use super::manifest::{End, FORMAT, FilePart, MachinePart, Manifest, SchemaStep, TablePart};
use super::write::{self, Writer};
use super::{BackupError, Full, Made, Progress, Tell, shelf};
use crate::services::photos::PhotoFiles;
use crate::store::StoreError;
use crate::store::backup::{self, KeptFile};

/// What unfinished backups are called; whoever begins the next one removes them.
const UNFINISHED: &str = ".backup-";

/// The directory of archives, with a place to work in that goes with the value.
pub struct Bench {
    dir: PathBuf,
    work: TempDir,
    /// Held as long as this backup is being made.
    _lock: File,
}

/// What the database gave, as of one moment.
pub struct Contents {
    postgresql: String,
    schema: Vec<SchemaStep>,
    tables: Vec<TablePart>,
    sequences: BTreeMap<String, i64>,
    pictures: Vec<KeptFile>,
    attachments: Vec<KeptFile>,
}

impl Bench {
    /// Makes the directory when it is missing, closed to others, and a place to work in.
    pub fn prepare(dir: &Path) -> Result<Self, BackupError> {
        let disk = |error| BackupError::Disk { path: dir.to_owned(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(disk)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(dir.join(".lock"))
            .map_err(disk)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(BackupError::Busy(dir.to_owned())),
            Err(fs::TryLockError::Error(error)) => return Err(disk(error)),
        }
        for entry in fs::read_dir(dir).map_err(disk)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_dir_all(entry.path()).map_err(disk)?;
            }
        }
        let work = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(dir).map_err(disk)?;
        Ok(Self { dir: dir.to_owned(), work, _lock: lock })
    }

    fn table(&self, name: &str) -> PathBuf {
        self.work.path().join(format!("{name}.csv"))
    }
}

/// Reads all tables within the snapshot that was begun on this session, into files.
pub async fn tables(session: &tokio_postgres::Client, bench: &Bench, tell: &Tell) -> Result<Contents, BackupError> {
    let tables = backup::tables(session).await?;
    let mut parts = Vec::with_capacity(tables.len());
    for (done, table) in tables.iter().enumerate() {
        tell(Progress::Tables(done, tables.len()));
        let path = bench.table(&table.name);
        let disk = |error| BackupError::Disk { path: path.clone(), error };
        let rows = backup::count(session, &table.name).await?;
        let stream = backup::copy_out(session, table).await?;
        let mut stream = std::pin::pin!(stream);
        let mut file = tokio::fs::File::create_new(&path).await.map_err(disk)?;
        let (mut hash, mut bytes) = (Sha256::new(), 0);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(StoreError::from)?;
            hash.update(&chunk);
            bytes += chunk.len() as u64;
            tokio::io::AsyncWriteExt::write_all(&mut file, &chunk).await.map_err(disk)?;
        }
        tokio::io::AsyncWriteExt::flush(&mut file).await.map_err(disk)?;
        parts.push(TablePart {
            name: table.name.clone(),
            columns: table.columns.clone(),
            rows,
            bytes,
            sha256: hex::encode(hash.finalize()),
        });
    }
    tell(Progress::Tables(tables.len(), tables.len()));
    Ok(Contents {
        postgresql: backup::server_version(session).await?,
        schema: backup::applied(session).await?.into_iter().map(SchemaStep::from).collect(),
        tables: parts,
        sequences: backup::sequences(session).await?,
        pictures: backup::pictures(session).await?,
        attachments: backup::attachments(session).await?,
    })
}

/// Writes the archive and gives it its name.
pub fn archive(
    bench: Bench,
    begun: OffsetDateTime,
    contents: Contents,
    files: Option<&PhotoFiles>,
    full: Option<Full>,
    tell: &Tell,
) -> Result<Made, BackupError> {
    let mut lost = Vec::new();
    let pictures = there(contents.pictures, &mut lost, |hash| files.map(|files| files.original(hash)));
    let attachments = there(contents.attachments, &mut lost, |hash| files.map(|files| files.attachment(hash)));
    let machine = match &full {
        Some(full) => machine(&full.machine)?,
        None => Vec::new(),
    };
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: begun,
        postgresql: contents.postgresql,
        schema: contents.schema,
        tables: contents.tables,
        sequences: contents.sequences,
        pictures: pictures.iter().map(|(part, _)| part.clone()).collect(),
        attachments: attachments.iter().map(|(part, _)| part.clone()).collect(),
        lost,
        machine,
    };
    let work = bench.work.path().join("archive");
    let disk = |error| BackupError::Disk { path: bench.dir.clone(), error };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&work).map_err(disk)?;
    let encrypted = full.is_some();
    let mut writer = Writer::begin(file, full.map(|full| full.passphrase)).map_err(disk)?;
    let text = serde_json::to_vec(&manifest).map_err(|error| disk(error.into()))?;
    writer.bytes("manifest.json", &text).map_err(disk)?;
    for table in &manifest.tables {
        let path = bench.table(&table.name);
        let hash = writer.file(&table.part(), &path, table.bytes).map_err(disk)?;
        if hash != table.sha256 {
            return Err(BackupError::Changing { path });
        }
        fs::remove_file(&path).map_err(disk)?;
    }
    let mut end = End::default();
    let total = pictures.len() + attachments.len();
    let kinds = [("pictures", &pictures), ("attachments", &attachments)];
    for (done, (kind, part, path)) in
        kinds.iter().flat_map(|(kind, files)| files.iter().map(move |(part, path)| (kind, part, path))).enumerate()
    {
        tell(Progress::Files(done, total));
        let broken = |error| BackupError::Disk { path: path.clone(), error };
        let hash = writer.file(&format!("{kind}/{}", part.sha256), path, part.bytes).map_err(broken)?;
        if hash != part.sha256 {
            end.damaged.push(part.sha256.clone());
        }
    }
    tell(Progress::Files(total, total));
    for (index, file) in manifest.machine.iter().enumerate() {
        let broken = |error| BackupError::Disk { path: file.path.clone(), error };
        if writer.file(&format!("machine/{index}"), &file.path, file.bytes).map_err(broken)? != file.sha256 {
            return Err(BackupError::Changing { path: file.path.clone() });
        }
    }
    let text = serde_json::to_vec(&end).map_err(|error| disk(error.into()))?;
    writer.bytes("end.json", &text).map_err(disk)?;
    writer.end().map_err(disk)?;
    let path = place(&work, &bench.dir, begun, encrypted).map_err(disk)?;
    let bytes = fs::metadata(&path).map_err(disk)?.len();
    drop(bench);
    Ok(Made { path, bytes, manifest, damaged: end.damaged })
}

/// Gives the archive a name that no other has.
fn place(work: &Path, dir: &Path, begun: OffsetDateTime, encrypted: bool) -> io::Result<PathBuf> {
    // The directory's lock is held; nobody takes the name meanwhile.
    let path = (0..=9_999)
        .map(|again| dir.join(shelf::name(begun, encrypted, again)))
        .find(|path| !path.exists())
        .ok_or(io::ErrorKind::AlreadyExists)?;
    fs::rename(work, &path)?;
    File::open(dir)?.sync_all()?;
    Ok(path)
}

/// The files that are there, with their size; the others are noted as lost.
fn there(
    named: Vec<KeptFile>,
    lost: &mut Vec<String>,
    place: impl Fn(&str) -> Option<PathBuf>,
) -> Vec<(FilePart, PathBuf)> {
    let mut found = Vec::with_capacity(named.len());
    for file in named {
        let about = place(&file.sha256).and_then(|path| Some((fs::metadata(&path).ok()?, path)));
        match about {
            Some((about, path)) if about.is_file() => {
                found.push((FilePart { sha256: file.sha256, bytes: about.len() }, path));
            }
            _ => lost.push(file.sha256),
        }
    }
    found
}

/// The machine's files below these paths, hashed. Links are left out: they lead elsewhere on another machine.
fn machine(paths: &[PathBuf]) -> Result<Vec<MachinePart>, BackupError> {
    let mut parts: Vec<MachinePart> = Vec::new();
    let mut left: Vec<PathBuf> = paths.to_vec();
    while let Some(path) = left.pop() {
        let disk = |error| BackupError::Disk { path: path.clone(), error };
        let about = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            about => about.map_err(disk)?,
        };
        if about.is_dir() {
            for entry in fs::read_dir(&path).map_err(disk)? {
                left.push(entry.map_err(disk)?.path());
            }
        } else if about.is_file() {
            let (sha256, bytes) = write::hash(&path).map_err(disk)?;
            parts.push(MachinePart { mode: about.mode() & 0o7777, bytes, sha256, path });
        }
    }
    parts.sort_by(|a, b| a.path.cmp(&b.path));
    parts.dedup_by(|a, b| a.path == b.path);
    Ok(parts)
}

/// Writes a file beside its place and flushes it, then gives it its name.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(dir)?.sync_all()
}
