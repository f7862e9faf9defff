//! Reads an archive once, from front to back, and believes nothing that does not agree with its manifest. Blocking.
//!
//! tar is read here, not by its crate: every part must be the plain file that the manifest says comes next, so there is no
//! need for long names, links, sparse files or directories, nor for what hostile ones of them can do.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use age::secrecy::SecretString;
use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

use super::manifest::{End, LARGEST_MANIFEST, Manifest};
use super::{ArchiveError, passphrase};

/// The largest window a decompressor gives memory to, as a power of two: that of zstd's highest usual level.
const LARGEST_WINDOW: u32 = 27;
/// How much of a part is handed on at once.
const BLOCK: usize = 1 << 16;
const TAR_BLOCK: usize = 512;
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const AGE_MAGIC: &[u8] = b"age-encryption.org/";

/// A part of an archive, by its place in the manifest's list of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Table(usize),
    Picture(usize),
    Attachment(usize),
    Machine(usize),
}

/// Takes the parts, one after the other.
pub trait Sink {
    fn begin(&mut self, part: Part) -> Result<(), ArchiveError>;
    fn data(&mut self, bytes: &[u8]) -> Result<(), ArchiveError>;
    /// `sound`: the content is what its hash says. A table that is not ends the reading before.
    fn end(&mut self, part: Part, sound: bool) -> Result<(), ArchiveError>;
}

/// Takes nothing: for whoever only wants to know whether all is well.
pub struct Nothing;

impl Sink for Nothing {
    fn begin(&mut self, _: Part) -> Result<(), ArchiveError> {
        Ok(())
    }
    fn data(&mut self, _: &[u8]) -> Result<(), ArchiveError> {
        Ok(())
    }
    fn end(&mut self, _: Part, _: bool) -> Result<(), ArchiveError> {
        Ok(())
    }
}

/// An archive whose manifest has been read.
pub struct Reader {
    from: Box<dyn Read + Send>,
    pub manifest: Manifest,
}

/// Is the file encrypted?
pub fn is_encrypted(path: &Path) -> Result<bool, ArchiveError> {
    let mut file = open(path)?;
    Ok(begins_with(&mut file, AGE_MAGIC))
}

fn open(path: &Path) -> Result<BufReader<File>, ArchiveError> {
    let file = |error| ArchiveError::File { path: path.to_owned(), error };
    let opened = File::open(path).map_err(file)?;
    if !opened.metadata().map_err(file)?.is_file() {
        return Err(ArchiveError::NoArchive);
    }
    Ok(BufReader::with_capacity(1 << 18, opened))
}

fn begins_with(file: &mut BufReader<File>, magic: &[u8]) -> bool {
    file.fill_buf().is_ok_and(|start| start.starts_with(magic))
}

impl Reader {
    /// Opens an archive and reads its manifest.
    pub fn open(path: &Path, passphrase: Option<&SecretString>) -> Result<Self, ArchiveError> {
        let mut file = open(path)?;
        let compressed: Box<dyn BufRead + Send> = if begins_with(&mut file, AGE_MAGIC) {
            let passphrase = passphrase.ok_or(ArchiveError::Encrypted)?;
            Box::new(BufReader::with_capacity(1 << 17, passphrase::decrypt(file, passphrase, path)?))
        } else if begins_with(&mut file, &ZSTD_MAGIC) {
            Box::new(file)
        } else {
            return Err(ArchiveError::NoArchive);
        };
        let mut plain = zstd::Decoder::with_buffer(compressed).map_err(|_| ArchiveError::NoArchive)?;
        plain.window_log_max(LARGEST_WINDOW).map_err(|_| ArchiveError::NoArchive)?;
        let mut from: Box<dyn Read + Send> = Box::new(plain);
        let text = small_part(&mut from, "manifest.json")?;
        Ok(Self { from, manifest: Manifest::parse(&text)? })
    }

    /// Reads everything and gives it to `sink`. Returns what the archive says is wrong with it: nothing else is.
    pub fn read(mut self, sink: &mut dyn Sink) -> Result<End, ArchiveError> {
        let manifest = self.manifest.clone();
        let mut unsound = Vec::new();
        for (index, table) in manifest.tables.iter().enumerate() {
            let name = table.part();
            if !self.part(&name, table.bytes, &table.sha256, Part::Table(index), sink)? {
                return Err(ArchiveError::Hash { part: name });
            }
        }
        for (index, file) in manifest.pictures.iter().enumerate() {
            let name = format!("pictures/{}", file.sha256);
            if !self.part(&name, file.bytes, &file.sha256, Part::Picture(index), sink)? {
                unsound.push((name, file.sha256.clone()));
            }
        }
        for (index, file) in manifest.attachments.iter().enumerate() {
            let name = format!("attachments/{}", file.sha256);
            if !self.part(&name, file.bytes, &file.sha256, Part::Attachment(index), sink)? {
                unsound.push((name, file.sha256.clone()));
            }
        }
        for (index, file) in manifest.machine.iter().enumerate() {
            let name = format!("machine/{index}");
            if !self.part(&name, file.bytes, &file.sha256, Part::Machine(index), sink)? {
                return Err(ArchiveError::Hash { part: name });
            }
        }
        let text = small_part(&mut self.from, "end.json")?;
        let end: End = serde_json::from_slice(&text)
            .map_err(|error| ArchiveError::Broken { part: "end.json".into(), reason: error.to_string() })?;
        // Two empty blocks, then the compressor's own end with its checksum; nothing else comes.
        let mut rest = Vec::new();
        self.from.by_ref().take(1 << 20).read_to_end(&mut rest).map_err(|error| broken("its end", &error))?;
        if rest.iter().any(|byte| *byte != 0) || rest.len() < 2 * TAR_BLOCK {
            return Err(ArchiveError::CutOff);
        }
        match unsound.into_iter().find(|(_, hash)| !end.damaged.contains(hash)) {
            Some((part, _)) => Err(ArchiveError::Hash { part }),
            None => Ok(end),
        }
    }

    /// Reads the part that must come now. Returns whether its content is what its hash says.
    fn part(
        &mut self,
        name: &str,
        bytes: u64,
        sha256: &str,
        part: Part,
        sink: &mut dyn Sink,
    ) -> Result<bool, ArchiveError> {
        let found = header(&mut self.from, name)?;
        if found != bytes {
            let reason = format!("{found} bytes, but the manifest says {bytes}");
            return Err(ArchiveError::Broken { part: name.to_owned(), reason });
        }
        sink.begin(part)?;
        let mut hash = Sha256::new();
        let mut block = vec![0; BLOCK];
        let mut left = bytes;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            self.from.read_exact(&mut block[..wanted]).map_err(|error| broken(name, &error))?;
            hash.update(&block[..wanted]);
            sink.data(&block[..wanted])?;
            left -= wanted as u64;
        }
        skip_padding(&mut self.from, name, bytes)?;
        let sound = hex::encode(hash.finalize()) == sha256;
        sink.end(part, sound)?;
        Ok(sound)
    }
}

/// A part that is read as a whole.
fn small_part(from: &mut impl Read, name: &str) -> Result<Vec<u8>, ArchiveError> {
    let bytes = header(from, name)?;
    if bytes > LARGEST_MANIFEST {
        return Err(ArchiveError::Broken { part: name.to_owned(), reason: format!("{bytes} bytes are too many") });
    }
    let mut text = Vec::new();
    from.take(bytes).read_to_end(&mut text).map_err(|error| broken(name, &error))?;
    if text.len() as u64 != bytes {
        return Err(ArchiveError::CutOff);
    }
    skip_padding(from, name, bytes)?;
    Ok(text)
}

/// Reads the header of the part that must come now. Returns its size.
fn header(from: &mut impl Read, name: &str) -> Result<u64, ArchiveError> {
    let mut block = [0; TAR_BLOCK];
    from.read_exact(&mut block).map_err(|error| broken(name, &error))?;
    if block.iter().all(|byte| *byte == 0) {
        return Err(ArchiveError::CutOff);
    }
    let header = Header::from_byte_slice(&block);
    let wrong = |reason: &str| ArchiveError::Broken { part: name.to_owned(), reason: reason.to_owned() };
    // The checksum's own eight bytes count as blanks.
    let sum: u32 =
        block.iter().enumerate().map(|(at, b)| if (148..156).contains(&at) { 32 } else { u32::from(*b) }).sum();
    if header.cksum().ok() != Some(sum) {
        return Err(if name == "manifest.json" { ArchiveError::NoArchive } else { wrong("its header is damaged") });
    }
    if header.entry_type() != EntryType::Regular {
        return Err(wrong("it is no plain file"));
    }
    if header.path_bytes() != name.as_bytes() {
        let found = String::from_utf8_lossy(&header.path_bytes()).escape_debug().to_string();
        return Err(wrong(&format!("`{found}` is in its place")));
    }
    header.size().map_err(|_| wrong("its size is none"))
}

fn skip_padding(from: &mut impl Read, name: &str, bytes: u64) -> Result<(), ArchiveError> {
    let over = (bytes % TAR_BLOCK as u64) as usize;
    if over > 0 {
        let mut padding = [0; TAR_BLOCK];
        from.read_exact(&mut padding[over..]).map_err(|error| broken(name, &error))?;
    }
    Ok(())
}

fn broken(part: &str, error: &io::Error) -> ArchiveError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return ArchiveError::CutOff;
    }
    ArchiveError::Broken { part: part.to_owned(), reason: error.to_string() }
}
