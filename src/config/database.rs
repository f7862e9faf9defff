//! Which database: the private cluster, or a server somebody runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::file::DatabaseTable;
use super::{ConfigError, Connection, Deployment, Environment};

/// Settings of the database.
#[derive(Debug, Clone)]
pub struct Database {
    /// `None`: the program runs its own private cluster in the data directory.
    pub server: Option<Server>,
    /// Connections of this process, 1–100; 8 unless set, on a Raspberry Pi 6.
    pub pool_size: usize,
    /// How long one host may take to answer; 5 s unless set.
    pub connect_timeout: Duration,
    /// A statement that runs longer is cancelled; 30 s unless set.
    pub statement_timeout: Duration,
    /// Where the private cluster's programs (`initdb`, `postgres`) lie, when not in a usual place.
    pub pg_bindir: Option<PathBuf>,
}

/// A server, and how to change its schema.
#[derive(Debug, Clone)]
pub struct Server {
    /// What the program works with.
    pub connection: Connection,
    /// The administrator's connection, for migrations only.
    pub migrate: Option<Connection>,
}

/// What the predecessor's variables and the file's keys say, field by field.
#[derive(Default)]
struct Fields {
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    name: Option<String>,
}

impl Fields {
    fn any(&self) -> bool {
        self.host.is_some() || self.port.is_some() || self.user.is_some() || self.name.is_some()
    }
}

impl Database {
    pub(super) fn merge(
        env: &Environment,
        mut file: DatabaseTable,
        base: &Path,
        deployment: Deployment,
    ) -> Result<Self, ConfigError> {
        let base = env.working_dir.join(base);
        let server = match connection(env, &mut file, &base)? {
            Some(connection) => {
                let migrate = match env.get("MIGRATE_DATABASE_URL") {
                    Some(url) => Some(Connection::parse("MIGRATE_DATABASE_URL", url, &env.working_dir)?),
                    None => match &file.migrate_url {
                        Some(url) => Some(Connection::parse("database.migrate_url", url.expose_secret(), &base)?),
                        None => None,
                    },
                };
                Some(Server { connection, migrate })
            }
            None if env.get("MIGRATE_DATABASE_URL").is_some() || file.migrate_url.is_some() => {
                return Err(ConfigError::setting(
                    "MIGRATE_DATABASE_URL",
                    "is of use only with DATABASE_URL or POSTGRES_HOST; the private cluster migrates itself",
                ));
            }
            None => None,
        };
        let pool_size = file.pool_size.unwrap_or_else(|| deployment.pool_size());
        if !(1..=100).contains(&pool_size) {
            return Err(ConfigError::setting("database.pool_size", format!("{pool_size} is not within 1 and 100")));
        }
        Ok(Self {
            server,
            pool_size,
            connect_timeout: Duration::from_secs(file.connect_timeout_seconds.unwrap_or(5).max(1)),
            statement_timeout: Duration::from_secs(file.statement_timeout_seconds.unwrap_or(30).max(1)),
            pg_bindir: env.path("INVENTORY_PG_BINDIR").or_else(|| file.pg_bindir.map(|dir| base.join(dir))),
        })
    }
}

/// The environment's URL, else fields of which at least one is in the environment, else the file's URL, else
/// the file's fields. A password given apart belongs to whatever was chosen without one.
fn connection(env: &Environment, file: &mut DatabaseTable, base: &Path) -> Result<Option<Connection>, ConfigError> {
    let set = Fields {
        host: env.get("POSTGRES_HOST").map(str::to_owned),
        port: match env.get("POSTGRES_PORT") {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| {
                ConfigError::setting("POSTGRES_PORT", format!("`{text}` is not a port number (1–65535)"))
            })?),
        },
        user: env.get("POSTGRES_USER").map(str::to_owned),
        name: env.get("POSTGRES_DB").map(str::to_owned),
    };
    let written =
        Fields { host: file.host.take(), port: file.port.take(), user: file.user.take(), name: file.name.take() };
    let mut connection = if let Some(url) = env.get("DATABASE_URL") {
        Connection::parse("DATABASE_URL", url, &env.working_dir)?
    } else if set.any() || (written.any() && file.url.is_none()) {
        let setting = if set.any() { "POSTGRES_HOST" } else { "database.host" };
        let fields = Fields {
            host: set.host.or(written.host),
            port: set.port.or(written.port),
            user: set.user.or(written.user),
            name: set.name.or(written.name),
        };
        Connection::parse(setting, &as_pairs(env, file, fields), base)?
    } else if let Some(url) = &file.url {
        Connection::parse("database.url", url.expose_secret(), base)?
    } else {
        return Ok(None);
    };
    if connection.postgres.get_password().is_none()
        && let Some(password) = password(env, file, base)?
    {
        connection.postgres.password(password.expose_secret());
    }
    if connection.postgres.get_dbname().is_none() {
        connection.postgres.dbname("inventory");
    }
    Ok(Some(connection))
}

/// Fields as `key=value` pairs, without the password.
fn as_pairs(env: &Environment, file: &DatabaseTable, fields: Fields) -> String {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let pairs = [
        ("host", Some(fields.host.unwrap_or_else(|| "localhost".into()))),
        ("port", fields.port.map(|port| port.to_string())),
        ("user", Some(fields.user.unwrap_or_else(|| "inventory".into()))),
        ("dbname", fields.name),
        ("sslmode", env.get("POSTGRES_SSLMODE").map(str::to_owned).or_else(|| file.sslmode.clone())),
        ("sslrootcert", env.get("POSTGRES_SSLROOTCERT").map(str::to_owned).or_else(|| file.sslrootcert.clone())),
        ("sslcert", path(&file.sslcert)),
        ("sslkey", path(&file.sslkey)),
        ("target_session_attrs", file.target_session_attrs.clone()),
    ];
    let quoted = |value: String| value.replace('\\', "\\\\").replace('\'', "\\'");
    pairs
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| format!("{key}='{}'", quoted(value))))
        .collect::<Vec<_>>()
        .join(" ")
}

fn password(env: &Environment, file: &DatabaseTable, base: &Path) -> Result<Option<SecretString>, ConfigError> {
    if let Some(password) = env.get("POSTGRES_PASSWORD") {
        return Ok(Some(password.into()));
    }
    if let Some(password) = &file.password {
        return Ok(Some(password.clone()));
    }
    let path = env.path("POSTGRES_PASSWORD_FILE").or_else(|| file.password_file.as_ref().map(|path| base.join(path)));
    let Some(path) = path else { return Ok(None) };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).into())),
        Err(source) => Err(ConfigError::Unreadable { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(env: &[(&str, &str)], file: &str) -> Result<Database, ConfigError> {
        let table = toml::from_str(file).expect("the test's file is valid");
        Database::merge(&Environment::of(env), table, Path::new(""), Deployment::Desktop)
    }

    fn check(env: &[(&str, &str)], file: &str, expected: &str) {
        let connection = merge(env, file).expect("valid").server.expect("a server").connection;
        let password = connection.postgres.get_password().map(String::from_utf8_lossy).unwrap_or_default();
        assert_eq!(format!("{connection} {password}"), expected);
    }

    #[test]
    fn the_predecessors_variables_name_a_server() {
        let all = [
            ("POSTGRES_HOST", "db"),
            ("POSTGRES_PORT", "6000"),
            ("POSTGRES_USER", "thing"),
            ("POSTGRES_DB", "thingdb"),
            ("POSTGRES_PASSWORD", "it's \\ secret"),
        ];
        check(&all, "", "thing@db:6000/thingdb it's \\ secret");
        check(&[("POSTGRES_DB", "thingdb")], "", "inventory@localhost:5432/thingdb ");
    }

    #[test]
    fn a_url_in_the_environment_beats_the_fields_beat_the_file() {
        let file = "url = \"postgres://f@file/x\"";
        check(&[], file, "f@file:5432/x ");
        check(&[("POSTGRES_HOST", "env")], file, "inventory@env:5432/inventory ");
        check(&[("POSTGRES_HOST", "env"), ("DATABASE_URL", "postgres://u@url")], file, "u@url:5432/inventory ");
    }

    #[test]
    fn a_password_given_apart_belongs_to_the_url_without_one() {
        check(&[("POSTGRES_PASSWORD", "p")], "url = \"postgres://f@file/x\"", "f@file:5432/x p");
        check(&[("POSTGRES_PASSWORD", "p")], "url = \"postgres://f:own@file/x\"", "f@file:5432/x own");
    }

    #[test]
    fn a_password_alone_names_no_server() {
        assert!(merge(&[("POSTGRES_PASSWORD", "p")], "").expect("valid").server.is_none());
    }

    #[test]
    fn a_migration_url_without_a_server_is_a_mistake() {
        let error = merge(&[("MIGRATE_DATABASE_URL", "postgres://a@b/c")], "").expect_err("refused");
        assert!(error.to_string().contains("DATABASE_URL"), "{error}");
    }

    #[test]
    fn a_port_that_is_none_is_named() {
        let error = merge(&[("POSTGRES_PORT", "often")], "").expect_err("refused");
        assert!(error.to_string().contains("`often`"), "{error}");
    }
}
