//! Labels as they come out of a printer: read again from the paper, in the right place, in any script.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use inventory::domain::label::{MEDIA, Medium};
use inventory::domain::{Actor, ItemDraft, ItemId, ItemKind, PersonId, Quantity, RequestId, Role};
use inventory::services::Services;
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::labels::{LabelError, Print, Printed};
use inventory::services::people::PersonDraft;
use inventory::services::scan::Scanned;

use crate::support::TestDb;

struct Shop {
    test: TestDb,
    services: Services,
    dir: tempfile::TempDir,
}

impl Shop {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let services = Services::new(&test.db);
        Self { test, services, dir: tempfile::tempdir().expect("a temporary directory") }
    }

    async fn make(&self, kind: ItemKind, name: &str, holder: Option<ItemId>) -> ItemId {
        let place = holder.map(|holder| Placement { holder, quantity: Quantity::from(1), lot: None });
        let new = NewItem { request: RequestId::new(), draft: ItemDraft::new(kind, name), place, codes: vec![] };
        self.services.catalog.create(&Actor::program(), new).await.expect("made").item
    }

    async fn items(&self, items: &[ItemId], print: &Print) -> Printed {
        self.services.labels.items(&Actor::program(), items, print).await.expect("printed")
    }

    async fn names(&self, code: &str) -> ItemId {
        match self.services.scan.resolve(&Actor::program(), code).await.expect("resolved") {
            Scanned::Item(item) => item.id,
            other => panic!("`{code}` is {other:?}"),
        }
    }

    fn paper(&self, printed: &Printed) -> Paper {
        let path = self.dir.path().join(format!("{}.pdf", uuid::Uuid::new_v4()));
        std::fs::write(&path, &printed.pdf).expect("written");
        Paper { path }
    }
}

/// What a scanner and a reader of texts find on a document, printed with 300 dots per inch: symbols page by page, words.
pub fn read_again(pdf: &[u8]) -> (Vec<Vec<Read>>, String) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let paper = Paper { path: dir.path().join("printed.pdf") };
    std::fs::write(&paper.path, pdf).expect("written");
    (paper.scan(), paper.text())
}

/// A document, looked at with poppler's tools.
struct Paper {
    path: PathBuf,
}

/// A code that was read, and where: the middle of it, in millimetres.
#[derive(Debug)]
pub struct Read {
    pub text: String,
    pub is_qr: bool,
    pub at: (f32, f32),
}

const DOTS_PER_INCH: f32 = 300.0;

impl Paper {
    fn tool(&self, name: &str, arguments: &[&str]) -> String {
        let output = Command::new(name).args(arguments).arg(&self.path).arg("-").output();
        let output =
            output.unwrap_or_else(|error| panic!("tests need poppler-utils (`make test` installs it): {error}"));
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What a reader of texts finds.
    fn text(&self) -> String {
        self.tool("pdftotext", &["-raw"])
    }

    /// Everything a scanner reads, page by page, printed with 300 dots per inch.
    fn scan(&self) -> Vec<Vec<Read>> {
        let root = self.path.with_extension("");
        let status = Command::new("pdftoppm")
            .args(["-r", "300", "-gray", "-png"])
            .arg(&self.path)
            .arg(&root)
            .status()
            .unwrap_or_else(|error| panic!("tests need poppler-utils (`make test` installs it): {error}"));
        assert!(status.success());
        let stem = root.file_name().expect("named").to_string_lossy().into_owned();
        let mut pages: Vec<PathBuf> = std::fs::read_dir(root.parent().expect("a directory"))
            .expect("listed")
            .map(|entry| entry.expect("listed").path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "png"))
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&stem)))
            .collect();
        pages.sort();
        pages.iter().map(|page| scan(page)).collect()
    }
}

fn scan(page: &Path) -> Vec<Read> {
    let image = image::open(page).expect("a picture").into_luma8();
    let (width, height) = image.dimensions();
    let found = rxing::helpers::detect_multiple_in_luma(image.into_raw(), width, height).unwrap_or_default();
    let millimetres = |dots: f32| dots / DOTS_PER_INCH * 25.4;
    found
        .into_iter()
        .map(|code| {
            let points = code.getPoints();
            let count = points.len().max(1) as f32;
            let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.x, y + point.y));
            Read {
                text: code.getText().to_owned(),
                is_qr: *code.getBarcodeFormat() == rxing::BarcodeFormat::QR_CODE,
                at: (millimetres(x / count), millimetres(y / count)),
            }
        })
        .collect()
}

fn print(medium: &str) -> Print {
    Print {
        medium: Medium::named(medium).expect("known"),
        start: 1,
        copies: 1,
        bars: false,
        address: None,
        outlined: false,
    }
}

#[tokio::test]
async fn every_label_of_a_sheet_is_read_again_where_it_belongs() {
    let shop = Shop::new().await;
    let hall = shop.make(ItemKind::Location, "Hall", None).await;
    let mut items = Vec::new();
    for number in 0..5 {
        items.push(shop.make(ItemKind::Asset, &format!("Cordless drill {number}"), Some(hall)).await);
    }
    let medium = Medium::named("avery-l7160").expect("known");
    let printed = shop.items(&items, &Print { start: 19, bars: true, ..print(medium.name) }).await;
    assert_eq!((printed.labels, printed.pages, printed.unprintable.len()), (5, 2, 0));
    let pages = shop.paper(&printed).scan();
    let places = medium.places(5, 19).expect("on the sheet");
    for (item, (page, area)) in items.iter().zip(places) {
        let within = |read: &&Read| {
            (area.left..area.left + area.width).contains(&read.at.0)
                && (area.top..area.top + area.height).contains(&read.at.1)
        };
        let here: Vec<&Read> = pages[page].iter().filter(within).collect();
        assert!(here.iter().any(|read| read.is_qr), "a QR code at {area:?} on page {page}");
        for read in here {
            assert_eq!(shop.names(&read.text).await, *item, "`{}` at {:?}", read.text, read.at);
        }
    }
    let qr = pages.iter().flatten().filter(|read| read.is_qr).count();
    assert_eq!(qr, 5, "nothing else is on the sheet");
}

#[tokio::test]
async fn a_path_too_long_for_its_label_keeps_its_end() {
    let shop = Shop::new().await;
    let mut place = shop.make(ItemKind::Location, "The old clubhouse by the river", None).await;
    for name in ["Workshop on the ground floor", "Shelf along the northern wall", "Drawer B4"] {
        place = shop.make(ItemKind::Location, name, Some(place)).await;
    }
    let item = shop.make(ItemKind::Asset, "Bench vice", Some(place)).await;
    let text = shop.paper(&shop.items(&[item], &print("avery-l7160")).await).text();
    assert!(text.contains("Drawer B4") && !text.contains("clubhouse"), "{text}");
}

#[tokio::test]
async fn bars_say_the_same_as_the_square() {
    let shop = Shop::new().await;
    let drill = shop.make(ItemKind::Asset, "Drill", None).await;
    let printed = shop.items(&[drill], &Print { bars: true, ..print("brother-dk11201") }).await;
    let reads = shop.paper(&printed).scan().remove(0);
    let texts: BTreeSet<&str> = reads.iter().map(|read| read.text.as_str()).collect();
    assert_eq!((reads.len(), texts.len()), (2, 1), "{texts:?}");
    assert_eq!(shop.names(&reads[0].text).await, drill);
}

#[tokio::test]
async fn the_smallest_label_of_every_medium_is_read() {
    let shop = Shop::new().await;
    let name = "Übergroße Schraube mit einem sehr langen Namen, der auf kein Etikett paßt 4×40";
    let screw = shop.make(ItemKind::Asset, name, None).await;
    for medium in MEDIA {
        // An address makes the symbol finer.
        let address = Some("https://storeroom.example.org/".to_owned());
        let printed = shop.items(&[screw], &Print { address, ..print(medium.name) }).await;
        let reads = shop.paper(&printed).scan().remove(0);
        assert_eq!(reads.len(), 1, "{}", medium.name);
        assert!(reads[0].text.starts_with("https://storeroom.example.org/i/U"), "{}", reads[0].text);
        assert_eq!(shop.names(&reads[0].text).await, screw);
    }
}

/// The predecessor's labels failed for every name outside of Latin-1.
#[tokio::test]
async fn names_in_any_script_are_printed() {
    let shop = Shop::new().await;
    let names =
        ["Übergrößen-Schraube 日本", "Ящик с инструментами", "Κιβώτιο", "ארגז כלים", "صندوق", "โกดัง", "Ω ≥ 5 µm"];
    let mut items = Vec::new();
    for name in names {
        items.push(shop.make(ItemKind::Asset, name, None).await);
    }
    let printed = shop.items(&items, &print("avery-l7160")).await;
    assert_eq!(printed.unprintable, [] as [char; 0], "the fonts of deploy/setup/packages.sh write all of these");
    let paper = shop.paper(&printed);
    let text: String = paper.text().split_whitespace().collect();
    for name in ["Übergrößen-Schraube", "日本", "инструментами", "Κιβώτιο", "≥5"] {
        assert!(text.contains(name), "{name} in {text}");
    }
    let fonts = Command::new("pdffonts").arg(&paper.path).output().expect("poppler-utils are installed");
    let fonts = String::from_utf8_lossy(&fonts.stdout).into_owned();
    let embedded: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(embedded.len() >= 4, "{fonts}");
    // `emb sub uni`: part of the document, only the letters that are needed, readable as text.
    assert!(embedded.iter().all(|line| line.contains("yes yes yes")), "{fonts}");
    assert!(printed.pdf.len() < 300_000, "{} bytes", printed.pdf.len());
}

#[tokio::test]
async fn a_letter_no_font_has_is_left_out_and_said() {
    let shop = Shop::new().await;
    let item = shop.make(ItemKind::Asset, "Box \u{10FFFD}", None).await;
    let printed = shop.items(&[item], &print("avery-l7160")).await;
    assert_eq!(printed.unprintable, ['\u{10FFFD}']);
}

#[tokio::test]
async fn blank_labels_take_codes_that_name_nothing_yet() {
    let shop = Shop::new().await;
    let labels = &shop.services.labels;
    let printed = labels.blank(&Actor::program(), 3, &print("avery-l7651")).await.expect("printed");
    let reads = shop.paper(&printed).scan().remove(0);
    assert_eq!(reads.len(), 3);
    for read in &reads {
        let found = shop.services.scan.resolve(&Actor::program(), &read.text).await.expect("resolved");
        assert!(matches!(found, Scanned::Blank { .. }), "{}: {found:?}", read.text);
    }
    let codes = async || {
        let client = shop.test.client().await;
        client.query_one("select count(*) from code", &[]).await.expect("counted").get::<_, i64>(0)
    };
    let before = codes().await;
    let refused = labels.blank(&Actor::program(), 3, &Print { start: 99, ..print("avery-l7651") }).await;
    assert!(matches!(refused, Err(LabelError::Medium(_))));
    assert!(matches!(
        labels.blank(&Actor::program(), 5000, &print("avery-l7651")).await,
        Err(LabelError::TooMany(5000))
    ));
    assert_eq!(codes().await, before, "what is not printed takes no codes");
}

#[tokio::test]
async fn a_list_says_what_lies_in_a_place() {
    let shop = Shop::new().await;
    let hall = shop.make(ItemKind::Location, "Hall", None).await;
    let crate_ = shop.make(ItemKind::Container, "Crate", Some(hall)).await;
    for number in 0..60 {
        shop.make(ItemKind::Asset, &format!("Cup {number}"), Some(crate_)).await;
    }
    let labels = &shop.services.labels;
    let direct = labels.contents(&Actor::program(), hall, false, None).await.expect("printed");
    assert_eq!((direct.labels, direct.pages), (1, 1));
    let nested = labels.contents(&Actor::program(), hall, true, None).await.expect("printed");
    assert_eq!((nested.labels, nested.pages), (61, 2));
    let paper = shop.paper(&nested);
    let text: String = paper.text().split_whitespace().collect();
    assert!(text.contains("Crate") && text.contains("Cup59") && text.contains("2/2"), "{text}");
    for page in paper.scan() {
        assert_eq!(shop.names(&page[0].text).await, hall, "its own label is the heading");
    }
    let cup = shop.make(ItemKind::Asset, "Lone cup", Some(hall)).await;
    assert!(matches!(labels.contents(&Actor::program(), cup, false, None).await, Err(LabelError::NoPlace(_))));
}

#[tokio::test]
async fn a_badge_lets_its_owner_in_and_shows_no_secret_in_words() {
    let shop = Shop::new().await;
    let draft = PersonDraft { name: "Ann Meyer".into(), role: Role::Keeper, login: None };
    let ann = shop.services.people.add(&Actor::program(), &draft).await.expect("added");
    let labels = &shop.services.labels;
    let keeper = Actor::person(PersonId::new(), Role::Keeper);
    assert!(matches!(labels.badges(&keeper, &[ann], &print("dymo-99012")).await, Err(LabelError::Forbidden(_))));
    let printed = labels.badges(&Actor::program(), &[ann], &print("dymo-99012")).await.expect("printed");
    let paper = shop.paper(&printed);
    let secret = paper.scan().remove(0).remove(0).text;
    let actor = shop.services.people.sign_in_with_badge(&secret).await.expect("asked").expect("it is hers");
    assert_eq!((actor.person, actor.role), (Some(ann), Role::Member), "a badge is worth no more than a member");
    let text = paper.text();
    assert!(text.contains("Ann Meyer") && !text.contains(&secret), "{text}");
}

#[tokio::test]
async fn what_cannot_be_printed_is_refused() {
    let shop = Shop::new().await;
    let item = shop.make(ItemKind::Asset, "Cup", None).await;
    let labels = &shop.services.labels;
    let usual = print("avery-l7160");
    let member = Actor::person(PersonId::new(), Role::Member);
    assert!(matches!(labels.items(&member, &[item], &usual).await, Err(LabelError::Forbidden(_))));
    assert!(matches!(labels.items(&Actor::program(), &[], &usual).await, Err(LabelError::Nothing)));
    assert!(matches!(labels.items(&Actor::program(), &[ItemId::new()], &usual).await, Err(LabelError::NotFound)));
    let many = Print { copies: 3000, ..usual.clone() };
    assert!(matches!(labels.items(&Actor::program(), &[item], &many).await, Err(LabelError::TooMany(3000))));
    let long = Print { address: Some(format!("https://{}.example", "x".repeat(4000))), ..usual };
    assert!(matches!(labels.items(&Actor::program(), &[item], &long).await, Err(LabelError::TooLong)));
}
