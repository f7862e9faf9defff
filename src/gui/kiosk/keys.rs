//! Keys on their way into the window: the scanner hears each first, the on-screen keyboard's are given in past it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use slint::platform::{Key as Special, WindowEvent};
use slint::{ComponentHandle as _, SharedString, Timer, TimerMode};

use super::super::desktop::Face;
use super::super::recovery;
use super::super::ui::{KeyLanguage, Keyboard, ScannerAdapter};
use super::{idle, on, scan};
use crate::domain::scanner::{Decided, Key, Pressed, Scanner};

/// What is held back, and who is heard.
pub struct State {
    scanner: RefCell<Scanner>,
    /// Times are counted from here.
    began: Instant,
    /// Decides about held keys when nothing follows.
    decides: Timer,
    /// Keys that are given in now are nobody's scan.
    giving: Cell<bool>,
    heard: Cell<bool>,
    watch: Timer,
    typed_at: Cell<Option<Instant>>,
    beats: Timer,
    beat: Cell<Instant>,
    /// When the key before this one was handled.
    key: Cell<Instant>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            scanner: RefCell::default(),
            began: Instant::now(),
            decides: Timer::default(),
            giving: Cell::default(),
            heard: Cell::default(),
            watch: Timer::default(),
            typed_at: Cell::default(),
            beats: Timer::default(),
            beat: Cell::new(Instant::now()),
            key: Cell::new(Instant::now()),
        }
    }
}

/// A key no keyboard has, within Slint's range for keys that write nothing.
const PROBE: &str = "\u{f7fe}";
/// How often it is looked whether keys still arrive: a page that goes may take the focus with it.
const WATCH: Duration = Duration::from_millis(500);
/// How often it is noted that the window's loop came round. Between two keys of a person it does, unless it is busy.
const BEAT: Duration = Duration::from_millis(20);
/// Keys that come this long after the last beat may have waited.
const LATE: Duration = Duration::from_millis(80);
/// Who typed on a real keyboard so long ago uses the screen again.
const HARDWARE_FOR: Duration = Duration::from_mins(1);

pub fn connect(face: &Rc<Face>) {
    let settings = face.settings.borrow().scanner().clone();
    face.kiosk.keys.scanner.borrow_mut().set(settings);

    let weak = Rc::downgrade(face);
    face.adapter::<ScannerAdapter>().on_pressed(move |text, command, control, repeat| {
        weak.upgrade().is_some_and(|face| recovery::guard(|| pressed(&face, &text, command, control, repeat)))
    });
    let keyboard = face.adapter::<Keyboard>();
    keyboard.set_offered(true);
    keyboard.set_language(face.settings.borrow().key_language());
    let weak = Rc::downgrade(face);
    keyboard.on_key(move |text| {
        if let Some(face) = weak.upgrade() {
            recovery::guard(|| give(&face, &text));
        }
    });
    let weak = Rc::downgrade(face);
    keyboard.on_chose(move |language: KeyLanguage| {
        if let Some(face) = weak.upgrade() {
            face.settings.borrow_mut().set_key_language(language);
            super::super::session::remember(&face);
        }
    });
    let weak = Rc::downgrade(face);
    face.kiosk.keys.beats.start(TimerMode::Repeated, BEAT, move || {
        if let Some(face) = weak.upgrade() {
            face.kiosk.keys.beat.set(Instant::now());
        }
    });
    face.kiosk.keys.watch.start(TimerMode::Repeated, WATCH, on(face, watch));
}

/// A key arrives. Answers whether it is held back here.
fn pressed(face: &Rc<Face>, text: &str, command: bool, control: bool, repeat: bool) -> bool {
    let state = &face.kiosk.keys;
    if text == PROBE {
        state.heard.set(true);
        return true;
    }
    if state.giving.get() {
        return false;
    }
    let Some(key) = key(text, command, control, repeat) else { return false };
    // The loop should have come round since the key before and did not: nobody knows when this one was pressed.
    let (beat, before) = (state.beat.get(), state.key.replace(Instant::now()));
    let queued = beat.elapsed() > LATE || (beat < before && before.elapsed() > BEAT + BEAT / 2);
    let held = state.scanner.borrow_mut().press(key, state.began.elapsed(), queued);
    match held {
        Pressed::Held => {
            arm(face);
            true
        }
        // What wakes the screen does nothing else.
        Pressed::Pass => idle::wake(face),
    }
}

/// What a key is to the scanner; `None`: a modifier, which is nothing by itself.
fn key(text: &str, command: bool, control: bool, repeat: bool) -> Option<Key> {
    let first = text.chars().next()?;
    let is = |special: Special| first == char::from(special);
    let modifiers = [
        Special::Shift,
        Special::ShiftR,
        Special::Control,
        Special::ControlR,
        Special::Alt,
        Special::AltGr,
        Special::CapsLock,
        Special::Meta,
        Special::MetaR,
    ];
    if modifiers.into_iter().any(is) {
        return None;
    }
    let text = text.to_owned();
    let writes = !first.is_control() && !('\u{f700}'..='\u{f7ff}').contains(&first);
    Some(match (repeat || command, writes) {
        (false, _) if is(Special::Return) || is(Special::Tab) => Key::End(text),
        (false, true) if control => Key::Control(text),
        (false, true) => Key::Text(text),
        _ => Key::Other(text),
    })
}

fn arm(face: &Rc<Face>) {
    let state = &face.kiosk.keys;
    let Some(due) = state.scanner.borrow().due() else { return };
    let left = due.saturating_sub(state.began.elapsed());
    state.decides.start(TimerMode::SingleShot, left, on(face, decide));
}

fn decide(face: &Rc<Face>) {
    let state = &face.kiosk.keys;
    let decided = state.scanner.borrow_mut().decide(state.began.elapsed());
    let woke = !decided.is_empty() && idle::wake(face);
    for one in decided {
        match one {
            Decided::Again => {}
            Decided::Typed(_) if woke => {}
            Decided::Typed(keys) => {
                state.typed_at.set(Some(Instant::now()));
                face.adapter::<Keyboard>().set_hardware(true);
                for key in keys {
                    give(face, &key);
                }
            }
            Decided::Scan(scan) => scan::scanned(face, scan, woke),
        }
    }
    arm(face);
}

/// Gives a key to whatever has the focus, past the scanner.
pub fn give(face: &Rc<Face>, text: &str) {
    let state = &face.kiosk.keys;
    let before = state.giving.replace(true);
    let (text, window) = (SharedString::from(text), face.window.window());
    for event in [WindowEvent::KeyPressed { text: text.clone() }, WindowEvent::KeyReleased { text }] {
        if let Err(error) = window.dispatch_event_with_result(event) {
            tracing::error!("A key is not taken by the window: {error}");
        }
    }
    state.giving.set(before);
    idle::touched(face);
}

/// Other settings count from the next key on.
pub fn set_up(face: &Face) {
    face.kiosk.keys.scanner.borrow_mut().set(face.settings.borrow().scanner().clone());
}

/// Another page is about to be shown, and the one that goes takes the focus with it. Keys that come before the next one is
/// drawn are heard all the same; a field of its own takes them when it is there.
pub fn moved(face: &Rc<Face>) {
    face.window.invoke_take_keys();
}

/// Where nothing has the focus, keys go nowhere: then the page is given it again.
fn watch(face: &Rc<Face>) {
    let state = &face.kiosk.keys;
    state.heard.set(false);
    give_probe(face);
    if !state.heard.get() {
        face.window.invoke_take_keys();
    }
    if state.typed_at.get().is_some_and(|at| at.elapsed() > HARDWARE_FOR) {
        state.typed_at.set(None);
        face.adapter::<Keyboard>().set_hardware(false);
    }
}

fn give_probe(face: &Face) {
    for event in [WindowEvent::KeyPressed { text: PROBE.into() }, WindowEvent::KeyReleased { text: PROBE.into() }] {
        // A window that takes no keys now is asked again soon.
        drop(face.window.window().dispatch_event_with_result(event));
    }
}
