//! What an import would do: each record against what is here. Reads only.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Transaction;

use super::fields::Field;
use super::one::{OneRecord, codes_of, kind};
use super::places::Places;
use super::record::{Batch, CellError, Conflict, Remark};
use super::settle::{Line, Step};
use super::sheet::column;
use super::values::SlashDates;
use super::{ImportError, ImportOptions};
use crate::domain::code::normalise;
use crate::domain::{ItemDraft, ItemId, ItemKind, OwnCode};
use crate::store::import::{self, Known};
use crate::store::items::{self, ItemRecord};
use crate::store::suppliers::SupplierPart;

/// Everything to write, in an order in which it can be written.
#[derive(Default)]
pub struct Plan {
    pub new: Vec<(ItemId, ItemDraft)>,
    pub edits: Vec<(ItemId, ItemDraft)>,
    /// Archived by the undo of an earlier import; they come back.
    pub revive: Vec<ItemId>,
    /// Own codes that labels carry already.
    pub own_codes: Vec<(ItemId, OwnCode)>,
    /// Codes from elsewhere, with the line that says them: (item, normalised, is a GTIN, line).
    pub codes: Vec<(ItemId, String, bool, u64)>,
    pub suppliers: Vec<(ItemId, SupplierPart)>,
    pub steps: Vec<Step>,
    /// (item, file name, line)
    pub photos: Vec<(ItemId, String, u64)>,
    /// (key, item, digest)
    pub remember: Vec<(String, ItemId, String)>,
    pub changes: Vec<Change>,
    pub unchanged: usize,
    pub remarks: Vec<Remark>,
}

/// What happens to one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub line: u64,
    pub name: String,
    pub what: What,
}

/// A record's fate, when it is not simply the same as here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Create,
    /// The fields that change, and whether its stock does.
    Update {
        fields: Vec<&'static str>,
        stock: bool,
    },
    /// It comes back after an undo.
    Restore,
    /// It stays as it is here.
    Conflict(Conflict),
}

/// What is here of the records' items.
pub(super) struct Here {
    pub known: HashMap<String, Known>,
    pub items: HashMap<ItemId, ItemRecord>,
    pub stock: HashMap<ItemId, Vec<Line>>,
    pub away: HashMap<ItemId, (bool, Option<time::OffsetDateTime>)>,
    pub undone: HashSet<ItemId>,
    pub codes: HashMap<String, Vec<ItemId>>,
    /// By item, supplier in small letters, and part number.
    pub supplied: HashMap<(ItemId, String, String), SupplierPart>,
    /// The hashes of their pictures.
    pub pictured: HashSet<(ItemId, String)>,
}

/// Compares a batch with what is here.
pub async fn plan(
    tx: &Transaction<'_>,
    batch: &Batch,
    slashes: SlashDates,
    options: &ImportOptions,
    source: &str,
) -> Result<Plan, ImportError> {
    let (here, ids) = look(tx, batch, source).await?;
    let mut plan = Plan { remarks: batch.remarks.clone(), ..Plan::default() };
    let mut errors: Vec<CellError> = Vec::new();
    let kinds: Vec<Option<ItemKind>> = batch
        .records
        .iter()
        .zip(&ids)
        .map(|(record, id)| match kind(record, here.items.get(id)) {
            Ok(kind) => Some(kind),
            Err(reason) => {
                errors.push(CellError { line: record.line, column: column(&batch.columns, &Field::Kind), reason });
                None
            }
        })
        .collect();
    let mut places = Places::load(tx, batch, &ids, &kinds).await?;
    let refs = references(batch, &ids, &here);
    for ((record, &id), kind) in batch.records.iter().zip(&ids).zip(&kinds) {
        let Some(kind) = *kind else { continue };
        let one = OneRecord { batch, record, id, kind, slashes, options, here: &here, refs: &refs };
        if let Err(error) = one.plan(&mut places, &mut plan) {
            errors.push(error);
        }
    }
    if !errors.is_empty() {
        errors.sort_by_key(|error| error.line);
        return Err(ImportError::Cells(errors));
    }
    let (made, placed, remarks) = places.made();
    plan.remarks.extend(remarks);
    plan.steps.splice(0..0, placed);
    plan.new.splice(0..0, made);
    // What others refer to comes first.
    plan.new.sort_by_key(|(_, draft)| match draft.kind {
        ItemKind::Location => 0,
        ItemKind::Container => 1,
        ItemKind::Product => 2,
        _ => 3,
    });
    Ok(plan)
}

/// Finds each record's item: by the source's key, by our id, by our code; else a new one.
async fn look(tx: &Transaction<'_>, batch: &Batch, source: &str) -> Result<(Here, Vec<ItemId>), ImportError> {
    let mut keys: Vec<&str> = batch.records.iter().map(|record| record.key.as_str()).collect();
    keys.extend(batch.records.iter().filter_map(|r| r.cell(&Field::InstanceOf)).filter(|key| !key.is_empty()));
    let known: HashMap<String, Known> =
        import::known(tx, source, &keys).await?.into_iter().map(|known| (known.key.clone(), known)).collect();
    let mut texts: Vec<String> = Vec::new();
    for record in &batch.records {
        texts.extend(record.cell(&Field::Code).map(normalise));
        texts.extend(codes_of(record).into_iter().map(|(text, _)| text));
    }
    texts.retain(|text| !text.is_empty());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut codes: HashMap<String, Vec<ItemId>> = HashMap::new();
    for (text, item) in import::named_by(tx, &texts).await? {
        codes.entry(text).or_default().push(item);
    }
    let ids: Vec<ItemId> = batch
        .records
        .iter()
        .map(|record| {
            let own = record.cell(&Field::Code).filter(|code| OwnCode::parse(code).is_ok()).map(normalise);
            let by_code = own.and_then(|code| codes.get(&code)).and_then(|items| items.first()).copied();
            let is_derived = record.key.contains(" | ");
            let said = record.key.parse::<ItemId>().ok();
            known
                .get(&record.key)
                .map(|k| k.item)
                .or(said)
                .or(by_code.filter(|_| is_derived))
                .unwrap_or_else(ItemId::new)
        })
        .collect();
    let mut found: Vec<ItemRecord> = items::get_many(tx, &ids).await?;
    let survivors: Vec<ItemId> = found.iter().filter_map(|item| item.merged_into).collect();
    found.extend(items::get_many(tx, &survivors).await?);
    let merged: HashMap<ItemId, ItemId> = found.iter().filter_map(|i| Some((i.id, i.merged_into?))).collect();
    let ids: Vec<ItemId> = ids.into_iter().map(|id| merged.get(&id).copied().unwrap_or(id)).collect();
    let items: HashMap<ItemId, ItemRecord> = found.into_iter().map(|item| (item.id, item)).collect();
    let matched: Vec<ItemId> = ids.iter().copied().filter(|id| items.contains_key(id)).collect();
    let mut stock: HashMap<ItemId, Vec<Line>> = HashMap::new();
    for row in import::stock_of(tx, &matched).await? {
        let lot = row.lot_code.map(|code| (code, row.expires_on));
        stock.entry(row.item).or_default().push(Line { holder: row.holder, lot, quantity: row.quantity });
    }
    let away = import::absences(tx, &matched).await?.into_iter().map(|(id, away, at)| (id, (away, at))).collect();
    let archived: Vec<ItemId> = items.values().filter(|item| item.archived_at.is_some()).map(|item| item.id).collect();
    let undone = import::archived_by_undo(tx, &archived).await?.into_iter().collect();
    let supplied = import::supplied(tx, &matched).await?;
    let supplied = supplied
        .into_iter()
        .map(|(id, part)| ((id, part.supplier.to_lowercase(), part.part_number.clone()), part))
        .collect();
    let pictured = import::pictured(tx, &matched).await?.into_iter().collect();
    Ok((Here { known, items, stock, away, undone, codes, supplied, pictured }, ids))
}

/// Which item each key of the file or of an earlier one names.
fn references(batch: &Batch, ids: &[ItemId], here: &Here) -> HashMap<String, ItemId> {
    let mut refs: HashMap<String, ItemId> = here.known.iter().map(|(key, known)| (key.clone(), known.item)).collect();
    refs.extend(batch.records.iter().zip(ids).map(|(record, id)| (record.key.clone(), *id)));
    refs
}
