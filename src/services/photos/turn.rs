//! A picture that was taken askew, turned. Of a JPEG only its orientation is written anew, so that nothing of it is lost and
//! turning it on brings the very pixels back; what else there is becomes a PNG, which loses nothing either.
//!
//! Formats: JPEG segments, ITU-T T.81 annex B; the orientation's tag (0x0112) in an `Exif` segment, CIPA DC-008 (Exif 2.32).

use image::metadata::Orientation;

use super::picture::{self, PictureError};
use super::{PhotoError, Photos, Source, blocking, not_found, read};
use crate::domain::{Actor, Permission, PhotoId};
use crate::store::{StoreError, bookings, photos};

/// Which way, as somebody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// By a quarter, clockwise.
    Right,
    /// By a quarter, against the clock.
    Left,
    /// Upside down.
    Over,
}

impl Turn {
    /// The word of a form and of the API.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "right" => Some(Self::Right),
            "left" => Some(Self::Left),
            "over" => Some(Self::Over),
            _ => None,
        }
    }

    /// What is seen through `now`, turned.
    pub(super) fn after(self, now: Orientation) -> Orientation {
        let quarters = match self {
            Self::Right => 1,
            Self::Over => 2,
            Self::Left => 3,
        };
        (0..quarters).fold(now, |now, _| clockwise(now))
    }
}

fn clockwise(now: Orientation) -> Orientation {
    match now {
        Orientation::NoTransforms => Orientation::Rotate90,
        Orientation::Rotate90 => Orientation::Rotate180,
        Orientation::Rotate180 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::NoTransforms,
        // A mirrored one turns the other way behind its mirror.
        Orientation::FlipHorizontal => Orientation::Rotate270FlipH,
        Orientation::Rotate270FlipH => Orientation::FlipVertical,
        Orientation::FlipVertical => Orientation::Rotate90FlipH,
        Orientation::Rotate90FlipH => Orientation::FlipHorizontal,
    }
}

impl Photos {
    /// Turns a picture. It is another file from now on, and so has another id, in the same place with the same caption.
    pub async fn turn(&self, actor: &Actor, id: PhotoId, turn: Turn) -> Result<PhotoId, PhotoError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        let photo = photos::get(&client, id).await?.ok_or(PhotoError::NotFound)?;
        drop(client);
        let original = self.files()?.original(&photo.sha256);
        let permit = self.may_decode(photo.width.unsigned_abs(), photo.height.unsigned_abs()).await;
        let bytes = blocking(move || {
            let _permit = permit;
            Ok(picture::turned(picture::inspect(read(Source::File(original))?)?, turn)?)
        })
        .await?;
        let mut prepared = self.prepare(Source::Bytes(bytes)).await?;
        let new = prepared.row(photo.caption.clone());
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let done = match self.keep_files(&tx, &mut prepared).await {
            Ok(()) => photos::replace(&tx, id, &new).await.map_err(not_found),
            Err(error) => Err(error),
        };
        let done = match done {
            Ok(()) => tx.commit().await.map_err(|error| StoreError::from(error).into()),
            Err(error) => {
                drop(tx);
                Err(error)
            }
        };
        drop(client);
        // The files that nobody needs now; what cannot go is swept at the next start.
        let unused = if done.is_ok() { &photo.sha256 } else { &new.sha256 };
        self.collect(unused).await.ok();
        done.map(|()| new.id)
    }
}

const START_OF_SCAN: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP15: u8 = 0xef;
const EXIF: &[u8] = b"Exif\0\0";

/// The same JPEG, seen through another orientation.
pub(super) fn with_orientation(jpeg: Vec<u8>, orientation: Orientation) -> Result<Vec<u8>, PictureError> {
    let broken = || PictureError::Broken { format: "JPEG", reason: "its segments cannot be followed".into() };
    let mut bytes = jpeg;
    // Behind the marker of the start.
    let (mut at, mut behind_apps, mut exif) = (2, 2, None);
    loop {
        let marker = match bytes.get(at..at + 4) {
            Some([0xff, 0xff, ..]) => {
                at += 1;
                continue;
            }
            Some([0xff, marker, ..]) => *marker,
            _ => return Err(broken()),
        };
        if marker == START_OF_SCAN {
            break;
        }
        let length = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        let (content, end) = (at + 4, at + 2 + length);
        let segment = bytes.get(content..end).ok_or_else(broken)?;
        if marker == APP1 && segment.starts_with(EXIF) {
            exif = Some((content + EXIF.len(), end));
        }
        if (APP0..=APP15).contains(&marker) {
            behind_apps = end;
        }
        at = end;
    }
    // Of several, readers take the last one.
    let known = exif.and_then(|(start, end)| Some((start, tag(&bytes[start..end])?)));
    if let Some((start, (offset, little))) = known {
        let value = u16::from(orientation.to_exif());
        let value = if little { value.to_le_bytes() } else { value.to_be_bytes() };
        bytes[start + offset..start + offset + 2].copy_from_slice(&value);
    } else {
        bytes.splice(behind_apps..behind_apps, segment(orientation));
    }
    Ok(bytes)
}

/// Where in a TIFF header's first directory the orientation stands, and whether its numbers are little-endian.
fn tag(tiff: &[u8]) -> Option<(usize, bool)> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..at + 2)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = tiff.get(at..at + 4)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(directory)?);
    // Type 3 is a number of two bytes.
    let found =
        (0..entries).map(|n| directory.saturating_add(2 + 12 * n)).find(|entry| short(*entry) == Some(0x0112))?;
    let is_short = short(found + 2)? == 3 && long(found + 4)? == 1 && short(found + 8).is_some();
    is_short.then_some((found + 8, little))
}

/// A segment that says nothing but the orientation.
fn segment(orientation: Orientation) -> Vec<u8> {
    let mut bytes = vec![0xff, APP1, 0, 34];
    bytes.extend(EXIF);
    // Big-endian, the directory at 8, with one entry: tag 0x0112, type 3, one value; and no directory after it.
    bytes.extend(b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01");
    bytes.extend([0, orientation.to_exif(), 0, 0, 0, 0, 0, 0]);
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, GenericImageView as _, ImageFormat, Rgb, RgbImage};

    use super::*;

    /// Sixteen by eight, its upper left quarter red, the rest blue.
    fn askew(format: ImageFormat) -> Vec<u8> {
        let picture = RgbImage::from_fn(16, 8, |x, y| if x < 8 && y < 4 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250]) });
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(picture).write_to(&mut bytes, format).expect("encoded");
        bytes.into_inner()
    }

    fn turned(bytes: Vec<u8>, turn: Turn) -> Vec<u8> {
        picture::turned(picture::inspect(bytes).expect("a picture"), turn).expect("turned")
    }

    /// In which corner the red is, of how large a picture.
    fn seen(bytes: Vec<u8>) -> (&'static str, (u32, u32)) {
        let inspected = picture::inspect(bytes).expect("a picture");
        let shown = image::load_from_memory(&picture::derive(&inspected).expect("decoded").full).expect("a JPEG");
        let (width, height) = shown.dimensions();
        assert_eq!((width, height), (inspected.width, inspected.height));
        let red = |x, y| shown.get_pixel(x, y).0[0] > 128;
        let corners = [(1, 1), (width - 2, 1), (1, height - 2), (width - 2, height - 2)].map(|(x, y)| red(x, y));
        let at = match corners {
            [true, false, false, false] => "upper left",
            [false, true, false, false] => "upper right",
            [false, false, true, false] => "lower left",
            [false, false, false, true] => "lower right",
            other => panic!("{other:?}"),
        };
        (at, (width, height))
    }

    #[test]
    fn a_picture_is_turned_whatever_its_format_is() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff] {
            assert_eq!(seen(askew(format)), ("upper left", (16, 8)), "{format:?}");
            assert_eq!(seen(turned(askew(format), Turn::Right)), ("upper right", (8, 16)), "{format:?}");
            assert_eq!(seen(turned(askew(format), Turn::Left)), ("lower left", (8, 16)), "{format:?}");
            assert_eq!(seen(turned(askew(format), Turn::Over)), ("lower right", (16, 8)), "{format:?}");
        }
    }

    #[test]
    fn a_photo_turned_all_around_is_the_very_same_file_again() {
        let once = turned(turned(askew(ImageFormat::Jpeg), Turn::Right), Turn::Left);
        let mut bytes = once.clone();
        for _ in 0..4 {
            bytes = turned(bytes, Turn::Right);
        }
        assert_eq!(bytes, once);
        assert_eq!(once.len(), askew(ImageFormat::Jpeg).len() + 36, "all of it is there, behind the orientation");
    }

    #[test]
    fn whatever_a_camera_had_written_a_turn_is_a_turn() {
        for value in 1..=8 {
            let orientation = Orientation::from_exif(value).expect("one of eight");
            let taken = with_orientation(askew(ImageFormat::Jpeg), orientation).expect("written");
            let (before, after) = (seen(taken.clone()), seen(turned(taken, Turn::Right)));
            let expected = match before.0 {
                "upper left" => "upper right",
                "upper right" => "lower right",
                "lower right" => "lower left",
                _ => "upper left",
            };
            assert_eq!(after, (expected, (before.1.1, before.1.0)), "{value}");
        }
    }

    #[test]
    fn a_cut_off_photo_is_refused() {
        let whole = askew(ImageFormat::Jpeg);
        for length in [2, 3, 5, 30, 100] {
            assert!(with_orientation(whole[..length].to_vec(), Orientation::Rotate90).is_err(), "{length}");
        }
    }
}
