//! `inventory fetch-model`: the search model from its hub, for a machine with a network and without `make model`.

use std::process::ExitCode;

use super::Context;
use crate::embedding::onnx::OnnxEmbedder;
use crate::embedding::{Embedder as _, ModelFiles, Places};

/// Fetch the search model from its hub
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory fetch-model
  HF_ENDPOINT=https://mirror.example inventory fetch-model

Only when asked: the program itself never fetches anything. The files come to the data directory's `ml_cache`, 90 MB in
full precision. `make model` builds the smaller one that packages have; the two are never mixed, so that another model
means reading every item anew, which happens by itself. ONNX Runtime has to be there already.")]
pub struct Args {
    /// Fetch it even though there is a model already
    #[arg(long)]
    again: bool,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let paths = context.config.paths;
    let places = Places { models: paths.model_dirs(), runtimes: paths.onnx_runtimes() };
    if let Ok(there) = ModelFiles::find(&places.models)
        && !args.again
    {
        println!("there is a model already: {}", there.folder.display());
        return Ok(ExitCode::SUCCESS);
    }
    let (cache, runtimes) = (paths.ml_cache.clone(), places.runtimes);
    let id = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&cache)
            .map_err(|error| crate::embedding::EmbedError::Fetch(format!("{}: {error}", cache.display())))?;
        OnnxEmbedder::fetch(cache.clone(), &runtimes)?;
        let fetched = ModelFiles::find(&[cache])?;
        Ok::<_, crate::embedding::EmbedError>(OnnxEmbedder::open(&fetched, &runtimes, 1)?.model_id().clone())
    })
    .await??;
    println!("model: {id}");
    Ok(ExitCode::SUCCESS)
}
