//! The kiosk: find, take, put back, know what is left, pressed as a person presses.

mod acts;
mod keys;
mod lists;
mod people;

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
