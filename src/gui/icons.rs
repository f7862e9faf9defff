//! Icons as pixels. Slint's software renderer makes pixels of a drawing again in every frame that shows it
//! (i-slint-renderer-software 1.18, `draw_image`), and a list shows forty: so each is made once for each size.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use image::GrayImage;
use image::imageops::{self, FilterType};
use slint::{Image, Rgba8Pixel, SharedPixelBuffer};

use super::desktop::Face;
use super::ui::Icons;

pub fn connect(face: &Rc<Face>) {
    let made: RefCell<HashMap<i32, Vec<(Image, Image)>>> = RefCell::default();
    face.adapter::<Icons>().on_drawn(move |icon, pixels| {
        let mut made = made.borrow_mut();
        let of_this_size = made.entry(pixels).or_default();
        if let Some((_, drawn)) = of_this_size.iter().find(|(known, _)| *known == icon) {
            return drawn.clone();
        }
        let Some(drawn) = u32::try_from(pixels).ok().and_then(|side| draw(&icon, side)) else { return icon };
        of_this_size.push((icon, drawn.clone()));
        drawn
    });
}

/// The icon with so many pixels each way, black where it is drawn: `colorize` gives it its colour. `None`: nothing to draw.
fn draw(icon: &Image, side: u32) -> Option<Image> {
    let large = icon.to_rgba8_premultiplied()?;
    let (width, height) = (large.width(), large.height());
    let strength = large.as_slice().iter().map(|pixel| pixel.a).collect();
    let strength = GrayImage::from_raw(width, height, strength).filter(|large| !large.is_empty())?;
    let strength = imageops::resize(&strength, side, side, FilterType::CatmullRom);
    let mut drawn = SharedPixelBuffer::<Rgba8Pixel>::new(side, side);
    for (pixel, strength) in drawn.make_mut_slice().iter_mut().zip(strength.as_raw()) {
        *pixel = Rgba8Pixel { r: 0, g: 0, b: 0, a: *strength };
    }
    Some(Image::from_rgba8_premultiplied(drawn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_becomes_pixels_of_the_size_that_is_asked_for() {
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 24 24"><path d="M0 0h12v24H0Z"/></svg>"#;
        let icon = Image::load_from_svg_data(svg).expect("a drawing");
        let drawn = draw(&icon, 20).expect("drawn").to_rgba8_premultiplied().expect("pixels");
        assert_eq!((drawn.width(), drawn.height()), (20, 20));
        let row: Vec<u8> = drawn.as_slice()[..20].iter().map(|pixel| pixel.a).collect();
        assert!(row[..9].iter().all(|&a| a > 250) && row[11..].iter().all(|&a| a < 5), "{row:?}");
        assert!(draw(&Image::default(), 20).is_none());
    }
}
