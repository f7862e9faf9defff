//! The machine under it: services, clock, memory, temperature, certificates. What a machine does not have is not said.

use std::path::Path;
use std::process::Command;

use time::OffsetDateTime;

use super::{Check, certificate};
use crate::config::Config;

/// What the deployment installs, in the order it starts.
const UNITS: [&str; 7] = [
    "postgresql.service",
    "inventory.socket",
    "inventory.service",
    "inventory-kiosk.service",
    "nginx.service",
    "inventory-backup.timer",
    "inventory-verify.timer",
];
const MEGABYTE: u64 = 1_000_000;
/// A certificate that ends sooner is renewed now.
const RENEW_DAYS: i64 = 14;

/// Units that are installed and enabled, and do not run.
pub fn services() -> Vec<Check> {
    if !Path::new("/run/systemd/system").is_dir() {
        return Vec::new();
    }
    let mut checks = Vec::new();
    for unit in UNITS {
        let Some(states) = say("systemctl", &["show", "-p", "LoadState,UnitFileState,ActiveState", unit]) else {
            continue;
        };
        let of = |key: &str| states.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().to_owned();
        if of("LoadState=") != "loaded" || !of("UnitFileState=").starts_with("enabled") {
            continue;
        }
        let active = of("ActiveState=");
        checks.push(match active.as_str() {
            "active" | "activating" | "reloading" => Check::fine(unit, active),
            _ => Check::bad(unit, active, format!("systemctl start {unit}; why: journalctl -u {unit} -n 50")),
        });
    }
    checks
}

/// Whether the clock is set by others: a Pi has none of its own that runs without power.
pub fn clock() -> Vec<Check> {
    let name = "clock";
    let mend = "timedatectl set-ntp true, or connect the machine to a network now and then";
    match say("timedatectl", &["show", "-p", "NTPSynchronized", "--value"]).as_deref().map(str::trim) {
        Some("yes") => vec![Check::fine(name, "set by a time server")],
        Some("no") => vec![Check::note(name, "not set by a time server", mend)],
        _ => Vec::new(),
    }
}

pub fn memory() -> Vec<Check> {
    let Ok(text) = std::fs::read_to_string("/proc/meminfo") else { return Vec::new() };
    let Some((available, total)) = available_memory(&text) else { return Vec::new() };
    let detail = format!("{} of {} MB available", available / MEGABYTE, total / MEGABYTE);
    let mend = "end what is not needed: ps --sort=-rss -eo rss,comm | head";
    vec![match available / MEGABYTE {
        0..80 => Check::bad("memory", detail, mend),
        80..250 => Check::note("memory", detail, mend),
        _ => Check::fine("memory", detail),
    }]
}

/// Available and all, in bytes.
fn available_memory(meminfo: &str) -> Option<(u64, u64)> {
    let of = |key: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    };
    Some((of("MemAvailable:")?, of("MemTotal:")?))
}

/// The hottest place that is measured.
pub fn temperature() -> Vec<Check> {
    let zones = std::fs::read_dir("/sys/class/thermal").into_iter().flatten().flatten();
    let hottest = zones
        .filter_map(|zone| std::fs::read_to_string(zone.path().join("temp")).ok()?.trim().parse::<i64>().ok())
        .max();
    let Some(milli) = hottest else { return Vec::new() };
    let detail = format!("{} °C", milli / 1000);
    let mend = "give it air or a fan: a Pi slows down from 80 °C";
    vec![match milli / 1000 {
        80.. => Check::bad("temperature", detail, mend),
        70..80 => Check::note("temperature", detail, mend),
        _ => Check::fine("temperature", detail),
    }]
}

/// The certificates in the data directory's `ssl`, where the deployment puts them.
pub fn certificates(config: &Config) -> Vec<Check> {
    let dir = config.paths.data_dir.join("ssl");
    let Ok(entries) = std::fs::read_dir(&dir) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "crt" || kind == "pem"))
        .collect();
    files.sort();
    let name = "certificate";
    let mend = "deploy/letsencrypt.sh renews it, or deploy.sh makes a new one of its own";
    let mut checks = Vec::new();
    for path in files {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(text) = std::fs::read(&path) else { continue };
        let Some(ends) = certificate::ends_at(&text) else { continue };
        let days = (ends - OffsetDateTime::now_utc()).whole_days();
        let detail = format!("{file}, until {} ({days} days)", ends.date());
        checks.push(match days {
            ..0 => Check::bad(name, detail, mend),
            0..RENEW_DAYS => Check::note(name, detail, mend),
            _ => Check::fine(name, detail),
        });
    }
    checks
}

/// What a program prints, if it is there and content.
fn say(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_says_it() {
        let text = "MemTotal:        1000 kB\nMemFree:          1 kB\nMemAvailable:     250 kB\n";
        assert_eq!(available_memory(text), Some((256_000, 1_024_000)));
        assert_eq!(available_memory("MemTotal: 5 kB"), None);
    }
}
