//! How fast search is, and how sure: a table for the README.
//!
//! `cargo bench --bench search -- --data-dir DIR [--items N]… [--items-file F --queries F --qrels F]`
//!
//! With `--items` it generates that many and measures how long each kind of search takes, the question's
//! embedding included, side by side with words alone and meaning alone. With a judged set it also types every
//! barcode and model number (or with `--every N` each Nth), misspells the questions, and types random letters.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use inventory::app::{App, Open, load_meaning};
use inventory::cli::eval::set::JudgedSet;
use inventory::cli::generate::{load, things};
use inventory::config::{Config, Flags};
use inventory::domain::Actor;
use inventory::domain::search::Analyser;
use inventory::domain::search::measures::percentile;
use inventory::services::Services;
use inventory::services::bulk::BulkItem;
use inventory::services::search::{Mode, Search, SearchRequest};

struct Wanted {
    data_dir: PathBuf,
    sizes: Vec<usize>,
    set: [Option<PathBuf>; 3],
    every: usize,
}

fn wanted() -> Wanted {
    let data_dir = std::env::temp_dir().join("inventory-bench");
    let mut wanted = Wanted { data_dir, sizes: vec![], set: [None, None, None], every: 1 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("`{word}` needs a value"));
        match word.as_str() {
            "--data-dir" => wanted.data_dir = value().into(),
            "--items" => wanted.sizes.push(value().parse().expect("a number of items")),
            "--items-file" => wanted.set[0] = Some(value().into()),
            "--queries" => wanted.set[1] = Some(value().into()),
            "--qrels" => wanted.set[2] = Some(value().into()),
            "--every" => wanted.every = value().parse().expect("a number"),
            // Cargo's own.
            "--bench" => {}
            other => panic!("`{other}` is not understood"),
        }
    }
    if wanted.sizes.is_empty() && wanted.set[0].is_none() {
        wanted.sizes.push(10_000);
    }
    wanted
}

#[tokio::main]
async fn main() {
    // On a thread that serves connections too, as the program's own searches are: from any other, each answer of the
    // server has to wake one more thread.
    tokio::spawn(measure(wanted())).await.expect("measured");
}

async fn measure(wanted: Wanted) {
    // The stages of a search are among the program's figures.
    inventory::telemetry::metrics::start();
    let flags = Flags { data_dir: Some(wanted.data_dir.clone()), ..Flags::default() };
    let config = Config::load(&flags).expect("the settings are valid");
    for size in wanted.sizes {
        let (app, search) = filled(&config, &format!("bench_{size}"), &things::make(size, 1)).await;
        speed(&search, size).await;
        app.stop().await.expect("stopped");
    }
    if let [Some(items), Some(queries), Some(qrels)] = &wanted.set {
        let set = JudgedSet::read(items, queries, qrels).expect("the set is readable");
        let name = format!("bench_set_{}", std::process::id());
        let (app, search) = filled(&config, &name, &set.items()).await;
        sureness(&search, &set, wanted.every).await;
        app.discard().await.expect("dropped");
    }
}

/// A database with these items; a generated one is kept for the next run.
async fn filled(config: &Config, name: &str, items: &[BulkItem]) -> (App, Search) {
    let open = Open { database: Some(name.to_owned()), meaning: false, ..Open::default() };
    let app = App::open(config.clone(), open).await.expect("the program starts");
    let all = SearchRequest { limit: 1, ..SearchRequest::new("") };
    if app.services.search.search(&Actor::program(), &all).await.expect("searched").total == 0 {
        load(&app, items, true, "bench").await.expect("loaded");
    }
    let services = Services::new(&app.db).searching(&app.db, Analyser::default(), load_meaning(config));
    services.search.meaning().settled().await;
    (app, services.search)
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }

    fn letter(&mut self) -> char {
        char::from(b'a' + self.below(26) as u8)
    }
}

const PLAIN: &[&str] = &[
    "cordless drill",
    "hex bolt stainless",
    "extension lead",
    "wood screw brass",
    "sleeping bag",
    "toner cartridge",
    "wall paint white",
    "network cable",
    "folding table",
    "safety goggles",
    "garden hose",
    "coffee machine",
    "spirit level",
    "cable tie nylon",
    "paint roller",
    "first aid kit",
    "USB stick",
    "ratchet strap",
    "lawn mower",
    "masking tape",
];
const MEANT: &[&str] = &[
    "something to keep my tent dry",
    "drive a nail into a beam",
    "boil water for tea",
    "stop the bathroom from leaking",
    "light for a dark cellar",
    "carry sand across the yard",
    "print a letter",
    "keep drinks cold",
    "reach the ceiling",
    "copy files to take home",
    "clean the floor",
    "show a film to a group",
    "fasten boards together",
    "protect my ears from noise",
    "get rid of ice on the steps",
    "fix a broken cup",
    "speak to a crowd",
    "colour the fence",
    "measure a room",
    "tie up loose wires",
];
const SMALL: &[&str] = &["for beginners", "in red", "18 V", "from Gruber", "for events", "made of steel", "as a spare"];

fn misspelt(text: &str, dice: &mut Dice) -> Option<String> {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let long: Vec<usize> = (0..words.len())
        .filter(|&n| words[n].chars().count() >= 5 && words[n].chars().all(char::is_alphabetic))
        .collect();
    let n = *long.get(dice.below(long.len()))?;
    let mut letters: Vec<char> = words[n].chars().collect();
    let at = dice.below(letters.len() - 1);
    match dice.below(4) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        2 => letters.insert(at, dice.letter()),
        _ => letters[at] = dice.letter(),
    }
    words[n] = letters.into_iter().collect();
    Some(words.join(" ")).filter(|edited| edited != text)
}

async fn speed(search: &Search, size: usize) {
    let mut dice = Dice(42);
    let mut questions = |of: &[&str], filter: &dyn Fn(&mut Dice) -> String, wrong: bool| -> Vec<String> {
        let mut asked = Vec::new();
        for round in 0..10 {
            for text in of {
                let text =
                    if wrong { misspelt(text, &mut dice).unwrap_or((*text).to_owned()) } else { (*text).to_owned() };
                let small = if round == 0 { "" } else { SMALL[dice.below(SMALL.len())] };
                asked.push(format!("{}{text} {small} {} ", filter(&mut dice), if round > 6 { "new" } else { "" }));
            }
        }
        asked
    };
    let none = |_: &mut Dice| String::new();
    let room = |dice: &mut Dice| {
        ["in:Garage ", "in:Workshop ", "tag:tools ", "kind:consumable ", "low ", "tag:red in:Attic "][dice.below(6)]
            .to_owned()
    };
    let shelf = move |dice: &mut Dice| format!("in:\"Shelf {}\" ", 20 + dice.below(size / 60));
    println!(
        "\n{size} items: milliseconds           p50     p95     p99    words: p50   p95    meaning: p50   p95   known: p50   p95   question   cand.   rank   hits"
    );
    for (what, asked) in [
        ("words of an item", questions(PLAIN, &none, false)),
        ("paraphrase", questions(MEANT, &none, false)),
        ("words, one misspelt", questions(PLAIN, &none, true)),
        ("in a room, by tag or kind", questions(PLAIN, &room, false)),
        ("on a shelf", questions(PLAIN, &shelf, false)),
    ] {
        let mut line = format!("{what:<33}");
        let mut spent = [0.0; STAGES.len()];
        for (n, mode) in [Mode::Hybrid, Mode::Text, Mode::Meaning, Mode::Hybrid].into_iter().enumerate() {
            let before = STAGES.map(stage_seconds);
            // A model that has not been asked these yet: the hybrid's questions must not be answered from the cache.
            let taken = timed(search, &asked, mode).await;
            if n == 0 {
                let after = STAGES.map(stage_seconds);
                let searches = (asked.len() + WARM) as f64;
                spent = std::array::from_fn(|n| (after[n] - before[n]) * 1000.0 / searches);
            }
            let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| percentile(&taken, share));
            // Writing into a string does not fail.
            let _ = match mode {
                Mode::Hybrid if n == 0 => write!(line, "{p50:>7.2} {p95:>7.2} {p99:>7.2}   "),
                _ => write!(line, "{p50:>10.2} {p95:>6.2}   "),
            };
        }
        for spent in spent {
            let _ = write!(line, "{spent:>7.2}");
        }
        println!("{line}");
    }
    let mut alone = Vec::new();
    for text in questions(PLAIN, &none, false) {
        let began = Instant::now();
        search.meaning().query(&format!("{text}please")).await.expect("the model reads");
        alone.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    println!("the model alone                  {:>7.2} {:>7.2}", percentile(&alone, 0.5), percentile(&alone, 0.95));
}

/// The parts of a search that take any time.
const STAGES: [&str; 4] = ["question", "candidates", "rank", "hits"];

/// How long all searches so far have spent in a stage, in seconds.
fn stage_seconds(stage: &str) -> f64 {
    figure(&format!("inventory_search_seconds_sum{{stage=\"{stage}\"}}"))
}

/// One of the program's figures, by its name in Prometheus' form.
fn figure(name: &str) -> f64 {
    let page = inventory::telemetry::metrics::render();
    page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or(0.0)
}

/// So many searches are not timed: a server that has just started reads its files first.
const WARM: usize = 60;

async fn timed(search: &Search, asked: &[String], mode: Mode) -> Vec<f64> {
    let me = Actor::program();
    let mut taken = Vec::new();
    for text in asked.iter().take(WARM) {
        let warm = SearchRequest { mode, ..SearchRequest::new(format!("warm {text}")) };
        search.search(&me, &warm).await.expect("searched");
    }
    for text in asked {
        let request = SearchRequest { mode, ..SearchRequest::new(text.clone()) };
        let began = Instant::now();
        search.search(&me, &request).await.expect("searched");
        taken.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    taken
}

async fn sureness(search: &Search, set: &JudgedSet, every: usize) {
    let me = Actor::program();
    let hits = async |text: &str, floor: bool| {
        let request = SearchRequest { limit: 10, floor, ..SearchRequest::new(format!("{text} ")) };
        let found = search.search(&me, &request).await.expect("searched");
        found.hits.into_iter().map(|hit| hit.item.id).collect::<Vec<_>>()
    };
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    // Several items may have the same barcode or model, but for accents: any of them is its item.
    let same_key = inventory::domain::search::words::key;
    for (what, keys) in [
        ("barcodes", set.lines.iter().map(|line| line.ean.clone()).collect::<Vec<_>>()),
        ("model numbers", set.lines.iter().map(|line| line.model.iter().cloned().collect()).collect()),
    ] {
        let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
        for (n, key) in keys.iter().enumerate().flat_map(|(n, texts)| texts.iter().map(move |text| (n, text))) {
            by_key.entry(same_key(key)).or_default().push(n);
        }
        let (mut asked, mut first, mut bare) = (0, 0, 0);
        let mut missed = Vec::new();
        for texts in keys.iter().step_by(every) {
            for text in texts {
                let same: HashSet<_> = by_key[&same_key(text)].iter().map(|&other| set.ids()[other]).collect();
                asked += 1;
                let typed = hits(text, true).await;
                let stripped = hits(&plain(text), true).await;
                let is_first = |found: &[_]| found.first().is_some_and(|id| same.contains(id));
                first += usize::from(is_first(&typed));
                bare += usize::from(is_first(&stripped));
                if !is_first(&typed) || !is_first(&stripped) {
                    missed.push(text.clone());
                }
            }
        }
        println!(
            "{what}: {asked} typed, {first} first as written, {bare} without separators; missed {:?}",
            &missed[..missed.len().min(10)]
        );
    }
    let mut dice = Dice(7);
    let (mut asked, mut kept, mut lost) = (0, 0, Vec::new());
    while asked < 200 {
        let (_, clean) = &set.questions[dice.below(set.questions.len())];
        let Some(wrong) = misspelt(clean, &mut dice) else { continue };
        let Some(best) = hits(clean, true).await.first().copied() else { continue };
        asked += 1;
        if hits(&wrong, true).await.contains(&best) {
            kept += 1;
        } else {
            lost.push(format!("{clean} → {wrong}"));
        }
    }
    println!("misspelt: {kept} of {asked} keep the first hit among the first ten; lost {lost:?}");
    let mut empty = 0;
    for _ in 0..50 {
        let length = 5 + dice.below(8);
        let noise: String = (0..length).map(|_| dice.letter()).collect();
        empty += usize::from(hits(&noise, true).await.is_empty());
    }
    println!("random letters: {empty} of 50 find nothing");
}
