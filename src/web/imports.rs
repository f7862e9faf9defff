//! Tables that were sent and are not imported yet, or are being: tried first, looked at, then imported while the page tells
//! how far it is. They are this process's own, and gone with it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;
use uuid::Uuid;

use crate::domain::{Actor, RequestId};
use crate::services::Services;
use crate::services::transfer::{ImportError, ImportOptions, ImportReport, Stage};

/// How long a table waits to be looked at.
const KEPT: Duration = Duration::from_hours(1);
/// So many wait at most; the oldest goes first.
const WAITING: usize = 8;

/// How far an import is.
#[derive(Debug, Clone)]
pub enum Progress {
    /// Not begun; the table was only tried.
    Waiting,
    /// At this stage so many of all are done.
    Running(Stage, usize, usize),
    Done(Arc<ImportReport>),
    Failed(Arc<ImportError>),
}

/// A table that was sent.
struct Sent {
    file: NamedTempFile,
    options: ImportOptions,
    /// Once per table: importing it twice imports it once.
    request: RequestId,
    /// Whoever sent it; nobody else sees it.
    owner: Actor,
    at: Instant,
    progress: Progress,
}

/// All tables that wait. Cheap to clone.
#[derive(Clone, Default)]
pub struct Imports {
    sent: Arc<Mutex<HashMap<Uuid, Sent>>>,
}

impl Imports {
    /// Keeps a table until it is imported or forgotten.
    pub fn keep(&self, owner: &Actor, file: NamedTempFile, options: ImportOptions) -> Uuid {
        let mut sent = self.lock();
        sent.retain(|_, one| one.at.elapsed() < KEPT || matches!(one.progress, Progress::Running(..)));
        while sent.len() >= WAITING {
            let idle = sent.iter().filter(|(_, one)| !matches!(one.progress, Progress::Running(..)));
            let Some(oldest) = idle.min_by_key(|(_, one)| one.at).map(|(id, _)| *id) else { break };
            sent.remove(&oldest);
        }
        let id = Uuid::new_v4();
        let one = Sent {
            file,
            options,
            request: RequestId::new(),
            owner: owner.clone(),
            at: Instant::now(),
            progress: Progress::Waiting,
        };
        sent.insert(id, one);
        id
    }

    /// Where a table lies, and how it is to be imported; for whoever sent it.
    pub fn look(&self, owner: &Actor, id: Uuid) -> Option<(PathBuf, ImportOptions, Progress)> {
        let sent = self.lock();
        let one = sent.get(&id).filter(|one| one.owner.person == owner.person)?;
        Some((one.file.path().to_owned(), one.options.clone(), one.progress.clone()))
    }

    /// Begins to import a table, once.
    pub fn begin(&self, services: &Services, owner: &Actor, id: Uuid) -> bool {
        let mut sent = self.lock();
        let Some(one) = sent.get_mut(&id).filter(|one| one.owner.person == owner.person) else { return false };
        if !matches!(one.progress, Progress::Waiting | Progress::Failed(_)) {
            return true;
        }
        one.progress = Progress::Running(Stage::Reading, 0, 0);
        let (path, options, request) = (one.file.path().to_owned(), one.options.clone(), one.request);
        drop(sent);
        let (this, services, actor) = (self.clone(), services.clone(), owner.clone());
        tokio::spawn(async move {
            let tell = |stage, done, all| this.set(id, Progress::Running(stage, done, all));
            let ended = services.transfer.import_upload(&actor, request, &path, &options, &tell).await;
            this.set(
                id,
                match ended {
                    Ok(report) => Progress::Done(Arc::new(report)),
                    Err(error) => Progress::Failed(Arc::new(error)),
                },
            );
        });
        true
    }

    fn set(&self, id: Uuid, progress: Progress) {
        if let Some(one) = self.lock().get_mut(&id) {
            one.progress = progress;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Sent>> {
        // Nothing that holds it can panic half way.
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
