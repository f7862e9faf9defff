//! The embedded web endpoint's settings.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::file::WebTable;
use super::{ConfigError, Environment, Flags};

/// Where the web endpoint listens.
#[derive(Debug, Clone)]
pub struct Web {
    /// Default `127.0.0.1:8000`. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// On by default; off, a window serves nobody but who stands before it.
    pub enabled: bool,
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
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000)
        };
        Ok(Self { listen, enabled: file.enabled.unwrap_or(true) })
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

    #[test]
    fn what_is_no_address_is_refused() {
        check("127.0.0.1", None);
        check("everywhere:8000", None);
        check("127.0.0.1:80000", None);
        check("", None);
    }
}
