//! Pictures of the window in every theme. People look at them (target directory, tmp/gui); the tests look at what
//! can be said in a sentence.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery, mock_elapsed_time};
use inventory::gui::ui::{
    AppWindow, BookingAdapter, Density, EditorAdapter, Gallery, Navigation, Page, ResultRow, ResultsAdapter,
    SessionAdapter, Theme,
};
use slint::platform::WindowEvent;
use slint::{
    ComponentHandle as _, Global as _, LogicalPosition, Model, ModelRc, ModelTracker, Rgba8Pixel, SharedPixelBuffer,
};

use crate::support::{Openable, picture, window};

const TAPE: [u8; 3] = [0xff, 0xd0, 0x2b];

#[test]
fn the_desktop_is_drawn_in_light_dark_and_contrast() {
    let window: AppWindow = window();
    for (theme, name, surface) in [
        (Theme::Light, "desktop-light", [0xe9, 0xee, 0xec]),
        (Theme::Dark, "desktop-dark", [0x0f, 0x15, 0x17]),
        (Theme::Contrast, "desktop-contrast", [0, 0, 0]),
    ] {
        window.look(theme, Density::Desktop);
        let picture = picture(&window, name, 1440, 900);
        assert_eq!(at(&picture, 6, 700), surface, "the ground beside the tree in {name}");
        let tape = if theme == Theme::Contrast { [0xff, 0xe1, 0x4d] } else { TAPE };
        assert!(share(&picture, tape) > 0.002, "codes are on tape in {name}");
    }
}

#[test]
fn the_kiosk_is_drawn_in_light_dark_and_contrast() {
    let window: AppWindow = window();
    for (theme, density, page, name, width, height) in [
        (Theme::Light, Density::KioskS, Page::Home, "kiosk-home-small", 800, 480),
        (Theme::Light, Density::KioskM, Page::Home, "kiosk-home", 1280, 720),
        (Theme::Light, Density::KioskM, Page::Find, "kiosk-find", 1280, 720),
        (Theme::Dark, Density::KioskM, Page::Item, "kiosk-item-dark", 1280, 720),
        (Theme::Contrast, Density::KioskS, Page::Item, "kiosk-item-contrast", 800, 480),
        (Theme::Light, Density::KioskS, Page::Act, "kiosk-act-small", 800, 480),
        (Theme::Light, Density::KioskM, Page::Act, "kiosk-act-tall", 720, 1280),
    ] {
        window.look(theme, density);
        Navigation::get(&window).set_page(page);
        let picture = picture(&window, name, width, height);
        let tape = if theme == Theme::Contrast { [0xff, 0xe1, 0x4d] } else { TAPE };
        assert!(share(&picture, tape) > 0.001, "labels and scans are on tape in {name}");
    }
    slint::select_bundled_translation("de").expect("German is bundled");
    window.look(Theme::Light, Density::KioskS);
    Navigation::get(&window).set_page(Page::Home);
    picture(&window, "kiosk-home-small-german", 800, 480);
    assert!(ElementHandle::find_by_accessible_label(&window, "Zurücklegen").next().is_some(), "the tiles speak German");
    slint::select_bundled_translation("").expect("English is bundled");
}

#[test]
fn a_small_window_keeps_the_table_and_asks_for_the_rest() {
    let window: AppWindow = window();
    ResultsAdapter::get(&window).set_query("m3".into());
    SessionAdapter::get(&window).set_example(true);
    picture(&window, "desktop-small", 1024, 700);
    let table = ElementQuery::from_root(&window)
        .match_accessible_role(AccessibleRole::Table)
        .find_first()
        .expect("there is a table");
    assert!(table.size().width > 780.0, "the table has the room of the page beside it: {}", table.size().width);
    let right = table.absolute_position().x + table.size().width;
    assert!((right - 1024.0).abs() < 1.0, "nothing is pushed out of the window: {right}");
}

#[test]
fn the_window_speaks_german_and_has_room_for_it() {
    let window: AppWindow = window();
    picture(&window, "desktop-english", 1440, 900);
    slint::select_bundled_translation("de").expect("German is bundled");
    picture(&window, "desktop-german", 1440, 900);
    let take = ElementHandle::find_by_accessible_label(&window, "Nehmen").next().expect("the button speaks German");
    let back =
        ElementHandle::find_by_accessible_label(&window, "Zurücklegen").next().expect("the button speaks German");
    assert!(take.absolute_position().x + take.size().width <= back.absolute_position().x, "they stand side by side");
    assert_eq!(SessionAdapter::get(&window).get_language_tag(), "de");
    BookingAdapter::get(&window).set_open(true);
    picture(&window, "booking-german", 1280, 800);
    BookingAdapter::get(&window).set_open(false);
    EditorAdapter::get(&window).set_open(true);
    picture(&window, "editor-german", 1280, 800);
}

#[test]
fn a_hundred_thousand_lines_scroll_and_only_those_in_sight_are_read() {
    let window: AppWindow = window();
    let read = Rc::new(Cell::new(0));
    ResultsAdapter::get(&window).set_rows(ModelRc::new(Endless { read: read.clone() }));
    picture(&window, "desktop-endless", 1440, 900);
    let at = LogicalPosition::new(700.0, 500.0);
    let mut slowest = Duration::ZERO;
    for _ in 0..4 {
        window.window().dispatch_event(WindowEvent::PointerScrolled { position: at, delta_x: 0.0, delta_y: -960.0 });
        mock_elapsed_time(Duration::from_millis(16));
        let began = Instant::now();
        window.window().take_snapshot().expect("the software renderer draws");
        slowest = slowest.max(began.elapsed());
    }
    println!("{} rows read for 4 screens of 100,000; the slowest whole frame took {slowest:?}", read.get());
    assert!(read.get() < 500, "{} rows were read", read.get());
}

/// As many rows as the largest inventory we know, made when they are asked for.
struct Endless {
    read: Rc<Cell<usize>>,
}

impl Model for Endless {
    type Data = ResultRow;
    fn row_count(&self) -> usize {
        100_000
    }
    fn row_data(&self, index: usize) -> Option<ResultRow> {
        self.read.set(self.read.get() + 1);
        let name = format!("Socket head cap screw M{}", index % 40).into();
        Some(ResultRow {
            id: index.to_string().into(),
            name,
            code: "7K3-Q".into(),
            amount: "480".into(),
            ..ResultRow::default()
        })
    }
    fn model_tracker(&self) -> &dyn ModelTracker {
        &()
    }
}

#[test]
fn every_widget_is_drawn_in_every_theme_and_density() {
    let window: Gallery = window();
    for (theme, density, name) in [
        (Theme::Light, Density::Desktop, "gallery-light"),
        (Theme::Dark, Density::Desktop, "gallery-dark"),
        (Theme::Contrast, Density::Desktop, "gallery-contrast"),
        (Theme::Light, Density::KioskM, "gallery-kiosk-m"),
    ] {
        window.look(theme, density);
        let width = if density == Density::Desktop { 1280 } else { 2400 };
        let picture = picture(&window, name, width, if density == Density::Desktop { 1000 } else { 1800 });
        assert!(share(&picture, at(&picture, 2, 2)) > 0.3, "{name} has a ground");
    }
}

#[test]
fn everything_one_can_press_says_what_it_is() {
    let window: AppWindow = window();
    picture(&window, "labels", 1440, 900);
    let pressable = [
        AccessibleRole::Button,
        AccessibleRole::Checkbox,
        AccessibleRole::TextInput,
        AccessibleRole::Tab,
        AccessibleRole::ListItem,
        AccessibleRole::RadioButton,
        AccessibleRole::Spinbox,
    ];
    let mut seen = 0;
    for role in pressable {
        for element in ElementQuery::from_root(&window).match_descendants().match_accessible_role(role).find_all() {
            seen += 1;
            let label = element.accessible_label().unwrap_or_default();
            assert!(!label.trim().is_empty(), "a {role:?} without a label: {:?}", element.id());
        }
    }
    assert!(seen > 30, "the window has its controls: {seen}");
}

fn at(picture: &SharedPixelBuffer<Rgba8Pixel>, x: u32, y: u32) -> [u8; 3] {
    let pixel = picture.as_slice()[(y * picture.width() + x) as usize];
    [pixel.r, pixel.g, pixel.b]
}

fn share(picture: &SharedPixelBuffer<Rgba8Pixel>, color: [u8; 3]) -> f64 {
    let same = picture.as_slice().iter().filter(|pixel| [pixel.r, pixel.g, pixel.b] == color).count();
    same as f64 / picture.as_slice().len() as f64
}
