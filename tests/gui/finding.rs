//! Lists, places, filters and the keyboard.

use inventory::gui::ui::{ItemAdapter, Reason, ResultsAdapter, TreeAdapter};
use slint::platform::{Key, WindowEvent};
use slint::{ComponentHandle as _, Global as _, Model as _};

use crate::stage::{Stage, play, play_with_meaning};

fn key(stage: &Stage, text: impl Into<slint::SharedString>) {
    let text = text.into();
    stage.window().window().dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
    stage.window().window().dispatch_event(WindowEvent::KeyReleased { text });
}

#[test]
fn a_place_shows_what_is_in_it_and_below() {
    play(
        |props| async move {
            let workshop = props.place("Workshop", None).await;
            let shelf = props.place("Shelf 2", Some(workshop)).await;
            props.goods("Hex bolt", shelf, 4).await;
            let van = props.place("Van", None).await;
            props.thing("Tent", van).await;
        },
        |stage| async move {
            let results = ResultsAdapter::get(stage.window());
            stage.until("everything is listed", || results.get_total() == 5).await;
            stage.until("the tree is unfolded", || TreeAdapter::get(stage.window()).get_rows().row_count() == 3).await;
            stage.press("Workshop, 2 inside");
            stage.until("what is inside is listed", || results.get_total() == 2).await;
            let lines = stage.lines();
            assert!(
                lines.iter().any(|line| line.starts_with("Hex bolt"))
                    && !lines.iter().any(|line| line.starts_with("Tent")),
                "{lines:?}"
            );
            stage.press("All places, 5 inside");
            stage.until("everything is back", || results.get_total() == 5).await;
        },
    );
}

#[test]
fn a_product_lists_its_things_and_leads_to_each() {
    play(
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.product("Cordless drill", &["Cordless drill, No. 1", "Drill 2"], shelf).await;
        },
        |stage| async move {
            let (results, item) = (ResultsAdapter::get(stage.window()), ItemAdapter::get(stage.window()));
            stage.type_into("Search words, codes, places", "cordless");
            stage
                .until("the product is shown", || results.get_total() == 2 && item.get_item().name == "Cordless drill")
                .await;
            let listed =
                || item.get_stock().iter().map(|row| format!("{} in {}", row.name, row.lot)).collect::<Vec<_>>();
            stage.until("its things are listed", || listed() == ["No. 1 in Shelf 2", "Drill 2 in Shelf 2"]).await;
            item.invoke_show_place(item.get_stock().row_data(1).expect("two are listed").holder);
            stage.until("the second is shown", || item.get_item().name == "Drill 2").await;
        },
    );
}

#[test]
fn arrows_walk_the_list_and_the_page_beside_it_follows() {
    play(
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            for number in 1..=3 {
                props.goods(&format!("Bolt {number}"), shelf, 5).await;
            }
        },
        |stage| async move {
            let (results, item) = (ResultsAdapter::get(stage.window()), ItemAdapter::get(stage.window()));
            stage.until("the first is chosen", || item.get_shown() && results.get_current() == 0).await;
            let first = item.get_item().name;
            key(&stage, Key::DownArrow);
            stage.until("the second is shown", || results.get_current() == 1 && item.get_item().name != first).await;
            key(&stage, Key::UpArrow);
            stage
                .until("the first is shown again", || results.get_current() == 0 && item.get_item().name == first)
                .await;
        },
    );
}

#[test]
fn something_to_keep_my_tent_dry_is_the_tarpaulin_with_its_place_and_picture() {
    play_with_meaning(
        |props| async move {
            let shed = props.place("Boat shed", None).await;
            let cover = "Waterproof sheet with eyelets. Keeps a tent or firewood dry.";
            let tarp = props.described("Tarp 3 x 4 m, olive", cover, shed).await;
            props.picture(tarp).await;
            props.described("Camp chair, folding", "For sitting by the fire.", shed).await;
            props.described("Claw hammer", "With a wooden handle.", shed).await;
            props.described("Sleeping bag", "Down, to minus five degrees.", shed).await;
            props.goods("Hex bolt", shed, 5).await;
        },
        |stage| async move {
            let (results, item) = (ResultsAdapter::get(stage.window()), ItemAdapter::get(stage.window()));
            stage.type_into("Search words, codes, places", "something to keep my tent dry");
            stage.until("it is found", || item.get_item().name == "Tarp 3 x 4 m, olive").await;
            let row = || results.get_rows().row_data(0).expect("a hit");
            assert_eq!(row().name, "Tarp 3 x 4 m, olive");
            assert_eq!(row().place, "Boat shed");
            stage.until("its picture is in the list", || row().photo.size().width > 0).await;
            assert_eq!(item.get_path().row_data(0).expect("it lies somewhere").name, "Boat shed");
        },
    );
}

#[test]
fn lists_are_sorted_by_their_heads() {
    play(
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Washer", shelf, 5).await;
            props.goods("Anchor", shelf, 500).await;
        },
        |stage| async move {
            let first = |name: &'static str| {
                let stage = &stage;
                move || stage.lines().first().is_some_and(|line| line.starts_with(name))
            };
            stage.press("Name");
            stage.until("by name", first("Anchor")).await;
            stage.press("Name, sorted upward");
            stage.until("by name, turned round", first("Washer")).await;
            stage.press("On hand");
            stage.until("by number, most first", first("Anchor")).await;
        },
    );
}

#[test]
fn what_is_typed_is_found_as_it_is_typed_and_why_is_said() {
    play(
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.thing("Tarpaulin, green", shelf).await;
            props.goods("Hex bolt", shelf, 5).await;
        },
        |stage| async move {
            let results = ResultsAdapter::get(stage.window());
            stage.until("everything is listed", || results.get_total() == 3).await;
            key(&stage, "t");
            key(&stage, "a");
            key(&stage, "r");
            assert_eq!(results.get_query(), "tar", "the search has the keyboard from the start");
            let took = stage
                .until("it is found", || {
                    results.get_total() == 1 && ItemAdapter::get(stage.window()).get_item().name == "Tarpaulin, green"
                })
                .await;
            println!("from the last key to the page beside the list: {took:?}");
            assert_eq!(results.get_rows().row_data(0).expect("a hit").reason, Reason::Word);
            stage.type_into("Search words, codes, places", "qxvz");
            stage
                .until("nothing is found, and said so", || {
                    stage.shows("Nothing found for “qxvz” Search by meaning is not ready; other words may help.")
                })
                .await;
            key(&stage, Key::Escape);
            stage.until("everything is back", || results.get_total() == 3).await;
        },
    );
}
