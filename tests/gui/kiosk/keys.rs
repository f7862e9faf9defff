//! Keys at the kiosk: a scanner's, a person's, and those on the screen.

use std::time::Duration;

use i_slint_backend_testing::{ElementHandle, ElementQuery};
use inventory::gui::ui::{BookingAdapter, Keyboard, Page, ResultsAdapter, ScannerAdapter};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle as _, Global as _, LogicalPosition};

use super::people::scan;
use crate::kiosk::{SMALL, at, page};
use crate::stage::{Kiosked, Stage, pause, play_kiosk_as};

fn query(stage: &Stage) -> String {
    ResultsAdapter::get(stage.window()).get_query().into()
}

/// Touches what is called so, with a finger: down, and up again.
pub fn touch(stage: &Stage, label: &str) {
    let found = ElementHandle::find_by_accessible_label(stage.window(), label).last();
    let element = found.unwrap_or_else(|| panic!("there is `{label}`"));
    let (at, size) = (element.absolute_position(), element.size());
    let position = LogicalPosition::new(at.x + size.width / 2.0, at.y + size.height / 2.0);
    let window = stage.window().window();
    window.dispatch_event(WindowEvent::PointerPressed { position, button: PointerEventButton::Left });
    window.dispatch_event(WindowEvent::PointerReleased { position, button: PointerEventButton::Left });
}

pub async fn code_of(stage: &Stage, name: &str) -> String {
    let (services, actor, name) = (stage.services.clone(), stage.actor.clone(), name.to_owned());
    crate::stage::runtime()
        .spawn(async move {
            let request = inventory::services::search::SearchRequest::new(&name);
            let hit = services.search.search(&actor, &request).await.expect("searched").hits.remove(0);
            hit.item.code.expect("an own code")
        })
        .await
        .expect("no panic")
}

#[test]
fn a_scan_finds_its_thing_on_any_page_with_no_field_focused_and_with_one() {
    play_kiosk_as(
        Kiosked::Example,
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Hex bolt M6", shelf, 40).await;
        },
        |stage| async move {
            let code = code_of(&stage, "Hex bolt M6").await;
            scan(&stage, &code);
            at(&stage, Page::Item).await;
            pause(Duration::from_millis(1100)).await;
            stage.press("Home");
            stage.press("Find");
            at(&stage, Page::Find).await;
            for key in ["w", "a"] {
                stage.key(key);
                pause(Duration::from_millis(83)).await;
            }
            stage.until("what was typed is there", || query(&stage) == "wa").await;
            scan(&stage, &code);
            at(&stage, Page::Item).await;
            stage.press("Back");
            at(&stage, Page::Find).await;
            assert_eq!(query(&stage), "wa", "a scan never lands in a field");
        },
    );
}

#[test]
fn a_fast_typist_loses_nothing_and_scans_nothing() {
    play_kiosk_as(
        Kiosked::Example,
        SMALL,
        |_| async {},
        |stage| async move {
            stage.press("Find");
            at(&stage, Page::Find).await;
            let text = "cordless drill 18 v";
            for key in text.chars() {
                stage.key(key.to_string());
                pause(Duration::from_millis(83)).await;
            }
            stage.until("all of it is there", || query(&stage) == text).await;
            assert_eq!(page(&stage), Page::Find);
        },
    );
}

#[test]
fn the_keyboard_on_the_screen_comes_with_the_field_and_leaves_it_visible() {
    play_kiosk_as(
        Kiosked::Example,
        SMALL,
        |_| async {},
        |stage| async move {
            stage.press("Find");
            at(&stage, Page::Find).await;
            let keyboard = Keyboard::get(stage.window());
            stage.until("the keyboard is there", || keyboard.get_height() > 100.0).await;
            let field =
                ElementHandle::find_by_accessible_label(stage.window(), "Scan or type").last().expect("the field");
            let height = stage.window().window().size().height as f32 / stage.window().window().scale_factor();
            let below = field.absolute_position().y + field.size().height;
            assert!(below <= height - keyboard.get_height(), "{below} lies under the keyboard");
            // As fast as it goes, faster than twelve keys a second.
            for _ in 0..5 {
                for key in ["q", "w", "e", "r", "t", "y"] {
                    touch(&stage, key);
                }
            }
            stage.until("no key is lost", || query(&stage) == "qwerty".repeat(5)).await;
            touch(&stage, "Delete to the left");
            touch(&stage, "Capital letters");
            touch(&stage, "Y");
            touch(&stage, "a");
            stage.until("shift is for one letter", || query(&stage).ends_with("qwertYa")).await;
            touch(&stage, "Digits and signs");
            touch(&stage, "7");
            touch(&stage, "Letters");
            touch(&stage, "Space");
            touch(&stage, "x");
            stage.until("digits and letters", || query(&stage).ends_with("Ya7 x")).await;
            touch(&stage, "Caret to the left");
            touch(&stage, "z");
            stage.until("the caret moves", || query(&stage).ends_with("7 zx")).await;
            touch(&stage, "Put the keyboard away");
            stage.until("it goes", || keyboard.get_height() < 1.0).await;
        },
    );
}

#[test]
fn german_keys_write_umlauts_and_the_sharp_s() {
    play_kiosk_as(
        Kiosked::Example,
        (1280, 720),
        |_| async {},
        |stage| async move {
            stage.press("Find");
            at(&stage, Page::Find).await;
            let keyboard = Keyboard::get(stage.window());
            stage.until("the keyboard is there", || keyboard.get_height() > 100.0).await;
            touch(&stage, "Language of the keys");
            for key in ["m", "a", "ß", "ü", "z", "ö", "ä", "y"] {
                touch(&stage, key);
            }
            stage.until("all are written", || query(&stage) == "maßüzöäy").await;
            touch(&stage, "Capital letters");
            touch(&stage, "Capital letters");
            for key in ["Ü", "ẞ", "A"] {
                touch(&stage, key);
            }
            stage.until("locked", || query(&stage).ends_with("ÜẞA")).await;
        },
    );
}

#[test]
fn somebody_at_a_real_keyboard_is_not_shown_one() {
    play_kiosk_as(
        Kiosked::Example,
        SMALL,
        |_| async {},
        |stage| async move {
            for key in ["t", "a"] {
                stage.key(key);
                pause(Duration::from_millis(90)).await;
            }
            at(&stage, Page::Find).await;
            stage.until("what was typed is there", || query(&stage) == "ta").await;
            assert!(Keyboard::get(stage.window()).get_height() < 1.0);
        },
    );
}

#[test]
fn a_place_is_scanned_then_a_thing_which_goes_there_and_back_by_undo() {
    play_kiosk_as(
        Kiosked::Example,
        (1280, 720),
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.place("Cabinet", None).await;
            props.thing("Cordless drill", shelf).await;
        },
        |stage| async move {
            let (cabinet, drill) = (code_of(&stage, "Cabinet").await, code_of(&stage, "Cordless drill").await);
            scan(&stage, &cabinet);
            at(&stage, Page::Places).await;
            scan(&stage, &drill);
            stage.until("it is told", || stage.shows("Put here: Cordless drill")).await;
            let there = stage.history().await;
            assert_eq!(there.len(), 2, "made, then moved");
            pause(Duration::from_millis(1100)).await;
            scan(&stage, "INVUNDO");
            stage.until("it is back", || ScannerAdapter::get(stage.window()).get_told_well()).await;
            pause(Duration::from_millis(300)).await;
            assert_eq!(stage.history().await.len(), 3, "undone by a booking");
        },
    );
}

#[test]
fn command_labels_raise_the_amount_and_say_when_nothing_is_open() {
    play_kiosk_as(
        Kiosked::Example,
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Hex bolt M6", shelf, 40).await;
        },
        |stage| async move {
            scan(&stage, "INVPLUS10");
            stage.until("it is told", || stage.shows("Nothing is open that this could act on")).await;
            crate::kiosk::look_up(&stage, "Hex bolt M6").await;
            stage.press("Take");
            at(&stage, Page::Act).await;
            pause(Duration::from_millis(1100)).await;
            scan(&stage, "INVPLUS10");
            let booking = BookingAdapter::get(stage.window());
            stage.until("ten more", || booking.get_amount() == "11").await;
            scan(&stage, "INVDONE");
            stage.until("it is booked", || page(&stage) != Page::Act).await;
            let taken = stage.history().await;
            assert_eq!(taken.len(), 2);
        },
    );
}

#[test]
fn what_is_scanned_in_the_moment_a_page_goes_that_had_the_keys_is_heard() {
    play_kiosk_as(
        Kiosked::Example,
        SMALL,
        |_| async {},
        |stage| async move {
            stage.press("Find");
            at(&stage, Page::Find).await;
            stage.key("w");
            stage.until("the field has the keys", || query(&stage) == "w").await;
            stage.press("Home");
            scan(&stage, "NOTHINGKNOWSTHIS");
            at(&stage, Page::Code).await;
            assert!(
                ElementQuery::from_root(stage.window())
                    .match_descendants()
                    .match_inherits("Tape")
                    .find_first()
                    .is_some()
            );
        },
    );
}
