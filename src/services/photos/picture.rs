//! From a file's bytes to upright pictures without metadata. Blocking: for a thread that may wait.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader, Limits,
};
use image::{Rgb, RgbImage};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::format::{self, READ, Seen};
use super::turn::{Turn, with_orientation};

/// The largest file that is taken, in bytes.
pub const MOST_BYTES: usize = 50_000_000;
/// The largest picture that is taken, in pixels.
pub const MOST_PIXELS: u64 = 100_000_000;
/// No side may be longer, in pixels: what a JPEG can say.
const LONGEST_SIDE: u32 = 65_500;
/// What decoding may allocate, in bytes: four a pixel, and as much again for a decoder's own rows.
const MOST_MEMORY: u64 = 800_000_000;

/// Why a file is not taken as a picture.
#[derive(Debug, Error)]
pub enum PictureError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is larger than {} MB", MOST_BYTES / 1_000_000)]
    TooManyBytes,
    #[error("this is {0}, not a picture; {READ} are read")]
    NotAPicture(&'static str),
    #[error("{0} pictures cannot be read here; please convert it to JPEG or PNG first")]
    Convert(&'static str),
    #[error("the picture is too large: {width} × {height} pixels, {} million is the most", MOST_PIXELS / 1_000_000)]
    TooManyPixels { width: u32, height: u32 },
    #[error("the {format} file is damaged or incomplete: {reason}")]
    Broken { format: &'static str, reason: String },
}

/// A file that has the head of a picture within the limits. Nothing of it has been decoded.
pub struct Inspected {
    pub bytes: Vec<u8>,
    /// Of the file as it came, hexadecimal.
    pub sha256: String,
    pub media_type: &'static str,
    /// Pixels, upright.
    pub width: u32,
    pub height: u32,
    format: ImageFormat,
}

/// An upright picture as JPEG, without metadata, in the sizes that are kept.
pub struct Derived {
    pub full: Vec<u8>,
    pub large: Vec<u8>,
    pub small: Vec<u8>,
}

/// The longer side of the kept sizes, in pixels; a smaller picture is not enlarged.
pub const LARGE: u32 = 1280;
pub const SMALL: u32 = 320;

/// Reads a file's head: what it is, and how large.
pub fn inspect(bytes: Vec<u8>) -> Result<Inspected, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty);
    }
    if bytes.len() > MOST_BYTES {
        return Err(PictureError::TooManyBytes);
    }
    let format = match format::look(&bytes) {
        Seen::Picture(format) => format,
        Seen::Foreign(name) => return Err(PictureError::Convert(name)),
        Seen::Other(what) => return Err(PictureError::NotAPicture(what)),
    };
    let mut decoder = decoder(&bytes, format)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(broken(format, "it has no pixels"));
    }
    let too_many = u64::from(width) * u64::from(height) > MOST_PIXELS;
    if too_many || width.max(height) > LONGEST_SIDE || decoder.total_bytes() > MOST_MEMORY {
        return Err(PictureError::TooManyPixels { width, height });
    }
    let (width, height) = if lies_on_its_side(orientation(&mut decoder)) { (height, width) } else { (width, height) };
    drop(decoder);
    let sha256 = hex::encode(Sha256::digest(&bytes));
    Ok(Inspected { sha256, media_type: format::media_type(format), width, height, format, bytes })
}

/// Decodes, turns upright, lays what is transparent on white, and makes the sizes.
pub fn derive(picture: &Inspected) -> Result<Derived, PictureError> {
    let mut decoder = decoder(&picture.bytes, picture.format)?;
    let turn = orientation(&mut decoder);
    let image = DynamicImage::from_decoder(decoder).map_err(|e| from_image(picture.format, &e))?;
    let mut image = DynamicImage::ImageRgb8(on_white(image));
    image.apply_orientation(turn);
    let encode = |image: &DynamicImage, quality| jpeg(image, quality).map_err(|e| from_image(picture.format, &e));
    let large = fitted(&image, LARGE);
    let small = fitted(large.as_ref().unwrap_or(&image), SMALL);
    let full = encode(&image, 90)?;
    let large_jpeg = match &large {
        Some(large) => encode(large, 86)?,
        None => full.clone(),
    };
    let small_jpeg = match &small {
        Some(small) => encode(small, 84)?,
        None => large_jpeg.clone(),
    };
    Ok(Derived { full, large: large_jpeg, small: small_jpeg })
}

/// The file of the same picture, turned.
pub fn turned(picture: Inspected, turn: Turn) -> Result<Vec<u8>, PictureError> {
    let mut decoder = decoder(&picture.bytes, picture.format)?;
    let wanted = turn.after(orientation(&mut decoder));
    if picture.format == ImageFormat::Jpeg {
        drop(decoder);
        return with_orientation(picture.bytes, wanted);
    }
    let failed = |error: ImageError| from_image(picture.format, &error);
    let mut image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    image.apply_orientation(wanted);
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).map_err(failed)?;
    Ok(png.into_inner())
}

fn decoder(bytes: &[u8], format: ImageFormat) -> Result<impl ImageDecoder, PictureError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    reader.into_decoder().map_err(|e| from_image(format, &e))
}

/// Unreadable EXIF is common and says nothing about the picture: it is then taken as upright.
fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    decoder.orientation().unwrap_or(Orientation::NoTransforms)
}

fn lies_on_its_side(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

/// Eight bits a colour, what shines through made white: every theme shows photos on a white mat.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let mut flat = RgbImage::new(image.width(), image.height());
    for (to, from) in flat.pixels_mut().zip(image.pixels()) {
        let [r, g, b, alpha] = from.0.map(u32::from);
        let over = |colour: u32| ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        *to = Rgb([over(r), over(g), over(b)]);
    }
    flat
}

/// The picture within `side` × `side`, or `None` when it fits already.
fn fitted(image: &DynamicImage, side: u32) -> Option<DynamicImage> {
    if image.width().max(image.height()) <= side {
        return None;
    }
    // A box filter on the way down keeps the sharp one cheap on large photos.
    let close = side * 2;
    let close_image = (image.width().max(image.height()) > close * 2).then(|| image.thumbnail(close, close));
    Some(close_image.as_ref().unwrap_or(image).resize(side, side, FilterType::CatmullRom))
}

fn jpeg(image: &DynamicImage, quality: u8) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).write_image(
        image.as_bytes(),
        image.width(),
        image.height(),
        ExtendedColorType::Rgb8,
    )?;
    Ok(bytes)
}

fn from_image(format: ImageFormat, error: &ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => broken(format, "it asks for more memory than its size needs"),
        ImageError::Unsupported(_) => broken(format, "it uses a variant that is not read"),
        other => {
            let cause = std::error::Error::source(other).map(ToString::to_string);
            broken(format, &cause.unwrap_or_else(|| other.to_string()))
        }
    }
}

fn broken(format: ImageFormat, reason: &str) -> PictureError {
    let format = match format {
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Bmp => "BMP",
        _ => "TIFF",
    };
    PictureError::Broken { format, reason: reason.chars().take(200).collect() }
}
