//! What is scanned goes where the page has a use for it: into the basket, onto a thing, into a choice.

use inventory::domain::{ItemId, MovementKind};
use inventory::gui::ui::{
    BasketAdapter, BasketRow, BookingAdapter, CodeAdapter, ItemAdapter, KioskAdapter, Notice, NoticesAdapter, Page,
    SignInAdapter,
};
use inventory::store::codes;
use rust_decimal::Decimal;
use slint::{Global as _, Model as _};

use super::keys::code_of;
use super::people::{anonymous, equip, scan, scan_again};
use super::{SMALL, at, look_up};
use crate::stage::{Kiosked, Props, Stage, play_kiosk, play_kiosk_as, runtime};

/// Bolts and a drill on a shelf.
async fn shelf(props: std::sync::Arc<Props>) {
    let shelf = props.place("Shelf 2", None).await;
    props.goods("Hex bolt M6", shelf, 40).await;
    props.thing("Cordless drill", shelf).await;
}

fn lines(stage: &Stage) -> Vec<BasketRow> {
    BasketAdapter::get(stage.window()).get_rows().iter().collect()
}

/// The name on the page of the thing that is shown.
fn shown(stage: &Stage) -> String {
    ItemAdapter::get(stage.window()).get_item().name.into()
}

async fn undo(stage: &Stage) {
    stage.press("Undo");
    let notices = NoticesAdapter::get(stage.window());
    stage.until("it is undone", || notices.get_notice() == Notice::Undone).await;
}

async fn attach(stage: &Stage, item: ItemId, code: &'static str) {
    let (services, actor) = (stage.services.clone(), stage.actor.clone());
    let attached = async move { services.catalog.attach_code(&actor, item, code).await };
    runtime().spawn(attached).await.expect("no panic").expect("attached");
}

#[test]
fn several_scans_are_one_booking_which_one_touch_takes_back() {
    play_kiosk((1280, 720), shelf, |stage| async move {
        let (bolt, drill) = (code_of(&stage, "Hex bolt M6").await, code_of(&stage, "Cordless drill").await);
        look_up(&stage, "Hex bolt M6").await;
        let id: ItemId = ItemAdapter::get(stage.window()).get_item().id.parse().expect("an item");
        stage.press("More");
        stage.until("more verbs are offered", || stage.shows("Into the basket")).await;
        stage.press("Into the basket");
        at(&stage, Page::Basket).await;
        stage.until("it lies in it", || lines(&stage).len() == 1).await;
        scan(&stage, &drill);
        stage.until("the drill as well", || lines(&stage).len() == 2).await;
        scan(&stage, &bolt);
        let bolts = |expected: &'static str| {
            let stage = &stage;
            move || lines(stage).iter().any(|line| line.name == "Hex bolt M6" && line.amount == expected)
        };
        stage.until("one more bolt", bolts("2")).await;
        scan(&stage, "INVPLUS10");
        stage.until("ten more of what was scanned last", bolts("12")).await;
        let before = stage.history().await.len();

        stage.press("Take 2 things");
        at(&stage, Page::Home).await;
        let history = stage.history().await;
        assert_eq!(history.len(), before + 2);
        assert_eq!(history[0].booking, history[1].booking, "both are one booking");
        let kinds: Vec<MovementKind> = history[..2].iter().map(|line| line.movement.kind).collect();
        assert!(kinds.contains(&MovementKind::Issue) && kinds.contains(&MovementKind::CheckOut), "{kinds:?}");
        assert_eq!(stage.item(id).await.summary.on_hand, Decimal::from(28));

        undo(&stage).await;
        assert_eq!(stage.item(id).await.summary.on_hand, Decimal::from(40));
        assert_eq!(stage.history().await.len(), before + 4, "undone by a booking, both lines at once");
    });
}

#[test]
fn what_an_act_asks_for_goes_into_the_basket_instead() {
    play_kiosk((1280, 720), shelf, |stage| async move {
        look_up(&stage, "Hex bolt M6").await;
        stage.press("Take");
        at(&stage, Page::Act).await;
        scan(&stage, "INVPLUS10");
        let booking = BookingAdapter::get(stage.window());
        stage.until("eleven are asked for", || booking.get_amount() == "11").await;
        stage.press("Add to basket");
        at(&stage, Page::Basket).await;
        stage.until("all of them lie in it", || lines(&stage).iter().any(|line| line.amount == "11")).await;
        assert_eq!(stage.history().await.len(), 2, "nothing is booked yet");
    });
}

#[test]
fn in_a_session_opened_by_a_badge_things_scanned_are_things_taken() {
    play_kiosk_as(Kiosked::Locked, SMALL, shelf, |stage| async move {
        let (_, badge) = equip(&stage).await;
        let (bolt, drill) = (code_of(&stage, "Hex bolt M6").await, code_of(&stage, "Cordless drill").await);
        scan(&stage, &badge);
        stage.until("Ann is here", || !anonymous(&stage)).await;
        scan(&stage, &bolt);
        at(&stage, Page::Basket).await;
        scan(&stage, &drill);
        stage.until("both lie in it", || lines(&stage).len() == 2).await;

        SignInAdapter::get(stage.window()).invoke_sign_out();
        at(&stage, Page::Home).await;
        stage.until("what one collected the next does not book", || lines(&stage).is_empty()).await;
        assert_eq!(stage.history().await.len(), 2, "nothing was taken");

        scan_again(&stage, &badge).await;
        stage.until("Ann is here", || !anonymous(&stage)).await;
        scan(&stage, &bolt);
        at(&stage, Page::Basket).await;
        stage.until("it lies in it", || lines(&stage).len() == 1).await;
        scan(&stage, "INVDONE");
        at(&stage, Page::Home).await;
        let history = stage.history().await;
        assert_eq!((history.len(), history[0].movement.kind), (3, MovementKind::Issue));
        assert_eq!(history[0].actor_name.as_deref(), Some("Ann Meyer"));
    });
}

#[test]
fn a_trade_number_two_things_share_offers_both() {
    play_kiosk(
        (1280, 720),
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Paint, red", shelf, 4).await;
            props.goods("Paint, blue", shelf, 4).await;
        },
        |stage| async move {
            for name in ["Paint, red", "Paint, blue"] {
                look_up(&stage, name).await;
                let id = ItemAdapter::get(stage.window()).get_item().id.parse().expect("an item");
                attach(&stage, id, "4006381333931").await;
                stage.press("Home");
                at(&stage, Page::Home).await;
            }
            scan(&stage, "4006381333931");
            at(&stage, Page::Find).await;
            stage.until("both are offered", || stage.hits().len() == 2).await;
            let red = stage.hits().into_iter().find(|hit| hit.starts_with("Paint, red")).expect("one of both");
            stage.press(&red);
            at(&stage, Page::Item).await;
            stage.until("the chosen one is shown", || shown(&stage) == "Paint, red").await;
        },
    );
}

#[test]
fn a_printed_label_goes_onto_a_thing_and_names_it_from_then_on() {
    play_kiosk(SMALL, shelf, |stage| async move {
        let db = stage.database.db.clone();
        let made =
            async move { codes::make_blank(&db.client().await.expect("answers"), 1).await.expect("made").remove(0) };
        let label = runtime().spawn(made).await.expect("no panic").to_string();
        scan(&stage, &label);
        at(&stage, Page::Code).await;
        assert!(CodeAdapter::get(stage.window()).get_blank());
        stage.press("Choose a thing");
        at(&stage, Page::Find).await;
        let drill = || stage.hits().into_iter().find(|hit| hit.starts_with("Cordless drill"));
        stage.until("things are offered", || drill().is_some()).await;
        stage.press(&drill().expect("just seen"));
        at(&stage, Page::Item).await;
        let notices = NoticesAdapter::get(stage.window());
        stage.until("the label is on it", || notices.get_notice() == Notice::Saved).await;
        stage.press("Home");
        at(&stage, Page::Home).await;
        scan_again(&stage, &label).await;
        at(&stage, Page::Item).await;
        stage.until("the label names it", || shown(&stage) == "Cordless drill").await;
    });
}

#[test]
fn of_an_unknown_code_a_new_thing_is_made_which_it_finds_from_then_on() {
    play_kiosk((1280, 720), shelf, |stage| async move {
        scan(&stage, "4006381333931");
        at(&stage, Page::Code).await;
        assert!(!CodeAdapter::get(stage.window()).get_blank());
        stage.press("Make a new thing");
        at(&stage, Page::NewItem).await;
        stage.type_into("Name", "Highlighter");
        stage.type_into("Where it lies", "shel");
        stage.until("the place is found", || stage.shows("Shelf 2")).await;
        stage.press("Shelf 2");
        stage.press("Create");
        at(&stage, Page::Item).await;
        let notices = NoticesAdapter::get(stage.window());
        stage.until("the code is on it", || notices.get_notice() == Notice::Saved).await;
        stage.press("Home");
        at(&stage, Page::Home).await;
        scan_again(&stage, "4006381333931").await;
        at(&stage, Page::Item).await;
        stage.until("the code finds it", || shown(&stage) == "Highlighter").await;
    });
}

#[test]
fn the_label_for_empty_takes_what_is_left_and_undo_brings_it_back() {
    play_kiosk(SMALL, shelf, |stage| async move {
        look_up(&stage, "Hex bolt M6").await;
        scan(&stage, "INVREORDER");
        let item = ItemAdapter::get(stage.window());
        stage.until("nothing is left", || item.get_item().amount == "0").await;
        let taken = stage.history().await;
        assert_eq!(
            (taken[0].movement.kind, taken[0].movement.quantity.get()),
            (MovementKind::Issue, Decimal::from(40))
        );
        undo(&stage).await;
        stage.until("it is back", || item.get_item().amount == "40").await;
    });
}

#[test]
fn home_says_that_a_scanner_is_ready_once_one_was_heard() {
    play_kiosk(SMALL, shelf, |stage| async move {
        let kiosk = KioskAdapter::get(stage.window());
        assert!(!kiosk.get_scanner_ready(), "none was heard yet");
        scan(&stage, "NOBODYKNOWSTHIS");
        at(&stage, Page::Code).await;
        assert!(kiosk.get_scanner_ready());
    });
}
