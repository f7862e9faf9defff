//! Find things: exactly, by words, by misspelt words, by meaning.
//!
//! One service for all faces. Words and meaning are looked up together and fused by
//! [`ranking`](crate::domain::search::ranking); while the model is absent or being loaded, words alone serve.
//! What was written a moment ago is found: a search first brings the index up to date when little is missing.

mod hits;
mod terms;
pub mod upkeep;

use std::collections::HashSet;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::Transaction;
use futures::future::{MaybeDone, join, maybe_done, try_join_all};
use futures::{poll, try_join};
use pgvector::HalfVector;
use thiserror::Error;
use tracing::trace;

use crate::domain::person::Forbidden;
use crate::domain::search::ranking::{self, Asked};
use crate::domain::search::{Analyser, Candidate, Filters, Query, Ranked, Why, spelling};
use crate::domain::{Actor, ItemId, Permission};
use crate::embedding::{EmbedError, Meaning, Question};
use crate::store::search::candidates::{self, Evidence};
use crate::store::search::lookup::{self, Exact};
use crate::store::search::scope::{self, Resolved, Scope};
use crate::store::summaries::{self, ItemSummary};
use crate::store::{self, Db, StoreError, search_index};
use hits::{candidate, exact_enough, exact_ranks, hits, is_language};
use terms::Wording;

/// What somebody wants to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    /// As typed: words and filters. Empty: everything the filters leave, by name.
    pub text: String,
    /// Beside those in the text.
    pub filters: Filters,
    /// Only inside this holder, and below.
    pub inside: Option<ItemId>,
    pub limit: usize,
    pub offset: usize,
    pub mode: Mode,
    /// Whether "nothing found" is a possible answer to words. Off only where the floor itself is measured.
    pub floor: bool,
}

impl SearchRequest {
    /// The first twenty hits for what was typed.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            filters: Filters::default(),
            inside: None,
            limit: 20,
            offset: 0,
            mode: Mode::Hybrid,
            floor: true,
        }
    }
}

/// Which evidence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Hybrid,
    Text,
    Meaning,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchResults {
    pub hits: Vec<Hit>,
    /// What was searched for, where misspelt words were replaced.
    pub corrected: Option<String>,
    /// How many hits there are, this page's and all others; an estimate from a few hundred upwards.
    pub total: usize,
    /// Why meaning was not looked at, when it was not.
    pub words_only: Option<EmbedError>,
    /// Places named by `in:` that do not exist.
    pub unknown_places: Vec<String>,
    pub took: Duration,
}

/// One hit.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub item: ItemSummary,
    pub why: Why,
    /// The words of the question (corrected where they were) that the item has.
    pub matched: Vec<String>,
    /// Comparable within one search only.
    pub score: f32,
}

/// Why a search failed.
#[derive(Debug, Error)]
pub enum SearchError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    /// Meaning alone was asked for, and there is no model.
    #[error("{0}")]
    NoMeaning(EmbedError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// What the model makes of the words.
type Asking = Result<Arc<Question>, EmbedError>;

/// How long each part of a search takes, for who watches from outside.
struct Stages(Instant);

impl Stages {
    fn begin() -> Self {
        Self(Instant::now())
    }

    fn over(&mut self, stage: &'static str) {
        metrics::histogram!("inventory_search_seconds", "stage" => stage).record(self.0.elapsed());
        self.0 = Instant::now();
    }
}

/// Finds things.
#[derive(Clone)]
pub struct Search {
    db: Db,
    analyser: Arc<Analyser>,
    meaning: Meaning,
}

/// A search brings at most so many changed items up to date itself; the worker does the rest.
const REFRESHED_BY_A_SEARCH: i64 = 50;

/// In inventories larger than this, a word that occurs once may itself be misspelt.
const SMALL: i32 = 5000;

impl Search {
    pub fn new(db: Db, analyser: Arc<Analyser>, meaning: Meaning) -> Self {
        Self { db, analyser, meaning }
    }

    /// The model, for those who show its state.
    pub fn meaning(&self) -> &Meaning {
        &self.meaning
    }

    /// The hits for a question, best first, each with the reason.
    pub async fn search(&self, actor: &Actor, request: &SearchRequest) -> Result<SearchResults, SearchError> {
        actor.require(Permission::Look)?;
        let began = Instant::now();
        let mut query = Query::parse(&request.text);
        // Asked first of all: nothing else takes as long.
        let mut question = pin!(maybe_done(self.question(request.mode, query.text.clone())));
        if !query.text.is_empty() {
            let _ = poll!(question.as_mut());
        }
        let mut client = self.db.client().await?;
        let (mut transaction, stale) = store::search::begin(&mut client).await?;
        if stale {
            drop(transaction);
            // While nobody may write, what the index has is what there is.
            search_index::refresh(&mut client, &self.analyser, REFRESHED_BY_A_SEARCH, search_index::Wait::No)
                .await
                .map(drop)
                .or_else(StoreError::unless_closed)?;
            (transaction, _) = store::search::begin(&mut client).await?;
        }
        if let Some(named) = Query::parse_without_flags(&request.text)
            && lookup::exact(&transaction, &named.keys(), None).await?.iter().any(|found| found.whole)
        {
            question.set(maybe_done(self.question(request.mode, named.text.clone())));
            query = named;
        }
        let (filters, unknown_places) = resolve(&transaction, request, &query.filters).await?;
        let mut results = if query.text.is_empty() {
            browse(&transaction, &filters, request).await?
        } else {
            self.find(&transaction, request, &query, filters, question).await?
        };
        // Nothing was written, so nobody has to wait for the end.
        drop(transaction);
        results.unknown_places = unknown_places;
        results.took = began.elapsed();
        Ok(results)
    }

    async fn find(
        &self,
        transaction: &Transaction<'_>,
        request: &SearchRequest,
        query: &Query,
        filters: Resolved,
        mut question: Pin<&mut MaybeDone<impl Future<Output = Asking>>>,
    ) -> Result<SearchResults, SearchError> {
        let mut stage = Stages::begin();
        // While the model reads the question, the database looks for its words.
        let ((), looked_up) = join(question.as_mut(), self.look_up(transaction, request.mode, query, &filters)).await;
        let question = question.take_output().unwrap_or(Err(EmbedError::Stopped));
        let (mut found, scope, by_words) = looked_up?;
        if let (Mode::Meaning, Err(why)) = (request.mode, &question) {
            return Err(SearchError::NoMeaning(why.clone()));
        }
        let by_words = if let Some(by_words) = by_words {
            by_words
        } else {
            self.correct(transaction, &mut found, query, question.as_deref().ok()).await?;
            candidates::by_words(transaction, &found.wording.terms, &scope).await?
        };
        stage.over("question");
        // What was surely meant is what the model is to read; the typed letters decide whether it is language at all.
        let meant = match &found.wording.corrected {
            Some(corrected) if question.is_ok() && !found.wording.guessed => {
                Some(self.question(request.mode, corrected.clone()).await)
            }
            _ => None,
        };
        let read = meant.as_ref().and_then(|meant| meant.as_ref().ok()).or(question.as_ref().ok());
        let asked = found
            .size
            .model
            .zip(read)
            .map(|(model, question)| candidates::Asked { model, vector: HalfVector::from_f32_slice(&question.vector) });
        let sure: Vec<i32> = found.exact.iter().map(|exact| exact.item).collect();
        let terms = &found.wording.terms;
        let mut evidence = candidates::evidence(transaction, terms, asked.as_ref(), &scope, by_words, &sure).await?;
        let in_place = self.look_in_named_place(transaction, query, &found, asked.as_ref(), filters).await?;
        let nearby: HashSet<i32> = in_place.iter().map(|evidence| evidence.item).collect();
        evidence.retain(|evidence| !nearby.contains(&evidence.item));
        let elsewhere = evidence.len();
        evidence.extend(in_place);

        stage.over("candidates");
        let ranks = exact_ranks(&found.exact);
        let candidates: Vec<Candidate> = evidence
            .iter()
            .enumerate()
            .map(|(n, evidence)| {
                let without = if n < elsewhere { &[][..] } else { &found.place_words };
                candidate(evidence, &found.wording, ranks.get(&evidence.item).copied(), without, n >= elsewhere)
            })
            .collect();
        trace!(question = %query.text, ?candidates, "Evidence");
        let language = question.as_ref().is_ok_and(|question| is_language(&query.text, question));
        let ranked = if request.floor {
            let all_unknown = found.wording.all_unknown;
            let guessed = found.wording.guessed;
            ranking::rank(candidates, Asked { language, all_unknown, guessed })
        } else {
            ranking::rank_all(&candidates)
        };
        let words_only = match (request.mode, question) {
            (Mode::Text, _) | (_, Ok(_)) => None,
            (_, Err(why)) => Some(why),
        };
        let corrected = found.wording.corrected.clone();
        let total = ranked.len();
        let page: Vec<Ranked> = ranked.into_iter().skip(request.offset).take(request.limit).collect();
        stage.over("rank");
        let hits = hits(transaction, &page, &evidence, &found.wording).await?;
        stage.over("hits");
        Ok(SearchResults { hits, corrected, total, words_only, unknown_places: Vec::new(), took: Duration::ZERO })
    }

    async fn question(&self, mode: Mode, text: String) -> Asking {
        if mode == Mode::Text { Err(EmbedError::NotAsked) } else { self.meaning.query(&text).await }
    }

    /// What is known of the words; what the filters leave; and who may be a hit by words, unless some of them may be
    /// misspelt.
    async fn look_up(
        &self,
        transaction: &Transaction<'_>,
        mode: Mode,
        query: &Query,
        filters: &Resolved,
    ) -> Result<(Found, Scope, Option<Vec<Evidence>>), SearchError> {
        let (found, scope) =
            (self.look_up_words(transaction, mode, query).await?, scope::decide(transaction, filters.clone()).await?);
        let by_words = if found.wording.unknown().is_empty() {
            Some(candidates::by_words(transaction, &found.wording.terms, &scope).await?)
        } else {
            None
        };
        Ok((found, scope, by_words))
    }

    async fn look_up_words(
        &self,
        transaction: &Transaction<'_>,
        mode: Mode,
        query: &Query,
    ) -> Result<Found, SearchError> {
        let model = self.meaning.model_id().ok();
        let model = model.as_ref().map(crate::embedding::ModelId::as_str);
        if mode == Mode::Meaning {
            let size = lookup::size(transaction, model).await?;
            return Ok(Found {
                size,
                exact: Vec::new(),
                wording: Wording::default(),
                places: Vec::new(),
                place_words: Vec::new(),
            });
        }
        let words = query.words(&self.analyser);
        let mut stems: Vec<String> =
            words.iter().flat_map(|word| word.stems.iter().map(str::to_owned).collect::<Vec<_>>()).collect();
        let spans = terms::spans(&words);
        let span_keys: Vec<String> = spans.iter().map(|span| span.key.clone()).collect();
        // What a word nobody knows may be made of.
        let parts: Vec<_> = words.iter().map(|word| terms::parts(&word.word, &self.analyser)).collect();
        stems.extend(parts.iter().flatten().flat_map(|stems| stems.iter().map(str::to_owned).collect::<Vec<_>>()));
        let keys = query.keys();
        let unfinished_key = query.unfinished_key();
        let unfinished = words.last().filter(|_| query.typing).and_then(|word| terms::unfinished(&word.word));
        let (size, lexemes, unfinished, exact, places) = try_join!(
            lookup::size(transaction, model),
            lookup::lexemes(transaction, &stems),
            lookup::unfinished(transaction, unfinished),
            lookup::exact(transaction, &keys, unfinished_key.as_deref()),
            lookup::named_places(transaction, &span_keys),
        )?;
        let wording = Wording::new(size.items, &words, &lexemes, &unfinished, &parts);
        let (places, place_words) = terms::named_place(&spans, &places, words.len());
        let exact = exact_enough(exact);
        Ok(Found { size, exact, wording, places, place_words })
    }

    /// Takes near words for those nobody wrote down here, but for real words: they are not misspelt, there is just no
    /// such thing here.
    async fn correct(
        &self,
        transaction: &Transaction<'_>,
        found: &mut Found,
        query: &Query,
        question: Option<&Question>,
    ) -> Result<(), StoreError> {
        let least_items = if found.size.items < SMALL { 1 } else { 2 };
        let unknown: Vec<String> = found
            .wording
            .unknown()
            .into_iter()
            .filter(|word| spelling::may_be_misspelt(word) && !question.is_some_and(|question| question.knows(word)))
            .collect();
        let near = unknown.iter().map(|word| lookup::neighbours(transaction, word, least_items));
        let near = try_join_all(near).await?;
        found.wording.correct(unknown.iter().map(String::as_str).zip(near), &query.text);
        Ok(())
    }

    /// The same search inside the place that some of the words name.
    async fn look_in_named_place(
        &self,
        transaction: &Transaction<'_>,
        query: &Query,
        found: &Found,
        asked: Option<&candidates::Asked>,
        mut filters: Resolved,
    ) -> Result<Vec<Evidence>, SearchError> {
        if found.places.is_empty() || !query.filters.inside.is_empty() {
            return Ok(Vec::new());
        }
        filters.inside.push(lookup::holders_below(transaction, &found.places).await?);
        let scope = scope::decide(transaction, filters).await?;
        let terms: Vec<_> =
            found.wording.terms.iter().filter(|term| !found.place_words.contains(&term.word)).copied().collect();
        let by_words = candidates::by_words(transaction, &terms, &scope).await?;
        Ok(candidates::evidence(transaction, &terms, asked, &scope, by_words, &[]).await?)
    }
}

/// What the look-ups brought.
struct Found {
    size: lookup::Size,
    exact: Vec<Exact>,
    wording: Wording,
    /// Holders named by some, but not all, of the words; and which words.
    places: Vec<uuid::Uuid>,
    place_words: Vec<i32>,
}

async fn resolve(
    transaction: &Transaction<'_>,
    request: &SearchRequest,
    typed: &Filters,
) -> Result<(Resolved, Vec<String>), StoreError> {
    let Filters { inside, tags, kinds, low, lent, archived } = typed.clone().and(request.filters.clone());
    let mut resolved = Resolved {
        inside: Vec::new(),
        tags: tags.iter().map(|tag| tag.trim().to_lowercase()).collect(),
        kinds,
        low,
        lent,
        archived,
    };
    let mut unknown = Vec::new();
    for name in inside {
        let places = lookup::places(transaction, &name).await?;
        if places.is_empty() {
            unknown.push(name);
        }
        resolved.inside.push(lookup::holders_below(transaction, &places).await?);
    }
    if let Some(holder) = request.inside {
        resolved.inside.push(lookup::holders_below(transaction, &[holder.0]).await?);
    }
    Ok((resolved, unknown))
}

async fn browse(
    transaction: &Transaction<'_>,
    filters: &Resolved,
    request: &SearchRequest,
) -> Result<SearchResults, StoreError> {
    let (ids, total) = scope::browse(transaction, filters, request.limit as i64, request.offset as i64).await?;
    let items = summaries::load(transaction, &ids).await?;
    let hit = |item| Hit { item, why: Why::Filter, matched: Vec::new(), score: 0.0 };
    Ok(SearchResults {
        hits: items.into_iter().map(hit).collect(),
        corrected: None,
        total: usize::try_from(total).unwrap_or_default(),
        words_only: None,
        unknown_places: Vec::new(),
        took: Duration::ZERO,
    })
}
