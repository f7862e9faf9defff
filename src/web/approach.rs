//! How a request came to us: straight from this machine's own browser, or through a proxy that is believed.
//!
//! Straight means: from a loopback address, with no trace of a proxy, and naming us (`Host` is `localhost`, `127.0.0.1` or
//! `[::1]` with our port). The last part keeps a foreign page out whose name was made to point here (DNS rebinding). Of a
//! configured proxy we believe `X-Forwarded-For` and `X-Forwarded-Proto`, and the `Host` it lets through. Everything else is refused,
//! so that a header alone opens nothing.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::{FORWARDED, HOST, ORIGIN, VIA};
use axum::http::{HeaderMap, Method, Uri, Version};
use ipnet::IpNet;

use super::fault::Fault;
use crate::config;

/// Where a request comes from, as far as we believe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approach {
    /// The browser's address, not the proxy's.
    pub address: IpAddr,
    /// From this very machine, through nobody.
    pub is_direct: bool,
    /// Encrypted all the way to the proxy, or never left this machine.
    pub is_safe: bool,
    /// The name and port the browser asked for.
    pub host: String,
}

/// The parts of a request that say how it came.
pub struct Signs<'a> {
    pub peer: SocketAddr,
    pub version: Version,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
}

impl Approach {
    /// Reads the signs. `port` is the one we listen on.
    pub fn of(signs: &Signs<'_>, port: u16, settings: &config::Web) -> Result<Self, Fault> {
        let peer = signs.peer.ip().to_canonical();
        let host = single(signs.headers, HOST.as_str()).ok_or(Fault::NotLocal)?;
        // An absolute target outranks `Host` (RFC 9112, 3.2.2).
        if signs.uri.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host)) {
            return Err(Fault::NotLocal);
        }
        if is_forwarded(signs.headers) {
            if !contains(&settings.trusted_proxies, peer) {
                return Err(Fault::NotLocal);
            }
            let named =
                signs.headers.contains_key("x-forwarded-for") && signs.headers.contains_key("x-forwarded-proto");
            if !named || !is_welcome(host, &settings.hosts) {
                return Err(Fault::NotLocal);
            }
            return Ok(Self {
                address: client(signs.headers, &settings.trusted_proxies).unwrap_or(peer),
                is_direct: false,
                is_safe: single(signs.headers, "x-forwarded-proto") == Some("https"),
                host: host.to_owned(),
            });
        }
        // A proxy that says nothing of itself speaks HTTP/1.0 by default (nginx); no browser does.
        if !peer.is_loopback() || !is_ours(host, port) || signs.version < Version::HTTP_11 {
            return Err(Fault::NotLocal);
        }
        Ok(Self { address: peer, is_direct: true, is_safe: true, host: host.to_owned() })
    }

    /// Whether what changes something comes from a page of ours: said by every browser of these days. Without a word the
    /// form's token has to do.
    pub fn check_origin(&self, method: &Method, headers: &HeaderMap) -> Result<(), Fault> {
        if matches!(*method, Method::GET | Method::HEAD) {
            return Ok(());
        }
        let scheme = if self.is_direct { "http" } else { "https" };
        let from_us = match (headers.get(ORIGIN), headers.get("sec-fetch-site")) {
            (Some(origin), _) => {
                headers.get_all(ORIGIN).iter().count() == 1
                    && origin
                        .to_str()
                        .ok()
                        .and_then(|origin| origin.strip_prefix(scheme)?.strip_prefix("://"))
                        .is_some_and(|origin| origin.eq_ignore_ascii_case(&self.host))
            }
            (None, Some(site)) => site == "same-origin",
            (None, None) => true,
        };
        if from_us { Ok(()) } else { Err(Fault::CrossSite) }
    }
}

/// Whether a network of these has the address.
pub fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// Any trace of a proxy.
/// Whether a proxy had a hand in it.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        *name == FORWARDED || *name == VIA || name == "x-real-ip" || name.as_str().starts_with("x-forwarded-")
    })
}

/// A header that is there exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?.trim();
    if values.next().is_some() { None } else { Some(value) }
}

/// The last address that is none of the trusted proxies: what is left of it anybody may have written.
fn client(headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let entry = entry.trim();
        let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
        let address = bare.parse::<IpAddr>().ok()?.to_canonical();
        if !contains(trusted, address) {
            return Some(address);
        }
    }
    None
}

/// Under which name a trusted proxy may ask.
fn is_welcome(host: &str, hosts: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => name,
        _ => host,
    };
    let is_plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b));
    is_plain && (hosts.is_empty() || hosts.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// `localhost`, `127.0.0.1` or `[::1]`, with our port; port 80 may be left out.
fn is_ours(authority: &str, port: u16) -> bool {
    let (name, named_port) = match authority.rsplit_once(':') {
        Some((name, digits)) if !digits.contains(']') => (name, digits.parse().ok()),
        _ => (authority, Some(80)),
    };
    named_port == Some(port) && (name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: (&str, &str) = ("host", "localhost:8000");

    fn settings(proxies: &[&str], hosts: &[&str]) -> config::Web {
        config::Web {
            trusted_proxies: proxies.iter().map(|text| text.parse().expect("a network")).collect(),
            hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
            ..config::Web::default()
        }
    }

    fn approach(settings: &config::Web, peer: &str, headers: &[(&'static str, &str)]) -> Result<Approach, Fault> {
        ask(settings, "GET", peer, headers)
    }

    fn ask(
        settings: &config::Web,
        method: &str,
        peer: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Approach, Fault> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header"));
        }
        let signs = Signs {
            peer: format!("{peer}:40000").parse().expect("an address"),
            version: Version::HTTP_11,
            uri: &"/".parse().expect("a path"),
            headers: &map,
        };
        let approach = Approach::of(&signs, 8000, settings)?;
        approach.check_origin(&method.parse().expect("a method"), &map)?;
        Ok(approach)
    }

    fn check(method: &str, peer: &str, headers: &[(&'static str, &str)], expected: Option<&Fault>) {
        let got = ask(&settings(&[], &[]), method, peer, headers).err();
        assert_eq!(got.as_ref(), expected, "{method} from {peer} with {headers:?}");
    }

    #[test]
    fn this_machine_is_answered_by_each_of_its_names() {
        for host in ["localhost:8000", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000"] {
            check("GET", "127.0.0.1", &[("host", host)], None);
            check("GET", "[::1]", &[("host", host)], None);
            check("GET", "[::ffff:127.0.0.1]", &[("host", host)], None);
        }
    }

    #[test]
    fn other_machines_are_not() {
        for peer in ["192.168.1.2", "[fe80::1]", "[::ffff:10.0.0.1]"] {
            check("GET", peer, &[HERE], Some(&Fault::NotLocal));
        }
    }

    #[test]
    fn a_foreign_name_or_port_is_not_ours() {
        for host in [
            "evil.example:8000",
            "localhost.evil.example:8000",
            "localhost",
            "localhost:8001",
            "127.0.0.2:8000",
            "127.0.0.1:8000:8000",
            "[::1]",
            "::1:8000",
            "",
            "a@localhost:8000",
        ] {
            check("GET", "127.0.0.1", &[("host", host)], Some(&Fault::NotLocal));
        }
        check("GET", "127.0.0.1", &[], Some(&Fault::NotLocal));
        check("GET", "127.0.0.1", &[HERE, HERE], Some(&Fault::NotLocal));
    }

    #[test]
    fn what_an_unknown_proxy_sends_on_is_refused_whatever_it_says() {
        for name in ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via", "x-real-ip"] {
            check("GET", "127.0.0.1", &[HERE, (name, "127.0.0.1")], Some(&Fault::NotLocal));
        }
        let elsewhere = settings(&["10.0.0.0/8"], &[]);
        let headers = [("host", "stock.example"), ("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "https")];
        assert_eq!(approach(&elsewhere, "127.0.0.1", &headers), Err(Fault::NotLocal));
    }

    #[test]
    fn of_a_trusted_proxy_the_last_address_it_does_not_vouch_for_counts() {
        let trusting = settings(&["127.0.0.1/32", "10.0.0.0/8"], &["stock.example"]);
        let from = |chain: &str| {
            let headers = [("host", "stock.example"), ("x-forwarded-for", chain), ("x-forwarded-proto", "https")];
            approach(&trusting, "127.0.0.1", &headers).expect("believed").address.to_string()
        };
        assert_eq!(from("192.0.2.7"), "192.0.2.7");
        assert_eq!(from("1.2.3.4, 192.0.2.7"), "192.0.2.7", "what the browser wrote itself is not believed");
        assert_eq!(from("192.0.2.7, 10.1.2.3"), "192.0.2.7");
        assert_eq!(from("[2001:db8::1]"), "2001:db8::1");
        assert_eq!(from("10.1.2.3"), "127.0.0.1", "proxies alone: the last one asks");
        assert_eq!(from("nonsense"), "127.0.0.1");
    }

    #[test]
    fn only_https_as_the_trusted_proxy_says_it_is_safe() {
        let trusting = settings(&["127.0.0.1/32"], &[]);
        let safe = |proto: &[&str]| {
            let mut headers = vec![("host", "stock.example"), ("x-forwarded-for", "192.0.2.7")];
            headers.extend(proto.iter().map(|proto| ("x-forwarded-proto", *proto)));
            approach(&trusting, "127.0.0.1", &headers).map(|approach| (approach.is_safe, approach.is_direct))
        };
        assert_eq!(safe(&["https"]), Ok((true, false)));
        assert_eq!(safe(&["http"]), Ok((false, false)));
        assert_eq!(safe(&["https, http"]), Ok((false, false)));
        assert_eq!(safe(&["https", "http"]), Ok((false, false)));
        assert_eq!(safe(&[]), Err(Fault::NotLocal), "a proxy that does not say is not set up for us");
    }

    #[test]
    fn where_names_are_listed_no_other_is_ours() {
        let naming = settings(&["127.0.0.1/32"], &["stock.example", "192.168.1.5"]);
        let named = |host: &str| {
            let headers = [("host", host), ("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https")];
            approach(&naming, "127.0.0.1", &headers).is_ok()
        };
        assert!(named("stock.example") && named("Stock.Example:8443") && named("192.168.1.5"));
        assert!(!named("evil.example") && !named("stock.example.evil.example") && !named("a@stock.example"));
    }

    #[test]
    fn only_a_page_of_ours_may_change_something() {
        let refused = Some(&Fault::CrossSite);
        check("POST", "127.0.0.1", &[HERE], None);
        check("POST", "127.0.0.1", &[HERE, ("origin", "http://localhost:8000")], None);
        check("POST", "127.0.0.1", &[HERE, ("sec-fetch-site", "same-origin")], None);
        for origin in ["http://evil.example", "null", "http://127.0.0.1:8000", "https://localhost:8000"] {
            check("POST", "127.0.0.1", &[HERE, ("origin", origin)], refused);
        }
        for site in ["cross-site", "same-site", "none"] {
            check("POST", "127.0.0.1", &[HERE, ("sec-fetch-site", site)], refused);
        }
        check("GET", "127.0.0.1", &[HERE, ("sec-fetch-site", "cross-site")], None);
        let trusting = settings(&["127.0.0.1/32"], &[]);
        let post = |origin: &str| {
            let headers = [
                ("host", "stock.example"),
                ("x-forwarded-for", "192.0.2.7"),
                ("x-forwarded-proto", "https"),
                ("origin", origin),
            ];
            ask(&trusting, "POST", "127.0.0.1", &headers).is_ok()
        };
        assert!(post("https://stock.example") && !post("http://stock.example") && !post("https://evil.example"));
    }
}
