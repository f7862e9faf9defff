//! `inventory labels`: stickers, badges and lists as PDF, to be printed at actual size.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::Context;
use crate::app::App;
use crate::domain::label::{MEDIA, Medium};
use crate::domain::{Actor, ItemId, PersonId};
use crate::services::backup::write_whole;
use crate::services::labels::{Print, Printed};
use crate::services::scan::Scanned;

/// Make labels, badges and lists to print
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory labels items U1000M U1001P --output labels.pdf
  inventory labels inside U1000M --medium herma-4346 --start 5 --output shelf.pdf
  inventory labels blank 21 --output blank.pdf
  inventory labels contents U1000M --nested --output list.pdf
  inventory labels badge 'Ann Meyer' --medium brother-dk11201 --output badge.pdf
  inventory labels media

Print at actual size, not fitted to the page. --start is the first free label of a sheet that is used in part.
Blank labels take codes that name nothing yet: stick one on, scan it, and say what it is on.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Of things, by their codes
    Items {
        #[arg(required = true)]
        codes: Vec<String>,
    },
    /// Of everything in a place, however deep
    Inside { code: String },
    /// On nothing yet
    Blank { count: u32 },
    /// A list of what lies in a place, on A4
    Contents {
        code: String,
        /// With what lies in its boxes
        #[arg(long)]
        nested: bool,
    },
    /// What to do with what is scanned next
    Commands,
    /// A new badge for a person; the one before it no longer counts
    Badge { name: String },
    /// Say which sheets and rolls are known
    Media,
}

#[derive(Debug, clap::Args)]
struct How {
    /// The sheet or roll; see `inventory labels media`
    #[arg(long, global = true, default_value = MEDIA[0].name)]
    medium: String,
    /// The first free label, row by row from 1
    #[arg(long, global = true, default_value_t = 1)]
    start: u32,
    /// Of each label
    #[arg(long, global = true, default_value_t = 1)]
    copies: u32,
    /// With bars (Code 128) beside the QR code
    #[arg(long, global = true)]
    bars: bool,
    /// The pages' address, so that a telephone opens what it scans: https://store.example
    #[arg(long, global = true, value_name = "URL")]
    address: Option<String>,
    /// With lines around the labels
    #[arg(long, global = true)]
    outlined: bool,
    /// The file to write
    #[arg(long, global = true, value_name = "FILE", default_value = "labels.pdf")]
    output: PathBuf,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    if let What::Media = args.what {
        for medium in MEDIA {
            println!("{:16}  {}", medium.name, medium.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let how = args.how;
    let print = Print {
        medium: Medium::named(&how.medium)?,
        start: how.start,
        copies: how.copies,
        bars: how.bars,
        address: how.address,
        outlined: how.outlined,
    };
    let app = context.app_without_model().await?;
    let made = make(&app, args.what, &print).await;
    app.stop().await?;
    let printed = made?;
    write_whole(&how.output, &printed.pdf).with_context(|| how.output.display().to_string())?;
    println!("{}: {} labels or lines, {} pages", how.output.display(), printed.labels, printed.pages);
    if !printed.unprintable.is_empty() {
        let letters: String = printed.unprintable.iter().collect();
        eprintln!("no font of this machine has {letters}; apt install fonts-noto-core fonts-droid-fallback");
    }
    Ok(ExitCode::SUCCESS)
}

async fn make(app: &App, what: What, print: &Print) -> anyhow::Result<Printed> {
    let actor = Actor::program();
    let labels = &app.services.labels;
    Ok(match what {
        What::Items { codes } => {
            let mut items = Vec::new();
            for code in &codes {
                items.push(item(app, code).await?);
            }
            labels.items(&actor, &items, print).await?
        }
        What::Inside { code } => labels.inside(&actor, item(app, &code).await?, print).await?,
        What::Blank { count } => labels.blank(&actor, count, print).await?,
        What::Contents { code, nested } => {
            labels.contents(&actor, item(app, &code).await?, nested, print.address.as_deref()).await?
        }
        What::Commands => labels.commands(&actor, &BTreeMap::new(), print).await?,
        What::Badge { name } => labels.badges(&actor, &[person(app, &name).await?], print).await?,
        What::Media => bail!("the media are listed before anything is opened"),
    })
}

async fn item(app: &App, code: &str) -> anyhow::Result<ItemId> {
    match app.services.scan.resolve(&Actor::program(), code).await? {
        Scanned::Item(item) => Ok(item.id),
        Scanned::Choice(_) => bail!("`{code}` is the number of several things; name one by its own code"),
        _ => bail!("`{code}` names no thing"),
    }
}

async fn person(app: &App, name: &str) -> anyhow::Result<PersonId> {
    let people = app.services.people.list(&Actor::program()).await?;
    let mut named = people.iter().filter(|person| person.name == name);
    match (named.next(), named.next()) {
        (Some(person), None) => Ok(person.id),
        (None, _) => bail!("nobody is called `{name}`: inventory person list"),
        _ => bail!("several people are called `{name}`"),
    }
}
