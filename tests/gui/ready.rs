//! What systemd hears of a kiosk whose database is away: that it is ready, since its screen says so, and that it lives.

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PATIENCE: Duration = Duration::from_mins(1);

/// A process that ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A display without a screen, and its name.
fn display() -> (Running, String) {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "800x480x24", "-nolisten", "tcp"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this test needs Xvfb (deploy/setup/packages.sh)");
    let mut line = String::new();
    let out = server.stdout.take().expect("piped");
    BufReader::new(out).read_line(&mut line).expect("it says its number");
    (Running(server), format!(":{}", line.trim()))
}

#[test]
fn a_kiosk_without_its_database_is_ready_stays_up_and_feeds_the_watchdog() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("notify");
    let notices = UnixDatagram::bind(&socket).expect("a socket");
    notices.set_read_timeout(Some(Duration::from_millis(500))).expect("set");
    let (_display, name) = display();
    let kiosk = Command::new(env!("CARGO_BIN_EXE_inventory"))
        .arg("--data-dir")
        .arg(folder.path().join("data"))
        .args(["kiosk", "--window", "800x480", "--listen", "127.0.0.1:0"])
        .env("DISPLAY", name)
        .env_remove("WAYLAND_DISPLAY")
        .env("SLINT_BACKEND", "winit-software")
        // Nobody listens there.
        .env("DATABASE_URL", "postgres://inventory@127.0.0.1:1/inventory?sslmode=disable")
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "3000000")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut kiosk = Running(kiosk);

    let began = Instant::now();
    let (mut ready, mut fed) = (false, 0);
    // It is fed for longer than systemd would wait.
    while !ready || fed < 5 {
        assert!(began.elapsed() < PATIENCE, "ready: {ready}, fed: {fed}");
        assert_eq!(kiosk.0.try_wait().expect("known"), None, "it stays up");
        let mut buffer = [0; 512];
        let Ok(length) = notices.recv(&mut buffer) else { continue };
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        ready |= text.contains("READY=1");
        fed += usize::from(text.contains("WATCHDOG=1"));
    }
    kill(Pid::from_raw(i32::try_from(kiosk.0.id()).expect("a process number")), Signal::SIGTERM).expect("it lives");
    assert_eq!(kiosk.0.wait().expect("it ends").code(), Some(0), "and ends in order");
}
