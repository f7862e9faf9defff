//! Connections: how many, how slow, how large; and the end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::{ServiceExt as _, service_fn};
use tracing::{debug, warn};

use super::assets::Assets;
use super::router;
use super::state::WebState;
use crate::config;
use crate::services::Services;
use crate::services::health::Health;

/// What is being answered when the end comes may take this long.
const FAREWELL: Duration = Duration::from_secs(3);
/// A request's head has to be there within this time, so that nobody holds a connection by being slow.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// The whole head, cookies included.
const HEAD_BYTES: usize = 32 * 1024;
const HEADERS: usize = 64;
/// Open at once; a browser has six and a stream of events.
const CONNECTIONS: usize = 512;

/// Serves until `end` is over, then finishes what is being answered.
pub async fn serve(
    listener: TcpListener,
    settings: config::Web,
    services: Services,
    health: Health,
    end: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (running, ending) = watch::channel(());
    let assets = Assets::load(config::Web::font_dirs());
    let state = WebState::new(services, health, assets, settings, listener.local_addr()?, ending);
    let app = router::router(state);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_headers(HEADERS).max_buf_size(HEAD_BYTES);
    debug!("Web endpoint open");
    let mut end = std::pin::pin!(end);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place.expect("the semaphore is never closed"),
            () = &mut end => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of files, most likely: others have to go before somebody can come.
                    warn!("a connection could not be taken: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut end => break,
        };
        stream.set_nodelay(true).ok();
        let app = app.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            let app = app.clone();
            async move { Ok::<_, Infallible>(app.oneshot(request).await.unwrap_or_else(|never| match never {})) }
        });
        let service = hyper_util::service::TowerToHyperService::new(service);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!("a connection ended: {error}");
            }
            drop(place);
        });
    }
    drop((listener, running));
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(FAREWELL) => debug!("some requests were cut off at the end"),
    }
    Ok(())
}
