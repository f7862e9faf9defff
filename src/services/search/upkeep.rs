//! The worker that keeps words and vectors up to date in the background, whoever changed the items.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::{Search, SearchError};
use crate::domain::search::{Analyser, MeaningText};
use crate::domain::{Actor, Permission};
use crate::embedding::{EmbedError, Meaning, ModelState};
use crate::store::search_index::{self, Backlog, Wait};
use crate::store::{Db, StoreError, embeddings};

/// How often the worker looks when nothing was to be done.
const PAUSE: Duration = Duration::from_millis(500);

/// How long it waits after a failure, for the database to come back.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Items per transaction: words are quick, vectors take 6 ms each.
const WORDS_AT_ONCE: i64 = 500;
const VECTORS_AT_ONCE: i64 = 32;

/// After so many changes in a row the planner's statistics are renewed.
const MANY: usize = 1000;

/// What the worker has before it; for progress bars and health pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    pub backlog: Backlog,
    /// Has everything been looked at at least once since the start?
    pub settled: bool,
}

/// The running worker; it stops when this is dropped, and loses nothing.
pub struct Worker {
    task: JoinHandle<()>,
    progress: watch::Receiver<Progress>,
}

impl Worker {
    /// Starts to keep this database's index up to date. Several programs may do so at once.
    pub fn start(search: &Search) -> Self {
        let (tell, progress) = watch::channel(Progress::default());
        let (db, analyser, meaning) = (search.db.clone(), Arc::clone(&search.analyser), search.meaning.clone());
        let task = tokio::spawn(async move {
            let mut keeper = Keeper { db, analyser, meaning, model: None, index_checked: false, changed: 0 };
            loop {
                let pause = match keeper.pass(&tell).await {
                    Ok(true) => continue,
                    Ok(false) => PAUSE,
                    Err(error) => {
                        debug!("The search index has to wait: {error}");
                        PAUSE_AFTER_FAILURE
                    }
                };
                sleep(pause).await;
            }
        });
        Self { task, progress }
    }

    /// How far it is, now and from now on.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug, thiserror::Error)]
enum UpkeepError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Embed(#[from] EmbedError),
}

struct Keeper {
    db: Db,
    analyser: Arc<Analyser>,
    meaning: Meaning,
    /// The model's number here, once it is ready and what it misses is queued.
    model: Option<i16>,
    index_checked: bool,
    /// Words and vectors made since the planner's statistics were last renewed here.
    changed: usize,
}

impl Keeper {
    /// One batch of everything. `true`: there may be more.
    async fn pass(&mut self, tell: &watch::Sender<Progress>) -> Result<bool, UpkeepError> {
        let mut client = self.db.client().await?;
        let words = search_index::refresh(&mut client, &self.analyser, WORDS_AT_ONCE, Wait::Yes).await?;
        if words == 0 {
            search_index::settle(&mut client, false).await?;
        }
        let vectors = match self.model_number(&mut client).await? {
            Some(model) => embed_batch(&mut client, &self.meaning, model).await?,
            None => 0,
        };
        if vectors > 0 {
            self.index_checked = false;
        } else if words == 0 && self.model.is_some() && !self.index_checked {
            if embeddings::keep_index(&mut client).await? {
                info!("Made the index over the vectors");
            }
            self.index_checked = true;
        }
        self.changed += words + vectors;
        if words + vectors == 0 && self.changed >= MANY {
            search_index::analyse(&mut client).await?;
            self.changed = 0;
        }
        let backlog = search_index::backlog(&client, self.model).await?;
        let settled = backlog == Backlog::default() && self.meaning.state() != ModelState::Loading;
        tell.send_if_modified(|progress| {
            let now = Progress { backlog, settled: progress.settled || settled };
            std::mem::replace(progress, now) != now
        });
        Ok(words + vectors > 0)
    }

    async fn model_number(&mut self, client: &mut crate::store::Client) -> Result<Option<i16>, StoreError> {
        let ModelState::Ready(id) = self.meaning.state() else { return Ok(None) };
        if self.model.is_none() {
            let number = embeddings::register_model(client, id.as_str()).await?;
            let missing = embeddings::queue_missing(client, number).await?;
            if missing > 0 {
                info!(items = missing, "{missing} items are to be read by the search model");
            }
            self.model = Some(number);
        }
        Ok(self.model)
    }
}

/// Makes one batch of vectors, in one transaction: a kill puts the batch back on the queue. Returns how many
/// were on the queue.
async fn embed_batch(client: &mut crate::store::Client, meaning: &Meaning, model: i16) -> Result<usize, UpkeepError> {
    let transaction = client.transaction().await.map_err(StoreError::from)?;
    let (taken, stale) = embeddings::take_stale(&transaction, model, VECTORS_AT_ONCE).await?;
    if taken == 0 {
        return Ok(0);
    }
    let texts: Vec<Vec<String>> = stale.iter().map(|stale| stale.meaning.texts()).collect();
    let mut vectors = meaning.documents(texts.concat()).await?.into_iter();
    let means: Vec<_> =
        texts.iter().map(|texts| MeaningText::mean(&vectors.by_ref().take(texts.len()).collect::<Vec<_>>())).collect();
    embeddings::write(&transaction, model, &stale, &means).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(taken)
}

impl Search {
    /// What waits to be indexed, and to be embedded with the model that is loaded.
    pub async fn backlog(&self, actor: &Actor) -> Result<Backlog, SearchError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        let model = match self.meaning.state() {
            ModelState::Ready(id) => Some(embeddings::register_model(&client, id.as_str()).await?),
            _ => None,
        };
        Ok(search_index::backlog(&client, model).await?)
    }

    /// Makes words, keys and vectors of every item anew where they are out of date, and all words when `whole`;
    /// tells the backlog as it shrinks. Returns when nothing is left. Needs no worker, and minds none.
    pub async fn reindex(&self, actor: &Actor, whole: bool, mut tell: impl FnMut(Backlog)) -> Result<(), SearchError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        if whole {
            search_index::queue_all(&mut client).await?;
        }
        loop {
            tell(search_index::backlog(&client, None).await?);
            if search_index::refresh(&mut client, &self.analyser, WORDS_AT_ONCE, Wait::Yes).await? == 0 {
                break;
            }
        }
        search_index::settle(&mut client, true).await?;
        search_index::analyse(&mut client).await?;
        let ModelState::Ready(id) = self.meaning.settled().await else {
            warn!("Without the search model only words were indexed");
            return Ok(());
        };
        let model = embeddings::register_model(&client, id.as_str()).await?;
        embeddings::queue_missing(&mut client, model).await?;
        let backlog = search_index::backlog(&client, Some(model)).await?;
        if backlog.vectors > embeddings::INDEX_FROM {
            embeddings::drop_index(&client).await?;
        }
        loop {
            tell(search_index::backlog(&client, Some(model)).await?);
            let made = embed_batch(&mut client, &self.meaning, model).await.map_err(|error| match error {
                UpkeepError::Store(error) => SearchError::Store(error),
                UpkeepError::Embed(error) => SearchError::NoMeaning(error),
            })?;
            if made == 0 {
                break;
            }
        }
        embeddings::forget_others(&mut client, model).await?;
        embeddings::keep_index(&mut client).await?;
        search_index::analyse(&mut client).await?;
        Ok(())
    }
}
