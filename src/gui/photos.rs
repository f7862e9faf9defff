//! Pictures for rows and pages: decoded off the window's thread, the lately seen ones kept.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::path::Path;

use slint::{Image, Rgb8Pixel, SharedPixelBuffer};

use crate::domain::PhotoId;

/// Pixels that may go to the window's thread, where an [`Image`] is made of them.
pub type Pixels = SharedPixelBuffer<Rgb8Pixel>;

/// Decodes one of our own derived files. Blocks: for threads that may wait.
pub fn decode(path: &Path) -> Option<Pixels> {
    let picture = image::ImageReader::open(path).ok()?.with_guessed_format().ok()?.decode().ok()?.into_rgb8();
    let (width, height) = picture.dimensions();
    Some(SharedPixelBuffer::clone_from_slice(picture.as_raw(), width, height))
}

/// Small pictures by photo; at most [`KEPT`] of them.
#[derive(Default)]
pub struct Thumbnails {
    kept: RefCell<HashMap<PhotoId, Image>>,
    order: RefCell<VecDeque<PhotoId>>,
}

/// At 26 pixels high these are about 3 MB; what is scrolled past returns without decoding.
const KEPT: usize = 1_000;

/// Rows show pictures so high, on screens of up to twice the density.
pub const ROW_HEIGHT: u32 = 52;

impl Thumbnails {
    pub fn get(&self, photo: PhotoId) -> Option<Image> {
        self.kept.borrow().get(&photo).cloned()
    }

    pub fn keep(&self, photo: PhotoId, pixels: Pixels) -> Image {
        let image = Image::from_rgb8(pixels);
        let mut order = self.order.borrow_mut();
        if self.kept.borrow_mut().insert(photo, image.clone()).is_none() {
            order.push_back(photo);
        }
        if order.len() > KEPT
            && let Some(oldest) = order.pop_front()
        {
            self.kept.borrow_mut().remove(&oldest);
        }
        image
    }
}

/// Decodes and shrinks to what a row shows.
pub fn thumbnail(path: &Path) -> Option<Pixels> {
    let picture = image::ImageReader::open(path).ok()?.with_guessed_format().ok()?.decode().ok()?;
    let small = picture.thumbnail(ROW_HEIGHT * 2, ROW_HEIGHT).into_rgb8();
    let (width, height) = small.dimensions();
    Some(SharedPixelBuffer::clone_from_slice(small.as_raw(), width, height))
}
