//! One record against its item here: what changes, what is in conflict.

use std::collections::HashMap;

use super::fields::{Field, split_list};
use super::places::Places;
use super::plan::{Change, Here, Plan, What};
use super::record::{Batch, CellError, Conflict, PlaceRef, Record, Remark};
use super::settle::{self, Line, Step};
use super::sheet::column;
use super::values::SlashDates;
use super::{ImportOptions, values};
use crate::domain::code::{gtin14, normalise};
use crate::domain::{ItemDraft, ItemId, ItemKind, Money, OwnCode};
use crate::store::import::Known;
use crate::store::items::ItemRecord;
use crate::store::suppliers::SupplierPart;

/// What a record's item is: as it says; as it is here; else counted when it looks so.
pub fn kind(record: &Record, here: Option<&ItemRecord>) -> Result<ItemKind, String> {
    match record.cell(&Field::Kind).map(str::trim) {
        Some(word) if !word.is_empty() => word.parse::<ItemKind>().map_err(|error| error.to_string()),
        _ => Ok(here.map_or_else(
            || {
                let some = |field| record.cell(&field).is_some_and(|text| !text.trim().is_empty());
                let many = record.stock.len() > 1
                    || record.stock.iter().any(|s| s.lot.is_some() || s.quantity.is_some_and(|q| q != 1.into()));
                let counted = many || some(Field::Unit) || some(Field::MinQuantity) || some(Field::MaxQuantity);
                if counted { ItemKind::Consumable } else { ItemKind::Asset }
            },
            |here| here.draft.kind,
        )),
    }
}

/// A record's codes from elsewhere: normalised, and whether each is a GTIN.
pub fn codes_of(record: &Record) -> Vec<(String, bool)> {
    let cells = [Field::Gtin, Field::Aliases].into_iter().filter_map(|field| record.cell(&field));
    cells
        .flat_map(split_list)
        .filter(|code| !code.is_empty())
        .map(|code| (normalise(&code), gtin14(&code).is_some()))
        .collect()
}

/// A record, its item, and what both are looked at with.
pub struct OneRecord<'a> {
    pub batch: &'a Batch,
    pub record: &'a Record,
    pub id: ItemId,
    pub kind: ItemKind,
    pub slashes: SlashDates,
    pub options: &'a ImportOptions,
    pub here: &'a Here,
    pub refs: &'a HashMap<String, ItemId>,
}

impl OneRecord<'_> {
    /// Adds to the plan what is to be done for it.
    pub fn plan(&self, places: &mut Places, plan: &mut Plan) -> Result<(), CellError> {
        let digest = self.record.digest();
        let known = self.here.known.get(&self.record.key);
        let item = self.here.items.get(&self.id);
        let archived = item.is_some_and(|item| item.archived_at.is_some());
        if known.is_some_and(|known| known.digest == digest) && item.is_some() && !archived {
            plan.unchanged += 1;
            return Ok(());
        }
        let revived = archived && self.here.undone.contains(&self.id);
        let mut fields = Vec::new();
        if archived && !revived {
            self.conflict(plan, Conflict::Archived);
            return Ok(());
        }
        if let Some(item) = item {
            if item.draft.kind != self.kind {
                let (here, there) = (item.draft.kind.to_string(), self.kind.to_string());
                self.conflict(plan, Conflict::Kind { here, there });
                return Ok(());
            }
            let edited = known.is_some_and(|known| known.version != item.version);
            if edited && !revived && !self.options.overwrite {
                self.conflict(plan, Conflict::Edited);
                return Ok(());
            }
        }
        let draft = self.draft(item, places, plan)?;
        match item {
            None => plan.new.push((self.id, draft)),
            Some(item) => {
                fields = differing(&item.draft, &draft);
                if !fields.is_empty() {
                    plan.edits.push((self.id, draft));
                }
                if revived {
                    plan.revive.push(self.id);
                }
            }
        }
        let steps = match self.steps(item.is_none() || revived, known, places, plan)? {
            Ok(steps) => steps,
            // Its fields are taken over; the key is not remembered, so that the next import says it again.
            Err(conflict) => {
                self.conflict(plan, conflict);
                return Ok(());
            }
        };
        let stock = !steps.is_empty();
        plan.steps.extend(steps);
        let more = self.belongings(item.is_none(), plan)?;
        let what = match item {
            None => Some(What::Create),
            Some(_) if revived => Some(What::Restore),
            Some(_) if stock || more || !fields.is_empty() => {
                if more {
                    fields.push("codes, suppliers or pictures");
                }
                Some(What::Update { fields, stock })
            }
            Some(_) => None,
        };
        match what {
            Some(what) => plan.changes.push(self.change(what)),
            None => plan.unchanged += 1,
        }
        plan.remember.push((self.record.key.clone(), self.id, digest));
        Ok(())
    }

    fn change(&self, what: What) -> Change {
        let name = self.record.cell(&Field::Name).unwrap_or(&self.record.key).to_owned();
        Change { line: self.record.line, name, what }
    }

    fn conflict(&self, plan: &mut Plan, conflict: Conflict) {
        plan.changes.push(self.change(What::Conflict(conflict)));
    }

    fn error(&self, field: &Field, reason: impl Into<String>) -> CellError {
        CellError { line: self.record.line, column: column(&self.batch.columns, field), reason: reason.into() }
    }

    /// The item as it will be.
    fn draft(&self, item: Option<&ItemRecord>, places: &mut Places, plan: &mut Plan) -> Result<ItemDraft, CellError> {
        let mut draft = item.map_or_else(|| ItemDraft::new(self.kind, ""), |item| item.draft.clone());
        for (field, text) in &self.record.cells {
            values::set(&mut draft, field, text, self.slashes).map_err(|reason| self.error(field, reason))?;
        }
        let cell = |field| self.record.cell(&field);
        let (amount, currency) = (cell(Field::PurchasePrice), cell(Field::Currency));
        match values::set_price(&mut draft, amount, currency, self.options.currency.as_deref()) {
            Ok(true) => {}
            Ok(false) => {
                let price = amount.unwrap_or_default().to_owned();
                plan.remarks.push(Remark::NoCurrency { line: self.record.line, price: price.clone() });
                draft.fields.insert("purchase price".into(), price.into());
            }
            Err(reason) => return Err(self.error(&Field::PurchasePrice, reason)),
        }
        if let Some(key) = cell(Field::InstanceOf) {
            draft.instance_of = match key.trim() {
                "" => None,
                key => Some(self.refs.get(key).copied().or_else(|| key.parse().ok()).ok_or_else(|| {
                    self.error(&Field::InstanceOf, format!("no item `{key}` in this file or an earlier one"))
                })?),
            };
        }
        if let Some(home) = cell(Field::Home) {
            draft.home_holder = match super::sheet::place_ref(home) {
                PlaceRef::Path(names) if names.is_empty() => None,
                place => Some(places.find_or_make(&place).map_err(|reason| self.error(&Field::Home, reason))?),
            };
        }
        // Suppliers that sell it without a number of theirs.
        if cell(Field::SupplierPart).is_none_or(|text| text.trim().is_empty())
            && let Some(supplier) = cell(Field::Supplier).filter(|text| !text.trim().is_empty())
        {
            values::set(&mut draft, &Field::Custom("supplier".into()), supplier, self.slashes)
                .map_err(|reason| self.error(&Field::Supplier, reason))?;
            match plan.remarks.iter_mut().find(|remark| matches!(remark, Remark::NoPartNumber(_))) {
                Some(Remark::NoPartNumber(count)) => *count += 1,
                _ => plan.remarks.push(Remark::NoPartNumber(1)),
            }
        }
        draft.checked().map_err(|error| {
            use crate::domain::item::DraftError as E;
            let field = match &error {
                E::Name => Field::Name,
                E::TooLong { field, .. } => Field::of_header(field).unwrap_or(Field::Name),
                E::NotCounted => Field::Unit,
                E::Limits | E::LimitRange => Field::MinQuantity,
                E::NotAnInstance => Field::InstanceOf,
                E::Price => Field::PurchasePrice,
                E::Tag => Field::Tags,
            };
            self.error(&field, error.to_string())
        })
    }

    /// The acts that bring its stock to what the record says.
    fn steps(
        &self,
        is_new: bool,
        known: Option<&Known>,
        places: &mut Places,
        plan: &mut Plan,
    ) -> Result<Result<Vec<Step>, Conflict>, CellError> {
        let mut wanted = Vec::new();
        for cell in &self.record.stock {
            let at = |field, reason| CellError { line: cell.line, ..self.error(&field, reason) };
            if self.kind == ItemKind::Product {
                if cell.quantity.is_some_and(|q| !q.is_zero()) {
                    return Err(at(Field::Quantity, "a product is never stocked itself".to_owned()));
                }
                continue;
            }
            if cell.lot.is_some() && self.kind != ItemKind::Consumable {
                return Err(at(Field::Lot, "only a consumable has lots".to_owned()));
            }
            let holder = places.find_or_make(&cell.place).map_err(|reason| at(Field::Place, reason))?;
            if holder == self.id {
                return Err(at(Field::Place, "a place cannot lie inside itself".to_owned()));
            }
            match cell.quantity {
                Some(quantity) => {
                    if quantity.scale() > 6 || quantity >= 1_000_000_000_000_i64.into() {
                        return Err(at(Field::Quantity, "has more than six decimals or is too large".to_owned()));
                    }
                    wanted.push(Line { holder, lot: cell.lot.clone(), quantity });
                }
                None if self.kind == ItemKind::Consumable => {
                    if is_new {
                        let name = self.record.cell(&Field::Name).unwrap_or_default().to_owned();
                        plan.remarks.push(Remark::NoQuantity { line: cell.line, name });
                    }
                }
                None => wanted.push(Line { holder, lot: None, quantity: 1.into() }),
            }
        }
        if wanted.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let nothing = Vec::new();
        let here = self.here.stock.get(&self.id).unwrap_or(&nothing);
        let steps = if self.kind == ItemKind::Consumable {
            settle::counted(self.id, is_new, here, &wanted)
        } else {
            wanted.retain(|line| !line.quantity.is_zero());
            if wanted.len() > 1 || wanted.iter().any(|line| line.quantity != 1.into()) {
                let reason = format!("one {} is one; something counted is a consumable", self.kind);
                return Err(self.error(&Field::Quantity, reason));
            }
            let to = wanted.first().map(|line| line.holder);
            to.and_then(|to| settle::individual(self.id, here.first().map(|l| l.holder), to)).into_iter().collect()
        };
        let (away, moved_at) = self.here.away.get(&self.id).copied().unwrap_or((false, None));
        if steps.is_empty() || is_new {
            return Ok(Ok(steps));
        }
        if away && self.kind != ItemKind::Consumable {
            return Ok(Err(Conflict::Away));
        }
        let moved = known.is_some_and(|known| moved_at.is_some_and(|at| at > known.imported_at));
        Ok(if moved && !self.options.overwrite { Err(Conflict::Moved) } else { Ok(steps) })
    }

    /// Codes, suppliers and pictures. Returns whether there is any that an item here may lack.
    fn belongings(&self, is_new: bool, plan: &mut Plan) -> Result<bool, CellError> {
        let mut more = false;
        let line = self.record.line;
        if let Some(text) = self.record.cell(&Field::Code).filter(|text| !text.trim().is_empty()) {
            let code = OwnCode::parse(text).map_err(|error| self.error(&Field::Code, format!("`{text}` {error}")))?;
            match self.here.codes.get(&code.normalised()) {
                Some(items) if items.contains(&self.id) => {}
                Some(_) => plan.remarks.push(Remark::CodeTaken { line, code: text.to_owned() }),
                None if is_new => plan.own_codes.push((self.id, code)),
                None => {}
            }
        }
        for (code, is_gtin) in codes_of(self.record) {
            let named = self.here.codes.get(&code);
            if named.is_some_and(|items| items.contains(&self.id)) {
                continue;
            }
            if named.is_some() && !is_gtin {
                plan.remarks.push(Remark::CodeTaken { line, code });
                continue;
            }
            more = true;
            plan.codes.push((self.id, code, is_gtin, line));
        }
        let list = |field| self.record.cell(&field).map(split_list).unwrap_or_default();
        let (suppliers, numbers) = (list(Field::Supplier), list(Field::SupplierPart));
        let (prices, urls) = (list(Field::SupplierPrice), list(Field::SupplierUrl));
        for (at, part_number) in numbers.into_iter().enumerate().filter(|(_, number)| !number.is_empty()) {
            let supplier = suppliers.get(at).or(suppliers.last()).cloned().unwrap_or_default();
            if supplier.is_empty() || supplier.chars().count() > 200 || part_number.chars().count() > 200 {
                let reason = format!("the part number `{part_number}` needs a supplier, each of at most 200 letters");
                return Err(self.error(&Field::Supplier, reason));
            }
            let here = self.here.supplied.get(&(self.id, supplier.to_lowercase(), part_number.clone()));
            let price = match prices.get(at).filter(|text| !text.is_empty()) {
                Some(text) => self.supplier_price(text)?,
                None => None,
            };
            let url = urls.get(at).filter(|url| !url.is_empty()).cloned();
            if url.as_ref().is_some_and(|url| url.chars().count() > 2000) {
                return Err(self.error(&Field::SupplierUrl, "a link has at most 2000 letters"));
            }
            // What the file does not say stays as it is.
            let part = SupplierPart {
                supplier,
                part_number,
                price: price.or_else(|| here.and_then(|here| here.price.clone())),
                url: url.or_else(|| here.and_then(|here| here.url.clone())),
            };
            if here.is_some_and(|here| (&here.price, &here.url) == (&part.price, &part.url)) {
                continue;
            }
            more = true;
            plan.suppliers.push((self.id, part));
        }
        for name in list(Field::Photo).into_iter().filter(|name| !name.is_empty()) {
            // An export of ours names a picture by its hash.
            let hash = std::path::Path::new(&name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if !self.here.pictured.contains(&(self.id, hash.to_owned())) {
                plan.photos.push((self.id, name, line));
            }
        }
        Ok(more)
    }
}

impl OneRecord<'_> {
    /// A price needs its currency, here or for the whole import.
    fn supplier_price(&self, text: &str) -> Result<Option<Money>, CellError> {
        let error = |reason: String| self.error(&Field::SupplierPrice, reason);
        let (amount, currency) = values::price(text).map_err(error)?;
        let currency = currency.or_else(|| self.options.currency.as_ref().map(|currency| currency.to_uppercase()));
        let Some(currency) = currency else { return Err(error(format!("`{text}` needs a currency: `12.50 EUR`"))) };
        if amount.is_sign_negative() || amount.scale() > 4 || amount >= 10_000_000_000_i64.into() {
            return Err(error(format!("`{text}` is no price")));
        }
        Ok(Some(Money { amount, currency }))
    }
}

/// The fields in which two drafts differ.
fn differing(a: &ItemDraft, b: &ItemDraft) -> Vec<&'static str> {
    let folded = |tags: &[String]| {
        let mut tags: Vec<String> = tags.iter().map(|tag| tag.to_lowercase()).collect();
        tags.sort_unstable();
        tags
    };
    let pairs = [
        ("name", a.name != b.name),
        ("description", a.description != b.description),
        ("notes", a.notes != b.notes),
        ("unit", a.unit != b.unit),
        ("min_quantity", a.min_quantity != b.min_quantity),
        ("max_quantity", a.max_quantity != b.max_quantity),
        ("home", a.home_holder != b.home_holder),
        ("instance_of", a.instance_of != b.instance_of),
        ("serial_number", a.serial_number != b.serial_number),
        ("manufacturer", a.manufacturer != b.manufacturer),
        ("model", a.model != b.model),
        ("purchase_price", a.price != b.price),
        ("purchased_on", a.purchased_on != b.purchased_on),
        ("warranty_until", a.warranty_until != b.warranty_until),
        ("url", a.url != b.url),
        ("tags", folded(&a.tags) != folded(&b.tags)),
        ("fields", a.fields != b.fields),
    ];
    pairs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}
