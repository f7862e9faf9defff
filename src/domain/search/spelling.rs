//! Which known word a misspelt one stands for.

/// Shorter words and numbers are taken as they are: too many others are near.
const SHORTEST: usize = 4;

/// As alike as words with one letter replaced are on average.
const ALIKE_WHEN_EXCHANGED: f32 = 0.5;

/// The second guess counts less.
pub const SECOND_GUESS: f32 = 0.6;

/// A word of the inventory near the typed one.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    pub word: String,
    /// Its stem's number in the index.
    pub lexeme: i32,
    /// In how many items it occurs.
    pub items: i32,
    /// Share of common trigrams, 0 to 1.
    pub similarity: f32,
}

/// Is this a word that may be misspelt?
pub fn may_be_misspelt(word: &str) -> bool {
    word.chars().count() >= SHORTEST && !word.chars().any(|c| c.is_ascii_digit())
}

/// How many letters may be wrong, missing, added or exchanged with their neighbour.
pub fn tolerance(word: &str) -> usize {
    if word.chars().count() <= 5 { 1 } else { 2 }
}

/// The word with each two neighbouring letters exchanged.
pub fn swapped(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let swaps = (1..letters.len()).filter(|&at| letters[at - 1] != letters[at]);
    swaps
        .map(|at| {
            let mut swapped = letters.clone();
            swapped.swap(at - 1, at);
            swapped.into_iter().collect()
        })
        .collect()
}

/// The best two words a misspelt one may stand for, best first: near by optimal string alignment distance
/// (Damerau 1964), common, with the same first letter and many common trigrams.
pub fn corrections(typed: &str, neighbours: Vec<Neighbour>) -> Vec<Neighbour> {
    let mut ranked: Vec<(f64, Neighbour)> = neighbours
        .into_iter()
        .filter(|known| known.word != typed)
        .filter_map(|known| {
            let distance = strsim::osa_distance(typed, &known.word);
            (distance <= tolerance(typed)).then(|| (penalty(typed, distance, &known), known))
        })
        .collect();
    ranked.sort_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| x.word.cmp(&y.word)));
    // Two spellings of one stem are one guess.
    let mut best: Vec<Neighbour> = Vec::new();
    for (_, known) in ranked {
        if best.len() < 2 && best.iter().all(|taken| taken.lexeme != known.lexeme) {
            best.push(known);
        }
    }
    best
}

/// Is a correction beyond doubt? Random letters are hardly ever one mistake away from a long word.
pub fn is_sure(typed: &str, known: &str) -> bool {
    let letters = typed.chars().count();
    match strsim::osa_distance(typed, known) {
        0 => true,
        1 => letters > 4,
        _ => letters > 7,
    }
}

fn penalty(typed: &str, distance: usize, known: &Neighbour) -> f64 {
    let other_start = typed.chars().next() != known.word.chars().next();
    // Exchanged letters spoil three trigrams or four, but are one slip of the fingers.
    let exchanged = distance < strsim::levenshtein(typed, &known.word);
    let alike = if exchanged { known.similarity.max(ALIKE_WHEN_EXCHANGED) } else { known.similarity };
    1.5 * distance as f64 - 0.25 * f64::from(known.items.max(1)).ln() + f64::from(u8::from(other_start))
        - 2.0 * f64::from(alike)
}

/// `12volt` as `12` and `volt`: where digits and letters meet in a word nobody knows.
pub fn split_at_digits(word: &str) -> Option<(&str, &str)> {
    let first = word.chars().next()?.is_ascii_digit();
    let at = word.find(|c: char| c.is_ascii_digit() != first)?;
    let (left, right) = word.split_at(at);
    let turns = right.chars().any(|c| c.is_ascii_digit() == first);
    (!turns).then_some((left, right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(word: &str, lexeme: i32, items: i32) -> Neighbour {
        Neighbour { word: word.into(), lexeme, items, similarity: 0.5 }
    }

    fn check(typed: &str, known_words: &[(&str, i32)], expected: &[&str]) {
        let neighbours =
            known_words.iter().enumerate().map(|(n, (word, items))| known(word, n as i32, *items)).collect();
        let found: Vec<_> = corrections(typed, neighbours).into_iter().map(|found| found.word).collect();
        assert_eq!(found, expected, "{typed}");
    }

    #[test]
    fn exchanged_neighbours_are_one_mistake() {
        check("hamemr", &[("hammer", 3), ("hampers", 3)], &["hammer"]);
    }

    #[test]
    fn every_two_neighbours_are_exchanged_once() {
        assert_eq!(swapped("pohne"), ["ophne", "phone", "ponhe", "pohen"]);
        assert_eq!(swapped("aab"), ["aba"]);
    }

    #[test]
    fn the_commoner_word_is_meant() {
        check("battary", &[("battery", 50), ("buttery", 1)], &["battery", "buttery"]);
    }

    #[test]
    fn a_rare_word_one_slip_away_beats_a_common_one_two_away() {
        check("gamrin", &[("garmin", 2), ("gaming", 500)], &["garmin", "gaming"]);
    }

    #[test]
    fn short_words_may_have_one_mistake() {
        check("dril", &[("drill", 3), ("drum", 3)], &["drill"]);
    }

    #[test]
    fn short_words_and_numbers_are_left_alone() {
        assert!(!may_be_misspelt("usb") && !may_be_misspelt("m8x40") && may_be_misspelt("tarp"));
    }

    #[test]
    fn long_words_leave_no_doubt() {
        assert!(is_sure("extenguisher", "extinguisher") && is_sure("hamemr", "hammer"));
        assert!(!is_sure("kvqqr", "karer") && !is_sure("pmup", "pump"));
    }

    #[test]
    fn digits_and_letters_come_apart_once() {
        assert_eq!(split_at_digits("12volt"), Some(("12", "volt")));
        assert_eq!(split_at_digits("m8x40"), None);
        assert_eq!(split_at_digits("hammer"), None);
    }
}
