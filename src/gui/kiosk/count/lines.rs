//! One line of a count as its row shows it.

use std::rc::Rc;

use rust_decimal::Decimal;
use slint::{Model as _, SharedString};

use super::super::super::desktop::Face;
use super::super::super::ui::{CountOutcome, CountRow};
use super::super::super::{format, results};
use crate::domain::ItemId;
use crate::domain::stocktake::{Line, Outcome, Was};
use crate::services::stocktake::LineView;

/// A line as one id: item, holder, and lot where there is one.
pub fn id(line: Line) -> SharedString {
    let lot = line.lot.map(|lot| format!("/{lot}")).unwrap_or_default();
    format!("{}/{}{lot}", line.item, line.holder).into()
}

pub fn of_id(id: &str) -> Option<Line> {
    let mut parts = id.split('/');
    let (item, holder) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let lot = match parts.next() {
        Some(lot) => Some(lot.parse().ok()?),
        None => None,
    };
    Some(Line { item, holder, lot })
}

pub fn row(face: &Face, line: &LineView) -> CountRow {
    let numbers = face.numbers();
    let amount = |value: Option<Decimal>| -> SharedString {
        value.filter(|_| line.kind.is_counted()).map(|value| numbers.write(value)).unwrap_or_default().into()
    };
    let (outcome, by) = outcome(line);
    let place = match &line.lot {
        Some(lot) => format!("{} · {lot}", line.holder_name),
        None => line.holder_name.clone(),
    };
    CountRow {
        id: id(line.line),
        name: line.name.as_str().into(),
        kind: format::kind(line.kind),
        place: place.into(),
        was_in: line.was_in.as_deref().unwrap_or_default().into(),
        unit: line.unit.as_deref().unwrap_or_default().into(),
        books: amount(line.expected),
        counted: line.counted.map(|n| numbers.write(n)).unwrap_or_default().into(),
        outcome,
        difference: by.map(|by| numbers.write_change(by)).unwrap_or_default().into(),
        more: by.is_some_and(|by| by > Decimal::ZERO),
        moved: if line.moved.is_zero() { SharedString::new() } else { numbers.write_change(line.moved).into() },
        times: i32::try_from(line.times).unwrap_or(i32::MAX),
        informed: line.informed,
        ..CountRow::default()
    }
}

fn outcome(line: &LineView) -> (CountOutcome, Option<Decimal>) {
    let word = match line.outcome {
        None => match line.counted {
            Some(n) if !line.kind.is_counted() && n.is_zero() => CountOutcome::NotHere,
            Some(_) if !line.kind.is_counted() => CountOutcome::Ticked,
            _ => CountOutcome::None,
        },
        Some(Outcome::Agrees) => CountOutcome::Agrees,
        Some(Outcome::Differs { by }) => return (CountOutcome::Differs, Some(by)),
        Some(Outcome::NotHere) => CountOutcome::NotHere,
        Some(Outcome::FoundHere { was: Was::In(_) }) => CountOutcome::FoundHere,
        Some(Outcome::FoundHere { was: Was::Lent(_) }) => CountOutcome::CameBack,
        Some(Outcome::FoundHere { was: Was::Missing }) => CountOutcome::FoundAgain,
        Some(Outcome::FoundHere { was: Was::Nowhere }) => CountOutcome::NewHere,
        Some(Outcome::FoundElsewhere { .. }) => CountOutcome::FoundElsewhere,
        Some(Outcome::Settled) => CountOutcome::Settled,
        Some(Outcome::Recount { .. }) => CountOutcome::Recount,
    };
    (word, None)
}

/// So many rows get their code and picture; nobody scrolls further before the next look.
const COMPLETED: usize = 200;

/// Gives the rows their codes and pictures.
pub fn complete(face: &Rc<Face>, mut items: Vec<ItemId>) {
    items.truncate(COMPLETED);
    face.call(
        move |services, actor| async move { services.catalog.summaries(&actor, &items).await },
        |face, answer| match answer {
            Ok(summaries) => {
                for summary in &summaries {
                    let known = summary.photo.and_then(|photo| face.thumbnails.get(photo));
                    change(face, summary.id, |row| {
                        row.code = summary.code.as_deref().unwrap_or_default().into();
                        if let Some(photo) = &known {
                            row.photo = photo.clone();
                        }
                    });
                }
                results::pictures_of(face, &summaries, |face, pictures| {
                    for (item, photo) in pictures {
                        change(face, item, |row| row.photo = photo.clone());
                    }
                });
            }
            Err(error) => tracing::warn!("The lines of the count stay without pictures: {error}"),
        },
    );
}

/// Changes the rows of an item where something differs.
fn change(face: &Face, item: ItemId, with: impl Fn(&mut CountRow)) {
    let rows = &face.kiosk.count.rows;
    let item = item.to_string();
    for at in 0..rows.row_count() {
        let Some(before) = rows.row_data(at).filter(|row| row.id.starts_with(&item)) else { continue };
        let mut after = before.clone();
        with(&mut after);
        if after != before {
            rows.set_row_data(at, after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LotId;

    #[test]
    fn a_line_reads_back_from_its_id() {
        for lot in [None, Some(LotId::new())] {
            let line = Line { item: ItemId::new(), holder: ItemId::new(), lot };
            assert_eq!(of_id(&id(line)), Some(line));
        }
        assert_eq!(of_id("rubbish"), None);
    }
}
