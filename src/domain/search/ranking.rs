//! Evidence to ranking: fusion of words and meaning, the floor, the reason per hit.
//!
//! Words count as far as they cover the question: a hit that has every word of it is judged by words and
//! meaning about equally, one that has a single word of a long description by its meaning. A plain sum of
//! the two scores loses half of the questions that avoid the item's own words (measured: hit@1 .24 instead
//! of .61), because some chance word of the question always occurs somewhere.
//!
//! Share and steepness below were chosen on the development halves: .4 and 3 rank a little worse than words alone
//! where all words are known (nDCG@10 .813 against .819; now .825), and no better where none is.

/// Share of the words in a hit that has all of them; the rest is meaning.
const WORDS: f32 = 0.6;

/// How steeply the words' share falls with what they leave uncovered.
const COVER_POWER: i32 = 5;

/// From this cover on words are the reason of a hit, not its meaning.
const SAYS_IT: f32 = 0.4;

/// An item whose vector is not made yet counts as nearly as well meant as its words are covered.
const UNREAD_MEANING: f32 = 0.9;

/// A cosine as near as meaning gets: what is less near counts for less, even when nothing is nearer.
const NEAR: f32 = 0.5;

/// In the place the question names.
const PLACE_BOOST: f32 = 0.3;

/// The least cosine at which meaning alone is believed: of a question in real words, and of one that is not.
const LEAST_MEANING: f32 = 0.25;
const LEAST_MEANING_OF_NOISE: f32 = 0.50;

/// The same when all that speaks besides is a guessed spelling of what is no real word.
const LEAST_MEANING_OF_GUESSED: f32 = 0.40;

/// Tails of lists: hits by meaning alone stop at this share of the best cosine.
const TAIL: f32 = 0.5;

/// What is known of an item that may be a hit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Candidate {
    /// The item's number in the index.
    pub item: i32,
    /// BM25F score of its words; 0 without any.
    pub words: f32,
    /// Share of the question covered by them, weighted by how rare each word is, 0 to 1.
    pub cover: f32,
    /// Cosine to the question; `None` when the item has no vector (yet) or there is no model.
    pub cosine: Option<f32>,
    /// How exactly its code, serial number, name or model is what was typed; lower is better.
    pub exact: Option<u8>,
    /// Does it lie in the place that the question names?
    pub in_place: bool,
    /// Do mostly corrected words speak for it?
    pub corrected: bool,
}

/// Why a hit is one; the strongest reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// Its code, barcode, serial or model number, or its very name, was typed.
    Code,
    Word,
    /// A word of it, misspelt.
    Spelling,
    Meaning,
    /// Nothing was asked for but filters, and it is within them.
    Filter,
}

impl Why {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Word => "word",
            Self::Spelling => "spelling",
            Self::Meaning => "meaning",
            Self::Filter => "filter",
        }
    }
}

/// A hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    pub item: i32,
    pub why: Why,
    /// 0 to 1, comparable within one search; above 1 for exact hits.
    pub score: f32,
}

/// What was asked, as far as the floor needs to know.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// Is it made of real words, as far as the model can tell? Random letters are not.
    pub language: bool,
    /// No word of it occurs anywhere as typed.
    pub all_unknown: bool,
    /// Some were replaced by near ones, and it is not beyond doubt that those were meant.
    pub guessed: bool,
}

/// Is a text language, not noise? By how many pieces the model's vocabulary needs for it: `hammer` is one
/// piece, `kcxlak` five. Of random letter strings 99 in 100 have fewer than 2.7 letters a piece.
pub fn is_language(words: usize, letters: usize, pieces: usize) -> bool {
    let per_piece = letters as f32 / pieces.max(1) as f32;
    per_piece >= if words > 1 { 2.3 } else { 2.7 }
}

/// The hits, best first; none, when nothing is near enough to be meant.
pub fn rank(mut candidates: Vec<Candidate>, asked: Asked) -> Vec<Ranked> {
    let best_cosine = max(candidates.iter().filter_map(|c| c.cosine));
    if nothing_found(&candidates, best_cosine, asked) {
        return Vec::new();
    }
    candidates
        .retain(|c| c.exact.is_some() || c.words > 0.0 || c.cosine.is_some_and(|cosine| cosine >= TAIL * best_cosine));
    rank_all(&candidates)
}

/// The same without a floor: every candidate in its order.
pub fn rank_all(candidates: &[Candidate]) -> Vec<Ranked> {
    let best_words = max(candidates.iter().map(|c| c.words));
    let best_cosine = max(candidates.iter().filter_map(|c| c.cosine));
    let mut ranked: Vec<Ranked> = candidates
        .iter()
        .map(|c| Ranked { item: c.item, why: why(c, best_cosine), score: score(c, best_words, best_cosine) })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.item.cmp(&b.item)));
    ranked
}

fn nothing_found(candidates: &[Candidate], best_cosine: f32, asked: Asked) -> bool {
    if candidates.iter().any(|c| c.exact.is_some()) {
        return false;
    }
    let any_words = candidates.iter().any(|c| c.words > 0.0);
    if asked.all_unknown && asked.guessed && any_words && !asked.language {
        return best_cosine > 0.0 && best_cosine < LEAST_MEANING_OF_GUESSED;
    }
    let least = if asked.language { LEAST_MEANING } else { LEAST_MEANING_OF_NOISE };
    !any_words && best_cosine < least
}

fn score(c: &Candidate, best_words: f32, best_cosine: f32) -> f32 {
    let words = c.words / best_words.max(f32::MIN_POSITIVE);
    let fused = if best_cosine > 0.0 {
        let meaning = match c.cosine {
            Some(cosine) => cosine.max(0.0) / best_cosine.max(NEAR),
            None => UNREAD_MEANING * c.cover,
        };
        WORDS * words * c.cover.powi(COVER_POWER) + (1.0 - WORDS) * meaning
    } else {
        words * c.cover
    };
    let place = if c.in_place { PLACE_BOOST } else { 0.0 };
    let exact = c.exact.map_or(0.0, |rank| 20.0 - f32::from(rank.min(10)));
    exact + (fused + place) / (1.0 + PLACE_BOOST)
}

/// Words are the reason when they cover enough of the question; a chance word is none beside a near meaning.
fn why(c: &Candidate, best_cosine: f32) -> Why {
    let meant = c.cosine.is_some_and(|cosine| cosine >= TAIL * best_cosine);
    if c.exact.is_some() {
        Why::Code
    } else if c.words > 0.0 && (c.cover >= SAYS_IT || !meant) {
        if c.corrected { Why::Spelling } else { Why::Word }
    } else {
        Why::Meaning
    }
}

fn max(numbers: impl Iterator<Item = f32>) -> f32 {
    numbers.fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: Asked = Asked { language: true, all_unknown: false, guessed: false };

    fn order(candidates: &[Candidate], asked: Asked) -> Vec<i32> {
        rank(candidates.to_vec(), asked).iter().map(|hit| hit.item).collect()
    }

    #[test]
    fn an_exact_hit_goes_first() {
        let exact = Candidate { item: 1, exact: Some(1), cosine: Some(0.1), ..Candidate::default() };
        let near = Candidate { item: 2, words: 9.0, cover: 1.0, cosine: Some(0.9), ..Candidate::default() };
        assert_eq!(order(&[near, exact], CLEAN), [1, 2]);
    }

    #[test]
    fn a_chance_word_does_not_beat_what_is_meant() {
        let chance = Candidate { item: 1, words: 5.0, cover: 0.3, cosine: Some(0.3), ..Candidate::default() };
        let meant = Candidate { item: 2, cosine: Some(0.5), ..Candidate::default() };
        assert_eq!(order(&[chance, meant], CLEAN), [2, 1]);
    }

    #[test]
    fn all_words_beat_a_slightly_nearer_meaning() {
        let worded = Candidate { item: 1, words: 5.0, cover: 1.0, cosine: Some(0.5), ..Candidate::default() };
        let meant = Candidate { item: 2, cosine: Some(0.6), ..Candidate::default() };
        assert_eq!(order(&[meant, worded], CLEAN), [1, 2]);
    }

    #[test]
    fn a_word_that_says_it_all_beats_a_far_fetched_meaning() {
        let worded = Candidate { item: 1, words: 0.5, cover: 1.0, cosine: Some(0.1), ..Candidate::default() };
        let far = Candidate { item: 2, cosine: Some(0.3), ..Candidate::default() };
        assert_eq!(order(&[far, worded], CLEAN), [1, 2]);
    }

    #[test]
    fn random_letters_find_nothing_and_real_words_by_little() {
        let far = Candidate { item: 1, cosine: Some(0.35), ..Candidate::default() };
        assert_eq!(order(&[far], Asked { language: false, all_unknown: true, guessed: false }), Vec::<i32>::new());
        assert_eq!(order(&[far], Asked { language: true, all_unknown: true, guessed: false }), [1]);
    }

    #[test]
    fn without_a_model_words_alone_rank() {
        let both = Candidate { item: 1, words: 4.0, cover: 1.0, ..Candidate::default() };
        let one = Candidate { item: 2, words: 3.0, cover: 0.5, ..Candidate::default() };
        assert_eq!(order(&[one, both], CLEAN), [1, 2]);
    }

    #[test]
    fn language_is_told_from_noise() {
        assert!(is_language(1, 6, 1) && is_language(2, 12, 5));
        assert!(!is_language(1, 7, 5) && !is_language(2, 14, 9));
    }
}
