//! Where the pictures that a source names are found.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::services::photos::{PhotoError, Source};

/// A picture's bytes by its file name.
pub type Draw = dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync;

/// Where pictures named by a source are found.
#[derive(Clone)]
pub enum PictureSource {
    /// Files below one of these directories.
    Directories(Vec<PathBuf>),
    /// The program's own.
    Embedded(Arc<Draw>),
}

impl PictureSource {
    /// The picture of this name.
    pub(super) async fn find(&self, name: &str) -> Result<Source, PhotoError> {
        let missing = || PhotoError::File { path: name.into(), error: std::io::ErrorKind::NotFound.into() };
        match self {
            Self::Embedded(find) => {
                let (find, asked) = (Arc::clone(find), name.to_owned());
                // It may have to be drawn first.
                let found = tokio::task::spawn_blocking(move || find(&asked)).await.ok().flatten();
                found.map(Source::Bytes).ok_or_else(missing)
            }
            Self::Directories(directories) => {
                // A file says nothing about what lies outside of its directory.
                let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
                let found = directories.iter().map(|dir| dir.join(name)).find(|path| inside && path.is_file());
                found.map(Source::File).ok_or_else(missing)
            }
        }
    }
}
