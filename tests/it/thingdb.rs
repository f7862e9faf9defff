//! The predecessor's data are taken over: its tree, pictures, tags, printed codes, and what of it cannot be.

use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use inventory::domain::{Actor, ItemId, ItemKind, RequestId};
use inventory::services::Services;
use inventory::services::catalog::ItemView;
use inventory::services::photos::Size;
use inventory::services::scan::Scanned;
use inventory::services::transfer::{ImportError, ImportOptions, ImportReport, Remark};
use inventory::store::lists::{ListFilter, ListOrder};

use crate::support::TestDb;

/// Files by name; every second one is packed.
fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for (number, (name, bytes)) in files.iter().enumerate() {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let (method, packed) = if number % 2 == 0 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).expect("packed");
            (8_u16, encoder.finish().expect("packed"))
        } else {
            (0, bytes.clone())
        };
        let offset = u32::try_from(out.len()).expect("small");
        let mut common = Vec::new();
        for value in [20, 0, method, 0, 0] {
            common.extend(value.to_le_bytes());
        }
        for value in [crc.sum(), packed.len() as u32, bytes.len() as u32] {
            common.extend(value.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        out.extend(0x0403_4b50_u32.to_le_bytes());
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(&packed);
        list.extend(0x0201_4b50_u32.to_le_bytes());
        list.extend(20_u16.to_le_bytes());
        list.extend(&common);
        list.extend([0; 10]);
        list.extend(offset.to_le_bytes());
        list.extend(name.as_bytes());
    }
    let (count, size, at) = (files.len() as u16, list.len() as u32, out.len() as u32);
    out.extend(&list);
    out.extend(0x0605_4b50_u32.to_le_bytes());
    out.extend([0; 4]);
    for _ in 0..2 {
        out.extend(count.to_le_bytes());
    }
    out.extend(size.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

/// A GUID by number, as its pages make them.
fn guid(number: u32) -> String {
    format!("5f0c{number:04x}-8d1e-4b6a-9c3f-0123456789ab")
}

/// A cell of COPY's text format.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")
}

/// What its `pg_dump --clean` writes, with rows of these items: (guid, name, description, parent).
fn dump(items: &[(String, &str, &str, Option<String>)], more: &str) -> String {
    let mut text = "--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n\
        DROP TABLE IF EXISTS public.items;\nCREATE TABLE public.items (\n    guid character varying(36) NOT NULL\n);\n\n\
        COPY public._schema_version (version, description, applied_at) FROM stdin;\n1\tInitial schema\t2024-01-01\n\\.\n\n\
        COPY public.items (guid, item_name, description, source_url, created_date, updated_date, parent_guid, \
        embedding_vector, label_number) FROM stdin;\n"
        .to_owned();
    for (number, (guid, name, description, parent)) in items.iter().enumerate() {
        let parent = parent.as_deref().unwrap_or("\\N");
        let vector = format!("[{}]", vec!["0.0123"; 384].join(", "));
        writeln!(
            text,
            "{guid}\t{}\t{}\t\\N\t2024-05-0{} 10:11:12.5\t2024-06-01 08:00:00\t{parent}\t{vector}\t{}",
            cell(name),
            cell(description),
            number % 9 + 1,
            number + 1
        )
        .expect("a string takes it");
    }
    write!(
        text,
        "\\.\n\n{more}\nSELECT pg_catalog.setval('public.label_number_seq', 12, true);\n\\! touch /tmp/never\n"
    )
    .expect("a string takes it");
    text
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    let image = image::RgbImage::from_fn(width, height, |x, _| image::Rgb([(x * 5) as u8, 90, 40]));
    let mut bytes = Cursor::new(Vec::new());
    image::DynamicImage::from(image).write_to(&mut bytes, image::ImageFormat::Png).expect("encodes");
    bytes.into_inner()
}

struct Takeover {
    _test: TestDb,
    services: Services,
    dir: tempfile::TempDir,
}

impl Takeover {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let services = Services::with_photos(&test.db, &dir.path().join("photos"));
        Self { _test: test, services, dir }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    async fn import(&self, path: &Path) -> Result<ImportReport, ImportError> {
        let options = ImportOptions::default();
        let transfer = &self.services.transfer;
        transfer.import(&Actor::program(), RequestId::new(), path, &options, &|_, _, _| {}).await
    }

    async fn scan(&self, text: &str) -> ItemView {
        match self.services.scan.resolve(&Actor::program(), text).await.expect("resolved") {
            Scanned::Item(item) => self.view(item.id).await,
            other => panic!("`{text}` is {other:?}"),
        }
    }

    async fn view(&self, id: ItemId) -> ItemView {
        self.services.catalog.view(&Actor::program(), id).await.expect("there")
    }

    async fn count(&self) -> usize {
        let list = self.services.catalog.list(&Actor::program(), &ListFilter::default(), ListOrder::Name).await;
        list.expect("listed").len()
    }
}

/// What the item lies in.
fn holder(view: &ItemView) -> Option<String> {
    view.stock.first()?.path.places.last().map(|place| place.name.clone())
}

#[tokio::test]
async fn a_backup_of_the_predecessor_is_taken_over_with_everything_on_it() {
    let takeover = Takeover::new().await;
    let items = [
        (guid(1), "Garage", "", None),
        (guid(2), "Red toolbox", "under the bench", Some(guid(1))),
        (guid(3).to_uppercase(), "note about CREATE DATABASE command", "line 1\nline 2\t\\connect x", Some(guid(2))),
        (guid(4), "Übergrößen-Schraube 日本", "", Some(guid(1))),
        (guid(5), "", "no name", None),
        // Scanned from a print in capitals: the predecessor made an empty double of the toolbox.
        (guid(2).to_uppercase(), "Item_0006", "", None),
    ];
    let more = format!(
        "COPY public.categories (id, item_guid, category_name) FROM stdin;\n1\t{0}\ttools\n2\t{0}\tTools\n3\t{1}\tred\n\\.\n\n\
         COPY public.qr_aliases (id, qr_code, item_guid) FROM stdin;\n1\thttps://old.example/x?17\t{1}\n2\t{2}\t{1}\n\\.\n\n\
         COPY public.images (id, item_guid, filename, image_data, thumbnail_data, preview_data, content_type, \
         rotation_degrees, is_primary, upload_date, description, ocr_text, ai_description, image_path, thumbnail_path, \
         preview_path) FROM stdin;\n\
         7\t{1}\ta.png\t\\N\t\\N\t\\N\timage/png\t0\tf\t2024-05-01\t\t\\N\t\\N\t/var/lib/thingdb/images/first.png\t\\N\t\\N\n\
         8\t{1}\tb.png\t\\N\t\\N\t\\N\timage/png\t90\tt\t2024-05-02\t\t\\N\t\\N\t/var/lib/thingdb/images/second.png\t\\N\t\\N\n\
         9\t{0}\tc.png\t\\\\x{3}\t\\N\t\\N\timage/png\t0\tt\t2024-05-02\t\t\\N\t\\N\t\\N\t\\N\t\\N\n\\.\n",
        guid(3).to_uppercase(),
        guid(2),
        guid(77).to_uppercase(),
        hex::encode(picture(12, 12)),
    );
    let backup = zip(&[
        ("metadata.json", br#"{"app_version": "1.3.0", "storage_method": "filesystem"}"#.to_vec()),
        ("database.sql", dump(&items, &more).into_bytes()),
        ("images/first.png", picture(40, 20)),
        ("images/second.png", picture(50, 10)),
    ]);
    let path = takeover.file("backup_20240601_080000.zip", &backup);
    let report = takeover.import(&path).await.expect("imported");
    assert_eq!((report.format, report.items, report.photos), ("thingdb", 5, 3), "{:?}", report.remarks);
    assert!(
        report.remarks.iter().any(|r| matches!(r, Remark::Many { count: 1, what } if what.contains("other letters")))
    );

    let toolbox = takeover.scan(&guid(2)).await;
    assert_eq!((toolbox.draft.name.as_str(), toolbox.draft.kind), ("Red toolbox", ItemKind::Container));
    assert_eq!(holder(&toolbox).as_deref(), Some("Garage"));
    assert_eq!(takeover.scan(&guid(1)).await.draft.kind, ItemKind::Location);
    // Printed in capitals, without dashes, within a URL, or under another code that was made one with it.
    for code in [guid(2).to_uppercase(), guid(2).replace('-', ""), format!("http://pi/item/{}", guid(2)), guid(77)] {
        assert_eq!(takeover.scan(&code).await.summary.id, toolbox.summary.id, "{code}");
    }
    assert_eq!(takeover.scan("https://old.example/x?17").await.summary.id, toolbox.summary.id);
    let note = takeover.scan(&guid(3)).await;
    assert_eq!(note.draft.name, "note about CREATE DATABASE command");
    assert_eq!(note.draft.description, "line 1\nline 2\t\\connect x");
    assert_eq!(note.draft.tags, ["tools"]);
    assert_eq!(note.draft.fields["Label number"], "3");
    assert_eq!(holder(&note).as_deref(), Some("Red toolbox"));
    assert_eq!(takeover.scan(&guid(4)).await.draft.name, "Übergrößen-Schraube 日本");
    let unnamed = takeover.scan(&guid(5)).await;
    assert_eq!((unnamed.draft.name.as_str(), holder(&unnamed).as_deref()), ("Item 5f0c0005", Some("Unsorted")));

    let photos = takeover.services.photos.of_item(&Actor::program(), toolbox.summary.id).await.expect("listed");
    let sizes: Vec<(i32, i32)> = photos.iter().map(|photo| (photo.width, photo.height)).collect();
    assert_eq!(sizes, [(10, 50), (40, 20)], "the primary one first, turned as it was shown");
    let shown = takeover.services.photos.path(&Actor::program(), photos[0].id, Size::Small).await.expect("known");
    assert!(shown.is_file());

    let before = takeover.count().await;
    let again = takeover.import(&path).await.expect("imported");
    assert_eq!((again.unchanged, again.booking, takeover.count().await), (5, None, before), "twice is once");
}

#[tokio::test]
async fn circles_orphans_and_depths_are_mended_and_said() {
    let takeover = Takeover::new().await;
    let mut items = vec![
        (guid(1), "Circle A", "", Some(guid(2))),
        (guid(2), "Circle B", "", Some(guid(1))),
        (guid(3), "Orphan", "", Some(guid(999))),
        (guid(4), "Itself", "", Some(guid(4))),
    ];
    // Deeper than the predecessor looked for circles, and than places nest here.
    for level in 0..40 {
        items.push((guid(100 + level), "Box in a box", "", (level > 0).then(|| guid(99 + level))));
    }
    let path = takeover.file("thingdb.sql", dump(&items, "").as_bytes());
    let report = takeover.import(&path).await.expect("imported");
    assert_eq!(report.items, 44);
    let said = |what: &str| report.remarks.iter().filter(|remark| remark.to_string().contains(what)).count();
    assert_eq!((said("inside itself"), said("not there")), (2, 1), "{:?}", report.remarks);
    assert_eq!(said("deeper than places nest"), 8);
    assert_eq!(holder(&takeover.scan(&guid(3)).await).as_deref(), Some("Unsorted"));
    let (a, b) = (takeover.scan(&guid(1)).await, takeover.scan(&guid(2)).await);
    assert_ne!(holder(&a).is_none(), holder(&b).is_none(), "one of the two lies in the other");
    assert!(takeover.services.stock.discrepancies(&Actor::program()).await.expect("compared").is_empty());
}

#[tokio::test]
async fn pictures_of_a_plain_dump_are_found_beside_it_and_nowhere_else() {
    let takeover = Takeover::new().await;
    std::fs::create_dir(takeover.dir.path().join("images")).expect("made");
    takeover.file("images/inside.png", &picture(20, 10));
    takeover.file("outside.txt", b"no picture");
    let row = |id: u32, path: &str| format!("{id}\t{}\tx.png\t0\tf\t{path}\n", guid(1));
    let more = format!(
        "COPY public.images (id, item_guid, filename, rotation_degrees, is_primary, image_path) FROM stdin;\n{}{}{}\\.\n",
        row(1, "/srv/images/inside.png"),
        row(2, "/etc/passwd"),
        row(3, "missing.png"),
    );
    let path = takeover.file("thingdb.sql", dump(&[(guid(1), "Lamp", "", None)], &more).as_bytes());
    let report = takeover.import(&path).await.expect("imported");
    assert_eq!(report.photos, 1);
    let missed = report.remarks.iter().filter(|remark| matches!(remark, Remark::NoPhoto { .. })).count();
    assert_eq!(missed, 2, "{:?}", report.remarks);
}

#[tokio::test]
async fn what_is_no_backup_of_the_predecessor_is_refused_and_nothing_is_done() {
    let takeover = Takeover::new().await;
    let whole = zip(&[("database.sql", dump(&[(guid(1), "Lamp", "", None)], "").into_bytes())]);
    let text = dump(&[(guid(1), "Lamp", "", None)], "");
    let (cut, _) = text.rsplit_once("\\.\n").expect("a block ends");
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("without a dump", zip(&[("images/a.png", picture(2, 2))]), "no database.sql"),
        ("without items", zip(&[("database.sql", b"-- PostgreSQL database dump\n".to_vec())]), "no items"),
        ("cut off", whole[..whole.len() - 30].to_vec(), "cannot be read"),
        ("a dump cut off", cut.as_bytes().to_vec(), "ends within"),
        ("garbage", [b"PK\x03\x04".to_vec(), vec![7; 500]].concat(), "cannot be read"),
    ];
    for (what, bytes, says) in cases {
        let path = takeover.file("broken", &bytes);
        let error = takeover.import(&path).await.expect_err(what).to_string();
        assert!(error.contains(says), "{what}: {error}");
        assert_eq!(takeover.count().await, 0, "{what}");
    }
}
