//! `inventory migrate`: extensions, roles and schema.

use std::process::ExitCode;

use super::{Context, exit};
use crate::app::{self, Ground};
use crate::config::Connection;

/// Bring the database up to date
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory migrate
  inventory migrate --check
  MIGRATE_DATABASE_URL=postgres://postgres@db/inventory inventory migrate

The private database migrates itself at each start. On a server this needs its administrator, named by
MIGRATE_DATABASE_URL; without one it is tried as the program's own role.
--check changes nothing and exits with 1 when something is pending.")]
pub struct Args {
    /// Only say what is pending
    #[arg(long)]
    check: bool,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let ground = Ground::prepare(&context.config, None).await?;
    let connection = ground.admin.clone().unwrap_or_else(|| ground.program.clone());
    let done = if args.check { check(&connection).await } else { migrate(&connection).await };
    ground.leave().await?;
    done
}

async fn migrate(connection: &Connection) -> anyhow::Result<ExitCode> {
    for name in app::schema::migrate(connection).await? {
        println!("applied: {name}");
    }
    println!("up to date: {connection}");
    Ok(ExitCode::SUCCESS)
}

async fn check(connection: &Connection) -> anyhow::Result<ExitCode> {
    let state = app::schema::state(connection).await?;
    for name in &state.pending {
        println!("pending: {name}");
    }
    for name in &state.unknown {
        println!("newer than this program: {name}");
    }
    if state.is_current() {
        println!("up to date: {connection}");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(exit::FAILED))
}
