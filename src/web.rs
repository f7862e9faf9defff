//! The embedded web endpoint: pages for people, a JSON API for programs.
//!
//! People sign in, from elsewhere over HTTPS through a configured proxy; this machine's own browser may act for the person who
//! set the inventory up; programs have tokens. Every route is closed to whoever the table in [`router`] does not open it to.
//!
//! - [`router`]: every route, the least role of each, and the layers around them.
//! - [`approach`]: how a request came; [`caller`]: who asks; [`guard`]: whether they are answered.
//! - [`server`]: connections, with limits on how many, how slow and how large.
//! - [`visit`]: who asks, in which language; what a page needs to know about its reader.
//! - [`fault`]: whatever goes wrong, as a page or as a problem (RFC 9457).
//! - [`upload`]: what is sent in large, to disk.
//! - [`pages`], [`api`]: one file per page and per resource. Each handler parses, calls a service, presents.

mod api;
mod approach;
mod assets;
mod caller;
mod charts;
mod details;
mod events;
mod fault;
mod find;
mod forms;
mod guard;
mod health;
mod imports;
mod installable;
mod keys;
mod language;
mod layout;
mod limits;
mod metrics;
mod notice;
mod pages;
mod parts;
mod photos;
mod rates;
mod refusals;
mod router;
mod server;
mod state;
mod tools;
mod upload;
mod visit;
mod words;

use std::net::SocketAddr;

use tokio::net::TcpListener;

pub use guard::Needs;
pub use router::{Route, routes};
pub use server::serve;

/// The endpoint cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Passwords and sessions would cross the network as they are; encryption is the proxy's work.
    #[error(
        "{0} is reachable from other machines without encryption, which is refused; use 127.0.0.1 and a proxy with HTTPS"
    )]
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
