//! `inventory start-own`: the example goes, an empty inventory begins.

use std::process::ExitCode;

use super::Context;
use crate::app::{App, Open};

/// Drop the example and start your own, empty inventory
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory start-own

Before a first start, the example is never made. A server (DATABASE_URL) never has one.")]
pub struct Args {}

pub async fn run(_: Args, context: Context) -> anyhow::Result<ExitCode> {
    let app = App::open(context.config, Open { meaning: false, ..Open::default() }).await?;
    let app = app.start_own().await?;
    println!("database: {}", app.database);
    app.stop().await?;
    Ok(ExitCode::SUCCESS)
}
