//! `inventory import`: a file, or another program's directory, as one undoable booking.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

use super::progress::Progress;
use super::{Context, exit};
use crate::app;
use crate::domain::{Actor, RequestId};
use crate::services::transfer::{Field, ImportError, ImportOptions, ImportReport, Stage, What};

/// Import a CSV file, another inventory's data, or the predecessor's backup
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory import inventory.csv --dry-run
  inventory import homebox.csv --currency EUR
  inventory import assets.csv --map \"Asset Tag=id\" --map \"Serial=serial_number\" --map \"Colour=field:Colour\"
  inventory import inventree_demo --photos media
  inventory import backup_20261101_030000.zip
  inventory import thingdb.sql --photos /var/lib/thingdb/images

The last two are ThingDB's: a backup of its, or what `pg_dump` writes of its database. Both are read as data, nothing in
them is run; its printed codes go on being known.

Our own format is what `inventory export` writes. Encoding, delimiter and line ends are found out. A column that is not
there leaves its field as it is, an empty cell clears it. Everything is one booking that can be undone, or nothing is
done. The same file again changes nothing.")]
pub struct Args {
    /// The file or directory
    path: PathBuf,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
    /// Where a column goes: `COLUMN=FIELD`, `COLUMN=field:NAME` or `COLUMN=ignore`; may be repeated
    #[arg(long, value_name = "COLUMN=FIELD", value_parser = mapping)]
    map: Vec<(String, Field)>,
    /// The currency of prices that name none: three letters
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// Under which name the file's ids are remembered [default: the format's]
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Where pictures lie that are not beside the file
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// Let the file win over what was edited or moved here since the last import
    #[arg(long)]
    overwrite: bool,
}

/// How many lines of each kind are shown.
const SHOWN: usize = 30;

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let app = context.app_without_model().await?;
    if app.database == app::EXAMPLE && !args.dry_run {
        app.stop().await?;
        anyhow::bail!("the example inventory is shown; start your own first: inventory start-own");
    }
    let options = ImportOptions {
        source: args.source,
        map: args.map,
        currency: args.currency,
        dry_run: args.dry_run,
        overwrite: args.overwrite,
        photos: args.photos,
    };
    let shown: Mutex<Option<(Stage, Progress)>> = Mutex::new(None);
    let tell = |stage: Stage, done: usize, total: usize| {
        let Ok(mut shown) = shown.lock() else { return };
        if shown.as_ref().is_none_or(|(before, _)| *before != stage) {
            let what = match stage {
                Stage::Reading => "reading",
                Stage::Pictures => "pictures",
                Stage::Writing => "items and stock",
            };
            if let Some((_, before)) = shown.replace((stage, Progress::new(what, total as u64))) {
                before.finish();
            }
        }
        if let Some((_, progress)) = shown.as_mut() {
            progress.set(done as u64);
        }
    };
    let done = app.services.transfer.import(&Actor::program(), RequestId::new(), &args.path, &options, &tell).await;
    drop(shown.into_inner().ok().flatten());
    app.stop().await?;
    match done {
        Ok(report) => {
            print(&report);
            Ok(ExitCode::SUCCESS)
        }
        Err(ImportError::Cells(errors)) => {
            for error in errors.iter().take(SHOWN) {
                eprintln!("{}: {error}", args.path.display());
            }
            more(errors.len());
            eprintln!("inventory: nothing was imported: {} cells cannot be read", errors.len());
            Ok(ExitCode::from(exit::FAILED))
        }
        Err(error) => Err(error.into()),
    }
}

fn print(report: &ImportReport) {
    match report.table {
        Some((encoding, delimiter)) => {
            println!("format: {}, {encoding}, cells separated by {delimiter:?}", report.format);
        }
        None => println!("format: {}", report.format),
    }
    let (creates, updates, restored, conflicts) = report.counts();
    for change in report.changes.iter().filter(|c| report.dry_run || matches!(c.what, What::Conflict(_))).take(SHOWN) {
        let line = if change.line > 0 { format!("line {}: ", change.line) } else { String::new() };
        match &change.what {
            What::Create => println!("  {line}create `{}`", change.name),
            What::Restore => println!("  {line}restore `{}`", change.name),
            What::Update { fields, stock } => {
                let stock = if *stock { ["stock"].as_slice() } else { &[] };
                let what: Vec<&str> = fields.iter().chain(stock).copied().collect();
                println!("  {line}update `{}`: {}", change.name, what.join(", "));
            }
            What::Conflict(conflict) => println!("  {line}conflict `{}`: {conflict}", change.name),
        }
    }
    if report.dry_run {
        more(report.changes.len());
    }
    for remark in report.remarks.iter().take(SHOWN) {
        println!("  {remark}");
    }
    more(report.remarks.len());
    let would = if report.dry_run { " (nothing was changed)" } else { "" };
    println!(
        "{} items: {creates} created, {updates} updated, {restored} restored, {} unchanged, {conflicts} in conflict; \
         {} pictures{would}",
        report.items, report.unchanged, report.photos
    );
    if let Some(booking) = report.booking {
        println!("booking: {booking}");
    }
}

fn more(count: usize) {
    if count > SHOWN {
        println!("  … and {} more", count - SHOWN);
    }
}

fn mapping(text: &str) -> Result<(String, Field), String> {
    let (column, field) = text.rsplit_once('=').ok_or("write it as COLUMN=FIELD")?;
    // A custom field's name may hold a `=`, a column's too; the last one counts unless it is within `field:…`.
    let (column, field) = match text.split_once("=field:") {
        Some((column, name)) => (column, format!("field:{name}")),
        None => (column, field.to_owned()),
    };
    Ok((column.to_owned(), Field::of_header(&field).map_err(|error| error.to_string())?))
}
