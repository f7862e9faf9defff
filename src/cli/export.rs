//! `inventory export`: everything that is not archived, as a file that `import` reads back.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use super::Context;
use crate::domain::Actor;
use crate::services::backup::write_whole;

/// Write the inventory as CSV
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory export > inventory.csv
  inventory export --output inventory.csv
  inventory export --folder storeroom-2026

One row per item and place, places first. A folder has the pictures as well, upright and without what a camera wrote
into them. Loans and history are not in it; a backup has them. Cells that a spreadsheet would take for a formula begin
with an apostrophe, which `import` takes off again.")]
pub struct Args {
    /// The format
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// The file to write; standard output without it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// A new folder for the table and the pictures
    #[arg(long, value_name = "FOLDER", conflicts_with = "output")]
    folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Csv,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let Format::Csv = args.format;
    let app = context.app_without_model().await?;
    if let Some(folder) = args.folder {
        let exported = app.services.transfer.export_folder(&Actor::program(), &folder).await;
        app.stop().await?;
        println!("{}: inventory.csv, {} pictures", folder.display(), exported?);
        return Ok(ExitCode::SUCCESS);
    }
    let exported = app.services.transfer.export(&Actor::program()).await;
    app.stop().await?;
    let bytes = exported?;
    match args.output {
        Some(path) => write_whole(&path, &bytes).with_context(|| path.display().to_string())?,
        None => std::io::stdout().write_all(&bytes)?,
    }
    Ok(ExitCode::SUCCESS)
}
