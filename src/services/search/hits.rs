//! From what the tables say to what a face is shown: exact matches by rank, candidates, hits with their reasons.

use std::collections::HashMap;

use deadpool_postgres::Transaction;

use super::Hit;
use super::terms::Wording;
use crate::domain::search::ranking;
use crate::domain::search::{Candidate, Ranked};
use crate::embedding::Question;
use crate::store::search::candidates::Evidence;
use crate::store::search::lookup::Exact;
use crate::store::{StoreError, summaries};

/// Beginnings of keys count when nothing was typed whole and they are few; codes of archived items resolve.
pub(super) fn exact_enough(mut exact: Vec<Exact>) -> Vec<Exact> {
    use crate::domain::search::IdentKind;
    exact.retain(|found| !found.archived || (found.whole && found.kind == IdentKind::Code));
    if exact.iter().any(|found| found.whole) || exact.len() > 8 {
        exact.retain(|found| found.whole);
    }
    exact
}

/// The best rank of each item: by the kind of key, beginnings last.
pub(super) fn exact_ranks(exact: &[Exact]) -> HashMap<i32, u8> {
    let mut ranks = HashMap::new();
    for found in exact {
        let rank = if found.whole { found.kind.rank() } else { 9 };
        ranks.entry(found.item).and_modify(|known: &mut u8| *known = rank.min(*known)).or_insert(rank);
    }
    ranks
}

pub(super) fn candidate(
    evidence: &Evidence,
    wording: &Wording,
    exact: Option<u8>,
    without: &[i32],
    in_place: bool,
) -> Candidate {
    Candidate {
        item: evidence.item,
        words: evidence.words,
        cover: wording.cover(&evidence.matched, without),
        cosine: evidence.cosine,
        exact,
        in_place,
        corrected: wording.rests_on_corrected(&evidence.matched),
    }
}

pub(super) fn is_language(text: &str, question: &Question) -> bool {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    ranking::is_language(text.split_whitespace().count(), letters, question.pieces())
}

pub(super) async fn hits(
    transaction: &Transaction<'_>,
    page: &[Ranked],
    evidence: &[Evidence],
    wording: &Wording,
) -> Result<Vec<Hit>, StoreError> {
    let numbers: Vec<i32> = page.iter().map(|ranked| ranked.item).collect();
    let items = summaries::load_numbered(transaction, &numbers).await?;
    let by_number: HashMap<i32, &Ranked> = page.iter().map(|ranked| (ranked.item, ranked)).collect();
    let matched: HashMap<i32, &Evidence> = evidence.iter().map(|evidence| (evidence.item, evidence)).collect();
    Ok(items
        .into_iter()
        .filter_map(|(number, item)| {
            let ranked = by_number.get(&number)?;
            let matched = matched.get(&number).map_or_else(Vec::new, |evidence| wording.shown(&evidence.matched));
            Some(Hit { item, why: ranked.why, matched, score: ranked.score })
        })
        .collect())
}
