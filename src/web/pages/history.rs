//! The ledger as people read it: of everything, and of one item.

use axum::extract::{Path, Query};
use maud::{Markup, html};
use rust_i18n::t;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::{BookingId, ItemId, MovementKind, RequestId};
use crate::services::stock::{HistoryFilter, HistoryLine};
use crate::web::fault::Fault;
use crate::web::forms::TOKEN;
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

const PER_PAGE: usize = 60;

/// `?before=2026-11-23T09:42:00Z~BOOKING`: where an earlier page ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Before {
    before: Option<String>,
}

impl Before {
    fn position(&self) -> Option<(OffsetDateTime, BookingId)> {
        let (at, booking) = self.before.as_deref()?.split_once('~')?;
        Some((OffsetDateTime::parse(at, &Rfc3339).ok()?, booking.parse().ok()?))
    }
}

/// `GET /history`
pub async fn page(visit: Visit, Query(before): Query<Before>) -> Result<Markup, Fault> {
    let title = say(visit.lang, "nav.history");
    let body = html! {
        h1.heading { (title) }
        (section(&visit, None, &before, "/history").await?)
    };
    Ok(layout::page(&visit, &Page { title, nav: Some(Nav::History), verbs: None, body }))
}

/// `GET /items/{id}/history`
pub async fn of_item(visit: Visit, Path(id): Path<String>, Query(before): Query<Before>) -> Result<Markup, Fault> {
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    let item = visit.state.services.catalog.summaries(&visit.actor, &[id]).await?.pop().ok_or(Fault::NotFound)?;
    let title = t!("history.of", locale = visit.lang.code(), name = item.name).into_owned();
    let body = html! {
        a.btn.flat.back href={ "/items/" (id) } { (parts::icon(&visit, "back")) (item.name) }
        h1.heading { (title) }
        (section(&visit, Some(id), &before, &format!("/items/{id}/history")).await?)
    };
    Ok(layout::page(&visit, &Page { title, nav: None, verbs: None, body }))
}

async fn section(visit: &Visit, item: Option<ItemId>, before: &Before, address: &str) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let limit = i64::try_from(PER_PAGE).unwrap_or(i64::MAX);
    let filter = HistoryFilter { item, before: before.position(), limit, ..HistoryFilter::default() };
    let lines = visit.state.services.stock.history(&visit.actor, &filter).await?;
    Ok(html! {
        section.panel #history-list data-live {
            @if lines.is_empty() { (parts::empty(&say(lang, "history.none"), &say(lang, "history.none_help"))) }
            @else { (rows(visit, &lines, item.is_none())) }
            @if lines.len() == PER_PAGE && let Some(last) = lines.last() {
                nav.pager {
                    a.btn rel="next" href={ (address) "?before=" (words::machine_moment(last.at)) "~" (last.booking) } {
                        (say(lang, "history.older")) (parts::icon(visit, "forward"))
                    }
                }
            }
        }
    })
}

/// One line each: what, how many, who, when; with its undo. `named`: say which item.
pub fn rows(visit: &Visit, lines: &[HistoryLine], named: bool) -> Markup {
    let lang = visit.lang;
    html! {
        ul.lines.ledger {
            @for line in lines {
                li.lg .undone[line.reversed] {
                    (parts::icon(visit, movement_icon(line.movement.kind)))
                    span.who {
                        @if named { a.name.cut href={ "/items/" (line.movement.item) } { (line.item_name) } }
                        span.did {
                            b { @if line.change.is_zero() { (words::quantity(lang, line.movement.quantity.get(), line.unit.as_deref())) }
                                @else { (words::signed(lang, line.change)) } }
                            " " (words::movement(lang, line.movement.kind, line.movement.inverse))
                            (way(visit, line))
                        }
                        span.caption.muted {
                            @if let Some(name) = &line.actor_name { (name) " · " }
                            time datetime=(words::machine_moment(line.at)) { (words::moment(lang, line.at)) }
                            @if !line.note.is_empty() { " · " (line.note) }
                            @if line.reversed { " · " (say(lang, "history.taken_back")) }
                        }
                    }
                    @if !line.reversed && may_undo(visit, line) { (undo_button(visit, line.booking, "flat", &back(line, named))) }
                }
            }
        }
    }
}

fn back(line: &HistoryLine, named: bool) -> String {
    if named { "/history".into() } else { format!("/items/{}", line.movement.item) }
}

/// Old bookings are undone where somebody looks for them; offering it on every line of years would invite slips.
fn may_undo(visit: &Visit, line: &HistoryLine) -> bool {
    let day = OffsetDateTime::now_utc() - line.at < time::Duration::days(1);
    day && (line.actor == visit.actor.person || visit.actor.may(crate::domain::Permission::Keep))
}

/// A form with one button that takes a booking back.
pub fn undo_button(visit: &Visit, booking: BookingId, class: &str, back: &str) -> Markup {
    html! {
        form.undo method="post" action={ "/bookings/" (booking) "/undo" } {
            input type="hidden" name=(TOKEN) value=(visit.form_token());
            input type="hidden" name="request" value=(RequestId::new());
            input type="hidden" name="back" value=(back);
            button class={ "btn " (class) } type="submit" { (parts::icon(visit, "undo")) span.undo-word { (say(visit.lang, "undo.undo")) } }
        }
    }
}

fn way(visit: &Visit, line: &HistoryLine) -> Markup {
    html! {
        @match (&line.from_name, &line.to_name, &line.borrower) {
            (Some(from), Some(to), _) => { " · " (from) " " (parts::icon(visit, "arrow-right")) " " (to) },
            (Some(from), None, Some(borrower)) => { " · " (from) " " (parts::icon(visit, "arrow-right")) " " (borrower) },
            (None, Some(to), Some(borrower)) => { " · " (borrower) " " (parts::icon(visit, "arrow-right")) " " (to) },
            (Some(place), None, None) | (None, Some(place), None) => { " · " (place) },
            (None, None, Some(borrower)) => { " · " (borrower) },
            (None, None, None) => {},
        }
        @if let Some(lot) = &line.lot_code { " (" (lot) ")" }
    }
}

fn movement_icon(kind: MovementKind) -> &'static str {
    match kind {
        MovementKind::Receive => "plus",
        MovementKind::Issue => "take",
        MovementKind::Return | MovementKind::CheckIn => "put-back",
        MovementKind::Transfer => "move",
        MovementKind::Adjust => "count",
        MovementKind::CheckOut => "lend",
        MovementKind::Missing | MovementKind::Scrap => "bad",
        MovementKind::Found => "good",
    }
}
