//! Settings: one documented struct per concern, from flags, environment, file and defaults, in this order
//! of precedence.
//!
//! This module is the only reader of the environment; everything else is handed a [`Config`] or a part of it.
//!
//! | what | flag | environment | file |
//! | --- | --- | --- | --- |
//! | data directory | `--data-dir` | `INVENTORY_DATA_DIR` | `paths.data_dir` |
//! | the file itself | `--config` | `INVENTORY_CONFIG`, else `/etc/inventory/inventory.toml` where it may be read | |
//! | kind of machine | | `DEPLOYMENT_TYPE` | `deployment` |
//! | database server | | `DATABASE_URL`, or `POSTGRES_HOST/PORT/USER/DB/PASSWORD` | `database.url`, or `database.host` … |
//! | migrations' connection | | `MIGRATE_DATABASE_URL` | `database.migrate_url` |
//! | PostgreSQL programs | | `INVENTORY_PG_BINDIR` | `database.pg_bindir` |
//! | web address | `--listen` | `INVENTORY_LISTEN` | `web.listen` |
//! | proxies that are believed | | `INVENTORY_TRUSTED_PROXIES` | `web.trusted_proxies` |
//! | names the web view has | | `INVENTORY_HOSTS` | `web.hosts` |
//! | sign-in | | | `web.local_person`, `web.session_idle_hours`, `web.session_days`, `web.second_factor` |
//! | who reads metrics | | | `web.metrics_from` |
//! | model | | `INVENTORY_MODEL_DIR`, `HF_HOME`, `TRANSFORMERS_CACHE` | `paths.model_dir`, `paths.ml_cache` |
//! | ONNX Runtime | | `INVENTORY_ONNXRUNTIME`, `ORT_DYLIB_PATH` | `paths.onnx_runtime` |
//! | search languages | | `INVENTORY_LANGUAGES` | `search.languages` |
//! | backups | | `INVENTORY_BACKUP_DIR` | `backup.dir`, `backup.keep_daily` … |
//! | log | | `INVENTORY_LOG`, `RUST_LOG`, `INVENTORY_LOG_FORMAT` | `log.filter`, `log.format` |

mod backup;
mod connection;
mod database;
mod deployment;
mod env;
mod error;
mod file;
mod log;
mod paths;
mod search;
mod web;

use std::path::{Path, PathBuf};

pub use backup::Backup;
pub use connection::{ClientCertificate, Connection, RootCertificates, SslMode, TlsOptions};
pub use database::{Database, Server};
pub use deployment::Deployment;
pub use env::Environment;
pub use error::ConfigError;
pub use log::{Log, LogFormat};
pub use paths::Paths;
pub use search::{Language, Search};
pub use web::Web;

/// Everything that can be set, after all sources have been merged and checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// What kind of machine this is; only chooses defaults.
    pub deployment: Deployment,
    /// Where data, photos, caches, model and runtime library lie.
    pub paths: Paths,
    /// The private cluster, or a server.
    pub database: Database,
    /// The embedded web endpoint.
    pub web: Web,
    /// What search has to know about the words it finds.
    pub search: Search,
    /// Where backups go, and which are kept.
    pub backup: Backup,
    /// What is logged, and how.
    pub log: Log,
}

/// What the command line says; each beats environment and file.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
}

impl Config {
    /// Reads the process's environment and the file it or `flags` name.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        Self::from_sources(flags, &Environment::of_process())
    }

    /// The same with an environment of the caller's making.
    pub fn from_sources(flags: &Flags, env: &Environment) -> Result<Self, ConfigError> {
        // Who names a data directory means that one, not the system's.
        let own_place = flags.data_dir.is_some() || env.get("INVENTORY_DATA_DIR").is_some();
        let named = flags
            .config
            .clone()
            .or_else(|| env.path("INVENTORY_CONFIG"))
            .or_else(|| env.system_file.clone().filter(|_| !own_place));
        let file = match &named {
            Some(path) => file::read(path)?,
            None => file::File::default(),
        };
        let base = named.as_deref().and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        let deployment = Deployment::merge(env, file.deployment.as_deref())?;
        let paths = Paths::merge(flags, env, file.paths, &base, deployment)?;
        Ok(Self {
            deployment,
            backup: Backup::merge(env, file.backup, &base, &paths, named.as_deref()),
            paths,
            database: Database::merge(env, file.database, &base, deployment)?,
            web: Web::merge(flags, env, &file.web)?,
            search: Search::merge(env, file.search)?,
            log: Log::merge(env, file.log)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(flags: &Flags, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_sources(flags, &Environment::of(env).with_home("/home/ann"))
    }

    fn file(text: &str) -> (tempfile::TempDir, Flags) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("inventory.toml");
        std::fs::write(&path, text).expect("the file is written");
        let flags = Flags { config: Some(path), ..Flags::default() };
        (dir, flags)
    }

    #[test]
    fn nothing_set_means_the_private_cluster_and_the_loopback_address() {
        let config = load(&Flags::default(), &[("XDG_DATA_HOME", "/home/ann/.local/share")]).expect("defaults");
        assert!(config.database.server.is_none());
        assert_eq!(config.web.listen.to_string(), "127.0.0.1:8000");
        assert_eq!(config.paths.data_dir, Path::new("/home/ann/.local/share/inventory"));
        assert_eq!(config.paths.photos_dir, Path::new("/home/ann/.local/share/inventory/photos"));
    }

    #[test]
    fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
        let (_dir, mut flags) = file("[paths]\ndata_dir = \"/from/file\"\n[web]\nlisten = \"127.0.0.1:1\"\n");
        let dir = |flags: &Flags, env| load(flags, env).expect("valid").paths.data_dir;
        assert_eq!(dir(&flags, &[]), Path::new("/from/file"));
        assert_eq!(dir(&flags, &[("INVENTORY_DATA_DIR", "/from/env")]), Path::new("/from/env"));
        flags.data_dir = Some("/from/flag".into());
        assert_eq!(dir(&flags, &[("INVENTORY_DATA_DIR", "/from/env")]), Path::new("/from/flag"));
        assert_eq!(load(&flags, &[]).expect("valid").web.listen.port(), 1);
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_known_ones() {
        let (_dir, flags) = file("[web]\nlissten = \"127.0.0.1:1\"\n");
        let error = load(&flags, &[]).expect_err("refused").to_string();
        assert!(error.contains("lissten") && error.contains("listen"), "{error}");
        let (_dir, flags) = file("[databse]\n");
        let error = load(&flags, &[]).expect_err("refused").to_string();
        assert!(error.contains("databse") && error.contains("`database`") && error.contains("`paths`"), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let flags = Flags { config: Some("/no/such/file.toml".into()), ..Flags::default() };
        let error = load(&flags, &[]).expect_err("refused").to_string();
        assert!(error.contains("/no/such/file.toml"), "{error}");
    }

    #[test]
    fn a_relative_path_in_the_file_is_relative_to_the_file() {
        let (dir, flags) = file("[paths]\ndata_dir = \"here\"\n");
        assert_eq!(load(&flags, &[]).expect("valid").paths.data_dir, dir.path().join("here"));
    }

    #[test]
    fn a_raspberry_pi_keeps_its_data_where_the_predecessor_would() {
        let env = [("DEPLOYMENT_TYPE", "raspberry_pi"), ("POSTGRES_DB", "inventory_db")];
        let config = load(&Flags::default(), &env).expect("valid");
        assert_eq!(config.paths.data_dir, Path::new("/var/lib/inventory"));
        assert_eq!(config.paths.photos_dir, Path::new("/var/lib/inventory/images"));
        assert_eq!(config.database.pool_size, 6);
        let (_dir, flags) =
            file("deployment = \"raspberry_pi\"\n[database]\npool_size = 3\n[paths]\ndata_dir = \"/srv\"\n");
        let config = load(&flags, &[]).expect("valid");
        assert_eq!((config.paths.photos_dir.as_path(), config.database.pool_size), (Path::new("/srv/images"), 3));
    }

    #[test]
    fn the_systems_file_counts_for_who_names_neither_file_nor_data() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("inventory.toml");
        std::fs::write(&path, "[web]\nlisten = \"127.0.0.1:7\"\n").expect("the file is written");
        let port = |flags: &Flags, variables| {
            let mut env = Environment::of(variables).with_home("/home/ann");
            env.system_file = Some(path.clone());
            Config::from_sources(flags, &env).expect("valid").web.listen.port()
        };
        assert_eq!(port(&Flags::default(), &[]), 7);
        assert_eq!(port(&Flags::default(), &[("INVENTORY_DATA_DIR", "/elsewhere")]), 8000);
        assert_eq!(port(&Flags { data_dir: Some("/elsewhere".into()), ..Flags::default() }, &[]), 8000);
        let (_dir, own) = file("[web]\nlisten = \"127.0.0.1:8\"\n");
        assert_eq!(port(&own, &[]), 8);
    }

    #[test]
    fn no_secret_is_printed() {
        let config = load(
            &Flags::default(),
            &[
                ("DATABASE_URL", "postgres://ann:hunter2@db/x"),
                ("MIGRATE_DATABASE_URL", "postgres://root:hunter3@db/x"),
                ("POSTGRES_PASSWORD", "hunter4"),
            ],
        )
        .expect("valid");
        let printed = format!("{config:?}");
        assert!(!printed.contains("hunter"), "{printed}");
    }
}
