//! What is being counted, what should be counted next, and what was counted.

use maud::{Markup, html};
use rust_i18n::t;
use time::OffsetDateTime;

use super::state;
use crate::domain::stocktake::{Interval, State};
use crate::domain::{ItemId, Permission};
use crate::services::stocktake::{Agenda, Head, Proposal};
use crate::web::fault::Fault;
use crate::web::forms::TOKEN;
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// Places proposed, and stocktakes of the past shown.
const SHOWN: i64 = 12;

/// `GET /stocktakes`
pub async fn page(visit: Visit) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let title = say(lang, "count.title");
    let body = body(&visit, None).await?;
    Ok(layout::page(&visit, &Page { title, nav: Some(Nav::Counts), verbs: None, body }))
}

/// The whole page; `wrong` says what was refused.
pub(super) async fn body(visit: &Visit, wrong: Option<&str>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let stocktakes = &visit.state.services.stocktakes;
    let Agenda { active, interval, due } = stocktakes.agenda(&visit.actor).await?;
    let past = stocktakes.list(&visit.actor, &[State::Approved, State::Cancelled], SHOWN).await?;
    let proposals = stocktakes.proposals(&visit.actor, SHOWN).await?;
    let may_count = visit.actor.may(Permission::Book);
    let self_approval = stocktakes.self_approval(&visit.actor).await?;
    Ok(html! {
        h1.heading { (say(lang, "count.title")) }
        @if let Some(wrong) = wrong { p.banner.bad role="alert" #wrong { (parts::icon(visit, "bad")) span { (wrong) } } }
        section.panel #active data-live aria-labelledby="active-title" {
            h2.title #active-title { (say(lang, "count.active")) }
            @if active.is_empty() { (parts::empty(&say(lang, "count.no_active"), &say(lang, "count.no_active_help"))) }
            @else { ul.lines { @for head in &active { (row(visit, head)) } } }
        }
        @if may_count {
            section.panel.pad aria-labelledby="open-title" {
                h2.title #open-title { (say(lang, "count.begin")) }
                form.stack method="post" action="/stocktakes" {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    label for="place" { (say(lang, "count.place")) }
                    input #place type="text" name="holder" required autocomplete="off" autocapitalize="characters" spellcheck="false"
                        placeholder=(say(lang, "count.place_hint"));
                    label for="note" { (say(lang, "form.note")) }
                    input #note type="text" name="note" maxlength="500" autocomplete="off";
                    button.btn.main type="submit" { (parts::icon(visit, "count")) (say(lang, "count.begin")) }
                }
            }
        }
        section.panel aria-labelledby="next-title" {
            h2.title #next-title { (say(lang, "count.next")) }
            @if let Some(interval) = interval {
                p.muted.quiet { (t!("count.due", locale = lang.code(), count = due, days = interval.days())) }
            }
            @if proposals.is_empty() { p.muted.quiet { (say(lang, "count.no_next")) } }
            ul.lines { @for proposal in &proposals { (proposed(visit, proposal, interval, may_count)) } }
        }
        @if !past.is_empty() {
            section.panel aria-labelledby="past-title" {
                h2.title #past-title { (say(lang, "count.past")) }
                ul.lines { @for head in &past { (row(visit, head)) } }
            }
        }
        @if visit.actor.may(Permission::Administer) {
            p.muted { (say(lang, if self_approval { "count.rule_one" } else { "count.rule_two" })) " " a.lnk href="/settings" { (say(lang, "settings.title")) } }
        }
    })
}

fn row(visit: &Visit, head: &Head) -> Markup {
    let lang = visit.lang;
    html! {
        li {
            a.lr href={ "/stocktakes/" (head.id) } {
                (parts::icon(visit, "count"))
                span.who {
                    span.name { (head.holder_name) }
                    span.caption.muted {
                        @if let Some(name) = &head.opened_by_name { (name) " · " }
                        (words::moment(lang, head.opened_at))
                        @if !head.note.is_empty() { " · " (head.note) }
                    }
                }
                span.qq {
                    span.muted { (state(visit, head.state)) @if head.taken_back { ", " (say(lang, "history.taken_back")) } }
                    span.caption.muted { br; (t!("count.lines", locale = lang.code(), count = head.counted)) }
                }
            }
        }
    }
}

fn proposed(visit: &Visit, proposal: &Proposal, interval: Option<Interval>, may_count: bool) -> Markup {
    let lang = visit.lang;
    let id: ItemId = proposal.holder;
    let due = interval.is_some_and(|interval| interval.is_due(proposal.counted_at, OffsetDateTime::now_utc()));
    html! {
        li.lr {
            (parts::icon(visit, "location"))
            span.who {
                a.name href={ "/items/" (id) } { (proposal.name) }
                span.caption.muted {
                    (t!("count.lines", locale = lang.code(), count = proposal.lines)) " · "
                    @match proposal.counted_at {
                        Some(at) => (t!("count.last", locale = lang.code(), at = words::moment(lang, at))),
                        None => (say(lang, "count.never")),
                    }
                    @if due { " · " strong.state.warn { (say(lang, "count.is_due")) } }
                }
            }
            @if may_count {
                form method="post" action="/stocktakes" {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    input type="hidden" name="holder" value=(id);
                    button.btn type="submit" aria-label={ (say(lang, "count.set")) ": " (proposal.name) } { (parts::icon(visit, "count")) (say(lang, "count.set")) }
                }
            }
        }
    }
}
