//! What an item is.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::Date;

use super::{ItemId, Quantity};

/// The five kinds of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// Fixed: a building, room, shelf, bin. The only kind that may be a root.
    Location,
    /// A movable holder: a box, case, toolbox.
    Container,
    /// One individual thing.
    Asset,
    /// Counted, with a unit; may lie in many holders.
    Consumable,
    /// What identical assets have in common; never stocked itself.
    Product,
}

/// A word that names no kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no kind of item; known are location, container, asset, consumable, product")]
pub struct UnknownKind(pub String);

impl ItemKind {
    /// All kinds, in the order in which people meet them.
    pub const ALL: [Self; 5] = [Self::Location, Self::Container, Self::Asset, Self::Consumable, Self::Product];

    /// The word in the database, the API and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::Container => "container",
            Self::Asset => "asset",
            Self::Consumable => "consumable",
            Self::Product => "product",
        }
    }

    /// May other items lie in it?
    pub fn is_holder(self) -> bool {
        matches!(self, Self::Location | Self::Container)
    }

    /// Is it counted in a unit, rather than being one individual?
    pub fn is_counted(self) -> bool {
        self == Self::Consumable
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ItemKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = text.trim().to_lowercase();
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// An amount of money in an ISO 4217 currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    pub amount: Decimal,
    /// Three capital letters.
    pub currency: String,
}

/// What a keeper writes about an item: the whole of its editable fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDraft {
    pub kind: ItemKind,
    pub name: String,
    pub description: String,
    pub notes: String,
    /// Consumables only; `pcs` when left out.
    pub unit: Option<String>,
    pub min_quantity: Option<Decimal>,
    pub max_quantity: Option<Decimal>,
    pub home_holder: Option<ItemId>,
    /// The product an asset is one of.
    pub instance_of: Option<ItemId>,
    pub serial_number: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub price: Option<Money>,
    pub purchased_on: Option<Date>,
    pub warranty_until: Option<Date>,
    pub url: Option<String>,
    pub tags: Vec<String>,
    /// Custom fields by name.
    pub fields: serde_json::Map<String, serde_json::Value>,
}

/// What is wrong with a draft, by field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DraftError {
    #[error("a name has 1 to 200 characters")]
    Name,
    #[error("{field} is longer than {limit} characters")]
    TooLong { field: &'static str, limit: usize },
    #[error("only a consumable has a unit and limits")]
    NotCounted,
    #[error("the minimum is above the maximum")]
    Limits,
    #[error("a quantity limit is negative, finer than six decimals or too large")]
    LimitRange,
    #[error("only an asset is an instance of a product")]
    NotAnInstance,
    #[error("a price has at most four decimals, is not negative, and has a currency of three letters")]
    Price,
    #[error("a tag has 1 to 60 characters")]
    Tag,
}

impl ItemDraft {
    /// An empty draft of `kind` called `name`.
    pub fn new(kind: ItemKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            description: String::new(),
            notes: String::new(),
            unit: None,
            min_quantity: None,
            max_quantity: None,
            home_holder: None,
            instance_of: None,
            serial_number: None,
            manufacturer: None,
            model: None,
            price: None,
            purchased_on: None,
            warranty_until: None,
            url: None,
            tags: Vec::new(),
            fields: serde_json::Map::new(),
        }
    }

    /// Trims, drops empty fields and doubled tags, gives a consumable its unit, and checks what the database would
    /// refuse, so that the answer names the field.
    pub fn checked(mut self) -> Result<Self, DraftError> {
        self.name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.name.is_empty() || self.name.chars().count() > 200 {
            return Err(DraftError::Name);
        }
        for text in [&mut self.description, &mut self.notes] {
            *text = text.trim().replace('\0', "");
        }
        limit("description", &self.description, 20_000)?;
        limit("notes", &self.notes, 100_000)?;
        for (field, value, most) in [
            ("unit", &mut self.unit, 20),
            ("serial_number", &mut self.serial_number, 200),
            ("manufacturer", &mut self.manufacturer, 200),
            ("model", &mut self.model, 200),
            ("url", &mut self.url, 2_000),
        ] {
            *value = value.take().map(|v| v.trim().replace('\0', "")).filter(|v| !v.is_empty());
            limit(field, value.as_deref().unwrap_or_default(), most)?;
        }
        if self.kind.is_counted() {
            self.unit.get_or_insert_with(|| "pcs".to_owned());
        } else if self.unit.is_some() || self.min_quantity.is_some() || self.max_quantity.is_some() {
            return Err(DraftError::NotCounted);
        }
        if [self.min_quantity, self.max_quantity]
            .into_iter()
            .flatten()
            .any(|q| !q.is_zero() && Quantity::new(q).is_err())
        {
            return Err(DraftError::LimitRange);
        }
        if matches!((self.min_quantity, self.max_quantity), (Some(min), Some(max)) if min > max) {
            return Err(DraftError::Limits);
        }
        if self.instance_of.is_some() && self.kind != ItemKind::Asset {
            return Err(DraftError::NotAnInstance);
        }
        if let Some(price) = &mut self.price {
            price.currency = price.currency.trim().to_uppercase();
            let letters = price.currency.len() == 3 && price.currency.bytes().all(|b| b.is_ascii_uppercase());
            price.amount = price.amount.normalize();
            let amount = price.amount;
            if !letters
                || amount.is_sign_negative()
                || amount.scale() > 4
                || amount >= Decimal::from(10_000_000_000_i64)
            {
                return Err(DraftError::Price);
            }
        }
        let mut tags: Vec<String> = Vec::new();
        for tag in self.tags {
            let tag = tag.split_whitespace().collect::<Vec<_>>().join(" ");
            if tag.chars().count() > 60 {
                return Err(DraftError::Tag);
            }
            if !tag.is_empty() && !tags.iter().any(|t| t.to_lowercase() == tag.to_lowercase()) {
                tags.push(tag);
            }
        }
        self.tags = tags;
        Ok(self)
    }
}

fn limit(field: &'static str, text: &str, limit: usize) -> Result<(), DraftError> {
    if text.chars().count() > limit { Err(DraftError::TooLong { field, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_tidied() {
        let mut draft = ItemDraft::new(ItemKind::Consumable, "  Wood   screw ");
        draft.tags = vec!["Camping".into(), "camping ".into(), String::new()];
        draft.serial_number = Some("  ".into());
        let draft = draft.checked().expect("valid");
        assert_eq!(draft.name, "Wood screw");
        assert_eq!(draft.tags, ["Camping"]);
        assert_eq!(draft.unit.as_deref(), Some("pcs"));
        assert_eq!(draft.serial_number, None);
    }

    #[test]
    fn what_the_database_would_refuse_is_named() {
        assert_eq!(ItemDraft::new(ItemKind::Asset, " ").checked(), Err(DraftError::Name));
        let with = |edit: fn(&mut ItemDraft)| {
            let mut draft = ItemDraft::new(ItemKind::Asset, "Drill");
            edit(&mut draft);
            draft.checked().map(|_| ())
        };
        assert_eq!(with(|d| d.unit = Some("m".into())), Err(DraftError::NotCounted));
        assert_eq!(with(|d| d.url = Some("x".repeat(2001))), Err(DraftError::TooLong { field: "url", limit: 2000 }));
        assert_eq!(
            with(|d| d.price = Some(Money { amount: Decimal::ONE, currency: "EURO".into() })),
            Err(DraftError::Price)
        );
        assert_eq!(
            with(|d| {
                d.kind = ItemKind::Container;
                d.instance_of = Some(ItemId::new());
            }),
            Err(DraftError::NotAnInstance)
        );
    }
}
