//! `inventory serve`: the program without a window.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::{Context, begin};
use crate::app::{App, EXAMPLE};
use crate::{systemd, web};

/// Serve the web pages and the API, without a window
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory serve
  inventory serve --listen 127.0.0.1:8080
  inventory --data-dir /srv/storeroom serve

Ends in order on Ctrl-C or SIGTERM. Listens on this machine only; others come through a proxy with HTTPS. Under systemd it takes the
socket that is passed on, says when it is ready, and pings the watchdog.")]
pub struct Args {
    /// Where to listen: ADDRESS:PORT or PORT [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

pub async fn run(context: Context) -> anyhow::Result<ExitCode> {
    // Before anything is started, so that an early signal is not lost.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let asked_to_end = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        info!("Ending");
        systemd::stopping();
    };
    let settings = context.config.web.clone();
    let listener = match systemd::socket()? {
        Some(socket) => systemd::listen_on(&socket)?,
        None => web::listen(settings.listen).await?,
    };
    let app = App::build(context.config).await?;
    if app.database == EXAMPLE {
        // Nobody is asked for a name to look around; the machine knows one.
        begin::begin(&app.services.people, &begin::account_name()).await?;
    }
    let changes = app.services.changes.follow();
    let opened = systemd::Opened::default();
    opened.set(Some(&app.db));
    let watchdog = systemd::watchdog(opened, || true);
    info!("Serving http://{}", listener.local_addr()?);
    systemd::ready();
    let served = web::serve(listener, settings, app.services.clone(), app.health.clone(), asked_to_end).await;
    changes.abort();
    if let Some(watchdog) = watchdog {
        watchdog.abort();
    }
    served?;
    app.stop().await?;
    Ok(ExitCode::SUCCESS)
}
