//! What of an item can be found, and how much each part counts.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{Analyser, key, words};

/// How much a word counts by where it stands. Cautious weights: what is gained by tuning them on one set of
/// questions is lost on the next.
mod weight {
    pub const NAME: f32 = 2.0;
    pub const TEXT: f32 = 1.0;
    pub const NOTES: f32 = 0.5;
    pub const MAKER: f32 = 0.3;
    pub const FIELDS: f32 = 0.1;
}

/// Everything written about an item that a search looks at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Texts {
    pub name: String,
    pub description: String,
    pub notes: String,
    pub manufacturer: String,
    pub model: String,
    pub serial_number: String,
    pub tags: Vec<String>,
    /// Values of custom fields.
    pub fields: Vec<String>,
    /// Codes a person can scan or type.
    pub codes: Vec<String>,
    /// Suppliers' part numbers.
    pub part_numbers: Vec<String>,
}

/// What an exact key is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentKind {
    Code = 1,
    Serial = 2,
    Name = 3,
    Model = 4,
    PartNumber = 5,
}

impl IdentKind {
    /// The number it is stored under.
    pub fn number(self) -> i16 {
        self as i16
    }

    pub fn from_number(number: i16) -> Option<Self> {
        [Self::Code, Self::Serial, Self::Name, Self::Model, Self::PartNumber]
            .into_iter()
            .find(|kind| kind.number() == number)
    }

    /// How soon a hit goes, 1 first. Names go last: a number typed whole is one thing's, and may be another's name.
    pub fn rank(self) -> u8 {
        match self {
            Self::Code => 1,
            Self::Serial => 2,
            Self::Model => 3,
            Self::PartNumber => 4,
            Self::Name => 5,
        }
    }
}

/// An item as the index stores it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    /// Stem → weighted number of occurrences.
    pub stems: BTreeMap<String, f32>,
    /// Sum of the above: how long the item's text is.
    pub length: f32,
    /// Word as written (folded) → its stem: what misspelt and unfinished words are compared with.
    pub words: BTreeMap<String, String>,
    /// Keys by which the item is found exactly.
    pub idents: BTreeSet<(String, IdentKind)>,
}

impl Texts {
    /// The terms of this item.
    pub fn terms(&self, analyser: &Analyser) -> Terms {
        let german = analyser.may_be_german(&format!("{} {} {}", self.name, self.description, self.notes));
        let mut terms = Terms::default();
        let mut add = |text: &str, weight: f32| {
            for word in words(text) {
                let stems = analyser.stored_stems(&word, german);
                for stem in stems.iter() {
                    *terms.stems.entry(stem.to_owned()).or_default() += weight;
                }
                if let Some(own) = stems.own {
                    terms.length += weight;
                    terms.words.insert(word, own);
                }
            }
        };
        add(&self.name, weight::NAME);
        add(&self.description, weight::TEXT);
        self.tags.iter().for_each(|tag| add(tag, weight::TEXT));
        add(&self.notes, weight::NOTES);
        for text in [&self.manufacturer, &self.model, &self.serial_number] {
            add(text, weight::MAKER);
        }
        self.part_numbers.iter().for_each(|number| add(number, weight::MAKER));
        self.fields.iter().for_each(|field| add(field, weight::FIELDS));
        terms.idents = self.idents();
        terms
    }

    fn idents(&self) -> BTreeSet<(String, IdentKind)> {
        let one = |text, kind| std::iter::once((text, kind));
        self.codes
            .iter()
            .map(|code| (code, IdentKind::Code))
            .chain(one(&self.serial_number, IdentKind::Serial))
            .chain(one(&self.name, IdentKind::Name))
            .chain(one(&self.model, IdentKind::Model))
            .chain(self.part_numbers.iter().map(|number| (number, IdentKind::PartNumber)))
            .map(|(text, kind)| (key(text), kind))
            .filter(|(key, _)| !key.is_empty())
            .collect()
    }

    /// What the model is to understand of this item.
    pub fn meaning(&self) -> MeaningText {
        let tags = self.tags.join(" ");
        let label = joined(". ", &[&self.name, &tags]);
        let known = key(&self.name);
        let unless_in_name = |text: &'_ str| if known.contains(&key(text)) { String::new() } else { text.to_owned() };
        let maker = [unless_in_name(&self.manufacturer), unless_in_name(&self.model)];
        let (first, rest) = split_at_char(&self.description, DESCRIPTION_BEFORE_TAGS);
        let whole = joined(" ", &[&self.name, &maker[0], &maker[1], first, &tags, rest, &self.notes]);
        let label_says_all = maker.iter().all(String::is_empty) && self.description.is_empty() && self.notes.is_empty();
        MeaningText { whole: if label_says_all { label.clone() } else { whole }, label }
    }
}

/// So many characters of a description go before the tags, the rest behind: the model reads 256 tokens.
const DESCRIPTION_BEFORE_TAGS: usize = 700;

/// An item as the model reads it, twice: what it is called, and all that is written about it.
///
/// Its vector is the mean of both. With the whole text alone the details drown the thing (measured on
/// questions that avoid the item's words: 52 % of first hits right instead of 62 %). No place's name is in
/// it: an item moves without becoming something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeaningText {
    /// Name and tags.
    pub label: String,
    /// Name, manufacturer and model, description, tags, notes; cut by the model where it is too long.
    pub whole: String,
}

impl MeaningText {
    /// The texts to embed: one, when the label says all there is.
    pub fn texts(&self) -> Vec<String> {
        if self.label == self.whole { vec![self.label.clone()] } else { vec![self.label.clone(), self.whole.clone()] }
    }

    /// What is hashed to notice that a vector is out of date.
    pub fn content(&self) -> String {
        format!("{}\n{}", self.label, self.whole)
    }

    /// The one vector of an item out of its texts' vectors: their mean, of unit length.
    pub fn mean(vectors: &[Vec<f32>]) -> Vec<f32> {
        let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
        for vector in vectors {
            sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number);
        }
        let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        for number in &mut sum {
            *number /= length;
        }
        sum
    }
}

fn joined(with: &str, parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    parts.join(with)
}

fn split_at_char(text: &str, characters: usize) -> (&str, &str) {
    match text.char_indices().nth(characters) {
        Some((at, _)) => text.split_at(at),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tarp() -> Texts {
        Texts {
            name: "Tarp 3 x 4 m".into(),
            description: "Waterproof sheet with eyelets.".into(),
            tags: vec!["camping".into()],
            model: "TN-2110".into(),
            codes: vec!["INV-7K3".into()],
            ..Texts::default()
        }
    }

    #[test]
    fn a_word_in_the_name_counts_more_than_one_in_the_text() {
        let terms = tarp().terms(&Analyser::default());
        assert!(terms.stems["tarp"] > terms.stems["sheet"]);
        assert_eq!(terms.words.get("eyelets").map(String::as_str), Some("eyelet"));
    }

    #[test]
    fn codes_models_and_names_are_found_without_separators() {
        let idents = tarp().terms(&Analyser::default()).idents;
        for (key, kind) in [("inv7k3", IdentKind::Code), ("tarp3x4m", IdentKind::Name), ("tn2110", IdentKind::Model)] {
            assert!(idents.contains(&(key.to_owned(), kind)), "{key}");
        }
    }

    #[test]
    fn the_model_reads_the_label_and_the_whole() {
        let meaning = tarp().meaning();
        assert_eq!(meaning.label, "Tarp 3 x 4 m. camping");
        assert_eq!(meaning.whole, "Tarp 3 x 4 m TN-2110 Waterproof sheet with eyelets. camping");
    }

    #[test]
    fn a_bare_name_is_read_once() {
        let bare = Texts { name: "Hammer".into(), ..Texts::default() };
        assert_eq!(bare.meaning().texts(), ["Hammer"]);
    }

    #[test]
    fn the_mean_has_unit_length() {
        let mean = MeaningText::mean(&[vec![1.0, 0.0], vec![0.0, 1.0]]);
        assert!((mean[0] - 0.5_f32.sqrt()).abs() < 1e-6 && (mean[1] - mean[0]).abs() < 1e-6);
    }
}
