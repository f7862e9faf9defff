//! People at the kiosk: who signs in, how it ends, what waits for it; and what happens when nobody is there.

use std::time::Duration;

use inventory::domain::{Permission, PersonId, Role};
use inventory::gui::recovery;
use inventory::gui::ui::{
    BookingAdapter, IdleAdapter, KioskAdapter, MachineAdapter, Page, Rest, SessionAdapter, SignInAdapter,
    SignInTrouble, StepUp,
};
use inventory::services::machine::Machine;
use inventory::services::people::PersonDraft;
use secrecy::ExposeSecret as _;
use slint::{Global as _, Model as _};

use crate::kiosk::{SMALL, at, page};
use crate::stage::{Kiosked, Stage, around, pause, play_kiosk_as, runtime};

/// Gives Ann a PIN and a badge, and answers what her badge says.
pub async fn equip(stage: &Stage) -> (PersonId, String) {
    let (services, actor) = (stage.services.clone(), stage.actor.clone());
    runtime()
        .spawn(async move {
            let ann = actor.person.expect("a person");
            services.people.set_pin(&actor, ann, "4711".into()).await.expect("set");
            services.people.set_password(&actor, ann, "correct horse".into()).await.expect("set");
            let badge = services.people.issue_badge(&actor, ann).await.expect("made");
            (ann, badge.expose_secret().to_owned())
        })
        .await
        .expect("no panic")
}

/// Another person, who takes and counts and may no more; answers what their badge says.
pub async fn jonas(stage: &Stage) -> String {
    let (services, actor) = (stage.services.clone(), stage.actor.clone());
    runtime()
        .spawn(async move {
            let draft = PersonDraft { name: "Jonas".into(), role: Role::Member, login: None };
            let jonas = services.people.add(&actor, &draft).await.expect("added");
            services.people.issue_badge(&actor, jonas).await.expect("made").expose_secret().to_owned()
        })
        .await
        .expect("no panic")
}

/// The same code within a second is one scan: who means it twice waits.
pub async fn scan_again(stage: &Stage, code: &str) {
    pause(Duration::from_millis(1100)).await;
    scan(stage, code);
}

/// Keys as a scanner types them.
pub fn scan(stage: &Stage, code: &str) {
    for key in code.chars() {
        stage.key(key.to_string());
    }
    stage.key(slint::platform::Key::Return);
}

pub fn anonymous(stage: &Stage) -> bool {
    KioskAdapter::get(stage.window()).get_anonymous()
}

#[test]
fn a_badge_signs_in_as_a_member_and_what_waited_goes_on() {
    play_kiosk_as(
        Kiosked::Locked,
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Hex bolt M6", shelf, 40).await;
        },
        |stage| async move {
            let (_, badge) = equip(&stage).await;
            assert!(anonymous(&stage));
            assert!(!SessionAdapter::get(stage.window()).get_may_book(), "looking is all");
            crate::kiosk::look_up(&stage, "Hex bolt M6").await;
            stage.press("Take");
            at(&stage, Page::SignIn).await;
            scan(&stage, &badge);
            at(&stage, Page::Act).await;
            let session = SessionAdapter::get(stage.window());
            assert_eq!(session.get_person_name(), "Ann Meyer");
            assert!(session.get_may_book() && !session.get_may_edit(), "a badge gives at most a member");
            stage.until("the amount is asked", || BookingAdapter::get(stage.window()).get_open()).await;
        },
    );
}

#[test]
fn a_name_and_a_pin_sign_in_and_a_wrong_one_is_told_in_words() {
    play_kiosk_as(
        Kiosked::Locked,
        (720, 1280),
        |_| async {},
        |stage| async move {
            equip(&stage).await;
            stage.press("Sign in");
            at(&stage, Page::SignIn).await;
            let adapter = SignInAdapter::get(stage.window());
            stage.until("Ann is offered", || adapter.get_faces().row_count() == 1).await;
            stage.press("Ann Meyer");
            for digit in ["1", "2", "3", "4"] {
                stage.press(digit);
            }
            assert_eq!(adapter.get_digits(), 4);
            stage.press("Sign in");
            stage.until("it is refused", || adapter.get_trouble() == SignInTrouble::Wrong).await;
            stage.until("the words are there", || stage.shows("That is not the PIN of Ann Meyer.")).await;
            for digit in ["4", "7", "1", "1"] {
                stage.press(digit);
            }
            stage.press("Sign in");
            stage.until("Ann is here", || !anonymous(&stage)).await;
            at(&stage, Page::Home).await;
            assert!(adapter.get_seconds_left() > 0, "the time left is known");
            adapter.invoke_sign_out();
            stage.until("and gone", || anonymous(&stage)).await;
            assert_eq!(adapter.get_seconds_left(), 0);
        },
    );
}

#[test]
fn an_unknown_badge_is_an_unknown_code_and_signs_nobody_in() {
    play_kiosk_as(
        Kiosked::Locked,
        SMALL,
        |_| async {},
        |stage| async move {
            equip(&stage).await;
            scan(&stage, "BNOBODYHASTHISBADGE");
            at(&stage, Page::Code).await;
            assert!(anonymous(&stage));
        },
    );
}

#[test]
fn the_status_page_needs_a_keeper_who_proves_it() {
    play_kiosk_as(
        Kiosked::Locked,
        (1280, 720),
        |_| async {},
        |stage| async move {
            let (ann, badge) = equip(&stage).await;
            scan(&stage, &badge);
            stage.until("Ann is here", || !anonymous(&stage)).await;
            stage.press("Status: Search by words only");
            let adapter = SignInAdapter::get(stage.window());
            stage.until("her PIN is asked", || adapter.get_step_up() == StepUp::Pin).await;
            assert_eq!(adapter.get_keeper(), ann.to_string().as_str());
            adapter.invoke_prove("0000".into());
            stage.until("it is refused", || adapter.get_trouble() == SignInTrouble::Wrong).await;
            adapter.invoke_prove("4711".into());
            at(&stage, Page::Status).await;
            assert!(adapter.get_elevated_left() > 290, "for five minutes");
            stage.until("the machine is told", || MachineAdapter::get(stage.window()).get_rows().row_count() > 3).await;
            // What is scanned here is shown, and does nothing.
            scan(&stage, "]E04006381333931");
            stage.until("it is read", || stage.shows("Read as: 4006381333931 · EAN/UPC")).await;
            assert_eq!(page(&stage), Page::Status);
        },
    );
}

#[test]
fn a_member_cannot_step_up_and_giving_up_leaves_all_as_it_was() {
    play_kiosk_as(
        Kiosked::Locked,
        SMALL,
        |_| async {},
        |stage| async move {
            equip(&stage).await;
            let badge = jonas(&stage).await;
            scan(&stage, &badge);
            stage.until("Jonas is here", || !anonymous(&stage)).await;
            stage.press("Status: Search by words only");
            let adapter = SignInAdapter::get(stage.window());
            stage.until("a keeper's password is asked", || adapter.get_step_up() == StepUp::Password).await;
            assert_eq!(adapter.get_keeper_name(), "Ann Meyer");
            stage.press("Cancel");
            stage.until("it is over", || adapter.get_step_up() == StepUp::None).await;
            assert_eq!(page(&stage), Page::Home);
            assert_eq!(SessionAdapter::get(stage.window()).get_person_name(), "Jonas");
        },
    );
}

#[test]
fn a_resting_screen_is_woken_by_a_scan_or_a_touch_which_do_nothing_else() {
    play_kiosk_as(
        Kiosked::Locked,
        SMALL,
        |_| async {},
        |stage| async move {
            let (_, badge) = equip(&stage).await;
            let idle = IdleAdapter::get(stage.window());
            idle.set_rest(Rest::Quiet);
            scan(&stage, &badge);
            stage.until("it is awake", || idle.get_rest() == Rest::Awake).await;
            pause(Duration::from_millis(300)).await;
            assert!(anonymous(&stage), "the scan only woke it");
            idle.set_rest(Rest::Quiet);
            pause(Duration::from_millis(50)).await;
            stage.press("Wake the screen");
            stage.until("it is awake", || idle.get_rest() == Rest::Awake).await;
        },
    );
}

#[test]
fn a_fault_releases_the_session_and_home_is_back_within_two_seconds() {
    play_kiosk_as(
        Kiosked::Locked,
        SMALL,
        |_| async {},
        |stage| async move {
            let (_, badge) = equip(&stage).await;
            scan(&stage, &badge);
            stage.until("Ann is here", || !anonymous(&stage)).await;
            stage.press("Places");
            at(&stage, Page::Places).await;
            let mended: i32 = recovery::guard(|| panic!("a fault on purpose"));
            assert_eq!(mended, 0);
            let took = stage.until("home is back", || page(&stage) == Page::Home && anonymous(&stage)).await;
            assert!(took < Duration::from_secs(2), "{took:?}");
            scan_again(&stage, &badge).await;
            stage.until("and it works on", || !anonymous(&stage)).await;
        },
    );
}

#[test]
fn wrong_pins_slow_down_with_the_seconds_shown_and_lock_nobody_out() {
    play_kiosk_as(
        Kiosked::Locked,
        SMALL,
        |_| async {},
        |stage| async move {
            equip(&stage).await;
            stage.press("Sign in");
            at(&stage, Page::SignIn).await;
            let adapter = SignInAdapter::get(stage.window());
            stage.until("Ann is offered", || adapter.get_faces().row_count() == 1).await;
            stage.press("Ann Meyer");
            let mut tries = 0;
            while adapter.get_trouble() != SignInTrouble::Wait {
                tries += 1;
                assert!(tries < 7, "guessing is slowed down");
                typed(&stage, "1234").await;
            }
            let wait = adapter.get_wait();
            assert!((1..=300).contains(&wait), "at most five minutes: {wait} s");
            let told =
                |n: i32| format!("Too many wrong tries. Try again in {n} second{}.", if n == 1 { "" } else { "s" });
            stage.until("the seconds are shown", || (1..=wait).any(|n| stage.shows(&told(n)))).await;
            stage.until("it is over by itself", || adapter.get_trouble() == SignInTrouble::None).await;
            typed(&stage, "4711").await;
            stage.until("and the right one is right", || !anonymous(&stage)).await;
        },
    );
}

/// Types a PIN and waits for the answer.
async fn typed(stage: &Stage, pin: &str) {
    let adapter = SignInAdapter::get(stage.window());
    for digit in pin.chars() {
        stage.press(&digit.to_string());
    }
    stage.press("Sign in");
    stage.until("it is answered", || !adapter.get_busy()).await;
}

#[test]
fn a_session_nobody_uses_says_how_long_it_lasts_and_ends() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let surroundings = around(Machine::at(folder.path(), folder.path()), folder.path(), "lock_after = 5");
    play_kiosk_as(
        Kiosked::In(surroundings),
        SMALL,
        |_| async {},
        |stage| async move {
            let (_, badge) = equip(&stage).await;
            scan(&stage, &badge);
            stage.until("Ann is here", || !anonymous(&stage)).await;
            let told = |n: i32| format!("Ann Meyer is signed out in {n} second{}", if n == 1 { "" } else { "s" });
            stage.until("the time left is shown", || (1..=3).any(|n| stage.shows(&told(n)))).await;
            stage.press("Stay");
            stage.until("it begins anew", || stage.shows(&told(5))).await;
            let lasted = stage.until("it ends", || anonymous(&stage)).await;
            assert!(lasted > Duration::from_secs(3), "{lasted:?}");
            assert_eq!(page(&stage), Page::Home);
        },
    );
}

#[test]
fn without_a_sign_in_nobody_changes_anything() {
    play_kiosk_as(
        Kiosked::Locked,
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Hex bolt M6", shelf, 40).await;
        },
        |stage| async move {
            equip(&stage).await;
            crate::kiosk::look_up(&stage, "Hex bolt M6").await;
            for verb in ["Take", "Put back", "Move"] {
                stage.press(verb);
                at(&stage, Page::SignIn).await;
                stage.press("Look around without signing in");
                at(&stage, Page::Home).await;
                crate::kiosk::look_up(&stage, "Hex bolt M6").await;
            }
            let least = Permission::Book.least_role();
            assert!(least > Role::Viewer);
        },
    );
}
