//! `inventory generate`: a large, realistic inventory for measuring.

pub mod things;

use std::process::ExitCode;

use anyhow::bail;

use super::progress::Progress;
use super::{Context, reindex};
use crate::app::{App, OWN, Open};
use crate::domain::Actor;
use crate::domain::search::Analyser;
use crate::embedding::kept::Kept;
use crate::embedding::onnx::OnnxEmbedder;
use crate::embedding::{EmbedError, Meaning, Places};
use crate::services::Services;
use crate::services::bulk::BulkItem;
use crate::services::search::SearchRequest;

/// Fill an empty inventory with made-up things, to measure with
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory --data-dir /tmp/large generate --items 100000 --seed 1
  inventory --data-dir /tmp/large generate --items 10000 --without-vectors

The same number and seed make the same inventory. Vectors are kept in the cache directory by the hash of their text,
so that the second time takes seconds.")]
pub struct Args {
    /// How many items, places included
    #[arg(long, value_name = "N")]
    items: usize,
    /// Another seed, another inventory
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Do not make vectors; search finds by words alone
    #[arg(long)]
    without_vectors: bool,
    /// Add to what is there already
    #[arg(long)]
    add: bool,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let app = context.app_with(Open { database: Some(OWN.to_owned()), meaning: false, example: false }).await?;
    let done = fill(&app, &args).await;
    app.stop().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn fill(app: &App, args: &Args) -> anyhow::Result<()> {
    let all = SearchRequest { limit: 1, ..SearchRequest::new("") };
    let there = app.services.search.search(&Actor::program(), &all).await?.total;
    if there > 0 && !args.add {
        bail!("there are {there} items already; `--add` adds to them");
    }
    load(app, &things::make(args.items, args.seed), !args.without_vectors, "generated").await
}

/// Writes these items and indexes them; vectors come from the cache where it has them.
pub async fn load(app: &App, items: &[BulkItem], vectors: bool, note: &str) -> anyhow::Result<()> {
    let mut progress = Progress::new("writing items", items.len() as u64);
    app.services.bulk.load(&Actor::program(), items, note, |written| progress.set(written as u64)).await?;
    progress.finish();
    let meaning = if vectors { kept_meaning(app) } else { Meaning::absent(EmbedError::NotAsked) };
    let services = Services::new(&app.db).searching(&app.db, Analyser::default(), meaning);
    reindex::with_progress(&services.search, false).await
}

fn kept_meaning(app: &App) -> Meaning {
    let paths = &app.config.paths;
    let places = Places { models: paths.model_dirs(), runtimes: paths.onnx_runtimes() };
    let folder = paths.cache_dir.join("vectors");
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
    Meaning::start(move || {
        let model = OnnxEmbedder::load(&places, threads)?;
        Kept::open(model, &folder).map_err(|error| EmbedError::Failed(format!("{}: {error}", folder.display())))
    })
}
