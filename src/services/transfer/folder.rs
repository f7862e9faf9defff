//! A folder with an export in it, written beside its place first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ImportError;

/// Writes `inventory.csv` and, under `photos`, copies of `files` under their names. The folder must not be there yet, or be
/// empty.
pub fn write(folder: &Path, table: &[u8], files: &[(PathBuf, String)]) -> Result<(), ImportError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| ImportError::File { path, error }
    };
    let beside = folder.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = tempfile::tempdir_in(beside).map_err(failed(beside))?;
    let photos = made.path().join("photos");
    fs::create_dir(&photos).map_err(failed(&photos))?;
    for (from, name) in files {
        let to = photos.join(name);
        fs::copy(from, &to).map_err(failed(from))?;
    }
    let csv = made.path().join("inventory.csv");
    fs::write(&csv, table).and_then(|()| fs::File::open(&csv)?.sync_all()).map_err(failed(&csv))?;
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(folder)(error)),
        _ => {}
    }
    let made = made.keep();
    fs::rename(&made, folder).map_err(|error| {
        fs::remove_dir_all(&made).ok();
        failed(folder)(error)
    })
}
