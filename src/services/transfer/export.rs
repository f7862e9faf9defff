//! Everything that is not archived as one CSV file: the same inventory gives the same bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use deadpool_postgres::GenericClient;

use super::fields::{Field, join_list, join_path, neutral};
use super::values::custom_text;
use crate::domain::{ItemId, ItemKind, Money};
use crate::store::import::{self, StockRow};
use crate::store::items::{self, ItemRecord};
use crate::store::lists::{self, ListFilter, ListOrder, PlaceNode};
use crate::store::photos::{self, Photo};
use crate::store::suppliers::{self, SupplierPart};
use crate::store::{StoreError, codes};

/// What is read of the database at once.
const AT_ONCE: usize = 1_000;

/// Writes UTF-8 with commas and line feeds: places from the outermost in, then products, then the rest by name.
/// What is lent or missing has no place; its history is no part of an export.
///
/// `pictured`: with a column of pictures, each named by its hash; they are returned beside the bytes.
pub async fn export(client: &impl GenericClient, pictured: bool) -> Result<(Vec<u8>, Vec<Photo>), StoreError> {
    let places = Paths::load(client).await?;
    let ids = lists::ids(client, &ListFilter::default(), ListOrder::Name, i64::MAX).await?;
    let mut items: Vec<ItemRecord> = Vec::with_capacity(ids.len());
    for ids in ids.chunks(AT_ONCE) {
        items.extend(items::get_many(client, ids).await?);
    }
    // By what is in the file, so that another database with the same inventory orders it the same.
    items.sort_by_cached_key(|item| {
        let rank = match item.draft.kind {
            kind if kind.is_holder() => 0,
            ItemKind::Product => 1,
            _ => 2,
        };
        let path = places.names.get(&item.id).filter(|_| rank == 0).cloned().unwrap_or_default();
        (rank, path.len(), path, item.draft.name.to_lowercase(), item.id)
    });
    let custom: BTreeSet<String> = items.iter().flat_map(|item| item.draft.fields.keys().cloned()).collect();
    let columns: Vec<Field> = Field::ALL
        .iter()
        .map(|(field, _)| field.clone())
        .filter(|field| pictured || *field != Field::Photo)
        .chain(custom.into_iter().map(Field::Custom))
        .collect();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    let write = |writer: &mut csv::Writer<Vec<u8>>, cells: Vec<String>| {
        writer.write_record(cells).expect("rows are equally long and memory takes them");
    };
    write(&mut writer, columns.iter().map(ToString::to_string).collect());
    let mut pictures: Vec<Photo> = Vec::new();
    for items in items.chunks(AT_ONCE) {
        let ids: Vec<ItemId> = items.iter().map(|item| item.id).collect();
        let mut stock: HashMap<ItemId, Vec<StockRow>> = HashMap::new();
        for row in import::stock_of(client, &ids).await? {
            stock.entry(row.item).or_default().push(row);
        }
        for item in items {
            let mut rows = stock.remove(&item.id).unwrap_or_default();
            rows.sort_by_key(|row| (places.text(row.holder), row.lot_code.clone()));
            let mut cells = cells(client, item, &places).await?;
            if pictured {
                let shown = photos::of_item(client, item.id).await?;
                let names: Vec<String> = shown.iter().map(picture_name).collect();
                cells.insert(Field::Photo, join_list(&names));
                pictures.extend(shown);
            }
            let mut rows = rows.into_iter();
            stock_cells(&mut cells, item.draft.kind, rows.next(), &places);
            write(&mut writer, columns.iter().map(|field| neutral(cells.get(field).map_or("", |c| c))).collect());
            for row in rows {
                let mut more: BTreeMap<Field, String> =
                    cells.into_iter().filter(|(f, _)| matches!(f, Field::Id | Field::Kind | Field::Name)).collect();
                stock_cells(&mut more, item.draft.kind, Some(row), &places);
                write(&mut writer, columns.iter().map(|field| neutral(more.get(field).map_or("", |c| c))).collect());
                cells = more;
            }
        }
    }
    Ok((writer.into_inner().expect("memory takes what is left"), pictures))
}

/// What a picture's file is called in an export: every size of ours is a JPEG.
pub fn picture_name(photo: &Photo) -> String {
    format!("{}.jpg", photo.sha256)
}

async fn cells(
    client: &impl GenericClient,
    item: &ItemRecord,
    places: &Paths,
) -> Result<BTreeMap<Field, String>, StoreError> {
    let draft = &item.draft;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = |number: &Option<rust_decimal::Decimal>| number.map(|n| n.normalize().to_string()).unwrap_or_default();
    let date = |date: &Option<time::Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let mut codes = codes::of_item(client, item.id).await?;
    codes.sort_by(|a, b| a.text.cmp(&b.text));
    let of_kind =
        |kind: &str| codes.iter().filter(|c| c.kind == kind).map(|c| c.shown.clone()).collect::<Vec<String>>();
    let parts = suppliers::of_item(client, item.id).await?;
    let of_parts = |text: fn(&SupplierPart) -> String| {
        let texts: Vec<String> = parts.iter().map(text).collect();
        if texts.iter().all(String::is_empty) { String::new() } else { join_list(&texts) }
    };
    let mut cells: BTreeMap<Field, String> = [
        (Field::Id, item.id.to_string()),
        (Field::Code, of_kind("own").first().cloned().unwrap_or_default()),
        (Field::Kind, draft.kind.to_string()),
        (Field::Name, draft.name.clone()),
        (Field::Description, draft.description.clone()),
        (Field::Notes, draft.notes.clone()),
        (Field::Home, draft.home_holder.map(|home| places.text(home)).unwrap_or_default()),
        (Field::Tags, join_list(&draft.tags)),
        (Field::Unit, text(&draft.unit)),
        (Field::MinQuantity, number(&draft.min_quantity)),
        (Field::MaxQuantity, number(&draft.max_quantity)),
        (Field::Manufacturer, text(&draft.manufacturer)),
        (Field::Model, text(&draft.model)),
        (Field::SerialNumber, text(&draft.serial_number)),
        (Field::InstanceOf, draft.instance_of.map(|product| product.to_string()).unwrap_or_default()),
        (Field::PurchasePrice, draft.price.as_ref().map(|p| p.amount.normalize().to_string()).unwrap_or_default()),
        (Field::Currency, draft.price.as_ref().map(|p| p.currency.clone()).unwrap_or_default()),
        (Field::PurchasedOn, date(&draft.purchased_on)),
        (Field::WarrantyUntil, date(&draft.warranty_until)),
        (Field::Url, text(&draft.url)),
        (Field::Gtin, join_list(&of_kind("gtin"))),
        (Field::Aliases, join_list(&of_kind("alias"))),
        (Field::Supplier, of_parts(|part| part.supplier.clone())),
        (Field::SupplierPart, of_parts(|part| part.part_number.clone())),
        (Field::SupplierPrice, of_parts(|part| part.price.as_ref().map(price_text).unwrap_or_default())),
        (Field::SupplierUrl, of_parts(|part| part.url.clone().unwrap_or_default())),
    ]
    .into();
    cells.extend(draft.fields.iter().map(|(name, value)| (Field::Custom(name.clone()), custom_text(value))));
    Ok(cells)
}

fn price_text(price: &Money) -> String {
    format!("{} {}", price.amount.normalize(), price.currency)
}

fn stock_cells(cells: &mut BTreeMap<Field, String>, kind: ItemKind, row: Option<StockRow>, places: &Paths) {
    let Some(row) = row else { return };
    cells.insert(Field::Place, places.text(row.holder));
    if kind.is_counted() {
        cells.insert(Field::Quantity, row.quantity.normalize().to_string());
    }
    cells.insert(Field::Lot, row.lot_code.unwrap_or_default());
    cells.insert(Field::ExpiresOn, row.expires_on.map(|date| date.to_string()).unwrap_or_default());
}

/// Where every holder is, and which of them share their path with another.
struct Paths {
    names: HashMap<ItemId, Vec<String>>,
    doubled: BTreeSet<ItemId>,
}

impl Paths {
    async fn load(client: &impl GenericClient) -> Result<Self, StoreError> {
        let nodes = lists::places(client).await?;
        let by_id: HashMap<ItemId, &PlaceNode> = nodes.iter().map(|node| (node.id, node)).collect();
        let mut names: HashMap<ItemId, Vec<String>> = HashMap::new();
        let mut by_path: HashMap<Vec<String>, Vec<ItemId>> = HashMap::new();
        let mut doubled = BTreeSet::new();
        for node in &nodes {
            let mut path = vec![node.name.clone()];
            let mut at = node;
            while let Some(above) = at.parent.and_then(|id| by_id.get(&id))
                && path.len() < 64
            {
                path.insert(0, above.name.clone());
                at = above;
            }
            // At the top of a path that is found again stands a root location.
            if at.kind != ItemKind::Location {
                doubled.insert(node.id);
            }
            let folded = path.iter().map(|name| name.to_lowercase()).collect();
            by_path.entry(folded).or_default().push(node.id);
            names.insert(node.id, path);
        }
        doubled.extend(by_path.into_values().filter(|ids| ids.len() > 1).flatten());
        // What lies in one of them cannot be found by its path either.
        let inside = |node: &&PlaceNode| {
            let above = std::iter::successors(node.parent, |id| by_id.get(id).and_then(|node| node.parent));
            above.take(64).any(|id| doubled.contains(&id))
        };
        let inside: Vec<ItemId> = nodes.iter().filter(inside).map(|node| node.id).collect();
        doubled.extend(inside);
        Ok(Self { names, doubled })
    }

    /// A holder's path, or its id where the path would name several.
    fn text(&self, holder: ItemId) -> String {
        match self.names.get(&holder) {
            Some(path) if !self.doubled.contains(&holder) => join_path(path),
            _ => format!("id:{holder}"),
        }
    }
}
