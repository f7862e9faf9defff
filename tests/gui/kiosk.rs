//! The kiosk: find, take, put back, know what is left, pressed as a person presses.

mod acts;
mod always;
mod counts;
pub mod keys;
mod lists;
mod people;
mod photos;
mod scans;
mod touches;

use std::time::Duration;

use inventory::gui::ui::{ItemAdapter, KioskAdapter, Navigation, Page, ResultsAdapter};
use slint::{Global as _, Model as _};

use crate::stage::{Stage, pause, play_kiosk};

/// The panel most kiosks have.
pub const SMALL: (u32, u32) = (800, 480);

pub fn page(stage: &Stage) -> Page {
    Navigation::get(stage.window()).get_page()
}

pub async fn at(stage: &Stage, expected: Page) {
    stage.until(&format!("{expected:?} is shown"), || page(stage) == expected).await;
}

/// From home to a thing's page, as somebody does who knows what it is called.
pub async fn look_up(stage: &Stage, name: &str) {
    stage.press("Find");
    at(stage, Page::Find).await;
    stage.type_into("Scan or type", name);
    stage.until("it is found", || stage.hits().iter().any(|hit| hit.starts_with(name))).await;
    let hit = stage.hits().into_iter().find(|hit| hit.starts_with(name)).expect("just seen");
    stage.press(&hit);
    stage.until("its page is shown", || ItemAdapter::get(stage.window()).get_item().name == name).await;
    at(stage, Page::Item).await;
}

#[test]
fn a_thing_is_three_touches_from_home_and_the_way_back_is_the_way_there() {
    play_kiosk(
        SMALL,
        |props| async move {
            let workshop = props.place("Workshop", None).await;
            let shelf = props.place("Shelf 2", Some(workshop)).await;
            props.goods("Hex bolt M6", shelf, 40).await;
            props.goods("Washer M6", shelf, 10).await;
        },
        |stage| async move {
            look_up(&stage, "Hex bolt M6").await;
            assert_eq!(ItemAdapter::get(stage.window()).get_item().amount, "40");
            // Its place is a touch away, and what else lies there.
            stage.press("Shelf 2: 40 pcs");
            at(&stage, Page::Places).await;
            stage.until("what lies there is listed", || stage.hits().len() == 2).await;
            stage.press("Back");
            at(&stage, Page::Item).await;
            stage.press("Back");
            at(&stage, Page::Find).await;
            assert_eq!(ResultsAdapter::get(stage.window()).get_query(), "Hex bolt M6", "what was asked is still asked");
            stage.press("Home");
            at(&stage, Page::Home).await;
            let lately = KioskAdapter::get(stage.window()).get_lately();
            stage.until("what was used lately stands there", || lately.row_count() == 2).await;
            stage.press("Find");
            at(&stage, Page::Find).await;
            assert_eq!(ResultsAdapter::get(stage.window()).get_query(), "", "a new search begins empty");
        },
    );
}

#[test]
fn whoever_types_at_home_searches() {
    play_kiosk(
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.thing("Tarpaulin, green", shelf).await;
        },
        |stage| async move {
            for key in ["t", "a", "r"] {
                stage.key(key);
                pause(Duration::from_millis(60)).await;
            }
            at(&stage, Page::Find).await;
            assert_eq!(ResultsAdapter::get(stage.window()).get_query(), "tar");
            stage.until("it is found", || stage.hits().iter().any(|hit| hit.starts_with("Tarpaulin"))).await;
        },
    );
}

#[test]
fn the_list_is_narrowed_by_place_and_by_what_is_low() {
    play_kiosk(
        (1280, 720),
        |props| async move {
            let workshop = props.place("Workshop", None).await;
            let shelf = props.place("Shelf 2", Some(workshop)).await;
            let van = props.place("Van", None).await;
            props.goods("Hex bolt M6", shelf, 40).await;
            props.goods("Hex bolt M8", van, 4).await;
        },
        |stage| async move {
            stage.press("Find");
            at(&stage, Page::Find).await;
            stage.until("all are listed", || stage.hits().len() == 5).await;
            stage.press("Place");
            stage.until("places are offered", || stage.shows("Workshop, 2 inside")).await;
            stage.press("Workshop, 2 inside");
            stage.until("what is inside is listed", || stage.hits().len() == 2).await;
            assert!(stage.hits().iter().any(|hit| hit.starts_with("Hex bolt M6")), "{:?}", stage.hits());
            stage.press("In Workshop");
            stage.until("all are back", || stage.hits().len() == 5).await;
            stage.press("Low");
            stage
                .until("nothing is low", || {
                    stage.hits().is_empty() && stage.shows("Nothing here Try other words, or take a filter away.")
                })
                .await;
        },
    );
}

#[test]
fn places_lead_down_to_the_box_and_a_box_shows_all_that_is_inside() {
    play_kiosk(
        (1280, 720),
        |props| async move {
            let workshop = props.place("Workshop", None).await;
            let shelf = props.place("Shelf 2", Some(workshop)).await;
            props.goods("Hex bolt M6", shelf, 40).await;
            props.thing("Cordless drill", workshop).await;
        },
        |stage| async move {
            stage.press("Places");
            at(&stage, Page::Places).await;
            stage.until("the rooms are there", || stage.shows("Workshop, 3 inside")).await;
            stage.press("Workshop, 3 inside");
            stage.until("what lies in the room itself", || stage.hits() == ["Cordless drill, 1 , Workshop"]).await;
            stage.press("With all inside");
            stage.until("and on its shelves", || stage.hits().len() == 2).await;
            stage.press("Shelf 2, 1 inside");
            stage.until("the shelf", || stage.hits().len() == 1 && stage.hits()[0].starts_with("Hex bolt M6")).await;
            stage.press("Back");
            stage.until("the room again", || stage.hits().len() == 2).await;
        },
    );
}
