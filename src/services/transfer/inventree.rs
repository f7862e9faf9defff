//! An InvenTree demo directory: `items.jsonl`, `stock.jsonl`, `locations.json`, `bom.jsonl`.
//!
//! A part without serial numbers is a consumable; a part with them is a product, and each serialised stock record an
//! asset of it, `NAME #SERIAL`. What else of such a part lies around is a consumable `NAME, loose`. Batch and expiry are
//! a lot, the category's last name a tag, the IPN an alias. What does not fit is remarked on.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::ImportError;
use super::fields::{Field, join_list, split_path};
use super::record::{Batch, PlaceRef, Record, Remark, StockCell, UNSORTED};
use super::values::{self, SlashDates};

#[derive(Deserialize)]
struct Part {
    id: String,
    title: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    keywords: Option<String>,
    #[serde(default)]
    ipn: Option<String>,
    #[serde(default)]
    revision: Option<String>,
    #[serde(default)]
    units: Option<String>,
    #[serde(default)]
    link: Option<String>,
    #[serde(default)]
    notes: Option<String>,
    #[serde(default)]
    minimum_stock: Option<String>,
    #[serde(default)]
    default_location: Option<serde_json::Value>,
    #[serde(default)]
    variant_of: Option<serde_json::Value>,
    #[serde(default)]
    is_template: bool,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    parameters: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    suppliers: Vec<SupplierPart>,
    #[serde(default)]
    manufacturers: Vec<ManufacturerPart>,
    #[serde(default)]
    image: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct SupplierPart {
    supplier: Option<String>,
    sku: Option<String>,
}

#[derive(Deserialize)]
struct ManufacturerPart {
    manufacturer: Option<String>,
    mpn: Option<String>,
}

#[derive(Deserialize)]
struct Stock {
    id: i64,
    part: String,
    quantity: String,
    #[serde(default)]
    location: Option<String>,
    #[serde(default)]
    serial: Option<String>,
    #[serde(default)]
    batch: Option<String>,
    #[serde(default)]
    status: i64,
    #[serde(default)]
    packaging: Option<String>,
    #[serde(default)]
    expiry_date: Option<String>,
    #[serde(default)]
    purchase_price: Option<String>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    belongs_to: Option<i64>,
}

#[derive(Deserialize)]
struct Location {
    name: String,
    path: String,
    #[serde(default)]
    description: String,
}

/// Reads the directory's files.
pub fn read(dir: &Path) -> Result<Batch, ImportError> {
    let parts: Vec<(u64, Part)> = lines(dir, "items.jsonl")?;
    let stock: Vec<(u64, Stock)> = lines(dir, "stock.jsonl")?;
    let mut batch = Batch::default();
    locations(dir, &mut batch)?;
    let mut of_part: HashMap<&str, Vec<&(u64, Stock)>> = HashMap::new();
    for row in &stock {
        of_part.entry(row.1.part.as_str()).or_default().push(row);
    }
    let names: HashMap<&str, &str> = parts.iter().map(|(_, part)| (part.id.as_str(), part.title.as_str())).collect();
    let mut counts = Counts::default();
    for (line, part) in &parts {
        let rows = of_part.remove(part.id.as_str()).unwrap_or_default();
        let (serialised, loose): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|(_, row)| row.serial.as_deref().is_some_and(|serial| !serial.is_empty()));
        let mut record = part_record(*line, part, &names);
        if serialised.is_empty() {
            record.say(Field::Kind, "consumable");
            counted(&mut record, part, &loose, &mut counts)?;
            batch.records.push(record);
            continue;
        }
        record.say(Field::Kind, "product");
        let product = record.clone();
        batch.records.push(record);
        for (line, row) in serialised {
            batch.records.push(asset(*line, part, row, &mut counts)?);
        }
        if !loose.is_empty() {
            let mut rest = Record { line: *line, key: format!("{}:loose", part.id), ..Record::default() };
            for field in [Field::Description, Field::Tags, Field::Photo] {
                rest.say(field.clone(), product.cell(&field).unwrap_or_default());
            }
            rest.say(Field::Kind, "consumable");
            rest.say(Field::Name, format!("{}, loose", part.title));
            counted(&mut rest, part, &loose, &mut counts)?;
            let what = format!("{} stock records without a serial number became `{}, loose`", loose.len(), part.title);
            batch.remarks.push(Remark::Part { part: part.title.clone(), what });
            batch.records.push(rest);
        }
    }
    let strays: usize = of_part.values().map(Vec::len).sum();
    let bom = std::fs::read_to_string(dir.join("bom.jsonl")).map_or(0, |text| text.lines().count());
    let templates = parts.iter().filter(|(_, part)| part.is_template).count();
    let inactive = parts.iter().filter(|(_, part)| !part.active).count();
    let homes = parts.iter().filter(|(_, part)| part.default_location.as_ref().is_some_and(|l| !l.is_null())).count();
    let many = |count, what| (count > 0).then_some(Remark::Many { count, what });
    batch.remarks.extend(
        [
            (counts.unsorted > 0).then_some(Remark::Unsorted(counts.unsorted)),
            many(bom, "lines of bills of materials have no place here and were left out"),
            many(strays, "stock records of unknown parts were left out"),
            many(templates, "template parts are ordinary items here"),
            many(inactive, "inactive parts came as active ones"),
            many(homes, "default locations were left out"),
            many(counts.gone, "stock records of destroyed or lost things were not put into stock"),
            many(counts.noted, "stock records need attention; of a consumable, that is not kept"),
            many(counts.packaging, "packagings of consumables were left out"),
            many(counts.installed, "stock records are built into another thing; they are separate items here"),
            many(counts.prices, "purchase prices of single deliveries were left out; the first one counts"),
        ]
        .into_iter()
        .flatten(),
    );
    Ok(batch)
}

/// What is remarked on once, with its number.
#[derive(Default)]
struct Counts {
    unsorted: usize,
    gone: usize,
    noted: usize,
    packaging: usize,
    installed: usize,
    prices: usize,
}

fn locations(dir: &Path, batch: &mut Batch) -> Result<(), ImportError> {
    let text = text(dir, "locations.json")?;
    let json = |error: serde_json::Error| ImportError::Json {
        file: "locations.json".into(),
        line: error.line() as u64,
        reason: error.to_string(),
    };
    let all: BTreeMap<String, Location> = serde_json::from_str(&text).map_err(json)?;
    for (id, location) in all {
        let mut record = Record { key: format!("location:{id}"), ..Record::default() };
        record.say(Field::Kind, "location");
        record.say(Field::Name, location.name);
        record.say(Field::Description, location.description);
        let mut path = split_path(&location.path);
        path.pop();
        if !path.is_empty() {
            record.stock.push(StockCell { line: 0, place: PlaceRef::Path(path), quantity: None, lot: None });
        }
        batch.records.push(record);
    }
    Ok(())
}

fn part_record(line: u64, part: &Part, names: &HashMap<&str, &str>) -> Record {
    let mut record = Record { line, key: part.id.clone(), ..Record::default() };
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    record.say(Field::Name, part.title.clone());
    record.say(Field::Description, said(&part.text));
    record.say(Field::Notes, said(&part.notes));
    record.say(Field::Url, said(&part.link));
    record.say(Field::Aliases, join_list(&part.ipn.iter().cloned().collect::<Vec<_>>()));
    record.say(Field::Photo, join_list(&part.image.iter().cloned().collect::<Vec<_>>()));
    if let Some(tag) = part.category.as_deref().map(split_path).and_then(|mut path| path.pop()) {
        record.say(Field::Tags, join_list(&[tag]));
    }
    let mut sold: Vec<(String, String)> =
        part.suppliers.iter().filter_map(|s| Some((s.supplier.clone()?, s.sku.clone()?))).collect();
    sold.dedup();
    let (suppliers, numbers): (Vec<String>, Vec<String>) = sold.into_iter().unzip();
    record.say(Field::Supplier, join_list(&suppliers));
    record.say(Field::SupplierPart, join_list(&numbers));
    let mut made = part.manufacturers.iter();
    if let Some(first) = made.next() {
        record.say(Field::Manufacturer, said(&first.manufacturer));
        record.say(Field::Model, said(&first.mpn));
    }
    let others: Vec<String> = made.map(|m| format!("{} {}", said(&m.manufacturer), said(&m.mpn))).collect();
    let custom = |name: &str| Field::Custom(name.to_owned());
    record.say(custom("also made by"), others.join(", "));
    record.say(custom("keywords"), said(&part.keywords));
    record.say(custom("revision"), said(&part.revision));
    let variant = match &part.variant_of {
        Some(serde_json::Value::Number(number)) => format!("IT{number}"),
        Some(serde_json::Value::String(id)) => id.clone(),
        _ => String::new(),
    };
    record.say(custom("variant of"), names.get(variant.as_str()).map_or(variant.as_str(), |name| *name));
    for (name, value) in &part.parameters {
        record.say(custom(name.trim()), values::custom_text(value));
    }
    record
}

/// Stock without serial numbers: a sum for each place and batch.
fn counted(record: &mut Record, part: &Part, rows: &[&(u64, Stock)], counts: &mut Counts) -> Result<(), ImportError> {
    record.say(Field::Unit, part.units.clone().unwrap_or_default());
    let minimum = part.minimum_stock.as_deref().and_then(values::decimal).filter(|minimum| !minimum.is_zero());
    record.say(Field::MinQuantity, minimum.map(|minimum| minimum.to_string()).unwrap_or_default());
    let mut sums: BTreeMap<(String, Option<String>), StockCell> = BTreeMap::new();
    for (line, row) in rows.iter().copied() {
        if is_gone(row) {
            counts.gone += 1;
            continue;
        }
        let quantity = quantity(*line, row)?;
        counts.noted += usize::from(row.status != 10);
        counts.packaging += usize::from(row.packaging.as_deref().is_some_and(|p| !p.is_empty()));
        counts.installed += usize::from(row.belongs_to.is_some());
        if let Some(price) = row.purchase_price.as_deref() {
            let is_first = record.cell(&Field::PurchasePrice).is_none();
            counts.prices += usize::from(!is_first);
            if is_first {
                say_price(record, price, row.currency.as_deref());
            }
        }
        let expires_on = row.expiry_date.as_deref().and_then(|date| values::date(date, SlashDates::Unclear).ok());
        let batch = row.batch.clone().filter(|batch| !batch.trim().is_empty());
        let lot = batch.or_else(|| expires_on.map(|date| date.to_string()));
        let key = (row.location.clone().unwrap_or_default(), lot.clone());
        let place = place(row, counts);
        let cell = StockCell { line: *line, place, quantity: Some(Decimal::ZERO), lot: lot.map(|l| (l, expires_on)) };
        let sum = sums.entry(key).or_insert(cell);
        sum.quantity = sum.quantity.map(|before| before + quantity);
    }
    record.stock.extend(sums.into_values());
    Ok(())
}

fn asset(line: u64, part: &Part, row: &Stock, counts: &mut Counts) -> Result<Record, ImportError> {
    let serial = row.serial.clone().unwrap_or_default();
    let mut record = Record { line, key: format!("stock:{}", row.id), ..Record::default() };
    record.say(Field::Kind, "asset");
    record.say(Field::Name, format!("{} #{serial}", part.title));
    record.say(Field::SerialNumber, serial);
    record.say(Field::InstanceOf, part.id.clone());
    if let Some(tag) = part.category.as_deref().map(split_path).and_then(|mut path| path.pop()) {
        record.say(Field::Tags, join_list(&[tag]));
    }
    record.say(Field::Custom("batch".into()), row.batch.clone().unwrap_or_default());
    record.say(Field::Custom("expires on".into()), row.expiry_date.clone().unwrap_or_default());
    record.say(Field::Custom("packaging".into()), row.packaging.clone().unwrap_or_default());
    if let Some(price) = row.purchase_price.as_deref() {
        say_price(&mut record, price, row.currency.as_deref());
    }
    if row.status != 10 {
        record.say(Field::Custom("InvenTree status".into()), row.status.to_string());
    }
    counts.installed += usize::from(row.belongs_to.is_some());
    if is_gone(row) {
        counts.gone += 1;
    } else {
        let quantity = quantity(line, row)?;
        record.stock.push(StockCell { line, place: place(row, counts), quantity: Some(quantity), lot: None });
    }
    Ok(record)
}

fn say_price(record: &mut Record, price: &str, currency: Option<&str>) {
    // InvenTree keeps six decimals; four are kept here.
    let price =
        values::decimal(price).map_or_else(|| price.to_owned(), |price| price.round_dp(4).normalize().to_string());
    record.say(Field::PurchasePrice, price);
    record.say(Field::Currency, currency.unwrap_or_default());
}

/// InvenTree's status 60 is destroyed, 70 lost.
fn is_gone(row: &Stock) -> bool {
    matches!(row.status, 60 | 70)
}

fn place(row: &Stock, counts: &mut Counts) -> PlaceRef {
    match row.location.as_deref().map(split_path) {
        Some(path) if !path.is_empty() => PlaceRef::Path(path),
        _ => {
            counts.unsorted += 1;
            PlaceRef::Path(vec![UNSORTED.into()])
        }
    }
}

fn quantity(line: u64, row: &Stock) -> Result<Decimal, ImportError> {
    values::decimal(&row.quantity).filter(|quantity| !quantity.is_sign_negative()).ok_or_else(|| ImportError::Json {
        file: "stock.jsonl".into(),
        line,
        reason: format!("quantity `{}` is no number from zero up", row.quantity),
    })
}

fn text(dir: &Path, name: &str) -> Result<String, ImportError> {
    let path = dir.join(name);
    std::fs::read_to_string(&path).map_err(|error| ImportError::File { path, error })
}

fn lines<T: DeserializeOwned>(dir: &Path, name: &str) -> Result<Vec<(u64, T)>, ImportError> {
    text(dir, name)?
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty())
        .map(|(line, number)| {
            let read = serde_json::from_str(line);
            let json = |error: serde_json::Error| ImportError::Json {
                file: name.to_owned(),
                line: number,
                reason: error.to_string(),
            };
            Ok((number, read.map_err(json)?))
        })
        .collect()
}
