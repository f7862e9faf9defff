//! `inventory backup`: makes backups, lists them, lets old ones go, proves that the newest can be restored.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use secrecy::SecretString;
use time::format_description::well_known::Rfc3339;

use super::Context;
use super::progress::Progress;
use super::restore::steps;
use crate::app;
use crate::domain::Actor;
use crate::services::backup::{Archive, Full, Made, Order, Progress as Far, Tell};
use crate::services::restore::{Source, describe};

/// Back up everything, while people work
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  inventory backup
  inventory backup --to /media/usb
  inventory backup --full --passphrase-file /root/backup.pass
  inventory backup list
  inventory backup prove

An archive holds every table, the pictures as they came, attachments and settings, as of one moment; data only, nothing
that is run. It gets its name when it is whole and on the disk. Keep it as closed as the database itself: it has
everything, hashed passwords and second factors too. --full adds configuration, units, certificates and the
package (backup.machine in the settings), and encrypts all of it (age).

In the usual directory (backup.dir) the newest archive of each of the last 7 days, 4 weeks and 12 months stays
(backup.keep_daily, keep_weekly, keep_monthly); what is written elsewhere with --to is never removed."
)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// Another directory than the usual one
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// With the machine's own files, encrypted
    #[arg(long, requires = "passphrase_file")]
    full: bool,
    /// The file whose first line is the passphrase
    #[arg(long, value_name = "FILE", requires = "full")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say which archives there are
    List {
        /// Another directory than the usual one
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Remove the archives that the settings do not keep
    Prune {
        /// Only say which
        #[arg(long)]
        dry_run: bool,
    },
    /// Restore the newest archive into a database that goes again, and note that it could be
    Prove {
        /// The file whose first line is the passphrase: proves an encrypted archive, if it is the newest
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    match args.what {
        None => create(args, context).await,
        Some(What::List { from }) => list(from, context).await,
        Some(What::Prune { dry_run }) => prune(dry_run, context).await,
        Some(What::Prove { passphrase_file }) => prove(passphrase_file, context).await,
    }
}

async fn create(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let passphrase = args.passphrase_file.as_deref().map(passphrase).transpose()?;
    let settings = context.config.backup.clone();
    let full = passphrase.map(|passphrase| Full { machine: settings.machine, passphrase });
    let app = context.app_without_model().await?;
    if app.database == app::EXAMPLE && app.cluster().is_some() {
        app.stop().await?;
        bail!("the example inventory is shown; start your own first: inventory start-own");
    }
    let usual = args.to.is_none();
    let order = Order { dir: args.to.unwrap_or(settings.dir), full };
    let backup = app.services.backup.clone();
    let made = backup.create(&Actor::program(), &order, &far()).await;
    let gone = match &made {
        Ok(_) if usual => backup.prune(&Actor::program(), &order.dir, settings.keep, false).await,
        _ => Ok(Vec::new()),
    };
    app.stop().await?;
    print(&made?);
    for name in gone? {
        println!("no longer kept: {name}");
    }
    Ok(ExitCode::SUCCESS)
}

fn print(made: &Made) {
    let manifest = &made.manifest;
    println!(
        "{}: {}, {} items, {} bookings, {} pictures",
        made.path.display(),
        size(made.bytes),
        manifest.rows_of("item"),
        manifest.rows_of("booking"),
        manifest.pictures.len()
    );
    for hash in &manifest.lost {
        println!("  not there, and so not in it: picture or attachment {hash}");
    }
    for hash in &made.damaged {
        println!("  damaged on the disk, kept as it is: picture or attachment {hash}");
    }
}

async fn list(from: Option<PathBuf>, context: Context) -> anyhow::Result<ExitCode> {
    let dir = from.unwrap_or_else(|| context.config.backup.dir.clone());
    let app = context.app_without_model().await?;
    let archives = app.services.backup.list(&Actor::program(), &dir).await;
    app.stop().await?;
    for archive in archives? {
        let made_at = archive.made_at.format(&Rfc3339).unwrap_or_default();
        println!("{made_at}  {:>9}  {}  {}", size(archive.bytes), archive.name, about(&archive).await);
    }
    Ok(ExitCode::SUCCESS)
}

async fn about(archive: &Archive) -> String {
    if archive.encrypted {
        return "full, encrypted".to_owned();
    }
    let source = Source { path: archive.path.clone(), passphrase: None };
    match describe(&Actor::program(), &source).await {
        Ok(manifest) => format!(
            "{} items, {} pictures, schema V{}",
            manifest.rows_of("item"),
            manifest.pictures.len(),
            manifest.schema_version()
        ),
        Err(error) => error.to_string(),
    }
}

async fn prune(dry_run: bool, context: Context) -> anyhow::Result<ExitCode> {
    let settings = context.config.backup.clone();
    let app = context.app_without_model().await?;
    let gone = app.services.backup.prune(&Actor::program(), &settings.dir, settings.keep, dry_run).await;
    app.stop().await?;
    for name in gone? {
        println!("{}: {name}", if dry_run { "would go" } else { "gone" });
    }
    Ok(ExitCode::SUCCESS)
}

async fn prove(passphrase_file: Option<PathBuf>, context: Context) -> anyhow::Result<ExitCode> {
    let passphrase = passphrase_file.as_deref().map(passphrase).transpose()?;
    let dir = context.config.backup.dir.clone();
    let app = context.app_without_model().await?;
    let archives = app.services.backup.list(&Actor::program(), &dir).await?;
    let Some(newest) = archives.into_iter().find(|archive| passphrase.is_some() || !archive.encrypted) else {
        app.stop().await?;
        bail!("there is no backup in {} to prove: inventory backup", dir.display());
    };
    let (ground, restore) = app::restoring(&context.config).await?;
    let source = Source { path: newest.path, passphrase };
    let tried = restore.trial(&Actor::program(), &source, &steps(None)).await;
    ground.leave().await?;
    let noted = match &tried {
        Ok(_) => app.services.backup.note_proven(&Actor::program(), &newest.name).await,
        Err(_) => Ok(()),
    };
    app.stop().await?;
    let restored = tried.with_context(|| format!("{} cannot be restored", newest.name))?;
    noted?;
    println!(
        "{}: restored for trial, {} rows in {} tables, stock is the sum of its movements",
        newest.name,
        restored.manifest.rows(),
        restored.manifest.tables.len()
    );
    Ok(ExitCode::SUCCESS)
}

/// The first line of a file.
pub fn passphrase(path: &Path) -> anyhow::Result<SecretString> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() < 8 {
        bail!("{}: a passphrase has at least 8 characters, on the first line", path.display());
    }
    Ok(line.into())
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// Shows how far a backup is.
fn far() -> Tell {
    let shown: Mutex<Option<(&'static str, Progress)>> = Mutex::new(None);
    Arc::new(move |far| {
        let (what, done, total) = match far {
            Far::Tables(done, total) => ("tables", done, total),
            Far::Files(done, total) => ("pictures and attachments", done, total),
        };
        let Ok(mut shown) = shown.lock() else { return };
        if shown.as_ref().is_none_or(|(before, _)| *before != what)
            && let Some((_, before)) = shown.replace((what, Progress::new(what, total as u64)))
        {
            before.finish();
        }
        if let Some((_, progress)) = shown.as_mut() {
            progress.set(done as u64);
        }
    })
}
