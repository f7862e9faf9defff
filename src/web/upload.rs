//! What is sent to us in large: streamed to a temporary file, never held in memory, never longer than allowed. The file goes
//! with its value, whatever happens.

use std::collections::HashMap;
use std::io;

use axum::BoxError;
use axum::body::Bytes;
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use futures::{Stream, StreamExt as _};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tracing::error;

use super::fault::Fault;
use super::forms::{self, TOKEN};
use super::visit::Visit;

/// Writes what comes to a file of its own; refused as soon as it is longer than `most` bytes.
pub async fn receive<E: Into<BoxError>>(
    chunks: impl Stream<Item = Result<Bytes, E>>,
    most: u64,
) -> Result<NamedTempFile, Fault> {
    let disk = |error: io::Error| {
        error!("an upload could not be kept: {error}");
        Fault::Internal
    };
    let kept = tokio::task::spawn_blocking(NamedTempFile::new).await.map_err(|_| Fault::Internal)?.map_err(disk)?;
    let mut file = File::from_std(kept.reopen().map_err(disk)?);
    let mut chunks = std::pin::pin!(chunks);
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        // The connection ended, or sent more than it may.
        let chunk = chunk.map_err(|error| broken(error.into().as_ref()))?;
        length += chunk.len() as u64;
        if length > most {
            return Err(Fault::TooLarge);
        }
        file.write_all(&chunk).await.map_err(disk)?;
    }
    file.flush().await.map_err(disk)?;
    Ok(kept)
}

/// A short text of a form.
pub async fn text(field: Field<'_>) -> Result<String, Fault> {
    const MOST: usize = 4096;
    let mut field = field;
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST {
            return Err(Fault::TooLarge);
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| Fault::Unreadable("a field is not UTF-8".into()))?;
    if text.contains('\0') { Err(Fault::Invalid("a text holds a NUL character".into())) } else { Ok(text) }
}

/// A form whose parts cannot be told apart, or that is too large.
pub fn unreadable(error: &MultipartError) -> Fault {
    match error.status() {
        status if status.as_u16() == 413 => Fault::TooLarge,
        _ => Fault::Unreadable(error.body_text()),
    }
}

fn broken(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Fault {
    if let Some(error) = error.downcast_ref::<MultipartError>() {
        return unreadable(error);
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(at) = cause {
        if at.to_string().contains("length limit exceeded") {
            return Fault::TooLarge;
        }
        cause = at.source();
    }
    Fault::Unreadable("the upload ended early".into())
}

/// A form of ours that carries files, after its token was checked.
#[derive(Debug, Default)]
pub struct Form {
    texts: HashMap<String, String>,
    /// In the order in which they were chosen; a field without a file is not there.
    pub files: Vec<NamedTempFile>,
}

/// So many fields a form has at most, and so many files.
const FIELDS: usize = 40;
const FILES: usize = 20;

impl Form {
    /// Reads a whole form. Its token comes first, so that nothing is kept of a form that is not ours; no file may be longer
    /// than `most` bytes.
    pub async fn read(visit: &Visit, mut form: Multipart, most: u64) -> Result<Self, Fault> {
        let mut read = Self::default();
        let mut is_ours = false;
        while let Some(field) = form.next_field().await.map_err(|error| unreadable(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == TOKEN {
                let typed = text(field).await?;
                is_ours = visit.caller.forms().is_some_and(|secret| forms::is_token(secret, &typed));
                if !is_ours {
                    return Err(Fault::OldForm);
                }
            } else if !is_ours {
                return Err(Fault::OldForm);
            } else if field.file_name().is_some() {
                let chosen = field.file_name().is_some_and(|name| !name.is_empty());
                let file = receive(field, most).await?;
                let empty = file.as_file().metadata().is_ok_and(|about| about.len() == 0);
                if (chosen || !empty) && read.files.len() < FILES {
                    read.files.push(file);
                }
            } else if read.texts.len() < FIELDS {
                let text = text(field).await?;
                read.texts.insert(name, text);
            }
        }
        if is_ours { Ok(read) } else { Err(Fault::OldForm) }
    }

    /// A text of the form; empty when it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }
}
