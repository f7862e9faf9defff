//! What is below its minimum: how much to order, and of whom.

use axum::extract::Query;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use rust_i18n::t;

use super::lists::{At, pager};
use crate::services::catalog::ItemSummary;
use crate::services::reorder::{ReorderError, ReorderLine};
use crate::web::details::{is_web, money};
use crate::web::fault::Fault;
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// `GET /low`
pub async fn page(visit: Visit, Query(at): Query<At>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let lines = visit.state.services.reorder.list(&visit.actor).await?;
    let body = html! {
        div.head-line {
            h1.heading { (say(lang, "nav.low")) }
            @if !lines.is_empty() { a.btn href="/low.csv" { (parts::icon(&visit, "export")) (say(lang, "reorder.csv")) } }
        }
        section.panel #low-list data-live {
            @if lines.is_empty() { (parts::empty(&say(lang, "low.none"), &say(lang, "low.none_help"))) }
            ul.lines { @for line in at.part(&lines) { (row(&visit, &line.item, Some(line))) } }
            (pager(&visit, at, lines.len(), "/low?page="))
        }
    };
    Ok(layout::page(&visit, &Page { title: say(lang, "nav.low"), nav: Some(Nav::Low), verbs: None, body }))
}

/// `GET /low.csv`
pub async fn csv(visit: Visit) -> Result<Response, Fault> {
    let csv = visit.state.services.reorder.csv(&visit.actor).await?;
    let name = format!("attachment; filename=\"reorder-{}.csv\"", words::today());
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], csv).into_response())
}

/// Rows as on the first page: name, label, level, and how many of how many.
pub fn rows(visit: &Visit, items: &[ItemSummary]) -> Markup {
    html! { ul.lines { @for item in items { (row(visit, item, None)) } } }
}

fn row(visit: &Visit, item: &ItemSummary, order: Option<&ReorderLine>) -> Markup {
    let lang = visit.lang;
    let amount = |value| words::quantity(lang, value, item.unit.as_deref());
    html! {
        li {
            a.lo href={ "/items/" (item.id) } {
                (parts::thumbnail(visit, item.photo, item.kind))
                span.who { span.name .cut[order.is_none()] { (item.name) } @if let Some(code) = &item.code { (parts::tape(code)) } }
                @if let Some(level) = parts::level(lang, item) { span.gw { (level) } }
                span.qq {
                    b { (words::number(lang, item.on_hand)) }
                    " " (t!("low.of", locale = lang.code(), minimum = amount(item.min_quantity.unwrap_or_default())))
                    @if let Some(line) = order { br; b.order { (t!("reorder.order", locale = lang.code(), amount = amount(line.order))) } }
                }
            }
            @if let Some(line) = order && !line.suppliers.is_empty() { (suppliers(visit, line)) }
        }
    }
}

fn suppliers(visit: &Visit, line: &ReorderLine) -> Markup {
    html! {
        ul.suppliers.caption.muted {
            @for part in &line.suppliers {
                li {
                    (part.supplier) " "
                    @match part.url.as_deref().filter(|url| is_web(url)) {
                        Some(url) => { a.lnk href=(url) rel="noopener noreferrer nofollow" { (part.part_number) } },
                        None => { span.code { (part.part_number) } },
                    }
                    @if let Some(price) = &part.price { " · " (money(visit.lang, price)) }
                }
            }
        }
    }
}

impl From<ReorderError> for Fault {
    fn from(error: ReorderError) -> Self {
        match error {
            ReorderError::Forbidden(forbidden) => forbidden.into(),
            ReorderError::Store(error) => error.into(),
        }
    }
}
