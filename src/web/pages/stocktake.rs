//! Counting a place: what is being counted, one count, its differences.

mod forms;
mod lines;
mod list;

pub use forms::{act, count, open, scan};
pub use list::page as list;

use axum::extract::{Path, Query};
use maud::{Markup, html};
use rust_i18n::t;
use serde::Deserialize;

use super::{history, undo};
use crate::domain::stocktake::State;
use crate::domain::{Permission, RequestId, StocktakeId};
use crate::services::stocktake::{LineView, Pile, StocktakeView, Tally};
use crate::web::fault::Fault;
use crate::web::forms::TOKEN;
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

use super::lists::{At, pager};

/// The piles in the order of their tabs.
const PILES: [Pile; 3] = [Pile::Differences, Pile::ToCount, Pile::Done];

/// The word in the address and in the catalogue.
fn word(pile: Pile) -> &'static str {
    match pile {
        Pile::Differences => "differences",
        Pile::ToCount => "to-count",
        Pile::Done => "done",
    }
}

fn icon(pile: Pile) -> &'static str {
    match pile {
        Pile::Differences => "warn",
        Pile::ToCount => "count",
        Pile::Done => "good",
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    show: String,
    page: Option<usize>,
    /// The place scanned before: what is scanned next lies there.
    here: String,
    /// What the last count did, as a key of the catalogue, and of which line.
    said: String,
    item: String,
    did: Option<String>,
}

/// `GET /stocktakes/{id}`
pub async fn page(visit: Visit, Path(id): Path<String>, Query(shown): Query<Shown>) -> Result<Markup, Fault> {
    let id: StocktakeId = id.parse().map_err(|_| Fault::NotFound)?;
    let body = body(&visit, id, &shown, None).await?;
    Ok(layout::page(&visit, &body))
}

/// The whole page; `wrong` says what was refused.
async fn body(visit: &Visit, id: StocktakeId, shown: &Shown, wrong: Option<&str>) -> Result<Page, Fault> {
    let lang = visit.lang;
    let view = visit.state.services.stocktakes.view(&visit.actor, id).await?;
    let open = view.head.state == State::Open;
    let counting = open && visit.actor.may(Permission::Book);
    let default = match view.head.state {
        State::Open => Pile::ToCount,
        _ => Pile::Differences,
    };
    let tabs: Vec<Pile> = PILES.into_iter().filter(|pile| *pile != Pile::Differences || view.tally.is_some()).collect();
    let tab = tabs.iter().copied().find(|pile| word(*pile) == shown.show).unwrap_or(default);
    let lines: Vec<&LineView> = view.lines.iter().filter(|line| line.pile() == tab).collect();
    let at = At::of(shown.page);
    let title = t!("count.of", locale = lang.code(), name = view.head.holder_name).into_owned();
    let notice = undo::notice(visit, shown.did.as_deref(), "/stocktakes").await?;
    let body = html! {
        (notice)
        a.btn.flat.back href="/stocktakes" { (parts::icon(visit, "back")) (say(lang, "count.title")) }
        h1.heading { (title) }
        (parts::crumbs(visit, &view.path))
        @if let Some(wrong) = wrong { p.banner.bad role="alert" #wrong { (parts::icon(visit, "bad")) span { (wrong) } } }
        @if let Some(said) = lines::said(visit, &view, shown) { p.banner.good role="status" #said { (parts::icon(visit, "good")) span { (said) } } }
        div #progress data-live { (progress(visit, &view)) }
        @if counting { (lines::scan_form(visit, &view, shown).await?) }
        nav.tabs.piles aria-label=(say(lang, "count.parts")) {
            @for one in &tabs {
                @let count = view.lines.iter().filter(|line| line.pile() == *one).count();
                a href={ "/stocktakes/" (id) "?show=" (word(*one)) } aria-current=[(*one == tab).then_some("true")] {
                    (parts::icon(visit, icon(*one))) " " (t!(format!("count.tab.{}", word(*one)), locale = lang.code(), count = count))
                }
            }
        }
        section.panel #lines data-live {
            @if lines.is_empty() { (parts::empty(&say(lang, &format!("count.none.{}", word(tab))), "")) }
            @else { (lines::rows(visit, &view, at.part(&lines), counting, word(tab)).await?) }
            (pager(visit, at, lines.len(), &format!("/stocktakes/{id}?show={}&page=", word(tab))))
        }
        (decision(visit, &view).await?)
    };
    Ok(Page { title, nav: Some(Nav::Counts), verbs: None, body })
}

fn progress(visit: &Visit, view: &StocktakeView) -> Markup {
    let lang = visit.lang;
    let all = view.counted + view.to_count;
    let share = (view.counted * 100).checked_div(all).unwrap_or(100);
    html! {
        div.gauge-box {
            svg.gauge role="img" aria-label=(t!("count.progress", locale = lang.code(), counted = view.counted, all = all)) width="100%" height="18" {
                rect.well x="0.5" y="5.5" width="99.6%" height="7" rx="3" {}
                rect.fill x="0" y="5" width={ (share) "%" } height="8" rx="2" {}
            }
            div.caption {
                b { (t!("count.progress", locale = lang.code(), counted = view.counted, all = all)) }
                @if view.head.state.is_decided() { span.muted { (state(visit, view.head.state)) } }
                @else { span.muted { (t!("count.to_go", locale = lang.code(), count = view.to_count)) } }
            }
        }
    }
}

/// The word for a state.
fn state(visit: &Visit, state: State) -> String {
    say(visit.lang, &format!("count.state.{}", state.as_str()))
}

/// What can be decided now: end counting, go on, write, give up; or who decided.
async fn decision(visit: &Visit, view: &StocktakeView) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let id = view.head.id;
    let may_count = visit.actor.may(Permission::Book);
    let may_cancel = visit.actor.may(Permission::Keep)
        || (may_count && visit.actor.person.is_some() && view.head.opened_by == visit.actor.person);
    let may_approve = visit.state.services.stocktakes.may_approve(&visit.actor, id).await?;
    let blind = view.tally.is_none();
    let tally = view.tally.unwrap_or_default();
    Ok(html! {
        section.panel.pad.booking #decision aria-label=(say(lang, "count.decide")) {
            @match view.head.state {
                State::Open => {
                    p.muted { (say(lang, if blind { "count.blind" } else { "count.open_help" })) }
                    @if may_count {
                        div.actions {
                            @if view.to_count > 0 { (button(visit, id, "rest", "bad", "count.rest", false)) }
                            (button(visit, id, "close", "check", "count.close", true))
                        }
                    }
                },
                State::Counted => {
                    p.banner.info { (parts::icon(visit, "info")) span { b { (say(lang, "count.nothing_yet")) } " " (say(lang, "count.nothing_yet_help")) } }
                    (written(visit, view, &tally))
                    @if tally.recount > 0 { p.banner.bad { (parts::icon(visit, "bad")) span { (t!("count.recount_first", locale = lang.code(), count = tally.recount)) } } }
                    @if may_count {
                        div.actions {
                            (button(visit, id, "reopen", "count", "count.reopen", false))
                            @if may_approve && tally.recount == 0 {
                                form method="post" action={ "/stocktakes/" (id) "/decisions/approve" } {
                                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                                    input type="hidden" name="request" value=(RequestId::new());
                                    input type="hidden" name="version" value=(view.head.version);
                                    button.btn.main type="submit" { (parts::icon(visit, "check")) (t!("count.write", locale = lang.code(), count = tally.written)) }
                                }
                            }
                        }
                    }
                    @if !may_approve { p.muted { (say(lang, if visit.actor.may(Permission::Keep) { "count.same_person" } else { "count.keeper_approves" })) } }
                },
                State::Approved | State::Cancelled => {
                    p {
                        b { (state(visit, view.head.state)) }
                        @if let Some(name) = &view.head.decided_by_name { " · " (name) }
                        @if let Some(at) = view.head.decided_at { " · " (words::moment(lang, at)) }
                        @if view.head.taken_back { " · " (say(lang, "history.taken_back")) }
                    }
                    @if view.head.state == State::Approved { (written(visit, view, &tally)) }
                    @if let Some(booking) = view.head.booking.filter(|_| !view.head.taken_back && visit.actor.may(Permission::Keep)) {
                        (history::undo_button(visit, booking, "", "/history"))
                    }
                },
            }
            @if !view.head.state.is_decided() && may_cancel { (button(visit, id, "cancel", "close", "count.cancel", false)) }
        }
    })
}

/// What approving writes, or wrote, line by line in words.
fn written(visit: &Visit, view: &StocktakeView, tally: &Tally) -> Markup {
    let lang = visit.lang;
    let figures = [
        ("count.tally.corrected", tally.corrected),
        ("count.tally.moved_here", tally.moved_here),
        ("count.tally.returned", tally.returned),
        ("count.tally.missing", tally.missing),
        ("count.tally.unchanged", view.to_count),
    ];
    html! {
        ul.lines {
            @for (key, figure) in figures.into_iter().filter(|(_, figure)| *figure > 0) {
                li.sy { b.n { (figure) } span { (say(lang, key)) } }
            }
        }
    }
}

fn button(visit: &Visit, id: StocktakeId, action: &str, icon: &str, key: &str, main: bool) -> Markup {
    html! {
        form method="post" action={ "/stocktakes/" (id) "/decisions/" (action) } {
            input type="hidden" name=(TOKEN) value=(visit.form_token());
            button.btn .main[main] type="submit" { (parts::icon(visit, icon)) (say(visit.lang, key)) }
        }
    }
}
