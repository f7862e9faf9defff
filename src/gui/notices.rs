//! What just happened, told for ten seconds with the way back.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use slint::{SharedString, Timer, TimerMode};

use super::desktop::{Face, react};
use super::ui::{Notice, NoticesAdapter, Verb};
use super::{item, live};
use crate::domain::{BookingId, RequestId};
use crate::services::undo::UndoError;

/// What Undo would take back, and the clock that runs out.
#[derive(Default)]
pub struct State {
    /// The request is made with the notice, so that pressing Undo twice undoes once.
    offered: RefCell<Option<(BookingId, RequestId)>>,
    clock: Timer,
}

/// How long a notice stays.
const SECONDS: i32 = 10;

/// What was booked, in facts.
#[derive(Default)]
pub struct Told {
    pub verb: Verb,
    pub amount: SharedString,
    pub item: SharedString,
    pub from: SharedString,
    pub to: SharedString,
    pub left: SharedString,
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<NoticesAdapter>();
    adapter.set_notice(Notice::None);
    adapter.on_close({
        let close = react(face, |face, ()| close(face));
        move || close(())
    });
    adapter.on_undo({
        let undo = react(face, |face, ()| {
            undo_offered(face);
        });
        move || undo(())
    });
}

/// Tells of a booking and offers to take it back.
pub fn booked(face: &Rc<Face>, booking: BookingId, told: Told) {
    let adapter = face.adapter::<NoticesAdapter>();
    adapter.set_verb(told.verb);
    adapter.set_amount(told.amount);
    adapter.set_item(told.item);
    adapter.set_from(told.from);
    adapter.set_to(told.to);
    adapter.set_left(told.left);
    face.notices.offered.replace(Some((booking, RequestId::new())));
    begin(face, Notice::Booked, true);
}

/// Tells that an item was made, which can be taken back as well.
pub fn created(face: &Rc<Face>, booking: BookingId, name: &str) {
    face.adapter::<NoticesAdapter>().set_item(name.into());
    face.notices.offered.replace(Some((booking, RequestId::new())));
    begin(face, Notice::Created, true);
}

/// Tells that a basket was booked, as one, and offers to take it back as one.
pub fn basket(face: &Rc<Face>, booking: BookingId, verb: Verb, things: usize) {
    let adapter = face.adapter::<NoticesAdapter>();
    adapter.set_verb(verb);
    adapter.set_number(i32::try_from(things).unwrap_or(i32::MAX));
    face.notices.offered.replace(Some((booking, RequestId::new())));
    begin(face, Notice::Basket, true);
}

/// Tells that the differences of a count are written, and offers to take them back as one.
pub fn stocktaken(face: &Rc<Face>, booking: BookingId, place: &str) {
    face.adapter::<NoticesAdapter>().set_item(place.into());
    face.notices.offered.replace(Some((booking, RequestId::new())));
    begin(face, Notice::Stocktaken, true);
}

/// Tells something about an item.
pub fn tell(face: &Rc<Face>, notice: Notice, item: &str) {
    face.adapter::<NoticesAdapter>().set_item(item.into());
    begin(face, notice, false);
}

/// Tells something about several.
pub fn count(face: &Rc<Face>, notice: Notice, number: usize) {
    face.adapter::<NoticesAdapter>().set_number(i32::try_from(number).unwrap_or(i32::MAX));
    begin(face, notice, false);
}

/// Tells that something did not work, in the words of whoever refused.
pub fn failed(face: &Rc<Face>, details: &str) {
    face.adapter::<NoticesAdapter>().set_details(details.into());
    begin(face, Notice::Failed, false);
}

/// Takes back what is told of, if that can be. Answers whether there was anything.
pub fn undo_offered(face: &Rc<Face>) -> bool {
    let offered = *face.notices.offered.borrow();
    if let Some((booking, request)) = offered {
        undo(face, booking, None, request);
    }
    offered.is_some()
}

/// Takes a booking back, or one line of it.
pub fn undo(face: &Rc<Face>, booking: BookingId, line: Option<i32>, request: RequestId) {
    face.call(
        move |services, actor| async move { services.undo.undo(&actor, request, booking, line).await },
        |face, answer| {
            match answer {
                Ok(_) => tell(face, Notice::Undone, ""),
                Err(UndoError::Forbidden(_)) => tell(face, Notice::Refused, ""),
                Err(error) => {
                    face.adapter::<NoticesAdapter>().set_details(error.to_string().into());
                    begin(face, Notice::UndoRefused, false);
                }
            }
            live::refresh_everything(face);
            item::refresh(face);
        },
    );
}

fn begin(face: &Rc<Face>, notice: Notice, undoable: bool) {
    let adapter = face.adapter::<NoticesAdapter>();
    if !undoable {
        face.notices.offered.replace(None);
    }
    adapter.set_notice(notice);
    adapter.set_seconds_left(if undoable { SECONDS } else { 0 });
    let (weak, mut left) = (face.downgrade(), SECONDS);
    face.notices.clock.start(TimerMode::Repeated, Duration::from_secs(1), move || {
        let Some(face) = weak.upgrade() else { return };
        left -= 1;
        if left <= 0 {
            close(&face);
        } else if undoable {
            face.adapter::<NoticesAdapter>().set_seconds_left(left);
        }
    });
}

pub fn close(face: &Face) {
    face.notices.clock.stop();
    face.notices.offered.replace(None);
    let adapter = face.adapter::<NoticesAdapter>();
    adapter.set_seconds_left(0);
    adapter.set_notice(Notice::None);
}
