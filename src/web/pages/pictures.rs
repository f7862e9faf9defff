//! An item's pictures: added from the camera or a file, put first, named, removed.

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use rust_i18n::t;
use serde::Deserialize;

use crate::domain::{ItemId, PhotoId};
use crate::services::photos::{MOST_BYTES, PhotoError, Source, Turn};
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::layout::{self, Page};
use crate::web::parts;
use crate::web::upload::Form;
use crate::web::visit::Visit;
use crate::web::words::say;

/// `GET /items/{id}/photos`
pub async fn page(visit: Visit, Path(id): Path<String>) -> Result<Markup, Fault> {
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    shown(&visit, id, None).await
}

/// `POST /items/{id}/photos`: adds what was chosen. What is no picture is said, the others are kept.
pub async fn add(
    visit: Visit,
    Path(id): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Fault> {
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    let form = Form::read(&visit, form.map_err(|_| Fault::MediaType)?, MOST_BYTES as u64).await?;
    let mut refused = 0;
    for file in &form.files {
        let source = Source::File(file.path().to_owned());
        match visit.state.services.photos.add(&visit.actor, id, source, "").await {
            Ok(_) => {}
            Err(PhotoError::Picture(_)) => refused += 1,
            Err(error) => return Err(error.into()),
        }
    }
    if refused > 0 || form.files.is_empty() {
        let wrong = if form.files.is_empty() {
            say(visit.lang, "photos.none_chosen")
        } else {
            t!("photos.refused", locale = visit.lang.code(), refused = refused, all = form.files.len()).into_owned()
        };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&visit, id, Some(&wrong)).await?).into_response());
    }
    Ok(Redirect::to(&format!("/items/{id}/photos")).into_response())
}

/// What is done to one picture.
#[derive(Debug, Deserialize)]
pub struct Change {
    /// `first`, `remove`, `caption`, or `turn-left`, `turn-right`, `turn-over`
    what: String,
    #[serde(default)]
    caption: String,
}

/// `POST /items/{id}/photos/{photo}`
pub async fn change(
    visit: Visit,
    Path((id, photo)): Path<(String, String)>,
    Posted(change): Posted<Change>,
) -> Result<Redirect, Fault> {
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    let photo: PhotoId = photo.parse().map_err(|_| Fault::NotFound)?;
    let photos = &visit.state.services.photos;
    match change.what.as_str() {
        "first" => photos.make_primary(&visit.actor, photo).await?,
        "remove" => photos.remove(&visit.actor, photo).await?,
        "caption" => photos.set_caption(&visit.actor, photo, &change.caption).await?,
        other => match other.strip_prefix("turn-").and_then(Turn::named) {
            Some(turn) => drop(photos.turn(&visit.actor, photo, turn).await?),
            None => return Err(Fault::Unreadable("what is to be done is not known".into())),
        },
    }
    Ok(Redirect::to(&format!("/items/{id}/photos")))
}

async fn shown(visit: &Visit, id: ItemId, wrong: Option<&str>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let item = visit.state.services.catalog.summaries(&visit.actor, &[id]).await?.pop().ok_or(Fault::NotFound)?;
    let photos = visit.state.services.photos.of_item(&visit.actor, id).await?;
    let title = t!("photos.of", locale = lang.code(), name = item.name.as_str()).into_owned();
    let token = || html! { input type="hidden" name=(TOKEN) value=(visit.form_token()); };
    let body = html! {
        a.btn.flat.back href={ "/items/" (id) } { (parts::icon(visit, "back")) (item.name) }
        h1.heading { (title) }
        @if let Some(wrong) = wrong { p.banner.bad role="alert" { (parts::icon(visit, "bad")) span { (wrong) } } }
        section.panel.pad.booking {
            form.stack #upload method="post" action={ "/items/" (id) "/photos" } enctype="multipart/form-data"
                data-failed=(say(lang, "photos.failed")) data-sending=(say(lang, "photos.sending")) {
                (token())
                label for="photo" { (say(lang, "photos.choose")) }
                input #photo type="file" name="photo" accept="image/*" multiple required;
                p.caption.muted { (say(lang, "photos.kinds")) }
                button.btn.main type="submit" { (parts::icon(visit, "photo")) (say(lang, "photos.add")) }
                p.progress hidden { progress max="100" value="0" aria-label=(say(lang, "photos.sending")) {} " " span role="status" {} }
            }
        }
        @if photos.is_empty() { (parts::empty(&say(lang, "photos.none"), &say(lang, "photos.none_help"))) }
        ul.gallery {
            @for (n, photo) in photos.iter().enumerate() {
                @let alt = if photo.caption.is_empty() { format!("{title} {}", n + 1) } else { photo.caption.clone() };
                li.panel.pad {
                    a.photo.large href={ "/photos/" (photo.id) "/full" } {
                        img src={ "/photos/" (photo.id) "/320" } alt=(alt) loading="lazy" decoding="async";
                    }
                    form.stack method="post" action={ "/items/" (id) "/photos/" (photo.id) } {
                        (token())
                        label for={ "caption-" (n) } { (say(lang, "photos.caption")) }
                        input id={ "caption-" (n) } type="text" name="caption" value=(photo.caption) maxlength="500" autocomplete="off";
                        div.actions {
                            button.btn type="submit" name="what" value="caption" { (say(lang, "photos.save")) }
                            @if n > 0 { button.btn type="submit" name="what" value="first" { (say(lang, "photos.first")) } }
                            button.btn type="submit" name="what" value="turn-left" { (say(lang, "photos.turn_left")) }
                            button.btn type="submit" name="what" value="turn-right" { (say(lang, "photos.turn_right")) }
                            button.btn type="submit" name="what" value="remove" { (say(lang, "photos.remove")) }
                        }
                    }
                }
            }
        }
    };
    Ok(layout::page(visit, &Page { title, nav: None, verbs: None, body }))
}
