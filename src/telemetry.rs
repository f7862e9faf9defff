//! Logs, spans and figures: the only module that names the tracing subscriber.

pub mod metrics;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::SystemTime;

use crate::config::{Log, LogFormat};

/// The log's filter is not one.
#[derive(Debug, thiserror::Error)]
#[error("log.filter: `{filter}` is not a filter such as `info` or `warn,inventory=debug`: {source}")]
pub struct FilterError {
    filter: String,
    source: tracing_subscriber::filter::ParseError,
}

/// The driver's own log, whatever else is asked for.
const DRIVER: &str = "tokio_postgres=info";

/// Sends what is logged from now on to standard error, so that standard output holds results alone. The second and
/// every later call in a process changes nothing.
pub fn start(log: &Log) -> Result<(), FilterError> {
    let filter =
        EnvFilter::builder().parse(&log.filter).map_err(|source| FilterError { filter: log.filter.clone(), source })?;
    // What the driver says below this holds every statement's parameters, hashes of secrets among them.
    let filter = filter.add_directive(DRIVER.parse().expect("our own directive is one"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_timer(SystemTime);
    // Failing means that a subscriber is set already, which then keeps working.
    let _already_started = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
    };
    Ok(())
}
