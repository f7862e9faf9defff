//! The embedded web endpoint: pages and JSON API.

mod health;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use crate::services::Services;
use crate::services::health::Health;

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

/// What is being answered when the end comes may take this long; a stream of events never ends by itself.
const FAREWELL: Duration = Duration::from_secs(3);

/// Serves until `end` is over, then finishes what is being answered.
pub async fn serve(
    listener: TcpListener,
    services: Services,
    health: Health,
    end: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (tell, mut ended) = tokio::sync::watch::channel(());
    let end = async move {
        end.await;
        drop(tell);
    };
    let serving = axum::serve(listener, router(services, health)).with_graceful_shutdown(end);
    let farewell = async {
        ended.changed().await.ok();
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        done = serving.into_future() => done,
        () = farewell => Ok(()),
    }
}

fn router(_services: Services, health: Health) -> Router {
    health::routes(health)
}
