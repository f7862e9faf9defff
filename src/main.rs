//! Parses the command, starts telemetry, dispatches.

use std::process::ExitCode;

use clap::Parser;
use inventory::cli::{self, Cli};

fn main() -> ExitCode {
    let code = cli::run(Cli::parse());
    inventory::embedding::finish();
    code
}
