//! The part of the status page that shows what a scanner sends, and sets it up.

use std::rc::Rc;

use slint::SharedString;

use super::super::desktop::{Face, react};
use super::super::ui::{Page, ScannerAdapter};
use super::{keys, navigation, sounds};
use crate::domain::scanner::{Layout, Scan};

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<ScannerAdapter>();
    adapter.on_set_up({
        let set_up = react(face, |face, (prefix, suffix, layout): (SharedString, SharedString, i32)| {
            let settings = {
                let mut settings = face.settings.borrow_mut();
                let mut scanner = settings.scanner().clone();
                scanner.prefix = prefix.into();
                scanner.suffix = suffix.into();
                scanner.layout = layout_of(layout);
                settings.set_scanner(scanner);
                settings.scanner().clone()
            };
            face.adapter::<ScannerAdapter>().set_layout(layout_number(settings.layout));
            super::super::session::remember(face);
            keys::set_up(face);
        });
        move |prefix, suffix, layout| set_up((prefix, suffix, layout))
    });
}

/// On the status page a scan is shown, and does nothing. Answers whether it was.
pub fn shows(face: &Rc<Face>, scan: &Scan) -> bool {
    if navigation::here(face).page != Page::Status {
        return false;
    }
    let adapter = face.adapter::<ScannerAdapter>();
    adapter.set_raw(visible(&scan.raw).into());
    adapter.set_read(scan.reading.text.as_str().into());
    adapter.set_symbology(scan.reading.symbology.unwrap_or_default().into());
    adapter.set_keys(i32::try_from(scan.raw.chars().count()).unwrap_or(i32::MAX));
    adapter.set_slowest_ms(i32::try_from(scan.slowest.as_millis()).unwrap_or(i32::MAX));
    adapter.set_ended_by(scan.ended_by.as_deref().map(visible).unwrap_or_default().into());
    sounds::good(face);
    true
}

/// Every character so that it can be seen: the control characters and the blank by their names (ECMA-48).
fn visible(raw: &str) -> String {
    raw.chars()
        .map(|c| match c {
            '\n' | '\r' => "⟨Enter⟩".to_owned(),
            '\t' => "⟨Tab⟩".to_owned(),
            '\u{1d}' => "⟨GS⟩".to_owned(),
            ' ' => "⟨Space⟩".to_owned(),
            c if c.is_control() => format!("⟨{:02X}⟩", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}

pub fn layout_number(layout: Layout) -> i32 {
    match layout {
        Layout::Same => 0,
        Layout::UsOnGerman => 1,
        Layout::GermanOnUs => 2,
    }
}

fn layout_of(number: i32) -> Layout {
    match number {
        1 => Layout::UsOnGerman,
        2 => Layout::GermanOnUs,
        _ => Layout::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_named() {
        assert_eq!(visible("]d2\u{1d}01 A\u{2}\n"), "]d2⟨GS⟩01⟨Space⟩A⟨02⟩⟨Enter⟩");
    }
}
