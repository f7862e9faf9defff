//! Writes an archive, part by part, never more than a block of it in memory. Blocking: for a thread that may wait.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use age::secrecy::SecretString;
use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

use super::passphrase;

/// zstd's own usual level: half the size of level 1 at twice the time, which a Pi still writes faster than its card.
const LEVEL: i32 = 3;

/// An archive that is being written.
pub struct Writer {
    tar: tar::Builder<zstd::Encoder<'static, Output>>,
}

/// The file, or what encrypts on the way to it.
enum Output {
    Plain(BufWriter<File>),
    Encrypted(Box<age::stream::StreamWriter<BufWriter<File>>>),
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Encrypted(stream) => stream.flush(),
        }
    }
}

impl Writer {
    /// Begins an archive in an empty file, encrypted when there is a passphrase.
    pub fn begin(file: File, passphrase: Option<SecretString>) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 18, file);
        let output = match passphrase {
            None => Output::Plain(file),
            Some(passphrase) => Output::Encrypted(Box::new(passphrase::encrypt(file, passphrase)?)),
        };
        let mut encoder = zstd::Encoder::new(output, LEVEL)?;
        encoder.include_checksum(true)?;
        Ok(Self { tar: tar::Builder::new(encoder) })
    }

    /// A part that is in memory.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.tar.append(&header(name, bytes.len() as u64)?, bytes)
    }

    /// A part that is a file of just this many bytes. Returns the SHA-256 of what was written.
    pub fn file(&mut self, name: &str, path: &Path, bytes: u64) -> io::Result<String> {
        let mut reading = Hashed::of(BufReader::with_capacity(1 << 17, File::open(path)?).take(bytes));
        self.tar.append(&header(name, bytes)?, &mut reading)?;
        if reading.count != bytes {
            let what = format!("{}: it became shorter while it was read", path.display());
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
        }
        Ok(reading.end().0)
    }

    /// Ends the archive and flushes it to the disk.
    pub fn end(self) -> io::Result<()> {
        let mut output = self.tar.into_inner()?.finish()?;
        output.flush()?;
        let file = match output {
            Output::Plain(file) => file,
            Output::Encrypted(stream) => stream.finish()?,
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

/// The same bytes for the same part, whoever writes it and when.
fn header(name: &str, bytes: u64) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_path(name)?;
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    Ok(header)
}

/// A file's SHA-256 and size.
pub fn hash(path: &Path) -> io::Result<(String, u64)> {
    let mut reading = Hashed::of(File::open(path)?);
    io::copy(&mut reading, &mut io::sink())?;
    Ok(reading.end())
}

/// Hashes and counts what is read through it.
pub struct Hashed<R> {
    from: R,
    hash: Sha256,
    count: u64,
}

impl<R: Read> Hashed<R> {
    pub fn of(from: R) -> Self {
        Self { from, hash: Sha256::new(), count: 0 }
    }

    /// SHA-256, hexadecimal, and number of the bytes read.
    pub fn end(self) -> (String, u64) {
        (hex::encode(self.hash.finalize()), self.count)
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.hash.update(&into[..count]);
        self.count += count as u64;
        Ok(count)
    }
}
