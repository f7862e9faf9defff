//! Pictures: taken in whole or not at all, upright, without what a camera wrote into them.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use inventory::domain::{Actor, ItemDraft, ItemId, ItemKind, RequestId};
use inventory::services::Services;
use inventory::services::catalog::NewItem;
use inventory::services::photos::{MOST_BYTES, PhotoError, PictureError, Size, Source, Swept};

use crate::support::TestDb;

struct Album {
    test: TestDb,
    services: Services,
    keeper: Actor,
    item: ItemId,
    dir: tempfile::TempDir,
}

impl Album {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let services = Services::with_photos(&test.db, &dir.path().join("photos"));
        let keeper = Actor::program();
        let item = make(&services, &keeper, "Camera").await;
        Self { test, services, keeper, item, dir }
    }

    async fn add(&self, bytes: Vec<u8>) -> Result<inventory::services::photos::Added, PhotoError> {
        self.services.photos.add(&self.keeper, self.item, Source::Bytes(bytes), "").await
    }

    /// The refusal of a file, after checking that it left nothing behind.
    async fn refusal(&self, bytes: Vec<u8>) -> String {
        let before = self.files();
        let refused = self.add(bytes).await.expect_err("refused").to_string();
        assert_eq!(self.files(), before, "left behind by: {refused}");
        refused
    }

    /// Every file under the pictures' directory.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        walk(self.dir.path(), &mut files);
        files.sort();
        files
    }

    async fn read(&self, photo: inventory::domain::PhotoId, size: Size) -> Vec<u8> {
        let path = self.services.photos.path(&self.keeper, photo, size).await.expect("known");
        std::fs::read(path).expect("the file is there")
    }

    async fn sweep(&self) -> Swept {
        self.services.photos.sweep(&self.keeper).await.expect("swept")
    }
}

async fn make(services: &Services, keeper: &Actor, name: &str) -> ItemId {
    let draft = ItemDraft::new(ItemKind::Asset, name);
    let new = NewItem { request: RequestId::new(), draft, place: None, codes: vec![] };
    services.catalog.create(keeper, new).await.expect("made").item
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("listed") {
        let path = entry.expect("listed").path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

/// 60 × 30: red on the left, blue on the right, a green line on top.
pub fn drawing() -> RgbImage {
    RgbImage::from_fn(60, 30, |x, y| match (x, y) {
        (_, 0..6) => Rgb([0, 200, 0]),
        (0..30, _) => Rgb([220, 0, 0]),
        _ => Rgb([0, 0, 220]),
    })
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

/// A JPEG with an EXIF segment: an orientation, a maker, and a place on earth.
pub fn camera_jpeg(image: &RgbImage, orientation: u16) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let mut bytes = Vec::new();
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
        bytes
    };
    let gps = 8 + 2 + 3 * 12 + 4;
    let latitude = gps + 2 + 2 * 12 + 4;
    tiff.extend(3u16.to_le_bytes());
    tiff.extend(entry(0x010f, 2, 4, u32::from_le_bytes(*b"Gps\0")));
    tiff.extend(entry(0x0112, 3, 1, u32::from(orientation)));
    tiff.extend(entry(0x8825, 4, 1, gps));
    tiff.extend(0u32.to_le_bytes());
    tiff.extend(2u16.to_le_bytes());
    tiff.extend(entry(0x0001, 2, 2, u32::from_le_bytes(*b"N\0\0\0")));
    tiff.extend(entry(0x0002, 5, 3, latitude));
    tiff.extend(0u32.to_le_bytes());
    for (over, under) in [(54u32, 1u32), (11, 1), (424_242, 10_000)] {
        tiff.extend(over.to_le_bytes());
        tiff.extend(under.to_le_bytes());
    }
    let plain = encoded(image.clone(), ImageFormat::Jpeg);
    let mut jpeg = plain[..2].to_vec();
    jpeg.extend([0xff, 0xe1]);
    jpeg.extend(u16::try_from(tiff.len() + 8).expect("short").to_be_bytes());
    jpeg.extend(b"Exif\0\0");
    jpeg.extend(tiff);
    jpeg.extend(&plain[2..]);
    jpeg
}

pub fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn every_kind_of_picture_is_taken_and_shown_as_jpeg() {
    let album = Album::new().await;
    for (shift, format) in
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Tiff]
            .into_iter()
            .enumerate()
    {
        let mut image = drawing();
        image.put_pixel(shift as u32, 20, Rgb([255, 255, 255]));
        let added = album.add(encoded(image, format)).await.unwrap_or_else(|e| panic!("{format:?}: {e}"));
        for size in [Size::Full, Size::Large, Size::Small] {
            let shown = album.read(added.photo, size).await;
            let shown = image::load_from_memory_with_format(&shown, ImageFormat::Jpeg).expect("a JPEG");
            assert_eq!((shown.width(), shown.height()), (60, 30), "never enlarged");
        }
    }
    let photos = album.services.photos.of_item(&album.keeper, album.item).await.expect("listed");
    assert_eq!(photos.iter().map(|p| p.position).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(photos[2].media_type, "image/webp");
}

#[tokio::test]
async fn a_large_picture_is_kept_in_three_sizes() {
    let album = Album::new().await;
    let added = album.add(encoded(RgbImage::new(2000, 1000), ImageFormat::Jpeg)).await.expect("taken");
    for (size, expected) in [(Size::Full, (2000, 1000)), (Size::Large, (1280, 640)), (Size::Small, (320, 160))] {
        let shown = image::load_from_memory(&album.read(added.photo, size).await).expect("a JPEG");
        assert_eq!((shown.width(), shown.height()), expected);
    }
}

#[tokio::test]
async fn what_shines_through_is_white() {
    let album = Album::new().await;
    let clear = RgbaImage::from_pixel(20, 20, Rgba([0, 0, 0, 0]));
    let added = album.add(encoded(clear, ImageFormat::Png)).await.expect("taken");
    let shown = image::load_from_memory(&album.read(added.photo, Size::Full).await).expect("a JPEG").into_rgb8();
    assert!(shown.pixels().all(|p| p.0.iter().all(|&c| c > 250)), "{:?}", shown.get_pixel(3, 3));
}

#[tokio::test]
async fn pictures_stand_upright_whichever_way_the_camera_was_held() {
    let album = Album::new().await;
    for exif in 1..=8u8 {
        // The sensor's picture is the upright one turned the other way.
        let turn = Orientation::from_exif(exif).expect("1 to 8");
        let back = match turn {
            Orientation::Rotate90 => Orientation::Rotate270,
            Orientation::Rotate270 => Orientation::Rotate90,
            other => other,
        };
        let mut sensor = DynamicImage::ImageRgb8(drawing());
        sensor.apply_orientation(back);
        let added = album.add(camera_jpeg(&sensor.into_rgb8(), exif.into())).await.expect("taken");
        let shown = image::load_from_memory(&album.read(added.photo, Size::Full).await).expect("a JPEG").into_rgb8();
        assert_eq!(shown.dimensions(), (60, 30), "orientation {exif}");
        let close = |x, y, expected: [u8; 3]| {
            let found = shown.get_pixel(x, y).0;
            assert!(found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 40), "orientation {exif}: {found:?}");
        };
        close(30, 2, [0, 200, 0]);
        close(10, 20, [220, 0, 0]);
        close(50, 20, [0, 0, 220]);
        let row = album.services.photos.of_item(&album.keeper, album.item).await.expect("listed").pop().expect("one");
        assert_eq!((row.width, row.height), (60, 30));
        album.services.photos.remove(&album.keeper, added.photo).await.expect("removed");
    }
}

#[tokio::test]
async fn no_shown_byte_says_where_a_picture_was_taken() {
    let album = Album::new().await;
    let jpeg = camera_jpeg(&drawing(), 6);
    assert!(holds(&jpeg, b"Exif\0\0") && holds(&jpeg, &[0x25, 0x88]), "the test's own file has a place");
    let added = album.add(jpeg.clone()).await.expect("taken");
    for size in [Size::Full, Size::Large, Size::Small] {
        let shown = album.read(added.photo, size).await;
        assert!(!holds(&shown, b"Exif") && !holds(&shown, b"http://ns.adobe.com"), "{size:?}");
        // 424242/10000 seconds of latitude, as the camera wrote them.
        assert!(!holds(&shown, &424_242u32.to_le_bytes()), "{size:?}");
        let mut at = 2;
        while shown[at + 1] != 0xda {
            assert!(!matches!(shown[at + 1], 0xe1..=0xef | 0xfe), "{size:?} holds segment {:02x}", shown[at + 1]);
            at += 2 + usize::from(u16::from_be_bytes([shown[at + 2], shown[at + 3]]));
        }
    }
    let (original, _) = album.services.photos.original(&album.keeper, added.photo).await.expect("kept");
    assert_eq!(std::fs::read(original).expect("kept"), jpeg);
    let member = Actor { person: None, role: inventory::domain::Role::Member };
    let refused = album.services.photos.original(&member, added.photo).await;
    assert!(matches!(refused, Err(PhotoError::Forbidden(_))));
}

#[tokio::test]
async fn what_is_no_picture_is_named_and_leaves_nothing_behind() {
    let album = Album::new().await;
    let png = encoded(drawing(), ImageFormat::Png);
    assert_eq!(album.refusal(vec![]).await, "the file is empty");
    assert!(album.refusal(b"<!doctype html><script>alert(1)</script>".to_vec()).await.contains("a web page"));
    assert!(album.refusal(b"<svg onload='x'/>".to_vec()).await.contains("SVG pictures cannot be read"));
    assert!(album.refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()).await.contains("HEIC"));
    assert!(album.refusal(b"%PDF-1.7".to_vec()).await.contains("a PDF"));
    for cut in [9, 20, 40, png.len() / 2] {
        assert!(album.refusal(png[..cut].to_vec()).await.contains("PNG file is damaged"), "cut at {cut}");
    }
    let mut jpeg = encoded(drawing(), ImageFormat::Jpeg);
    jpeg.truncate(100);
    assert!(album.refusal(jpeg).await.contains("JPEG file is damaged"));
    let mut large = png.clone();
    large.resize(MOST_BYTES + 1, 0);
    assert_eq!(album.refusal(large).await, "the file is larger than 50 MB");
    for name in ["gif", "webp", "tiff", "bmp"] {
        let format = ImageFormat::from_extension(name).expect("known");
        let mut bytes = encoded(drawing(), format);
        bytes.truncate(30);
        assert!(album.refusal(bytes).await.contains("damaged"), "{name}");
    }
    assert!(album.files().is_empty());
}

#[tokio::test]
async fn a_small_file_that_claims_to_be_huge_is_refused_before_it_is_decoded() {
    let album = Album::new().await;
    let mut png = encoded(drawing(), ImageFormat::Png);
    png[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    // The header's checksum, so that only the size speaks against it.
    let checksum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    let began = std::time::Instant::now();
    assert!(album.refusal(png).await.contains("60000 × 60000"));
    assert!(began.elapsed().as_secs() < 2);
    let mut gif = encoded(drawing(), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    assert!(album.refusal(gif).await.contains("65535 × 65535"));
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[tokio::test]
async fn a_picture_is_what_it_holds_whatever_its_name() {
    let album = Album::new().await;
    let path = album.dir.path().join("holiday.txt");
    std::fs::write(&path, encoded(drawing(), ImageFormat::WebP)).expect("written");
    let added = album.services.photos.add(&album.keeper, album.item, Source::File(path), " On the lake ").await;
    let photo = album.services.photos.of_item(&album.keeper, album.item).await.expect("listed").pop().expect("one");
    assert_eq!((photo.id, photo.caption.as_str()), (added.expect("taken").photo, "On the lake"));
    let refused = album.services.photos.add(&album.keeper, album.item, Source::File("/dev/zero".into()), "").await;
    assert!(matches!(refused, Err(PhotoError::File { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_same_picture_is_on_an_item_once_and_its_files_are_shared() {
    let album = Album::new().await;
    let bytes = encoded(drawing(), ImageFormat::Png);
    let first = album.add(bytes.clone()).await.expect("taken");
    let again = album.add(bytes.clone()).await.expect("known");
    assert_eq!((again.photo, again.already), (first.photo, true));
    let other = make(&album.services, &album.keeper, "Spare camera").await;
    let there = album.services.photos.add(&album.keeper, other, Source::Bytes(bytes), "").await.expect("taken");
    assert_eq!(album.files().len(), 4, "one original, three sizes");
    album.services.photos.remove(&album.keeper, first.photo).await.expect("removed");
    assert!(!album.read(there.photo, Size::Small).await.is_empty());
    album.services.photos.remove(&album.keeper, there.photo).await.expect("removed");
    assert!(album.files().is_empty(), "{:?}", album.files());
}

#[tokio::test]
async fn the_first_picture_is_the_primary_one_until_another_is_chosen() {
    let album = Album::new().await;
    let mut ids = Vec::new();
    for side in [20, 21, 22] {
        ids.push(album.add(encoded(RgbImage::new(side, side), ImageFormat::Png)).await.expect("taken").photo);
    }
    album.services.photos.make_primary(&album.keeper, ids[2]).await.expect("chosen");
    let order = async || {
        let photos = album.services.photos.of_item(&album.keeper, album.item).await.expect("listed");
        photos.iter().map(|p| p.id).collect::<Vec<_>>()
    };
    assert_eq!(order().await, [ids[2], ids[0], ids[1]]);
    album.services.photos.remove(&album.keeper, ids[2]).await.expect("removed");
    assert_eq!(order().await, [ids[0], ids[1]]);
    let partly = album.services.photos.reorder(&album.keeper, album.item, &ids[..1]).await;
    assert!(matches!(partly, Err(PhotoError::NotFound)));
}

#[tokio::test]
async fn what_a_killed_program_left_is_swept_and_nothing_else() {
    let album = Album::new().await;
    let kept = album.add(encoded(drawing(), ImageFormat::Png)).await.expect("taken");
    album.sweep().await;
    let whole = album.files();
    // Killed while writing: a stage nobody holds. Killed between file and row: files without a row.
    let root = album.dir.path().join("photos");
    std::fs::create_dir_all(root.join("tmp/6f1c")).expect("made");
    std::fs::write(root.join("tmp/6f1c/original"), b"half").expect("written");
    let lonely = "ab".repeat(32);
    for file in [format!("original/ab/{lonely}"), format!("derived/ab/{lonely}/full.jpg")] {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("made");
        std::fs::write(path, b"whole").expect("written");
    }
    let swept = album.sweep().await;
    assert_eq!((swept.unfinished, swept.orphans, swept.rebuilt), (1, 1, 0));
    assert_eq!(album.files(), whole);
    assert!(!album.read(kept.photo, Size::Full).await.is_empty());
}

#[tokio::test]
async fn a_lost_small_size_is_made_again_and_a_lost_original_is_said() {
    let album = Album::new().await;
    let added = album.add(encoded(drawing(), ImageFormat::Png)).await.expect("taken");
    let small = album.services.photos.path(&album.keeper, added.photo, Size::Small).await.expect("known");
    std::fs::remove_dir_all(small.parent().expect("has one")).expect("removed");
    assert_eq!(album.sweep().await.rebuilt, 1);
    assert!(small.is_file());
    let (original, _) = album.services.photos.original(&album.keeper, added.photo).await.expect("kept");
    std::fs::remove_file(original).expect("removed");
    assert_eq!(album.sweep().await.lost, [added.photo]);
}

#[tokio::test]
async fn another_databases_pictures_are_never_swept() {
    let album = Album::new().await;
    album.add(encoded(drawing(), ImageFormat::Png)).await.expect("taken");
    album.sweep().await;
    let stranger = TestDb::new().await;
    let services = Services::with_photos(&stranger.db, &album.dir.path().join("photos"));
    let before = album.files();
    let swept = services.photos.sweep(&Actor::program()).await.expect("looked");
    assert!(swept.foreign);
    assert_eq!(album.files(), before);
    drop(album.test);
}

#[tokio::test]
async fn only_a_keeper_adds_and_anybody_looks() {
    let album = Album::new().await;
    let added = album.add(encoded(drawing(), ImageFormat::Png)).await.expect("taken");
    for role in inventory::domain::Role::ALL {
        let actor = Actor { person: None, role };
        let photos = &album.services.photos;
        let keeps = role >= inventory::domain::Role::Keeper;
        let bytes = encoded(RgbImage::new(9, 9), ImageFormat::Png);
        assert_eq!(photos.add(&actor, album.item, Source::Bytes(bytes), "").await.is_ok(), keeps);
        assert_eq!(photos.set_caption(&actor, added.photo, "x").await.is_ok(), keeps);
        assert_eq!(photos.make_primary(&actor, added.photo).await.is_ok(), keeps);
        assert_eq!(photos.original(&actor, added.photo).await.is_ok(), keeps);
        assert_eq!(photos.sweep(&actor).await.is_ok(), role == inventory::domain::Role::Admin);
        assert!(photos.path(&actor, added.photo, Size::Small).await.is_ok());
        assert!(photos.of_item(&actor, album.item).await.is_ok());
    }
    let scratch = Services::new(&album.test.db);
    let nowhere = scratch.photos.path(&album.keeper, added.photo, Size::Full).await;
    assert!(matches!(nowhere, Err(PhotoError::NoDirectory)));
    let empty = album.services.photos.add(&album.keeper, ItemId::new(), Source::Bytes(vec![]), "").await;
    assert!(matches!(empty, Err(PhotoError::Picture(PictureError::Empty))));
    let good = encoded(RgbImage::new(8, 8), ImageFormat::Png);
    let before = album.files();
    let lost = album.services.photos.add(&album.keeper, ItemId::new(), Source::Bytes(good), "").await;
    assert!(matches!(lost, Err(PhotoError::NoItem)), "{lost:?}");
    assert_eq!(album.files(), before);
}
