//! Follows the change feed and tells whoever listens: the window refreshes what is visible, the web sends an event.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::broadcast;
use tracing::{debug, warn};

use crate::store::changes::{self, CHANNEL};
use crate::store::{Db, StoreError};

pub use crate::store::changes::{Change, Position, Since};

/// News for a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// These changed.
    Changed {
        changes: Arc<[Change]>,
        /// Where to resume after this.
        position: Position,
    },
    /// More happened than can be told, or the connection was gone: reload everything visible.
    ReloadEverything { position: Position },
}

/// The feed. Cheap to clone; all clones share one follower.
#[derive(Clone)]
pub struct Changes {
    db: Db,
    sender: broadcast::Sender<News>,
    /// Up to where the feed was read last; 0 before that.
    reached: Arc<AtomicU64>,
}

/// A notification may be lost with its connection; a look this often bounds the delay.
const LOOK: Duration = Duration::from_millis(700);
/// Several statements of one booking make one piece of news.
const SETTLE: Duration = Duration::from_millis(15);
/// How long the feed is kept, in days.
const KEEP_DAYS: i32 = 7;

impl Changes {
    pub fn new(db: Db) -> Self {
        let (sender, _) = broadcast::channel(256);
        Self { db, sender, reached: Arc::default() }
    }

    /// Listens from now on. A listener that falls behind gets `RecvError::Lagged`: reload everything.
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.sender.subscribe()
    }

    /// Up to where the feed has been followed: whoever reads something now sees all of that, and resumes here.
    pub fn reached(&self) -> Option<Position> {
        Some(self.reached.load(Ordering::Acquire)).filter(|&at| at > 0).map(Position)
    }

    /// What a listener missed since a position it kept.
    pub async fn since(&self, position: Position) -> Result<(Since, Position), StoreError> {
        let client = self.db.client().await?;
        changes::since(&client, position).await
    }

    /// Follows the feed until the returned task is aborted. The database may come and go.
    pub fn follow(&self) -> tokio::task::JoinHandle<()> {
        let this = self.clone();
        tokio::spawn(async move {
            let mut position = None;
            loop {
                if let Err(error) = this.follow_connected(&mut position).await {
                    debug!("the change feed pauses: {error}");
                }
                tokio::time::sleep(LOOK).await;
            }
        })
    }

    async fn follow_connected(&self, position: &mut Option<Position>) -> Result<(), StoreError> {
        let mut notices = self.db.listen(CHANNEL).await?;
        let mut at = {
            let client = self.db.client().await?;
            match *position {
                None => changes::now(&client).await?,
                Some(position) => position,
            }
        };
        let mut prune = tokio::time::interval(Duration::from_hours(1));
        loop {
            *position = Some(at);
            self.reached.store(at.0, Ordering::Release);
            let (since, next) = self.since(at).await?;
            match since {
                Since::Changes(list) if list.is_empty() => {}
                Since::Changes(list) => {
                    let _ = self.sender.send(News::Changed { changes: list.into(), position: next });
                }
                Since::TooOld => {
                    let _ = self.sender.send(News::ReloadEverything { position: next });
                }
            }
            at = next;
            // A transaction that was still open when we looked sends no second notice: look again shortly.
            tokio::select! {
                notice = notices.recv() => {
                    if notice.is_none() {
                        return Ok(());
                    }
                    tokio::time::sleep(SETTLE).await;
                    while notices.try_recv().is_ok() {}
                }
                () = tokio::time::sleep(LOOK) => {}
                _ = prune.tick() => {
                    let client = self.db.client().await?;
                    if let Err(error) = changes::prune(&client, KEEP_DAYS).await {
                        warn!("the change feed could not be pruned: {error}");
                    }
                }
            }
        }
    }
}
