//! Counting a place: by scans and by the pad, in several goes, written by another person, taken back.

use i_slint_backend_testing::ElementHandle;
use inventory::domain::MovementKind;
use inventory::domain::stocktake::Interval;
use inventory::gui::ui::{CountAdapter, CountOutcome, CountState, Notice, NoticesAdapter, Page, SignInAdapter, StepUp};
use inventory::services::search::SearchRequest;
use rust_decimal::Decimal;
use slint::{ComponentHandle as _, Global as _, Model as _};

use super::keys::code_of;
use super::people::{anonymous, equip, jonas, scan};
use super::{SMALL, at};
use crate::stage::{Kiosked, Props, Stage, play_kiosk, play_kiosk_as, runtime};
use crate::support::keep;

/// Bolts, a drill and a saw on a shelf.
async fn shelf(props: std::sync::Arc<Props>) {
    let shelf = props.place("Shelf 2", None).await;
    props.goods("Hex bolt M6", shelf, 40).await;
    props.thing("Cordless drill", shelf).await;
    props.thing("Fretsaw", shelf).await;
}

async fn on_hand(stage: &Stage, name: &'static str) -> Decimal {
    let (services, actor) = (stage.services.clone(), stage.actor.clone());
    let found = async move { services.search.search(&actor, &SearchRequest::new(name)).await.expect("searched") };
    runtime().spawn(found).await.expect("no panic").hits.remove(0).item.on_hand
}

async fn is(stage: &Stage, expected: CountState) {
    let count = CountAdapter::get(stage.window());
    stage.until(&format!("the count is {expected:?}"), || count.get_state() == expected).await;
}

#[test]
fn home_says_what_is_due_and_how_far_the_count_is() {
    play_kiosk(
        SMALL,
        |props| async move {
            let stocktakes = &props.services.stocktakes;
            stocktakes.set_interval(&props.actor, Interval::of_days(90)).await.expect("set");
            shelf(props.clone()).await;
        },
        |stage| async move {
            let line = || {
                let tile = ElementHandle::find_by_accessible_label(stage.window(), "Count").next();
                tile.and_then(|tile| tile.accessible_description()).unwrap_or_default()
            };
            stage.until("the shelf is due", || line() == "1 place due").await;
            keep("home-due", &stage.window().window().take_snapshot().expect("drawn"));
            let place = code_of(&stage, "Shelf 2").await;
            stage.press("Count");
            at(&stage, Page::Count).await;
            scan(&stage, &place);
            is(&stage, CountState::Open).await;
            stage.press("Home");
            at(&stage, Page::Home).await;
            stage.until("the count is named", || line() == "Shelf 2, 0 counted").await;
            keep("home-counting", &stage.window().window().take_snapshot().expect("drawn"));
        },
    );
}

#[test]
fn what_one_person_counts_another_one_writes_and_undo_takes_all_of_it_back() {
    play_kiosk_as(Kiosked::Locked, (1280, 720), shelf, |stage| async move {
        equip(&stage).await;
        let badge = jonas(&stage).await;
        let (place, bolt) = (code_of(&stage, "Shelf 2").await, code_of(&stage, "Hex bolt M6").await);
        let drill = code_of(&stage, "Cordless drill").await;
        let count = CountAdapter::get(stage.window());
        scan(&stage, &badge);
        stage.until("Jonas is here", || !anonymous(&stage)).await;
        stage.press("Count");
        at(&stage, Page::Count).await;
        scan(&stage, &place);
        is(&stage, CountState::Open).await;
        stage.until("three lines are expected", || count.get_all() == 3).await;

        scan(&stage, &drill);
        stage.until("the drill is ticked off", || count.get_counted() == 1).await;
        scan(&stage, &bolt);
        stage.until("it is asked how many bolts", || count.get_asking()).await;
        stage.press("3");
        stage.press("8");
        stage.press("Count 38 pcs");
        stage.until("the bolts are counted", || count.get_counted() == 2).await;
        stage.press("The rest is not here");
        stage.until("the saw is not here", || count.get_counted() == 3).await;
        let before = stage.history().await.len();
        stage.press("End counting");
        is(&stage, CountState::Counted).await;
        stage.until("two lines differ", || count.get_differ() == 2 && count.get_rows().row_count() == 2).await;
        let outcomes: Vec<CountOutcome> = count.get_rows().iter().map(|row| row.outcome).collect();
        assert!(outcomes.contains(&CountOutcome::Differs) && outcomes.contains(&CountOutcome::NotHere), "{outcomes:?}");
        assert_eq!(stage.history().await.len(), before, "nothing is written yet");

        stage.press("Write 2 changes");
        let keeper = SignInAdapter::get(stage.window());
        stage.until("a keeper is asked to prove it", || keeper.get_step_up() == StepUp::Password).await;
        keeper.invoke_prove("correct horse".into());
        is(&stage, CountState::Approved).await;
        let history = stage.history().await;
        assert_eq!(history.len(), before + 2);
        assert_eq!(history[0].booking, history[1].booking, "one booking");
        let kinds: Vec<MovementKind> = history[..2].iter().map(|line| line.movement.kind).collect();
        assert!(kinds.contains(&MovementKind::Adjust) && kinds.contains(&MovementKind::Missing), "{kinds:?}");
        assert_eq!(on_hand(&stage, "Hex bolt M6").await, Decimal::from(38));

        stage.press("Undo");
        let notices = NoticesAdapter::get(stage.window());
        stage.until("it is undone", || notices.get_notice() == Notice::Undone).await;
        assert_eq!(on_hand(&stage, "Hex bolt M6").await, Decimal::from(40));
        assert_eq!(on_hand(&stage, "Fretsaw").await, Decimal::ONE);
    });
}

#[test]
fn a_count_goes_on_where_it_was_and_who_counted_does_not_write_it() {
    play_kiosk((1280, 720), shelf, |stage| async move {
        let count = CountAdapter::get(stage.window());
        stage.press("Count");
        at(&stage, Page::Count).await;
        let proposed = || stage.shows("Shelf 2, never counted");
        stage.until("what nobody counted is proposed", proposed).await;
        stage.press("Shelf 2, never counted");
        is(&stage, CountState::Open).await;
        let drill = "Cordless drill, in Shelf 2, not counted";
        stage.until("the drill is expected", || stage.shows(drill)).await;
        stage.press(drill);
        stage.until("it is ticked off", || count.get_counted() == 1).await;

        stage.press("Home");
        at(&stage, Page::Home).await;
        stage.press("Count");
        at(&stage, Page::Count).await;
        let going_on = "Shelf 2, counted by Ann Meyer";
        stage.until("it is being counted", || stage.shows(going_on)).await;
        stage.press(going_on);
        is(&stage, CountState::Open).await;
        stage.until("what was counted is counted", || count.get_counted() == 1 && count.get_all() == 3).await;

        stage.press("End counting");
        is(&stage, CountState::Counted).await;
        stage.until("it is known who counted", || !count.get_may_approve()).await;
        assert!(!stage.shows("Write 0 changes"), "who counted is not offered to write it");
        stage.press("Keep counting");
        is(&stage, CountState::Open).await;
    });
}
