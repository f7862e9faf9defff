//! Label media in millimetres, and where on them each label goes.
//!
//! Measures of sheets are those their makers print on the packages and in their templates (Avery Zweckform, HERMA); of
//! rolls, those of Brother's DK and DYMO's LabelWriter lists. A printer must print at actual size, not fitted to the page.

use thiserror::Error;

/// Lengths in millimetres.
pub type Millimetres = f32;

/// A sheet or a roll of labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Medium {
    /// The word that chooses it.
    pub name: &'static str,
    /// The maker's words for it.
    pub about: &'static str,
    /// Of the page; of a roll, of one label.
    pub page: (Millimetres, Millimetres),
    pub label: (Millimetres, Millimetres),
    /// Left and top edge of the first label.
    pub origin: (Millimetres, Millimetres),
    /// From one label's left or top edge to the next one's.
    pub pitch: (Millimetres, Millimetres),
    pub columns: u32,
    pub rows: u32,
}

const A4: (Millimetres, Millimetres) = (210.0, 297.0);
const LETTER: (Millimetres, Millimetres) = (215.9, 279.4);

const fn sheet(
    name: &'static str,
    about: &'static str,
    page: (Millimetres, Millimetres),
    label: (Millimetres, Millimetres),
    origin: (Millimetres, Millimetres),
    pitch: (Millimetres, Millimetres),
    (columns, rows): (u32, u32),
) -> Medium {
    Medium { name, about, page, label, origin, pitch, columns, rows }
}

const fn roll(name: &'static str, about: &'static str, label: (Millimetres, Millimetres)) -> Medium {
    Medium { name, about, page: label, label, origin: (0.0, 0.0), pitch: label, columns: 1, rows: 1 }
}

/// The media that are known, sheets first; the first one is the usual.
pub const MEDIA: [Medium; 16] = [
    sheet(
        "avery-l7160",
        "Avery L7160, A4, 21 of 63.5 × 38.1 mm",
        A4,
        (63.5, 38.1),
        (7.2, 15.15),
        (66.05, 38.1),
        (3, 7),
    ),
    sheet(
        "avery-l7163",
        "Avery L7163, A4, 14 of 99.1 × 38.1 mm",
        A4,
        (99.1, 38.1),
        (4.65, 15.15),
        (101.6, 38.1),
        (2, 7),
    ),
    sheet(
        "avery-l7651",
        "Avery L7651, A4, 65 of 38.1 × 21.2 mm",
        A4,
        (38.1, 21.2),
        (4.75, 10.7),
        (40.6, 21.2),
        (5, 13),
    ),
    sheet("avery-3475", "Avery 3475, A4, 24 of 70 × 36 mm", A4, (70.0, 36.0), (0.0, 4.5), (70.0, 36.0), (3, 8)),
    sheet("herma-4346", "HERMA 4346, A4, 44 of 48.3 × 25.4 mm", A4, (48.3, 25.4), (8.4, 8.8), (48.3, 25.4), (4, 11)),
    sheet("herma-4464", "HERMA 4464, A4, 24 of 70 × 37 mm", A4, (70.0, 37.0), (0.0, 0.5), (70.0, 37.0), (3, 8)),
    sheet(
        "avery-5160",
        "Avery 5160, US letter, 30 of 66.7 × 25.4 mm",
        LETTER,
        (66.7, 25.4),
        (4.8, 12.7),
        (69.8, 25.4),
        (3, 10),
    ),
    // As the predecessor printed its own.
    sheet(
        "letter-24",
        "US letter, 24 of 44.4 × 38.1 mm, plain paper",
        LETTER,
        (44.4, 38.1),
        (12.7, 12.7),
        (48.7, 43.2),
        (4, 6),
    ),
    roll("brother-dk11201", "Brother DK-11201, 90 × 29 mm", (90.0, 29.0)),
    roll("brother-dk11209", "Brother DK-11209, 62 × 29 mm", (62.0, 29.0)),
    roll("brother-dk11221", "Brother DK-11221, 23 × 23 mm", (23.0, 23.0)),
    roll("brother-dk22205", "Brother DK-22205, 62 mm endless, cut at 30 mm", (62.0, 30.0)),
    roll("dymo-99010", "DYMO 99010, 89 × 28 mm", (89.0, 28.0)),
    roll("dymo-99012", "DYMO 99012, 89 × 36 mm", (89.0, 36.0)),
    roll("dymo-11354", "DYMO 11354, 57 × 32 mm", (57.0, 32.0)),
    roll("dymo-11352", "DYMO 11352, 54 × 25 mm", (54.0, 25.0)),
];

/// What a part-used sheet or a name may be wrong about.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MediumError {
    #[error("`{0}` is no label medium; known are {known}", known = MEDIA.map(|medium| medium.name).join(", "))]
    Unknown(String),
    #[error("a sheet of {name} begins at label 1 to {labels}, not {start}")]
    Start { name: &'static str, labels: u32, start: u32 },
}

/// A rectangle on a page: its left and top edge, its width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub left: Millimetres,
    pub top: Millimetres,
    pub width: Millimetres,
    pub height: Millimetres,
}

impl Area {
    /// Smaller by a margin on every side.
    #[must_use]
    pub fn inset(self, margin: Millimetres) -> Self {
        Self {
            left: self.left + margin,
            top: self.top + margin,
            width: (self.width - 2.0 * margin).max(0.0),
            height: (self.height - 2.0 * margin).max(0.0),
        }
    }
}

impl Medium {
    /// The medium of this name, in any case.
    pub fn named(name: &str) -> Result<&'static Self, MediumError> {
        let found = MEDIA.iter().find(|medium| medium.name.eq_ignore_ascii_case(name.trim()));
        found.ok_or_else(|| MediumError::Unknown(name.to_owned()))
    }

    /// Labels on one page.
    pub fn labels(&self) -> u32 {
        self.columns * self.rows
    }

    /// Where so many labels go, by page, row by row; `start`: the first free one of a sheet that is used in part, from 1.
    pub fn places(&self, count: usize, start: u32) -> Result<Vec<(usize, Area)>, MediumError> {
        if start < 1 || start > self.labels() {
            return Err(MediumError::Start { name: self.name, labels: self.labels(), start });
        }
        let places = (start - 1) as usize..(start - 1) as usize + count;
        Ok(places
            .map(|place| {
                let (page, on_page) = (place / self.labels() as usize, place as u32 % self.labels());
                let (column, row) = (on_page % self.columns, on_page / self.columns);
                let area = Area {
                    left: self.origin.0 + column as f32 * self.pitch.0,
                    top: self.origin.1 + row as f32 * self.pitch.1,
                    width: self.label.0,
                    height: self.label.1,
                };
                (page, area)
            })
            .collect())
    }
}

/// A label's parts within its area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// The square of the QR code, with its quiet zone.
    pub symbol: Area,
    /// What a person reads.
    pub text: Area,
    /// Bars below the text, with their quiet zones, where they were asked for and there is room.
    pub bars: Option<Area>,
}

/// Left blank inside of a label's edge, for what a printer misses.
const MARGIN: Millimetres = 1.5;
/// Bars lower than this are hard to hit with a scanner.
const BARS_HEIGHT: Millimetres = 7.0;
/// Bars of Code 128 for our codes are about 120 modules wide; modules below 0.19 mm are hard to print.
const BARS_WIDTH: Millimetres = 28.0;

/// Lays a label out: the symbol on the left, at most half as wide as the label; text beside it, or, on a label that is as
/// high as wide, the symbol above the text.
pub fn layout(label: Area, with_bars: bool) -> Layout {
    let inner = label.inset(MARGIN);
    if inner.width < inner.height * 1.3 {
        let text = (inner.height * 0.25).max(4.0);
        let side = inner.width.min(inner.height - text);
        let left = inner.left + (inner.width - side) / 2.0;
        return Layout {
            symbol: Area { left, top: inner.top, width: side, height: side },
            text: Area { left: inner.left, top: inner.top + side, width: inner.width, height: inner.height - side },
            bars: None,
        };
    }
    let side = inner.height.min(inner.width / 2.0).min(32.0);
    let symbol = Area { left: inner.left, top: inner.top + (inner.height - side) / 2.0, width: side, height: side };
    let left = inner.left + side + 1.0;
    let mut text = Area { left, width: inner.left + inner.width - left, ..inner };
    let has_room = text.width >= BARS_WIDTH && text.height >= 2.0 * BARS_HEIGHT;
    let bars = (with_bars && has_room).then(|| {
        text.height -= BARS_HEIGHT + 1.0;
        Area { left, top: text.top + text.height + 1.0, width: text.width, height: BARS_HEIGHT }
    });
    Layout { symbol, text, bars }
}

/// How to break a text into at most `lines` lines of a width, given each letter's width: at blanks and behind hyphens where
/// there are any, else anywhere; the last line ends with an ellipsis when not all of it fits.
pub fn wrap(text: &str, width: f32, lines: usize, letter: &dyn Fn(char) -> f32) -> Vec<String> {
    let measure = |text: &str| text.chars().map(letter).sum::<f32>();
    let mut wrapped: Vec<String> = Vec::new();
    let mut rest: &str = text.trim();
    while !rest.is_empty() && wrapped.len() < lines {
        let mut used = 0.0;
        // Up to where it fits, and the last blank before that.
        let mut fits = rest.len();
        let mut blank = None;
        for (at, c) in rest.char_indices() {
            // A blank at the very end need not fit.
            if c.is_whitespace() {
                blank = Some(at);
            }
            used += letter(c);
            if used > width && at > 0 {
                fits = at;
                break;
            }
            if c == '-' {
                blank = Some(at + 1);
            }
        }
        let end = if fits == rest.len() { fits } else { blank.filter(|&at| at > 0).unwrap_or(fits) };
        wrapped.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    if !rest.is_empty()
        && let Some(last) = wrapped.last_mut()
    {
        while !last.is_empty() && measure(last) + letter('…') > width {
            last.pop();
        }
        *last = format!("{}…", last.trim_end());
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_medium_fits_on_its_page() {
        for medium in MEDIA {
            for (page, area) in medium.places(medium.labels() as usize, 1).expect("a whole page") {
                assert_eq!(page, 0, "{}", medium.name);
                let (right, bottom) = (area.left + area.width, area.top + area.height);
                assert!(area.left >= 0.0 && area.top >= 0.0, "{}", medium.name);
                assert!(right <= medium.page.0 + 0.01 && bottom <= medium.page.1 + 0.01, "{}", medium.name);
            }
            assert!(medium.pitch.0 >= medium.label.0 && medium.pitch.1 >= medium.label.1, "{} overlaps", medium.name);
            assert_eq!(Medium::named(&medium.name.to_uppercase()), Ok(&medium));
        }
    }

    #[test]
    fn a_part_used_sheet_begins_where_it_is_free() {
        let medium = Medium::named("avery-l7160").expect("known");
        let places = medium.places(3, 20).expect("on the sheet");
        assert_eq!(places.iter().map(|(page, _)| *page).collect::<Vec<_>>(), [0, 0, 1]);
        assert!((places[0].1.left - (7.2 + 66.05)).abs() < 0.01);
        assert!((places[2].1.top - 15.15).abs() < 0.01);
        for start in [0, 22] {
            medium.places(1, start).expect_err("no such label");
        }
        assert!(Medium::named("avery-1").expect_err("none").to_string().contains("avery-l7160"));
    }

    #[test]
    fn parts_of_a_label_lie_within_it_and_not_upon_each_other() {
        for medium in MEDIA {
            let label = medium.places(1, 1).expect("one")[0].1;
            for with_bars in [false, true] {
                let Layout { symbol, text, bars } = layout(label, with_bars);
                for part in [Some(symbol), Some(text), bars].into_iter().flatten() {
                    assert!(part.left >= label.left && part.top >= label.top, "{}", medium.name);
                    assert!(part.left + part.width <= label.left + label.width + 0.01, "{}", medium.name);
                    assert!(part.top + part.height <= label.top + label.height + 0.01, "{}", medium.name);
                    assert!(part.height >= 3.9, "{}: {part:?}", medium.name);
                }
                assert!(symbol.width >= 10.0, "{}: a symbol of {} mm", medium.name, symbol.width);
                let beside = symbol.left + symbol.width <= text.left + 0.01;
                let above = symbol.top + symbol.height <= text.top + 0.01;
                assert!(beside || above, "{}", medium.name);
                if let Some(bars) = bars {
                    assert!(bars.top >= text.top + text.height, "{}", medium.name);
                }
            }
        }
    }

    fn check(text: &str, width: f32, lines: usize, expected: &[&str]) {
        assert_eq!(wrap(text, width, lines, &|_| 1.0), expected, "{text}");
    }

    #[test]
    fn text_breaks_at_blanks_and_ends_with_an_ellipsis() {
        check("a short one", 20.0, 2, &["a short one"]);
        check("one two three", 7.0, 3, &["one two", "three"]);
        check("one two three four", 7.0, 2, &["one two", "three…"]);
        check("Dampf-Schiff", 8.0, 2, &["Dampf-", "Schiff"]);
        check("Donaudampfschiff", 6.0, 2, &["Donaud", "ampfs…"]);
        check("", 5.0, 2, &[]);
        check("日本語の名前", 3.0, 1, &["日本…"]);
    }
}
