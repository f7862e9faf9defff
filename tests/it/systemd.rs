//! What systemd asks of the program: it says when it is ready and when it ends, pings the watchdog, and takes over a socket, so that
//! a restart drops no connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PATIENCE: Duration = Duration::from_mins(1);

/// The program as systemd starts it: the socket as descriptor 3, and its number as the one that may have it.
fn activated(dir: &Path, socket: &TcpListener, notify: &Path) -> Child {
    let fd = OwnedFd::from(socket.try_clone().expect("another handle"));
    let mut command = Command::new("sh");
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR", "INVENTORY_PG_BINDIR", "XDG_CACHE_HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .args(["-c", "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" --data-dir \"$1\" serve 3<&0 0</dev/null"])
        .arg(env!("CARGO_BIN_EXE_inventory"))
        .arg(dir)
        .env("NOTIFY_SOCKET", notify)
        .env("WATCHDOG_USEC", "3000000")
        .stdin(Stdio::from(fd))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

fn end(mut process: Child) {
    kill(Pid::from_raw(i32::try_from(process.id()).expect("a process number")), Signal::SIGTERM).expect("it lives");
    assert_eq!(process.wait().expect("it ends").code(), Some(0));
}

/// Waits until the program says this word to systemd.
fn wait_for(notices: &UnixDatagram, word: &str) {
    let begun = Instant::now();
    let mut buffer = [0; 512];
    loop {
        assert!(begun.elapsed() < PATIENCE, "it never says {word}");
        if let Ok(length) = notices.recv(&mut buffer)
            && String::from_utf8_lossy(&buffer[..length]).contains(word)
        {
            return;
        }
    }
}

fn answers(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /low HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    };
    ask().is_ok_and(|text| text.starts_with("HTTP/1.1 200") && text.ends_with("</html>"))
}

#[test]
fn a_restart_under_load_drops_no_connection_and_tells_systemd_what_happens() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let run = dir.path().join("notify");
    let notices = UnixDatagram::bind(&run).expect("a socket");
    notices.set_read_timeout(Some(Duration::from_millis(500))).expect("set");
    let data = dir.path().join("data");
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");

    let first = activated(&data, &socket, &run);
    wait_for(&notices, "READY=1");
    wait_for(&notices, "WATCHDOG=1");
    assert!(answers(address));

    let (going, good, bad) =
        (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let askers: Vec<_> = (0..4)
        .map(|_| {
            let (going, good, bad) = (Arc::clone(&going), Arc::clone(&good), Arc::clone(&bad));
            std::thread::spawn(move || {
                while going.load(Ordering::Relaxed) {
                    let count = if answers(address) { &good } else { &bad };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    end(first);
    let before = good.load(Ordering::Relaxed);
    let second = activated(&data, &socket, &run);
    wait_for(&notices, "STOPPING=1");
    wait_for(&notices, "READY=1");
    std::thread::sleep(Duration::from_millis(500));
    going.store(false, Ordering::Relaxed);
    for asker in askers {
        asker.join().expect("no panic");
    }
    let (good, bad) = (good.load(Ordering::Relaxed), bad.load(Ordering::Relaxed));
    assert_eq!(bad, 0, "{good} answers, {before} before the restart");
    assert!(before > 0 && good > before, "{good} answers, {before} before the restart");
    end(second);
}

#[test]
fn a_socket_that_others_reach_is_refused() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let socket = TcpListener::bind("0.0.0.0:0").expect("a port");
    let mut process = activated(dir.path(), &socket, &dir.path().join("nobody"));
    let code = process.wait().expect("it ends").code();
    assert_eq!(code, Some(1));
}
