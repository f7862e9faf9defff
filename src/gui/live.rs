//! What changes elsewhere shows here within a second, without moving what a person looks at.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use slint::Timer;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use super::desktop::Face;
use super::{item, kiosk, places, results};
use crate::services::Services;

/// Who listens to the feed, and whether a refresh is due.
#[derive(Default)]
pub struct State {
    following: RefCell<Vec<JoinHandle<()>>>,
    due: Cell<bool>,
}

/// Many changes at once make one refresh.
const SETTLE: Duration = Duration::from_millis(120);

/// Listens to the feed of an inventory, and to no other any more.
pub fn follow(face: &Rc<Face>, services: &Services) {
    for before in face.live.following.take() {
        before.abort();
    }
    let (tell, mut told) = tokio::sync::mpsc::channel::<()>(1);
    let mut news = services.changes.subscribe();
    let hearing = face.runtime.spawn(async move {
        loop {
            match news.recv().await {
                // A full channel means that a refresh is due already.
                Ok(_) | Err(RecvError::Lagged(_)) => drop(tell.try_send(())),
                Err(RecvError::Closed) => return,
            }
        }
    });
    face.live.following.borrow_mut().push(hearing);
    let (weak, era) = (face.downgrade(), face.era.get());
    let listening = slint::spawn_local(async move {
        while told.recv().await.is_some() {
            let Some(face) = weak.upgrade() else { return };
            if face.era.get() != era {
                return;
            }
            refresh_soon(&face);
        }
    });
    if let Err(error) = listening {
        tracing::error!("The window does not follow changes: {error}");
    }
}

fn refresh_soon(face: &Rc<Face>) {
    if face.live.due.replace(true) {
        return;
    }
    let weak = face.downgrade();
    Timer::single_shot(SETTLE, move || {
        let Some(face) = weak.upgrade() else { return };
        face.live.due.set(false);
        refresh_everything(&face);
    });
}

/// Reads again what is visible.
pub fn refresh_everything(face: &Rc<Face>) {
    results::reload(face, results::Keep::Chosen);
    item::refresh(face);
    places::refresh(face);
    kiosk::refresh(face);
}
