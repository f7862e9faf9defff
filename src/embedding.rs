//! Text to vectors with all-MiniLM-L6-v2, and the worker that keeps stored vectors fresh.
//!
//! The model lives in a thread of its own ([`Meaning`]); everything else asks it over a queue. The program
//! is usable before the model is ready and without it: whoever searches looks at [`ModelState`] first.
//!
//! - [`files`]: where the model and the ONNX Runtime may lie, and the one id an artifact has everywhere.
//! - [`onnx`]: the model itself, through fastembed.
//! - [`meaning`]: the thread, its queue (questions before bulk work) and the cache of query vectors.
//! - [`kept`]: vectors kept on disk by the hash of their text, for generated and judged inventories.

pub mod files;
pub mod kept;
pub mod meaning;
pub mod onnx;

use std::path::PathBuf;

pub use files::{ModelFiles, ModelId, Places};
pub use meaning::{Meaning, ModelState, finish};

/// Length of every vector: all-MiniLM-L6-v2's.
pub const DIMENSIONS: usize = 384;

/// Tokens of a text the model reads; the rest is cut off. The value the model was published with.
pub const MAX_TOKENS: usize = 256;

/// Texts embedded at once in bulk work. Larger batches are no faster and cost memory (measured: 171 texts a
/// second at 8, 146 at 32, on one thread).
pub const BATCH: usize = 8;

/// A text's meaning: [`DIMENSIONS`] numbers of unit length, so that the inner product is the cosine.
pub type Vector = Vec<f32>;

/// Something that turns texts into vectors.
pub trait Embedder: Send {
    /// Which artifact the vectors come from. Vectors of different ids must never be compared.
    fn model_id(&self) -> &ModelId;

    /// One vector per text, in order. A text's vector does not depend on the others in the call.
    fn embed(&mut self, texts: &[String]) -> Result<Vec<Vector>, EmbedError>;

    /// Of how many pieces of the model's vocabulary a text is made: few for real words, many for noise.
    fn pieces(&self, text: &str) -> usize;
}

/// What somebody typed, as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub vector: Vector,
    /// Its words, folded, with the number of pieces each is made of; see [`Embedder::pieces`].
    pub words: Vec<(String, usize)>,
}

impl Question {
    /// Of how many pieces all words together are made.
    pub fn pieces(&self) -> usize {
        self.words.iter().map(|(_, pieces)| pieces).fold(0, |sum, pieces| sum.saturating_add(*pieces))
    }

    /// Is this a word of the language the model was trained on, rather than a misspelt one?
    pub fn knows(&self, word: &str) -> bool {
        self.words.iter().any(|(known, pieces)| known == word && *pieces == 1)
    }
}

/// Why a text has no vector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// No folder holds a complete model.
    #[error("no search model found in {}; `make model` builds it, `inventory fetch-model` fetches one", shown(.searched))]
    NoModel { searched: Vec<PathBuf> },
    /// No ONNX Runtime library was found.
    #[error("no ONNX Runtime library found in {}; `make model` fetches it", shown(.searched))]
    NoRuntime { searched: Vec<PathBuf> },
    /// A library was found, but cannot be used (most often: too old).
    #[error("the ONNX Runtime at {} cannot be used: {why}", path.display())]
    BadRuntime { path: PathBuf, why: String },
    /// The model's files were found, but cannot be used.
    #[error("the search model in {} cannot be used: {why}", path.display())]
    BadModel { path: PathBuf, why: String },
    /// The model refused this text.
    #[error("the search model failed: {0}")]
    Failed(String),
    /// The model is still being loaded.
    #[error("the search model is being loaded")]
    Loading,
    /// Fetching the model from its hub failed.
    #[error("the search model could not be fetched: {0}")]
    Fetch(String),
    /// Words alone were asked for.
    #[error("meaning was not asked for")]
    NotAsked,
    /// The thread that owns the model has ended.
    #[error("the search model has stopped")]
    Stopped,
}

fn shown(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return "no folder (none was given)".into();
    }
    let shown: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    shown.join(", ")
}
