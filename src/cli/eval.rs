//! `inventory eval`: how good and how fast search is on a judged set.

pub mod set;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::json;

use super::Context;
use super::progress::Progress;
use crate::app::{App, Open, load_meaning};
use crate::domain::Actor;
use crate::domain::search::measures::{Measures, percentile};
use crate::services::Services;
use crate::services::search::{Mode, SearchRequest};
use set::JudgedSet;

/// Measure search on judged questions, in a scratch database
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory eval --items items.jsonl --queries dev/queries.tsv --qrels dev/qrels.tsv
  inventory eval --items items.jsonl --queries dev/queries.tsv --qrels dev/qrels.tsv --mode text --json

ITEMS has a JSON object a line: id, title, and optionally text, tags, attributes_text, manufacturer, model, ean,
parent. QUERIES has `question-id TAB text`, QRELS `question-id 0 item-id grade` (TREC), grades 0 to 3.

nDCG@10 (Järvelin & Kekäläinen 2002): gain 2^grade - 1, discount log2; unjudged hits count as 0, in the condensed
nDCG they are taken out. MRR, recall and hits count grades 2 and 3. Times include the question's embedding.
The scratch database is dropped afterwards; vectors are kept in the cache directory.")]
pub struct Args {
    /// The items, as JSON lines
    #[arg(long, value_name = "FILE")]
    items: PathBuf,
    /// The questions, tab-separated
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    /// The judgements, in TREC's form
    #[arg(long, value_name = "FILE")]
    qrels: PathBuf,
    /// What evidence to use
    #[arg(long, value_enum, default_value = "hybrid")]
    mode: ModeArg,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeArg {
    Hybrid,
    Text,
    Meaning,
}

impl ModeArg {
    fn mode(self) -> Mode {
        match self {
            Self::Hybrid => Mode::Hybrid,
            Self::Text => Mode::Text,
            Self::Meaning => Mode::Meaning,
        }
    }
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let set = JudgedSet::read(&args.items, &args.queries, &args.qrels)?;
    let database = format!("inventory_eval_{}", std::process::id());
    let app = context.app_with(Open { database: Some(database), meaning: false, example: false }).await?;
    let measured = measure(&app, &set, args.mode.mode()).await;
    app.discard().await?;
    let result = measured?;
    if args.json {
        println!("{:#}", result.json());
    } else {
        result.print();
    }
    Ok(ExitCode::SUCCESS)
}

/// What is shown at once.
const PAGE: usize = 20;

struct Measured {
    measures: Measures,
    /// Relevant hits among the first ten without the floor, and how many of them the floor takes away.
    relevant: usize,
    lost: usize,
    milliseconds: Vec<f64>,
    questions: usize,
    items: usize,
    unanswered: usize,
}

async fn measure(app: &App, set: &JudgedSet, mode: Mode) -> anyhow::Result<Measured> {
    let me = Actor::program();
    super::generate::load(app, &set.items(), mode != Mode::Text, "evaluation").await?;
    // Questions are embedded by a model that keeps nothing: their time is part of what is measured.
    let services = Services::new(&app.db).searching(
        &app.db,
        crate::domain::search::Analyser::default(),
        load_meaning(&app.config),
    );
    services.search.meaning().settled().await;
    let names = set.numbers();
    let mut progress = Progress::new("asking questions", set.questions.len() as u64);
    let (mut runs, mut milliseconds, mut lost, mut relevant, mut unanswered) = (Vec::new(), Vec::new(), 0, 0, 0);
    // The first questions pay for plans and caches.
    for (_, text) in set.questions.iter().take(5) {
        services.search.search(&me, &request("warming up ", text, mode)).await?;
    }
    for (id, text) in &set.questions {
        let began = Instant::now();
        // A page, as people see it, is timed; its hits' places, pictures and quantities are part of it.
        let page = SearchRequest { limit: PAGE, ..request("", text, mode) };
        services.search.search(&me, &page).await.context("the search failed")?;
        milliseconds.push(began.elapsed().as_secs_f64() * 1000.0);
        let found = services.search.search(&me, &request("", text, mode)).await.context("the search failed")?;
        let ids = |found: &crate::services::search::SearchResults| -> Vec<String> {
            found.hits.iter().filter_map(|hit| names.get(&hit.item.id).cloned()).collect()
        };
        let ranking = ids(&found);
        unanswered += usize::from(ranking.is_empty());
        if let Some(grades) = set.grades.get(id) {
            let all = services.search.search(&me, &SearchRequest { floor: false, ..request("", text, mode) }).await?;
            let good = ids(&all).into_iter().take(10).filter(|item| grades.get(item).is_some_and(|grade| *grade >= 2));
            for item in good {
                relevant += 1;
                lost += usize::from(!ranking.iter().take(10).any(|kept| *kept == item));
            }
            runs.push((ranking, grades));
        }
        progress.advance(1);
    }
    progress.finish();
    Ok(Measured {
        measures: Measures::of(runs.iter().map(|(ranking, grades)| (ranking.as_slice(), *grades))),
        relevant,
        lost,
        milliseconds,
        questions: set.questions.len(),
        items: set.lines.len(),
        unanswered,
    })
}

fn request(before: &str, text: &str, mode: Mode) -> SearchRequest {
    // The blank says that the last word is finished: these questions were sent, not being typed.
    SearchRequest { limit: 100, mode, ..SearchRequest::new(format!("{before}{text} ")) }
}

impl Measured {
    fn json(&self) -> serde_json::Value {
        let m = &self.measures;
        json!({
            "ndcg_10": m.ndcg_10,
            "condensed_ndcg_10": m.condensed_ndcg_10,
            "judged_10": m.judged_10,
            "mrr_10": m.mrr_10,
            "recall_10": m.recall_10,
            "recall_100": m.recall_100,
            "hit_1": m.hit_1,
            "hit_10": m.hit_10,
            "queries_per_second": self.per_second(),
            "p50_ms": percentile(&self.milliseconds, 0.50),
            "p95_ms": percentile(&self.milliseconds, 0.95),
            "p99_ms": percentile(&self.milliseconds, 0.99),
            "items": self.items,
            "queries": self.questions,
            "judged_queries": m.questions,
            "unanswered_queries": self.unanswered,
            "lost_to_floor": self.lost_share(),
        })
    }

    fn per_second(&self) -> f64 {
        let seconds = self.milliseconds.iter().sum::<f64>() / 1000.0;
        if seconds > 0.0 { self.milliseconds.len() as f64 / seconds } else { 0.0 }
    }

    /// Of the relevant hits among the first ten, the share that the floor takes away.
    fn lost_share(&self) -> f64 {
        if self.relevant == 0 { 0.0 } else { self.lost as f64 / self.relevant as f64 }
    }

    fn print(&self) {
        println!("items {}, questions {} ({} judged)", self.items, self.questions, self.measures.questions);
        if let serde_json::Value::Object(all) = self.json() {
            for (name, value) in all {
                if let Some(value) = value.as_f64().filter(|_| !value.is_u64()) {
                    println!("{name:<20} {value:.3}");
                }
            }
        }
    }
}
