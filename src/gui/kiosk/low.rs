//! What is low, and how much of it to order.

use std::rc::Rc;

use slint::{Image, Model as _, ModelRc, SharedString, VecModel};

use super::super::desktop::Face;
use super::super::models::sync;
use super::super::results;
use super::super::ui::{LowAdapter, LowRow, Reason};
use crate::domain::ItemId;
use crate::services::reorder::ReorderLine;

/// What the page shows.
#[derive(Default)]
pub struct State {
    rows: Rc<VecModel<LowRow>>,
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<LowAdapter>();
    adapter.set_rows(ModelRc::from(face.kiosk.low.rows.clone()));
    adapter.set_loaded(false);
}

/// Reads the list.
pub fn refresh(face: &Rc<Face>) {
    face.call(
        |services, actor| async move { services.reorder.list(&actor).await },
        |face, answer| match answer {
            Ok(lines) => {
                sync(&face.kiosk.low.rows, lines.iter().map(|line| row(face, line)).collect());
                face.adapter::<LowAdapter>().set_loaded(true);
                let summaries: Vec<_> = lines.into_iter().map(|line| line.item).collect();
                results::pictures_of(face, &summaries, |face, decoded| give_pictures(face, decoded));
            }
            Err(error) => tracing::warn!("The reorder list is not read: {error}"),
        },
    );
}

fn give_pictures(face: &Face, decoded: Vec<(ItemId, Image)>) {
    let rows = &face.kiosk.low.rows;
    for (item, photo) in decoded {
        let at = rows.iter().position(|row| row.item.id == item.to_string().as_str());
        if let Some((index, mut row)) = at.and_then(|index| Some((index, rows.row_data(index)?))) {
            row.item.photo = photo;
            rows.set_row_data(index, row);
        }
    }
}

fn row(face: &Face, line: &ReorderLine) -> LowRow {
    let numbers = face.numbers();
    let part = line.suppliers.first();
    let price = part.and_then(|part| part.price.as_ref());
    LowRow {
        item: results::row(face, &line.item, Reason::None),
        minimum: numbers.write(line.item.min_quantity.unwrap_or_default()).into(),
        order: numbers.quantity(line.order, line.item.unit.as_deref().unwrap_or_default()),
        supplier: part.map(|part| part.supplier.as_str()).unwrap_or_default().into(),
        part: part.map(|part| part.part_number.as_str()).unwrap_or_default().into(),
        price: price
            .map(|price| SharedString::from(format!("{}\u{a0}{}", numbers.write(price.amount), price.currency)))
            .unwrap_or_default(),
    }
}
