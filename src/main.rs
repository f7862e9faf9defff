//! Parses the command, starts telemetry, dispatches.

use std::process::ExitCode;

use clap::Parser;
use inventory::cli::{self, Cli};

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli::run(cli)
}
