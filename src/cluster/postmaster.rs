//! The server as the data directory's `postmaster.pid` and `/proc` describe it.

use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A server process that runs on our data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postmaster {
    pub pid: i32,
    pub socket_dir: Option<PathBuf>,
    pub status: Status,
}

/// What the server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Starting,
    Ready,
    Stopping,
}

impl Postmaster {
    /// The running server of `pgdata`; `None` when there is none, whatever an old pid file says.
    pub fn of(pgdata: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(pgdata.join("postmaster.pid")).ok()?;
        let postmaster = parse(&text)?;
        runs_on(postmaster.pid, pgdata).then_some(postmaster)
    }

    /// Whether the process still lives; its pid file goes a moment before it does.
    pub fn lives(&self, pgdata: &Path) -> bool {
        runs_on(self.pid, pgdata)
    }

    pub fn signal(&self, signal: Signal) -> Result<(), Errno> {
        match kill(Pid::from_raw(self.pid), signal) {
            Err(Errno::ESRCH) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Removes a pid file whose number now belongs to another process, or to a dead one nobody has buried: PostgreSQL
/// would take either for a running server and refuse. A number without a process it handles itself. The caller
/// holds the change lock.
pub fn remove_misleading_pid_file(pgdata: &Path) -> std::io::Result<bool> {
    let path = pgdata.join("postmaster.pid");
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Ok(false);
    };
    let Some(postmaster) = parse(&text) else {
        return Ok(false);
    };
    if runs_on(postmaster.pid, pgdata) || !Path::new("/proc").join(postmaster.pid.to_string()).exists() {
        return Ok(false);
    }
    std::fs::remove_file(&path)?;
    Ok(true)
}

/// The lines are: pid, data directory, start time, port, socket directory, address, shared memory, status.
fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    let socket_dir = lines.nth(3).map(str::trim).filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let status = match lines.nth(2).map(str::trim) {
        Some("ready" | "standby") => Status::Ready,
        Some("stopping") => Status::Stopping,
        _ => Status::Starting,
    };
    Some(Postmaster { pid, socket_dir, status })
}

/// Whether process `pid` is a living postgres on `pgdata`.
fn runs_on(pid: i32, pgdata: &Path) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    let Ok(stat) = std::fs::read_to_string(process.join("stat")) else {
        return false;
    };
    // `PID (name) STATE …`; the name may hold anything but ends at the last parenthesis.
    let Some((before, after)) = stat.rsplit_once(')') else {
        return false;
    };
    let is_postgres = before.ends_with("(postgres");
    let is_dead = after.trim_start().starts_with(['Z', 'X']);
    if !is_postgres || is_dead {
        return false;
    }
    // Root without the right to trace (in a container) may not read the link, but everybody the command line.
    if let Ok(working_dir) = std::fs::read_link(process.join("cwd")) {
        return working_dir == pgdata;
    }
    let command = std::fs::read(process.join("cmdline")).unwrap_or_default();
    command.split(|byte| *byte == 0).any(|word| word == pgdata.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pid_file_is_read() {
        let text = "4711\n/d/pgdata\n1700000000\n5432\n/d/run\n\n  1234   5678\nready   \n";
        let postmaster = parse(text).expect("well-formed");
        assert_eq!(postmaster.pid, 4711);
        assert_eq!(postmaster.socket_dir.as_deref(), Some(Path::new("/d/run")));
        assert_eq!(postmaster.status, Status::Ready);
        assert_eq!(parse("4711\n/d\n1\n5432\n").expect("short").status, Status::Starting);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_number_that_now_belongs_to_another_process_misleads_nobody() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let pid_file = dir.path().join("postmaster.pid");
        std::fs::write(&pid_file, format!("{}\n/d\n1\n5432\n/d\n\n1 1\nready\n", std::process::id())).expect("written");
        assert_eq!(Postmaster::of(dir.path()), None);
        assert!(remove_misleading_pid_file(dir.path()).expect("removable"));
        assert!(!pid_file.exists());
    }

    #[test]
    fn a_number_without_a_process_is_left_to_postgresql() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let pid_file = dir.path().join("postmaster.pid");
        std::fs::write(&pid_file, format!("{}\n/d\n1\n5432\n/d\n\n1 1\nready\n", i32::MAX)).expect("written");
        assert_eq!(Postmaster::of(dir.path()), None);
        assert!(!remove_misleading_pid_file(dir.path()).expect("nothing to do"));
        assert!(pid_file.exists());
    }
}
