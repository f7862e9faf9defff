//! A picture of a thing: by the camera at the kiosk, or by somebody's phone, which a square on the screen leads to the thing's
//! page. What the phone sends is shown here when the change feed tells of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use qrcode::{Color, EcLevel, QrCode};
use slint::{Image, Rgb8Pixel, SharedPixelBuffer, SharedString};
use tokio::sync::oneshot;

use super::super::desktop::{Face, react};
use super::super::ui::{CameraState, EditorAdapter, Notice, PhotoAdapter};
use super::super::{editor, item, live, notices};
use super::{on, session};
use crate::domain::{ItemId, Permission};
use crate::services::machine::camera::{Camera, CameraError};
use crate::services::photos::{PhotoError, Source};

/// What is pictured, and by what.
#[derive(Default)]
pub struct State {
    /// The thing of the open sheet; `None`: the form of a new one.
    item: Cell<Option<ItemId>>,
    /// The line that has the camera take a picture.
    line: RefCell<String>,
    /// Ends the camera's work.
    cancel: RefCell<Option<oneshot::Sender<()>>>,
    /// The thing that is being made is pictured by a phone as soon as it is there.
    after_saving: Cell<bool>,
}

/// Blank modules around a QR code (ISO/IEC 18004, 6.3.8).
const QUIET: usize = 4;

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<PhotoAdapter>();
    adapter.set_shown(false);
    adapter.set_camera(CameraState::Unknown);
    adapter.set_phones(!face.surroundings.phone_address.is_empty());
    adapter.on_ask(react(face, |face, id: SharedString| {
        if let Ok(id) = id.parse() {
            session::require(face, Permission::Keep, move |face| begin(face, id));
        }
    }));
    adapter.on_take(on(face, take));
    adapter.on_cancel(on(face, cancel));
    adapter.on_close(on(face, close));
    adapter.on_with_phone(on(face, |face| {
        face.kiosk.photo.after_saving.set(true);
        face.adapter::<EditorAdapter>().invoke_save();
    }));
}

/// The form of a new thing is open.
pub fn begin_form(face: &Rc<Face>) {
    close(face);
    face.kiosk.photo.after_saving.set(false);
    look_for_camera(face);
}

/// The new thing is there: if a phone is to picture it, the way to it is shown.
pub fn saved(face: &Rc<Face>, id: ItemId) {
    cancel(face);
    if face.kiosk.photo.after_saving.take() {
        begin(face, id);
    }
}

fn begin(face: &Rc<Face>, id: ItemId) {
    face.kiosk.photo.item.set(Some(id));
    let adapter = face.adapter::<PhotoAdapter>();
    let address = &face.surroundings.phone_address;
    if !address.is_empty() {
        let page = format!("{address}/items/{id}/photos");
        adapter.set_code(square(&page));
        adapter.set_address(page.into());
    }
    let before = item::view(face, id).map_or(0, |view| view.photos.len());
    adapter.set_before(i32::try_from(before).unwrap_or(i32::MAX));
    adapter.set_shown(true);
    look_for_camera(face);
}

/// The sheet goes, and the camera stops.
pub fn close(face: &Rc<Face>) {
    cancel(face);
    face.kiosk.photo.item.set(None);
    face.adapter::<PhotoAdapter>().set_shown(false);
}

fn look_for_camera(face: &Rc<Face>) {
    let Some(machine) = face.surroundings.machine.clone() else {
        return face.adapter::<PhotoAdapter>().set_camera(CameraState::Absent);
    };
    let set = face.settings.borrow().camera().to_owned();
    face.call(
        move |_, actor| async move { machine.camera(&actor, &set).await },
        |face, found| {
            let (state, line) = match found {
                Ok(Camera::Ready(line)) => (CameraState::Ready, line),
                Ok(Camera::NoProgram) => (CameraState::NoProgram, String::new()),
                Ok(Camera::Absent) | Err(_) => (CameraState::Absent, String::new()),
            };
            face.kiosk.photo.line.replace(line);
            face.adapter::<PhotoAdapter>().set_camera(state);
        },
    );
}

fn take(face: &Rc<Face>) {
    let adapter = face.adapter::<PhotoAdapter>();
    let Some(machine) = face.surroundings.machine.clone().filter(|_| !adapter.get_taking()) else { return };
    let line = face.kiosk.photo.line.borrow().clone();
    let (cancel, cancelled) = oneshot::channel();
    face.kiosk.photo.cancel.replace(Some(cancel));
    adapter.set_taking(true);
    face.call(
        move |_, actor| async move {
            tokio::select! {
                taken = machine.photograph(&actor, &line) => Some(taken),
                _ = cancelled => None,
            }
        },
        |face, taken: Option<Result<_, CameraError>>| {
            face.adapter::<PhotoAdapter>().set_taking(false);
            face.kiosk.photo.cancel.take();
            match (taken, face.kiosk.photo.item.get()) {
                (None, _) => {}
                (Some(Ok(file)), None) => editor::stage(face, vec![file]),
                (Some(Ok(file)), Some(id)) => keep(face, id, file),
                (Some(Err(why)), _) => {
                    tracing::warn!("The camera took no picture: {why}");
                    notices::tell(face, Notice::CameraFailed, "");
                }
            }
        },
    );
}

/// The picture belongs to the thing from now on, and the camera's file goes.
fn keep(face: &Rc<Face>, id: ItemId, file: std::path::PathBuf) {
    face.call(
        move |services, actor| async move {
            let kept = services.photos.add(&actor, id, Source::File(file.clone()), "").await;
            if let Err(error) = tokio::fs::remove_file(&file).await {
                tracing::debug!("{} stays: {error}", file.display());
            }
            kept
        },
        |face, kept: Result<_, PhotoError>| match kept {
            Ok(_) => {
                notices::count(face, Notice::PhotosAdded, 1);
                live::refresh_everything(face);
            }
            Err(error) => notices::failed(face, &error.to_string()),
        },
    );
}

fn cancel(face: &Rc<Face>) {
    // Who waits for it hears that nobody will send anything.
    drop(face.kiosk.photo.cancel.take());
}

/// A QR code, one pixel a module.
fn square(text: &str) -> Image {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return Image::default() };
    let side = code.width() + 2 * QUIET;
    let (white, black) = (Rgb8Pixel::new(255, 255, 255), Rgb8Pixel::new(0, 0, 0));
    let mut pixels = vec![white; side * side];
    for (n, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            pixels[(n / code.width() + QUIET) * side + n % code.width() + QUIET] = black;
        }
    }
    let side = u32::try_from(side).unwrap_or(0);
    let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
    Image::from_rgb8(SharedPixelBuffer::clone_from_slice(&bytes, side, side))
}
