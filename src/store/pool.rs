//! The way to the database: a pool that survives the database's absence, and a watcher that says how it is.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType};
use futures::StreamExt;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, timeout};
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::{AsyncMessage, Notification};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::{info, warn};

use super::StoreError;
use crate::config::{Connection, Database};
use crate::tls::{self, TlsError};

/// A pooled client; returned to the pool when dropped.
pub type Client = deadpool_postgres::Client;

/// How the database was when last looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DbHealth {
    /// Not looked at yet.
    Unknown,
    /// Answers.
    Up,
    /// Does not answer. Tries go on by themselves.
    Down {
        since: SystemTime,
        /// For people; holds no secret.
        reason: String,
    },
}

/// How the pool's connections are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    pub open: usize,
    /// Of these, at rest.
    pub free: usize,
    pub most: usize,
    /// Callers who wait for one.
    pub waiting: usize,
}

/// The database. Cheap to clone; all clones share one pool.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    postgres: Arc<tokio_postgres::Config>,
    tls: MakeRustlsConnect,
    health: watch::Receiver<DbHealth>,
    /// Wakes the watcher: somebody had trouble, or would like to know whether it is over.
    doubt: Arc<Notify>,
    create_limit: Duration,
    /// When the watcher last came round, in milliseconds after `born`.
    beat: Arc<AtomicU64>,
    born: Instant,
}

/// What the watcher waits between looks while all is well.
const LOOK: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Waiting for one of the pool's connections to become free.
const WAIT_LIMIT: Duration = Duration::from_secs(10);

impl Db {
    /// Prepares the way; connects to nothing yet, so it works with a database that is down. Within a tokio runtime.
    pub fn new(connection: &Connection, settings: &Database) -> Result<Self, TlsError> {
        let tls = tls::connector(&connection.tls)?;
        let postgres = prepared(connection, settings);
        let hosts = u32::try_from(postgres.get_hosts().len().max(1)).unwrap_or(1);
        let create_limit = settings.connect_timeout * hosts + Duration::from_secs(5);
        let manager = Manager::from_config(
            postgres.clone(),
            tls.clone(),
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(settings.pool_size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT_LIMIT))
            .create_timeout(Some(create_limit))
            .recycle_timeout(Some(Duration::from_secs(5)))
            .build()
            .map_err(|error| TlsError::Setup(error.to_string()))?;
        let (tell, health) = watch::channel(DbHealth::Unknown);
        let doubt = Arc::new(Notify::new());
        let wants_writes = postgres.get_target_session_attrs() == TargetSessionAttrs::ReadWrite;
        let (beat, born) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let watcher = Watcher { pool: pool.clone(), tell, doubt: Arc::clone(&doubt), beat: Arc::clone(&beat), born };
        tokio::spawn(watcher.watch_over(wants_writes));
        Ok(Self { pool, postgres: Arc::new(postgres), tls, health, doubt, create_limit, beat, born })
    }

    /// A client. While the database is known to be down this fails at once, and asks the watcher to look again.
    pub async fn client(&self) -> Result<Client, StoreError> {
        if let DbHealth::Down { reason, .. } = &*self.health.borrow() {
            self.doubt.notify_one();
            return Err(StoreError::Unavailable(reason.clone().into()));
        }
        self.pool.get().await.map_err(|error| {
            self.doubt.notify_one();
            unavailable(error)
        })
    }

    /// How busy the pool is; asks nobody.
    pub fn status(&self) -> PoolStatus {
        let status = self.pool.status();
        PoolStatus { open: status.size, free: status.available, most: status.max_size, waiting: status.waiting }
    }

    /// For how long nobody has looked after the database; long only when something is stuck.
    pub fn since_last_look(&self) -> Duration {
        self.born.elapsed().saturating_sub(Duration::from_millis(self.beat.load(Ordering::Relaxed)))
    }

    /// A connection outside of the pool, for work that takes long or needs settings of its own; it ends with the client.
    pub async fn session(&self) -> Result<tokio_postgres::Client, StoreError> {
        let connecting = self.postgres.connect(self.tls.clone());
        let (client, driver) = timeout(self.create_limit, connecting)
            .await
            .map_err(|_| StoreError::Unavailable("the database does not answer".into()))??;
        tokio::spawn(async move { driver.await.ok() });
        Ok(client)
    }

    /// Ends all connections; every later call fails.
    pub fn close(&self) {
        self.pool.close();
    }

    /// How the database is, now and from now on.
    pub fn health(&self) -> watch::Receiver<DbHealth> {
        self.health.clone()
    }

    /// Waits until the database answers, at most `limit`.
    pub async fn wait_until_up(&self, limit: Duration) -> Result<(), StoreError> {
        let mut health = self.health();
        self.doubt.notify_one();
        match timeout(limit, health.wait_for(|health| *health == DbHealth::Up)).await {
            Ok(Ok(_)) => Ok(()),
            _ => match &*self.health.borrow() {
                DbHealth::Down { reason, .. } => Err(StoreError::Unavailable(reason.clone().into())),
                _ => Err(StoreError::Unavailable("the database does not answer".into())),
            },
        }
    }

    /// A connection outside of the pool that hears `channel`. The stream ends with the connection.
    pub async fn listen(&self, channel: &str) -> Result<mpsc::Receiver<Notification>, StoreError> {
        let connecting = self.postgres.connect(self.tls.clone());
        let (client, mut connection) = timeout(self.create_limit, connecting)
            .await
            .map_err(|_| StoreError::Unavailable("the database does not answer".into()))??;
        let mut messages = futures::stream::poll_fn(move |context| connection.poll_message(context));
        {
            let statement = format!("listen \"{}\"", channel.replace('"', "\"\""));
            let mut listening = pin!(client.batch_execute(&statement));
            loop {
                tokio::select! {
                    done = &mut listening => break done?,
                    message = messages.next() => if !matches!(message, Some(Ok(_))) {
                        return Err(StoreError::Unavailable("the connection ended".into()));
                    },
                }
            }
        }
        let (tell, heard) = mpsc::channel(64);
        tokio::spawn(async move {
            // The connection lives as long as its client, the client as long as somebody may hear.
            let _client = client;
            loop {
                tokio::select! {
                    () = tell.closed() => return,
                    message = messages.next() => match message {
                        // A full channel has enough to wake its reader.
                        Some(Ok(AsyncMessage::Notification(note))) => { tell.try_send(note).ok(); }
                        Some(Ok(_)) => {}
                        Some(Err(_)) | None => return,
                    },
                }
            }
        });
        Ok(heard)
    }
}

/// A client outside of any pool: the administrator's.
pub async fn connect(connection: &Connection) -> Result<tokio_postgres::Client, StoreError> {
    let tls = tls::connector(&connection.tls).map_err(|error| StoreError::Unavailable(Box::new(error)))?;
    let mut postgres = connection.postgres.clone();
    if postgres.get_connect_timeout().is_none() {
        postgres.connect_timeout(Duration::from_secs(10));
    }
    let (client, driver) = postgres.connect(tls).await?;
    tokio::spawn(async move { driver.await.ok() });
    Ok(client)
}

/// The connection with what every session of ours has.
fn prepared(connection: &Connection, settings: &Database) -> tokio_postgres::Config {
    let mut postgres = connection.postgres.clone();
    if postgres.get_application_name().is_none() {
        postgres.application_name("inventory");
    }
    if postgres.get_connect_timeout().is_none() {
        postgres.connect_timeout(settings.connect_timeout);
    }
    if postgres.get_tcp_user_timeout().is_none() {
        // A host that vanished without a word is noticed in half a minute, not in a quarter of an hour.
        postgres.tcp_user_timeout(Duration::from_secs(30));
    }
    postgres.keepalives_idle(Duration::from_secs(30));
    let ours = format!(
        "-c search_path=inventory,public -c statement_timeout={} -c idle_in_transaction_session_timeout=60s",
        settings.statement_timeout.as_millis()
    );
    let options = match postgres.get_options() {
        Some(theirs) => format!("{ours} {theirs}"),
        None => ours,
    };
    postgres.options(&options);
    postgres
}

/// Looks after the database until nobody holds a [`Db`] any more.
struct Watcher {
    pool: Pool,
    tell: watch::Sender<DbHealth>,
    doubt: Arc<Notify>,
    beat: Arc<AtomicU64>,
    born: Instant,
}

impl Watcher {
    async fn watch_over(self, wants_writes: bool) {
        let Self { pool, tell, doubt, beat, born } = self;
        let mut pause = FIRST_PAUSE;
        loop {
            beat.store(u64::try_from(born.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
            let wait = match look(&pool, wants_writes).await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    if let DbHealth::Down { .. } = tell.send_replace(DbHealth::Up) {
                        info!("The database answers again");
                    }
                    LOOK
                }
                Err(_) if pool.is_closed() => return,
                Err(reason) => {
                    // What is idle in the pool leads to the same server: start afresh with the next one that answers.
                    pool.retain(|_, _| false);
                    tell.send_modify(|health| {
                        if let DbHealth::Down { reason: known, .. } = health {
                            *known = reason;
                        } else {
                            warn!("The database does not answer: {reason}");
                            *health = DbHealth::Down { since: SystemTime::now(), reason };
                        }
                    });
                    let wait = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    // Many who ask in vain are not to make many tries.
                    tokio::select! {
                        () = tell.closed() => return,
                        () = sleep(FIRST_PAUSE) => {}
                    }
                    wait
                }
            };
            tokio::select! {
                () = tell.closed() => return,
                () = sleep(wait) => {}
                () = doubt.notified() => {}
            }
        }
    }
}

/// One look: a connection, and a server that takes writes when writes are wanted.
async fn look(pool: &Pool, wants_writes: bool) -> Result<(), String> {
    let limit = Duration::from_secs(10);
    let in_recovery = async {
        let client = pool.get().await.map_err(unavailable)?;
        let row = client.query_one("select pg_is_in_recovery()", &[]).await?;
        Ok::<bool, StoreError>(row.get(0))
    };
    match timeout(limit, in_recovery).await {
        Ok(Ok(true)) if wants_writes => Err("the server takes no writes: it follows another one".into()),
        Ok(Ok(_)) => Ok(()),
        Ok(Err(StoreError::Unavailable(cause))) => Err(chain(&*cause)),
        Ok(Err(error)) => Err(chain(&error)),
        // All connections busy is no outage; a server that is silent for so long is.
        Err(_) if pool.status().available == 0 && pool.status().size >= pool.status().max_size => Ok(()),
        Err(_) => Err("the database does not answer".into()),
    }
}

fn unavailable(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) if error.as_db_error().is_some() => StoreError::from(error),
        PoolError::Backend(error) => StoreError::Unavailable(Box::new(error)),
        PoolError::Timeout(TimeoutType::Wait) => {
            StoreError::Unavailable("all connections to the database are busy".into())
        }
        PoolError::Timeout(_) => StoreError::Unavailable("the database does not answer".into()),
        other => StoreError::Unavailable(Box::new(other)),
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
