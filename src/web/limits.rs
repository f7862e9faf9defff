//! What a request's body may be: how large, and how slow.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use tokio::time::timeout;

use super::fault::Fault;

/// Forms and JSON; who takes a file has a limit of its own.
pub const BODY_BYTES: usize = 256 * 1024;
/// All of it has to be there within this time.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Reads the whole body before the request takes anybody's turn: who sends slowly waits for themselves alone.
pub async fn collect(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match timeout(BODY_TIME, read(body)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(fault)) => fault.into_response(),
        Err(_) => Fault::TooSlow.into_response(),
    }
}

async fn read(body: Body) -> Result<Bytes, Fault> {
    let mut chunks = body.into_data_stream();
    let Some(first) = chunks.next().await else { return Ok(Bytes::new()) };
    let mut whole = first.map_err(|error| Fault::Unreadable(error.to_string()))?.to_vec();
    loop {
        if whole.len() > BODY_BYTES {
            return Err(Fault::TooLarge);
        }
        match chunks.next().await {
            Some(Ok(chunk)) => whole.extend_from_slice(&chunk),
            Some(Err(error)) => return Err(Fault::Unreadable(error.to_string())),
            None => return Ok(whole.into()),
        }
    }
}
