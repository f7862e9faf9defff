//! What is logged, and how it looks.

use super::file::LogTable;
use super::{ConfigError, Environment};

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Settings of the log, which goes to standard error.
#[derive(Debug, Clone)]
pub struct Log {
    /// In the words of tracing's filter: `info`, `inventory=debug,warn` …
    pub filter: String,
    pub format: LogFormat,
}

impl Log {
    pub(super) fn merge(env: &Environment, file: LogTable) -> Result<Self, ConfigError> {
        let filter = env
            .get("INVENTORY_LOG")
            .or_else(|| env.get("RUST_LOG"))
            .map(str::to_owned)
            .or(file.filter)
            .unwrap_or_else(|| "warn,inventory=info".to_owned());
        let format = match env.get("INVENTORY_LOG_FORMAT").map(str::to_owned).or(file.format).as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => {
                return Err(ConfigError::setting("log.format", format!("`{other}` is neither `text` nor `json`")));
            }
        };
        Ok(Self { filter, format })
    }
}
