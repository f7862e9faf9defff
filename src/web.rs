//! The embedded web endpoint: pages for people, a JSON API for programs.
//!
//! Until people can sign in over the web, only this machine's own browser is answered, as the person who set the
//! inventory up; see [`guard`]. Every route but `/healthz` and `/readyz` is closed to everybody else.
//!
//! - [`router`]: every route, and the layers around them.
//! - [`server`]: connections, with limits on how many, how slow and how large.
//! - [`visit`]: who asks, in which language; what a page needs to know about its reader.
//! - [`fault`]: whatever goes wrong, as a page or as a problem (RFC 9457).
//! - [`pages`], [`api`]: one file per page and per resource. Each handler parses, calls a service, presents.

mod api;
mod assets;
mod details;
mod events;
mod fault;
mod find;
mod forms;
mod guard;
mod health;
mod language;
mod layout;
mod notice;
mod pages;
mod parts;
mod photos;
mod router;
mod server;
mod state;
mod visit;
mod words;

use std::net::SocketAddr;

use tokio::net::TcpListener;

pub use router::{OPEN, Route, routes};
pub use server::serve;

/// The endpoint cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Until people can sign in over the web, nobody else's requests are welcome.
    #[error("{0} is reachable from other machines, which is refused as long as there is no sign-in; use 127.0.0.1")]
    NotLoopback(SocketAddr),
    #[error("cannot listen on {address}: {source}")]
    Io { address: SocketAddr, source: std::io::Error },
}

/// Takes the address, so that an error comes before anything is started.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    if !address.ip().is_loopback() {
        return Err(ListenError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|source| ListenError::Io { address, source })
}
