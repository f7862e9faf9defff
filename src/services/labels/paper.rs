//! Labels and lists as a PDF document: everything in millimetres from the upper left corner of a page.

use std::collections::BTreeSet;

use krilla::Document;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::TextDirection;

use super::LabelError;
use super::fonts::{Fonts, Voice};
use super::symbols::{self, BARS_QUIET, QR_QUIET};
use crate::domain::label::{Area, Medium, Millimetres, layout, wrap};

/// PDF counts in points.
const POINTS: f32 = 72.0 / 25.4;
/// Line height as a part of the letters' size.
const LEADING: f32 = 1.22;

/// What one label says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Label {
    /// What its symbols say.
    pub symbol: String,
    /// The same in bars, where it is short enough.
    pub bars: Option<String>,
    pub name: String,
    /// As people read it.
    pub code: String,
    pub place: String,
}

/// One line of a list of what is in a place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    pub code: String,
    pub name: String,
    pub amount: String,
}

/// A finished document.
pub struct Paper {
    pub pdf: Vec<u8>,
    pub pages: usize,
    /// Letters that no font of this machine has.
    pub unprintable: Vec<char>,
}

/// Draws on one page.
struct Pen<'a, 'p> {
    surface: Surface<'p>,
    fonts: &'a Fonts,
    unprintable: &'a mut BTreeSet<char>,
}

/// Labels on a sheet or roll, the first at `start`. `outlined`: with thin lines around them, to see whether they fit.
pub fn labels(
    fonts: &Fonts,
    medium: &Medium,
    start: u32,
    labels: &[Label],
    outlined: bool,
) -> Result<Paper, LabelError> {
    let places = medium.places(labels.len(), start)?;
    let symbols = labels.iter().map(symbol).collect::<Result<Vec<_>, _>>()?;
    let pages = places.last().map_or(0, |(page, _)| page + 1);
    let mut document = Document::new();
    let mut unprintable = BTreeSet::new();
    for page in 0..pages {
        let mut sheet = document.start_page_with(settings(medium.page)?);
        let mut pen = Pen::new(sheet.surface(), fonts, &mut unprintable);
        for ((label, symbol), (_, area)) in
            labels.iter().zip(&symbols).zip(&places).filter(|(_, (its, _))| *its == page)
        {
            pen.label(label, symbol, *area);
            if outlined {
                pen.outline(*area);
            }
        }
        pen.end();
        sheet.finish();
    }
    finish(document, pages, unprintable)
}

/// A list on A4: a label as its heading, then a line for each thing, on as many pages as it takes.
pub fn list(fonts: &Fonts, heading: &Label, lines: &[Line]) -> Result<Paper, LabelError> {
    const PAGE: (Millimetres, Millimetres) = (210.0, 297.0);
    const LINE: Millimetres = 6.0;
    let symbol = symbol(heading)?;
    let body = Area { left: 20.0, top: 60.0, width: 170.0, height: 215.0 };
    let on_page = (body.height / LINE) as usize;
    let mut document = Document::new();
    let mut unprintable = BTreeSet::new();
    let pages = lines.len().div_ceil(on_page).max(1);
    for page in 0..pages {
        let mut sheet = document.start_page_with(settings(PAGE)?);
        let mut pen = Pen::new(sheet.surface(), fonts, &mut unprintable);
        pen.label(heading, &symbol, Area { left: 18.0, top: 15.0, width: 174.0, height: 38.0 });
        for (line, row) in lines.iter().skip(page * on_page).take(on_page).zip(0_u16..) {
            let top = body.top + f32::from(row) * LINE;
            pen.rule(body.left, top, body.width);
            let cell = |left, width| Area { left: body.left + left, top: top + 1.0, width, height: LINE - 1.0 };
            pen.text(&line.code, Voice::Code, 3.2, cell(0.0, 28.0), 1);
            pen.text(&line.name, Voice::Text, 3.6, cell(30.0, 108.0), 1);
            pen.text(&line.amount, Voice::Text, 3.6, cell(140.0, 30.0), 1);
        }
        pen.text(
            &format!("{} / {pages}", page + 1),
            Voice::Text,
            3.0,
            Area { left: 20.0, top: 282.0, width: 40.0, height: 5.0 },
            1,
        );
        pen.end();
        sheet.finish();
    }
    finish(document, pages, unprintable)
}

fn symbol(label: &Label) -> Result<symbols::Symbol, LabelError> {
    symbols::qr(&label.symbol).ok_or(LabelError::TooLong)
}

fn settings(page: (Millimetres, Millimetres)) -> Result<PageSettings, LabelError> {
    PageSettings::from_wh(page.0 * POINTS, page.1 * POINTS).ok_or(LabelError::Document)
}

fn finish(document: Document, pages: usize, unprintable: BTreeSet<char>) -> Result<Paper, LabelError> {
    let pdf = document.finish().map_err(|_| LabelError::Document)?;
    Ok(Paper { pdf, pages, unprintable: unprintable.into_iter().collect() })
}

impl<'a, 'p> Pen<'a, 'p> {
    fn new(mut surface: Surface<'p>, fonts: &'a Fonts, unprintable: &'a mut BTreeSet<char>) -> Self {
        surface.push_transform(&Transform::from_scale(POINTS, POINTS));
        surface.set_fill(Some(Fill { rule: FillRule::NonZero, ..Fill::default() }));
        Self { surface, fonts, unprintable }
    }

    fn end(mut self) {
        self.surface.pop();
        self.surface.finish();
    }

    fn label(&mut self, label: &Label, symbol: &symbols::Symbol, area: Area) {
        let parts = layout(area, label.bars.is_some());
        let module = parts.symbol.width / (symbol.width + 2.0 * QR_QUIET);
        let at = (parts.symbol.left + QR_QUIET * module, parts.symbol.top + QR_QUIET * module);
        self.dark(symbol, at, (module, module));
        if let (Some(text), Some(bars)) = (&label.bars, parts.bars)
            && let Some(symbol) = symbols::bars(text)
        {
            let module = bars.width / (symbol.width + 2.0 * BARS_QUIET);
            self.dark(&symbol, (bars.left + BARS_QUIET * module, bars.top), (module, bars.height));
        }
        // From the bottom: the place, if there is room for three lines, then the code; the name has the rest.
        let mut rest = parts.text;
        let small = 2.3_f32.min(rest.height / 4.0);
        if !label.place.is_empty() && rest.height > 9.0 {
            rest.height -= small * LEADING;
            let place = self.end_of(&label.place, small, rest.width);
            self.text(
                &place,
                Voice::Text,
                small,
                Area { top: rest.top + rest.height, height: small * LEADING, ..rest },
                1,
            );
        }
        let code = self.fitting(&label.code, Voice::Code, rest.width, 3.4_f32.min(rest.height));
        if !label.code.is_empty() {
            rest.height = (rest.height - code * LEADING).max(0.0);
            self.text(
                &label.code,
                Voice::Code,
                code,
                Area { top: rest.top + rest.height, height: code * LEADING, ..rest },
                1,
            );
        }
        self.name(&label.name, rest);
    }

    /// As large as it fits whole, else small and cut.
    fn name(&mut self, name: &str, area: Area) {
        let fonts = self.fonts;
        let sizes = [5.0_f32, 4.4, 3.8, 3.3, 2.8, 2.4];
        let lines = |size: f32| ((area.height / (size * LEADING)) as usize).min(4);
        let whole = |size: &f32| {
            let wrapped = wrap(name, area.width, lines(*size), &|c| fonts.width(Voice::Text, c) * size);
            lines(*size) > 0 && !wrapped.last().is_some_and(|last| last.ends_with('…') && !name.ends_with('…'))
        };
        let longest = name
            .split(|c: char| c.is_whitespace() || c == '-')
            .map(|word| word.chars().map(|c| fonts.width(Voice::Text, c)).sum::<f32>())
            .fold(0.0, f32::max);
        let unbroken = sizes.into_iter().filter(|size| longest * size <= area.width).find(whole);
        let size = unbroken.or_else(|| sizes.into_iter().find(whole)).unwrap_or(2.4_f32.min(area.height / LEADING));
        self.text(name, Voice::Text, size, area, lines(size).max(1));
    }

    /// A path that fits into one line; of one that is too long the beginning goes, since its end says where a thing lies.
    fn end_of(&self, path: &str, size: Millimetres, width: Millimetres) -> String {
        let is_wide = |text: &str| text.chars().map(|c| self.fonts.width(Voice::Text, c)).sum::<f32>() * size > width;
        let (mut shown, mut rest) = (path.to_owned(), path);
        while is_wide(&shown)
            && let Some((_, after)) = rest.split_once(" › ")
        {
            rest = after;
            shown = format!("… › {after}");
        }
        shown
    }

    /// The size, at most this one, at which a text fits into one line.
    fn fitting(&self, text: &str, voice: Voice, width: Millimetres, most: Millimetres) -> Millimetres {
        let letters: f32 = text.chars().map(|c| self.fonts.width(voice, c)).sum();
        if letters > 0.0 { most.min(width / letters) } else { most }
    }

    /// Lines of text from the top of an area, cut to it.
    fn text(&mut self, text: &str, voice: Voice, size: Millimetres, area: Area, lines: usize) {
        let fonts = self.fonts;
        // A hair more than it is wide, so that what was made to fit does.
        let wrapped = wrap(text, area.width + 0.01, lines, &|c| fonts.width(voice, c) * size);
        for (line, row) in wrapped.iter().zip(0_u16..) {
            let baseline = area.top + size * (0.95 + f32::from(row) * LEADING);
            let (runs, missing) = fonts.runs(voice, line);
            self.unprintable.extend(missing);
            let mut left = area.left;
            for run in runs {
                let Some(font) = fonts.load(run.font) else { continue };
                self.surface.draw_text(
                    Point::from_xy(left, baseline),
                    font,
                    size,
                    &run.text,
                    false,
                    TextDirection::Auto,
                );
                left += run.width * size;
            }
        }
    }

    fn dark(&mut self, symbol: &symbols::Symbol, at: (Millimetres, Millimetres), module: (Millimetres, Millimetres)) {
        let mut path = PathBuilder::new();
        for (left, top, width) in &symbol.dark {
            let rectangle = Rect::from_xywh(at.0 + left * module.0, at.1 + top * module.1, width * module.0, module.1);
            if let Some(rectangle) = rectangle {
                path.push_rect(rectangle);
            }
        }
        if let Some(path) = path.finish() {
            self.surface.draw_path(&path);
        }
    }

    fn rule(&mut self, left: Millimetres, top: Millimetres, width: Millimetres) {
        let mut path = PathBuilder::new();
        if let Some(line) = Rect::from_xywh(left, top, width, 0.1) {
            path.push_rect(line);
        }
        if let Some(path) = path.finish() {
            self.surface.draw_path(&path);
        }
    }

    fn outline(&mut self, area: Area) {
        self.rule(area.left, area.top, area.width);
        self.rule(area.left, area.top + area.height, area.width);
        for left in [area.left, area.left + area.width] {
            let mut path = PathBuilder::new();
            if let Some(line) = Rect::from_xywh(left, area.top, 0.1, area.height) {
                path.push_rect(line);
            }
            if let Some(path) = path.finish() {
                self.surface.draw_path(&path);
            }
        }
    }
}
