//! Lines of the ledger as facts for the window.

use rust_decimal::Decimal;

use super::desktop::Face;
use super::format;
use super::ui::{HistoryRow, Movement};
use crate::domain::{ItemId, MovementKind, Permission};
use crate::services::stock::{BookingKind, HistoryLine};

/// A line as the page of `item` shows it; without one, as a list about many things does.
pub fn row(face: &Face, item: Option<ItemId>, line: &HistoryLine) -> HistoryRow {
    let (numbers, now) = (face.numbers(), Face::now());
    let shown = face.shown.borrow();
    let may_undo = shown.as_ref().is_some_and(|shown| {
        let own = line.actor.is_some() && line.actor == shown.actor.person;
        !line.reversed && !line.movement.inverse && (shown.actor.may(Permission::Keep) || own)
    });
    let about = item.is_none_or(|item| line.movement.item == item);
    let change = if about { line.change } else { Decimal::ZERO };
    // On a place's page the line is about something that came or went.
    let note = if about { line.note.clone() } else { line.item_name.clone() };
    // What was confirmed with other things is taken back alone; what stands alone, whole.
    let alone = matches!(line.booking_kind, BookingKind::Single | BookingKind::Create);
    HistoryRow {
        booking: line.booking.to_string().into(),
        line: if alone { 0 } else { line.line },
        item: line.movement.item.to_string().into(),
        item_name: line.item_name.as_str().into(),
        movement: movement(line.movement.kind),
        amount: if change.is_zero() {
            numbers.write(line.movement.quantity.get())
        } else {
            numbers.write_change(change)
        }
        .into(),
        from: line.from_name.as_deref().unwrap_or_default().into(),
        to: line.to_name.as_deref().or(line.borrower.as_deref()).unwrap_or_default().into(),
        person: line.actor_name.as_deref().unwrap_or_default().into(),
        note: note.into(),
        at: format::moment(Some(line.at), now, &face.zone),
        undone: line.reversed,
        may_undo,
    }
}

fn movement(kind: MovementKind) -> Movement {
    match kind {
        MovementKind::Receive => Movement::Receive,
        MovementKind::Issue => Movement::Issue,
        MovementKind::Return => Movement::PutBack,
        MovementKind::Transfer => Movement::Transfer,
        MovementKind::Adjust => Movement::Adjust,
        MovementKind::CheckOut => Movement::CheckOut,
        MovementKind::CheckIn => Movement::CheckIn,
        MovementKind::Missing => Movement::Missing,
        MovementKind::Found => Movement::Found,
        MovementKind::Scrap => Movement::Scrap,
    }
}
