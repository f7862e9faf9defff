//! The machine a kiosk runs on: what is wrong with it, how it is, and how it is restarted.
//!
//! Read from the kernel's files (`/proc`, `/sys`) and, on a Pi, its firmware (`vcgencmd get_throttled`, as documented by
//! Raspberry Pi); what a machine does not have is absent, not zero.

pub mod camera;
mod panel;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use nix::sys::statvfs::statvfs;
use thiserror::Error;
use tokio::process::Command;

use crate::domain::person::Forbidden;
use crate::domain::{Actor, Permission};

/// Below this share of free disk, or this much, somebody should look after it.
const DISK_LOW_SHARE: f64 = 0.05;
const DISK_LOW_BYTES: u64 = 500_000_000;
/// With so much left no disk is nearly full, however large it is.
const DISK_PLENTY_BYTES: u64 = 5_000_000_000;
/// A Pi 5 slows down from 80 °C (Raspberry Pi documentation, "Frequency management").
const HOT_CELSIUS: f32 = 80.0;
/// Whoever does not answer within this time is taken as silent.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why a call about the machine failed.
#[derive(Debug, Error)]
pub enum MachineError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("systemctl does not do that: {0}")]
    Refused(String),
}

/// What people in front of the screen are told at once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Condition {
    /// No network interface but the machine's own is up.
    pub offline: bool,
    /// Bytes free, when nearly none are.
    pub disk_low: Option<u64>,
    /// Degrees Celsius, when it is too hot.
    pub hot: Option<f32>,
    /// The Pi slows itself down now, for heat or for too little power.
    pub throttled: bool,
    pub too_little_power: bool,
    /// Something that types is plugged in: at a kiosk, its scanner.
    pub types: bool,
}

/// Everything the status page shows of the machine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MachineStatus {
    pub condition: Condition,
    pub celsius: Option<f32>,
    /// The firmware's word: what is wrong now, and in the upper half what was since it started.
    pub throttling: Option<u32>,
    pub disk_free: Option<u64>,
    pub disk_whole: Option<u64>,
    pub memory_available: Option<u64>,
    pub memory_whole: Option<u64>,
    /// Of this program alone, shared pages by their share.
    pub program_memory: Option<u64>,
    pub uptime: Option<Duration>,
    pub addresses: Vec<IpAddr>,
    pub model: Option<String>,
    /// When the newest archive in the data's `backups` was written.
    pub last_backup: Option<SystemTime>,
}

/// What an admin may have the machine do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// This program alone.
    Restart,
    Reboot,
    ShutDown,
}

/// Knows the machine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Machine {
    /// `/`, or what a test gives instead.
    root: PathBuf,
    data_dir: PathBuf,
}

impl Machine {
    /// The machine whose data lie in `data_dir`.
    pub fn new(data_dir: &Path) -> Self {
        Self::at(Path::new("/"), data_dir)
    }

    /// As [`Machine::new`], with the kernel's files below another root.
    pub fn at(root: &Path, data_dir: &Path) -> Self {
        Self { root: root.to_owned(), data_dir: data_dir.to_owned() }
    }

    /// What is wrong now.
    pub async fn condition(&self, actor: &Actor) -> Result<Condition, MachineError> {
        actor.require(Permission::Look)?;
        let word = self.throttling().await;
        Ok(self.judge(word))
    }

    /// Everything there is to know.
    pub async fn status(&self, actor: &Actor) -> Result<MachineStatus, MachineError> {
        actor.require(Permission::Keep)?;
        let word = self.throttling().await;
        let (disk_free, disk_whole) = self.disk().unzip();
        let memory = self.read("proc/meminfo").unwrap_or_default();
        let rollup = self.read("proc/self/smaps_rollup").unwrap_or_default();
        let uptime = self.read("proc/uptime").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
        Ok(MachineStatus {
            condition: self.judge(word),
            celsius: self.celsius(),
            throttling: word,
            disk_free,
            disk_whole,
            memory_available: kilobytes(&memory, "MemAvailable:"),
            memory_whole: kilobytes(&memory, "MemTotal:"),
            program_memory: kilobytes(&rollup, "Pss:"),
            uptime: uptime.map(Duration::from_secs_f64),
            addresses: addresses().await,
            last_backup: self.last_backup(),
            model: self.read("proc/device-tree/model").map(|text| text.trim_end_matches('\0').to_owned()),
        })
    }

    /// Restarts the program or the machine, or turns it off. systemd does it, and lets this account ask for nothing else.
    pub async fn power(&self, actor: &Actor, power: Power) -> Result<(), MachineError> {
        actor.require(Permission::Administer)?;
        let arguments: &[&str] = match power {
            Power::Restart => &["--no-block", "restart", "inventory-kiosk.service"],
            Power::Reboot => &["--no-block", "reboot"],
            Power::ShutDown => &["--no-block", "poweroff"],
        };
        let asked = Command::new(self.tool("systemctl"))
            .arg("--no-ask-password")
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(Duration::from_secs(20), asked)
            .await
            .map_err(|_| MachineError::Refused("it does not answer".into()))?
            .map_err(|error| MachineError::Refused(error.to_string()))?;
        if output.status.success() {
            return Ok(());
        }
        Err(MachineError::Refused(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }

    fn judge(&self, word: Option<u32>) -> Condition {
        let word = word.unwrap_or(0);
        Condition {
            offline: !self.online(),
            disk_low: self.disk().and_then(|(free, whole)| is_low(free, whole).then_some(free)),
            hot: self.celsius().filter(|celsius| *celsius >= HOT_CELSIUS),
            // Bits 1, 2 and 3: the clock is capped, it is throttled, the soft limit of heat is reached. Bit 0: undervoltage.
            throttled: word & 0b1110 != 0,
            too_little_power: word & 1 != 0,
            types: self.read("proc/bus/input/devices").is_some_and(|devices| devices.split("\n\n").any(types)),
        }
    }

    /// What the Pi's firmware says of heat and power; `None` where there is none.
    async fn throttling(&self) -> Option<u32> {
        let asked =
            Command::new(self.tool("vcgencmd")).arg("get_throttled").stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
        throttled_word(&String::from_utf8_lossy(&output.stdout))
    }

    /// Where a program of this machine lies.
    fn tool(&self, name: &str) -> PathBuf {
        // Of the running machine the search path knows.
        if self.root == Path::new("/") { name.into() } else { self.root.join("usr/bin").join(name) }
    }

    fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(path)).ok()
    }

    /// The hottest of the kernel's zones.
    fn celsius(&self) -> Option<f32> {
        let zones = std::fs::read_dir(self.root.join("sys/class/thermal")).ok()?;
        let degrees = zones.flatten().filter_map(|zone| {
            let text = std::fs::read_to_string(zone.path().join("temp")).ok()?;
            Some(text.trim().parse::<f32>().ok()? / 1000.0)
        });
        degrees.fold(None, |hottest: Option<f32>, next| Some(hottest.map_or(next, |most| most.max(next))))
    }

    /// Bytes free for this program, and in all.
    fn disk(&self) -> Option<(u64, u64)> {
        let existing = self.data_dir.ancestors().find(|dir| dir.is_dir())?;
        let stat = statvfs(existing).ok()?;
        Some((stat.blocks_available() * stat.fragment_size(), stat.blocks() * stat.fragment_size()))
    }

    fn last_backup(&self) -> Option<SystemTime> {
        let archives = std::fs::read_dir(self.data_dir.join("backups")).ok()?.flatten();
        archives.filter_map(|file| file.metadata().ok().filter(std::fs::Metadata::is_file)?.modified().ok()).max()
    }

    /// A machine whose interfaces cannot be read is taken as online: a banner that is wrong is worse than none.
    fn online(&self) -> bool {
        let Ok(interfaces) = std::fs::read_dir(self.root.join("sys/class/net")) else { return true };
        let mut others = interfaces.flatten().filter(|interface| interface.file_name() != "lo").peekable();
        others.peek().is_none()
            || others.any(|interface| {
                std::fs::read_to_string(interface.path().join("carrier")).is_ok_and(|carrier| carrier.trim() == "1")
            })
    }
}

/// Does this block of the kernel's list of input devices stand for something with keys on a cable or by radio? Power buttons
/// are on another bus, and mice repeat no keys. (Linux `include/uapi/linux/input.h`: bus 3 is USB, 5 Bluetooth; bit 20 of
/// `EV` is `EV_REP`.)
fn types(device: &str) -> bool {
    let line = |start: &str| device.lines().find_map(|line| line.trim().strip_prefix(start));
    let plugged = line("I: Bus=").is_some_and(|bus| bus.starts_with("0003") || bus.starts_with("0005"));
    let events = line("B: EV=").and_then(|bits| u32::from_str_radix(bits, 16).ok()).unwrap_or(0);
    let heard = line("H: Handlers=").is_some_and(|handlers| handlers.split(' ').any(|handler| handler == "kbd"));
    plugged && heard && events & (1 << 20) != 0
}

fn throttled_word(text: &str) -> Option<u32> {
    let hex = text.trim().strip_prefix("throttled=0x")?;
    u32::from_str_radix(hex, 16).ok()
}

/// Is so little of so much free that somebody should look after it?
fn is_low(free: u64, whole: u64) -> bool {
    free < DISK_LOW_BYTES || free < DISK_PLENTY_BYTES && (free as f64) < DISK_LOW_SHARE * whole as f64
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Where other machines reach this one; `hostname -I` leaves out its own loops and what only the cable knows.
async fn addresses() -> Vec<IpAddr> {
    let asked = Command::new("hostname").arg("-I").stdin(Stdio::null()).kill_on_drop(true).output();
    let Ok(Ok(output)) = tokio::time::timeout(PATIENCE, asked).await else { return Vec::new() };
    String::from_utf8_lossy(&output.stdout).split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests;
