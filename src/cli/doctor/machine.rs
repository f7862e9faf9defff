//! What the machine has to offer: directories, space, programs, fonts, the port.

use std::path::Path;
use std::time::Duration;

use nix::sys::statvfs::statvfs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Check;
use crate::cluster::Binaries;
use crate::config::Config;
use crate::web::{self, ListenError};

/// Below this a database can stop from one moment to the next.
const TOO_LITTLE: u64 = 200_000_000;
const LITTLE: u64 = 1_000_000_000;
/// Where distributions keep fonts.
const FONT_DIRS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];

pub fn data_dir(config: &Config) -> Check {
    let dir = &config.paths.data_dir;
    let text = dir.display().to_string();
    match writable(dir) {
        Ok(()) => Check::fine("data directory", text),
        Err(error) => Check::bad(
            "data directory",
            format!("{text}: {error}"),
            "choose another with --data-dir, or make it yours with chown",
        ),
    }
}

pub fn disk(config: &Config) -> Check {
    let existing = config.paths.data_dir.ancestors().find(|dir| dir.is_dir()).unwrap_or(Path::new("/"));
    let Ok(stat) = statvfs(existing) else {
        return Check::note("disk space", "the file system does not say", "look with: df -h");
    };
    let free = stat.blocks_available() * stat.fragment_size();
    let detail = format!("{:.1} GB free", free as f64 / 1e9);
    let mend = "free some, or move the data to a larger disk and name it with --data-dir";
    match free {
        0..TOO_LITTLE => Check::bad("disk space", detail, mend),
        TOO_LITTLE..LITTLE => Check::note("disk space", detail, mend),
        _ => Check::fine("disk space", detail),
    }
}

/// Only of interest for a private cluster.
pub fn programs(config: &Config) -> Vec<Check> {
    if config.database.server.is_some() {
        return Vec::new();
    }
    let name = "PostgreSQL";
    let setting = config.database.pg_bindir.as_deref();
    let version = std::fs::read_to_string(config.paths.data_dir.join("cluster/pgdata/PG_VERSION")).ok();
    let check = match Binaries::find(setting, version.as_deref().map(str::trim)) {
        Ok(Some(found)) if found.has_vector => {
            Check::fine(name, format!("{} with pgvector, in {}", found.major, found.dir.display()))
        }
        Ok(Some(found)) => Check::bad(
            name,
            format!("{} in {}, without pgvector", found.major, found.dir.display()),
            format!(
                "apt install postgresql-{}-pgvector, or `make run`, which builds it where Debian has none",
                found.major
            ),
        ),
        Ok(None) => {
            let data = version.unwrap_or_default();
            Check::bad(
                name,
                format!("the data need version {}, installed: {}", data.trim(), Binaries::installed(setting)),
                format!("apt install postgresql-{0} postgresql-{0}-pgvector", data.trim()),
            )
        }
        Err(error) => Check::bad(name, error.to_string(), "`make run` installs it"),
    };
    vec![check]
}

pub fn photos(config: &Config) -> Check {
    let dir = &config.paths.photos_dir;
    let text = dir.display().to_string();
    if !dir.exists() {
        return Check::fine("photos", format!("none yet; {text} is made with the first"));
    }
    match writable(dir) {
        Ok(()) => Check::fine("photos", text),
        Err(error) => Check::bad("photos", format!("{text}: {error}"), "make the directory yours with chown"),
    }
}

/// Only a window draws text itself.
pub fn fonts() -> Vec<Check> {
    if !cfg!(feature = "gui") {
        return Vec::new();
    }
    let found = FONT_DIRS.iter().any(|dir| has_font(Path::new(dir), 4));
    vec![if found {
        Check::fine("fonts", "installed")
    } else {
        Check::note("fonts", "none; a window would show no text", "apt install fonts-dejavu-core")
    }]
}

pub async fn web(config: &Config) -> Check {
    let address = config.web.listen;
    let name = "web address";
    match web::listen(address).await {
        Ok(_) => Check::fine(name, format!("{address} is free")),
        Err(ListenError::Io { source, .. }) if source.kind() == std::io::ErrorKind::AddrInUse => {
            if answers_as_inventory(address).await {
                Check::fine(name, format!("an inventory serves {address}"))
            } else {
                Check::note(
                    name,
                    format!("another program has {address}"),
                    "choose another with --listen or web.listen, such as 127.0.0.1:8001",
                )
            }
        }
        Err(error) => Check::bad(name, error.to_string(), "choose another with --listen or web.listen"),
    }
}

async fn answers_as_inventory(address: std::net::SocketAddr) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"ok\n"))
    };
    matches!(tokio::time::timeout(Duration::from_secs(2), asked).await, Ok(Ok(true)))
}

/// Makes the directory when it is missing, and a file in it that goes at once.
fn writable(dir: &Path) -> std::io::Result<()> {
    if !dir.exists() {
        // The program makes it, closed to others; here only the place is tried.
        let above = dir.ancestors().skip(1).find(|above| above.is_dir()).unwrap_or(Path::new("/"));
        return tempfile::tempfile_in(above).map(drop);
    }
    tempfile::tempfile_in(dir).map(drop)
}

fn has_font(dir: &Path, depth: u8) -> bool {
    let Ok(entries) = std::fs::read_dir(dir) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return depth > 0 && has_font(&path, depth - 1);
        }
        path.extension().is_some_and(|kind| ["ttf", "otf", "ttc"].iter().any(|font| kind.eq_ignore_ascii_case(font)))
    })
}
