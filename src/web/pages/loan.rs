//! One loan: who has what, until when; taken back, in parts if need be, and its day changed.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_i18n::t;
use serde::Deserialize;

use super::book::{day, decimal, place_of};
use super::book_form::{Choice, places};
use super::lists;
use crate::domain::{LoanId, Quantity, RequestId};
use crate::services::catalog::{ItemSummary, Loan};
use crate::services::loans::LoanError;
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// `GET /loans/{id}`
pub async fn page(visit: Visit, Path(id): Path<String>) -> Result<Markup, Fault> {
    let (loan, item) = subject(&visit, &id).await?;
    shown(&visit, &loan, &item, &Back::fresh(), None).await
}

/// What comes back, as entered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Back {
    request: String,
    quantity: String,
    to: String,
}

impl Back {
    fn fresh() -> Self {
        Self { request: RequestId::new().to_string(), ..Self::default() }
    }
}

/// `POST /loans/{id}/return`
pub async fn take_back(visit: Visit, Path(id): Path<String>, Posted(back): Posted<Back>) -> Result<Response, Fault> {
    let (loan, item) = subject(&visit, &id).await?;
    let request: RequestId = back.request.parse().map_err(|_| Fault::Unreadable("request".into()))?;
    let quantity = match back.quantity.trim() {
        "" => Ok(None),
        text => decimal(visit.lang, text).and_then(|value| Quantity::new(value).ok()).map(Some).ok_or("wrong.quantity"),
    };
    let to = match back.to.trim() {
        "" => Ok(None),
        text => place_of(&visit, text).await?.map(Some).ok_or("wrong.to"),
    };
    let wrong = match (quantity, to) {
        (Ok(quantity), Ok(to)) => {
            match visit.state.services.loans.take_back(&visit.actor, request, loan.id, to, quantity).await {
                Ok(booked) => {
                    return Ok(Redirect::to(&format!("/items/{}?did={}", item.id, booked.booking)).into_response());
                }
                Err(LoanError::Refused(reason)) => words::refusal(visit.lang, &reason, item.unit.as_deref()),
                Err(LoanError::RequestReused) => say(visit.lang, "wrong.reused"),
                Err(other) => return Err(other.into()),
            }
        }
        (Err(key), _) | (_, Err(key)) => say(visit.lang, key),
    };
    again(&visit, &loan, &item, &Back { request: RequestId::new().to_string(), ..back }, &wrong).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Due {
    due: String,
}

/// `POST /loans/{id}/due`: sets the day, or clears it.
pub async fn set_due(visit: Visit, Path(id): Path<String>, Posted(due): Posted<Due>) -> Result<Response, Fault> {
    let (loan, item) = subject(&visit, &id).await?;
    let Ok(due) = day(&due.due) else {
        return again(&visit, &loan, &item, &Back::fresh(), &say(visit.lang, "wrong.due")).await;
    };
    visit.state.services.loans.set_due(&visit.actor, loan.id, due).await?;
    Ok(Redirect::to(&format!("/loans/{id}")).into_response())
}

async fn again(visit: &Visit, loan: &Loan, item: &ItemSummary, back: &Back, wrong: &str) -> Result<Response, Fault> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(visit, loan, item, back, Some(wrong)).await?).into_response())
}

async fn subject(visit: &Visit, id: &str) -> Result<(Loan, ItemSummary), Fault> {
    let id: LoanId = id.parse().map_err(|_| Fault::NotFound)?;
    let services = &visit.state.services;
    let loan = services.loans.get(&visit.actor, id).await?;
    let item = services.catalog.summaries(&visit.actor, &[loan.item]).await?.pop().ok_or(Fault::NotFound)?;
    Ok((loan, item))
}

async fn shown(
    visit: &Visit,
    loan: &Loan,
    item: &ItemSummary,
    back: &Back,
    wrong: Option<&str>,
) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let title = t!("loan.title", locale = lang.code(), item = item.name, name = loan.borrower).into_owned();
    let is_open = loan.outstanding > Decimal::ZERO;
    let amount = |value| words::quantity(lang, value, item.unit.as_deref());
    let target = if is_open { Some(target(visit, loan, back).await?) } else { None };
    let body = html! {
        a.btn.flat.back href={ "/items/" (item.id) } { (parts::icon(visit, "back")) (item.name) }
        section.panel.pad.booking {
            div.subject {
                (parts::thumbnail(visit, item.photo, item.kind))
                span.who { h1.title { (title) } @if is_open { span.caption { (lists::due(visit, loan)) } } @else { span.muted { (say(lang, "loan.closed")) } } }
            }
            dl.fields {
                div { dt { (say(lang, "loan.since")) } dd { (words::moment(lang, loan.opened_at)) } }
                @if item.kind.is_counted() {
                    div { dt { (say(lang, "loan.lent")) } dd { (amount(loan.quantity)) } }
                    div { dt { (say(lang, "loan.outstanding")) } dd { (amount(loan.outstanding)) } }
                }
            }
        }
        @if let Some(target) = target {
            section.panel.pad.booking aria-labelledby="back-title" {
                h2.title #back-title { (say(lang, "loan.back")) }
                @if let Some(wrong) = wrong { p.banner.bad role="alert" #wrong { (parts::icon(visit, "bad")) span { (wrong) } } }
                form.stack method="post" action={ "/loans/" (loan.id) "/return" } {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    input type="hidden" name="request" value=(back.request);
                    @if item.kind.is_counted() { (quantity(visit, loan, item, back)) }
                    (target)
                    button.btn.main type="submit" { (parts::icon(visit, "put-back")) (say(lang, "loan.take_back")) }
                }
            }
            section.panel.pad.booking aria-labelledby="due-title" {
                h2.title #due-title { (say(lang, "loan.due")) }
                form.stack method="post" action={ "/loans/" (loan.id) "/due" } {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    label for="due" { (say(lang, "form.due")) }
                    input #due type="date" name="due" value=[loan.due_on.map(|day| day.to_string())];
                    button.btn type="submit" { (parts::icon(visit, "clock")) (say(lang, "loan.set_due")) }
                }
            }
        }
    };
    Ok(layout::page(visit, &Page { title, nav: Some(Nav::Lent), verbs: None, body }))
}

fn quantity(visit: &Visit, loan: &Loan, item: &ItemSummary, back: &Back) -> Markup {
    let lang = visit.lang;
    let entered = if back.quantity.is_empty() { words::number(lang, loan.outstanding) } else { back.quantity.clone() };
    html! {
        label for="quantity" { (say(lang, "form.quantity")) }
        span.with-unit {
            input #quantity.figure-input type="text" inputmode="decimal" name="quantity" value=(entered) required autocomplete="off";
            span { (words::unit(lang, item.unit.as_deref())) }
        }
    }
}

/// Where to: where it belongs, or elsewhere.
async fn target(visit: &Visit, loan: &Loan, back: &Back) -> Result<Markup, Fault> {
    let home = visit.state.services.stock.home_of(&visit.actor, loan.item).await?;
    let home = home.map(|id| id.to_string()).unwrap_or_default();
    let chosen = if back.to.is_empty() { &home } else { &back.to };
    let choice = Choice { name: "to", label: "form.to", chosen, none: None, but: Some(loan.item) };
    places(visit, &choice).await
}
