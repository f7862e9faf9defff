//! From an archive into a database and a directory: one thread reads, the database takes what it reads, neither ever holds
//! more than some blocks.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{Cursor, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::pin::pin;

use futures::SinkExt;
use tokio::sync::mpsc;
use tokio_postgres::Client;

use super::pictures::{Staging, Writing};
use super::{RestoreError, Step, Tell};
use crate::services::backup::ArchiveError;
use crate::services::backup::manifest::Manifest;
use crate::services::backup::read::{Part, Reader, Sink};
use crate::store::backup::Table;
use crate::store::{StoreError, backup};

/// Fills the database this client is connected to, and the pictures' directory where there is one.
pub struct Fill<'a> {
    pub client: &'a Client,
    pub staging: Option<&'a Staging>,
    pub tell: &'a Tell,
}

/// What the reading thread hands on of tables.
enum Piece {
    Begin(usize),
    Data(Vec<u8>),
    End,
}

impl Fill<'_> {
    /// Returns the hashes of files that were damaged when the backup was made.
    pub async fn run(self, reader: Reader) -> Result<Vec<String>, RestoreError> {
        let manifest = reader.manifest.clone();
        let there = backup::tables(self.client).await?;
        for part in &manifest.tables {
            let known = there.iter().find(|table| table.name == part.name);
            let known = known.ok_or_else(|| RestoreError::UnknownTable(part.name.clone()))?;
            let mut columns = part.columns.clone();
            let mut its = known.columns.clone();
            columns.sort_unstable();
            its.sort_unstable();
            if columns != its {
                return Err(RestoreError::UnknownTable(format!("{} ({})", part.name, part.columns.join(", "))));
            }
        }
        backup::begin_fill(self.client).await?;
        let (pieces, taken) = mpsc::channel(8);
        let staging = self.staging.cloned();
        let mut sink = Handing { manifest: manifest.clone(), pieces, staging, writing: None, in_table: false };
        let reading = tokio::task::spawn_blocking(move || reader.read(&mut sink));
        let filled = self.tables(&manifest, taken).await;
        let read = reading.await.unwrap_or(Err(ArchiveError::CutOff));
        // A database that refuses ends the reading; a broken archive ends the filling.
        let end = match (filled, read) {
            (Err(error), Err(ArchiveError::Abandoned) | Ok(_)) => return Err(error),
            (_, read) => read?,
        };
        backup::end_fill(self.client, &manifest.sequences).await?;
        for part in &manifest.tables {
            let rows = backup::count(self.client, &part.name).await?;
            if rows != part.rows {
                let what = format!("{} has {rows} rows, the manifest says {}", part.name, part.rows);
                return Err(RestoreError::Unsound(what));
            }
        }
        Ok(end.damaged)
    }

    async fn tables(&self, manifest: &Manifest, mut pieces: mpsc::Receiver<Piece>) -> Result<(), RestoreError> {
        let total = manifest.rows();
        let mut done = 0;
        while let Some(piece) = pieces.recv().await {
            let Piece::Begin(index) = piece else { continue };
            (self.tell)(Step::Filling(done, total));
            let part = &manifest.tables[index];
            let table = Table { name: part.name.clone(), columns: part.columns.clone() };
            let mut copying = pin!(backup::copy_in(self.client, &table).await?);
            let rows = loop {
                match pieces.recv().await {
                    Some(Piece::Data(bytes)) => {
                        copying.send(Cursor::new(bytes)).await.map_err(|error| refused(&part.name, error))?;
                    }
                    Some(Piece::End) => {
                        break copying.as_mut().finish().await.map_err(|error| refused(&part.name, error))?;
                    }
                    // The reader has met something broken and says what.
                    Some(Piece::Begin(_)) | None => return Ok(()),
                }
            };
            done += rows;
        }
        (self.tell)(Step::Filling(done, total));
        Ok(())
    }
}

/// Rows that a constraint refuses are the archive's fault, not the database's.
fn refused(table: &str, error: tokio_postgres::Error) -> RestoreError {
    match StoreError::from(error) {
        StoreError::Refused { constraint, message } => {
            RestoreError::Unsound(format!("`{table}`, constraint {constraint}: {message}"))
        }
        StoreError::Other(error) if error.as_db_error().is_some() => {
            let said = error.as_db_error().map(|db| db.message().to_owned()).unwrap_or_default();
            RestoreError::Unsound(format!("`{table}`: {said}"))
        }
        other => other.into(),
    }
}

/// Tables go to the database's side, files to the disk.
struct Handing {
    manifest: Manifest,
    pieces: mpsc::Sender<Piece>,
    staging: Option<Staging>,
    writing: Option<Writing>,
    in_table: bool,
}

impl Handing {
    fn hand(&self, piece: Piece) -> Result<(), ArchiveError> {
        self.pieces.blocking_send(piece).map_err(|_| ArchiveError::Abandoned)
    }

    fn disk(&self) -> impl Fn(std::io::Error) -> ArchiveError + use<> {
        let path = self.staging.as_ref().map(Staging::dir).unwrap_or_default();
        move |error| ArchiveError::File { path: path.clone(), error }
    }
}

impl Sink for Handing {
    fn begin(&mut self, part: Part) -> Result<(), ArchiveError> {
        let disk = self.disk();
        self.in_table = matches!(part, Part::Table(_));
        match (part, &self.staging) {
            (Part::Table(index), _) => self.hand(Piece::Begin(index))?,
            (Part::Picture(index), Some(staging)) => {
                self.writing = Some(staging.picture(&self.manifest.pictures[index].sha256).map_err(disk)?);
            }
            (Part::Attachment(index), Some(staging)) => {
                self.writing = Some(staging.attachment(&self.manifest.attachments[index].sha256).map_err(disk)?);
            }
            (Part::Picture(_) | Part::Attachment(_) | Part::Machine(_), _) => self.writing = None,
        }
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let disk = self.disk();
        match &mut self.writing {
            Some(writing) => writing.write(bytes).map_err(disk),
            None if self.in_table => self.hand(Piece::Data(bytes.to_vec())),
            // A file that nobody wants is only compared with its hash.
            None => Ok(()),
        }
    }

    fn end(&mut self, part: Part, sound: bool) -> Result<(), ArchiveError> {
        let disk = self.disk();
        match (part, self.writing.take()) {
            // One that is not sound is never ended, so that the database does not keep it.
            (Part::Table(_), _) if sound => self.hand(Piece::End),
            (_, Some(writing)) => writing.end(sound).map_err(disk),
            _ => Ok(()),
        }
    }
}

/// Writes the machine's files below a directory.
pub fn unpack_machine(reader: Reader, dir: &Path) -> Result<Vec<PathBuf>, RestoreError> {
    let mut unpacking = Unpacking { dir, manifest: reader.manifest.clone(), open: None, written: Vec::new() };
    reader.read(&mut unpacking)?;
    Ok(unpacking.written)
}

struct Unpacking<'a> {
    dir: &'a Path,
    manifest: Manifest,
    open: Option<fs::File>,
    written: Vec<PathBuf>,
}

impl Sink for Unpacking<'_> {
    fn begin(&mut self, part: Part) -> Result<(), ArchiveError> {
        let Part::Machine(index) = part else { return Ok(()) };
        let file = &self.manifest.machine[index];
        // The manifest was checked: the path is absolute and has no step up.
        let path = self.dir.join(file.path.strip_prefix("/").unwrap_or(&file.path));
        let disk = |error| ArchiveError::File { path: path.clone(), error };
        if let Some(above) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(above).map_err(disk)?;
        }
        // Never more than its owner may: whoever installs it decides.
        let mode = file.mode & 0o700;
        self.open = Some(OpenOptions::new().write(true).create_new(true).mode(mode | 0o600).open(&path).map_err(disk)?);
        self.written.push(path);
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        match &mut self.open {
            Some(file) => {
                file.write_all(bytes).map_err(|error| ArchiveError::File { path: self.dir.to_owned(), error })
            }
            None => Ok(()),
        }
    }

    fn end(&mut self, _: Part, _: bool) -> Result<(), ArchiveError> {
        match self.open.take() {
            Some(file) => file.sync_all().map_err(|error| ArchiveError::File { path: self.dir.to_owned(), error }),
            None => Ok(()),
        }
    }
}
