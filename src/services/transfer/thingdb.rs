//! ThingDB, the predecessor: a backup of its (`metadata.json`, `database.sql`, `images/`), or a plain dump of its database.
//!
//! Its items are of one kind. One that holds others is a location when it lies in nothing, else a container; the rest are
//! single things. The code on its labels is the item's GUID, which becomes an alias, so that every printed label is still
//! known, in whatever case it was printed. What its data hold that cannot be is mended and remarked on.

mod tree;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::fields::{Field, join_list};
use super::record::{Batch, PlaceRef, Record, Remark, StockCell, UNSORTED};
use super::zip::Zip;
use super::{ImportError, PictureSource, dump};
use crate::services::photos::{MOST_BYTES, MOST_PIXELS};

/// Our names have at most so many letters, theirs 255.
const LONGEST_NAME: usize = 200;
/// Longer than the program that wrote it would take a description.
const LONGEST_TEXT: usize = 20_000;

/// Where the dump and the pictures are.
pub enum Origin {
    Backup(Zip),
    Dump(PathBuf),
}

impl Origin {
    /// Recognises one of its files by what it begins with.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        let mut start = Vec::new();
        File::open(path)?.take(64 << 10).read_to_end(&mut start)?;
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
            return Ok(Some(Self::Backup(Zip::open(path)?)));
        }
        let text = String::from_utf8_lossy(&start);
        let is_dump = text.contains("PostgreSQL database dump") || text.starts_with("COPY ");
        Ok(is_dump.then(|| Self::Dump(path.to_owned())))
    }
}

#[derive(Default)]
struct Thing {
    guid: String,
    name: String,
    description: String,
    url: String,
    created: String,
    parent: Option<String>,
    label: String,
}

struct Image {
    item: String,
    /// The primary one first, then in the order they came.
    order: (bool, i64),
    file: String,
    /// Clockwise, in degrees.
    rotation: i64,
    /// Kept in its row: hexadecimal.
    inline: Option<String>,
}

#[derive(Default)]
struct Rows {
    things: Vec<Thing>,
    images: Vec<Image>,
    tags: Vec<(String, String)>,
    aliases: Vec<(String, String)>,
}

/// Reads the whole of it. `directories`: where pictures lie that are not in the backup.
pub fn read(origin: Origin, directories: Vec<PathBuf>) -> Result<(Batch, PictureSource), ImportError> {
    let (rows, zip) = match origin {
        Origin::Backup(zip) => {
            let Some(entry) = zip.find("database.sql").cloned() else {
                return Err(ImportError::Foreign("the archive has no database.sql: it is no backup of ThingDB".into()));
            };
            (rows(BufReader::new(zip.read(&entry).map_err(|error| unreadable(&error))?))?, Some(zip))
        }
        Origin::Dump(path) => {
            let file = File::open(&path).map_err(|error| ImportError::File { path, error })?;
            (rows(BufReader::new(file))?, None)
        }
    };
    if rows.things.is_empty() {
        return Err(ImportError::Foreign("the dump has no items of ThingDB".into()));
    }
    let inline: HashMap<String, String> =
        rows.images.iter().filter_map(|image| Some((image.file.clone(), image.inline.clone()?))).collect();
    let find = move |name: &str| find(name, &inline, zip.as_ref(), &directories);
    Ok((batch(rows), PictureSource::Embedded(Arc::new(find))))
}

fn unreadable(error: &io::Error) -> ImportError {
    ImportError::Foreign(error.to_string())
}

fn rows(dump: impl BufRead) -> Result<Rows, ImportError> {
    let mut rows = Rows::default();
    dump::read(dump, |row| {
        let text = |column: &str| row.cell(column).unwrap_or_default().trim().to_owned();
        match row.table {
            "items" => rows.things.push(Thing {
                guid: text("guid"),
                name: text("item_name"),
                description: text("description"),
                url: text("source_url"),
                created: text("created_date"),
                parent: Some(text("parent_guid")).filter(|guid| !guid.is_empty()),
                label: text("label_number"),
            }),
            "images" => {
                let id = text("id");
                let path = text("image_path");
                let path = if path.is_empty() { text("filename") } else { path };
                let inline = row.cell("image_data").and_then(|data| data.strip_prefix("\\x")).filter(|d| !d.is_empty());
                rows.images.push(Image {
                    item: text("item_guid"),
                    order: (text("is_primary") != "t", id.parse().unwrap_or(i64::MAX)),
                    file: match inline {
                        Some(_) => format!("image {id}"),
                        None => path.rsplit('/').next().unwrap_or_default().to_owned(),
                    },
                    rotation: text("rotation_degrees").parse().unwrap_or_default(),
                    inline: inline.map(str::to_owned),
                });
            }
            "categories" => rows.tags.push((text("item_guid"), text("category_name"))),
            "qr_aliases" => rows.aliases.push((text("item_guid"), text("qr_code"))),
            _ => {}
        }
    })
    .map_err(|error| unreadable(&error))?;
    Ok(rows)
}

/// A GUID as it is compared: theirs are kept as typed, in any case, with or without dashes.
fn canonical(guid: &str) -> String {
    Uuid::try_parse(guid).map_or_else(|_| guid.to_owned(), |uuid| uuid.to_string())
}

/// The things as records, children after no one in particular: places are found by their key.
fn batch(mut rows: Rows) -> Batch {
    let mut batch = Batch::default();
    let ghosts = absorb_ghosts(&mut rows);
    let (parents, mended) = tree::mend(&rows.things);
    let holders: HashSet<usize> = parents.iter().flatten().copied().collect();
    let keys = keys(&rows.things);
    let by_guid: HashMap<String, usize> =
        rows.things.iter().enumerate().map(|(index, thing)| (canonical(&thing.guid), index)).collect();
    let owner = |guid: &str| {
        let exact = rows.things.iter().position(|thing| thing.guid == guid);
        exact.or_else(|| by_guid.get(&canonical(guid)).copied())
    };
    let (mut tags, mut aliases): (HashMap<usize, Vec<String>>, HashMap<usize, Vec<String>>) = Default::default();
    let mut images: HashMap<usize, Vec<&Image>> = HashMap::new();
    let mut strays = 0;
    for (item, tag) in rows.tags.iter().filter(|(_, tag)| !tag.is_empty()) {
        match owner(item) {
            Some(index) => tags.entry(index).or_default().push(tag.chars().take(60).collect()),
            None => strays += 1,
        }
    }
    for (item, code) in rows.aliases.iter().filter(|(_, code)| !code.is_empty()) {
        match owner(item) {
            Some(index) => aliases.entry(index).or_default().push(canonical(code)),
            None => strays += 1,
        }
    }
    for image in &rows.images {
        match owner(&image.item) {
            Some(index) => images.entry(index).or_default().push(image),
            None => strays += 1,
        }
    }
    let (mut unsorted, mut nested, mut cut) = (0, 0, 0);
    for (index, thing) in rows.things.iter().enumerate() {
        let mut record = Record { line: 0, key: keys[index].clone(), ..Record::default() };
        let is_holder = holders.contains(&index);
        let parent = parents[index];
        record.say(
            Field::Kind,
            match (is_holder, parent) {
                (true, None) => "location",
                (true, Some(_)) => "container",
                (false, _) => "asset",
            },
        );
        nested += usize::from(is_holder && parent.is_some());
        let name = if thing.name.is_empty() { format!("Item {}", short(&thing.guid)) } else { thing.name.clone() };
        if name.chars().count() > LONGEST_NAME {
            cut += 1;
            record.say(Field::Notes, &*name);
        }
        record.say(Field::Name, name.chars().take(LONGEST_NAME).collect::<String>().trim());
        record.say(Field::Description, thing.description.chars().take(LONGEST_TEXT).collect::<String>());
        if ["http://", "https://"].iter().any(|scheme| thing.url.starts_with(scheme)) {
            record.say(Field::Url, thing.url.chars().take(2000).collect::<String>());
        } else {
            record.say(Field::Custom("Source".into()), &*thing.url);
        }
        record.say(Field::Custom("Label number".into()), &*thing.label);
        record.say(Field::Custom("Entered on".into()), thing.created.split(' ').next().unwrap_or_default());
        record.say(Field::Tags, join_list(&unique(tags.remove(&index).unwrap_or_default())));
        let mut codes = vec![canonical(&thing.guid)];
        codes.extend(aliases.remove(&index).unwrap_or_default());
        record.say(Field::Aliases, join_list(&unique(codes)));
        let mut of_it = images.remove(&index).unwrap_or_default();
        of_it.sort_by_key(|image| image.order);
        let named = |image: &&Image| match image.rotation.rem_euclid(360) {
            0 => image.file.clone(),
            turned => format!("{}@{turned}", image.file),
        };
        record.say(Field::Photo, join_list(&of_it.iter().map(named).collect::<Vec<_>>()));
        let place = match parent {
            Some(parent) => Some(PlaceRef::Key(keys[parent].clone())),
            None if is_holder => None,
            None => {
                unsorted += 1;
                Some(PlaceRef::Path(vec![UNSORTED.into()]))
            }
        };
        record.stock.extend(place.map(|place| StockCell { line: 0, place, quantity: None, lot: None }));
        batch.records.push(record);
    }
    let many = |count, what| (count > 0).then_some(Remark::Many { count, what });
    batch.remarks.extend(mended);
    batch.remarks.extend(
        [
            (unsorted > 0).then_some(Remark::Unsorted(unsorted)),
            many(nested, "things in a place that hold others are containers here; make those that are fixed locations"),
            many(ghosts, "empty items that a scan of the same code in other letters had made were left out"),
            many(cut, "names were longer than 200 letters; the whole of them is in the notes"),
            many(strays, "tags, codes or pictures of items that are not there were left out"),
        ]
        .into_iter()
        .flatten(),
    );
    batch
}

/// Scanning a code printed in other letters made an empty item of the same GUID: it is the same thing.
fn absorb_ghosts(rows: &mut Rows) -> usize {
    let mut by_guid: HashMap<String, usize> = HashMap::new();
    for thing in &rows.things {
        *by_guid.entry(canonical(&thing.guid)).or_default() += 1;
    }
    let used: HashSet<String> = rows
        .things
        .iter()
        .filter_map(|thing| thing.parent.clone())
        .chain(rows.images.iter().map(|image| image.item.clone()))
        .chain(rows.tags.iter().map(|(item, _)| item.clone()))
        .collect();
    let before = rows.things.len();
    rows.things.retain(|thing| {
        let is_bare = thing.description.is_empty()
            && (thing.name.is_empty() || thing.name.strip_prefix("Item_").is_some_and(|n| n.parse::<u64>().is_ok()))
            && !used.contains(&thing.guid);
        let same = by_guid.get_mut(&canonical(&thing.guid)).expect("every thing was counted");
        if is_bare && *same > 1 {
            *same -= 1;
            return false;
        }
        true
    });
    before - rows.things.len()
}

/// Keys by which the next import knows them again; two of one GUID keep theirs as written.
fn keys(things: &[Thing]) -> Vec<String> {
    let mut seen = HashSet::new();
    things
        .iter()
        .map(|thing| {
            let key = canonical(&thing.guid);
            if seen.insert(key.clone()) { key } else { format!("as written: {}", thing.guid) }
        })
        .collect()
}

fn unique(values: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    values.into_iter().filter(|value| seen.insert(value.to_lowercase())).collect()
}

fn short(guid: &str) -> String {
    guid.chars().take(8).collect()
}

/// A picture's bytes, turned as it was shown there.
fn find(name: &str, inline: &HashMap<String, String>, zip: Option<&Zip>, directories: &[PathBuf]) -> Option<Vec<u8>> {
    let (file, turned) = match name.rsplit_once('@') {
        Some((file, degrees)) => (file, degrees.parse::<u16>().ok()?),
        None => (name, 0),
    };
    let bytes = if let Some(data) = inline.get(file) {
        hex::decode(data).ok()?
    } else if let Some((zip, entry)) = zip.and_then(|zip| Some((zip, zip.find(&format!("images/{file}"))?))) {
        some(zip.read(entry).ok()?)?
    } else {
        // A name from their table; never a way out of the directories.
        let plain = !file.is_empty() && !file.contains(['/', '\\']) && file != ".." && file != ".";
        let path = directories.iter().map(|dir| dir.join(file)).find(|path| plain && path.is_file())?;
        some(File::open(path).ok()?)?
    };
    if turned == 0 { Some(bytes) } else { turn(&bytes, turned) }
}

/// No more than a picture may have.
fn some(from: impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Its pixels turned clockwise; what the camera wrote about its own position did not count there.
fn turn(bytes: &[u8], degrees: u16) -> Option<Vec<u8>> {
    let reader = || image::ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok();
    let (width, height) = reader()?.into_dimensions().ok()?;
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return None;
    }
    let picture = reader()?.decode().ok()?;
    let turned = match degrees {
        90 => picture.rotate90(),
        180 => picture.rotate180(),
        270 => picture.rotate270(),
        _ => picture,
    };
    let mut out = Cursor::new(Vec::new());
    turned.into_rgb8().write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 95)).ok()?;
    Some(out.into_inner())
}
