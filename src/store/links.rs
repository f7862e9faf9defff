//! Links between items.

use deadpool_postgres::GenericClient;
use uuid::Uuid;

use super::{StoreError, parsed};
use crate::domain::ItemId;

/// What one item is to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkKind {
    PartOf,
    AccessoryOf,
    SpareFor,
    SameAs,
}

impl LinkKind {
    /// The word in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PartOf => "part_of",
            Self::AccessoryOf => "accessory_of",
            Self::SpareFor => "spare_for",
            Self::SameAs => "same_as",
        }
    }
}

impl std::str::FromStr for LinkKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::PartOf, Self::AccessoryOf, Self::SpareFor, Self::SameAs]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no kind of link"))
    }
}

/// A link seen from one of its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub kind: LinkKind,
    /// The item at the other end.
    pub other: ItemId,
    pub other_name: String,
    /// `true`: the item asked about is what the kind says of the other; `false`: the other way round.
    pub forward: bool,
}

/// Links two items; again is no error.
pub async fn put(client: &impl GenericClient, item: ItemId, kind: LinkKind, other: ItemId) -> Result<(), StoreError> {
    client
        .execute(
            "insert into item_link (item, kind, other) values ($1, $2, $3) on conflict do nothing",
            &[&item.0, &kind.as_str(), &other.0],
        )
        .await?;
    Ok(())
}

/// Takes a link away; one that is not there is no error.
pub async fn remove(
    client: &impl GenericClient,
    item: ItemId,
    kind: LinkKind,
    other: ItemId,
) -> Result<(), StoreError> {
    client
        .execute(
            "delete from item_link where item = $1 and kind = $2 and other = $3",
            &[&item.0, &kind.as_str(), &other.0],
        )
        .await?;
    Ok(())
}

/// All links of an item, by name of the other end.
pub async fn of_item(client: &impl GenericClient, item: ItemId) -> Result<Vec<Link>, StoreError> {
    let rows = client
        .query(
            "select l.kind, o.id, o.name::text, l.forward from (
                 select kind, other, true as forward from item_link where item = $1
                 union all select kind, item, false from item_link where other = $1) l
             join item o on o.id = l.other order by o.name, o.id",
            &[&item.0],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Link {
                kind: parsed(row.get(0))?,
                other: ItemId(row.get::<_, Uuid>(1)),
                other_name: row.get(2),
                forward: row.get(3),
            })
        })
        .collect()
}
