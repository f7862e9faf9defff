//! Starts a server again that died while this process uses it.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use tracing::{error, info, warn};

use super::server::Server;

/// Two reads in `/proc` this often; a killed server is missed for no longer.
const INTERVAL: Duration = Duration::from_millis(500);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A thread of its own, because it has to outlive any runtime and may block.
#[derive(Debug)]
pub struct Supervisor {
    end: Option<Sender<()>>,
}

impl Supervisor {
    pub fn watch(server: Arc<Server>) -> Self {
        let (end, ended) = mpsc::channel();
        let spawned = std::thread::Builder::new().name("cluster".into()).spawn(move || {
            let mut pause = FIRST_PAUSE;
            let mut wait = INTERVAL;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                if server.postmaster().is_some() {
                    (wait, pause) = (INTERVAL, FIRST_PAUSE);
                    continue;
                }
                warn!("PostgreSQL has died; starting it again");
                match server.revive() {
                    Ok(()) => {
                        info!("PostgreSQL runs again");
                        // Should it die at once each time, the pauses grow all the same.
                        wait = pause;
                    }
                    Err(problem) => {
                        error!("{problem}");
                        wait = pause;
                    }
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        });
        if let Err(problem) = spawned {
            warn!("Nobody will start PostgreSQL again should it die: {problem}");
        }
        Self { end: Some(end) }
    }

    /// Stops watching; what is being started just now is finished first, in the background.
    pub fn end(&mut self) {
        self.end = None;
    }
}
