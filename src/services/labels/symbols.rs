//! QR codes and bars as squares and lines without a size.

use barcoders::sym::code128::Code128;
use qrcode::{Color, EcLevel, QrCode};

/// Blank modules around a QR code (ISO/IEC 18004, 6.3.8) and before and behind Code 128 (ISO/IEC 15417, 4.2).
pub const QR_QUIET: f32 = 4.0;
pub const BARS_QUIET: f32 = 10.0;

/// Dark stretches of a symbol, in modules.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// Modules from edge to edge, without the quiet zone.
    pub width: f32,
    /// (left, top, width), each one module high; of bars, as high as they are drawn.
    pub dark: Vec<(f32, f32, f32)>,
}

/// A QR code that still reads with a seventh of it gone; `None` when the text is too long for one.
pub fn qr(text: &str) -> Option<Symbol> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let dark = colors.chunks(width).zip(0_u16..).flat_map(|(row, top)| {
        stretches(row.iter().map(|color| *color == Color::Dark))
            .into_iter()
            .map(move |(left, width)| (left, f32::from(top), width))
    });
    Some(Symbol { width: width as f32, dark: dark.collect() })
}

/// Code 128 in character set B; `None` when it has no letter for the text.
pub fn bars(text: &str) -> Option<Symbol> {
    let modules = Code128::new(format!("\u{181}{text}")).ok()?.encode();
    let dark = stretches(modules.iter().map(|module| *module == 1));
    Some(Symbol {
        width: modules.len() as f32,
        dark: dark.into_iter().map(|(left, width)| (left, 0.0, width)).collect(),
    })
}

/// Where it is dark, from where and how long.
fn stretches(modules: impl Iterator<Item = bool>) -> Vec<(f32, f32)> {
    let mut found: Vec<(f32, f32)> = Vec::new();
    let mut was_dark = false;
    for (dark, at) in modules.zip(0_u16..) {
        match found.last_mut() {
            Some((_, width)) if dark && was_dark => *width += 1.0,
            _ if dark => found.push((f32::from(at), 1.0)),
            _ => {}
        }
        was_dark = dark;
    }
    found
}
