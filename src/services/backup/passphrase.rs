//! Encryption with a passphrase: age's, with the same work to try one passphrase whatever machine it is done on.
//!
//! age's crate would choose as much work as takes this machine a second, and refuse at reading what would take it more
//! than sixteen: a backup of a fast machine would not open on a slow or busy one, which is where it is wanted.

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Read};
use std::iter;
use std::path::Path;

use age::scrypt::{Identity, Recipient};
use age::secrecy::SecretString;
use age::stream::StreamWriter;
use age::{DecryptError, Decryptor, Encryptor};

use super::ArchiveError;

/// scrypt's log2(N) at r = 8, p = 1: 128 MB and a second of a Raspberry Pi 4, as OWASP's Password Storage Cheat Sheet has it.
const WORK: u8 = 17;

/// The most that is read: 1 GB, which archives of earlier versions may ask for.
const MOST_WORK: u8 = 20;

/// Whatever is written to what is returned is encrypted in the file.
pub(super) fn encrypt(file: BufWriter<File>, passphrase: SecretString) -> io::Result<StreamWriter<BufWriter<File>>> {
    let mut recipient = Recipient::new(passphrase);
    recipient.set_work_factor(WORK);
    Encryptor::with_recipients(iter::once(&recipient as _)).map_err(io::Error::other)?.wrap_output(file)
}

/// What `file` holds. The path is for what is said of errors.
pub(super) fn decrypt(
    file: impl BufRead + Send + 'static,
    passphrase: &SecretString,
    path: &Path,
) -> Result<Box<dyn Read + Send>, ArchiveError> {
    let mut identity = Identity::new(passphrase.clone());
    identity.set_max_work_factor(MOST_WORK);
    let decryptor = Decryptor::new_buffered(file).map_err(|_| ArchiveError::NoArchive)?;
    match decryptor.decrypt(iter::once(&identity as _)) {
        Ok(plain) => Ok(Box::new(plain)),
        Err(DecryptError::Io(error)) => Err(ArchiveError::File { path: path.to_owned(), error }),
        Err(DecryptError::ExcessiveWork { required, .. }) => {
            Err(ArchiveError::Work { needed: megabytes(required), most: megabytes(MOST_WORK) })
        }
        Err(_) => Err(ArchiveError::Passphrase),
    }
}

/// scrypt keeps 128 · r bytes for each of its N steps.
fn megabytes(work: u8) -> u64 {
    1_u64.checked_shl(u32::from(work)).map_or(u64::MAX, |steps| steps.saturating_mul(128 * 8) >> 20)
}
