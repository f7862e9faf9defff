//! `inventory restore`: puts a backup in the place of what is there, or only looks whether it could.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyhow::bail;
use nix::sys::signal::{Signal, kill};
use nix::unistd::getpid;
use time::format_description::well_known::Rfc3339;

use super::Context;
use super::backup::passphrase;
use super::progress::Progress;
use crate::app;
use crate::domain::Actor;
use crate::services::restore::{Restored, Source, Step, Tell, unpack_machine, verify};

/// Put a backup in the place of what is there
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory restore backups/inventory-20261125T030000Z.tar.zst --verify-only
  inventory restore backups/inventory-20261125T030000Z.tar.zst --dry-run
  inventory restore backups/inventory-20261125T030000Z.tar.zst
  inventory restore --purge-old
  inventory restore full.tar.zst.age --passphrase-file backup.pass --unpack-machine /tmp/machine

The backup is filled into a database beside the present one, brought up to date and verified; then the two change names
at one moment. Whoever is at work is disconnected for that moment and sees the restored inventory. A restore that is
killed leaves the old or the new inventory, and the next start tidies up. What was replaced stays, database and
pictures, until --purge-old.

Works across machines, PostgreSQL versions and users. A backup of a later schema is refused. On a server
MIGRATE_DATABASE_URL names its administrator. The machine's files of a full backup are only ever unpacked, never installed.")]
pub struct Args {
    /// The archive
    #[arg(required_unless_present = "purge_old")]
    archive: Option<PathBuf>,
    /// Only read it and compare it with its checksums; needs no database
    #[arg(long, conflicts_with_all = ["dry_run", "purge_old"])]
    verify_only: bool,
    /// Restore it into a database that goes again, and say what is in it
    #[arg(long, conflicts_with = "purge_old")]
    dry_run: bool,
    /// The file whose first line is the passphrase of an encrypted backup
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Drop what restores have replaced
    #[arg(long, conflicts_with = "archive")]
    purge_old: bool,
    /// Write the machine's files of a full backup below this directory, and restore nothing
    #[arg(long, value_name = "DIR", conflicts_with_all = ["dry_run", "verify_only", "purge_old"])]
    unpack_machine: Option<PathBuf>,
    /// For tests: the process kills itself at this step
    #[arg(long, hide = true, value_name = "STEP")]
    kill_at: Option<String>,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let actor = Actor::program();
    let Some(path) = args.archive else {
        return purge(&actor, &context).await;
    };
    let source = Source { path, passphrase: args.passphrase_file.as_deref().map(passphrase).transpose()? };
    if let Some(dir) = &args.unpack_machine {
        for path in unpack_machine(&actor, &source, dir).await? {
            println!("{}", path.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.verify_only {
        print(&verify(&actor, &source).await?, "is whole, and as it was written");
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(step) = &args.kill_at
        && !STEPS.contains(&step.as_str())
    {
        bail!("--kill-at knows {}", STEPS.join(", "));
    }
    let (ground, restore) = app::restoring(&context.config).await?;
    let tell = steps(args.kill_at);
    let done = if args.dry_run {
        restore.trial(&actor, &source, &tell).await
    } else {
        Box::pin(restore.restore(&actor, &source, &tell)).await
    };
    ground.leave().await?;
    let restored = done?;
    print(&restored, if args.dry_run { "can be restored; nothing was changed" } else { "is restored" });
    if let Some(replaced) = &restored.replaced {
        println!("what was there is kept as `{replaced}`; drop it with: inventory restore --purge-old");
    }
    Ok(ExitCode::SUCCESS)
}

async fn purge(actor: &Actor, context: &Context) -> anyhow::Result<ExitCode> {
    let (ground, restore) = app::restoring(&context.config).await?;
    let purged = restore.purge_old(actor).await;
    ground.leave().await?;
    for name in purged? {
        println!("dropped: {name}");
    }
    Ok(ExitCode::SUCCESS)
}

fn print(restored: &Restored, what: &str) {
    let manifest = &restored.manifest;
    println!(
        "the backup of {} {what}: {} items, {} bookings, {} people, {} pictures; made by inventory {} on PostgreSQL {}, schema V{}",
        manifest.made_at.format(&Rfc3339).unwrap_or_default(),
        manifest.rows_of("item"),
        manifest.rows_of("booking"),
        manifest.rows_of("person"),
        manifest.pictures.len(),
        manifest.program,
        manifest.postgresql,
        manifest.schema_version()
    );
    for hash in &manifest.lost {
        println!("  was not there when it was made: picture or attachment {hash}");
    }
    for hash in &restored.damaged {
        println!("  was damaged when it was made: picture or attachment {hash}");
    }
}

/// The steps by name, in order.
const STEPS: [&str; 12] = [
    "opened", "noted", "made", "shaped", "filling", "filled", "migrated", "pictured", "verified", "decided", "swapped",
    "placed",
];

fn name(step: Step) -> &'static str {
    match step {
        Step::Opened => "opened",
        Step::Noted => "noted",
        Step::Made => "made",
        Step::Shaped => "shaped",
        Step::Filling(..) => "filling",
        Step::Filled => "filled",
        Step::Migrated => "migrated",
        Step::Pictured => "pictured",
        Step::Verified => "verified",
        Step::Decided => "decided",
        Step::Swapped => "swapped",
        Step::Placed => "placed",
    }
}

/// Shows how far a restore is; ends this process hard at one of its steps where a test asks for it.
pub fn steps(kill_at: Option<String>) -> Tell {
    let shown: Mutex<Option<Progress>> = Mutex::new(None);
    Arc::new(move |step| {
        if kill_at.as_deref() == Some(name(step)) && !matches!(step, Step::Filling(0, _)) {
            kill(getpid(), Signal::SIGKILL).ok();
        }
        let Ok(mut shown) = shown.lock() else { return };
        match step {
            Step::Filling(done, total) => {
                shown.get_or_insert_with(|| Progress::new("rows", total)).set(done);
            }
            _ => {
                if let Some(progress) = shown.take() {
                    progress.finish();
                }
            }
        }
    })
}
