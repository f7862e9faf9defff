//! The command line: one file per command, each with its arguments, a `run` and examples in its help.
//!
//! A command prints its result on standard output and everything else on standard error. What it returns decides the exit
//! code; see [`exit`].

mod backup;
mod begin;
#[cfg(feature = "gui")]
mod desktop;
mod doctor;
pub mod eval;
pub mod exit;
mod export;
mod fetch_model;
pub mod generate;
mod import;
#[cfg(feature = "gui")]
mod kiosk;
mod labels;
mod migrate;
mod person;
pub mod progress;
mod prompt;
mod reindex;
mod restore;
mod search;
mod serve;
mod setup;
mod start_own;
mod stocktake;
#[cfg(feature = "gui")]
mod windowed;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::{App, Open};
use crate::config::{Config, Flags};
use crate::telemetry;

/// Storeroom inventory: find it, take it, put it back, know what is left.
#[derive(Debug, Parser)]
#[command(name = "inventory", version, after_help = exit::HELP, max_term_width = 100)]
pub struct Cli {
    /// Where the inventory lies [default: ~/.local/share/inventory, for root /var/lib/inventory]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// A file with settings (TOML); environment variables beat it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "gui")]
    Desktop(desktop::Args),
    #[cfg(feature = "gui")]
    Kiosk(kiosk::Args),
    Serve(serve::Args),
    Migrate(migrate::Args),
    Setup(setup::Args),
    Person(person::Args),
    Doctor(doctor::Args),
    Search(search::Args),
    Reindex(reindex::Args),
    FetchModel(fetch_model::Args),
    Eval(eval::Args),
    Generate(generate::Args),
    Import(import::Args),
    Export(export::Args),
    Labels(labels::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    StartOwn(start_own::Args),
    Stocktake(stocktake::Args),
}

/// What every command is handed: the settings, and the way to the program's parts.
#[derive(Debug, Clone)]
pub struct Context {
    pub config: Config,
}

impl Context {
    /// The whole program on the inventory people see; fails when people could not work with it either.
    pub async fn app(&self) -> anyhow::Result<App> {
        self.app_with(Open::default()).await
    }

    /// The same without the model, for commands that do not search.
    pub async fn app_without_model(&self) -> anyhow::Result<App> {
        self.app_with(Open { meaning: false, ..Open::default() }).await
    }

    /// The parts a command asks for, ready to work with.
    pub async fn app_with(&self, open: Open) -> anyhow::Result<App> {
        let app = App::open(self.config.clone(), open).await?;
        match app.ready() {
            Ok(()) => Ok(app),
            Err(not_ready) => {
                app.stop().await?;
                Err(not_ready.into())
            }
        }
    }
}

/// Runs the command to its end and says how it went.
pub fn run(cli: Cli) -> ExitCode {
    let done = prepare(&cli).and_then(|context| {
        #[cfg(feature = "gui")]
        match &cli.command {
            Command::Desktop(_) => return desktop::run(&context),
            Command::Kiosk(args) => return kiosk::run(args, &context),
            _ => {}
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let done = runtime.block_on(dispatch(cli.command, context));
        runtime.shutdown_timeout(std::time::Duration::from_secs(2));
        done
    });
    match done {
        Ok(code) => code,
        Err(error) => exit::explain(&error),
    }
}

fn prepare(cli: &Cli) -> anyhow::Result<Context> {
    let listen = match &cli.command {
        #[cfg(feature = "gui")]
        Command::Desktop(args) => args.listen.clone(),
        #[cfg(feature = "gui")]
        Command::Kiosk(args) => args.listen.clone(),
        Command::Serve(args) => args.listen.clone(),
        _ => None,
    };
    let flags = Flags { data_dir: cli.data_dir.clone(), config: cli.config.clone(), listen };
    let config = Config::load(&flags)?;
    telemetry::start(&config.log)?;
    telemetry::metrics::start();
    Ok(Context { config })
}

async fn dispatch(command: Command, context: Context) -> anyhow::Result<ExitCode> {
    match command {
        #[cfg(feature = "gui")]
        Command::Desktop(_) | Command::Kiosk(_) => {
            unreachable!("the window has the main thread, before there is a runtime")
        }
        Command::Serve(_) => serve::run(context).await,
        Command::Migrate(args) => migrate::run(args, context).await,
        Command::Setup(args) => setup::run(args, context).await,
        Command::Person(args) => person::run(args, context).await,
        Command::Doctor(args) => doctor::run(args, context).await,
        Command::Search(args) => search::run(args, context).await,
        Command::Reindex(args) => reindex::run(args, context).await,
        Command::FetchModel(args) => fetch_model::run(args, context).await,
        Command::Eval(args) => eval::run(args, context).await,
        Command::Generate(args) => generate::run(args, context).await,
        Command::Import(args) => import::run(args, context).await,
        Command::Export(args) => export::run(args, context).await,
        Command::Labels(args) => labels::run(args, context).await,
        Command::Backup(args) => backup::run(args, context).await,
        Command::Restore(args) => restore::run(args, context).await,
        Command::StartOwn(args) => start_own::run(args, context).await,
        Command::Stocktake(args) => stocktake::run(args, context).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_command_shows_examples() {
        let mut command = Cli::command();
        command.build();
        command.clone().debug_assert();
        for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
            let help = sub.render_long_help().to_string();
            assert!(help.contains("Examples:"), "`{}` shows no examples", sub.get_name());
        }
    }
}
