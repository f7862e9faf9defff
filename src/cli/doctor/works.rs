//! Whether the program does what people come for: finds by meaning, shows a picture, lets nobody in who is nobody.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Check;
use crate::app::App;
use crate::config::Config;
use crate::domain::Actor;
use crate::services::photos::Size;
use crate::services::search::{Mode, SearchError, SearchRequest};

/// How many items are tried, so that one without a vector yet is no alarm.
const TRIED: usize = 20;

/// Looks a known item up by the meaning of its name.
pub async fn search(app: &App) -> Option<Check> {
    let name = "search by meaning";
    let known = match known_items(app).await {
        Ok(known) if known.is_empty() => return Some(Check::fine(name, "nothing is entered yet")),
        Ok(known) => known,
        Err(error) => return Some(Check::bad(name, error, "run doctor again when the database answers")),
    };
    app.services.search.meaning().settled().await;
    for item in &known {
        let request = SearchRequest { mode: Mode::Meaning, floor: false, limit: 10, ..SearchRequest::new(&item.0) };
        match app.services.search.search(&Actor::program(), &request).await {
            Ok(found) if found.hits.iter().any(|hit| hit.item.name == item.0) => {
                return Some(Check::fine(name, format!("`{}` is found in {} ms", item.0, found.took.as_millis())));
            }
            Ok(_) => {}
            // That there is no model, the model's own check says.
            Err(SearchError::NoMeaning(_)) => return None,
            Err(error) => return Some(Check::bad(name, error.to_string(), "look at the log")),
        }
    }
    Some(Check::note(
        name,
        format!("none of {} items is found by its own name", known.len()),
        "inventory reindex makes the vectors; a running program does so by itself",
    ))
}

/// The picture of an item, as it would be sent.
pub async fn picture(app: &App) -> Check {
    let name = "a picture";
    let known = match known_items(app).await {
        Ok(known) => known,
        Err(error) => return Check::bad(name, error, "run doctor again when the database answers"),
    };
    let Some(photo) = known.iter().find_map(|(_, photo)| *photo) else {
        return Check::fine(name, "there is none yet");
    };
    let mend = "inventory restore a backup's, or look whether paths.photos_dir is the right directory";
    match app.services.photos.path(&Actor::program(), photo, Size::Small).await {
        Ok(path) => match std::fs::read(&path) {
            Ok(bytes) if bytes.starts_with(&[0xff, 0xd8, 0xff]) => {
                Check::fine(name, format!("{} kB, readable", bytes.len() / 1000))
            }
            Ok(_) => Check::bad(name, format!("{} is no JPEG", path.display()), mend),
            Err(error) => Check::bad(name, format!("{}: {error}", path.display()), mend),
        },
        Err(error) => Check::bad(name, error.to_string(), mend),
    }
}

/// Names and pictures of some items, those with a picture first.
async fn known_items(app: &App) -> Result<Vec<(String, Option<crate::domain::PhotoId>)>, String> {
    let request = SearchRequest { limit: 200, ..SearchRequest::new("") };
    let found = app.services.search.search(&Actor::program(), &request).await.map_err(|error| error.to_string())?;
    let mut known: Vec<_> = found.hits.into_iter().map(|hit| (hit.item.name, hit.item.photo)).collect();
    known.sort_by_key(|(_, photo)| photo.is_none());
    known.truncate(TRIED);
    Ok(known)
}

/// What somebody without a name gets from the running program.
pub async fn anonymous(config: &Config) -> Option<Check> {
    let name = "no anonymous read";
    let address = config.web.listen;
    let status = status_of(address, "/api/v1/items").await?;
    Some(match status {
        200..=299 if address.ip().is_loopback() => {
            Check::note(name, "whoever is on this machine may read", "sign-in is off for the local person")
        }
        200..=299 => Check::bad(
            name,
            format!("{address} shows items to anybody"),
            "make the first admin (inventory setup), and listen on 127.0.0.1 behind nginx",
        ),
        other => Check::fine(name, format!("answered with {other}")),
    })
}

/// The status of a page as a stranger gets it; `None` when nobody answers.
async fn status_of(address: SocketAddr, path: &str) -> Option<u16> {
    let asked = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await.ok()?;
        String::from_utf8_lossy(&answer).split_whitespace().nth(1)?.parse().ok()
    };
    tokio::time::timeout(Duration::from_secs(3), asked).await.ok().flatten()
}
