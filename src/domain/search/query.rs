//! What somebody typed: filters, and free words.
//!
//! `in:"Shelf 2" tag:camping kind:asset low` stand beside free words in any order. `low`, `lent` and
//! `archived` are filters when nothing else is asked, at the end, or next to another filter; in `low voltage
//! lamp` the word is a word. `is:low` is always the filter.

use super::words::{Analyser, Stems, key, words};
use crate::domain::{ItemKind, OwnCode};

/// A question, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The free words as typed, without the filters.
    pub text: String,
    /// Does the last word end where the text ends? It may then be unfinished.
    pub typing: bool,
    pub filters: Filters,
}

/// What every hit has to be. Empty: anything that is not archived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Names or codes of holders, each with everything below it; all have to match.
    pub inside: Vec<String>,
    /// All have to match, whatever their case.
    pub tags: Vec<String>,
    /// One has to match.
    pub kinds: Vec<ItemKind>,
    /// Below its minimum.
    pub low: bool,
    /// At least one is lent.
    pub lent: bool,
    /// Archived items instead of the others.
    pub archived: bool,
}

impl Filters {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Both filters' demands.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.inside.extend(other.inside);
        self.tags.extend(other.tags);
        self.kinds.extend(other.kinds);
        self.low |= other.low;
        self.lent |= other.lent;
        self.archived |= other.archived;
        self
    }
}

/// One free word with what it may be stored as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedWord {
    /// Folded.
    pub word: String,
    pub stems: Stems,
}

impl Query {
    /// Never fails: what is no filter is a word.
    pub fn parse(typed: &str) -> Self {
        Self::read(typed, true)
    }

    /// The same, but `low`, `lent` and `archived` are words wherever they stand: for a name that ends in one.
    /// `None` when that makes no difference.
    pub fn parse_without_flags(typed: &str) -> Option<Self> {
        let query = Self::read(typed, false);
        (query.text != Self::parse(typed).text).then_some(query)
    }

    fn read(typed: &str, flags: bool) -> Self {
        let parts: Vec<Part> = split(typed).into_iter().map(Part::of).collect();
        let mut query = Self { typing: typed.ends_with(|c: char| c.is_alphanumeric()), ..Self::default() };
        let mut free: Vec<&str> = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            match part {
                Part::Inside(place) => query.filters.inside.push(place.clone()),
                Part::Tag(tag) => query.filters.tags.push(tag.clone()),
                Part::Kind(kind) => query.filters.kinds.push(*kind),
                Part::Flag(flag) => flag.set(&mut query.filters),
                Part::Word(word) => match Flag::of(word).filter(|_| flags && stands_as_filter(&parts, at)) {
                    Some(flag) => flag.set(&mut query.filters),
                    None => free.push(word),
                },
            }
        }
        query.typing &=
            parts.last().is_some_and(|last| matches!(last, Part::Word(word) if free.last() == Some(&&**word)));
        query.text = free.join(" ");
        query
    }

    /// The free words that carry meaning; all of them, when none does.
    pub fn words(&self, analyser: &Analyser) -> Vec<AskedWord> {
        let mut all: Vec<String> = Vec::new();
        for word in words(&self.text) {
            // The last mention stays last: it may be the unfinished one.
            all.retain(|known| *known != word);
            all.push(word);
        }
        let kept: Vec<String> = all.iter().filter(|word| !analyser.is_stop(word)).cloned().collect();
        let words = if kept.is_empty() { all } else { kept };
        words.into_iter().map(|word| AskedWord { stems: analyser.asked_stems(&word), word }).collect()
    }

    /// Exact keys the whole text may be: as written, as one of our codes, as a barcode without leading zeros.
    pub fn keys(&self) -> Vec<String> {
        let plain = key(&self.text);
        if plain.is_empty() {
            return Vec::new();
        }
        let mut keys = vec![plain.clone()];
        if let Ok(code) = OwnCode::parse(&self.text) {
            keys.push(key(&code.normalised()));
        }
        if plain.len() >= 8 && plain.bytes().all(|b| b.is_ascii_digit()) {
            keys.push(plain.trim_start_matches('0').to_owned());
        }
        keys.sort();
        keys.dedup();
        keys
    }

    /// May the text be the beginning of a code, serial or model number? It has a digit and no blank inside.
    pub fn unfinished_key(&self) -> Option<String> {
        let plain = key(&self.text);
        let one_piece = !self.text.trim().contains(char::is_whitespace);
        (one_piece && plain.len() >= 4 && plain.bytes().any(|b| b.is_ascii_digit())).then_some(plain)
    }
}

enum Part {
    Inside(String),
    Tag(String),
    Kind(ItemKind),
    Flag(Flag),
    Word(String),
}

#[derive(Clone, Copy)]
enum Flag {
    Low,
    Lent,
    Archived,
}

impl Flag {
    fn of(word: &str) -> Option<Self> {
        match word {
            "low" => Some(Self::Low),
            "lent" => Some(Self::Lent),
            "archived" => Some(Self::Archived),
            _ => None,
        }
    }

    fn set(self, filters: &mut Filters) {
        match self {
            Self::Low => filters.low = true,
            Self::Lent => filters.lent = true,
            Self::Archived => filters.archived = true,
        }
    }
}

impl Part {
    fn of(text: String) -> Self {
        let Some((name, value)) = text.split_once(':') else { return Self::Word(unquoted(&text)) };
        let value = unquoted(value);
        let part = match name.to_lowercase().as_str() {
            "in" if !value.is_empty() => Some(Self::Inside(value)),
            "tag" if !value.is_empty() => Some(Self::Tag(value)),
            "kind" => value.parse().ok().map(Self::Kind),
            "is" => Flag::of(&value.to_lowercase()).map(Self::Flag),
            _ => None,
        };
        part.unwrap_or(Self::Word(text))
    }

    fn is_filter(&self) -> bool {
        !matches!(self, Self::Word(word) if Flag::of(word).is_none())
    }
}

fn stands_as_filter(parts: &[Part], at: usize) -> bool {
    let explicit = |part: &Part| !matches!(part, Part::Word(_));
    at + 1 == parts.len()
        || parts[at + 1..].iter().all(Part::is_filter)
        || explicit(&parts[at + 1])
        || at.checked_sub(1).is_some_and(|before| explicit(&parts[before]))
}

/// At blanks outside of quotes; a quote opens at the start of a word or behind a colon, so that `7" disc`
/// is three characters of a word.
fn split(typed: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    let mut rest = typed.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted => {
                quoted = false;
                part.push(c);
            }
            '"' if (part.is_empty() || part.ends_with(':')) && rest.clone().any(|later| later == '"') => {
                quoted = true;
                part.push(c);
            }
            c if c.is_whitespace() && !quoted => {
                if !part.is_empty() {
                    parts.push(std::mem::take(&mut part));
                }
            }
            c => part.push(c),
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

fn unquoted(text: &str) -> String {
    text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(text).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, text: &str, filters: &Filters) {
        let query = Query::parse(typed);
        assert_eq!((query.text.as_str(), &query.filters), (text, filters), "{typed}");
    }

    #[test]
    fn filters_stand_beside_words() {
        check(
            "in:\"Shelf 2\" tag:camping kind:asset low tarp",
            "tarp",
            &Filters {
                inside: vec!["Shelf 2".into()],
                tags: vec!["camping".into()],
                kinds: vec![ItemKind::Asset],
                low: true,
                ..Filters::default()
            },
        );
    }

    #[test]
    fn a_flag_among_words_is_a_word() {
        check("low voltage lamp", "low voltage lamp", &Filters::default());
        check("lamp low", "lamp", &Filters { low: true, ..Filters::default() });
        check("low", "", &Filters { low: true, ..Filters::default() });
        check("is:lent low voltage", "voltage", &Filters { low: true, lent: true, ..Filters::default() });
    }

    #[test]
    fn a_flag_may_be_the_end_of_a_name() {
        let named = Query::parse_without_flags("wooden cabinet low").expect("there is a flag");
        assert_eq!((named.text.as_str(), named.filters.is_empty()), ("wooden cabinet low", true));
        assert_eq!(Query::parse_without_flags("wooden cabinet"), None);
    }

    #[test]
    fn what_is_no_filter_is_a_word() {
        check("kind:thing in: http://x 7\" disc", "kind:thing in: http://x 7\" disc", &Filters::default());
        check("\"two words\"", "two words", &Filters::default());
    }

    #[test]
    fn only_a_word_at_the_very_end_may_be_unfinished() {
        assert!(Query::parse("cordless scr").typing);
        assert!(!Query::parse("cordless screw ").typing);
        assert!(!Query::parse("screw tag:tools").typing);
    }

    #[test]
    fn stop_words_are_dropped_unless_there_is_nothing_else() {
        let words = |typed: &str| -> Vec<String> {
            Query::parse(typed).words(&Analyser::default()).into_iter().map(|asked| asked.word).collect()
        };
        assert_eq!(words("the boys"), ["boys"]);
        assert_eq!(words("the who"), ["the", "who"]);
    }

    #[test]
    fn codes_and_barcodes_are_recognised_however_typed() {
        assert_eq!(Query::parse("TN-2110").keys(), ["tn2110"]);
        assert_eq!(Query::parse("0095205603217").keys(), ["0095205603217", "95205603217"]);
        assert_eq!(Query::parse("SUA48-R").unfinished_key().as_deref(), Some("sua48r"));
        assert_eq!(Query::parse("two words 1").unfinished_key(), None);
    }
}
