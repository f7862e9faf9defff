//! The embedded web endpoint's settings.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use super::file::WebTable;
use super::{ConfigError, Environment, Flags};

/// Where the web endpoint listens, whom it believes, and how people stay signed in.
#[derive(Debug, Clone)]
pub struct Web {
    /// Default `127.0.0.1:8000`. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// On by default; off, a window serves nobody but who stands before it.
    pub enabled: bool,
    /// Proxies whose `X-Forwarded-…` headers are believed; none by default, and requests with such headers are refused then.
    pub trusted_proxies: Vec<IpNet>,
    /// The names under which a trusted proxy may ask for us, without port; empty: any that it lets through.
    pub hosts: Vec<String>,
    /// This machine's own browser acts for the person who set the inventory up, without signing in. By default as long as
    /// no proxy is trusted; never for what a proxy forwards.
    pub local_person: bool,
    /// A session that is not used for so long is over. Default 12 hours.
    pub session_idle: Duration,
    /// A session is over after this, used or not. Default 30 days.
    pub session_absolute: Duration,
    /// Keepers and admins who sign in need a second factor; without one they work as members. Off by default.
    pub second_factor_required: bool,
    /// Who may read `/metrics` besides this machine itself.
    pub metrics_from: Vec<IpNet>,
    /// The internal place, such as `/inventory-photos/`, from which a trusted proxy that asks for it sends derived pictures
    /// (nginx's `X-Accel-Redirect`); without one the program sends them itself.
    pub photos_by_proxy: Option<String>,
}

impl Default for Web {
    fn default() -> Self {
        let hour = Duration::from_hours(1);
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000),
            enabled: true,
            trusted_proxies: Vec::new(),
            hosts: Vec::new(),
            local_person: true,
            session_idle: 12 * hour,
            session_absolute: 30 * 24 * hour,
            second_factor_required: false,
            metrics_from: Vec::new(),
            photos_by_proxy: None,
        }
    }
}

/// Where Debian and others install the fonts of the design, best first.
const FONT_DIRS: [&str; 7] = [
    "/usr/share/fonts/truetype/lato",
    "/usr/share/fonts/opentype/b612",
    "/usr/share/fonts/truetype/b612",
    "/usr/share/fonts/lato",
    "/usr/share/fonts/b612",
    "/usr/local/share/fonts",
    "/usr/share/inventory/fonts",
];

impl Web {
    /// Directories that may hold the fonts that are served to browsers; without them a browser takes its own.
    pub fn font_dirs() -> &'static [&'static str] {
        &FONT_DIRS
    }

    pub(super) fn merge(flags: &Flags, env: &Environment, file: &WebTable) -> Result<Self, ConfigError> {
        let listen = if let Some(text) = &flags.listen {
            address("--listen", text)?
        } else if let Some(text) = env.get("INVENTORY_LISTEN") {
            address("INVENTORY_LISTEN", text)?
        } else if let Some(text) = &file.listen {
            address("web.listen", text)?
        } else {
            Self::default().listen
        };
        let trusted_proxies = match env.get("INVENTORY_TRUSTED_PROXIES") {
            Some(text) => networks("INVENTORY_TRUSTED_PROXIES", text.split(','))?,
            None => networks("web.trusted_proxies", file.trusted_proxies.iter().flatten().map(String::as_str))?,
        };
        let hosts = match env.get("INVENTORY_HOSTS") {
            Some(text) => hosts("INVENTORY_HOSTS", text.split(','))?,
            None => hosts("web.hosts", file.hosts.iter().flatten().map(String::as_str))?,
        };
        let metrics_from = file.metrics_from.iter().flatten().map(String::as_str);
        let second_factor_required = match file.second_factor.as_deref() {
            None | Some("optional") => false,
            Some("required") => true,
            Some(other) => {
                let reason = format!("`{other}` is neither `optional` nor `required`");
                return Err(ConfigError::setting("web.second_factor", reason));
            }
        };
        let default = Self::default();
        Ok(Self {
            listen,
            enabled: file.enabled.unwrap_or(default.enabled),
            local_person: file.local_person.unwrap_or(trusted_proxies.is_empty()),
            trusted_proxies,
            hosts,
            session_idle: span("web.session_idle_hours", file.session_idle_hours, 3600, default.session_idle)?,
            session_absolute: span("web.session_days", file.session_days, 24 * 3600, default.session_absolute)?,
            second_factor_required,
            metrics_from: networks("web.metrics_from", metrics_from)?,
            photos_by_proxy: file.photos_by_proxy.as_deref().map(place).transpose()?,
        })
    }
}

/// Networks such as `10.0.0.0/8`, or single addresses.
fn networks<'a>(setting: &'static str, texts: impl Iterator<Item = &'a str>) -> Result<Vec<IpNet>, ConfigError> {
    texts
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| {
            IpNet::from_str(text).or_else(|_| IpAddr::from_str(text).map(IpNet::from)).map_err(|_| {
                let reason = format!("`{text}` is neither an address nor a network such as 10.0.0.0/8");
                ConfigError::setting(setting, reason)
            })
        })
        .collect()
}

/// Names or addresses as a browser puts them into `Host`, in small letters, without port.
fn hosts<'a>(setting: &'static str, texts: impl Iterator<Item = &'a str>) -> Result<Vec<String>, ConfigError> {
    texts
        .map(|text| text.trim().to_ascii_lowercase())
        .filter(|text| !text.is_empty())
        .map(|text| {
            let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&text);
            let is_address = IpAddr::from_str(bare).is_ok();
            let is_name = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
            if is_address && bare.contains(':') {
                Ok(format!("[{bare}]"))
            } else if is_address || is_name {
                Ok(text)
            } else {
                let reason = format!("`{text}` is not a host's name or address, without https:// and without port");
                Err(ConfigError::setting(setting, reason))
            }
        })
        .collect()
}

/// A path of the proxy's own: from slash to slash, of plain characters.
fn place(text: &str) -> Result<String, ConfigError> {
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/".contains(&b));
    if text.len() > 2 && text.starts_with('/') && text.ends_with('/') && !text.contains("//") && is_plain {
        return Ok(text.to_owned());
    }
    let reason = format!("`{text}` is not a path from slash to slash, such as /inventory-photos/");
    Err(ConfigError::setting("web.photos_by_proxy", reason))
}

/// A span of at least one and at most ten thousand units.
fn span(
    setting: &'static str,
    value: Option<u64>,
    unit_seconds: u64,
    default: Duration,
) -> Result<Duration, ConfigError> {
    match value {
        None => Ok(default),
        Some(value @ 1..=10_000) => Ok(Duration::from_secs(value * unit_seconds)),
        Some(value) => Err(ConfigError::setting(setting, format!("{value} is not between 1 and 10000"))),
    }
}

/// `HOST:PORT`, `:PORT` and `PORT` alone (loopback), `localhost:PORT`, `[::1]:PORT`.
fn address(setting: &'static str, text: &str) -> Result<SocketAddr, ConfigError> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = text.strip_prefix("localhost:").or_else(|| text.strip_prefix(':')).unwrap_or(text);
    match port.parse() {
        Ok(port) => Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
        Err(_) => Err(ConfigError::setting(
            setting,
            format!("`{text}` is not an address with a port, such as 127.0.0.1:8000 or [::1]:8000"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let got = address("--listen", text).ok().map(|address| address.to_string());
        assert_eq!(got.as_deref(), expected, "{text}");
    }

    #[test]
    fn an_address_may_be_short() {
        check("127.0.0.1:8000", Some("127.0.0.1:8000"));
        check("8080", Some("127.0.0.1:8080"));
        check(":8080", Some("127.0.0.1:8080"));
        check("localhost:8080", Some("127.0.0.1:8080"));
        check("[::1]:8080", Some("[::1]:8080"));
        check("0.0.0.0:80", Some("0.0.0.0:80"));
    }

    fn merged(table: &WebTable, env: &[(&str, &str)]) -> Result<Web, ConfigError> {
        Web::merge(&Flags::default(), &Environment::of(env), table)
    }

    #[test]
    fn a_trusted_proxy_ends_the_local_persons_convenience_unless_it_is_asked_for() {
        assert!(merged(&WebTable::default(), &[]).expect("valid").local_person);
        let web = merged(&WebTable::default(), &[("INVENTORY_TRUSTED_PROXIES", "127.0.0.1, ::1,10.0.0.0/8")]);
        let web = web.expect("valid");
        assert_eq!(web.trusted_proxies.len(), 3);
        assert!(!web.local_person);
        let table = WebTable { local_person: Some(true), ..WebTable::default() };
        assert!(merged(&table, &[("INVENTORY_TRUSTED_PROXIES", "127.0.0.1")]).expect("valid").local_person);
    }

    #[test]
    fn what_is_no_network_no_host_and_no_span_is_refused() {
        let table = |proxies: &str, hosts: &str, hours: u64, factor: &str| WebTable {
            trusted_proxies: Some(vec![proxies.into()]),
            hosts: Some(vec![hosts.into()]),
            session_idle_hours: Some(hours),
            second_factor: Some(factor.into()),
            ..WebTable::default()
        };
        let fine = merged(&table("10.0.0.1", "Stock.example", 1, "required"), &[]).expect("valid");
        assert_eq!(fine.hosts, ["stock.example"]);
        assert!(fine.second_factor_required);
        assert_eq!(merged(&table("10.0.0.1", "::1", 1, "optional"), &[]).expect("valid").hosts, ["[::1]"]);
        for (wrong, name) in [
            (table("everybody", "a", 1, "optional"), "web.trusted_proxies"),
            (table("10.0.0.1", "https://a/", 1, "optional"), "web.hosts"),
            (table("10.0.0.1", "a:443", 1, "optional"), "web.hosts"),
            (table("10.0.0.1", "a", 0, "optional"), "web.session_idle_hours"),
            (table("10.0.0.1", "a", 1, "perhaps"), "web.second_factor"),
        ] {
            let error = merged(&wrong, &[]).expect_err("refused").to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_proxys_place_for_photos_is_a_path_from_slash_to_slash() {
        let set = |text: &str| {
            let table = WebTable { photos_by_proxy: Some(text.into()), ..WebTable::default() };
            merged(&table, &[]).map(|web| web.photos_by_proxy).map_err(|error| error.to_string())
        };
        assert_eq!(set("/inventory-photos/"), Ok(Some("/inventory-photos/".into())));
        for wrong in ["photos", "/photos", "photos/", "//", "/", "", "/a/../b/", "/a b/", "https://a/"] {
            assert!(set(wrong).expect_err(wrong).contains("web.photos_by_proxy"));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        check("127.0.0.1", None);
        check("everywhere:8000", None);
        check("127.0.0.1:80000", None);
        check("", None);
    }
}
