//! What desktop and kiosk share: a window on the main thread, tokio beside it with the web endpoint on it, one process.
//!
//! Which inventory is open is held here, because changing it means closing one database and opening another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use slint::PlatformError;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;
use tracing::{info, warn};

use super::{Context, begin};
use crate::app::{App, EXAMPLE, NotReady};
use crate::config::Config;
use crate::gui::{Opener, Program, StartError, Surroundings, Wish};
use crate::services::machine::Machine;
use crate::services::people::{People, PeopleError, PersonDraft};
use crate::services::search::upkeep::Worker;
use crate::{systemd, web};

/// Shows a window until it is closed, then closes the inventory. `settings` names the file beside the data that remembers
/// how the window looks; `stands_open` says that anybody may come to it. Runs on the main thread, which Slint needs.
pub fn run(
    context: &Context,
    settings: &str,
    stands_open: bool,
    show: impl FnOnce(&Handle, Opener, Surroundings) -> Result<(), PlatformError>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let config = context.config.clone();
    // Whose own folder holds the data has begun it; a database on a server has a keeper with a set-up code.
    let admin_by_code = stands_open && config.database.server.is_some();
    let surroundings = Surroundings {
        admin_by_code,
        settings: Some(config.paths.data_dir.join(settings)),
        address: if config.web.enabled { config.web.listen.to_string() } else { String::new() },
        phone_address: phone_address(&config.web),
        machine: Some(Machine::new(&config.paths.data_dir)),
    };
    let inventory = Arc::new(Inventory {
        config,
        admin_by_code,
        socket: systemd::socket()?,
        open: Mutex::new(None),
        watched: systemd::Opened::default(),
    });
    runtime.spawn(stand_before_systemd(inventory.watched.clone()));
    let shown = {
        let _within = runtime.enter();
        end_in_order(signal(SignalKind::interrupt())?);
        end_in_order(signal(SignalKind::terminate())?);
        show(runtime.handle(), opener(&inventory), surroundings)
    };
    let closed = runtime.block_on(inventory.close());
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    shown.context("no window can be shown; `inventory serve` shows the inventory to browsers")?;
    closed
}

/// A signal closes the window as its person would, so that the database is left in order.
fn end_in_order(mut signal: Signal) {
    tokio::spawn(async move {
        signal.recv().await;
        info!("Ending");
        systemd::stopping();
        crate::gui::quit();
    });
}

fn opener(inventory: &Arc<Inventory>) -> Opener {
    let inventory = Arc::clone(inventory);
    Arc::new(move |wish| {
        let inventory = Arc::clone(&inventory);
        Box::pin(async move { Box::pin(inventory.show(wish)).await })
    })
}

/// Where a phone finds the same pages: by the name under which a proxy asks for us; nothing, where none does.
fn phone_address(web: &crate::config::Web) -> String {
    let name = web.hosts.first().filter(|_| web.enabled && !web.trusted_proxies.is_empty());
    name.map(|name| format!("https://{name}")).unwrap_or_default()
}

/// Ready is a window that draws, with or without a database: it says what is missing, and restarting it would not bring
/// that back. From then on the watchdog is fed.
async fn stand_before_systemd(opened: systemd::Opened) {
    // Before the window's loop is there, there is nothing to draw.
    while slint::invoke_from_event_loop(systemd::ready).is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    if let Some(feeding) = systemd::watchdog(opened, window_answers()) {
        feeding.await.ok();
    }
}

/// Whether the window's thread has come round since it was last asked.
fn window_answers() -> impl Fn() -> bool + Send + 'static {
    let came_round = Arc::new(AtomicBool::new(true));
    move || {
        let answered = came_round.swap(false, Ordering::Relaxed);
        let asked = Arc::clone(&came_round);
        // Before the window is there, and after it is closed, there is nothing to hang.
        let is_shown = slint::invoke_from_event_loop(move || asked.store(true, Ordering::Relaxed)).is_ok();
        answered || !is_shown
    }
}

/// Whichever inventory is open.
struct Inventory {
    config: Config,
    /// Nobody becomes the admin by giving a name.
    admin_by_code: bool,
    /// What systemd listens on for us; outlives the inventory that is open.
    socket: Option<std::net::TcpListener>,
    open: Mutex<Option<Opened>>,
    watched: systemd::Opened,
}

/// An open inventory, what works on it in the background, and the endpoint that serves it.
struct Opened {
    app: App,
    _upkeep: Option<Worker>,
    changes: JoinHandle<()>,
    web: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Inventory {
    async fn show(&self, wish: Wish) -> Result<Program, StartError> {
        let mut open = self.open.lock().await;
        match wish {
            Wish::Any => {
                if open.is_none() {
                    *open = Some(self.open().await?);
                }
                if let Some(Opened { app, .. }) = open.as_ref()
                    && app.database == EXAMPLE
                {
                    // Nobody is asked for a name to look around; the machine knows one.
                    begin(&app.services.people, &begin::account_name()).await?;
                }
            }
            Wish::Own { .. } if self.admin_by_code => {
                return Err(StartError::Other("the first admin is made with the set-up code".into()));
            }
            Wish::Own { name } => {
                // Before the example goes.
                PersonDraft::check_name(&name).map_err(|error| refused(&error))?;
                let before = match open.take() {
                    Some(opened) => opened,
                    None => self.open().await?,
                };
                self.watched.set(None);
                let opened = open.insert(before.into_own().await?);
                begin(&opened.app.services.people, &name).await?;
            }
        }
        let opened = open.as_mut().ok_or_else(|| StartError::Other("nothing is open".into()))?;
        if opened.web.is_none() {
            opened.web = serve(&self.config, self.socket.as_ref(), &opened.app).await;
        }
        let app = &opened.app;
        self.watched.set(Some(&app.db));
        Ok(Program { services: app.services.clone(), health: app.health.clone(), example: app.database == EXAMPLE })
    }

    async fn open(&self) -> Result<Opened, StartError> {
        let app = Box::pin(App::build(self.config.clone())).await.map_err(|error| explain(&error))?;
        Opened::ready(app).await
    }

    async fn close(&self) -> anyhow::Result<()> {
        self.watched.set(None);
        match self.open.lock().await.take() {
            Some(opened) => opened.stop().await,
            None => Ok(()),
        }
    }
}

impl Opened {
    /// An inventory people can work with.
    async fn ready(app: App) -> Result<Self, StartError> {
        if let Err(not_ready) = app.ready() {
            if let Err(error) = app.stop().await {
                warn!("{error:#}");
            }
            return Err(explain(&not_ready.into()));
        }
        // The program's own inventory is opened with its worker, another one without.
        let upkeep = app.index_progress().is_none().then(|| Worker::start(&app.services.search));
        let changes = app.services.changes.follow();
        Ok(Self { app, _upkeep: upkeep, changes, web: None })
    }

    /// The person's own inventory; the example goes, if that is what this was.
    async fn into_own(mut self) -> Result<Self, StartError> {
        if self.app.database != EXAMPLE {
            return Ok(self);
        }
        self.end_background().await;
        let own = Box::pin(self.app.start_own()).await.map_err(|error| explain(&error))?;
        Self::ready(own).await
    }

    async fn end_background(&mut self) {
        self.changes.abort();
        if let Some((end, served)) = self.web.take() {
            drop(end);
            served.await.ok();
        }
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        self.end_background().await;
        self.app.stop().await
    }
}

/// Makes the first admin for whoever runs the program, the data's owner.
async fn begin(people: &People, name: &str) -> Result<(), StartError> {
    begin::begin(people, name).await.map_err(|error| refused(&error))
}

fn refused(error: &PeopleError) -> StartError {
    match error {
        PeopleError::Name => StartError::Name(error.to_string()),
        other => StartError::Other(other.to_string()),
    }
}

/// Serves the web view beside the window. Another program on the address serves in its place.
async fn serve(
    config: &Config,
    socket: Option<&std::net::TcpListener>,
    app: &App,
) -> Option<(oneshot::Sender<()>, JoinHandle<()>)> {
    if !config.web.enabled {
        return None;
    }
    let listening = match socket {
        Some(socket) => systemd::listen_on(socket).map_err(anyhow::Error::from),
        None => web::listen(config.web.listen).await.map_err(anyhow::Error::from),
    };
    let listener: TcpListener = match listening {
        Ok(listener) => listener,
        Err(error) => {
            info!("No web view beside the window: {error}");
            return None;
        }
    };
    let (end, ended) = oneshot::channel::<()>();
    let (settings, services, health) = (config.web.clone(), app.services.clone(), app.health.clone());
    let served = tokio::spawn(async move {
        let asked_to_end = async move { drop(ended.await) };
        if let Err(error) = web::serve(listener, settings, services, health, asked_to_end).await {
            warn!("The web view ended: {error}");
        }
    });
    Some((end, served))
}

fn explain(error: &anyhow::Error) -> StartError {
    let text = format!("{error:#}");
    match error.downcast_ref() {
        Some(NotReady::Pending(_) | NotReady::Schema(_)) => StartError::NotUpToDate(text),
        Some(NotReady::Database(_)) => StartError::Database(text),
        None if error.is::<crate::cluster::ClusterError>() => StartError::Database(text),
        None => StartError::Other(text),
    }
}
