//! What every source is read into: items as cells of text, and where they lie.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use thiserror::Error;
use time::Date;

use super::fields::Field;

/// Everything a source says, before it is compared with what is here.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub records: Vec<Record>,
    pub remarks: Vec<Remark>,
    /// How the source calls its columns, for messages.
    pub columns: BTreeMap<Field, String>,
}

/// One item of a source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// The line of the file it begins on; 0 when it has none.
    pub line: u64,
    /// By which the source knows it, the same at the next import.
    pub key: String,
    /// A field that is not there is left as it is; an empty one is cleared.
    pub cells: BTreeMap<Field, String>,
    pub stock: Vec<StockCell>,
}

/// Some of an item in one place, as a source says it.
#[derive(Debug, Clone, PartialEq)]
pub struct StockCell {
    pub line: u64,
    pub place: PlaceRef,
    /// `None`: not said.
    pub quantity: Option<Decimal>,
    pub lot: Option<(String, Option<Date>)>,
}

/// How a source names a place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PlaceRef {
    /// Names from the outermost in.
    Path(Vec<String>),
    /// `id:KEY`: a place that shares its path with another.
    Key(String),
}

/// The place for what has none.
pub const UNSORTED: &str = "Unsorted";

/// A cell that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column `{column}`: {reason}")]
pub struct CellError {
    pub line: u64,
    pub column: String,
    pub reason: String,
}

/// Something a source said that was not taken over as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Remark {
    #[error("column `{0}` is not known and left out; --map \"{0}=FIELD\" says where it goes")]
    UnknownColumn(String),
    #[error("column `{0}` is there twice; the first one counts")]
    DoubledColumn(String),
    #[error("line {line}: the price {price} has no currency and became a custom field; --currency EUR says which")]
    NoCurrency { line: u64, price: String },
    #[error("line {line}: `{name}` is counted, but no quantity is given; nothing was put into its place")]
    NoQuantity { line: u64, name: String },
    #[error("{0} without a place are put into `{UNSORTED}`")]
    Unsorted(usize),
    #[error("the place `{0}` is made")]
    PlaceMade(String),
    #[error("line {line}: the code `{code}` names something else and was not attached")]
    CodeTaken { line: u64, code: String },
    #[error("line {line}: the picture `{name}` was not added: {reason}")]
    NoPhoto { line: u64, name: String, reason: String },
    #[error("{0} suppliers without a part number became custom fields")]
    NoPartNumber(usize),
    #[error("{part}: {what}")]
    Part { part: String, what: String },
    #[error("{count} {what}")]
    Many { count: usize, what: &'static str },
}

/// Why a record was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Conflict {
    #[error("it was edited here since the last import")]
    Edited,
    #[error("it was moved here since the last import")]
    Moved,
    #[error("it is archived here")]
    Archived,
    #[error("it is lent or missing")]
    Away,
    #[error("it is a {here} here, a {there} in the file")]
    Kind { here: String, there: String },
}

impl Record {
    /// A cell's text; `None` when the source does not have it.
    pub fn cell(&self, field: &Field) -> Option<&str> {
        self.cells.get(field).map(String::as_str)
    }

    /// Sets a cell, when there is something to say.
    pub fn say(&mut self, field: Field, text: impl Into<String>) {
        let text = text.into();
        if !text.trim().is_empty() {
            self.cells.insert(field, text);
        }
    }

    /// What identifies the record's whole content: SHA-256, hexadecimal.
    pub fn digest(&self) -> String {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for (field, text) in &self.cells {
            hash.update(format!("{field}\u{1f}{text}\u{1e}"));
        }
        for stock in &self.stock {
            hash.update(format!("{:?}\u{1f}{:?}\u{1f}{:?}\u{1e}", stock.place, stock.quantity, stock.lot));
        }
        hex::encode(hash.finalize())
    }
}
