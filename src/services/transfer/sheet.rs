//! A table as records: our own files, Homebox's, and any other with a column of names.

use std::collections::{BTreeMap, HashMap};

use super::fields::{self, Field, STEP, join_path, plain, split_path};
use super::record::{Batch, CellError, PlaceRef, Record, Remark, StockCell, UNSORTED};
use super::table::{Row, Table};
use super::values::{self, SlashDates};

/// Which program wrote a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It says of each row which kind of item it is.
    Own,
    Homebox,
    Other,
}

impl Origin {
    /// By the headers.
    pub fn of(headers: &[String]) -> Self {
        if headers.iter().any(|header| header.starts_with("HB.")) {
            Self::Homebox
        } else if headers.iter().any(|header| header.trim().eq_ignore_ascii_case("kind")) {
            Self::Own
        } else {
            Self::Other
        }
    }
}

/// Reads all rows; `map` says of headers where they go.
pub fn records(table: &Table, origin: Origin, map: &[(String, Field)]) -> Result<(Batch, SlashDates), Vec<CellError>> {
    let mut batch = Batch::default();
    let columns = columns(table, origin, map, &mut batch);
    if !columns.contains(&Field::Name) {
        let reason = "there is no column of names; --map COLUMN=name says which it is".to_owned();
        return Err(vec![CellError { line: 1, column: "name".into(), reason }]);
    }
    let is_date = |field: &Field| matches!(field, Field::PurchasedOn | Field::WarrantyUntil | Field::ExpiresOn);
    let dates = table.rows.iter().flat_map(|row| row.cells.iter().zip(&columns));
    let slashes = match origin {
        Origin::Homebox => SlashDates::MonthFirst,
        _ => SlashDates::of(dates.filter(|(_, field)| is_date(field)).map(|(cell, _)| cell.as_str())),
    };
    let mut errors = Vec::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut unsorted = 0;
    for row in &table.rows {
        let mut record = Record { line: row.line, cells: cells(row, &columns, origin), ..Record::default() };
        let stock = match stock(&mut record, origin, slashes, &batch.columns) {
            Ok(stock) => stock,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        unsorted += usize::from(stock.as_ref().is_some_and(|s| s.place == PlaceRef::Path(vec![UNSORTED.into()])));
        let mut id = record.cells.remove(&Field::Id).unwrap_or_default();
        if id.is_empty() && origin == Origin::Homebox {
            // Homebox's own number for it.
            record.cell(&Field::Aliases).unwrap_or_default().clone_into(&mut id);
        }
        if let Some(&first) = by_id.get(&id) {
            // A further row of the same item says only where more of it lies.
            match (stock, batch.records.get_mut(first)) {
                (Some(stock), Some(first)) if !first.stock.is_empty() => first.stock.push(stock),
                _ => {
                    let reason = format!("`{id}` is on an earlier line already");
                    errors.push(CellError { line: row.line, column: column(&batch.columns, &Field::Id), reason });
                }
            }
            continue;
        }
        record.stock.extend(stock);
        record.key = if id.is_empty() { derived_key(&record, &mut seen) } else { id.clone() };
        if !id.is_empty() {
            by_id.insert(id, batch.records.len());
        }
        batch.records.push(record);
    }
    if unsorted > 0 && origin != Origin::Own {
        batch.remarks.push(Remark::Unsorted(unsorted));
    }
    if errors.is_empty() { Ok((batch, slashes)) } else { Err(errors) }
}

/// How messages call a field.
pub fn column(columns: &BTreeMap<Field, String>, field: &Field) -> String {
    columns.get(field).cloned().unwrap_or_else(|| field.to_string())
}

/// The field of each column. What nobody knows is remarked on.
fn columns(table: &Table, origin: Origin, map: &[(String, Field)], batch: &mut Batch) -> Vec<Field> {
    let mut fields = Vec::new();
    for header in &table.headers {
        let mapped = map.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case(header.trim()));
        let field = match mapped {
            Some((_, field)) => field.clone(),
            None if origin == Origin::Homebox => fields::of_homebox(header)
                .or_else(|| Field::of_header(header).ok())
                .unwrap_or_else(|| unknown(header, batch)),
            None => Field::of_header(header).unwrap_or_else(|_| unknown(header, batch)),
        };
        if field != Field::Ignored {
            if fields.contains(&field) && !field.is_list() {
                batch.remarks.push(Remark::DoubledColumn(header.clone()));
                fields.push(Field::Ignored);
                continue;
            }
            batch.columns.entry(field.clone()).or_insert_with(|| header.clone());
        }
        fields.push(field);
    }
    fields
}

fn unknown(header: &str, batch: &mut Batch) -> Field {
    batch.remarks.push(Remark::UnknownColumn(header.to_owned()));
    Field::Ignored
}

fn cells(row: &Row, columns: &[Field], origin: Origin) -> BTreeMap<Field, String> {
    let mut cells: BTreeMap<Field, String> = BTreeMap::new();
    for (cell, field) in row.cells.iter().zip(columns) {
        let text = plain(cell).trim();
        let text = match (field, origin) {
            (Field::Ignored, _) => continue,
            (Field::Place | Field::Home, Origin::Homebox) => steps(text.split('/')),
            (Field::Place | Field::Home, Origin::Other) => steps(text.split("->").flat_map(|part| part.split(STEP))),
            // Elsewhere commas are usual between tags.
            (Field::Tags, Origin::Other) if !text.contains(';') => text.replace(',', ";"),
            _ => text.to_owned(),
        };
        match cells.get_mut(field) {
            Some(before) if !text.is_empty() => {
                if !before.is_empty() {
                    before.push(';');
                }
                before.push_str(&text);
            }
            Some(_) => {}
            None => {
                cells.insert(field.clone(), text);
            }
        }
    }
    cells
}

fn steps<'a>(names: impl Iterator<Item = &'a str>) -> String {
    join_path(&names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect::<Vec<_>>())
}

/// Takes the cells that say where how many lie out of a record. `None`: the row says nothing of it.
fn stock(
    record: &mut Record,
    origin: Origin,
    slashes: SlashDates,
    columns: &BTreeMap<Field, String>,
) -> Result<Option<StockCell>, CellError> {
    let line = record.line;
    let at = |field: &Field, reason: String| CellError { line, column: column(columns, field), reason };
    let mut take = |field: Field| record.cells.remove(&field).filter(|text| !text.is_empty());
    let (place, quantity) = (take(Field::Place), take(Field::Quantity));
    let (lot, expires_on) = (take(Field::Lot), take(Field::ExpiresOn));
    let quantity = match quantity.as_deref() {
        None => None,
        Some(text) => match values::decimal(text) {
            Some(number) if !number.is_sign_negative() || number.is_zero() => Some(number),
            Some(_) => return Err(at(&Field::Quantity, format!("`{text}` is negative"))),
            None => return Err(at(&Field::Quantity, format!("`{text}` is no number"))),
        },
    };
    let expires_on = match expires_on.as_deref() {
        Some(text) => Some(values::date(text, slashes).map_err(|reason| at(&Field::ExpiresOn, reason))?),
        None => None,
    };
    // A date alone names its batch.
    let lot = lot.or_else(|| expires_on.map(|date| date.to_string())).map(|code| (code, expires_on));
    let place = match place {
        Some(text) => place_ref(&text),
        None if quantity.is_some() || origin != Origin::Own => PlaceRef::Path(vec![UNSORTED.into()]),
        None => return Ok(None),
    };
    Ok(Some(StockCell { line, place, quantity, lot }))
}

/// A place as a cell names it.
pub fn place_ref(text: &str) -> PlaceRef {
    match text.trim().strip_prefix("id:") {
        Some(key) => PlaceRef::Key(key.trim().to_owned()),
        None => PlaceRef::Path(split_path(text)),
    }
}

/// For a source without ids: name, serial number and model, and the how manieth such row it is.
fn derived_key(record: &Record, seen: &mut HashMap<String, usize>) -> String {
    let said = |field| record.cell(&field).unwrap_or_default().to_lowercase();
    let base = format!("{} | {} | {}", said(Field::Name), said(Field::SerialNumber), said(Field::Model));
    let base: String = base.chars().take(900).collect();
    let nth = seen.entry(base.clone()).or_default();
    *nth += 1;
    format!("{base} | {nth}")
}
