//! Texts to words, words to stems.
//!
//! One analyser serves stored texts, questions and the marking of matched words, so that they cannot
//! disagree. A word is a run of letters and digits without case and accents: `TN-2110` is `tn` and `2110`,
//! `Überhose` is `uberhose`.
//!
//! English stems are always stored; German ones in addition where a text is German (or may be), because the
//! German stemmer would join English words that have nothing in common (`driver` and `drive`).

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use whatlang::{Detector, Lang};

/// Longer runs are no words (hashes, encoded data) and are left out.
const LONGEST_WORD: usize = 64;

/// A language whose inflections are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    German,
}

/// Knows the stems and stop words of the languages searched in.
pub struct Analyser {
    english: Option<Stemmer>,
    german: Option<Stemmer>,
    detector: Detector,
}

impl Default for Analyser {
    fn default() -> Self {
        Self::new(&[Language::English, Language::German])
    }
}

impl Analyser {
    /// For these languages; with none, words are taken as they are.
    pub fn new(languages: &[Language]) -> Self {
        let stemmer = |language, algorithm| languages.contains(&language).then(|| Stemmer::create(algorithm));
        Self {
            english: stemmer(Language::English, Algorithm::English),
            german: stemmer(Language::German, Algorithm::German),
            detector: Detector::with_allowlist(vec![Lang::Eng, Lang::Deu]),
        }
    }

    /// May this text be German? `true` when in doubt: a German stem too many costs less than a plural
    /// that is not found.
    pub fn may_be_german(&self, text: &str) -> bool {
        if self.german.is_none() {
            return false;
        }
        if self.english.is_none() || text.chars().any(|c| "äöüßÄÖÜ".contains(c)) {
            return true;
        }
        let letters: String = text.chars().map(|c| if c.is_alphabetic() { c } else { ' ' }).collect();
        self.detector.detect(&letters).is_some_and(|found| found.lang() == Lang::Deu)
    }

    /// The stems a stored word is found by: none for a stop word.
    pub fn stored_stems(&self, word: &str, german: bool) -> Stems {
        let german = self.german.as_ref().filter(|_| german);
        let stops = (self.english.is_some() && english::is_stop(word)) || (german.is_some() && german::is_stop(word));
        if stops { Stems::default() } else { stems(word, self.english.as_ref(), german) }
    }

    /// The stems an asked word may be stored under: the first is the word's own, the second German.
    pub fn asked_stems(&self, word: &str) -> Stems {
        stems(word, self.english.as_ref(), self.german.as_ref())
    }

    /// Does this word carry no meaning of its own in any of the languages?
    pub fn is_stop(&self, word: &str) -> bool {
        (self.english.is_some() && english::is_stop(word)) || (self.german.is_some() && german::is_stop(word))
    }
}

/// One or two different stems of a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stems {
    pub own: Option<String>,
    pub other: Option<String>,
}

impl Stems {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.own.as_deref().into_iter().chain(self.other.as_deref())
    }
}

fn stems(word: &str, english: Option<&Stemmer>, german: Option<&Stemmer>) -> Stems {
    if word.chars().any(|c| c.is_ascii_digit()) {
        return Stems { own: Some(word.to_owned()), other: None };
    }
    let stem = |stemmer: &Stemmer| stemmer.stem(word).into_owned();
    let (english, german) = (english.map(stem), german.map(stem));
    let own = english.clone().or_else(|| german.clone()).unwrap_or_else(|| word.to_owned());
    Stems { other: german.filter(|stem| *stem != own), own: Some(own) }
}

/// The words of a text in order, folded.
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && word.len() <= LONGEST_WORD)
        .map(str::to_owned)
        .collect()
}

/// What trade marks are read as, before they decompose into letters.
const MARK: char = '\u{1f}';

/// Without case and accents: `Größe` is `grosse`, `Čeněk` is `cenek`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let marked = text.chars().map(|c| if matches!(c, '™' | '℠' | '®' | '©') { MARK } else { c });
    for c in marked.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            // Marks of trade are no letters of the word before them.
            MARK => folded.push(' '),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            // Combining marks that lower-casing brings forth.
            c if is_combining_mark(c) => {}
            c => folded.push(c),
        }
    }
    folded
}

/// The form in which codes, serial and model numbers and names are compared: letters and digits alone. The numero
/// sign is neither, though folding would make letters of it. A hundred of them tell everything apart, and what was cut when
/// it was stored is still what somebody types whole.
pub fn key(text: &str) -> String {
    fold(&text.replace('№', " ")).chars().filter(|c| c.is_alphanumeric()).take(100).collect()
}

mod english {
    /// Function words; single letters are left over from apostrophes.
    const STOP: &str = " a about after again all also am an and any are as at be because been before being below \
        between both but by can could did do does doing don down during each few for from further had has have having \
        he her here hers him his how i if in into is it its itself just me more most my no nor not now of off on once \
        only or other our ours out over own s same she should so some such t than that the their them then there these \
        they this those through to too under until up us very was we were what when where which while who whom why \
        will with would you your ";

    pub fn is_stop(word: &str) -> bool {
        super::is_listed(STOP, word)
    }
}

mod german {
    /// Function words, folded.
    const STOP: &str = " aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bist da damit \
        dann das dass dein deine dem den der des dich die dies diese diesem diesen dieser dieses dir doch dort du durch \
        ein eine einem einen einer eines er es etwas euch euer fur gegen hat hatte haben hier hin hinter ich ihm ihn \
        ihnen ihr ihre im in ins ist ja jede jedem jeden jeder jedes kann kein keine mein meine mich mir mit nach nicht \
        noch nur ob oder ohne sehr sein seine sich sie sind so soll sollte sonst uber um und uns unser unter vom von vor \
        war waren warum was weil welche welchem welchen welcher welches wenn wer werden wie wieder wir wird wo wurde zu \
        zum zur zwischen ";

    pub fn is_stop(word: &str) -> bool {
        super::is_listed(STOP, word)
    }
}

fn is_listed(list: &str, word: &str) -> bool {
    // Padded on both sides, so that only whole words are found.
    list.match_indices(word).any(|(at, found)| {
        at > 0 && list.as_bytes()[at - 1] == b' ' && list.as_bytes().get(at + found.len()) == Some(&b' ')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_neither_case_nor_accents_nor_punctuation() {
        assert_eq!(words("TN-2110, Überhose (Größe L)"), ["tn", "2110", "uberhose", "grosse", "l"]);
        assert_eq!(words("½″ Čeněk's 5L"), ["1", "2", "cenek", "s", "5l"]);
    }

    #[test]
    fn a_key_has_letters_and_digits_alone() {
        assert_eq!(key("TN-2110 / b"), "tn2110b");
        assert_eq!(key("№ 35"), key("35"));
        let long = "USB-C dock, 8 ports; ".repeat(12);
        assert_eq!(key(&long), key(&long[..200]));
        assert_eq!(key(&long), key(&long.replace([' ', '-', ',', ';'], "")));
    }

    fn check(stored: &str, asked: &str, found: bool) {
        let analyser = Analyser::default();
        let german = analyser.may_be_german(stored);
        let stored: Vec<_> = words(stored).iter().map(|word| analyser.stored_stems(word, german)).collect();
        let asked = analyser.asked_stems(&words(asked)[0]);
        let hit = stored.iter().any(|stems| stems.iter().any(|s| asked.iter().any(|a| a == s)));
        assert_eq!(hit, found, "{asked:?} in {stored:?}");
    }

    #[test]
    fn inflections_are_found_in_both_languages() {
        check("cordless drills for the workshop", "drill", true);
        check("spare batteries", "battery", true);
        check("Schrauben verzinkt für Holz", "Schraube", true);
        check("Eine Lampe mit Stecker", "Lampen", true);
        check("Bücher und Hefte", "Buch", true);
    }

    #[test]
    fn unlike_english_words_stay_apart() {
        check("device driver for the printer", "drive", false);
    }

    #[test]
    fn stop_words_are_not_stored() {
        check("something for the tent", "the", false);
        check("Zange für die Werkstatt", "die", false);
    }
}
