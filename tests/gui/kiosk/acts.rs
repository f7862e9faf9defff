//! What each verb books, cell by cell of the table in the data model, and the way back from each.

use inventory::domain::{ItemId, MovementKind};
use inventory::gui::ui::{BookingAdapter, BookingTrouble, ItemAdapter, KioskAdapter, Notice, NoticesAdapter, Page};
use inventory::services::stock::HistoryLine;
use rust_decimal::Decimal;
use slint::{Global as _, Model as _};

use super::{SMALL, at, look_up, page};
use crate::stage::{Props, Stage, play_kiosk};

/// Presses keys of the pad.
fn dial(stage: &Stage, digits: &str) {
    for digit in digits.chars() {
        stage.press(&digit.to_string());
    }
}

/// Presses the verb on the thing's page and waits for the question.
async fn begin(stage: &Stage, verb: &str) {
    stage.press(verb);
    at(stage, Page::Act).await;
}

fn item(stage: &Stage) -> ItemId {
    ItemAdapter::get(stage.window()).get_item().id.parse().expect("an item is shown")
}

/// Confirms by the button's whole sentence and waits for the thing's page; the line the ledger got.
async fn confirm(stage: &Stage, sentence: &str) -> HistoryLine {
    let before = stage.history().await.len();
    stage.press(sentence);
    at(stage, Page::Item).await;
    let history = stage.history().await;
    assert_eq!(history.len(), before + 1, "one line is booked");
    history.into_iter().next().expect("just counted")
}

async fn undo(stage: &Stage) {
    stage.press("Undo");
    let notices = NoticesAdapter::get(stage.window());
    stage.until("it is undone", || notices.get_notice() == Notice::Undone).await;
    let history = stage.history().await;
    assert!(history[0].movement.inverse && history[1].reversed, "one line reverses the other");
}

/// Two rooms, bolts in one of them.
async fn bolts(props: std::sync::Arc<Props>) {
    let shelf = props.place("Shelf 2", None).await;
    props.place("Van", None).await;
    props.goods("Hex bolt", shelf, 480).await;
}

/// Two rooms, a drill in one of them.
async fn drill(props: std::sync::Arc<Props>) {
    let shelf = props.place("Shelf 2", None).await;
    props.place("Van", None).await;
    props.thing("Cordless drill", shelf).await;
}

async fn on_hand(stage: &Stage, expected: u32) {
    let id = item(stage);
    assert_eq!(stage.item(id).await.summary.on_hand, Decimal::from(expected));
}

#[test]
fn goods_taken_are_issued() {
    play_kiosk(SMALL, bolts, |stage| async move {
        look_up(&stage, "Hex bolt").await;
        begin(&stage, "Take").await;
        let booking = BookingAdapter::get(stage.window());
        assert_eq!((booking.get_from_name(), booking.get_amount()), ("Shelf 2".into(), "1".into()), "proposed");
        dial(&stage, "50");
        assert_eq!(booking.get_left_here(), "430\u{a0}pcs");
        let line = confirm(&stage, "Take 50 pcs").await;
        assert_eq!(line.movement.kind, MovementKind::Issue);
        assert_eq!(line.movement.quantity.get(), Decimal::from(50));
        on_hand(&stage, 430).await;
        let notices = NoticesAdapter::get(stage.window());
        assert_eq!((notices.get_notice(), notices.get_seconds_left()), (Notice::Booked, 10));
        undo(&stage).await;
        on_hand(&stage, 480).await;
    });
}

#[test]
fn goods_put_back_are_returned_and_never_a_purchase() {
    play_kiosk(SMALL, bolts, |stage| async move {
        look_up(&stage, "Hex bolt").await;
        begin(&stage, "Put back").await;
        dial(&stage, "12");
        assert_eq!(BookingAdapter::get(stage.window()).get_there_then(), "492\u{a0}pcs");
        let line = confirm(&stage, "Put back 12 pcs").await;
        assert_eq!((line.movement.kind, line.to_name.as_deref()), (MovementKind::Return, Some("Shelf 2")));
        on_hand(&stage, 492).await;
        undo(&stage).await;
    });
}

#[test]
fn goods_moved_are_transferred() {
    play_kiosk(SMALL, bolts, |stage| async move {
        look_up(&stage, "Hex bolt").await;
        begin(&stage, "Move").await;
        dial(&stage, "80");
        stage.press("to: choose a place");
        stage.until("places are offered", || stage.shows("Van")).await;
        stage.type_into("To which place?", "va");
        stage.press("Van");
        let line = confirm(&stage, "Move 80 pcs").await;
        assert_eq!(line.movement.kind, MovementKind::Transfer);
        assert_eq!((line.from_name.as_deref(), line.to_name.as_deref()), (Some("Shelf 2"), Some("Van")));
        on_hand(&stage, 480).await;
        undo(&stage).await;
    });
}

#[test]
fn goods_lent_are_checked_out_with_a_day_and_come_back_in_parts() {
    play_kiosk((1280, 720), bolts, |stage| async move {
        look_up(&stage, "Hex bolt").await;
        begin(&stage, "Lend").await;
        dial(&stage, "20");
        stage.press("to whom: choose or type a name");
        stage.type_into("To whom?", "Jonas");
        stage.press("back by: no date");
        stage.press("in a week");
        let line = confirm(&stage, "Lend 20 pcs").await;
        assert_eq!((line.movement.kind, line.borrower.as_deref()), (MovementKind::CheckOut, Some("Jonas")));
        let loans = ItemAdapter::get(stage.window()).get_loans();
        stage
            .until("Jonas has them", || loans.row_data(0).is_some_and(|loan| loan.amount == "20" && loan.has_due))
            .await;
        assert!(!loans.row_data(0).expect("just seen").overdue);

        stage.press("Take back from Jonas");
        at(&stage, Page::Act).await;
        let booking = BookingAdapter::get(stage.window());
        assert_eq!((booking.get_amount(), booking.get_all()), ("20".into(), "20".into()), "all of it is proposed");
        dial(&stage, "15");
        let line = confirm(&stage, "Put back 15 pcs").await;
        assert_eq!(line.movement.kind, MovementKind::CheckIn);
        stage.until("the rest is still out", || loans.row_data(0).is_some_and(|loan| loan.amount == "5")).await;
        on_hand(&stage, 475).await;
        undo(&stage).await;
        on_hand(&stage, 460).await;
    });
}

#[test]
fn stock_added_is_received() {
    play_kiosk((1280, 720), bolts, |stage| async move {
        look_up(&stage, "Hex bolt").await;
        stage.press("More");
        stage.until("more verbs are offered", || stage.shows("Add stock")).await;
        begin(&stage, "Add stock").await;
        dial(&stage, "500");
        let line = confirm(&stage, "Add 500 pcs").await;
        assert_eq!(line.movement.kind, MovementKind::Receive);
        on_hand(&stage, 980).await;
        undo(&stage).await;
    });
}

#[test]
fn a_thing_taken_is_checked_out_to_whoever_takes_it() {
    play_kiosk(SMALL, drill, |stage| async move {
        look_up(&stage, "Cordless drill").await;
        begin(&stage, "Take").await;
        stage.press("tomorrow");
        let line = confirm(&stage, "Take").await;
        assert_eq!((line.movement.kind, line.borrower.as_deref()), (MovementKind::CheckOut, Some("Ann Meyer")));
        let loans = ItemAdapter::get(stage.window()).get_loans();
        stage.until("Ann has it", || loans.row_data(0).is_some_and(|loan| loan.has_due)).await;
        undo(&stage).await;
        stage.until("the loan is closed", || loans.row_count() == 0).await;
    });
}

#[test]
fn a_thing_put_back_is_checked_in_when_it_was_lent() {
    play_kiosk(SMALL, drill, |stage| async move {
        look_up(&stage, "Cordless drill").await;
        begin(&stage, "Take").await;
        confirm(&stage, "Take").await;
        begin(&stage, "Put back").await;
        assert_eq!(BookingAdapter::get(stage.window()).get_to_name(), "Shelf 2", "where it belongs is proposed");
        let line = confirm(&stage, "Put back").await;
        assert_eq!((line.movement.kind, line.to_name.as_deref()), (MovementKind::CheckIn, Some("Shelf 2")));
        undo(&stage).await;
        let loans = ItemAdapter::get(stage.window()).get_loans();
        stage.until("the loan is open again", || loans.row_count() == 1).await;
    });
}

#[test]
fn a_thing_put_back_from_where_it_does_not_belong_is_transferred() {
    play_kiosk(SMALL, drill, |stage| async move {
        look_up(&stage, "Cordless drill").await;
        begin(&stage, "Put back").await;
        stage.type_into("To which place?", "van");
        stage.press("Van");
        let line = confirm(&stage, "Put back").await;
        assert_eq!((line.movement.kind, line.to_name.as_deref()), (MovementKind::Transfer, Some("Van")));
        undo(&stage).await;
    });
}

#[test]
fn a_thing_moved_is_transferred() {
    play_kiosk(SMALL, drill, |stage| async move {
        look_up(&stage, "Cordless drill").await;
        begin(&stage, "Move").await;
        stage.press("Van");
        let line = confirm(&stage, "Move").await;
        assert_eq!(line.movement.kind, MovementKind::Transfer);
        assert_eq!((line.from_name.as_deref(), line.to_name.as_deref()), (Some("Shelf 2"), Some("Van")));
        undo(&stage).await;
    });
}

#[test]
fn a_thing_lent_is_checked_out_to_somebody_else() {
    play_kiosk((1280, 720), drill, |stage| async move {
        look_up(&stage, "Cordless drill").await;
        begin(&stage, "Lend").await;
        stage.press("Lend");
        let booking = BookingAdapter::get(stage.window());
        assert_eq!(booking.get_trouble(), BookingTrouble::NoBorrower, "somebody has to have it");
        stage.until("people are offered", || stage.shows("Ann Meyer")).await;
        stage.type_into("To whom?", "Jonas Brandt");
        let line = confirm(&stage, "Lend").await;
        assert_eq!((line.movement.kind, line.borrower.as_deref()), (MovementKind::CheckOut, Some("Jonas Brandt")));
        undo(&stage).await;
    });
}

#[test]
fn more_than_is_there_is_refused_on_the_page_and_nothing_is_booked() {
    play_kiosk(SMALL, bolts, |stage| async move {
        look_up(&stage, "Hex bolt").await;
        begin(&stage, "Take").await;
        dial(&stage, "481");
        stage.press("Take 481 pcs");
        let booking = BookingAdapter::get(stage.window());
        stage.until("it is refused", || booking.get_trouble() == BookingTrouble::TooMany).await;
        stage.until("the words are there", || stage.shows("Only 480\u{a0}pcs are here.")).await;
        assert_eq!(
            (page(&stage), stage.history().await.len()),
            (Page::Act, 1),
            "the question stays, nothing is booked"
        );
        stage.press("Cancel");
        at(&stage, Page::Item).await;
    });
}

#[test]
fn who_sets_out_to_take_chooses_says_how_many_and_is_home_again() {
    play_kiosk(SMALL, bolts, |stage| async move {
        stage.press("Take");
        at(&stage, Page::Find).await;
        stage.until("things are listed", || stage.hits().iter().any(|hit| hit.starts_with("Hex bolt"))).await;
        let hit = stage.hits().into_iter().find(|hit| hit.starts_with("Hex bolt")).expect("just seen");
        stage.press(&hit);
        at(&stage, Page::Act).await;
        stage.press("Take 1 pcs");
        at(&stage, Page::Home).await;
        let lately = KioskAdapter::get(stage.window()).get_lately();
        stage.until("home knows", || lately.row_data(0).is_some_and(|row| row.amount == "479")).await;
    });
}

#[test]
fn the_history_takes_back_one_act_of_many() {
    play_kiosk((1280, 720), bolts, |stage| async move {
        look_up(&stage, "Hex bolt").await;
        for _ in 0..2 {
            begin(&stage, "Take").await;
            confirm(&stage, "Take 1 pcs").await;
        }
        on_hand(&stage, 478).await;
        stage.press("History");
        stage.until("both are told", || ItemAdapter::get(stage.window()).get_history().row_count() == 3).await;
        stage.press_first("Undo this");
        let id = item(&stage);
        stage.until("one is back", || ItemAdapter::get(stage.window()).get_item().amount == "479").await;
        assert_eq!(stage.item(id).await.summary.on_hand, Decimal::from(479));
    });
}
