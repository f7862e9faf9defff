//! `inventory search`: find things from the command line.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::Context;
use crate::domain::Actor;
use crate::services::search::{Hit, SearchRequest, SearchResults};

/// Find things by code, word or meaning
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory search something to keep my tent dry
  inventory search 'in:\"Shelf 2\" tag:camping kind:asset low'
  inventory search drill --json

Filters: in:PLACE  tag:TAG  kind:location|container|asset|consumable|product  low  lent  archived
Exits with 1 when nothing is found.")]
pub struct Args {
    /// What to look for: words and filters
    #[arg(required = true, num_args = 1..)]
    words: Vec<String>,
    /// Show at most so many
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Leave out the first so many
    #[arg(long, default_value_t = 0)]
    offset: usize,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let app = context.app().await?;
    app.services.search.meaning().settled().await;
    // The blank says that the last word is finished.
    let text = format!("{} ", args.words.join(" "));
    let request = SearchRequest { limit: args.limit, offset: args.offset, ..SearchRequest::new(text) };
    let found = app.services.search.search(&Actor::program(), &request).await;
    app.stop().await?;
    let found = found?;
    if args.json {
        println!("{:#}", json(&found));
    } else {
        print(&found);
    }
    Ok(if found.hits.is_empty() { ExitCode::from(super::exit::FAILED) } else { ExitCode::SUCCESS })
}

fn json(found: &SearchResults) -> Value {
    json!({
        "hits": found.hits.iter().map(hit).collect::<Vec<_>>(),
        "corrected": found.corrected,
        "total": found.total,
        "words_only": found.words_only.as_ref().map(ToString::to_string),
        "unknown_places": found.unknown_places,
        "took_ms": found.took.as_secs_f64() * 1000.0,
    })
}

fn hit(hit: &Hit) -> Value {
    let item = &hit.item;
    json!({
        "id": item.id,
        "code": item.code,
        "name": item.name,
        "kind": item.kind.as_str(),
        "path": item.path.places.iter().map(|place| place.name.as_str()).collect::<Vec<_>>(),
        "on_hand": item.on_hand,
        "unit": item.unit,
        "low": item.low,
        "lent": item.lent,
        "archived": item.archived,
        "tags": item.tags,
        "photo": item.photo,
        "why": hit.why.as_str(),
        "matched": hit.matched,
        "score": hit.score,
    })
}

fn print(found: &SearchResults) {
    if let Some(why) = &found.words_only {
        eprintln!("Searched by words alone: {why}");
    }
    for place in &found.unknown_places {
        eprintln!("No place is called `{place}`");
    }
    if let Some(corrected) = &found.corrected {
        eprintln!("Searched for: {corrected}");
    }
    for hit in &found.hits {
        let item = &hit.item;
        let path: Vec<_> = item.path.places.iter().map(|place| place.name.as_str()).collect();
        let quantity = item.unit.as_ref().map_or(String::new(), |unit| format!("  {} {unit}", item.on_hand));
        let code = item.code.as_deref().unwrap_or("-");
        println!("{code:<10} {}{quantity}  [{}]  {}", item.name, path.join(" › "), hit.why.as_str());
    }
    if found.total > found.hits.len() {
        eprintln!("{} of about {}", found.hits.len(), found.total);
    } else if found.hits.is_empty() {
        eprintln!("Nothing found");
    }
}
