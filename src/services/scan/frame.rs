//! A code read out of a picture: a camera's frame, or a photograph of a label. Blocking: for a thread that may wait.

use std::path::Path;

use image::imageops::FilterType;
use image::{ImageReader, Limits};

/// The longest side that is looked at, in pixels. A label that fills a third of such a picture has more than enough dots.
const LONGEST_SIDE: u32 = 1600;
/// What a picture may be decoded into, in bytes.
const MOST_MEMORY: u64 = 400_000_000;

/// Why there was nothing to look at.
#[derive(Debug, thiserror::Error)]
#[error("this is no picture that can be read")]
pub struct NoPicture;

/// The text of the code in a picture: QR, Data Matrix, Code 128, EAN and their like. `None`: there is none to be seen.
pub fn read(path: &Path) -> Result<Option<String>, NoPicture> {
    let mut reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format).map_err(|_| NoPicture)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut picture = reader.decode().map_err(|_| NoPicture)?;
    if picture.width().max(picture.height()) > LONGEST_SIDE {
        picture = picture.resize(LONGEST_SIDE, LONGEST_SIDE, FilterType::Triangle);
    }
    let luma = picture.into_luma8();
    let (width, height) = luma.dimensions();
    let found = rxing::helpers::detect_in_luma(luma.into_raw(), width, height, None);
    Ok(found.ok().map(|code| code.getText().to_owned()).filter(|text| !text.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};
    use qrcode::{EcLevel, QrCode};

    use super::*;

    /// A label as a camera sees it: small in its picture, not straight, in poor light.
    fn photographed(text: &str, scale: u32, turn: bool) -> GrayImage {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).expect("fits");
        let dots = code.to_colors();
        let side = u32::try_from(code.width()).expect("small");
        let mut picture = GrayImage::from_pixel((side + 16) * scale * 2, (side + 16) * scale, Luma([150]));
        for y in 0..(side + 8) * scale {
            for x in 0..(side + 8) * scale {
                let (column, row) = ((x / scale).wrapping_sub(4), (y / scale).wrapping_sub(4));
                let inside = column < side && row < side;
                let dark = inside && dots[(row * side + column) as usize] == qrcode::Color::Dark;
                picture.put_pixel(x + 4 * scale, y + 4 * scale, Luma([if dark { 40 } else { 190 }]));
            }
        }
        if turn { image::imageops::rotate90(&picture) } else { picture }
    }

    #[test]
    fn a_photographed_label_is_read() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for (n, turn) in [false, true].into_iter().enumerate() {
            let path = directory.path().join(format!("{n}.png"));
            photographed("https://storeroom.example/i/U1000M", 5, turn).save(&path).expect("written");
            assert_eq!(
                read(&path).expect("a picture").as_deref(),
                Some("https://storeroom.example/i/U1000M"),
                "{turn}"
            );
        }
    }

    #[test]
    fn a_picture_without_a_code_has_none_and_a_text_is_no_picture() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (blank, text) = (directory.path().join("a.png"), directory.path().join("b.png"));
        GrayImage::from_pixel(300, 200, Luma([200])).save(&blank).expect("written");
        std::fs::write(&text, "no picture").expect("written");
        assert!(matches!(read(&blank), Ok(None)));
        assert!(read(&text).is_err());
    }
}
