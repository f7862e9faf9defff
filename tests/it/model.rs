//! The real model: its vectors against reference vectors made by other software, and its thread.

use std::path::PathBuf;
use std::sync::OnceLock;

use inventory::config::{Config, Flags};
use inventory::embedding::files::{ModelFiles, runtimes};
use inventory::embedding::kept::Kept;
use inventory::embedding::onnx::OnnxEmbedder;
use inventory::embedding::{DIMENSIONS, EmbedError, Embedder, Meaning, ModelState, Places, Vector};
use serde::Deserialize;

/// Where this machine has model and runtime; the tests say how to make them when it has not.
pub fn places() -> Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES
        .get_or_init(|| {
            let paths = Config::load(&Flags::default()).expect("the settings are valid").paths;
            let places = Places { models: paths.model_dirs(), runtimes: paths.onnx_runtimes() };
            ModelFiles::find(&places.models).unwrap_or_else(|error| panic!("these tests need the real model: {error}"));
            places
        })
        .clone()
}

#[derive(Deserialize)]
struct Reference {
    text: String,
    vector: Vector,
}

/// Vectors of awkward texts by the original weights in double precision.
fn references() -> Vec<Reference> {
    serde_json::from_str(include_str!("data/reference_vectors.json")).expect("the file is valid")
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
    let length = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
    dot / (length(a) * length(b))
}

fn check_against_references(mut model: impl Embedder, least: f32) {
    let references = references();
    let texts: Vec<String> = references.iter().map(|reference| reference.text.clone()).collect();
    let together = model.embed(&texts).expect("the model embeds");
    for (reference, batched) in references.iter().zip(&together) {
        assert_eq!(batched.len(), DIMENSIONS);
        let agreement = cosine(batched, &reference.vector);
        assert!(agreement > least, "`{}`: {agreement}", reference.text);
        let alone = model.embed(std::slice::from_ref(&reference.text)).expect("the model embeds");
        let agreement = cosine(batched, &alone[0]);
        assert!(agreement > 0.999_999, "alone and in a batch, `{}`: {agreement}", reference.text);
    }
}

#[test]
fn the_shipped_model_agrees_with_the_reference() {
    let model = OnnxEmbedder::load(&places(), 1).expect("the model loads");
    assert!(model.model_id().as_str().starts_with("all-MiniLM-L6-v2/q8-b32/sha256:"));
    check_against_references(model, 0.995);
}

#[test]
fn the_full_precision_model_agrees_with_the_reference() {
    let mut files = ModelFiles::find(&places().models).expect("found");
    files.graph = files.folder.join("model-fp32.onnx");
    assert!(files.graph.is_file(), "{} is missing; `make model` builds it", files.graph.display());
    let model = OnnxEmbedder::open(&files, &places().runtimes, 1).expect("the model loads");
    check_against_references(model, 0.999);
}

#[test]
fn kept_vectors_are_the_models_own() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let load = || OnnxEmbedder::load(&places(), 1).expect("the model loads");
    let texts = ["a tarp".to_owned(), "a spirit level".to_owned(), "a tarp".to_owned()];
    let made = load().embed(&texts).expect("the model embeds");
    let first = Kept::open(load(), folder.path()).expect("opened").embed(&texts).expect("embedded");
    let again = Kept::open(load(), folder.path()).expect("opened").embed(&texts).expect("embedded");
    assert_eq!((&first, &again), (&made, &made));
}

#[test]
fn a_missing_runtime_is_an_error_that_says_what_to_do() {
    assert!(runtimes(&[PathBuf::from("/nowhere")]).is_empty());
    let error = EmbedError::NoRuntime { searched: vec!["/nowhere".into()] };
    assert_eq!(error.to_string(), "no ONNX Runtime library found in /nowhere; `make model` fetches it");
}

#[tokio::test]
async fn a_question_is_answered_while_bulk_work_goes_on() {
    let meaning = Meaning::start(|| OnnxEmbedder::load(&places(), 1));
    assert!(matches!(meaning.settled().await, ModelState::Ready(_)));
    let texts: Vec<String> = (0..200).map(|n| format!("box number {n} with some screws")).collect();
    let bulk = tokio::spawn({
        let meaning = meaning.clone();
        async move { meaning.documents(texts).await }
    });
    tokio::task::yield_now().await;
    let asked = meaning.query("something to keep my tent dry").await.expect("answered");
    assert!(!bulk.is_finished(), "the question waited for the bulk work");
    assert!(cosine(&asked.vector, &references()[0].vector) > 0.995);
    assert_eq!(bulk.await.expect("no panic").expect("embedded").len(), 200);
}

#[tokio::test]
async fn without_a_model_the_reason_can_be_read() {
    let nowhere = Places { models: vec!["/nowhere".into()], ..Places::default() };
    let meaning = Meaning::start(move || OnnxEmbedder::load(&nowhere, 1));
    let ModelState::Absent { why } = meaning.settled().await else { panic!("there is no model") };
    assert!(why.to_string().contains("/nowhere") && why.to_string().contains("make model"));
    assert_eq!(meaning.query("anything").await, Err(why));
}
