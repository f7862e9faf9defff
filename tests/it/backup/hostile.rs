//! Archives that are broken, or made to do harm: each is refused with a sentence, and nothing is changed.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use inventory::services::backup::manifest::Manifest;
use sha2::{Digest, Sha256};
use tar::EntryType;

use super::House;

/// An archive in pieces, to be put together wrongly.
struct Pieces {
    manifest: serde_json::Value,
    parts: Vec<(String, EntryType, Vec<u8>)>,
}

impl Pieces {
    fn of(path: &Path) -> Self {
        let plain = zstd::decode_all(std::fs::File::open(path).expect("there")).expect("zstd");
        let mut archive = tar::Archive::new(plain.as_slice());
        let mut parts = Vec::new();
        for entry in archive.entries().expect("tar") {
            let mut entry = entry.expect("an entry");
            let name = entry.path().expect("a name").display().to_string();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("read");
            parts.push((name, EntryType::Regular, bytes));
        }
        let (name, _, text) = parts.remove(0);
        assert_eq!(name, "manifest.json");
        Self { manifest: serde_json::from_slice(&text).expect("JSON"), parts }
    }

    fn write(&self, path: &Path) {
        let file = std::fs::File::create(path).expect("created");
        let mut tar = tar::Builder::new(zstd::Encoder::new(file, 1).expect("zstd").auto_finish());
        let manifest = serde_json::to_vec(&self.manifest).expect("JSON");
        let first = ("manifest.json".to_owned(), EntryType::Regular, manifest);
        for (name, kind, bytes) in std::iter::once(&first).chain(&self.parts) {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(*kind);
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(bytes.len() as u64);
            if kind.is_symlink() {
                header.set_link_name("/etc/passwd").expect("a link");
            }
            header.set_cksum();
            tar.append(&header, bytes.as_slice()).expect("written");
        }
        tar.into_inner().expect("ended").flush().expect("flushed");
    }

    fn part(&mut self, name: &str) -> &mut (String, EntryType, Vec<u8>) {
        self.parts.iter_mut().find(|(its, ..)| its == name).expect("the part is there")
    }

    /// Another text for a table, with all that the manifest says of it made to agree.
    fn forge(&mut self, table: &str, change: impl FnOnce(&mut String)) {
        let (_, _, bytes) = self.part(&format!("tables/{table}.csv"));
        let mut text = String::from_utf8(std::mem::take(bytes)).expect("UTF-8");
        change(&mut text);
        *bytes = text.into_bytes();
        let (size, hash) = (bytes.len(), hex::encode(Sha256::digest(&*bytes)));
        let entry = self.table(table);
        entry["bytes"] = size.into();
        entry["sha256"] = hash.into();
    }

    fn table(&mut self, name: &str) -> &mut serde_json::Value {
        let tables = self.manifest["tables"].as_array_mut().expect("a list");
        tables.iter_mut().find(|table| table["name"] == name).expect("the table is there")
    }
}

/// A house with a backup, and what it looked like.
struct Siege {
    house: House,
    archive: PathBuf,
    before: (std::collections::BTreeMap<String, String>, std::collections::BTreeMap<PathBuf, Vec<u8>>),
}

impl Siege {
    async fn begin() -> Self {
        let house = House::furnished().await;
        let archive = house.back_up().await.path;
        let before = (house.fingerprint().await, house.files());
        Self { house, archive, before }
    }

    /// The archive with this change is refused, and everything is as before.
    async fn refuses(&self, what: &str, change: impl FnOnce(&mut Pieces), says: &str) {
        let mut pieces = Pieces::of(&self.archive);
        change(&mut pieces);
        let path = self.house.dir.path().join("forged.tar.zst");
        pieces.write(&path);
        self.refuses_file(what, &path, says).await;
    }

    async fn refuses_file(&self, what: &str, path: &Path, says: &str) {
        let error = self.house.restore(path).await.expect_err(what).to_string();
        assert!(error.contains(says), "{what}: {error}");
        assert_eq!((self.house.fingerprint().await, self.house.files()), self.before, "{what}");
        assert_eq!(self.house.leftovers().await, [] as [String; 0], "{what}");
        assert!(!self.house.photos().join("restoring").exists(), "{what}");
        assert!(!self.house.dir.path().join("data/restore.json").exists(), "{what}");
    }
}

#[tokio::test]
async fn an_archive_that_is_put_together_again_is_the_same() {
    // The test of the tests below: their tools alone break nothing.
    let house = House::furnished().await;
    let archive = house.back_up().await.path;
    let path = house.dir.path().join("again.tar.zst");
    Pieces::of(&archive).write(&path);
    house.restore(&path).await.expect("restored");
    house.purge().await;
}

/// The predecessor ran whatever a backup's `database.sql` said, `\!` included.
#[tokio::test]
async fn nothing_in_an_archive_is_run() {
    let siege = Siege::begin().await;
    let marker = siege.house.dir.path().join("owned");
    let script = format!("\\! touch {}\ndrop table inventory.item;\n", marker.display()).into_bytes();
    let sql = ("database.sql".to_owned(), EntryType::Regular, script);
    siege.refuses("a script first", |p| p.parts.insert(0, sql.clone()), "`database.sql` is in its place").await;
    siege.refuses("a script last", |p| p.parts.push(sql.clone()), "cut off").await;
    siege
        .refuses(
            "a table called so",
            |p| p.table("item")["name"] = "item; drop table person".into(),
            "no table of ours",
        )
        .await;
    siege.refuses("columns", |p| p.table("item")["columns"][0] = "id\", \"x".into(), "no table of ours").await;
    siege.refuses("a catalogue", |p| p.table("tag")["name"] = "pg_authid".into(), "does not have").await;
    let program = "name\n\\! touch /tmp/x\n";
    siege.refuses("a statement for rows", |p| p.forge("tag", |text| *text = program.into()), "`tag`").await;
    assert!(!marker.exists());
}

/// The predecessor dropped everything first, took garbage for a success, and without a script removed all pictures.
#[tokio::test]
async fn a_broken_archive_leaves_everything_as_it_is() {
    let siege = Siege::begin().await;
    let whole = std::fs::read(&siege.archive).expect("read");
    let path = siege.house.dir.path().join("broken.tar.zst");
    for share in [0, 1, 30, 60, 90, 99] {
        std::fs::write(&path, &whole[..whole.len() * share / 100]).expect("written");
        let says = if share < 2 { "" } else { "the backup is" };
        siege.refuses_file(&format!("{share} % of it"), &path, says).await;
    }
    std::fs::write(&path, &whole[..whole.len() - 1]).expect("written");
    siege.refuses_file("all but a byte", &path, "cut off").await;
    for at in [whole.len() / 3, whole.len() / 2, whole.len() - 20] {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        std::fs::write(&path, flipped).expect("written");
        siege.refuses_file(&format!("byte {at} flipped"), &path, "backup").await;
    }
    std::fs::write(&path, b"PK\x03\x04 a zip").expect("written");
    siege.refuses_file("another kind of file", &path, "no backup of inventory").await;
    siege.refuses_file("a directory", siege.house.dir.path(), "no backup of inventory").await;
    siege.refuses_file("nothing", Path::new("/no/such/file"), "/no/such/file").await;
    siege.refuses("no tables", |p| p.parts.clear(), "cut off").await;
}

#[tokio::test]
async fn parts_that_are_not_what_the_manifest_says_are_refused() {
    let siege = Siege::begin().await;
    siege.refuses("other content", |p| p.part("tables/item.csv").2[0] ^= 1, "content of tables/item.csv").await;
    siege.refuses("another size", |p| p.part("tables/item.csv").2.push(b'x'), "the manifest says").await;
    siege
        .refuses(
            "another picture",
            |p| p.parts.iter_mut().find(|(n, ..)| n.starts_with("pictures/")).expect("one").2[0] ^= 1,
            "content of pictures/",
        )
        .await;
    siege.refuses("a part missing", |p| drop(p.parts.remove(0)), "is in its place").await;
    siege.refuses("a part twice", |p| p.parts.insert(0, p.parts[0].clone()), "is in its place").await;
    siege.refuses("another order", |p| p.parts.swap(0, 1), "is in its place").await;
    siege.refuses("more rows", |p| p.table("tag")["rows"] = 77.into(), "77").await;
}

#[tokio::test]
async fn a_part_reaches_no_place_of_its_own_choice() {
    let siege = Siege::begin().await;
    for name in ["../../escaped", "/tmp/inventory-escaped", "tables/../../escaped"] {
        siege.refuses(name, |p| p.part("tables/item.csv").0 = name.into(), "is in its place").await;
    }
    let kinds = [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Directory,
        EntryType::Char,
        EntryType::GNULongName,
        EntryType::XHeader,
        EntryType::GNUSparse,
    ];
    for kind in kinds {
        siege.refuses("a part that is no file", |p| p.part("tables/item.csv").1 = kind, "no plain file").await;
    }
    let picture = |p: &mut Pieces| p.manifest["pictures"][0]["sha256"] = "../../../../tmp/inventory-escaped".into();
    siege.refuses("a picture's name", picture, "no hash").await;
}

#[tokio::test]
async fn sizes_that_no_disk_holds_are_refused_before_anything_is_written() {
    let siege = Siege::begin().await;
    let huge = 1_u64 << 60;
    siege.refuses("a huge picture", |p| p.manifest["pictures"][0]["bytes"] = huge.into(), "not enough space").await;
    siege.refuses("a huge table", |p| p.table("item")["bytes"] = huge.into(), "not enough space").await;
    siege.refuses("beyond measure", |p| p.table("item")["bytes"] = u64::MAX.into(), "beyond all measure").await;
    // A bomb: little on the disk, much when unpacked, and its size not said.
    let zeros = vec![0; 50_000_000];
    siege.refuses("a bomb", |p| p.part("tables/item.csv").2 = zeros, "the manifest says").await;
}

#[tokio::test]
async fn rows_that_do_not_fit_together_are_refused() {
    let siege = Siege::begin().await;
    let nobody = "01900000-0000-7000-8000-0000000000ff";
    siege
        .refuses(
            "a tag of an item that is not there",
            |p| {
                p.forge("item_tag", |text| {
                    let tag = text.lines().nth(1).expect("a row").split(',').nth(1).expect("a tag").to_owned();
                    text.extend([nobody.to_owned(), ",".to_owned(), tag, ",1\n".to_owned()]);
                });
                let rows = p.table("item_tag")["rows"].as_u64().expect("a number");
                p.table("item_tag")["rows"] = (rows + 1).into();
            },
            "item_tag_item_fkey",
        )
        .await;
    siege
        .refuses(
            "more stock than was booked",
            |p| p.forge("stock", |text| *text = text.replace("93.000000", "94.000000")),
            "sum of their movements",
        )
        .await;
    siege
        .refuses(
            "less than none",
            |p| p.forge("stock", |text| *text = text.replace("93.000000", "-3.000000")),
            "stock_quantity_positive",
        )
        .await;
    siege.refuses("no number", |p| p.forge("stock", |text| *text = text.replace("93.000000", "many")), "`stock`").await;
}

#[tokio::test]
async fn a_schema_this_program_does_not_have_is_refused_with_a_sentence() {
    let siege = Siege::begin().await;
    let newer = serde_json::json!({"version": 9999, "name": "from_the_future", "checksum": "1"});
    siege
        .refuses(
            "a newer one",
            |p| p.manifest["schema"].as_array_mut().expect("a list").push(newer.clone()),
            "install that version first",
        )
        .await;
    siege.refuses("another one", |p| p.manifest["schema"][1]["checksum"] = "1".into(), "V2 differs").await;
    siege.refuses("none", |p| p.manifest["schema"] = serde_json::json!([]), "V1 differs").await;
    siege
        .refuses("a later format", |p| p.manifest["format"] = 2.into(), "a later version of inventory (format 2)")
        .await;
    let manifest = Pieces::of(&siege.archive).manifest;
    Manifest::parse(manifest.to_string().as_bytes()).expect("unchanged, it is sound");
}
