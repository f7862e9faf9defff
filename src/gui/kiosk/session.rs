//! Who acts at the kiosk: how somebody signs in, when that ends by itself, and the step up to a keeper's rights.
//!
//! Without a session whoever stands there looks, and sees neither prices nor names. [`require`] is the one way to act: it
//! asks who acts, and goes on with what was asked for once that is known.

mod held;
mod sign_in;
mod step_up;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use slint::{ModelRc, SharedString, Timer};

use super::super::desktop::{Face, react};
use super::super::session::act_as;
use super::super::ui::{Notice, Page, SignInAdapter, StepUp};
use super::super::{item, notices};
use super::{basket, navigation, on, sounds};
use crate::domain::{Actor, Permission, PersonId, Role};
use crate::services::people::Person;
use held::{RunOut, Session};
use sign_in::{DIGITS, as_device, choose, show_digits};
use step_up::{ask_keeper, choose_keeper, prove};

pub use sign_in::{ask_who, typed, with_badge};

/// How the person showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Badge,
    Pin,
    /// A setting lets the kiosk itself act.
    Device,
}

type Then = Box<dyn FnOnce(&Rc<Face>)>;

/// The session, and what waits for one.
#[derive(Default)]
pub struct State {
    session: RefCell<Option<Session>>,
    chosen: Cell<Option<PersonId>>,
    keeper: Cell<Option<PersonId>>,
    digits: RefCell<String>,
    then: RefCell<Option<(Permission, Then)>>,
    wait: Timer,
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<SignInAdapter>();
    adapter.set_faces(ModelRc::default());
    show_digits(face, "");
    choose(face, "");
    adapter.on_choose(react(face, |face, id: SharedString| choose(face, &id)));
    adapter.on_digit(react(face, |face, digit: SharedString| {
        let mut digits = face.kiosk.session.digits.borrow().clone();
        if digits.len() < DIGITS && digit.bytes().all(|b| b.is_ascii_digit()) {
            digits.push_str(&digit);
        }
        show_digits(face, &digits);
    }));
    adapter.on_erase(on(face, |face| {
        let mut digits = face.kiosk.session.digits.borrow().clone();
        digits.pop();
        show_digits(face, &digits);
    }));
    adapter.on_clear(on(face, |face| show_digits(face, "")));
    adapter.on_sign_in(on(face, sign_in::with_pin));
    adapter.on_look_around(on(face, |face| {
        face.kiosk.session.then.take();
        navigation::home(face);
    }));
    adapter.on_sign_out(on(face, end));
    adapter.on_touched(on(face, |face| touched(face)));
    adapter.on_choose_keeper(react(face, |face, id: SharedString| choose_keeper(face, &id)));
    adapter.on_prove(react(face, |face, secret: SharedString| prove(face, String::from(secret).into())));
    adapter.on_give_up(on(face, |face| {
        face.kiosk.session.then.take();
        face.adapter::<SignInAdapter>().set_step_up(StepUp::None);
    }));
}

/// Does `then` as somebody who may: at once when whoever acts may do it, else after they have said who they are.
pub fn require(face: &Rc<Face>, permission: Permission, then: impl FnOnce(&Rc<Face>) + 'static) {
    if may(face, permission) {
        then(face);
        return;
    }
    face.kiosk.session.then.replace(Some((permission, Box::new(then))));
    if permission.least_role() <= Role::Member {
        if face.kiosk.session.session.borrow().is_none() {
            if let Some(login) = face.settings.borrow().device_person().map(str::to_owned) {
                as_device(face, login);
            } else {
                open(face);
            }
        } else {
            // A viewer signed in: there is nothing to step up to.
            face.kiosk.session.then.take();
            notices::tell(face, Notice::Refused, "");
        }
    } else {
        ask_keeper(face);
    }
}

/// Is somebody here who may, so that nothing needs to be asked?
pub fn may(face: &Face, permission: Permission) -> bool {
    face.shown.borrow().as_ref().is_some_and(|shown| shown.actor.may(permission))
}

/// Who is signed in, and whether by a badge.
pub fn who(face: &Face) -> Option<(PersonId, By)> {
    face.kiosk.session.session.borrow().as_ref().map(|session| (session.id, session.by))
}

/// Shows the page on which people say who they are.
pub fn open(face: &Rc<Face>) {
    navigation::open(face, Page::SignIn, "");
}

fn begin(face: &Rc<Face>, person: Person, actor: Actor, by: By) {
    let then = face.kiosk.session.then.take();
    let session = Session::begin(person.id, by, actor.clone(), Instant::now());
    face.kiosk.session.session.replace(Some(session));
    act_as(face, Some(person), actor);
    show_time(face);
    if by != By::Device {
        sounds::good(face);
    }
    if navigation::here(face).page == Page::SignIn {
        navigation::back(face);
    } else {
        super::refresh(face);
    }
    match then {
        Some((permission, then)) if may(face, permission) => then(face),
        Some(_) => notices::tell(face, Notice::Refused, ""),
        None => {}
    }
}

/// The session is over: whoever stands there looks again, from home.
pub fn end(face: &Rc<Face>) {
    let state = &face.kiosk.session;
    state.then.take();
    face.adapter::<SignInAdapter>().set_step_up(StepUp::None);
    if state.session.take().is_none() {
        return;
    }
    // What one person collected is not booked by the next.
    basket::empty(face);
    act_as(face, None, Actor::anonymous());
    item::clear(face);
    notices::close(face);
    show_time(face);
    navigation::home(face);
}

/// Somebody is working: the time left begins anew.
pub fn touched(face: &Face) {
    if let Some(session) = face.kiosk.session.session.borrow_mut().as_mut() {
        session.touch(Instant::now());
    }
    show_time(face);
}

/// Once a second: what has run out ends.
pub fn tick(face: &Rc<Face>) {
    let lock_after = face.settings.borrow().lock_after();
    let run_out = face.kiosk.session.session.borrow_mut().as_mut().map(|s| s.run_out(Instant::now(), lock_after));
    match run_out {
        None => return,
        Some(RunOut::Nothing) => {}
        Some(RunOut::Session) => return end(face),
        Some(RunOut::Elevation(member)) => {
            let person = face.shown.borrow().as_ref().and_then(|shown| shown.person.clone());
            act_as(face, person, member);
            if navigation::here(face).page == Page::Status {
                navigation::home(face);
            }
        }
    }
    show_time(face);
}

fn show_time(face: &Face) {
    let session = face.kiosk.session.session.borrow();
    let (now, lock_after) = (Instant::now(), face.settings.borrow().lock_after());
    let seconds = |time: Option<Duration>| time.map_or(0, |time| time.as_secs_f32().ceil() as i32);
    let left = seconds(session.as_ref().map(|session| session.left(now, lock_after)));
    let elevated = seconds(session.as_ref().map(|session| session.elevated_left(now)));
    let adapter = face.adapter::<SignInAdapter>();
    adapter.set_seconds_left(left);
    adapter.set_elevated_left(elevated);
}
