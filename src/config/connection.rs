//! One connection to PostgreSQL as text: a URL or `key=value` pairs in libpq's words, with the TLS settings
//! taken out that tokio-postgres does not know.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ConfigError;

/// How much TLS has to prove, in libpq's words and with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SslMode {
    /// Plain text.
    Disable,
    /// Encrypted when the server offers it. `allow` counts as this.
    #[default]
    Prefer,
    /// Encrypted; the certificate is not checked, unless `sslrootcert` is given, then as `verify-ca`.
    Require,
    /// The certificate is signed by a known authority.
    VerifyCa,
    /// … and is made out for the host's name.
    VerifyFull,
}

/// Who may have signed the server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RootCertificates {
    /// The authorities the system trusts; `sslrootcert=system` says so.
    #[default]
    System,
    /// The PEM file's, and nobody else.
    File(PathBuf),
}

/// What the client shows to a server that asks who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// `sslcert`: PEM, leaf first.
    pub certificate: PathBuf,
    /// `sslkey`: PEM, not encrypted.
    pub key: PathBuf,
}

/// TLS towards a server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsOptions {
    pub mode: SslMode,
    pub roots: RootCertificates,
    pub client: Option<ClientCertificate>,
}

/// Where to connect, as whom, with what secret, under which TLS.
#[derive(Clone)]
pub struct Connection {
    /// Never printed with its password: the driver redacts it.
    pub postgres: tokio_postgres::Config,
    pub tls: TlsOptions,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("target", &self.to_string()).field("tls", &self.tls).finish_non_exhaustive()
    }
}

/// `user@host:port/database`, for messages; without the secret.
impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use tokio_postgres::config::Host;
        write!(f, "{}@", self.postgres.get_user().unwrap_or("?"))?;
        let ports = self.postgres.get_ports();
        for (index, host) in self.postgres.get_hosts().iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let port = ports.get(index).or_else(|| ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}:{port}")?,
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
            }
        }
        write!(f, "/{}", self.postgres.get_dbname().unwrap_or("?"))
    }
}

impl Connection {
    /// Reads a URL (`postgres://…`) or `key=value` pairs. `setting` is named in errors; relative certificate
    /// paths start at `base`. Several hosts without `target_session_attrs` look for the one that takes writes.
    pub(super) fn parse(setting: &'static str, text: &str, base: &Path) -> Result<Self, ConfigError> {
        let mut tls = TlsWords::default();
        let rest = if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            tls.take_from_url(setting, text)?
        } else {
            tls.take_from_pairs(setting, text)?
        };
        let mut postgres: tokio_postgres::Config = rest.parse().map_err(|error: tokio_postgres::Error| {
            // The driver's own message names the option; its value may be the secret and is not repeated.
            let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            ConfigError::setting(setting, reason)
        })?;
        if postgres.get_hosts().is_empty() && postgres.get_hostaddrs().is_empty() {
            return Err(ConfigError::setting(setting, "names no host: postgres://USER:PASSWORD@HOST/DATABASE"));
        }
        if postgres.get_user().is_none() {
            return Err(ConfigError::setting(setting, "names no user: postgres://USER:PASSWORD@HOST/DATABASE"));
        }
        if postgres.get_hosts().len() > 1 && !text.contains("target_session_attrs") {
            postgres.target_session_attrs(tokio_postgres::config::TargetSessionAttrs::ReadWrite);
        }
        let tls = tls.decide(setting, base)?;
        postgres.ssl_mode(match tls.mode {
            SslMode::Disable => tokio_postgres::config::SslMode::Disable,
            SslMode::Prefer => tokio_postgres::config::SslMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => tokio_postgres::config::SslMode::Require,
        });
        Ok(Self { postgres, tls })
    }
}

/// The TLS settings as written.
#[derive(Debug, Default)]
struct TlsWords {
    sslmode: Option<String>,
    sslrootcert: Option<String>,
    sslcert: Option<String>,
    sslkey: Option<String>,
}

impl TlsWords {
    /// Keeps `value` when `key` is one of ours; `Ok(false)` leaves it to the driver.
    fn take(&mut self, setting: &'static str, key: &str, value: &str) -> Result<bool, ConfigError> {
        let slot = match key {
            "sslmode" => &mut self.sslmode,
            "sslrootcert" => &mut self.sslrootcert,
            "sslcert" => &mut self.sslcert,
            "sslkey" => &mut self.sslkey,
            "sslcrl" | "sslcrldir" | "sslpassword" | "passfile" | "service" | "gssencmode" | "krbsrvname" => {
                return Err(ConfigError::setting(setting, format!("`{key}` is not supported")));
            }
            _ => return Ok(false),
        };
        *slot = (!value.is_empty()).then(|| value.to_owned());
        Ok(true)
    }

    /// Returns the URL without our words.
    fn take_from_url(&mut self, setting: &'static str, url: &str) -> Result<String, ConfigError> {
        let Some((before, query)) = url.split_once('?') else {
            return Ok(url.to_owned());
        };
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !self.take(setting, key, &percent_decoded(value))? {
                kept.push(written_for_driver(setting, pair)?);
            }
        }
        Ok(if kept.is_empty() { before.to_owned() } else { format!("{before}?{}", kept.join("&")) })
    }

    /// Returns the pairs without our words.
    fn take_from_pairs(&mut self, setting: &'static str, text: &str) -> Result<String, ConfigError> {
        let mut kept = Vec::new();
        for (key, value) in pairs(setting, text)? {
            if !self.take(setting, &key, &value)? {
                let quoted = value.replace('\\', "\\\\").replace('\'', "\\'");
                kept.push(written_for_driver(setting, &format!("{key}='{quoted}'"))?);
            }
        }
        Ok(kept.join(" "))
    }

    fn decide(self, setting: &'static str, base: &Path) -> Result<TlsOptions, ConfigError> {
        let roots = match self.sslrootcert.as_deref() {
            None | Some("system") => RootCertificates::System,
            Some(path) => RootCertificates::File(base.join(path)),
        };
        let mut mode = match self.sslmode.as_deref() {
            // libpq: with the system's authorities anything weaker than the full check would be no check.
            None if self.sslrootcert.as_deref() == Some("system") => SslMode::VerifyFull,
            None | Some("prefer" | "allow") => SslMode::Prefer,
            Some("disable") => SslMode::Disable,
            Some("require") => SslMode::Require,
            Some("verify-ca") => SslMode::VerifyCa,
            Some("verify-full") => SslMode::VerifyFull,
            Some(other) => {
                return Err(ConfigError::setting(
                    setting,
                    format!("sslmode `{other}` is none of disable, prefer, require, verify-ca, verify-full"),
                ));
            }
        };
        if mode == SslMode::Require && matches!(roots, RootCertificates::File(_)) {
            mode = SslMode::VerifyCa;
        }
        let client = match (self.sslcert, self.sslkey) {
            (Some(certificate), Some(key)) => {
                Some(ClientCertificate { certificate: base.join(certificate), key: base.join(key) })
            }
            (None, None) => None,
            _ => {
                return Err(ConfigError::setting(setting, "sslcert and sslkey are needed together"));
            }
        };
        Ok(TlsOptions { mode, roots, client })
    }
}

/// libpq's finer words for a session's state, in the driver's coarser ones.
fn written_for_driver(setting: &'static str, pair: &str) -> Result<String, ConfigError> {
    let Some((key, value)) = pair.split_once('=') else {
        return Ok(pair.to_owned());
    };
    if key != "target_session_attrs" {
        return Ok(pair.to_owned());
    }
    match value.trim_matches('\'') {
        "any" | "read-write" | "read-only" => Ok(pair.to_owned()),
        "primary" => Ok("target_session_attrs=read-write".to_owned()),
        "standby" => Ok("target_session_attrs=read-only".to_owned()),
        other => Err(ConfigError::setting(
            setting,
            format!("target_session_attrs `{other}` is none of any, read-write, read-only, primary, standby"),
        )),
    }
}

/// Splits `key=value key='quoted value'`, as libpq writes it: spaces around `=` allowed, backslash escapes.
fn pairs(setting: &'static str, text: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let shape = || ConfigError::setting(setting, "is neither a URL (postgres://…) nor `key=value` pairs");
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(shape)?;
        let key = key.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(shape());
        }
        let mut value = String::new();
        let after = after.trim_start();
        let quoted = after.starts_with('\'');
        let mut characters = after.char_indices().skip(usize::from(quoted));
        let mut end = None;
        while let Some((index, character)) = characters.next() {
            match character {
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                '\'' if quoted => end = Some(index + 1),
                c if c.is_whitespace() && !quoted => end = Some(index),
                c => value.push(c),
            }
            if end.is_some() {
                break;
            }
        }
        if quoted && end.is_none() {
            return Err(ConfigError::setting(setting, format!("the quoted value of `{key}` has no end")));
        }
        found.push((key.to_owned(), value));
        rest = after[end.unwrap_or(after.len())..].trim_start();
    }
    Ok(found)
}

/// `%41` → `A`. What is no escape stays.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten().and_then(|two| hex::decode(two).ok());
        if let Some(decoded) = escaped {
            bytes.extend(decoded);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::{Host, TargetSessionAttrs};

    use super::*;

    fn parse(text: &str) -> Result<Connection, ConfigError> {
        Connection::parse("DATABASE_URL", text, Path::new("/etc/inventory"))
    }

    fn tls(text: &str) -> TlsOptions {
        parse(text).expect("valid").tls
    }

    #[test]
    fn tls_words_are_taken_out_of_a_url() {
        let connection =
            parse("postgres://ann:s@db:5433/inv?sslmode=verify-full&sslrootcert=my%20ca.pem&application_name=x")
                .expect("valid");
        assert_eq!(connection.tls.mode, SslMode::VerifyFull);
        assert_eq!(connection.tls.roots, RootCertificates::File("/etc/inventory/my ca.pem".into()));
        assert_eq!(connection.postgres.get_application_name(), Some("x"));
        assert_eq!(connection.to_string(), "ann@db:5433/inv");
    }

    #[test]
    fn tls_words_are_taken_out_of_pairs() {
        let connection =
            parse(r"host=db user = 'a n\'n' password='p w\\' sslmode=verify-ca sslcert=c.pem sslkey=/k.pem")
                .expect("valid");
        assert_eq!(connection.tls.mode, SslMode::VerifyCa);
        assert_eq!(connection.postgres.get_user(), Some("a n'n"));
        assert_eq!(connection.postgres.get_password(), Some(br"p w\".as_slice()));
        let client = connection.tls.client.expect("a client certificate");
        assert_eq!(client.certificate, Path::new("/etc/inventory/c.pem"));
        assert_eq!(client.key, Path::new("/k.pem"));
    }

    #[test]
    fn modes_mean_what_libpq_means() {
        assert_eq!(tls("postgres://a@db/x").mode, SslMode::Prefer);
        assert_eq!(tls("postgres://a@db/x?sslmode=disable").mode, SslMode::Disable);
        assert_eq!(tls("postgres://a@db/x?sslmode=require").mode, SslMode::Require);
        assert_eq!(tls("postgres://a@db/x?sslmode=require&sslrootcert=/ca").mode, SslMode::VerifyCa);
        assert_eq!(tls("postgres://a@db/x?sslrootcert=system").mode, SslMode::VerifyFull);
    }

    #[test]
    fn several_hosts_look_for_the_one_that_takes_writes() {
        let postgres = parse("postgres://a@one:5432,two:5433/x").expect("valid").postgres;
        assert_eq!(postgres.get_hosts(), [Host::Tcp("one".into()), Host::Tcp("two".into())]);
        assert_eq!(postgres.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        let postgres = parse("postgres://a@one,two/x?target_session_attrs=any").expect("valid").postgres;
        assert_eq!(postgres.get_target_session_attrs(), TargetSessionAttrs::Any);
        let postgres = parse("host=one,two user=a target_session_attrs=primary").expect("valid").postgres;
        assert_eq!(postgres.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    fn check_refused(text: &str, expected: &str) {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.starts_with("DATABASE_URL: ") && error.contains(expected), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_refusal_names_the_setting_and_keeps_the_secret() {
        check_refused("postgres://a:hunter2@db/x?sslmode=maybe", "verify-full");
        check_refused("postgres://a:hunter2@db/x?sslcert=/c", "together");
        check_refused("postgres://a:hunter2@db/x?service=x", "`service` is not supported");
        check_refused("postgres://a:hunter2@db/x?colour=red", "colour");
        check_refused("postgres://a:hunter2@db/x?target_session_attrs=best", "read-write");
        check_refused("host=db password=hunter2", "names no user");
        check_refused("user=a password=hunter2", "names no host");
        check_refused("mysql://a:hunter2@db", "neither a URL");
        check_refused("user=a password='hunter2", "has no end");
    }
}
