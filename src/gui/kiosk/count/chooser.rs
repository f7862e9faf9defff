//! Which place to count.

use std::rc::Rc;

use slint::SharedString;

use super::super::super::desktop::Face;
use super::super::super::format;
use super::super::super::models::sync;
use super::super::super::ui::{CountAdapter, CountPlace, Moment, Page};
use super::super::navigation;
use super::doing::refused;
use crate::domain::ItemId;
use crate::domain::stocktake::State as Stage;
use crate::services::stocktake::StocktakeError;

/// So many places are proposed.
const PROPOSED: i64 = 30;

/// Begins counting a place, or joins who counts there already.
pub fn begin(face: &Rc<Face>, place: ItemId) {
    face.call(
        move |services, actor| async move { services.stocktakes.open(&actor, place, "").await },
        |face, answer| match answer {
            Ok(id) | Err(StocktakeError::Overlaps(id)) => navigation::open(face, Page::Count, &id.to_string()),
            Err(error) => refused(face, &error),
        },
    );
}

/// Reads what is being counted, and what should be.
pub fn choose(face: &Rc<Face>) {
    face.call(
        |services, actor| async move {
            let active = services.stocktakes.list(&actor, &[Stage::Open, Stage::Counted], 50).await?;
            let next = services.stocktakes.proposals(&actor, PROPOSED).await?;
            Ok::<_, StocktakeError>((active, next))
        },
        |face, answer| match answer {
            Ok((active, next)) => {
                let today = format::on_the_wall(Face::now(), &face.zone).date();
                let number = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
                let active = active.into_iter().map(|head| CountPlace {
                    id: head.id.to_string().into(),
                    name: head.holder_name.into(),
                    lines: number(head.counted),
                    shown: head.state == Stage::Counted,
                    who: head.opened_by_name.unwrap_or_default().into(),
                    at: Moment::default(),
                });
                sync(&face.kiosk.count.active, active.collect());
                let next = next.into_iter().map(|place| CountPlace {
                    id: place.holder.to_string().into(),
                    name: place.name.into(),
                    lines: number(place.lines),
                    shown: false,
                    who: SharedString::new(),
                    at: place
                        .counted_at
                        .map(|at| format::day(format::on_the_wall(at, &face.zone).date(), today))
                        .unwrap_or_default(),
                });
                sync(&face.kiosk.count.next, next.collect());
                face.adapter::<CountAdapter>().set_loaded(true);
            }
            Err(error) => tracing::warn!("What may be counted is not read: {error}"),
        },
    );
}
