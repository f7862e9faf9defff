//! How long it takes from a key to the list on the screen, and to draw a list that is scrolled, over a hundred thousand
//! items. Measures rather than tests, and so runs when asked only:
//!
//! `INVENTORY_UI_TESTS=1 INVENTORY_BENCH_DIR=DIR cargo test --release --test gui -- --ignored --nocapture --test-threads 1
//! speed`, where DIR is what `cargo bench --bench search -- --data-dir DIR --items 100000` has filled.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use inventory::app::{App, Open};
use inventory::config::{Config, Flags};
use inventory::domain::search::measures::percentile;
use inventory::gui::ui::{Phase, ResultsAdapter, SessionAdapter};
use inventory::gui::{Opener, Program, Surroundings};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle as _, Global as _, LogicalPosition, Model as _};

use crate::stage::{ann, pause, play_kiosk_with, play_with, press, runtime, until};

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

/// Frames of the wheel, and of a list that was flung.
const FRAMES: usize = 240;
const FRAME: Duration = Duration::from_micros(16_667);

#[test]
#[ignore = "measures; needs a filled inventory"]
fn from_a_key_to_the_rendered_list() {
    let (app, opener) = filled();
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
                answered.push(milliseconds(began));
                window.window().take_snapshot().expect("the software renderer takes pictures");
                rendered.push(milliseconds(began));
                pause(Duration::from_millis(20)).await;
            }
        }
        say("keys: answered", &answered);
        say("and the whole window rendered", &rendered);
    });
    runtime().block_on(app.stop()).expect("stopped");
}

#[test]
#[ignore = "measures; needs a filled inventory"]
fn frames_while_scrolling_in_the_window_and_at_the_panel() {
    let (app, opener) = filled();
    play_with(opener.clone(), |desktop| async move {
        let window = desktop.window();
        let results = ResultsAdapter::get(window);
        until("everything is listed", || results.get_total() > 90_000 && !results.get_busy()).await;
        let mut frames = Vec::new();
        for _ in 0..FRAMES {
            let began = Instant::now();
            let position = LogicalPosition::new(700.0, 500.0);
            window.window().dispatch_event(WindowEvent::PointerScrolled { position, delta_x: 0.0, delta_y: -360.0 });
            window.window().take_snapshot().expect("the software renderer takes pictures");
            frames.push(milliseconds(began));
            pause(FRAME.saturating_sub(began.elapsed())).await;
        }
        say("frames of the wheel, 1440 × 900", &frames);
        // To the middle of everything: the rows there have never been read.
        let rows = results.get_rows();
        let began = Instant::now();
        let middle = rows.row_count() / 2;
        assert_eq!(rows.row_data(middle).expect("a row").name, "");
        until("the middle is read", || rows.row_data(middle).is_some_and(|row| !row.name.is_empty())).await;
        println!("a page nobody has looked at is read in {:.1} ms", milliseconds(began));
    });
    play_kiosk_with(opener, Surroundings::default(), |kiosk| async move {
        let window = kiosk.window();
        until("the inventory is shown", || SessionAdapter::get(window).get_phase() == Phase::Ready).await;
        press(window, "Find");
        let results = ResultsAdapter::get(window);
        until("everything is listed", || results.get_total() > 90_000 && !results.get_busy()).await;
        let mut frames = Vec::new();
        while frames.len() < FRAMES {
            fling(window.window()).await;
            for _ in 0..FRAMES / 4 {
                let began = Instant::now();
                slint::platform::update_timers_and_animations();
                window.window().take_snapshot().expect("the software renderer takes pictures");
                frames.push(milliseconds(began));
                pause(FRAME.saturating_sub(began.elapsed())).await;
            }
        }
        say("frames of a flung list, 800 × 480", &frames);
    });
    runtime().block_on(app.stop()).expect("stopped");
}

/// A finger that throws the list upwards.
async fn fling(window: &slint::Window) {
    let button = PointerEventButton::Left;
    let at = |step: u16| LogicalPosition::new(300.0, 420.0 - f32::from(step) * 30.0);
    window.dispatch_event(WindowEvent::PointerPressed { position: at(0), button });
    for step in 1..=8 {
        pause(Duration::from_millis(8)).await;
        window.dispatch_event(WindowEvent::PointerMoved { position: at(step) });
    }
    window.dispatch_event(WindowEvent::PointerReleased { position: at(8), button });
    window.dispatch_event(WindowEvent::PointerExited);
}

/// The program over the inventory of the benchmark, with an admin.
fn filled() -> (App, Opener) {
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
    (app, Arc::new(move |_| std::future::ready(Ok(program.clone())).boxed()))
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn say(what: &str, measured: &[f64]) {
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| percentile(measured, share));
    println!("{} {what}: p50 {p50:.1}, p95 {p95:.1}, p99 {p99:.1} ms", measured.len());
}
