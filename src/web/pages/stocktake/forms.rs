//! What the forms of a stocktake do: open, count, scan, end, write.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rust_decimal::Decimal;
use rust_i18n::t;
use serde::Deserialize;

use super::{Shown, body, list};
use crate::domain::{ItemId, LotId, RequestId, StocktakeId};
use crate::services::scan::Scanned;
use crate::services::stocktake::{Amount, CountRequest, CountScan, StocktakeError};
use crate::web::fault::Fault;
use crate::web::forms::Posted;
use crate::web::layout::{self, Page};
use crate::web::pages::book::decimal;
use crate::web::pages::code;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

#[derive(Debug, Deserialize)]
pub struct Opening {
    /// A holder's id, or its code.
    holder: String,
    #[serde(default)]
    note: String,
}

/// `POST /stocktakes`
pub async fn open(visit: Visit, Posted(opening): Posted<Opening>) -> Result<Response, Fault> {
    let lang = visit.lang;
    let holder: Option<ItemId> = match opening.holder.trim().parse() {
        Ok(id) => Some(id),
        Err(_) => match code::resolve(&visit, &opening.holder).await? {
            Scanned::Item(place) => Some(place.id),
            _ => None,
        },
    };
    let opened = match holder {
        Some(holder) => visit.state.services.stocktakes.open(&visit.actor, holder, &opening.note).await,
        None => Err(StocktakeError::NoHolder),
    };
    match opened {
        Ok(id) | Err(StocktakeError::Overlaps(id)) => Ok(Redirect::to(&format!("/stocktakes/{id}")).into_response()),
        Err(error) => {
            let wrong = sentence(&visit, error)?;
            let page = Page {
                title: say(lang, "count.title"),
                nav: None,
                verbs: None,
                body: list::body(&visit, Some(&wrong)).await?,
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, layout::page(&visit, &page)).into_response())
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct Entered {
    request: String,
    item: String,
    holder: String,
    #[serde(default)]
    lot: Option<String>,
    quantity: String,
    #[serde(default)]
    show: String,
}

/// `POST /stocktakes/{id}/counts`: one line, from its row.
pub async fn count(visit: Visit, Path(id): Path<String>, Posted(entered): Posted<Entered>) -> Result<Response, Fault> {
    let id: StocktakeId = id.parse().map_err(|_| Fault::NotFound)?;
    let unreadable = |what: &str| Fault::Unreadable(what.to_owned());
    let lot: Option<LotId> = match entered.lot.as_deref().filter(|lot| !lot.is_empty()) {
        Some(lot) => Some(lot.parse().map_err(|_| unreadable("lot"))?),
        None => None,
    };
    let request = CountRequest {
        request: entered.request.parse().map_err(|_| unreadable("request"))?,
        item: entered.item.parse().map_err(|_| unreadable("item"))?,
        holder: entered.holder.parse().map_err(|_| unreadable("holder"))?,
        lot,
        amount: Amount::Is(Decimal::ZERO),
    };
    let shown = Shown { show: entered.show, ..Shown::default() };
    let Some(amount) = decimal(visit.lang, &entered.quantity) else {
        return again(&visit, id, &shown, &say(visit.lang, "wrong.count")).await;
    };
    let request = CountRequest { amount: Amount::Is(amount), ..request };
    match visit.state.services.stocktakes.count(&visit.actor, id, &request).await {
        Ok(line) => {
            let said = if line.counted.is_some_and(|n| n.is_zero()) { "not-here" } else { "counted" };
            Ok(Redirect::to(&format!("/stocktakes/{id}?show={}&said={said}&item={}", shown.show, line.line.item))
                .into_response())
        }
        Err(error) => again(&visit, id, &shown, &sentence(&visit, error)?).await,
    }
}

#[derive(Debug, Deserialize)]
pub struct ScannedCode {
    request: String,
    code: String,
    #[serde(default)]
    here: String,
    #[serde(default)]
    quantity: String,
}

/// `POST /stocktakes/{id}/scan`: whatever the code is of.
pub async fn scan(
    visit: Visit,
    Path(id): Path<String>,
    Posted(scanned): Posted<ScannedCode>,
) -> Result<Response, Fault> {
    let id: StocktakeId = id.parse().map_err(|_| Fault::NotFound)?;
    let request: RequestId = scanned.request.parse().map_err(|_| Fault::Unreadable("request".into()))?;
    let here: Option<ItemId> = scanned.here.parse().ok();
    let lang = visit.lang;
    let shown = Shown { here: scanned.here.clone(), ..Shown::default() };
    let stocktakes = &visit.state.services.stocktakes;
    let went_on = |said: &str, item: ItemId, here: Option<ItemId>| {
        let here = here.map(|here| format!("&here={here}")).unwrap_or_default();
        Redirect::to(&format!("/stocktakes/{id}?said={said}&item={item}{here}")).into_response()
    };
    match stocktakes.scan(&visit.actor, id, here, request, &scanned.code).await {
        Ok(CountScan::Counted(line)) => Ok(went_on("counted", line.line.item, here)),
        Ok(CountScan::Here(place)) => Ok(went_on("here", place.id, Some(place.id))),
        Ok(CountScan::HowMany { item, holder, .. }) => {
            let Some(amount) = decimal(lang, &scanned.quantity) else {
                let wrong = t!("count.how_many", locale = lang.code(), name = item.name);
                return again(&visit, id, &shown, &wrong).await;
            };
            let count = CountRequest { request, item: item.id, holder, lot: None, amount: Amount::Is(amount) };
            match stocktakes.count(&visit.actor, id, &count).await {
                Ok(line) => Ok(went_on("counted", line.line.item, here)),
                Err(error) => again(&visit, id, &shown, &sentence(&visit, error)?).await,
            }
        }
        Ok(CountScan::Other(Scanned::Choice(items))) => {
            let names: Vec<String> = items.into_iter().map(|item| item.name).collect();
            let wrong = t!("count.choice", locale = lang.code(), names = names.join(", "));
            again(&visit, id, &shown, &wrong).await
        }
        Ok(CountScan::Other(_)) => again(&visit, id, &shown, &say(lang, "count.unknown")).await,
        Err(error) => again(&visit, id, &shown, &sentence(&visit, error)?).await,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Decision {
    request: String,
    version: i32,
}

/// `POST /stocktakes/{id}/decisions/{action}`: `rest`, `close`, `reopen`, `cancel`, `approve`.
pub async fn act(
    visit: Visit,
    Path((id, action)): Path<(String, String)>,
    Posted(decision): Posted<Decision>,
) -> Result<Response, Fault> {
    let id: StocktakeId = id.parse().map_err(|_| Fault::NotFound)?;
    let stocktakes = &visit.state.services.stocktakes;
    let actor = &visit.actor;
    let mut did = String::new();
    let done = match action.as_str() {
        "rest" => stocktakes.rest_is_not_here(actor, id).await.map(|_| ()),
        "close" => stocktakes.close(actor, id).await,
        "reopen" => stocktakes.reopen(actor, id).await,
        "cancel" => stocktakes.cancel(actor, id).await,
        "approve" => {
            let request: RequestId = decision.request.parse().map_err(|_| Fault::Unreadable("request".into()))?;
            stocktakes.approve(actor, request, id, decision.version).await.map(|approved| {
                did = approved.booking.map(|booking| format!("?did={booking}")).unwrap_or_default();
            })
        }
        _ => return Err(Fault::NotFound),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/stocktakes/{id}{did}")).into_response()),
        Err(error) => again(&visit, id, &Shown::default(), &sentence(&visit, error)?).await,
    }
}

async fn again(visit: &Visit, id: StocktakeId, shown: &Shown, wrong: &str) -> Result<Response, Fault> {
    let page = body(visit, id, shown, Some(wrong)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, layout::page(visit, &page)).into_response())
}

/// What was refused, in the reader's words; anything else is a fault.
fn sentence(visit: &Visit, error: StocktakeError) -> Result<String, Fault> {
    let lang = visit.lang;
    let key = match error {
        StocktakeError::NoHolder => "no_holder",
        StocktakeError::NotOpen(_) => "not_open",
        StocktakeError::StillCounting => "still_counting",
        StocktakeError::Decided(_) => "decided",
        StocktakeError::Changed => "changed",
        StocktakeError::NotCountable => "not_countable",
        StocktakeError::Archived => return Ok(say(lang, "refusal.archived")),
        StocktakeError::OutOfScope => "out_of_scope",
        StocktakeError::OneOrNone => "one_or_none",
        StocktakeError::Amount => return Ok(say(lang, "wrong.count")),
        StocktakeError::WhichLot(_) => "which_lot",
        StocktakeError::SamePerson => return Ok(say(lang, "count.same_person")),
        StocktakeError::Recount(lines) => {
            return Ok(t!("count.recount_first", locale = lang.code(), count = lines.len()).into_owned());
        }
        StocktakeError::Refused { reason, .. } => return Ok(words::refusal(lang, &reason, None)),
        StocktakeError::RequestReused => return Ok(say(lang, "wrong.reused")),
        other => return Err(other.into()),
    };
    Ok(say(lang, &format!("count.wrong.{key}")))
}
