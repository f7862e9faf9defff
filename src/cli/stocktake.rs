//! `inventory stocktake`: counting from a terminal, or from a list that another device made.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::Context;
use crate::domain::stocktake::{Outcome, State, Was};
use crate::domain::{Actor, ItemId, RequestId, StocktakeId};
use crate::services::Services;
use crate::services::scan::Scanned;
use crate::services::stocktake::{Amount, CountRequest, LineView, StocktakeView};

/// Count a place against the books
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory stocktake list
  inventory stocktake open 7K4-2Q --note \"autumn\"
  inventory stocktake count 0198… counts.csv --as maria
  inventory stocktake differences 0198…
  inventory stocktake approve 0198… --as jonas

A list has a header and the columns code, quantity and, where things lie elsewhere than the books say, place (its code).
A quantity of 0 says that a thing is not there. All rows are read before the first is counted. Who counted does not
approve, unless an admin allows it on the web page.")]
pub struct Args {
    /// On whose behalf: a sign-in name [default: the program itself]
    #[arg(long = "as", global = true, value_name = "LOGIN")]
    login: Option<String>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// What is being counted, and what should be counted next
    List,
    /// Begin counting everything in a place
    Open {
        /// The place's code
        place: String,
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Count what a CSV file says
    Count { stocktake: StocktakeId, file: PathBuf },
    /// End counting and show what differs; nothing is written
    Differences { stocktake: StocktakeId },
    /// Write the differences as one booking
    Approve { stocktake: StocktakeId },
    /// Give it up; nothing is written
    Cancel { stocktake: StocktakeId },
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let app = context.app_without_model().await?;
    let done = work(&app.services, args).await;
    app.stop().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn work(services: &Services, args: Args) -> anyhow::Result<()> {
    let stocktakes = &services.stocktakes;
    let actor = &actor(services, args.login.as_deref()).await?;
    match args.what {
        What::List => list(services, actor).await,
        What::Open { place, note } => {
            let Scanned::Item(place) = services.scan.resolve(actor, &place).await? else {
                bail!("`{place}` is no code of one place");
            };
            println!("{}", stocktakes.open(actor, place.id, &note).await?);
            Ok(())
        }
        What::Count { stocktake, file } => count(services, actor, stocktake, &file).await,
        What::Differences { stocktake } => {
            if stocktakes.view(actor, stocktake).await?.head.state == State::Open {
                stocktakes.close(actor, stocktake).await?;
            }
            print(&stocktakes.view(actor, stocktake).await?);
            Ok(())
        }
        What::Approve { stocktake } => {
            let view = stocktakes.view(actor, stocktake).await?;
            print(&view);
            let approved = stocktakes.approve(actor, RequestId::new(), stocktake, view.head.version).await?;
            match approved.booking {
                Some(booking) => println!("{} changes written, booking: {booking}", approved.written),
                None => println!("all agrees, nothing to write"),
            }
            Ok(())
        }
        What::Cancel { stocktake } => Ok(stocktakes.cancel(actor, stocktake).await?),
    }
}

async fn actor(services: &Services, login: Option<&str>) -> anyhow::Result<Actor> {
    let Some(login) = login else { return Ok(Actor::program()) };
    let people = services.people.list(&Actor::program()).await?;
    let found = people
        .into_iter()
        .find(|person| person.active && person.login.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(login)));
    let person = found.with_context(|| format!("nobody signs in as `{login}`"))?;
    Ok(Actor::person(person.id, person.role))
}

async fn list(services: &Services, actor: &Actor) -> anyhow::Result<()> {
    let heads = services.stocktakes.list(actor, &[State::Open, State::Counted], 100).await?;
    if heads.is_empty() {
        println!("nothing is being counted");
    }
    for head in heads {
        println!("{}  {:<8} {:>5} lines  {}", head.id, head.state.as_str(), head.counted, head.holder_name);
    }
    println!("longest not counted:");
    for place in services.stocktakes.proposals(actor, 10).await? {
        let last = place.counted_at.map_or_else(|| "never".to_owned(), |at| at.date().to_string());
        println!("  {last:<10} {:>5} lines  {}", place.lines, place.name);
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Row {
    code: String,
    quantity: Decimal,
    #[serde(default)]
    place: Option<String>,
}

async fn count(services: &Services, actor: &Actor, id: StocktakeId, file: &std::path::Path) -> anyhow::Result<()> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let mut rows = Vec::new();
    for (n, row) in reader.deserialize::<Row>().enumerate() {
        rows.push(row.with_context(|| format!("row {}", n + 2))?);
    }
    // Everything is looked up before anything is counted.
    let mut counts = Vec::with_capacity(rows.len());
    for (n, row) in rows.iter().enumerate() {
        let line = n + 2;
        let Scanned::Item(item) = services.scan.resolve(actor, &row.code).await? else {
            bail!("row {line}: `{}` is no code of one thing", row.code);
        };
        let here: Option<ItemId> = match row.place.as_deref().filter(|place| !place.is_empty()) {
            None => None,
            Some(place) => match services.scan.resolve(actor, place).await? {
                Scanned::Item(place) => Some(place.id),
                _ => bail!("row {line}: `{place}` is no code of one place"),
            },
        };
        counts.push((line, item.id, here, row.quantity));
    }
    let total = counts.len();
    for (line, item, here, quantity) in counts {
        let holder = match here {
            Some(here) => here,
            None => services.stocktakes.likely_holder(actor, id, item).await.with_context(|| format!("row {line}"))?,
        };
        let request = CountRequest { request: RequestId::new(), item, holder, lot: None, amount: Amount::Is(quantity) };
        services.stocktakes.count(actor, id, &request).await.with_context(|| format!("row {line}"))?;
    }
    println!("{total} lines counted");
    Ok(())
}

fn print(view: &StocktakeView) {
    println!("{}: {} counted, {} not counted", view.head.holder_name, view.counted, view.to_count);
    for line in view.lines.iter().filter(|line| line.outcome.is_some_and(|outcome| !outcome.is_quiet())) {
        println!("  {}  {} in {}", difference(line), line.name, line.holder_name);
    }
    if let Some(tally) = view.tally {
        println!("{} agree, {} differ, {} to count again", tally.agree, tally.differ - tally.recount, tally.recount);
    }
}

/// The difference in a few words.
fn difference(line: &LineView) -> String {
    match line.outcome {
        Some(Outcome::Differs { by }) => format!("{by:+}"),
        Some(Outcome::NotHere) => "missing".into(),
        Some(Outcome::FoundHere { was: Was::In(_) }) => {
            format!("found here, the books say {}", line.was_in.as_deref().unwrap_or("elsewhere"))
        }
        Some(Outcome::FoundHere { was: Was::Lent(_) }) => "found here, was lent".into(),
        Some(Outcome::FoundHere { was: Was::Missing }) => "found here, was missing".into(),
        Some(Outcome::FoundHere { was: Was::Nowhere }) => "found here, was not in the books".into(),
        Some(Outcome::Recount { short }) => format!("count again: {short} short"),
        Some(Outcome::Agrees | Outcome::Settled | Outcome::FoundElsewhere { .. }) | None => String::new(),
    }
}
