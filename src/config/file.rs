//! The configuration file: TOML with one table per concern; a key nobody knows is refused.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

use super::ConfigError;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    pub deployment: Option<String>,
    pub paths: PathsTable,
    pub database: DatabaseTable,
    pub web: WebTable,
    pub search: SearchTable,
    pub backup: BackupTable,
    pub log: LogTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PathsTable {
    pub data_dir: Option<PathBuf>,
    pub photos_dir: Option<PathBuf>,
    pub cache_dir: Option<PathBuf>,
    pub ml_cache: Option<PathBuf>,
    pub model_dir: Option<PathBuf>,
    pub onnx_runtime: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseTable {
    pub url: Option<SecretString>,
    pub migrate_url: Option<SecretString>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub user: Option<String>,
    pub name: Option<String>,
    pub password: Option<SecretString>,
    pub password_file: Option<PathBuf>,
    pub sslmode: Option<String>,
    pub sslrootcert: Option<String>,
    pub sslcert: Option<PathBuf>,
    pub sslkey: Option<PathBuf>,
    pub target_session_attrs: Option<String>,
    pub pool_size: Option<usize>,
    pub connect_timeout_seconds: Option<u64>,
    pub statement_timeout_seconds: Option<u64>,
    pub pg_bindir: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebTable {
    pub listen: Option<String>,
    pub enabled: Option<bool>,
    pub trusted_proxies: Option<Vec<String>>,
    pub hosts: Option<Vec<String>>,
    pub local_person: Option<bool>,
    pub session_idle_hours: Option<u64>,
    pub session_days: Option<u64>,
    pub second_factor: Option<String>,
    pub metrics_from: Option<Vec<String>>,
    pub photos_by_proxy: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchTable {
    pub languages: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackupTable {
    pub dir: Option<PathBuf>,
    pub keep_daily: Option<usize>,
    pub keep_weekly: Option<usize>,
    pub keep_monthly: Option<usize>,
    pub machine: Option<Vec<PathBuf>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogTable {
    pub filter: Option<String>,
    pub format: Option<String>,
}

/// Reads and checks the file. The parser's message shows the offending line but no other, and a line with a
/// secret is syntactically simple, so the message is kept to its first lines: place and reason.
pub fn read(path: &Path) -> Result<File, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|error| ConfigError::File {
        path: path.to_owned(),
        message: match error.span() {
            Some(span) => format!("line {}: {}", line_of(&text, span.start), error.message()),
            None => error.message().to_owned(),
        },
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
