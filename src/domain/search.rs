//! What searching means, without a database: how texts become words, questions become filters and words,
//! evidence becomes a ranking, and when the honest answer is "nothing found".
//!
//! - [`words`]: folding, stop words, stems; the same for what is stored and what is asked.
//! - [`document`]: what of an item can be found, and how much each part counts.
//! - [`query`]: `in:"Shelf 2" tag:camping kind:asset low` beside free words.
//! - [`spelling`]: which known word a misspelt one stands for.
//! - [`ranking`]: fusion of words and meaning, the floor, the reason per hit.
//! - [`measures`]: how good a ranking is, by judgements.

pub mod document;
pub mod measures;
pub mod query;
pub mod ranking;
pub mod spelling;
pub mod words;

pub use document::{IdentKind, MeaningText, Terms, Texts};
pub use query::{Filters, Query};
pub use ranking::{Candidate, Ranked, Why};
pub use words::Analyser;
