//! Stocktakes: counting a place against the books, and writing the differences. Here they are read.

pub mod write;

use axum::Json;
use axum::extract::State;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::read::{Cursor, Id, Limit, Query, cut_to_page};
use super::shapes::moment;
use crate::domain::StocktakeId;
use crate::domain::stocktake::{Outcome, State as Stage};
use crate::services::stocktake as service;
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
    /// Only those in this state.
    #[param(inline)]
    state: Option<Progress>,
}

/// How far a stocktake is: counts come in; counting has ended and the differences are shown; they are booked; given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    Open,
    Counted,
    Approved,
    Cancelled,
}

impl From<Stage> for Progress {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Open => Self::Open,
            Stage::Counted => Self::Counted,
            Stage::Approved => Self::Approved,
            Stage::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Progress> for Stage {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Open => Self::Open,
            Progress::Counted => Self::Counted,
            Progress::Approved => Self::Approved,
            Progress::Cancelled => Self::Cancelled,
        }
    }
}

/// A page of stocktakes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stocktakes {
    stocktakes: Vec<Stocktake>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A count of everything in one place.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stocktake {
    id: Uuid,
    /// The place: this holder, and every holder in it.
    holder: Uuid,
    holder_name: String,
    state: Progress,
    /// Counts up with every change of state; approving names the one that was looked at.
    version: i32,
    note: String,
    opened_by: Option<String>,
    #[schema(format = DateTime)]
    opened_at: String,
    decided_by: Option<String>,
    #[schema(format = DateTime)]
    decided_at: Option<String>,
    /// What approving booked; none when everything agreed.
    booking: Option<Uuid>,
    /// The booking was taken back.
    taken_back: bool,
    /// Lines with a count.
    counted: i64,
}

impl From<service::Head> for Stocktake {
    fn from(head: service::Head) -> Self {
        Self {
            id: head.id.0,
            holder: head.holder.0,
            holder_name: head.holder_name,
            state: head.state.into(),
            version: head.version,
            note: head.note,
            opened_by: head.opened_by_name,
            opened_at: moment(head.opened_at),
            decided_by: head.decided_by_name,
            decided_at: head.decided_at.map(moment),
            booking: head.booking.map(|booking| booking.0),
            taken_back: head.taken_back,
            counted: head.counted,
        }
    }
}

/// A stocktake, and how its lines come out.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneStocktake {
    stocktake: Stocktake,
    /// Lines nobody counted; nothing is written for them.
    to_count: usize,
    /// What approving writes; absent while it is counted blind.
    written: Option<usize>,
    /// Lines that have to be counted again before anything is written.
    recount: Option<usize>,
}

/// A page of a stocktake's lines.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lines {
    lines: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// One line: an item, of a lot where there are lots, in a holder.
#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    item: Uuid,
    holder: Uuid,
    lot: Option<Uuid>,
    name: String,
    holder_name: String,
    unit: Option<String>,
    /// What the books said when it was counted, or say now. Absent for who counts blind.
    expected: Option<Decimal>,
    /// Absent: not counted.
    counted: Option<Decimal>,
    counted_by: Option<String>,
    #[schema(format = DateTime)]
    counted_at: Option<String>,
    /// `agrees`, `differs`, `not_here`, `found_here`, `found_elsewhere`, `settled` (booked by somebody since, and left alone),
    /// `recount` (less is left than the difference). Absent: not counted, or counted blind.
    outcome: Option<&'static str>,
    /// What moved into or out of the line since it was counted; it stays.
    moved: Decimal,
}

impl From<service::LineView> for Line {
    fn from(line: service::LineView) -> Self {
        Self {
            item: line.line.item.0,
            holder: line.line.holder.0,
            lot: line.line.lot.map(|lot| lot.0),
            name: line.name,
            holder_name: line.holder_name,
            unit: line.unit,
            expected: line.expected,
            counted: line.counted,
            counted_by: line.counted_by,
            counted_at: line.counted_at.map(moment),
            outcome: line.outcome.map(Outcome::as_str),
            moved: line.moved,
        }
    }
}

/// Stocktakes, lately opened first.
#[utoipa::path(get, path = "/api/v1/stocktakes", operation_id = "list_stocktakes", tag = "stocktakes", params(Wanted),
    responses((status = 200, body = Stocktakes)), security(("token" = ["viewer"])))]
pub async fn list(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Stocktakes>, Fault> {
    let states = wanted.state.map_or_else(|| Stage::ALL.to_vec(), |progress| vec![progress.into()]);
    let Limit(limit) = wanted.limit;
    let behind = match wanted.cursor {
        Some(mut cursor) => Some((cursor.take_moment()?, StocktakeId(Uuid::from_bytes(cursor.part()?)))),
        None => None,
    };
    let mut heads = state.services.stocktakes.page(&actor, &states, behind, limit + 1).await?;
    let next = cut_to_page(&mut heads, wanted.limit, |last| {
        Cursor::of(&[&Cursor::moment(last.opened_at), last.id.0.as_bytes()])
    });
    Ok(Json(Stocktakes { stocktakes: heads.into_iter().map(Stocktake::from).collect(), next }))
}

/// One stocktake.
#[utoipa::path(get, path = "/api/v1/stocktakes/{id}", operation_id = "get_stocktake", tag = "stocktakes",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = OneStocktake), (status = 404, description = "No such stocktake.")),
    security(("token" = ["viewer"])))]
pub async fn get(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<StocktakeId>,
) -> Result<Json<OneStocktake>, Fault> {
    Ok(Json(one(state.services.stocktakes.view(&actor, id).await?)))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Leafing {
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    #[param(inline)]
    limit: Limit,
}

/// What is counted, place by place. Who counts and is no keeper is not told what the books expect.
#[utoipa::path(get, path = "/api/v1/stocktakes/{id}/lines", operation_id = "list_stocktake_lines", tag = "stocktakes",
    params(("id" = Uuid, Path), Leafing),
    responses((status = 200, body = Lines), (status = 404, description = "No such stocktake.")),
    security(("token" = ["viewer"])))]
pub async fn lines(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<StocktakeId>,
    Query(leafing): Query<Leafing>,
) -> Result<Json<Lines>, Fault> {
    let behind = match leafing.cursor {
        Some(mut cursor) => Some([cursor.part()?, cursor.part()?, cursor.part()?].map(Uuid::from_bytes)),
        None => None,
    };
    // An order in which a line keeps its place, whatever is counted or renamed between two pages.
    let key = |line: &service::LineView| {
        let lot = line.line.lot.map_or(Uuid::nil(), |lot| lot.0);
        [line.line.holder.0, line.line.item.0, lot]
    };
    let mut lines = state.services.stocktakes.view(&actor, id).await?.lines;
    lines.sort_by_key(key);
    lines.retain(|line| behind.is_none_or(|behind| key(line) > behind));
    let next = cut_to_page(&mut lines, leafing.limit, |last| {
        let [holder, item, lot] = key(last);
        Cursor::of(&[holder.as_bytes(), item.as_bytes(), lot.as_bytes()])
    });
    Ok(Json(Lines { lines: lines.into_iter().map(Line::from).collect(), next }))
}

fn one(view: service::StocktakeView) -> OneStocktake {
    OneStocktake {
        stocktake: view.head.into(),
        to_count: view.to_count,
        written: view.tally.map(|tally| tally.written),
        recount: view.tally.map(|tally| tally.recount),
    }
}
