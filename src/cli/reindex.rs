//! `inventory reindex`: makes words and vectors of every item anew.

use std::process::ExitCode;

use super::Context;
use super::progress::Progress;
use crate::domain::Actor;
use crate::embedding::ModelState;
use crate::services::search::Search;

/// Make the search index anew: words of every item, vectors of those that need one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory reindex
  inventory reindex --missing

The index is kept up to date by itself; this is for a restored backup, another model or other search languages.
It can be stopped at any time and goes on where it was.")]
pub struct Args {
    /// Only what is out of date
    #[arg(long)]
    missing: bool,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let app = context.app().await?;
    let done = with_progress(&app.services.search, !args.missing).await;
    let state = app.services.search.meaning().state();
    app.stop().await?;
    done?;
    if let ModelState::Absent { why } = state {
        eprintln!("Only words were indexed: {why}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Indexes what is to be indexed, and shows how far it is.
pub async fn with_progress(search: &Search, whole: bool) -> anyhow::Result<()> {
    let mut words: Option<(Progress, i64)> = None;
    let mut vectors: Option<(Progress, i64)> = None;
    search
        .reindex(&Actor::program(), whole, |backlog| {
            let (bar, all, left) = if backlog.words > 0 {
                let bar = words.get_or_insert_with(|| {
                    (Progress::new("indexing words", backlog.words.unsigned_abs()), backlog.words)
                });
                (&mut bar.0, bar.1, backlog.words)
            } else if backlog.vectors > 0 {
                let bar = vectors.get_or_insert_with(|| {
                    (Progress::new("reading items", backlog.vectors.unsigned_abs()), backlog.vectors)
                });
                (&mut bar.0, bar.1, backlog.vectors)
            } else {
                return;
            };
            bar.set((all - left).max(0).unsigned_abs());
        })
        .await?;
    for (mut bar, all) in [words, vectors].into_iter().flatten() {
        bar.set(all.unsigned_abs());
        bar.finish();
    }
    Ok(())
}
