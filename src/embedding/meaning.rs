//! The thread that owns the model, its queue, and the cache of query vectors.
//!
//! A person's question goes before bulk work: while questions keep coming, bulk batches shrink to one text,
//! so that nobody waits behind eight documents.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant};

use moka::sync::Cache;
use tokio::sync::{oneshot, watch};
use tracing::{info, warn};

use super::{BATCH, EmbedError, Embedder, ModelId, Question, Vector};
use crate::domain::search::words::words;

/// Query vectors kept: a few megabytes, and most questions are asked again.
const CACHED_QUERIES: u64 = 4096;

/// How long after a question bulk work stays out of the way.
const QUESTION_PAUSE: Duration = Duration::from_secs(2);

/// What the model is doing. Faces and health checks watch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelState {
    /// Being read from disk; searches use words alone meanwhile.
    Loading,
    Ready(ModelId),
    /// There is none; searches use words alone.
    Absent {
        why: EmbedError,
    },
}

/// The model, as the rest of the program sees it. Cheap to clone; the thread ends with the last clone.
#[derive(Clone)]
pub struct Meaning {
    inner: Arc<Inner>,
}

struct Inner {
    queue: Arc<Queue>,
    state: watch::Receiver<ModelState>,
    queries: Cache<String, Arc<Question>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.changed.notify_all();
    }
}

/// Open while the process lives: whoever calls the runtime holds it for reading.
///
/// When a process ends, the C++ runtime takes its own tables apart; a call that is still going on then crashes.
static RUNTIME: RwLock<()> = RwLock::new(());

fn within_runtime() -> RwLockReadGuard<'static, ()> {
    RUNTIME.read().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for the call of the model that is going on, if any, and lets none begin any more. For the end of the process
/// alone; takes at most as long as reading the model or one batch.
pub fn finish() {
    std::mem::forget(RUNTIME.write().unwrap_or_else(PoisonError::into_inner));
}

type Reply<T> = oneshot::Sender<Result<T, EmbedError>>;

#[derive(Default)]
struct Queue {
    work: Mutex<Work>,
    changed: Condvar,
}

#[derive(Default)]
struct Work {
    questions: VecDeque<(String, Reply<Question>)>,
    bulk: VecDeque<Bulk>,
    closed: bool,
}

struct Bulk {
    texts: Vec<String>,
    done: Vec<Vector>,
    reply: Reply<Vec<Vector>>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meaning {
    /// Starts the model's thread; `load` runs in it. Returns at once.
    pub fn start<E: Embedder>(load: impl FnOnce() -> Result<E, EmbedError> + Send + 'static) -> Self {
        let (tell, state) = watch::channel(ModelState::Loading);
        let queue = Arc::new(Queue::default());
        let served = Arc::clone(&queue);
        let spawned = thread::Builder::new().name("model".into()).spawn(move || {
            let _ending = Ending { queue: Arc::clone(&served), tell: tell.clone() };
            let began = Instant::now();
            let inside = within_runtime();
            let loaded = load();
            drop(inside);
            match loaded {
                Ok(embedder) => {
                    info!(model.id = %embedder.model_id(), took = ?began.elapsed(), "Search model is ready");
                    tell.send_replace(ModelState::Ready(embedder.model_id().clone()));
                    serve(embedder, &served);
                }
                Err(why) => {
                    warn!("Searching by words alone: {why}");
                    tell.send_replace(ModelState::Absent { why });
                }
            }
        });
        if let Err(error) = spawned {
            return Self::absent(EmbedError::Failed(error.to_string()));
        }
        Self::with(queue, state)
    }

    /// No model, and why: everything works by words alone.
    pub fn absent(why: EmbedError) -> Self {
        let (_, state) = watch::channel(ModelState::Absent { why });
        let queue = Arc::new(Queue::default());
        queue.lock().closed = true;
        Self::with(queue, state)
    }

    fn with(queue: Arc<Queue>, state: watch::Receiver<ModelState>) -> Self {
        let queries = Cache::new(CACHED_QUERIES);
        Self { inner: Arc::new(Inner { queue, state, queries }) }
    }

    pub fn state(&self) -> ModelState {
        self.inner.state.borrow().clone()
    }

    /// For whoever shows the state or waits for the model.
    pub fn watch(&self) -> watch::Receiver<ModelState> {
        self.inner.state.clone()
    }

    /// Waits until the model is ready or known to be absent.
    pub async fn settled(&self) -> ModelState {
        let mut state = self.watch();
        match state.wait_for(|state| *state != ModelState::Loading).await {
            Ok(settled) => settled.clone(),
            Err(_) => self.state(),
        }
    }

    /// The id of the model that is ready now.
    pub fn model_id(&self) -> Result<ModelId, EmbedError> {
        match self.state() {
            ModelState::Ready(id) => Ok(id),
            ModelState::Loading => Err(EmbedError::Loading),
            ModelState::Absent { why } => Err(why),
        }
    }

    /// What somebody typed, understood: from the cache, or before all bulk work (1 to 3 ms).
    pub async fn query(&self, text: &str) -> Result<Arc<Question>, EmbedError> {
        self.model_id()?;
        if let Some(known) = self.inner.queries.get(text) {
            return Ok(known);
        }
        let question = self.ask(|work, reply| work.questions.push_back((text.to_owned(), reply))).await?;
        let question = Arc::new(question);
        self.inner.queries.insert(text.to_owned(), Arc::clone(&question));
        Ok(question)
    }

    /// The vectors of many texts, in order, as the thread finds time.
    pub async fn documents(&self, texts: Vec<String>) -> Result<Vec<Vector>, EmbedError> {
        self.model_id()?;
        let bulk = |reply| Bulk { done: Vec::with_capacity(texts.len()), texts, reply };
        self.ask(|work, reply| work.bulk.push_back(bulk(reply))).await
    }

    async fn ask<T>(&self, put: impl FnOnce(&mut Work, Reply<T>)) -> Result<T, EmbedError> {
        let (reply, answer) = oneshot::channel();
        {
            let mut work = self.inner.queue.lock();
            if work.closed {
                return Err(EmbedError::Stopped);
            }
            put(&mut work, reply);
        }
        self.inner.queue.changed.notify_one();
        answer.await.unwrap_or(Err(EmbedError::Stopped))
    }
}

/// Says that the thread has ended, however it ended, and lets nobody wait for it.
struct Ending {
    queue: Arc<Queue>,
    tell: watch::Sender<ModelState>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let mut work = self.queue.lock();
        work.closed = true;
        work.questions.clear();
        work.bulk.clear();
        if !matches!(*self.tell.borrow(), ModelState::Absent { .. }) {
            self.tell.send_replace(ModelState::Absent { why: EmbedError::Stopped });
        }
    }
}

enum Next {
    Question(String, Reply<Question>),
    Bulk(Bulk),
}

fn serve(mut embedder: impl Embedder, queue: &Queue) {
    let mut last_question: Option<Instant> = None;
    while let Some(next) = wait(queue) {
        let _inside = within_runtime();
        match next {
            Next::Question(text, reply) => {
                last_question = Some(Instant::now());
                // Whoever asked may have gone on typing; the answer is then for nobody.
                let _ = reply.send(question(&mut embedder, text));
            }
            Next::Bulk(mut bulk) => {
                let hurried = last_question.is_some_and(|at| at.elapsed() < QUESTION_PAUSE);
                let from = bulk.done.len();
                let to = bulk.texts.len().min(from + if hurried { 1 } else { BATCH });
                match embedder.embed(&bulk.texts[from..to]) {
                    Err(error) => drop(bulk.reply.send(Err(error))),
                    Ok(vectors) => {
                        bulk.done.extend(vectors);
                        if bulk.done.len() == bulk.texts.len() {
                            let _ = bulk.reply.send(Ok(bulk.done));
                        } else {
                            queue.lock().bulk.push_front(bulk);
                        }
                    }
                }
            }
        }
    }
    // Taking the model apart calls the runtime, too.
    let _inside = within_runtime();
    drop(embedder);
}

fn question(embedder: &mut impl Embedder, text: String) -> Result<Question, EmbedError> {
    let words =
        words(&text).into_iter().map(|word| (embedder.pieces(&word), word)).map(|(n, word)| (word, n)).collect();
    let vector = embedder.embed(&[text])?.into_iter().next().ok_or(EmbedError::Stopped)?;
    Ok(Question { vector, words })
}

fn wait(queue: &Queue) -> Option<Next> {
    let mut work = queue.lock();
    loop {
        if work.closed {
            return None;
        }
        if let Some((text, reply)) = work.questions.pop_front() {
            return Some(Next::Question(text, reply));
        }
        if let Some(bulk) = work.bulk.pop_front() {
            return Some(Next::Bulk(bulk));
        }
        work = queue.changed.wait(work).unwrap_or_else(PoisonError::into_inner);
    }
}
