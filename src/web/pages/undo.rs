//! Taking a booking back, and the notice that offers it.

use axum::extract::Path;
use axum::response::Redirect;
use maud::{Markup, html};
use rust_i18n::t;
use serde::Deserialize;

use super::history::undo_button;
use crate::domain::{BookingId, MovementKind, RequestId};
use crate::services::stock::{BookingKind, HistoryFilter, HistoryLine};
use crate::services::undo::UndoError;
use crate::web::fault::Fault;
use crate::web::forms::Posted;
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

#[derive(Deserialize)]
pub struct Undo {
    request: String,
    /// The page to go back to: a path of ours.
    back: String,
}

/// `POST /bookings/{id}/undo`; a repeat of the same request is answered, not done again.
pub async fn submit(visit: Visit, Path(id): Path<String>, Posted(undo): Posted<Undo>) -> Result<Redirect, Fault> {
    let booking: BookingId = id.parse().map_err(|_| Fault::NotFound)?;
    let request: RequestId = undo.request.parse().map_err(|_| Fault::Unreadable("request".into()))?;
    match visit.state.services.undo.undo(&visit.actor, request, booking, None).await {
        Ok(undone) => Ok(Redirect::to(&format!("{}?did={}", safe(&undo.back), undone.booked.booking))),
        Err(error) => Err(refused(&visit, error)),
    }
}

/// Only a path of ours, never another site (`//evil.example`), never a query of somebody's making.
fn safe(back: &str) -> String {
    let item = back.strip_prefix("/items/").and_then(|id| id.parse::<crate::domain::ItemId>().ok());
    match item {
        Some(item) => format!("/items/{item}"),
        None => "/history".into(),
    }
}

fn refused(visit: &Visit, error: UndoError) -> Fault {
    let lang = visit.lang;
    match error {
        UndoError::AlreadyUndone => Fault::Refused(say(lang, "undo.already")),
        UndoError::NotYours => Fault::Refused(say(lang, "undo.not_yours")),
        UndoError::InTheWay { reason, .. } => Fault::Refused(
            t!("undo.in_the_way", locale = lang.code(), reason = words::refusal(lang, &reason, None)).into_owned(),
        ),
        other => other.into(),
    }
}

/// `?did=BOOKING`: what has just been booked, with its undo. Nothing for a booking that is not there.
pub async fn notice(visit: &Visit, did: Option<&str>, back: &str) -> Result<Markup, Fault> {
    let Some(booking) = did.and_then(|id| id.parse::<BookingId>().ok()) else { return Ok(html! {}) };
    let filter = HistoryFilter { booking: Some(booking), limit: 3, ..HistoryFilter::default() };
    let lines = visit.state.services.stock.history(&visit.actor, &filter).await?;
    let Some(line) = lines.first() else { return Ok(html! {}) };
    let open = lines.iter().any(|line| !line.reversed);
    let item = visit.state.services.catalog.summaries(&visit.actor, &[line.movement.item]).await?.pop();
    let left = item.filter(|item| item.kind.is_counted()).map(|item| {
        let left = words::quantity(visit.lang, item.on_hand, item.unit.as_deref());
        t!("did.left", locale = visit.lang.code(), left = left).into_owned()
    });
    Ok(html! {
        section.toast role="status" #toast data-did=(booking) {
            (parts::icon(visit, "good"))
            span.said {
                b { (sentence(visit, line)) }
                @if !open { span { (say(visit.lang, "history.taken_back")) } }
                @else if let Some(left) = left { span { (left) } }
            }
            @if open { (undo_button(visit, booking, "", back)) }
        }
    })
}

/// "Took 50 pcs from Drawer B4".
fn sentence(visit: &Visit, line: &HistoryLine) -> String {
    let lang = visit.lang;
    let movement = &line.movement;
    let counted = line.unit.is_some();
    let amount = words::quantity(lang, movement.quantity.get(), line.unit.as_deref());
    let what = if counted { format!("{amount} {}", line.item_name) } else { line.item_name.clone() };
    if line.booking_kind == BookingKind::Undo {
        return t!("did.undone", locale = lang.code(), what = what).into_owned();
    }
    let (from, to) = (line.from_name.as_deref().unwrap_or("–"), line.to_name.as_deref().unwrap_or("–"));
    let who = line.borrower.as_deref().unwrap_or("–");
    let key = match movement.kind {
        MovementKind::CheckOut if is_own(visit, line) => "did.taken",
        kind => &format!("did.{}", kind.as_str()),
    };
    let change = words::signed(lang, line.change);
    t!(key, locale = lang.code(), what = what, from = from, to = to, who = who, change = change).into_owned()
}

fn is_own(visit: &Visit, line: &HistoryLine) -> bool {
    line.borrower.as_deref() == Some(visit.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_here() {
        for evil in ["//evil.example", "https://evil.example", "/items/x", "/items/../more", "", "javascript:alert(1)"]
        {
            assert_eq!(safe(evil), "/history", "{evil}");
        }
        let id = crate::domain::ItemId::new();
        assert_eq!(safe(&format!("/items/{id}")), format!("/items/{id}"));
    }
}
