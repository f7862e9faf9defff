//! Pictures of items: list, add, order, caption, remove. Their files are served by [`crate::web::photos`].

use std::path::PathBuf;

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use utoipa::ToSchema;
use uuid::Uuid;

use super::read::{Body, Id};
use crate::domain::{ItemId, PhotoId};
use crate::services::catalog::Photo;
use crate::services::photos::{MOST_BYTES, Source, Turn};
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::upload;
use crate::web::visit::Asking;

/// A picture, upright and without metadata.
#[derive(Debug, Serialize, ToSchema)]
pub struct Picture {
    id: Uuid,
    /// Add `/320`, `/1280` or `/full`; keepers add `/original` for the file as it came.
    url: String,
    /// In pixels.
    width: i32,
    height: i32,
    caption: String,
}

impl From<Photo> for Picture {
    fn from(photo: Photo) -> Self {
        Self {
            id: photo.id.0,
            url: format!("/api/v1/photos/{}", photo.id),
            width: photo.width,
            height: photo.height,
            caption: photo.caption,
        }
    }
}

/// An item's pictures, the primary one first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pictures {
    photos: Vec<Picture>,
}

/// An item's own pictures, the primary one first.
#[utoipa::path(get, path = "/api/v1/items/{id}/photos", operation_id = "list_photos", tag = "photos",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Pictures), (status = 404, description = "No such item.")),
    security(("token" = ["viewer"])))]
pub async fn list(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
) -> Result<Json<Pictures>, Fault> {
    let photos = state.services.photos.of_item(&actor, id).await?;
    if photos.is_empty() && state.services.catalog.summaries(&actor, &[id]).await?.is_empty() {
        return Err(Fault::NotFound);
    }
    Ok(Json(Pictures { photos: photos.into_iter().map(Picture::from).collect() }))
}

/// A picture to add.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only says what the form has")]
pub struct Upload {
    /// JPEG, PNG, WebP, GIF, BMP or TIFF
    #[schema(value_type = String, format = Binary)]
    photo: Vec<u8>,
    #[schema(max_length = 500)]
    caption: Option<String>,
}

/// An added picture.
#[derive(Debug, Serialize, ToSchema)]
pub struct Added {
    photo: AddedPhoto,
}

#[derive(Debug, Serialize, ToSchema)]
struct AddedPhoto {
    id: Uuid,
    /// The item had this very picture; nothing was changed.
    already: bool,
}

/// Adds a picture behind the item's others. What it shows is turned upright; where and with what it was taken is not kept in
/// what others see.
#[utoipa::path(post, path = "/api/v1/items/{id}/photos", operation_id = "add_photo", tag = "photos",
    params(("id" = Uuid, Path)), request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 201, body = Added), (status = 200, body = Added, description = "The item had this very picture."),
        (status = 404, description = "No such item."), (status = 413, description = "The file is too large."),
        (status = 415, description = "The body is no form with a file."),
        (status = 422, description = "The file is no picture that can be read.")),
    security(("token" = ["keeper"])))]
pub async fn add(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<Added>), Fault> {
    let form = form.map_err(|_| Fault::MediaType)?;
    let (file, caption) = read(form).await?;
    let source = Source::File(PathBuf::from(file.path()));
    let added = state.services.photos.add(&actor, id, source, &caption).await?;
    let status = if added.already { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(Added { photo: AddedPhoto { id: added.photo.0, already: added.already } })))
}

/// The one file and the caption of a form.
async fn read(mut form: Multipart) -> Result<(NamedTempFile, String), Fault> {
    let (mut file, mut caption) = (None, String::new());
    while let Some(field) = form.next_field().await.map_err(|error| upload::unreadable(&error))? {
        match field.name() {
            Some("photo") if file.is_none() => file = Some(upload::receive(field, MOST_BYTES as u64).await?),
            Some("caption") => caption = upload::text(field).await?,
            _ => return Err(Fault::Invalid("the form has one `photo` and may have a `caption`".into())),
        }
    }
    Ok((file.ok_or_else(|| Fault::Invalid("the form has no `photo`".into()))?, caption))
}

/// An order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// All pictures of the item, each once; the first one is primary.
    photos: Vec<Uuid>,
}

/// Puts an item's pictures in order.
#[utoipa::path(put, path = "/api/v1/items/{id}/photos", operation_id = "order_photos", tag = "photos", request_body = Order,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Pictures),
        (status = 404, description = "No such item, or these are not its pictures, each once.")),
    security(("token" = ["keeper"])))]
pub async fn order(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
    Body(order): Body<Order>,
) -> Result<Json<Pictures>, Fault> {
    let order: Vec<PhotoId> = order.photos.into_iter().map(PhotoId).collect();
    state.services.photos.reorder(&actor, id, &order).await?;
    list(State(state), Asking(actor), Id(id)).await
}

/// What changes about a picture; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    #[schema(max_length = 500)]
    caption: Option<String>,
    /// `true` puts it before the item's others.
    primary: Option<bool>,
    /// Turned it is another file, and has another id.
    turn: Option<Way>,
}

/// Which way a picture is turned, by a quarter or upside down.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TurnWay)]
enum Way {
    Left,
    Right,
    Over,
}

impl From<Way> for Turn {
    fn from(way: Way) -> Self {
        match way {
            Way::Left => Self::Left,
            Way::Right => Self::Right,
            Way::Over => Self::Over,
        }
    }
}

/// A picture as it is called from now on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changed {
    photo: ChangedPhoto,
}

#[derive(Debug, Serialize, ToSchema)]
struct ChangedPhoto {
    id: Uuid,
}

/// Writes something under a picture, puts it before the others, or turns it.
#[utoipa::path(patch, path = "/api/v1/photos/{id}", operation_id = "change_photo", tag = "photos", request_body = Change,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Changed), (status = 404, description = "No such picture."),
        (status = 422, description = "The caption is too long.")),
    security(("token" = ["keeper"])))]
pub async fn change(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<PhotoId>,
    Body(change): Body<Change>,
) -> Result<Json<Changed>, Fault> {
    let photos = &state.services.photos;
    match &change.caption {
        Some(caption) => photos.set_caption(&actor, id, caption).await?,
        None => drop(photos.original(&actor, id).await?),
    }
    if change.primary == Some(true) {
        photos.make_primary(&actor, id).await?;
    }
    let id = match change.turn {
        Some(way) => photos.turn(&actor, id, way.into()).await?,
        None => id,
    };
    Ok(Json(Changed { photo: ChangedPhoto { id: id.0 } }))
}

/// Takes a picture off its item. Its file goes when no other item shows it.
#[utoipa::path(delete, path = "/api/v1/photos/{id}", operation_id = "remove_photo", tag = "photos", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is off."), (status = 404, description = "No such picture.")),
    security(("token" = ["keeper"])))]
pub async fn remove(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<PhotoId>,
) -> Result<StatusCode, Fault> {
    state.services.photos.remove(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
