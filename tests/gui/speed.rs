//! How long it takes from a key to the list on the screen, over a hundred thousand items. Measures rather than tests, and so
//! runs when asked only:
//!
//! `INVENTORY_UI_TESTS=1 INVENTORY_BENCH_DIR=DIR cargo test --release --test gui -- --ignored --nocapture from_a_key`,
//! where DIR is what `cargo bench --bench search -- --data-dir DIR --items 100000` has filled.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use inventory::app::{App, Open};
use inventory::config::{Config, Flags};
use inventory::domain::search::measures::percentile;
use inventory::gui::ui::{Phase, ResultsAdapter, SessionAdapter};
use inventory::gui::{Opener, Program};
use slint::platform::WindowEvent;
use slint::{ComponentHandle as _, Global as _};

use crate::stage::{ann, pause, play_with, runtime, until};

/// Typed letter by letter, as in `benches/search.rs`.
const TYPED: [&str; 8] = [
    "cordless drill",
    "hex bolt stainless",
    "something to keep my tent dry",
    "extenson lead",
    "network cable in:garage",
    "wall paint white",
    "ratchet strap 18 V",
    "boil water for tea",
];

#[test]
#[ignore = "measures; needs a filled inventory"]
fn from_a_key_to_the_rendered_list() {
    let dir = std::env::var_os("INVENTORY_BENCH_DIR")
        .map_or_else(|| std::env::temp_dir().join("inventory-bench"), PathBuf::from);
    let app = runtime().block_on(async {
        let config = Config::load(&Flags { data_dir: Some(dir), ..Flags::default() }).expect("the settings are valid");
        let open = Open { database: Some("bench_100000".into()), ..Open::default() };
        let app = App::open(config, open).await.expect("the program starts");
        app.meaning.settled().await;
        if app.services.people.local().await.expect("looked up").is_none() {
            ann(&app.services).await;
        }
        app
    });
    let program = Program { services: app.services.clone(), health: app.health.clone(), example: false };
    let opener: Opener = Arc::new(move |_| std::future::ready(Ok(program.clone())).boxed());
    play_with(opener, |desktop| async move {
        let window = desktop.window();
        until("the inventory is shown", || SessionAdapter::get(window).get_phase() == Phase::Ready).await;
        let results = ResultsAdapter::get(window);
        until("everything is listed", || results.get_total() > 90_000 && !results.get_busy()).await;
        pause(Duration::from_secs(1)).await;
        let (mut answered, mut rendered) = (Vec::new(), Vec::new());
        for text in TYPED {
            results.set_query("".into());
            results.invoke_search("".into());
            until("the list is whole again", || !results.get_busy()).await;
            for letter in text.chars() {
                let text: slint::SharedString = letter.to_string().into();
                let began = Instant::now();
                window.window().dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
                window.window().dispatch_event(WindowEvent::KeyReleased { text });
                assert!(results.get_busy(), "a key asks");
                while results.get_busy() {
                    tokio::task::yield_now().await;
                    pause(Duration::from_micros(200)).await;
                }
                answered.push(began.elapsed().as_secs_f64() * 1000.0);
                window.window().take_snapshot().expect("the software renderer takes pictures");
                rendered.push(began.elapsed().as_secs_f64() * 1000.0);
                pause(Duration::from_millis(20)).await;
            }
        }
        let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| percentile(&answered, share));
        println!("{} keys: answered p50 {p50:.1}, p95 {p95:.1}, p99 {p99:.1} ms", answered.len());
        let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| percentile(&rendered, share));
        println!("and the whole window rendered: p50 {p50:.1}, p95 {p95:.1}, p99 {p99:.1} ms");
    });
    runtime().block_on(app.stop()).expect("stopped");
}
