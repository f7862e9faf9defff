//! The environment as a value, so that tests make their own and nothing else reads the process's.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Written by `deploy/deploy.sh`, so that commands find the same inventory as the service.
const SYSTEM_FILE: &str = "/etc/inventory/inventory.toml";

/// Environment variables, the user's directories and the program's own place.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: HashMap<String, String>,
    /// The user's home, where one is known.
    pub home: Option<PathBuf>,
    /// The directory of the running program.
    pub program_dir: Option<PathBuf>,
    /// The directory relative paths on the command line and in variables start from.
    pub working_dir: PathBuf,
    /// The settings of an inventory that is installed as the system's, where this account may read them.
    pub system_file: Option<PathBuf>,
    /// Running as uid 0.
    pub is_root: bool,
}

impl Environment {
    /// The environment this process was started with. A variable that is not UTF-8 counts as unset.
    pub fn of_process() -> Self {
        Self {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            home: etcetera::home_dir().ok(),
            program_dir: std::env::current_exe()
                .ok()
                .and_then(|exe| exe.canonicalize().ok())
                .and_then(|exe| exe.parent().map(Path::to_owned)),
            working_dir: std::env::current_dir().unwrap_or_else(|_| "/".into()),
            system_file: Some(PathBuf::from(SYSTEM_FILE)).filter(|path| std::fs::File::open(path).is_ok()),
            is_root: nix::unistd::geteuid().is_root(),
        }
    }

    /// Exactly these variables, an ordinary user, no home.
    pub fn of(variables: &[(&str, &str)]) -> Self {
        Self {
            variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            home: None,
            program_dir: None,
            working_dir: "/".into(),
            system_file: None,
            is_root: false,
        }
    }

    /// The same with a home directory.
    #[must_use]
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// A variable's value; one that is set to nothing counts as unset, as in systemd unit files.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// A variable that names a path, made absolute.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(|value| self.working_dir.join(value))
    }
}
