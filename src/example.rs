//! The example inventory that a first start shows: a club's stores, with our own drawings as photos.

use std::sync::Arc;

use image::{ImageFormat, RgbaImage};
use resvg::{tiny_skia, usvg};
use uuid::Uuid;

use crate::domain::{Actor, RequestId};
use crate::services::Services;
use crate::services::transfer::{Field, ImportError, ImportOptions, ImportReport, PictureSource, Tell};

/// One row an item, in our own format; see `example/README.md`.
pub const INVENTORY: &str = include_str!("example/inventory.csv");

/// The drawings by file name, sorted.
static DRAWINGS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/drawings.rs"));

/// How wide and high a drawing is made at most, in pixels.
const SIDE: f32 = 640.0;

/// A repeat is answered, not done again.
const REQUEST: RequestId = RequestId(Uuid::from_u128(0x6578_616d_706c_6500_8000_0000_0000_0001));
const PICTURES: RequestId = RequestId(Uuid::from_u128(0x6578_616d_706c_6500_8000_0000_0000_0002));

/// Imports the example into an empty database, as the program: what there is within a second or two, then the
/// pictures, which have to be drawn. After an interruption it goes on; a repeat changes nothing. The report is that
/// of the second step.
pub async fn load(services: &Services, tell: &Tell<'_>) -> Result<ImportReport, ImportError> {
    let without = vec![(Field::Photo.to_string(), Field::Ignored)];
    import(services, REQUEST, without, &|_, _, _| {}).await?;
    import(services, PICTURES, Vec::new(), tell).await
}

async fn import(
    services: &Services,
    request: RequestId,
    map: Vec<(String, Field)>,
    tell: &Tell<'_>,
) -> Result<ImportReport, ImportError> {
    let pictures = PictureSource::Embedded(Arc::new(drawn));
    let options = ImportOptions { source: Some("example".into()), map, ..ImportOptions::default() };
    let program = Actor::program();
    services.transfer.import_bytes(&program, request, INVENTORY.as_bytes(), pictures, &options, tell).await
}

/// A drawing as PNG.
fn drawn(name: &str) -> Option<Vec<u8>> {
    let at = DRAWINGS.binary_search_by_key(&name, |(name, _)| name).ok()?;
    let tree = usvg::Tree::from_data(DRAWINGS[at].1, &usvg::Options::default()).ok()?;
    let size = tree.size();
    let scale = SIDE / size.width().max(size.height());
    let (width, height) = ((size.width() * scale).round() as u32, (size.height() * scale).round() as u32);
    let mut pixels = tiny_skia::Pixmap::new(width, height)?;
    pixels.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    // On white nothing shines through, so that colours are as they are.
    let mut png = std::io::Cursor::new(Vec::new());
    RgbaImage::from_raw(width, height, pixels.take())?.write_to(&mut png, ImageFormat::Png).ok()?;
    Some(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drawing_can_be_drawn_and_all_are_small() {
        for (name, _) in DRAWINGS {
            assert!(drawn(name).is_some(), "{name}");
        }
        assert!(DRAWINGS.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= 1_000_000);
    }
}
