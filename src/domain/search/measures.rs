//! How good a ranking is, by people's judgements.
//!
//! Grades are 0 to 3. *nDCG* is normalised discounted cumulated gain (Järvelin & Kekäläinen, ACM TOIS 20(4),
//! 2002) with gain 2^grade − 1 and discount log₂(rank + 1), an unjudged hit counting as 0. *Condensed* nDCG
//! takes unjudged hits out first (Sakai 2007): judgements made from another system's results are unfair to
//! what that system did not show. MRR, recall and hits count grades of 2 and 3, as in TREC. Every measure is
//! averaged over the questions for which it says anything: those with at least one judgement above 0, for
//! recall and hits above 1.

use std::collections::HashMap;

/// Judgements of one question: item → grade.
pub type Grades = HashMap<String, u8>;

/// From this grade on a hit is relevant.
const RELEVANT: u8 = 2;

/// Averages over many questions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measures {
    pub ndcg_10: f64,
    pub condensed_ndcg_10: f64,
    /// Share of the first ten hits that somebody judged.
    pub judged_10: f64,
    pub mrr_10: f64,
    pub recall_10: f64,
    pub recall_100: f64,
    pub hit_1: f64,
    pub hit_10: f64,
    /// Questions with a judgement above 0.
    pub questions: usize,
}

impl Measures {
    /// Measures rankings (best first) against the judgements of their questions.
    pub fn of<'a>(runs: impl IntoIterator<Item = (&'a [String], &'a Grades)>) -> Self {
        let mut graded = Mean::default();
        let mut condensed = Mean::default();
        let mut judged = Mean::default();
        let (mut mrr, mut recall_10, mut recall_100) = (Mean::default(), Mean::default(), Mean::default());
        let (mut hit_1, mut hit_10) = (Mean::default(), Mean::default());
        for (ranking, grades) in runs {
            if grades.values().all(|grade| *grade == 0) {
                continue;
            }
            graded.add(ndcg(ranking, grades, 10));
            let known: Vec<String> = ranking.iter().filter(|item| grades.contains_key(*item)).cloned().collect();
            condensed.add(ndcg(&known, grades, 10));
            judged.add(ranking.iter().take(10).filter(|item| grades.contains_key(*item)).count() as f64 / 10.0);
            let relevant = grades.values().filter(|grade| **grade >= RELEVANT).count();
            if relevant == 0 {
                continue;
            }
            let good = |item: &String| grades.get(item).is_some_and(|grade| *grade >= RELEVANT);
            let found = |depth: usize| ranking.iter().take(depth).filter(|item| good(item)).count();
            let first = ranking.iter().take(10).position(good);
            mrr.add(first.map_or(0.0, |rank| 1.0 / (rank + 1) as f64));
            recall_10.add(found(10) as f64 / relevant as f64);
            recall_100.add(found(100) as f64 / relevant as f64);
            hit_1.add(f64::from(u8::from(found(1) > 0)));
            hit_10.add(f64::from(u8::from(found(10) > 0)));
        }
        Self {
            ndcg_10: graded.value(),
            condensed_ndcg_10: condensed.value(),
            judged_10: judged.value(),
            mrr_10: mrr.value(),
            recall_10: recall_10.value(),
            recall_100: recall_100.value(),
            hit_1: hit_1.value(),
            hit_10: hit_10.value(),
            questions: graded.count,
        }
    }
}

#[derive(Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn value(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }
}

fn ndcg(ranking: &[String], grades: &Grades, depth: usize) -> f64 {
    let of_ranking = ranking.iter().map(|item| grades.get(item).copied().unwrap_or(0));
    let mut best: Vec<u8> = grades.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let ideal = dcg(best.into_iter(), depth);
    if ideal == 0.0 { 0.0 } else { dcg(of_ranking, depth) / ideal }
}

fn dcg(grades: impl Iterator<Item = u8>, depth: usize) -> f64 {
    grades
        .take(depth)
        .enumerate()
        .map(|(rank, grade)| (f64::from(grade).exp2() - 1.0) / ((rank + 2) as f64).log2())
        .sum()
}

/// The value below which `share` of these lie, in milliseconds or whatever they are; 0 without any.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(at.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(ranking: &[&str], grades: &[(&str, u8)]) -> Measures {
        let ranking: Vec<String> = ranking.iter().map(|item| (*item).to_owned()).collect();
        let grades: Grades = grades.iter().map(|(item, grade)| ((*item).to_owned(), *grade)).collect();
        Measures::of([(ranking.as_slice(), &grades)])
    }

    #[test]
    fn the_best_order_has_an_ndcg_of_one() {
        let m = measured(&["a", "b", "c"], &[("a", 3), ("b", 2), ("c", 0)]);
        assert!((m.ndcg_10 - 1.0).abs() < 1e-9 && (m.mrr_10 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_known_order_has_its_known_value() {
        // Gains 0, 7 against 7, 0: (7 / log2 3) / 7.
        let m = measured(&["b", "a"], &[("a", 3), ("b", 0)]);
        assert!((m.ndcg_10 - 1.0 / 3.0_f64.log2()).abs() < 1e-9);
        assert!((m.mrr_10 - 0.5).abs() < 1e-9);
    }

    #[test]
    fn condensing_takes_out_what_nobody_judged() {
        let m = measured(&["x", "y", "a"], &[("a", 3)]);
        assert!(m.ndcg_10 < 0.6 && (m.condensed_ndcg_10 - 1.0).abs() < 1e-9 && (m.judged_10 - 0.1).abs() < 1e-9);
    }

    #[test]
    fn questions_without_a_good_answer_do_not_count() {
        assert_eq!(measured(&["a"], &[("a", 0)]).questions, 0);
        let weak = measured(&["a"], &[("a", 1)]);
        assert!(weak.questions == 1 && weak.hit_1 == 0.0 && (weak.ndcg_10 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn percentiles_are_of_what_was_seen() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!((percentile(&values, 0.5), percentile(&values, 0.95), percentile(&[], 0.5)), (50.0, 95.0, 0.0));
    }
}
