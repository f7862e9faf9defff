//! systemd: the listening socket a restart keeps, readiness, and the watchdog. Without systemd nothing of it does anything.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::{debug, warn};

use crate::store::Db;

/// The database's watcher looks every ten seconds, and a look takes ten at most: after this it is stuck.
const STUCK: Duration = Duration::from_mins(1);

/// The database that is open at the moment, if one is. Cheap to clone.
#[derive(Clone, Default)]
pub struct Opened(Arc<Mutex<Option<Db>>>);

impl Opened {
    /// From now on it is this one.
    pub fn set(&self, db: Option<&Db>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = db.cloned();
    }

    /// Nobody looks after it any more.
    fn is_stuck(&self) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().is_some_and(|db| db.since_last_look() >= STUCK)
    }
}

/// The socket that was passed on is no good.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error("the socket passed on by systemd cannot be used: {0}")]
    Io(#[from] std::io::Error),
    #[error(
        "the socket passed on by systemd listens on {0}, which other machines reach without encryption; let it listen on 127.0.0.1"
    )]
    NotLoopback(SocketAddr),
}

/// The socket systemd listens on for us (`LISTEN_FDS`), if there is one: connections that come while the program restarts wait in it.
/// It is passed on once; who serves more than once keeps it.
pub fn socket() -> Result<Option<std::net::TcpListener>, SocketError> {
    let Some(socket) = ListenFd::from_env().take_tcp_listener(0)? else { return Ok(None) };
    let address = socket.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(SocketError::NotLoopback(address));
    }
    socket.set_nonblocking(true)?;
    Ok(Some(socket))
}

/// One listener on the socket; it stays open when this is dropped.
pub fn listen_on(socket: &std::net::TcpListener) -> std::io::Result<TcpListener> {
    TcpListener::from_std(socket.try_clone()?)
}

/// People can work now.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// The end has begun.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

/// Pings the watchdog, when there is one, as long as tokio runs tasks, the loop that looks after the database goes round, and whatever else
/// has to be alive says so. A database that is down, or not opened yet, stops none of that: restarting us would not bring
/// it back.
pub fn watchdog(opened: Opened, is_alive: impl Fn() -> bool + Send + 'static) -> Option<JoinHandle<()>> {
    let limit = sd_notify::watchdog_enabled()?;
    Some(tokio::spawn(async move {
        loop {
            if opened.is_stuck() {
                warn!("The database is not looked after any more; the watchdog is not told that all is well");
            } else if !is_alive() {
                warn!("The window does not answer; the watchdog is not told that all is well");
            } else {
                tell(NotifyState::Watchdog);
            }
            tokio::time::sleep(limit / 3).await;
        }
    }))
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        debug!("systemd was not told: {error}");
    }
}
