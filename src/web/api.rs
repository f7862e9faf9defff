//! The JSON API for programs: one file per resource. Each answer's shape is a type of its own, so that a change inside does
//! not change it by accident.
//!
//! An operation is written once: the attribute of its handler says method, address, what goes in and out, and the least
//! role it needs; the router, the OpenAPI document and the page made of it are put together from that.

pub mod bookings;
pub mod codes;
pub mod document;
pub mod items;
pub mod loans;
pub mod movements;
pub mod people;
pub mod photos;
pub mod places;
mod read;
pub mod search;
mod shapes;
pub mod stock;
pub mod stocktakes;
pub mod tags;
pub mod transfer;

pub use read::Query;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::WebState;
use super::{events, photos as files};

/// Every operation but the uploads.
pub fn operations() -> OpenApiRouter<WebState> {
    OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(search::get))
        .routes(routes!(search::suggest))
        .routes(routes!(items::list, items::write::make))
        .routes(routes!(items::get, items::write::edit, items::write::remove))
        .routes(routes!(items::write::archive))
        .routes(routes!(items::write::restore))
        .routes(routes!(items::write::merge))
        .routes(routes!(places::list))
        .routes(routes!(stock::list))
        .routes(routes!(stock::put_lot))
        .routes(routes!(bookings::book))
        .routes(routes!(bookings::get))
        .routes(routes!(bookings::undo))
        .routes(routes!(movements::list))
        .routes(routes!(loans::list))
        .routes(routes!(loans::get, loans::change))
        .routes(routes!(loans::take_back))
        .routes(routes!(stocktakes::list, stocktakes::write::open))
        .routes(routes!(stocktakes::get))
        .routes(routes!(stocktakes::lines))
        .routes(routes!(stocktakes::write::count))
        .routes(routes!(stocktakes::write::decide))
        .routes(routes!(stocktakes::write::approve))
        .routes(routes!(codes::scan))
        .routes(routes!(codes::attach))
        .routes(routes!(codes::detach))
        .routes(routes!(codes::blanks))
        .routes(routes!(photos::change, photos::remove))
        .routes(routes!(files::get))
        .routes(routes!(tags::list))
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::get, people::edit))
        .routes(routes!(people::deactivate))
        .routes(routes!(people::reactivate))
        .routes(routes!(people::anonymise))
        .routes(routes!(people::password))
        .routes(routes!(people::pin))
        .routes(routes!(people::badge))
        .routes(routes!(transfer::export))
        .routes(routes!(events::stream))
        .routes(routes!(document::json))
}

/// Those that take files: they may be larger, and take longer.
pub fn uploads() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(photos::list, photos::add, photos::order)).routes(routes!(transfer::import))
}
