//! From the words of a question to the stems looked for: which are known, how rare they are, what an
//! unfinished or misspelt one may stand for, and which words name a place.

use uuid::Uuid;

use crate::domain::search::query::AskedWord;
use crate::domain::search::spelling::{self, Neighbour, SECOND_GUESS};
use crate::domain::search::words::{Analyser, Stems};
use crate::store::search::candidates::Term;
use crate::store::search::lookup::{Lexeme, NamedPlace};

/// How surely a German stem, an unfinished word, a longer word that begins with a known one, a part of a word,
/// a word corrected with doubt is what was meant.
const GERMAN: f32 = 0.9;
const UNFINISHED: f32 = 0.8;
const LONGER: f32 = 0.35;
const CORRECTED: f32 = 0.9;

/// A place's name has at most so many words here.
const LONGEST_PLACE: usize = 3;

/// The question's words as evidence is weighed with.
#[derive(Debug, Default)]
pub(super) struct Wording {
    pub terms: Vec<Term>,
    /// The question with misspelt words replaced.
    pub corrected: Option<String>,
    /// A replaced word may have meant something else.
    pub guessed: bool,
    /// No word of the question occurs as typed.
    pub all_unknown: bool,
    items: i32,
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    shown: String,
    /// How rare it is.
    rarity: f32,
    corrected: bool,
}

impl Wording {
    pub fn new(
        items: i32,
        asked: &[AskedWord],
        lexemes: &[Lexeme],
        unfinished: &[Lexeme],
        parts: &[Vec<Stems>],
    ) -> Self {
        let mut wording = Self { items, all_unknown: true, ..Self::default() };
        let known = |stem: &str| lexemes.iter().find(|lexeme| lexeme.text == stem);
        for (n, word) in asked.iter().enumerate() {
            let own = word.stems.own.as_deref().and_then(known);
            let other = word.stems.other.as_deref().and_then(known);
            let longer = if n + 1 == asked.len() { unfinished } else { &[] };
            let longer: Vec<&Lexeme> = longer
                .iter()
                .filter(|lexeme| {
                    Some(lexeme.id) != own.map(|own| own.id) && Some(lexeme.id) != other.map(|other| other.id)
                })
                .collect();
            let n = n as i32;
            if own.is_some() || other.is_some() {
                wording.all_unknown = false;
                let rarity = wording.rarity(own.or(other).map_or(0, |lexeme| lexeme.items));
                if let Some(lexeme) = own {
                    wording.add(n, lexeme, rarity, 1.0);
                }
                let factor = if own.is_some() { GERMAN } else { 1.0 };
                if let Some(lexeme) = other {
                    wording.add(n, lexeme, rarity, factor);
                }
                for lexeme in longer {
                    wording.add(n, lexeme, rarity, LONGER);
                }
                wording.push(&word.word, rarity);
            } else if !longer.is_empty() {
                wording.all_unknown = false;
                let rarity = wording.rarity(longer.iter().map(|lexeme| lexeme.items).sum());
                for lexeme in longer {
                    wording.add(n, lexeme, rarity, UNFINISHED);
                }
                wording.push(&word.word, rarity);
            } else {
                wording.push(&word.word, wording.rarity(0));
                let parts: Vec<Option<&Lexeme>> =
                    parts[n as usize].iter().map(|stems| stems.own.as_deref().and_then(known)).collect();
                if !parts.is_empty() && parts.iter().all(Option::is_some) {
                    wording.all_unknown = false;
                    let factor = UNFINISHED / parts.len() as f32;
                    for lexeme in parts.into_iter().flatten() {
                        wording.add(n, lexeme, wording.rarity(lexeme.items), factor);
                    }
                }
            }
        }
        wording
    }

    fn push(&mut self, shown: &str, rarity: f32) {
        self.words.push(Word { shown: shown.to_owned(), rarity, corrected: false });
    }

    fn add(&mut self, word: i32, lexeme: &Lexeme, most: f32, factor: f32) {
        let weight = self.rarity(lexeme.items).min(most) * factor;
        self.terms.push(Term { word, lexeme: lexeme.id, weight, factor, items: lexeme.items });
    }

    /// BM25's inverse document frequency, never negative.
    fn rarity(&self, items: i32) -> f32 {
        let (all, with) = (self.items as f32, items as f32);
        (1.0 + (all - with).max(0.0) / (with + 0.5) + 0.5 / (with + 0.5)).ln()
    }

    /// The words with nothing to look for.
    pub fn unknown(&self) -> Vec<String> {
        let has_term = |n: i32| self.terms.iter().any(|term| term.word == n);
        (0..).zip(&self.words).filter(|(n, _)| !has_term(*n)).map(|(_, word)| word.shown.clone()).collect()
    }

    /// Takes near words for unknown ones.
    pub fn correct<'a>(&mut self, near: impl Iterator<Item = (&'a str, Vec<Neighbour>)>, typed: &str) {
        let mut replaced = Vec::new();
        for (unknown, neighbours) in near {
            let best = spelling::corrections(unknown, neighbours);
            let Some(n) = self.words.iter().position(|word| word.shown == unknown) else { continue };
            let Some(first) = best.first() else { continue };
            let sure = spelling::is_sure(unknown, &first.word);
            let factor = if sure { 1.0 } else { CORRECTED };
            for (neighbour, factor) in best.iter().zip([factor, factor * SECOND_GUESS]) {
                let weight = self.rarity(neighbour.items) * factor;
                self.terms.push(Term {
                    word: n as i32,
                    lexeme: neighbour.lexeme,
                    weight,
                    factor,
                    items: neighbour.items,
                });
            }
            self.guessed |= !sure;
            self.words[n] = Word { shown: first.word.clone(), rarity: self.rarity(first.items), corrected: true };
            replaced.push((unknown.to_owned(), first.word.clone()));
        }
        if !replaced.is_empty() {
            self.corrected = Some(replace(typed, &replaced));
        }
    }

    /// Which share of the question these words are, by how rare each is; `without` some that do not count.
    pub fn cover(&self, matched: &[(i32, f32)], without: &[i32]) -> f32 {
        let counts = |n: i32| !without.contains(&n);
        let all: f32 = (0..).zip(&self.words).filter(|(n, _)| counts(*n)).map(|(_, word)| word.rarity).sum();
        let found: f32 = matched
            .iter()
            .filter(|(n, _)| counts(*n))
            .filter_map(|(n, factor)| Some(self.words.get(*n as usize)?.rarity * factor.min(1.0)))
            .sum();
        if all > 0.0 { (found / all).min(1.0) } else { 0.0 }
    }

    /// Are words that were misspelt at least half of what speaks for an item, by how rare each is?
    pub fn rests_on_corrected(&self, matched: &[(i32, f32)]) -> bool {
        let sum = |of: fn(&Word) -> bool| -> f32 {
            let words = matched.iter().filter_map(|(n, _)| self.words.get(*n as usize));
            words.filter(|word| of(word)).map(|word| word.rarity).sum()
        };
        let corrected = sum(|word| word.corrected);
        corrected > 0.0 && 2.0 * corrected >= sum(|_| true)
    }

    /// The matched words as a person reads them.
    pub fn shown(&self, matched: &[(i32, f32)]) -> Vec<String> {
        let mut numbers: Vec<i32> = matched.iter().map(|(n, _)| *n).collect();
        numbers.sort_unstable();
        numbers.iter().filter_map(|n| Some(self.words.get(*n as usize)?.shown.clone())).collect()
    }
}

fn replace(typed: &str, replaced: &[(String, String)]) -> String {
    let words: Vec<String> = typed
        .split_whitespace()
        .map(|word| {
            let folded = crate::domain::search::words::words(word);
            match replaced.iter().find(|(unknown, _)| folded == [unknown.clone()]) {
                Some((_, known)) => known.clone(),
                None => word.to_owned(),
            }
        })
        .collect();
    words.join(" ")
}

/// The beginning to complete, when it is long enough to say something.
pub(super) fn unfinished(word: &str) -> Option<&str> {
    let letters = word.chars().count();
    let number = word.chars().all(|c| c.is_ascii_digit());
    (letters >= if number { 4 } else { 2 }).then_some(word)
}

/// The stems of the parts of a word in which digits and letters meet.
pub(super) fn parts(word: &str, analyser: &Analyser) -> Vec<Stems> {
    spelling::split_at_digits(word)
        .map(|(left, right)| vec![analyser.asked_stems(left), analyser.asked_stems(right)])
        .unwrap_or_default()
}

/// Neighbouring words that may be a place's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub key: String,
    first: usize,
    count: usize,
}

/// All spans of up to three neighbouring words, the longest first.
pub(super) fn spans(words: &[AskedWord]) -> Vec<Span> {
    let mut spans = Vec::new();
    for count in (1..=LONGEST_PLACE.min(words.len())).rev() {
        for first in 0..=words.len() - count {
            let key = words[first..first + count].iter().map(|word| word.word.as_str()).collect();
            spans.push(Span { key, first, count });
        }
    }
    spans
}

/// The places named by the longest span that names any, unless it is all that was typed; and its words.
pub(super) fn named_place(spans: &[Span], places: &[NamedPlace], words: usize) -> (Vec<Uuid>, Vec<i32>) {
    let named =
        spans.iter().filter(|span| span.count < words).find(|span| places.iter().any(|place| place.key == span.key));
    let Some(span) = named else { return Default::default() };
    let ids = places.iter().filter(|place| place.key == span.key).map(|place| place.id).collect();
    (ids, (span.first..span.first + span.count).map(|n| n as i32).collect())
}
