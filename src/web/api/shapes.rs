//! What several resources have in common. Quantities are strings, so that no program rounds them.

use rust_decimal::Decimal;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::services::catalog::{ItemSummary, Path, PathHead};

/// An item as lists show it.
#[derive(Debug, Serialize)]
pub struct Item {
    pub id: Uuid,
    pub kind: &'static str,
    pub name: String,
    pub code: Option<String>,
    pub unit: Option<String>,
    pub on_hand: Decimal,
    pub lent: Decimal,
    pub missing: Decimal,
    pub minimum: Option<Decimal>,
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
    pub moved_at: Option<String>,
    pub url: String,
}

/// The way to a thing, outermost place first.
#[derive(Debug, Serialize)]
pub struct Way {
    /// `root`, `lent`, `missing`, `gone`, `never_stocked`
    pub head: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lent_to: Option<String>,
    pub places: Vec<Place>,
}

#[derive(Debug, Serialize)]
pub struct Place {
    pub id: Uuid,
    pub name: String,
}

impl From<ItemSummary> for Item {
    fn from(item: ItemSummary) -> Self {
        Self {
            id: item.id.0,
            kind: item.kind.as_str(),
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
            photo: item.photo.map(|photo| format!("/photos/{photo}")),
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
        let places = path.places.into_iter().map(|place| Place { id: place.id.0, name: place.name }).collect();
        Self { head, lent_to, places }
    }
}

/// RFC 3339.
pub fn moment(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
