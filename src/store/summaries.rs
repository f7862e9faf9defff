//! What a list shows of an item, loaded for many at once; and where each of them is.

use deadpool_postgres::GenericClient;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{StoreError, parsed};
use crate::domain::{ItemId, ItemKind, PhotoId, Whereabouts};

/// A place named in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRef {
    pub id: ItemId,
    pub name: String,
}

/// Where the top of a path is, when it is not a root location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathHead {
    /// Starts at a root location.
    Root,
    /// The outermost holder is lent: to whom.
    Lent(String),
    Missing,
    Gone,
    NeverStocked,
}

/// The way to a thing, outermost place first; the thing itself is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub head: PathHead,
    pub places: Vec<PlaceRef>,
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemSummary {
    pub id: ItemId,
    pub kind: ItemKind,
    pub name: String,
    /// The own code as printed.
    pub code: Option<String>,
    pub unit: Option<String>,
    pub on_hand: Decimal,
    pub lent: Decimal,
    pub missing: Decimal,
    pub min_quantity: Option<Decimal>,
    pub low: bool,
    pub archived: bool,
    pub whereabouts: Whereabouts,
    /// In how many holders it lies; the path is that of the one with most.
    pub places: i64,
    pub path: Path,
    pub photo: Option<PhotoId>,
    pub moved_at: Option<OffsetDateTime>,
    pub tags: Vec<String>,
    /// For a product: how many assets are of it.
    pub instances: i64,
}

/// Summaries in the order of `ids`; unknown ids are left out.
pub async fn load(client: &impl GenericClient, ids: &[ItemId]) -> Result<Vec<ItemSummary>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let statement = client.prepare_cached(include_str!("summaries.sql")).await?;
    let rows = client.query(&statement, &[&ids]).await?;
    rows.iter().map(summary).collect()
}

/// The path of one holder, itself the last place.
pub async fn path_of(client: &impl GenericClient, holder: ItemId) -> Result<Path, StoreError> {
    let row = client
        .query_opt("select p.ids, p.names, p.head, p.borrower from holder_path($1) p", &[&holder.0])
        .await?
        .ok_or(StoreError::NotFound("place"))?;
    Ok(path(&row))
}

/// The same for what a search found, by the items' numbers, each beside its number.
pub async fn load_numbered(
    client: &impl GenericClient,
    numbers: &[i32],
) -> Result<Vec<(i32, ItemSummary)>, StoreError> {
    let by_id = "select u.id, u.n from unnest($1::uuid[]) with ordinality as u(id, n)";
    let by_number = "select i.id, u.n from unnest($1::int[]) with ordinality as u(seq, n) join item i on i.seq = u.seq";
    let statement = client.prepare_cached(&include_str!("summaries.sql").replace(by_id, by_number)).await?;
    let rows = client.query(&statement, &[&numbers]).await?;
    rows.iter().map(|row| Ok((row.get("seq"), summary(row)?))).collect()
}

fn summary(row: &Row) -> Result<ItemSummary, StoreError> {
    let kind: ItemKind = parsed(row.get("kind"))?;
    let [on_hand, lent, missing]: [Decimal; 3] =
        ["on_hand", "lent", "missing"].map(|c| row.get::<_, Decimal>(c).normalize());
    let moved_at: Option<OffsetDateTime> = row.get("moved_at");
    Ok(ItemSummary {
        id: ItemId(row.get("id")),
        kind,
        name: row.get("name"),
        code: row.get::<_, Option<String>>("code").map(|code| crate::domain::code::shown(&code)),
        unit: row.get("unit"),
        on_hand,
        lent,
        missing,
        min_quantity: row.get::<_, Option<Decimal>>("min_quantity").map(|q| q.normalize()),
        low: row.get("low"),
        archived: row.get("archived"),
        whereabouts: Whereabouts::decide(kind, on_hand, lent, missing, moved_at.is_some()),
        places: row.get("places"),
        path: path(row),
        photo: row.get::<_, Option<Uuid>>("photo").map(PhotoId),
        moved_at,
        tags: row.get("tags"),
        instances: row.get("instances"),
    })
}

fn path(row: &Row) -> Path {
    let ids: Option<Vec<Uuid>> = row.get("ids");
    let names: Option<Vec<String>> = row.get("names");
    let head: Option<&str> = row.get("head");
    Path {
        head: match head {
            Some("lent") => PathHead::Lent(row.get::<_, Option<String>>("borrower").unwrap_or_default()),
            Some("missing") => PathHead::Missing,
            Some("gone") => PathHead::Gone,
            Some("never_stocked") => PathHead::NeverStocked,
            _ => PathHead::Root,
        },
        places: ids
            .unwrap_or_default()
            .into_iter()
            .zip(names.unwrap_or_default())
            .map(|(id, name)| PlaceRef { id: ItemId(id), name })
            .collect(),
    }
}
