//! Writes a plan within a transaction: everything, under one booking.

use std::collections::{BTreeMap, HashMap, HashSet};

use deadpool_postgres::Transaction;

use super::plan::Plan;
use super::record::Remark;
use super::settle::with_lot;
use super::{ImportError, Stage, Tell};
use crate::domain::{Act, BookingId, ItemDraft, ItemId, PhotoId};
use crate::services::photos::{PhotoError, Photos, Prepared};
use crate::services::stock::{StockError, book_acts};
use crate::store::{StoreError, import, items, photos, stock, suppliers};

/// How many acts are booked between two signs of progress.
const AT_ONCE: usize = 2_000;

/// Pictures by file name, checked and written beside their place; or why one was not.
pub type Pictures = HashMap<String, Result<Prepared, PhotoError>>;

/// Writes items, codes, stock, pictures and keys. Returns how many pictures were added.
pub async fn apply(
    tx: &Transaction<'_>,
    booking: BookingId,
    source: &str,
    plan: &mut Plan,
    photos: &Photos,
    pictures: &mut Pictures,
    tell: &Tell<'_>,
) -> Result<usize, ImportError> {
    let total = plan.new.len() + plan.edits.len() + plan.steps.len();
    let mut done = 0;
    tell(Stage::Writing, 0, total);
    for chunk in plan.new.chunks(AT_ONCE) {
        let rows: Vec<(ItemId, &ItemDraft)> = chunk.iter().map(|(id, draft)| (*id, draft)).collect();
        import::insert_items(tx, &rows).await.map_err(refused)?;
        done += chunk.len();
        tell(Stage::Writing, done, total);
    }
    own_codes(tx, plan).await?;
    for id in &plan.revive {
        items::set_archived(tx, *id, false).await?;
    }
    for (id, draft) in &plan.edits {
        items::update(tx, *id, draft).await.map_err(refused)?;
        done += 1;
        tell(Stage::Writing, done, total);
    }
    let attached: HashSet<(ItemId, String)> = {
        let codes: Vec<_> = plan.codes.iter().map(|(item, code, gtin, _)| (*item, code.clone(), *gtin)).collect();
        import::attach_codes(tx, &codes).await?.into_iter().collect()
    };
    for (item, code, _, line) in &plan.codes {
        if !attached.contains(&(*item, code.clone())) {
            plan.remarks.push(Remark::CodeTaken { line: *line, code: code.clone() });
        }
    }
    for (item, part) in &plan.suppliers {
        suppliers::put_part(tx, *item, part).await?;
    }
    let mut line = 1;
    for steps in plan.steps.chunks(AT_ONCE) {
        let mut acts = Vec::with_capacity(steps.len());
        for step in steps {
            let lot = match (&step.lot, step.act.item()) {
                (Some((code, expires_on)), Some(item)) => Some(stock::ensure_lot(tx, item, code, *expires_on).await?),
                _ => None,
            };
            acts.push(with_lot(step.act.clone(), lot));
        }
        line += book_acts(tx, booking, line, &acts).await.map_err(|error| stock_refused(error, &acts, plan))?;
        done += steps.len();
        tell(Stage::Writing, done, total);
    }
    let added = attach_pictures(tx, plan, photos, pictures, tell).await?;
    let keys: Vec<(&str, ItemId, &str)> =
        plan.remember.iter().map(|(key, item, digest)| (key.as_str(), *item, digest.as_str())).collect();
    import::remember(tx, source, &keys).await?;
    Ok(added)
}

async fn own_codes(tx: &Transaction<'_>, plan: &Plan) -> Result<(), ImportError> {
    let adopted: HashSet<ItemId> = import::adopt_own_codes(tx, &plan.own_codes).await?.into_iter().collect();
    let left: Vec<ItemId> = plan.new.iter().map(|(id, _)| *id).filter(|id| !adopted.contains(id)).collect();
    Ok(import::assign_own_codes(tx, &left).await?)
}

async fn attach_pictures(
    tx: &Transaction<'_>,
    plan: &mut Plan,
    photos: &Photos,
    pictures: &mut Pictures,
    tell: &Tell<'_>,
) -> Result<usize, ImportError> {
    // In one order, so that two writers never wait for each other crosswise.
    let mut order: Vec<(String, ItemId, String, u64, usize)> = plan
        .photos
        .iter()
        .enumerate()
        .map(|(said, (item, name, line))| {
            let hash = pictures.get(name).and_then(|p| p.as_ref().ok()).map(|p| p.sha256.clone()).unwrap_or_default();
            (hash, *item, name.clone(), *line, said)
        })
        .collect();
    order.sort_by(|a, b| a.0.cmp(&b.0));
    let mut added = 0;
    let total = order.len();
    let mut attached: BTreeMap<usize, (ItemId, PhotoId)> = BTreeMap::new();
    for (at, (_, item, name, line, said)) in order.into_iter().enumerate() {
        tell(Stage::Pictures, at, total);
        match pictures.get_mut(&name) {
            Some(Ok(prepared)) => match photos.attach(tx, item, prepared, "").await {
                Ok(done) if done.already => {}
                Ok(done) => {
                    added += 1;
                    attached.insert(said, (item, done.photo));
                }
                Err(error) => return Err(ImportError::Photo(error)),
            },
            Some(Err(error)) => {
                plan.remarks.push(Remark::NoPhoto { line, name, reason: error.to_string() });
            }
            None => {}
        }
    }
    as_said(tx, attached).await?;
    Ok(added)
}

/// Several new pictures of an item stand in the order of the source, behind those it had.
async fn as_said(tx: &Transaction<'_>, attached: BTreeMap<usize, (ItemId, PhotoId)>) -> Result<(), ImportError> {
    let mut of_item: BTreeMap<ItemId, Vec<PhotoId>> = BTreeMap::new();
    for (item, photo) in attached.into_values() {
        of_item.entry(item).or_default().push(photo);
    }
    for (item, new) in of_item.into_iter().filter(|(_, new)| new.len() > 1) {
        let mut order: Vec<PhotoId> = photos::of_item(tx, item).await?.iter().map(|photo| photo.id).collect();
        order.retain(|photo| !new.contains(photo));
        order.extend(new);
        photos::reorder(tx, item, &order).await?;
    }
    Ok(())
}

fn refused(error: StoreError) -> ImportError {
    match error.constraint() {
        Some("item_instance_of_product") => ImportError::NoProduct,
        _ => error.into(),
    }
}

fn stock_refused(error: StockError, acts: &[Act], plan: &Plan) -> ImportError {
    let StockError::Refused { line, reason } = error else {
        return match error {
            StockError::Store(error) => error.into(),
            other => ImportError::Stock(other.to_string()),
        };
    };
    let item = acts.get(line).and_then(Act::item);
    let named = item.and_then(|item| plan.remember.iter().find(|(_, id, _)| *id == item));
    let name = named.map_or_else(|| "a place".to_owned(), |(key, ..)| format!("`{key}`"));
    ImportError::Stock(format!("{name}: {reason}"))
}
