//! What a file is, by its first bytes. Names and extensions are not asked.

use image::ImageFormat;

/// What somebody handed over as a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A kind of picture we read.
    Picture(ImageFormat),
    /// A kind of picture we know and cannot read; its usual name.
    Foreign(&'static str),
    /// No picture; what it seems to be.
    Other(&'static str),
}

/// The kinds of picture that are read, with the names people know them by.
pub const READ: &str = "JPEG, PNG, WebP, GIF, BMP and TIFF";

/// Looks at the first bytes of a file.
pub fn look(start: &[u8]) -> Seen {
    let at = |from: usize, magic: &[u8]| start.get(from..from + magic.len()) == Some(magic);
    if at(0, b"\xff\xd8\xff") {
        Seen::Picture(ImageFormat::Jpeg)
    } else if at(0, b"\x89PNG") {
        Seen::Picture(ImageFormat::Png)
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        Seen::Picture(ImageFormat::WebP)
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        Seen::Picture(ImageFormat::Gif)
    } else if at(0, b"II*\0") || at(0, b"MM\0*") {
        Seen::Picture(ImageFormat::Tiff)
    } else if at(0, b"BM") {
        Seen::Picture(ImageFormat::Bmp)
    } else if at(4, b"ftyp") {
        // ISO base media: the major brand says which (ISO/IEC 14496-12, 23008-12).
        match start.get(8..12) {
            Some(b"avif" | b"avis") => Seen::Foreign("AVIF"),
            Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1") => {
                Seen::Foreign("HEIC")
            }
            _ => Seen::Other("a video"),
        }
    } else if at(0, b"\xff\x0a") || at(0, b"\0\0\0\x0cJXL ") {
        Seen::Foreign("JPEG XL")
    } else if at(0, b"\0\0\0\x0cjP  ") {
        Seen::Foreign("JPEG 2000")
    } else if at(0, b"\0\0\x01\0") {
        Seen::Foreign("ICO")
    } else if at(0, b"8BPS") {
        Seen::Foreign("Photoshop")
    } else if at(0, b"%PDF") {
        Seen::Other("a PDF")
    } else if at(0, b"PK\x03\x04") {
        Seen::Other("a ZIP archive")
    } else {
        text(start)
    }
}

fn text(start: &[u8]) -> Seen {
    let head = String::from_utf8_lossy(&start[..start.len().min(512)]).to_lowercase();
    let head = head.trim_start_matches('\u{feff}').trim_start();
    if head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<script") {
        Seen::Other("a web page")
    } else if head.contains("<svg") {
        Seen::Foreign("SVG")
    } else if !head.is_empty() && !head.contains(|c: char| c.is_control() && !c.is_whitespace() || c == '\u{fffd}') {
        Seen::Other("text")
    } else {
        Seen::Other("something else")
    }
}

/// The media type of a kind that is read.
pub fn media_type(format: ImageFormat) -> &'static str {
    format.to_mime_type()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_it_holds() {
        let check = |bytes: &[u8], expected| assert_eq!(look(bytes), expected, "{bytes:?}");
        check(b"\xff\xd8\xff\xe0", Seen::Picture(ImageFormat::Jpeg));
        check(b"\x89PNG\r\n\x1a\n", Seen::Picture(ImageFormat::Png));
        // Spoilt by a transfer as text; the decoder says so.
        check(b"\x89PNG\n\x1a\n", Seen::Picture(ImageFormat::Png));
        check(b"RIFF\x10\0\0\0WEBPVP8 ", Seen::Picture(ImageFormat::WebP));
        check(b"\0\0\0\x18ftypheic", Seen::Foreign("HEIC"));
        check(b"\0\0\0\x18ftypavif", Seen::Foreign("AVIF"));
        check(b"\0\0\0\x18ftypisom", Seen::Other("a video"));
        check(b"\n<!DOCTYPE html><p>", Seen::Other("a web page"));
        check(b"<?xml version=\"1.0\"?><svg onload=\"x\">", Seen::Foreign("SVG"));
        check(b"hello", Seen::Other("text"));
        check(b"", Seen::Other("something else"));
        check(b"\x89PN", Seen::Other("something else"));
    }
}
