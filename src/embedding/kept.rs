//! Vectors kept on disk by the hash of their text.
//!
//! Generated and judged inventories are embedded again and again while search is measured; a hundred
//! thousand texts take ten minutes on one core, reading them back a second. Never used for a person's own
//! inventory, whose vectors live in the database.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{DIMENSIONS, EmbedError, Embedder, ModelId, Vector};

type Key = [u8; 16];
type Known = HashMap<Key, Box<[f32]>>;

/// A model with a file of vectors it has already made.
pub struct Kept<E> {
    model: E,
    known: Known,
    file: BufWriter<File>,
}

impl<E: Embedder> Kept<E> {
    /// Keeps `model`'s vectors in `folder`, in a file of their own for each model id. A file cut short by a
    /// kill loses only its last, incomplete record.
    pub fn open(model: E, folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let name: String =
            model.model_id().as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = folder.join(format!("{name}.vectors"));
        let (known, whole) = read(&path)?;
        let file = File::options().create(true).append(true).open(&path)?;
        file.set_len(whole)?;
        Ok(Self { model, known, file: BufWriter::new(file) })
    }

    fn keep(&mut self, key: Key, vector: &[f32]) -> io::Result<()> {
        self.file.write_all(&key)?;
        for number in vector {
            self.file.write_all(&number.to_le_bytes())?;
        }
        self.known.insert(key, vector.into());
        Ok(())
    }
}

impl<E: Embedder> Embedder for Kept<E> {
    fn model_id(&self) -> &ModelId {
        self.model.model_id()
    }

    fn embed(&mut self, texts: &[String]) -> Result<Vec<Vector>, EmbedError> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let missing: Vec<usize> = (0..texts.len()).filter(|&n| !self.known.contains_key(&keys[n])).collect();
        if !missing.is_empty() {
            let unknown: Vec<String> = missing.iter().map(|&n| texts[n].clone()).collect();
            let made = self.model.embed(&unknown)?;
            for (n, vector) in missing.into_iter().zip(made) {
                self.keep(keys[n], &vector).map_err(|error| EmbedError::Failed(error.to_string()))?;
            }
            self.file.flush().map_err(|error| EmbedError::Failed(error.to_string()))?;
        }
        Ok(keys.iter().filter_map(|key| self.known.get(key)).map(|vector| vector.to_vec()).collect())
    }

    fn pieces(&self, text: &str) -> usize {
        self.model.pieces(text)
    }
}

fn key(text: &str) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
    key
}

/// Everything whole in the file, and how long the whole part is.
fn read(path: &Path) -> io::Result<(Known, u64)> {
    let mut known = HashMap::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((known, 0)),
        Err(error) => return Err(error),
    };
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut record = vec![0_u8; size_of::<Key>() + DIMENSIONS * size_of::<f32>()];
    let mut whole = 0;
    loop {
        match reader.read_exact(&mut record) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok((known, whole));
            }
            Err(error) => return Err(error),
        }
        whole += record.len() as u64;
        let (key, numbers) = record.split_at(size_of::<Key>());
        let mut owned = Key::default();
        owned.copy_from_slice(key);
        let vector = numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        known.insert(owned, vector);
    }
}
