//! Who is answered: this machine's own browser, and nobody else, as long as nobody can sign in over the web.
//!
//! A request is local when it came straight from this machine (loopback address, no trace of a proxy) and names us
//! (`Host` is `localhost`, `127.0.0.1` or `[::1]` with our port). The second part keeps a foreign page out whose name was made
//! to point here (DNS rebinding). What changes something must also come from a page of ours.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{FORWARDED, HOST, ORIGIN, VIA};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::fault::Fault;
use super::router::OPEN;
use super::state::WebState;

/// Lets local requests through; others get the open routes and a notice.
pub async fn only_local(
    State(state): State<WebState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if OPEN.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match refusal(peer, state.address.port(), request.method(), request.uri(), request.headers()) {
        Some(fault) => fault.into_response(),
        None => next.run(request).await,
    }
}

/// Why a request is not answered, if it is not.
fn refusal(peer: SocketAddr, port: u16, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Fault> {
    let forwarded = headers.keys().any(|name| {
        *name == FORWARDED || *name == VIA || name == "x-real-ip" || name.as_str().starts_with("x-forwarded-")
    });
    if forwarded || !peer.ip().to_canonical().is_loopback() {
        return Some(Fault::NotLocal);
    }
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    if hosts.next().is_some() || !host.is_some_and(|host| is_ours(host, port)) {
        return Some(Fault::NotLocal);
    }
    // An absolute target outranks `Host` (RFC 9112, 3.2.2).
    if uri.authority().is_some_and(|authority| !is_ours(authority.as_str(), port)) {
        return Some(Fault::NotLocal);
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    let from_us = match (headers.get(ORIGIN), headers.get("sec-fetch-site")) {
        (Some(origin), _) => {
            origin.to_str().ok().and_then(|o| o.strip_prefix("http://")).is_some_and(|origin| Some(origin) == host)
        }
        (None, Some(site)) => site == "same-origin",
        // Not a browser of these days; the form's token has to do.
        (None, None) => true,
    };
    if from_us { None } else { Some(Fault::CrossSite) }
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

    fn check(method: &str, peer: &str, headers: &[(&'static str, &str)], expected: Option<&Fault>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header"));
        }
        let method = method.parse().expect("a method");
        let peer = format!("{peer}:50000").parse().expect("an address");
        assert_eq!(refusal(peer, 8000, &method, &Uri::from_static("/"), &map).as_ref(), expected, "{headers:?}");
    }

    const HERE: (&str, &str) = ("host", "localhost:8000");

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
    fn what_a_proxy_sends_on_is_not_local() {
        for name in ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via", "x-real-ip"] {
            check("GET", "127.0.0.1", &[HERE, (name, "127.0.0.1")], Some(&Fault::NotLocal));
        }
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
    }
}
