//! Open loans, soonest due first.

use axum::Json;
use axum::extract::State;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::read::{Cursor, Limit, Query};
use super::shapes::moment;
use crate::domain::PersonId;
use crate::services::catalog;
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
    let limit = usize::try_from(wanted.limit.0).unwrap_or_default();
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
    let mut loans = state.services.stock.loans(&actor, wanted.person.map(PersonId)).await?;
    loans.sort_by_key(key);
    loans.retain(|loan| behind.is_none_or(|behind| key(loan) > behind));
    let more = loans.len() > limit;
    loans.truncate(limit);
    let next = loans.last().filter(|_| more).map(|last| {
        let (due, opened, id) = key(last);
        Cursor::of(&[&due.to_be_bytes(), &opened.to_be_bytes(), &id]).text()
    });
    Ok(Json(Loans { loans: loans.into_iter().map(Loan::from).collect(), next }))
}
