//! A kiosk that is used all day: does it grow, does it slow down?
//!
//! The suite does a few dozen actions; `INVENTORY_UI_TESTS=1 INVENTORY_SOAK=20000 cargo nextest run --release --test gui
//! soak` does a year's worth and holds the memory to it.

use std::any::Any;
use std::time::{Duration, Instant};

use i_slint_backend_testing::testing_backend::TestingWindow;
use i_slint_core::InternalToken;
use i_slint_core::window::WindowInner;
use inventory::gui::ui::{
    BookingAdapter, IdleAdapter, ItemAdapter, Keyboard, Navigation, NoticesAdapter, Page, ResultsAdapter,
};
use slint::{ComponentHandle as _, Global as _};

use crate::kiosk::keys::touch;
use crate::stage::{Stage, play_kiosk};

/// Things in the room.
const THINGS: usize = 12;
/// With so many actions the figures mean something, and are held to.
const LONG: usize = 5_000;
/// No action may take longer than this, on a machine that does nothing else, optimised.
const SLOWEST: Duration = Duration::from_millis(250);

/// Numbers that look random and are the same every time (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

#[test]
fn a_long_day_leaves_the_kiosk_as_small_and_as_quick_as_it_began() {
    let actions = std::env::var("INVENTORY_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    play_kiosk(
        (1280, 720),
        |props| async move {
            let workshop = props.place("Workshop", None).await;
            let van = props.place("Van", None).await;
            for number in 0..THINGS {
                let place = if number % 2 == 0 { workshop } else { van };
                props.goods(&format!("Bolt M{number}"), place, 1_000_000).await;
            }
        },
        move |stage| async move {
            let mut dice = Dice(7);
            let (mut slowest, mut what) = (Duration::ZERO, "");
            let (mut early, mark) = (0, actions / 20);
            for number in 0..actions {
                if number == mark {
                    early = resident();
                }
                // What is pressed by its name touches nothing, and a panel nobody touches rests after a while.
                IdleAdapter::get(stage.window()).invoke_touched();
                forget_what_fields_told(stage.window().window());
                let began = Instant::now();
                let name = act(&stage, &mut dice).await;
                if began.elapsed() > slowest {
                    (slowest, what) = (began.elapsed(), name);
                }
            }
            let late = resident();
            let growth = (late as f64 - early as f64) / early as f64 * 100.0;
            println!(
                "{actions} actions: {} MiB after {mark}, {} MiB at the end ({growth:+.1} %); the slowest, {what}, took {slowest:?}",
                early / 1024,
                late / 1024
            );
            if actions >= LONG {
                assert!(growth < 5.0, "the kiosk grew by {growth:.1} %");
                if !cfg!(debug_assertions) {
                    assert!(slowest < SLOWEST, "{what} took {slowest:?}");
                }
            }
        },
    );
}

/// One action and the wait for what it brings.
async fn act(stage: &Stage, dice: &mut Dice) -> &'static str {
    let navigation = Navigation::get(stage.window());
    let at = |page: Page| {
        let navigation = Navigation::get(stage.window());
        move || navigation.get_page() == page
    };
    match (navigation.get_page(), dice.throw(10)) {
        (Page::Home, 0..=6) => {
            stage.press("Find");
            stage.until("the search", at(Page::Find)).await;
            "opening the search"
        }
        (Page::Home, 7) => {
            stage.press("Places");
            stage.until("the places", at(Page::Places)).await;
            "opening the places"
        }
        (Page::Home, 8) => {
            stage.press("Low stock");
            stage.until("what is low", at(Page::Low)).await;
            "opening what is low"
        }
        (Page::Find, 0..=7) => {
            let number = dice.throw(THINGS);
            // As a finger does it: into the field, and key by key on the screen's own keyboard.
            stage.type_into("Scan or type", "");
            touch(stage, "Scan or type");
            for letter in format!("bolt m{number}").chars() {
                Keyboard::get(stage.window()).invoke_key(letter.to_string().into());
            }
            let results = ResultsAdapter::get(stage.window());
            let wanted = format!("Bolt M{number}, ");
            stage
                .until("it is found", || !results.get_busy() && stage.hits().iter().any(|hit| hit.starts_with(&wanted)))
                .await;
            let hit = stage.hits().into_iter().find(|hit| hit.starts_with(&wanted)).expect("just seen");
            stage.press(&hit);
            let item = ItemAdapter::get(stage.window());
            let name = format!("Bolt M{number}");
            stage.until("its page", || at(Page::Item)() && item.get_item().name == name.as_str()).await;
            "finding a thing"
        }
        (Page::Item, 0..=5) => {
            stage.press(if dice.throw(2) == 0 { "Take" } else { "Put back" });
            stage.until("the pad", at(Page::Act)).await;
            "asking how many"
        }
        (Page::Item, 6) => {
            stage.press("History");
            "reading the history"
        }
        (Page::Item, 7) if NoticesAdapter::get(stage.window()).get_seconds_left() > 0 => {
            NoticesAdapter::get(stage.window()).invoke_undo();
            let notices = NoticesAdapter::get(stage.window());
            stage.until("it is undone", || notices.get_seconds_left() == 0).await;
            "undoing"
        }
        (Page::Act, 0..=7) => {
            stage.press(["1", "2", "5"][dice.throw(3)]);
            BookingAdapter::get(stage.window()).invoke_confirm();
            stage.until("it is booked", at(Page::Item)).await;
            "booking"
        }
        (Page::Act, _) => {
            stage.press("Cancel");
            stage.until("the page before", at(Page::Item)).await;
            "cancelling"
        }
        _ => {
            navigation.invoke_home();
            stage.until("home", at(Page::Home)).await;
            "going home"
        }
    }
}

/// The testing backend keeps every word between a field and an input method, for tests that look at them: some 100 bytes
/// for each key, which would be taken for growth of the kiosk.
fn forget_what_fields_told(window: &slint::Window) {
    let adapter = WindowInner::from_pub(window).window_adapter();
    let testing =
        adapter.internal(InternalToken).and_then(|window| (window as &dyn Any).downcast_ref::<TestingWindow>());
    testing.expect("a window of the testing backend").clear_ime_requests();
}

/// What of this process lies in memory, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is in there");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}
