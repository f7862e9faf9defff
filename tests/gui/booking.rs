//! Take, put back, move, correct; and the way back.

use inventory::gui::ui::{BookingAdapter, BookingTrouble, ItemAdapter, Notice, NoticesAdapter, ResultsAdapter};
use rust_decimal::Decimal;
use slint::Global as _;

use crate::stage::{Stage, play};

async fn choose(stage: &Stage, name: &str) {
    stage.until("the list is there", || stage.lines().iter().any(|line| line.starts_with(name))).await;
    let line = stage.lines().into_iter().find(|line| line.starts_with(name)).expect("just seen");
    stage.press(&line);
    stage.until("the item is shown", || ItemAdapter::get(stage.window()).get_item().name == name).await;
}

fn on_hand(stage: &Stage) -> String {
    ItemAdapter::get(stage.window()).get_item().amount.into()
}

#[test]
fn taking_some_is_booked_and_undo_brings_them_back() {
    play(
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Hex bolt M6", shelf, 40).await;
        },
        |stage| async move {
            choose(&stage, "Hex bolt M6").await;
            stage.press("Take");
            stage.until("it asks how many", || stage.shows("How many")).await;
            stage.type_into("How many", "15");
            assert_eq!(BookingAdapter::get(stage.window()).get_left_here(), "25\u{a0}pcs");
            stage.press("Take 15 pcs");
            stage.until("the number is less", || on_hand(&stage) == "25").await;
            let notices = NoticesAdapter::get(stage.window());
            assert_eq!((notices.get_notice(), notices.get_left()), (Notice::Booked, "25\u{a0}pcs".into()));
            stage.press("Undo");
            stage.until("they are back", || on_hand(&stage) == "40").await;
            assert_eq!(NoticesAdapter::get(stage.window()).get_notice(), Notice::Undone);
        },
    );
}

#[test]
fn more_than_there_is_is_refused_beside_the_number_and_nothing_is_booked() {
    play(
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Hex bolt M6", shelf, 40).await;
        },
        |stage| async move {
            choose(&stage, "Hex bolt M6").await;
            stage.press("Take");
            stage.until("it asks how many", || stage.shows("How many")).await;
            stage.type_into("How many", "41");
            stage.press("Take 41 pcs");
            let booking = BookingAdapter::get(stage.window());
            stage.until("it is refused", || booking.get_trouble() == BookingTrouble::TooMany).await;
            stage.until("the words are there", || stage.shows("Only 40\u{a0}pcs are here.")).await;
            let id = ItemAdapter::get(stage.window()).get_item().id.parse().expect("an id");
            assert_eq!(stage.item(id).await.summary.on_hand, Decimal::from(40));
            stage.type_into("How many", "ten");
            stage.press("Take ten pcs");
            assert_eq!(booking.get_trouble(), BookingTrouble::NotANumber);
        },
    );
}

#[test]
fn a_thing_moves_to_a_place_found_by_part_of_its_name() {
    play(
        |props| async move {
            let workshop = props.place("Workshop", None).await;
            props.place("Tool wall", Some(workshop)).await;
            props.place("Van", None).await;
            props.thing("Cordless drill", workshop).await;
        },
        |stage| async move {
            choose(&stage, "Cordless drill").await;
            stage.press("Move");
            stage.until("it asks where to", || stage.shows("To")).await;
            stage.type_into("To", "wall");
            stage.until("the place is found", || stage.shows("Tool wall in Workshop")).await;
            stage.press("Tool wall in Workshop");
            stage.press("Move");
            let item = ItemAdapter::get(stage.window());
            stage.until("it lies there", || slint::Model::row_count(&item.get_path()) == 2).await;
            assert!(
                stage.lines().iter().any(|line| line.starts_with("Cordless drill") && line.ends_with("Tool wall")),
                "{:?}",
                stage.lines()
            );
        },
    );
}

#[test]
fn what_was_taken_along_is_put_back_where_it_belongs() {
    play(
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.thing("Tent", shelf).await;
        },
        |stage| async move {
            choose(&stage, "Tent").await;
            stage.press("Take");
            stage.until("it asks", || BookingAdapter::get(stage.window()).get_open()).await;
            stage.press("Take");
            let loans = || slint::Model::row_count(&ItemAdapter::get(stage.window()).get_loans());
            stage.until("Ann has it", || loans() == 1).await;
            stage.press("Put back");
            stage.until("it asks", || BookingAdapter::get(stage.window()).get_open()).await;
            assert_eq!(BookingAdapter::get(stage.window()).get_to_name(), "Shelf 2");
            stage.press("Put back");
            stage.until("it is back", || loans() == 0 && on_hand(&stage) == "1").await;
        },
    );
}

#[test]
fn a_second_press_of_the_same_button_books_once() {
    play(
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Hex bolt M6", shelf, 40).await;
        },
        |stage| async move {
            choose(&stage, "Hex bolt M6").await;
            stage.press("Take");
            stage.until("it asks how many", || stage.shows("How many")).await;
            BookingAdapter::get(stage.window()).invoke_confirm();
            BookingAdapter::get(stage.window()).invoke_confirm();
            stage.until("one is gone", || on_hand(&stage) == "39").await;
            let selected = ResultsAdapter::get(stage.window()).get_selected();
            let id = selected.parse().expect("an id");
            assert_eq!(stage.item(id).await.summary.on_hand, Decimal::from(39));
        },
    );
}
