//! The kiosk: the same window and services as the desktop, one page at a time, for hands in gloves.
//!
//! [`navigation`] keeps where the person is; a page is one file here and one in `ui/pages/kiosk`. Who acts is the actor of
//! what is shown, changed by `session::act_as` alone; whatever changes something asks [`session::require`] first.

mod basket;
mod code;
mod count;
mod home;
mod idle;
mod keys;
mod ledger;
mod low;
mod machine;
mod navigation;
mod new_item;
mod photo;
mod places;
mod scan;
mod screen;
mod session;
mod sounds;
mod test_page;

use std::rc::Rc;
use std::time::{Duration, Instant};

use slint::{ComponentHandle as _, LogicalSize, PlatformError};
use tokio::runtime::Handle;

use super::Wish;
use super::desktop::{self, Face, react};
use super::program::{Opener, Surroundings};
use super::ui::{AppWindow, KioskAdapter, NewItemAdapter, Page, ResultsAdapter};
use super::{recovery, results, results::Keep};
use crate::domain::ItemId;

pub use idle::Times as RestTimes;
pub use session::require;

/// The room the kiosk is shown in, in logical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub width: u32,
    pub height: u32,
}

/// What the kiosk knows beside what every window knows.
#[derive(Default)]
pub struct State {
    pub(super) navigation: navigation::State,
    home: home::State,
    basket: basket::State,
    count: count::State,
    keys: keys::State,
    scan: scan::State,
    session: session::State,
    idle: idle::State,
    machine: machine::State,
    places: places::State,
    low: low::State,
    ledger: ledger::State,
    new_item: new_item::State,
    photo: photo::State,
}

/// The kiosk's window. It lives as long as this value.
pub struct Kiosk {
    face: Rc<Face>,
}

impl Kiosk {
    /// Makes the window, filling the screen or of a size for looking at, and begins to open an inventory. Call on the
    /// thread that runs Slint's loop.
    pub fn open(
        runtime: &Handle,
        opener: Opener,
        surroundings: Surroundings,
        room: Option<Room>,
    ) -> Result<Self, PlatformError> {
        let first = room.unwrap_or(Room { width: 1280, height: 720 });
        let face = Face::new(runtime, opener, surroundings, screen::density(first.width as f32, first.height as f32))?;
        match room {
            Some(room) => {
                face.window.window().set_size(LogicalSize::new(room.width as f32, room.height as f32));
                face.adapter::<NewItemAdapter>().set_has_files(true);
            }
            None => face.window.window().set_fullscreen(true),
        }
        face.connect();
        screen::connect(&face);
        navigation::connect(&face);
        home::connect(&face);
        basket::connect(&face);
        count::connect(&face);
        keys::connect(&face);
        code::connect(&face);
        session::connect(&face);
        idle::connect(&face);
        machine::connect(&face);
        test_page::connect(&face);
        recovery::mend_with({
            let face = Rc::downgrade(&face);
            move || {
                if let Some(face) = face.upgrade() {
                    session::end(&face);
                    navigation::home(&face);
                }
            }
        });
        places::connect(&face);
        low::connect(&face);
        ledger::connect(&face);
        new_item::connect(&face);
        photo::connect(&face);
        face.adapter::<KioskAdapter>().on_typed({
            let face = Rc::downgrade(&face);
            move |text| face.upgrade().is_some_and(|face| typed(&face, &text))
        });
        super::session::open(&face, Wish::Any);
        Ok(Self { face })
    }

    /// The window itself.
    pub fn window(&self) -> &AppWindow {
        &self.face.window
    }
}

/// Shows the kiosk until the program ends.
pub fn run(
    runtime: &Handle,
    opener: Opener,
    surroundings: Surroundings,
    room: Option<Room>,
) -> Result<(), PlatformError> {
    let kiosk = Kiosk::open(runtime, opener, surroundings, room)?;
    loop {
        let began = Instant::now();
        kiosk.window().run()?;
        // Slint's backend for bare displays ends at Ctrl-Alt-Backspace. Whoever presses that at a kiosk sees it again.
        if desktop::is_ending() || room.is_some() || began.elapsed() < BRIEF {
            return Ok(());
        }
        session::end(&kiosk.face);
    }
}

/// A window that ends sooner cannot be shown.
const BRIEF: Duration = Duration::from_secs(1);

/// An inventory is shown, for the first time or another one.
pub fn shown(face: &Rc<Face>) {
    if face.is_kiosk() {
        navigation::home(face);
    }
}

/// Something changed: what the page shows is read again.
pub fn refresh(face: &Rc<Face>) {
    if face.is_kiosk() {
        navigation::refresh(face);
    }
}

/// The tree of places was read.
pub fn places_known(face: &Rc<Face>) {
    if face.is_kiosk() {
        places::show(face);
    }
}

/// An act is asked about: its page is shown.
pub fn asked(face: &Rc<Face>) {
    if face.is_kiosk() {
        navigation::open(face, Page::Act, "");
    }
}

/// What somebody set out to do cannot be done with the thing they chose: its page says what can.
pub fn looked_at_instead(face: &Rc<Face>, id: ItemId) {
    if face.is_kiosk() {
        navigation::open(face, Page::Item, &id.to_string());
    }
}

/// The act is over, done or not: its page goes.
pub fn acted(face: &Rc<Face>, done: bool) {
    if face.is_kiosk() {
        navigation::acted(face, done);
    }
}

/// The form of a new thing, or of one that is changed, is open.
pub fn editing(face: &Rc<Face>) {
    if face.is_kiosk() {
        new_item::begin(face);
    }
}

/// The form is closed: the thing it made is shown, or the page before it.
pub fn edited(face: &Rc<Face>, made: Option<ItemId>) {
    match made {
        _ if !face.is_kiosk() => {}
        Some(id) => new_item::leave_for(face, id),
        None => navigation::back(face),
    }
}

/// A code for the page that is shown. Answers whether the page does something of its own with codes.
pub fn scanned(face: &Rc<Face>, text: &str) -> bool {
    match navigation::here(face).page {
        Page::Count => count::scanned(face, text),
        Page::Basket => basket::scanned(face, text),
        _ => return false,
    }
    true
}

/// A key without a field begins a search. Answers whether it was one that writes.
fn typed(face: &Rc<Face>, text: &str) -> bool {
    let Some(letter) = text.chars().next() else { return false };
    // Slint's names for keys without a letter lie in Unicode's private area.
    if letter.is_control() || letter.is_whitespace() || ('\u{e000}'..='\u{f8ff}').contains(&letter) {
        return false;
    }
    navigation::forget_search(face);
    if navigation::here(face).page == Page::SignIn {
        return session::typed(face, text);
    }
    face.adapter::<ResultsAdapter>().set_query(text.into());
    navigation::open(face, Page::Find, "");
    results::reload(face, Keep::First);
    true
}

/// A callback without an argument that finds its window again.
fn on(face: &Rc<Face>, act: impl Fn(&Rc<Face>) + 'static) -> impl Fn() + 'static {
    let act = react(face, move |face, ()| act(face));
    move || act(())
}
