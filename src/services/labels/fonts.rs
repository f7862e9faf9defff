//! The fonts this machine has: the design's own first, and for what they cannot write, any that can.

use std::collections::HashMap;
use std::sync::Mutex;

use fontdb::{Database, ID, Style, Weight};
use krilla::text::Font;

/// Which of the design's two faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Voice {
    /// Names and places.
    Text,
    /// Codes, whose letters must not be mistaken for each other.
    Code,
}

/// All fonts, and what was found out about them.
pub struct Fonts {
    database: Database,
    text: ID,
    code: ID,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// How wide a letter is in a font, as a part of the font's size; `None`: the font does not have it.
    widths: HashMap<(ID, char), Option<f32>>,
    /// Which font writes a letter that the chosen one does not have.
    helpers: HashMap<char, Option<ID>>,
    loaded: HashMap<ID, Option<Font>>,
}

/// Some letters that one font writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub font: ID,
    pub text: String,
    /// As a part of the font's size.
    pub width: f32,
}

impl Fonts {
    /// Reads the list of this machine's fonts; `None` when it has none.
    pub fn of_this_machine() -> Option<Self> {
        let mut database = Database::new();
        database.load_system_fonts();
        let upright = |families: &[&str]| {
            families.iter().find_map(|family| {
                let query = fontdb::Query { families: &[fontdb::Family::Name(family)], ..fontdb::Query::default() };
                database.query(&query)
            })
        };
        let any = database.faces().next()?.id;
        let text = upright(&["Lato", "Noto Sans", "DejaVu Sans", "Liberation Sans"]).unwrap_or(any);
        let code = upright(&["B612 Mono", "Noto Sans Mono", "DejaVu Sans Mono", "Liberation Mono"]).unwrap_or(text);
        Some(Self { database, text, code, known: Mutex::default() })
    }

    fn chosen(&self, voice: Voice) -> ID {
        match voice {
            Voice::Text => self.text,
            Voice::Code => self.code,
        }
    }

    /// How wide a letter is, as a part of the font's size.
    pub fn width(&self, voice: Voice, letter: char) -> f32 {
        let font = self.writes(voice, letter).unwrap_or_else(|| self.chosen(voice));
        self.width_in(font, letter).unwrap_or(0.6)
    }

    /// The text in parts that one font each writes, and the letters that none does, which are left out.
    pub fn runs(&self, voice: Voice, text: &str) -> (Vec<Run>, Vec<char>) {
        let (mut runs, mut missing): (Vec<Run>, Vec<char>) = (Vec::new(), Vec::new());
        for letter in text.chars() {
            // What joins the letter before it, a blank between two words of its script too, stays in its font if it can.
            let before = runs.last().map(|run| run.font).filter(|&font| font != self.chosen(voice));
            let joins = letter.is_whitespace() || !letter.is_ascii();
            let stays = before.filter(|&font| joins && self.width_in(font, letter).is_some());
            let Some(font) = stays.or_else(|| self.writes(voice, letter)) else {
                missing.push(letter);
                continue;
            };
            let width = self.width_in(font, letter).unwrap_or_default();
            match runs.last_mut() {
                Some(run) if run.font == font => {
                    run.text.push(letter);
                    run.width += width;
                }
                _ => runs.push(Run { font, text: letter.into(), width }),
            }
        }
        (runs, missing)
    }

    /// The font as it goes into a document.
    pub fn load(&self, id: ID) -> Option<Font> {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known
            .loaded
            .entry(id)
            .or_insert_with(|| {
                self.database.with_face_data(id, |data, index| Font::new(data.to_vec().into(), index))?
            })
            .clone()
    }

    /// The font that writes a letter: the chosen one if it can, else the first upright one that can.
    fn writes(&self, voice: Voice, letter: char) -> Option<ID> {
        let chosen = self.chosen(voice);
        if self.width_in(chosen, letter).is_some() {
            return Some(chosen);
        }
        let known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner).helpers.get(&letter).copied();
        if let Some(helper) = known {
            return helper;
        }
        let mut faces: Vec<_> = self.database.faces().filter(|face| face.style == Style::Normal).collect();
        // Sans before serif and plain before bold, so that what helps out looks like its neighbours.
        faces.sort_by_key(|face| {
            let family = face.families.first().map(|(name, _)| name.as_str()).unwrap_or_default();
            (!family.contains("Sans"), face.weight != Weight::NORMAL, family.to_owned())
        });
        let helper = faces.iter().map(|face| face.id).find(|&id| self.width_in(id, letter).is_some());
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner).helpers.insert(letter, helper);
        helper
    }

    fn width_in(&self, font: ID, letter: char) -> Option<f32> {
        let key = (font, letter);
        let known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner).widths.get(&key).copied();
        if let Some(width) = known {
            return width;
        }
        let width = self.database.with_face_data(font, |data, index| {
            let face = ttf_parser::Face::parse(data, index).ok()?;
            let glyph = face.glyph_index(letter)?;
            Some(f32::from(face.glyph_hor_advance(glyph)?) / f32::from(face.units_per_em()))
        });
        let width = width.flatten();
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner).widths.insert(key, width);
        width
    }
}
