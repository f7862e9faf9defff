//! `inventory desktop`: the program with its window.

use std::process::ExitCode;

use super::{Context, windowed};

/// Open the window, and serve the web view beside it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory desktop
  inventory desktop --listen 127.0.0.1:8080
  SLINT_BACKEND=winit-software inventory desktop

Needs a display. Without one, `inventory serve` shows the same inventory to browsers.")]
pub struct Args {
    /// Where the web view listens: ADDRESS:PORT or PORT [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

/// Runs on the main thread, which Slint needs.
pub fn run(context: &Context) -> anyhow::Result<ExitCode> {
    windowed::run(context, "window.toml", false, crate::gui::run)?;
    Ok(ExitCode::SUCCESS)
}
