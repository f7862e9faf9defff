//! Where the model and the ONNX Runtime may lie, and the one id an artifact has everywhere.
//!
//! A model folder holds one ONNX graph and four tokenizer files. Two layouts are understood: a plain folder
//! (`make model`'s, a package's), and a Hugging Face cache (`models--…/snapshots/…`). Which folders are
//! looked at, and in which order, is the configuration's decision.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::EmbedError;

/// The model's published name.
pub const MODEL_NAME: &str = "all-MiniLM-L6-v2";

/// File names of the graph, best first: our own build's default, a hub's layout, our full-precision build.
const GRAPHS: [&str; 3] = ["model.onnx", "onnx/model.onnx", "model-fp32.onnx"];

/// Our 8-bit graph has 25 MB, the original 90: bytes that tell the variants apart without a manifest.
const LARGEST_8_BIT: usize = 50_000_000;

const TOKENIZER_FILES: [&str; 4] =
    ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];

/// Name, variant and content hash of a model: two installations with the same id make the same vectors.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelId(String);

impl ModelId {
    /// The id of a graph: `all-MiniLM-L6-v2/q8-b32/sha256:` and the first 16 hexadecimal digits of its SHA-256.
    /// `q8-b32` is 8-bit weights in blocks of 32 (the recommended variant: a quarter of the size, half the
    /// time, cosine to the original above 0.998), `fp32` the original precision.
    pub fn of(graph: &[u8]) -> Self {
        let variant = if graph.len() < LARGEST_8_BIT { "q8-b32" } else { "fp32" };
        let digest = hex::encode(Sha256::digest(graph));
        Self(format!("{MODEL_NAME}/{variant}/sha256:{}", &digest[..16]))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ModelId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Where to look, best first.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Folders that may hold the model, or a Hugging Face cache with it.
    pub models: Vec<PathBuf>,
    /// Folders or files that may be ONNX Runtime's library.
    pub runtimes: Vec<PathBuf>,
}

/// The files of one complete model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    pub folder: PathBuf,
    /// The ONNX graph.
    pub graph: PathBuf,
}

impl ModelFiles {
    /// The first complete model in these folders.
    pub fn find(folders: &[PathBuf]) -> Result<Self, EmbedError> {
        folders
            .iter()
            .flat_map(|folder| candidates(folder))
            .find_map(|folder| Self::in_folder(&folder))
            .ok_or_else(|| EmbedError::NoModel { searched: folders.to_vec() })
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        if TOKENIZER_FILES.iter().any(|name| !folder.join(name).is_file()) {
            return None;
        }
        let graph = GRAPHS.into_iter().map(|name| folder.join(name)).find(|graph| graph.is_file())?;
        Some(Self { folder: folder.to_path_buf(), graph })
    }

    /// Tokenizer, config, special tokens and tokenizer settings, as fastembed wants them.
    pub(super) fn read_tokenizer(&self) -> io::Result<fastembed::TokenizerFiles> {
        let read = |name: &str| fs::read(self.folder.join(name));
        Ok(fastembed::TokenizerFiles {
            tokenizer_file: read(TOKENIZER_FILES[0])?,
            config_file: read(TOKENIZER_FILES[1])?,
            special_tokens_map_file: read(TOKENIZER_FILES[2])?,
            tokenizer_config_file: read(TOKENIZER_FILES[3])?,
        })
    }
}

/// The folder itself, the model's name under it, and the snapshots of a Hugging Face cache in it.
fn candidates(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_path_buf(), folder.join(MODEL_NAME)];
    for cache in [folder.to_path_buf(), folder.join("hub")] {
        for repository in children(&cache) {
            let name = repository.file_name().map(|name| name.to_string_lossy().into_owned());
            if name.is_some_and(|name| name.starts_with("models--") && name.contains(MODEL_NAME)) {
                found.extend(children(&repository.join("snapshots")));
            }
        }
    }
    found
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Every ONNX Runtime library in these places, best first: a file as it is, a bare name for the system's
/// loader, a folder's `libonnxruntime.so` and its numbered names.
pub fn runtimes(places: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for place in places {
        let bare_name = place.components().count() == 1 && place.extension().is_some();
        if bare_name || place.is_file() {
            found.push(place.clone());
            continue;
        }
        let plain = place.join("libonnxruntime.so");
        if plain.is_file() {
            found.push(plain);
            continue;
        }
        let numbered = children(place).into_iter().filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libonnxruntime.so."))
        });
        found.extend(numbered);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model_in(folder: &Path, graph: &str) {
        fs::create_dir_all(folder.join(graph).parent().expect("has a parent")).expect("folder made");
        fs::write(folder.join(graph), b"graph").expect("graph written");
        for name in TOKENIZER_FILES {
            fs::write(folder.join(name), b"{}").expect("file written");
        }
    }

    #[test]
    fn the_first_complete_folder_wins() {
        let root = tempfile::tempdir().expect("temporary folder");
        let (empty, half, whole) = (root.path().join("a"), root.path().join("b"), root.path().join("c"));
        fs::create_dir_all(&half).expect("folder made");
        fs::write(half.join("model.onnx"), b"graph").expect("graph written");
        model_in(&whole, "model.onnx");
        let found = ModelFiles::find(&[empty, half, whole.clone()]).expect("found");
        assert_eq!(found.folder, whole);
    }

    #[test]
    fn a_hugging_face_cache_is_understood() {
        let root = tempfile::tempdir().expect("temporary folder");
        let snapshot = root.path().join("hub/models--Qdrant--all-MiniLM-L6-v2-onnx/snapshots/abc");
        model_in(&snapshot, "model.onnx");
        let found = ModelFiles::find(&[root.path().to_path_buf()]).expect("found");
        assert_eq!(found.folder, snapshot);
    }

    #[test]
    fn nothing_found_names_where_it_looked_and_what_to_do() {
        let error = ModelFiles::find(&[PathBuf::from("/nowhere")]).expect_err("nothing there");
        assert_eq!(
            error.to_string(),
            "no search model found in /nowhere; `make model` builds it, `inventory fetch-model` fetches one"
        );
    }

    #[test]
    fn the_id_follows_the_content() {
        assert_ne!(ModelId::of(b"a"), ModelId::of(b"b"));
        assert_eq!(ModelId::of(b"a").as_str(), "all-MiniLM-L6-v2/q8-b32/sha256:ca978112ca1bbdca");
    }
}
