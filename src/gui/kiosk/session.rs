//! Who acts at the kiosk.

use std::rc::Rc;

use super::super::desktop::Face;
use super::super::notices;
use super::super::ui::Notice;
use crate::domain::Permission;

/// Does `then` as somebody who may: at once when whoever acts may do it, else it is refused in words.
pub fn require(face: &Rc<Face>, permission: Permission, then: impl FnOnce(&Rc<Face>) + 'static) {
    let may = face.shown.borrow().as_ref().is_some_and(|shown| shown.actor.may(permission));
    if may {
        then(face);
    } else {
        notices::tell(face, Notice::Refused, "");
    }
}
