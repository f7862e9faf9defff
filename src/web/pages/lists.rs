//! What is lent; and how long lists are paged.

use axum::extract::Query;
use maud::{Markup, html};
use rust_i18n::t;
use serde::Deserialize;

use crate::services::catalog::Loan;
use crate::services::loans::LoanFilter;
use crate::web::fault::Fault;
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// Rows on one page of a long list.
pub const PER_PAGE: usize = 100;

/// `?page=2`, from 1.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct At {
    page: Option<usize>,
}

impl At {
    pub fn of(page: Option<usize>) -> Self {
        Self { page }
    }

    pub fn page(self) -> usize {
        self.page.unwrap_or(1).clamp(1, 10_000)
    }

    /// This page's part of a list.
    pub fn part<T>(self, all: &[T]) -> &[T] {
        let start = ((self.page() - 1) * PER_PAGE).min(all.len());
        &all[start..(start + PER_PAGE).min(all.len())]
    }
}

/// The way to the page before and the page after; `address` ends where the number goes.
pub fn pager(visit: &Visit, at: At, total: usize, address: &str) -> Markup {
    let lang = visit.lang;
    let more = at.page() * PER_PAGE < total;
    html! {
        @if at.page() > 1 || more {
            nav.pager aria-label=(say(lang, "search.pages")) {
                @if at.page() > 1 {
                    a.btn rel="prev" href={ (address) (at.page() - 1) } { (parts::icon(visit, "back")) (say(lang, "search.previous")) }
                }
                @if more {
                    a.btn rel="next" href={ (address) (at.page() + 1) } { (say(lang, "search.next")) (parts::icon(visit, "forward")) }
                }
            }
        }
    }
}

/// Which loans.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Which {
    overdue: Option<String>,
    page: Option<usize>,
}

/// `GET /lent`: who has what, soonest due first; all, or what is overdue.
pub async fn lent(visit: Visit, Query(which): Query<Which>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let overdue = which.overdue.is_some();
    let filter = LoanFilter { due_before: overdue.then(words::today), ..LoanFilter::default() };
    let loans = visit.state.services.loans.list(&visit.actor, filter).await?;
    let at = At::of(which.page);
    let body = html! {
        h1.heading { (say(lang, "nav.lent")) }
        nav.chips aria-label=(say(lang, "search.filters")) {
            a.chip .on[!overdue] href="/lent" aria-current=[(!overdue).then_some("true")] { (say(lang, "lent.all")) }
            a.chip .on[overdue] href="/lent?overdue=1" aria-current=[overdue.then_some("true")] { (parts::icon(&visit, "clock")) (say(lang, "lent.overdue_all")) }
        }
        section.panel #lent-list data-live {
            @if loans.is_empty() { (parts::empty(&say(lang, if overdue { "lent.none_overdue" } else { "lent.none" }), &say(lang, "lent.none_help"))) }
            @else { (loan_rows(&visit, at.part(&loans))) }
            (pager(&visit, at, loans.len(), if overdue { "/lent?overdue=1&page=" } else { "/lent?page=" }))
        }
    };
    Ok(layout::page(&visit, &Page { title: say(lang, "nav.lent"), nav: Some(Nav::Lent), verbs: None, body }))
}

/// What, who, until when; overdue in words and sign, not in colour alone.
pub fn loan_rows(visit: &Visit, loans: &[Loan]) -> Markup {
    let lang = visit.lang;
    html! {
        ul.lines {
            @for loan in loans {
                li {
                    a.lr href={ "/loans/" (loan.id) } {
                        span.who {
                            span.name.cut { (loan.item_name) }
                            span.caption.muted {
                                (loan.borrower)
                                @if loan.outstanding > rust_decimal::Decimal::ONE { " · " (words::number(lang, loan.outstanding)) }
                            }
                        }
                        (due(visit, loan))
                    }
                }
            }
        }
    }
}

/// When a loan is due, as a state once it is today or past.
pub fn due(visit: &Visit, loan: &Loan) -> Markup {
    let lang = visit.lang;
    let Some(due) = loan.due_on else { return html! { span.caption.muted { (say(lang, "lent.open")) } } };
    let days = (words::today() - due).whole_days();
    match days {
        ..=-2 => html! { span.muted { (words::date(lang, due)) } },
        -1 => parts::state(visit, "warn", "warn", &say(lang, "lent.tomorrow")),
        0 => parts::state(visit, "warn", "warn", &say(lang, "lent.today")),
        1 => parts::state(visit, "bad", "bad", &say(lang, "lent.overdue_one")),
        days => parts::state(visit, "bad", "bad", &t!("lent.overdue", locale = lang.code(), days = days)),
    }
}
