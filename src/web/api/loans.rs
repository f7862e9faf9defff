//! Loans: who has what, when it is due, and taking it back. Lending is a booking with a `check_out`.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::bookings::{BookedAnswer, answered};
use super::read::{Amount, Body, Cursor, Day, Id, Key, Limit, Query, cut_to_page};
use super::shapes::moment;
use crate::domain::{ItemId, LoanId, PersonId};
use crate::services::catalog;
use crate::services::loans::LoanFilter;
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    #[param(inline)]
    limit: Limit,
    /// Of this person.
    person: Option<Uuid>,
    item: Option<Uuid>,
    /// Due before this day; those without a day are not.
    due_before: Option<Day>,
}

/// A page of open loans.
#[derive(Debug, Serialize, ToSchema)]
pub struct Loans {
    loans: Vec<Loan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An open loan.
#[derive(Debug, Serialize, ToSchema)]
pub struct Loan {
    id: Uuid,
    item: Uuid,
    item_name: String,
    /// When the borrower is known here; for members, as the name.
    person: Option<Uuid>,
    borrower: String,
    quantity: Decimal,
    /// Not yet back.
    outstanding: Decimal,
    #[schema(format = Date)]
    due_on: Option<String>,
    #[schema(format = DateTime)]
    since: String,
}

impl From<catalog::Loan> for Loan {
    fn from(loan: catalog::Loan) -> Self {
        Self {
            id: loan.id.0,
            item: loan.item.0,
            item_name: loan.item_name,
            person: loan.person.map(|id| id.0),
            borrower: loan.borrower,
            quantity: loan.quantity,
            outstanding: loan.outstanding,
            due_on: loan.due_on.map(|day| day.to_string()),
            since: moment(loan.opened_at),
        }
    }
}

/// Open loans, soonest due first, those without a date last.
#[utoipa::path(get, path = "/api/v1/loans", operation_id = "list_loans", tag = "loans", params(Wanted),
    responses((status = 200, body = Loans)), security(("token" = ["member"])))]
pub async fn list(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Loans>, Fault> {
    let key = |loan: &catalog::Loan| {
        let due = loan.due_on.map_or(i32::MAX, time::Date::to_julian_day);
        (due, loan.opened_at.unix_timestamp_nanos(), *loan.id.0.as_bytes())
    };
    let behind = match wanted.cursor {
        Some(mut cursor) => {
            Some((i32::from_be_bytes(cursor.part()?), i128::from_be_bytes(cursor.part()?), cursor.part::<16>()?))
        }
        None => None,
    };
    let filter = LoanFilter {
        person: wanted.person.map(PersonId),
        item: wanted.item.map(ItemId),
        due_before: wanted.due_before.map(|day| day.0),
    };
    let mut loans = state.services.loans.list(&actor, filter).await?;
    loans.sort_by_key(key);
    loans.retain(|loan| behind.is_none_or(|behind| key(loan) > behind));
    let next = cut_to_page(&mut loans, wanted.limit, |last| {
        let (due, opened, id) = key(last);
        Cursor::of(&[&due.to_be_bytes(), &opened.to_be_bytes(), &id])
    });
    Ok(Json(Loans { loans: loans.into_iter().map(Loan::from).collect(), next }))
}

/// One loan.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneLoan {
    loan: Loan,
}

/// One loan, open or closed.
#[utoipa::path(get, path = "/api/v1/loans/{id}", operation_id = "get_loan", tag = "loans", params(("id" = Uuid, Path)),
    responses((status = 200, body = OneLoan), (status = 404, description = "No such loan.")),
    security(("token" = ["member"])))]
pub async fn get(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<LoanId>,
) -> Result<Json<OneLoan>, Fault> {
    Ok(Json(OneLoan { loan: state.services.loans.get(&actor, id).await?.into() }))
}

/// What is said of a loan later.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoanChange {
    /// Left out or null: no day.
    due_on: Option<Day>,
}

/// Sets or clears the day an open loan is due.
#[utoipa::path(put, path = "/api/v1/loans/{id}", operation_id = "change_loan", tag = "loans", request_body = LoanChange,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = OneLoan), (status = 404, description = "No such open loan.")),
    security(("token" = ["member"])))]
pub async fn change(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<LoanId>,
    Body(change): Body<LoanChange>,
) -> Result<Json<OneLoan>, Fault> {
    state.services.loans.set_due(&actor, id, change.due_on.map(|day| day.0)).await?;
    Ok(Json(OneLoan { loan: state.services.loans.get(&actor, id).await?.into() }))
}

/// How much comes back, and where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeBack {
    /// Left out: all that is still out.
    quantity: Option<Amount>,
    /// A location or container; left out, where the thing belongs.
    to: Option<Uuid>,
}

/// Takes back all of a loan, or a part of it.
#[utoipa::path(post, path = "/api/v1/loans/{id}/return", operation_id = "take_back", tag = "loans", request_body = TakeBack,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Uuid, Header, description = "A new one for each return; a repeat is answered, not booked again.")),
    responses((status = 201, body = BookedAnswer, headers(("Location" = String, description = "The booking."))),
        (status = 200, body = BookedAnswer, description = "It had been taken back under this key before."),
        (status = 404, description = "No such loan."),
        (status = 409, description = "Not that many are out, or there is no place for it."),
        (status = 422, description = "The quantity is none, or the key was used for something else.")),
    security(("token" = ["member"])))]
pub async fn take_back(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<LoanId>,
    Key(request): Key,
    Body(back): Body<TakeBack>,
) -> Result<Response, Fault> {
    let quantity = back.quantity.map(Amount::quantity).transpose()?;
    Ok(answered(state.services.loans.take_back(&actor, request, id, back.to.map(ItemId), quantity).await?))
}
