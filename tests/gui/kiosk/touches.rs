//! Fingers that are drawn over the panel: back from its edge, and nowhere where that would lose something.

use std::time::Duration;

use inventory::gui::ui::{ItemAdapter, KioskAdapter, Navigation, Page};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle as _, Global as _, LogicalPosition, Model as _};

use super::{SMALL, at, look_up, page};
use crate::stage::{Stage, pause, play_kiosk};

/// A finger that is put down here, drawn there, and lifted.
async fn draw(stage: &Stage, from: (f32, f32), to: (f32, f32)) {
    let window = stage.window().window();
    let button = PointerEventButton::Left;
    let on_the_way =
        |share: f32| LogicalPosition::new(from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
    window.dispatch_event(WindowEvent::PointerPressed { position: on_the_way(0.0), button });
    for step in 1..=10 {
        pause(Duration::from_millis(10)).await;
        window.dispatch_event(WindowEvent::PointerMoved { position: on_the_way(step as f32 / 10.0) });
    }
    window.dispatch_event(WindowEvent::PointerReleased { position: on_the_way(1.0), button });
    window.dispatch_event(WindowEvent::PointerExited);
    pause(Duration::from_millis(60)).await;
}

#[test]
fn a_finger_from_the_left_edge_goes_back_and_one_from_elsewhere_does_not() {
    play_kiosk(
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            let bolt = props.goods("Hex bolt M6", shelf, 40).await;
            props.picture(bolt).await;
        },
        |stage| async move {
            look_up(&stage, "Hex bolt M6").await;
            draw(&stage, (300.0, 240.0), (600.0, 240.0)).await;
            assert_eq!(page(&stage), Page::Item, "only the edge is for going back");
            draw(&stage, (600.0, 240.0), (300.0, 240.0)).await;
            assert_eq!(page(&stage), Page::Item);
            draw(&stage, (5.0, 240.0), (300.0, 250.0)).await;
            at(&stage, Page::Find).await;
            draw(&stage, (5.0, 240.0), (300.0, 250.0)).await;
            at(&stage, Page::Home).await;
            draw(&stage, (5.0, 240.0), (300.0, 250.0)).await;
            assert_eq!(page(&stage), Page::Home, "from home there is no way back");
        },
    );
}

#[test]
fn a_finger_at_the_edge_scrolls_and_leaves_a_number_and_a_large_photo_alone() {
    play_kiosk(
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            for number in 0..20 {
                props.goods(&format!("Washer M{number}"), shelf, 40).await;
            }
            let bolt = props.goods("Hex bolt M6", shelf, 40).await;
            props.picture(bolt).await;
        },
        |stage| async move {
            stage.press("Find");
            at(&stage, Page::Find).await;
            stage.press("Put the keyboard away");
            stage.until("the list has its room", || stage.hits().len() >= 3).await;
            draw(&stage, (20.0, 400.0), (22.0, 200.0)).await;
            let scroll = KioskAdapter::get(stage.window()).get_find_scroll();
            assert!(scroll < -50.0, "the list goes with the finger: {scroll}");
            assert_eq!(page(&stage), Page::Find);
            stage.press("Home");
            at(&stage, Page::Home).await;

            look_up(&stage, "Hex bolt M6").await;
            let item = ItemAdapter::get(stage.window());
            stage.until("its photo is there", || item.get_photos().row_count() == 1).await;
            stage.press("Larger picture");
            stage.until("it fills the screen", || stage.shows("Close the photo")).await;
            assert!(Navigation::get(stage.window()).get_held());
            draw(&stage, (5.0, 240.0), (300.0, 250.0)).await;
            assert_eq!(page(&stage), Page::Item, "the photo is dragged, and stays");
            stage.press("Close the photo");
            stage.press("Take");
            at(&stage, Page::Act).await;
            draw(&stage, (5.0, 240.0), (300.0, 250.0)).await;
            assert_eq!(page(&stage), Page::Act, "a number that is being given stays");
            stage.press("Cancel");
            at(&stage, Page::Item).await;
            draw(&stage, (5.0, 240.0), (300.0, 250.0)).await;
            at(&stage, Page::Find).await;
        },
    );
}
