//! What several resources have in common. Quantities are strings, so that no program rounds them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::ItemKind;
use crate::services::catalog::{ItemSummary, Path, PathHead};

/// What kind of thing an item is. A `location` is fixed, a `container` movable, both hold things; an `asset` is one
/// individual, a `consumable` is counted; a `product` is what identical assets have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Location,
    Container,
    Asset,
    Consumable,
    Product,
}

impl From<Kind> for ItemKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Location => Self::Location,
            Kind::Container => Self::Container,
            Kind::Asset => Self::Asset,
            Kind::Consumable => Self::Consumable,
            Kind::Product => Self::Product,
        }
    }
}

impl From<ItemKind> for Kind {
    fn from(kind: ItemKind) -> Self {
        match kind {
            ItemKind::Location => Self::Location,
            ItemKind::Container => Self::Container,
            ItemKind::Asset => Self::Asset,
            ItemKind::Consumable => Self::Consumable,
            ItemKind::Product => Self::Product,
        }
    }
}

/// An item as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Item {
    pub id: Uuid,
    pub kind: Kind,
    pub name: String,
    /// Its own code as printed.
    pub code: Option<String>,
    pub unit: Option<String>,
    pub on_hand: Decimal,
    pub lent: Decimal,
    pub missing: Decimal,
    pub minimum: Option<Decimal>,
    /// Under its minimum.
    pub low: bool,
    pub archived: bool,
    /// `in_holder`, `root_location`, `lent`, `missing`, `gone`, `never_stocked`
    pub whereabouts: &'static str,
    /// In how many places it lies; `path` leads to the one with most.
    pub places: i64,
    pub path: Way,
    pub tags: Vec<String>,
    /// Where its picture is, without the size.
    pub photo: Option<String>,
    #[schema(format = DateTime)]
    pub moved_at: Option<String>,
    /// Its page.
    pub url: String,
}

/// The way to a thing, outermost place first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Way {
    /// `root`, `lent`, `missing`, `gone`, `never_stocked`
    pub head: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lent_to: Option<String>,
    pub places: Vec<Step>,
}

/// A place on the way.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    pub id: Uuid,
    pub name: String,
}

impl From<ItemSummary> for Item {
    fn from(item: ItemSummary) -> Self {
        Self {
            id: item.id.0,
            kind: item.kind.into(),
            url: format!("/items/{}", item.id),
            name: item.name,
            code: item.code,
            unit: item.unit,
            on_hand: item.on_hand,
            lent: item.lent,
            missing: item.missing,
            minimum: item.min_quantity,
            low: item.low,
            archived: item.archived,
            whereabouts: item.whereabouts.as_str(),
            places: item.places,
            path: item.path.into(),
            tags: item.tags,
            photo: item.photo.map(|photo| format!("/api/v1/photos/{photo}")),
            moved_at: item.moved_at.map(moment),
        }
    }
}

impl From<Path> for Way {
    fn from(path: Path) -> Self {
        let (head, lent_to) = match path.head {
            PathHead::Root => ("root", None),
            PathHead::Lent(to) => ("lent", Some(to).filter(|to| !to.is_empty())),
            PathHead::Missing => ("missing", None),
            PathHead::Gone => ("gone", None),
            PathHead::NeverStocked => ("never_stocked", None),
        };
        let places = path.places.into_iter().map(|place| Step { id: place.id.0, name: place.name }).collect();
        Self { head, lent_to, places }
    }
}

/// RFC 3339.
pub fn moment(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
