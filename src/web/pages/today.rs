//! The first page before anybody asks for anything: the inventory in numbers, what goes in and out, what is lent, low and
//! lately used, and how the program is.

use maud::{Markup, html};
use rust_i18n::t;

use super::{history, statistics, system};
use crate::domain::Permission;
use crate::services::catalog::{ListFilter, ListOrder, Overview};
use crate::services::stock::HistoryFilter;
use crate::web::fault::Fault;
use crate::web::pages::{lists, low};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// Rows of each list; the page behind it has the others.
const ROWS: i64 = 5;
/// Of what happened and what was used, more fits.
const MORE_ROWS: i64 = 8;

pub async fn glance(visit: &Visit) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let services = &visit.state.services;
    let overview = services.catalog.overview(&visit.actor, words::today()).await?;
    let filter = HistoryFilter { limit: MORE_ROWS, ..HistoryFilter::default() };
    let lines = services.stock.history(&visit.actor, &filter).await?;
    let used = services.catalog.lately_used(&visit.actor, MORE_ROWS).await?;
    let filter = ListFilter { low: true, ..ListFilter::default() };
    let lowest = services.catalog.top(&visit.actor, &filter, ListOrder::Name, ROWS).await?;
    let days = services.statistics.days(&visit.actor, words::today(), &words::zone()).await?;
    // Who has what is not for everybody's eyes.
    let sees_loans = visit.actor.may(Permission::SeePrivate);
    let mut loans = if sees_loans { services.stock.loans(&visit.actor, None).await? } else { Vec::new() };
    loans.truncate(ROWS as usize);
    let all = |count: i64| {
        let count = words::number(lang, count.into());
        html! { @if count != "0" { (t!("glance.all_of", locale = lang.code(), count = count)) } @else { (say(lang, "glance.all")) } }
    };
    Ok(html! {
        (numbers(visit, &overview, sees_loans))
        div.glance {
            section.panel.wide aria-labelledby="days" {
                div.head { h2.title #days { (say(lang, "stats.days")) } a.lnk href="/statistics" { (say(lang, "stats.title")) } }
                (statistics::days(lang, &days))
            }
            @if sees_loans {
                section.panel.slim aria-labelledby="lent" {
                    div.head { h2.title #lent { (say(lang, "nav.lent")) } a.lnk href="/lent" { (all(overview.lent)) } }
                    @if loans.is_empty() { p.muted.quiet { (say(lang, "lent.none")) } }
                    @else { (lists::loan_rows(visit, &loans)) }
                }
            }
            section.panel.wide aria-labelledby="low" {
                div.head { h2.title #low { (say(lang, "nav.low")) } a.lnk href="/low" { (all(overview.low)) } }
                @if lowest.is_empty() { p.muted.quiet { (say(lang, "low.none")) } }
                @else { (low::rows(visit, &lowest)) }
            }
            section.panel.slim aria-labelledby="system" {
                h2.title #system { (say(lang, "more.system")) }
                (system::parts(visit).await?)
            }
            section.panel.wide.lately aria-labelledby="lately" {
                h2.title #lately { (say(lang, "glance.lately")) }
                @if used.is_empty() { (parts::empty(&say(lang, "glance.nothing"), &say(lang, "glance.nothing_help"))) }
                @else { ul.list { @for item in &used { (parts::plain_row(visit, item)) } } }
            }
            section.panel.slim aria-labelledby="recent" {
                div.head { h2.title #recent { (say(lang, "glance.recent")) } a.lnk href="/history" { (say(lang, "glance.all")) } }
                (history::rows(visit, &lines, true))
            }
        }
    })
}

/// The inventory in four numbers, each the way to what it counts.
fn numbers(visit: &Visit, overview: &Overview, sees_loans: bool) -> Markup {
    let lang = visit.lang;
    let figure = |value: i64, unit: &str, class: &str, icon: &str, href: &str, words: Markup| {
        html! {
            a class={ "piece nb " (class) } href=(href) {
                (parts::icon(visit, icon))
                span.figure { (words::number(lang, value.into())) @if !unit.is_empty() { " " small { (unit) } } }
                span { (words) }
            }
        }
    };
    let places = words::number(lang, overview.places.into());
    let in_places = t!("glance.items_in_places", locale = lang.code(), places = places);
    let lent = if overview.overdue > 0 {
        let overdue = t!("glance.overdue", locale = lang.code(), count = overview.overdue);
        html! { (say(lang, "glance.lent")) ", " b.bad { (overdue) } }
    } else {
        html! { (say(lang, "glance.lent")) }
    };
    // Rounded down: a hundred is said when nothing is left to count.
    let counted = if overview.items > 0 { overview.counted * 100 / overview.items } else { 0 };
    html! {
        section.nums aria-label=(say(lang, "glance.numbers")) {
            (figure(overview.items, "", "", "places", "/places", html! { (in_places) }))
            (figure(overview.low, "", if overview.low > 0 { "warn" } else { "" }, "low", "/low", html! { (say(lang, "glance.low")) }))
            @if sees_loans { (figure(overview.lent, "", "", "lend", "/lent", lent)) }
            (figure(counted, "%", "", "count", "/stocktakes", html! { (say(lang, "glance.counted")) }))
        }
    }
}
