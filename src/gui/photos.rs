//! Pictures for rows and pages: decoded off the window's thread, the lately seen ones kept.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use slint::{Image, Rgb8Pixel, SharedPixelBuffer};

use crate::domain::{Actor, ItemId, PhotoId};
use crate::services::Services;
use crate::services::photos::{Size, Source};

/// Pixels that may go to the window's thread, where an [`Image`] is made of them.
pub type Pixels = SharedPixelBuffer<Rgb8Pixel>;

/// Small pictures by photo; at most [`KEPT`] of them.
#[derive(Default)]
pub struct Thumbnails {
    kept: RefCell<HashMap<PhotoId, Image>>,
    order: RefCell<VecDeque<PhotoId>>,
}

/// At 24 pixels high these are about 2 MB; what is scrolled past returns without decoding.
const KEPT: usize = 1_000;

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

/// The pictures of rows, as large as rows show them; those that do not decode are left out.
pub async fn small(
    services: &Services,
    actor: &Actor,
    wanted: Vec<(ItemId, PhotoId)>,
    side: u32,
) -> Vec<(ItemId, PhotoId, Pixels)> {
    let mut decoded = Vec::with_capacity(wanted.len());
    for (item, photo) in wanted {
        if let Some(pixels) = read(services, actor, photo, Size::Small, (side, side)).await {
            decoded.push((item, photo, pixels));
        }
    }
    decoded
}

/// The pictures of a page in their order, made to fit its room.
pub async fn large(services: &Services, actor: &Actor, wanted: Vec<PhotoId>, room: (u32, u32)) -> Vec<Pixels> {
    let mut decoded = Vec::with_capacity(wanted.len());
    for photo in wanted {
        decoded.extend(read(services, actor, photo, Size::Large, room).await);
    }
    decoded
}

async fn read(services: &Services, actor: &Actor, photo: PhotoId, size: Size, room: (u32, u32)) -> Option<Pixels> {
    let path = services.photos.path(actor, photo, size).await.ok()?;
    tokio::task::spawn_blocking(move || decode(&path, room)).await.ok()?
}

/// What files chosen in a dialog show; those that are no picture are left out.
pub async fn previews(files: Vec<PathBuf>, room: (u32, u32)) -> Vec<(PathBuf, Pixels)> {
    let mut shown = Vec::new();
    for path in files {
        let file = path.clone();
        if let Ok(Some(pixels)) = tokio::task::spawn_blocking(move || decode(&file, room)).await {
            shown.push((path, pixels));
        }
    }
    shown
}

/// Adds files to an item's pictures. Returns how many were refused.
pub async fn add(services: &Services, actor: &Actor, item: ItemId, files: Vec<PathBuf>) -> usize {
    let mut refused = 0;
    for path in files {
        if let Err(error) = services.photos.add(actor, item, Source::File(path.clone()), "").await {
            tracing::info!("`{}` is not added: {error}", path.display());
            refused += 1;
        }
    }
    refused
}

/// Decodes a picture and makes it fit. Blocks: for threads that may wait.
fn decode(path: &Path, (width, height): (u32, u32)) -> Option<Pixels> {
    let mut reader = image::ImageReader::open(path).ok()?.with_guessed_format().ok()?;
    // A file somebody chose may claim any size; what is larger is no picture for a preview.
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(512 * 1024 * 1024);
    reader.limits(limits);
    let picture = reader.decode().ok()?;
    let picture = if picture.width() <= width && picture.height() <= height {
        picture
    } else {
        picture.resize(width.max(1), height.max(1), FilterType::Triangle)
    };
    let picture = picture.into_rgb8();
    let (width, height) = picture.dimensions();
    Some(SharedPixelBuffer::clone_from_slice(picture.as_raw(), width, height))
}
