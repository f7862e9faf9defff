//! The model itself: all-MiniLM-L6-v2 on ONNX Runtime, through fastembed.
//!
//! ONNX Runtime is loaded at run time. fastembed would panic over a missing or too old library; we load it
//! ourselves first, so that either is an error a person can read and mend.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use fastembed::{
    EmbeddingModel, InitOptionsUserDefined, Pooling, QuantizationMode, TextEmbedding, TextInitOptions,
    UserDefinedEmbeddingModel,
};
use ort::environment::Environment;

use super::files::{self, ModelFiles, ModelId, Places};
use super::{BATCH, DIMENSIONS, EmbedError, Embedder, MAX_TOKENS, Vector};

/// A loaded model. Embedding needs it exclusively; [`super::Meaning`] gives it a thread of its own.
pub struct OnnxEmbedder {
    id: ModelId,
    model: TextEmbedding,
}

impl OnnxEmbedder {
    /// Loads the first model and the first usable runtime of these places. `threads` is how many cores one
    /// call may use. Takes about 0.2 s.
    pub fn load(places: &Places, threads: usize) -> Result<Self, EmbedError> {
        Self::open(&ModelFiles::find(&places.models)?, &places.runtimes, threads)
    }

    /// Loads exactly this model.
    pub fn open(files: &ModelFiles, runtimes: &[PathBuf], threads: usize) -> Result<Self, EmbedError> {
        let environment = runtime(runtimes)?;
        let bad = |why: String| EmbedError::BadModel { path: files.folder.clone(), why };
        let graph = fs::read(&files.graph).map_err(|error| bad(error.to_string()))?;
        let tokenizer = files.read_tokenizer().map_err(|error| bad(error.to_string()))?;
        let id = ModelId::of(&graph);
        let definition = UserDefinedEmbeddingModel::new(graph, tokenizer)
            .with_pooling(Pooling::Mean)
            // The shipped variant's weights alone are 8-bit: a text's vector does not depend on its batch.
            .with_quantization(QuantizationMode::None);
        let options = InitOptionsUserDefined::new()
            .with_environment(environment)
            .with_max_length(MAX_TOKENS)
            .with_intra_threads(threads)
            // Waiting threads sleep instead of burning the core that PostgreSQL or the window needs.
            .with_session_config("session.intra_op.allow_spinning", "0");
        let model =
            TextEmbedding::try_new_from_user_defined(definition, options).map_err(|error| bad(error.to_string()))?;
        let mut embedder = Self { id, model };
        let probe = embedder.embed(&["probe".to_owned()])?;
        match probe.first().map(Vec::len) {
            Some(DIMENSIONS) => Ok(embedder),
            other => Err(bad(format!("its vectors have {other:?} numbers, {DIMENSIONS} were expected"))),
        }
    }

    /// Fetches the model from its hub into `cache` with fastembed's own downloader, for an installation
    /// that has no other way to it. Needs a network; [`load`](Self::load) finds the files afterwards.
    pub fn fetch(cache: PathBuf, runtimes: &[PathBuf]) -> Result<(), EmbedError> {
        let environment = runtime(runtimes)?;
        let options = TextInitOptions::new(EmbeddingModel::AllMiniLML6V2)
            .with_cache_dir(cache)
            .with_environment(environment)
            .with_show_download_progress(false);
        TextEmbedding::try_new(options).map(drop).map_err(|error| EmbedError::Fetch(error.to_string()))
    }
}

impl Embedder for OnnxEmbedder {
    fn model_id(&self) -> &ModelId {
        &self.id
    }

    fn embed(&mut self, texts: &[String]) -> Result<Vec<Vector>, EmbedError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        self.model.embed(texts, Some(BATCH)).map_err(|error| EmbedError::Failed(error.to_string()))
    }

    fn pieces(&self, text: &str) -> usize {
        // What cannot be taken apart is no language.
        self.model.tokenizer.encode(text, false).map_or(usize::MAX, |pieces| pieces.len())
    }
}

/// ONNX Runtime, loaded once per process: the library cannot be changed afterwards, and fastembed demands
/// the same environment for every model.
fn runtime(places: &[PathBuf]) -> Result<Environment, EmbedError> {
    static LOADED: Mutex<Option<Environment>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(environment) = loaded.as_ref() {
        return Ok(environment.clone());
    }
    let mut refused = None;
    for library in files::runtimes(places) {
        match open(&library) {
            Ok(environment) => {
                *loaded = Some(environment.clone());
                return Ok(environment);
            }
            Err(why) => refused = refused.or(Some(EmbedError::BadRuntime { path: library, why })),
        }
    }
    Err(refused.unwrap_or_else(|| EmbedError::NoRuntime { searched: places.to_vec() }))
}

fn open(library: &Path) -> Result<Environment, String> {
    // A path is made absolute, because a relative one would be looked up beside the executable; a bare name
    // is left to the system's loader.
    let library = fs::canonicalize(library).unwrap_or_else(|_| library.to_path_buf());
    let builder = ort::init_from(&library).map_err(|error| error.to_string())?;
    builder.with_name("inventory").build().map_err(|error| error.to_string())
}
