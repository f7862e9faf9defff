//! Home: the clock, what is true now, and the six things used last.

use std::rc::Rc;
use std::time::Duration;

use slint::{Model as _, ModelRc, Timer, TimerMode, VecModel};
use thiserror::Error;

use super::super::desktop::Face;
use super::super::models::sync;
use super::super::photos::{self, Pixels, Thumbnails};
use super::super::ui::{KioskAdapter, Reason, ResultRow};
use super::super::{format, results};
use super::on;
use crate::domain::{ItemId, PhotoId};
use crate::services::catalog::{CatalogError, ItemSummary};
use crate::services::stocktake::{Agenda, StocktakeError};

/// What home shows.
#[derive(Default)]
pub struct State {
    lately: Rc<VecModel<ResultRow>>,
    pictures: Thumbnails,
    clock: Timer,
}

/// Why home is not read.
#[derive(Debug, Error)]
enum HomeError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Stocktake(#[from] StocktakeError),
}

/// How many things stand on the shelf at most.
const STANDS: i64 = 6;
/// The longer side of a picture on the shelf, in logical pixels.
const PICTURE: f32 = 148.0;

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<KioskAdapter>();
    adapter.set_lately(ModelRc::from(face.kiosk.home.lately.clone()));
    // Until one has been heard of.
    adapter.set_scanner_ready(false);
    adapter.set_low(0);
    show_clock(face);
    face.kiosk.home.clock.start(TimerMode::Repeated, Duration::from_secs(1), on(face, |face| show_clock(face)));
}

fn show_clock(face: &Face) {
    let now = format::on_the_wall(Face::now(), &face.zone);
    let adapter = face.adapter::<KioskAdapter>();
    let text = format!("{:02}:{:02}", now.hour(), now.minute());
    if adapter.get_clock() != text {
        adapter.set_clock(text.into());
    }
}

/// Reads what is true now.
pub fn refresh(face: &Rc<Face>) {
    let today = format::on_the_wall(Face::now(), &face.zone).date();
    face.call(
        move |services, actor| async move {
            let overview = services.catalog.overview(&actor, today).await?;
            let lately = services.catalog.lately_used(&actor, STANDS).await?;
            let agenda = services.stocktakes.agenda(&actor).await?;
            Ok::<_, HomeError>((overview, lately, agenda))
        },
        |face, answer| match answer {
            Ok((overview, lately, agenda)) => {
                let adapter = face.adapter::<KioskAdapter>();
                adapter.set_low(i32::try_from(overview.low).unwrap_or(i32::MAX));
                adapter.set_overdue(i32::try_from(overview.overdue).unwrap_or(i32::MAX));
                show_agenda(face, &agenda);
                let rows = lately.iter().map(|summary| {
                    let photo = summary.photo.and_then(|photo| face.kiosk.home.pictures.get(photo));
                    ResultRow { photo: photo.unwrap_or_default(), ..results::row(face, summary, Reason::None) }
                });
                sync(&face.kiosk.home.lately, rows.collect());
                show_pictures(face, &lately);
            }
            // The banner says that the database is gone; what is seen stays.
            Err(error) => tracing::warn!("Home is not refreshed: {error}"),
        },
    );
}

fn show_agenda(face: &Face, agenda: &Agenda) {
    let adapter = face.adapter::<KioskAdapter>();
    let number = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
    if let [only] = &agenda.active[..] {
        adapter.set_counting_name(only.holder_name.as_str().into());
        adapter.set_counted(number(only.counted));
    }
    adapter.set_counting(i32::try_from(agenda.active.len()).unwrap_or(i32::MAX));
    adapter.set_count_due(number(agenda.due));
}

fn show_pictures(face: &Rc<Face>, lately: &[ItemSummary]) {
    let pictures = &face.kiosk.home.pictures;
    let missing: Vec<(ItemId, PhotoId)> = lately
        .iter()
        .filter_map(|summary| Some((summary.id, summary.photo?)))
        .filter(|(_, photo)| pictures.get(*photo).is_none())
        .collect();
    if missing.is_empty() {
        return;
    }
    let side = (face.scale() * PICTURE) as u32;
    face.call(
        move |services, actor| async move { photos::small(&services, &actor, missing, side).await },
        |face, decoded: Vec<(ItemId, PhotoId, Pixels)>| {
            for (item, photo, pixels) in decoded {
                let image = face.kiosk.home.pictures.keep(photo, pixels);
                let lately = &face.kiosk.home.lately;
                let at = lately.iter().position(|row| row.id == item.to_string().as_str());
                if let Some((index, row)) = at.and_then(|index| Some((index, lately.row_data(index)?))) {
                    lately.set_row_data(index, ResultRow { photo: image, ..row });
                }
            }
        },
    );
}
