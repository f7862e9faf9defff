//! A window without a display, drawn by the software renderer, and what tests do with it.

use std::path::PathBuf;
use std::time::Duration;

use i_slint_backend_testing::{TestingBackend, TestingBackendOptions, mock_elapsed_time};
use inventory::gui::ui::{AppWindow, Density, Gallery, Theme, Tokens};
use slint::{ComponentHandle, Global as _, PhysicalSize, Rgba8Pixel, SharedPixelBuffer};

/// What can be opened here: the program's window and the gallery.
pub trait Openable: ComponentHandle + 'static {
    fn make() -> Self;
    fn look(&self, theme: Theme, density: Density);
}

macro_rules! openable {
    ($window:ty) => {
        impl Openable for $window {
            fn make() -> Self {
                Self::new().expect("the testing backend opens windows")
            }
            fn look(&self, theme: Theme, density: Density) {
                Tokens::get(self).set_theme(theme);
                Tokens::get(self).set_density(density);
            }
        }
    };
}
openable!(AppWindow);
openable!(Gallery);

/// A window of the desktop, in light. Each test has a thread, and each thread its own backend.
pub fn window<W: Openable>() -> W {
    let options = TestingBackendOptions { mock_time: true, threading: false, renderer_name: Some("software".into()) };
    // A test that opens a second window has the backend already.
    let _ = slint::platform::set_platform(Box::new(TestingBackend::new(options)));
    let window = W::make();
    window.look(Theme::Light, Density::Desktop);
    window
}

/// Shows the window at this size, lets motion end, and keeps the picture under this name for people to look at.
pub fn picture<W: Openable>(window: &W, name: &str, width: u32, height: u32) -> SharedPixelBuffer<Rgba8Pixel> {
    window.window().set_size(PhysicalSize::new(width, height));
    window.show().expect("the testing backend shows windows");
    mock_elapsed_time(Duration::from_millis(400));
    let picture = window.window().take_snapshot().expect("the software renderer draws");
    keep(name, &picture);
    picture
}

/// Keeps a picture of the window for people to look at.
pub fn keep(name: &str, picture: &SharedPixelBuffer<Rgba8Pixel>) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("gui");
    std::fs::create_dir_all(&folder).expect("the target directory is writable");
    let file = folder.join(format!("{name}.png"));
    image::save_buffer(&file, picture.as_bytes(), picture.width(), picture.height(), image::ColorType::Rgba8)
        .expect("the picture is written");
    file
}
