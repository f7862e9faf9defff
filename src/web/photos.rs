//! Pictures, in three sizes. A picture's file never changes under its id, so browsers keep it for good.

use std::io;
use std::path;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures::stream;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tracing::warn;
use utoipa::ToSchema;

use super::caller::Caller;
use super::fault::Fault;
use super::state::WebState;
use super::visit::Asking;
use crate::domain::{Actor, PhotoId};
use crate::services::photos::{PhotoError, Size};

const CHUNK: usize = 64 * 1024;
/// Every size is made by us, and is a JPEG.
const KIND: &str = "image/jpeg";
const KEEP: &str = "private, max-age=31536000, immutable";

/// Which of a picture's files.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only says what an address may have")]
enum PictureSize {
    #[schema(rename = "320")]
    Small,
    #[schema(rename = "1280")]
    Large,
    #[schema(rename = "full")]
    Full,
    #[schema(rename = "original")]
    Original,
}

/// A picture's file: `320` or `1280` pixels on its longer side, or `full` size, upright and without metadata. `original` is
/// the file as it came, as a download, for keepers.
#[utoipa::path(get, path = "/api/v1/photos/{id}/{size}", operation_id = "get_photo", tag = "photos",
    params(("id" = Uuid, Path), ("size" = inline(PictureSize), Path)),
    responses((status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "application/octet-stream"))),
        (status = 404, description = "No such picture, or its file is gone.")),
    security(("token" = ["viewer"])))]
pub async fn get(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Extension(caller): Extension<Caller>,
    asked: HeaderMap,
    Path((id, size)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let id: PhotoId = id.parse().map_err(|_| Fault::NotFound)?;
    let size = match size.as_str() {
        "320" => Size::Small,
        "1280" => Size::Large,
        "full" => Size::Full,
        "original" => return original(&state, &actor, id).await,
        _ => return Err(Fault::NotFound),
    };
    let path = state.services.photos.path(&actor, id, size).await?;
    if let Some(place) = sent_by_proxy(&state, &caller, &asked, &path) {
        let headers = [(CONTENT_TYPE, KIND), (CACHE_CONTROL, KEEP)];
        return Ok((headers, [("x-accel-redirect", place)]).into_response());
    }
    let (length, body) = sent(&path).await?;
    let headers =
        [(CONTENT_TYPE, KIND.to_owned()), (CONTENT_LENGTH, length.to_string()), (CACHE_CONTROL, KEEP.to_owned())];
    Ok((headers, body).into_response())
}

/// What somebody sent is never shown in our origin, only saved.
async fn original(state: &WebState, actor: &Actor, id: PhotoId) -> Result<Response, Fault> {
    let (path, photo) = state.services.photos.original(actor, id).await?;
    let (length, body) = sent(&path).await?;
    let ending = photo.media_type.strip_prefix("image/").unwrap_or("bin");
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, length.to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.{ending}\"")),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// A file in chunks, and how long it is.
async fn sent(path: &path::Path) -> Result<(u64, Body), Fault> {
    let missing = |error: io::Error| {
        warn!("{}: {error}", path.display());
        Fault::NotFound
    };
    let file = File::open(path).await.map_err(missing)?;
    let length = file.metadata().await.map_err(missing)?.len();
    let chunks = stream::unfold(file, |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        match (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(Bytes::from(chunk)), file)),
            Err(error) => Some((Err(error), file)),
        }
    });
    Ok((length, Body::from_stream(chunks)))
}

/// Where the proxy finds the file, when it sends pictures itself: `<place>ab/ab12…/320.jpg`. Only a trusted proxy that asks in the
/// usual words is told; who asks has been looked at before.
fn sent_by_proxy(state: &WebState, caller: &Caller, asked: &HeaderMap, file: &path::Path) -> Option<String> {
    let place = state.settings.photos_by_proxy.as_ref()?;
    let wishes = asked.get("x-sendfile-type").is_some_and(|way| way == "X-Accel-Redirect");
    if caller.approach.is_direct || !wishes {
        return None;
    }
    let mut parts: Vec<&str> = file.iter().rev().take(3).filter_map(|part| part.to_str()).collect();
    parts.reverse();
    Some(format!("{place}{}", parts.join("/")))
}

impl From<PhotoError> for Fault {
    fn from(error: PhotoError) -> Self {
        match error {
            PhotoError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            PhotoError::NoItem | PhotoError::NotFound | PhotoError::NoDirectory => Self::NotFound,
            PhotoError::Store(error) => error.into(),
            PhotoError::Picture(_) | PhotoError::Caption => Self::Invalid(error.to_string()),
            PhotoError::File { .. } | PhotoError::Disk(_) => {
                tracing::error!("a request failed: {error}");
                Self::Internal
            }
        }
    }
}
