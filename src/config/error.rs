//! What can be wrong with settings. Every message names the setting and what would be right.

use std::path::PathBuf;

/// A setting that cannot be used. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// `message` is the TOML reader's: line, column, the unknown key and the known ones.
    #[error("the configuration file {} is not valid: {message}", path.display())]
    File { path: PathBuf, message: String },
    #[error("{setting}: {problem}")]
    Setting { setting: &'static str, problem: String },
    #[error("no home directory is known: give --data-dir or set INVENTORY_DATA_DIR")]
    NoHome,
}

impl ConfigError {
    /// `setting` is named as the user wrote it; `problem` says what would be right.
    pub(super) fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting { setting, problem: problem.into() }
    }
}
