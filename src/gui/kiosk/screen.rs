//! How large things are drawn: by the room there is, unless a setting says otherwise.

use std::rc::Rc;

use super::super::desktop::Face;
use super::super::ui::{Density, KioskAdapter, Tokens};

pub fn connect(face: &Rc<Face>) {
    let weak = Rc::downgrade(face);
    face.adapter::<KioskAdapter>().on_measured(move |width, height| {
        if let Some(face) = weak.upgrade() {
            draw_for(&face, width, height);
        }
    });
    if let Some(chosen) = face.settings.borrow().density() {
        face.adapter::<Tokens>().set_density(chosen);
    }
}

fn draw_for(face: &Face, width: f32, height: f32) {
    let chosen = face.settings.borrow().density();
    let tokens = face.adapter::<Tokens>();
    let wanted = chosen.unwrap_or_else(|| density(width, height));
    if tokens.get_density() != wanted {
        tokens.set_density(wanted);
    }
}

/// The density for a screen of so many logical pixels, by its shorter side. A large panel with fine pixels is made one
/// of fewer by its scale factor.
pub fn density(width: f32, height: f32) -> Density {
    match width.min(height) {
        short if short <= 600.0 => Density::KioskS,
        short if short < 1000.0 => Density::KioskM,
        _ => Density::KioskL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_panel_gets_the_density_that_is_made_for_it() {
        for (width, height, expected) in [
            (800.0, 480.0, Density::KioskS),
            (480.0, 800.0, Density::KioskS),
            (1024.0, 600.0, Density::KioskS),
            (1280.0, 720.0, Density::KioskM),
            (720.0, 1280.0, Density::KioskM),
            (1280.0, 800.0, Density::KioskM),
            (1920.0, 1080.0, Density::KioskL),
        ] {
            assert_eq!(density(width, height), expected, "{width} × {height}");
        }
    }
}
