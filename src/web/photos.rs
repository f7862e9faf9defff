//! Pictures, in three sizes. A picture's file never changes under its id, so browsers keep it for good.

use std::io;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures::stream;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tracing::warn;

use super::fault::Fault;
use super::state::WebState;
use super::visit::Asking;
use crate::domain::PhotoId;
use crate::services::photos::{PhotoError, Size};

const CHUNK: usize = 64 * 1024;

/// `GET /photos/{id}/{320|1280|full}`
pub async fn get(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Path((id, size)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let id: PhotoId = id.parse().map_err(|_| Fault::NotFound)?;
    let size = match size.as_str() {
        "320" => Size::Small,
        "1280" => Size::Large,
        "full" => Size::Full,
        _ => return Err(Fault::NotFound),
    };
    let path = state.services.photos.path(&actor, id, size).await?;
    let missing = |error: io::Error| {
        warn!("{}: {error}", path.display());
        Fault::NotFound
    };
    let file = File::open(&path).await.map_err(missing)?;
    let length = file.metadata().await.map_err(missing)?.len();
    let chunks = stream::unfold(file, |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        match (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(Bytes::from(chunk)), file)),
            Err(error) => Some((Err(error), file)),
        }
    });
    // Every size is made by us, and is a JPEG.
    let headers = [
        (CONTENT_TYPE, "image/jpeg".to_owned()),
        (CONTENT_LENGTH, length.to_string()),
        (CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

impl From<PhotoError> for Fault {
    fn from(error: PhotoError) -> Self {
        match error {
            PhotoError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            PhotoError::NoItem | PhotoError::NotFound | PhotoError::NoDirectory => Self::NotFound,
            PhotoError::Store(error) => error.into(),
            PhotoError::Picture(_) | PhotoError::Caption => Self::Refused(error.to_string()),
            PhotoError::File { .. } | PhotoError::Disk(_) => {
                tracing::error!("a request failed: {error}");
                Self::Internal
            }
        }
    }
}
