//! `kiosk/kiosk.sh`: turns a machine's panel into the kiosk and back, on files below another root.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

fn pi() -> TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let file = root.path().join(path);
        std::fs::create_dir_all(file.parent().expect("below the root")).expect("made");
        std::fs::write(file, text).expect("written");
    };
    write("boot/firmware/cmdline.txt", "console=tty1 root=PARTUUID=abc rootwait\n");
    // A Pi 5 with a screen and a panel: the renderer is a card without an output.
    write("sys/class/drm/card0/name", "v3d");
    write("sys/class/drm/card1-HDMI-A-1/status", "connected\n");
    write("sys/class/drm/card1-HDMI-A-2/status", "disconnected\n");
    write("sys/class/drm/card2-DSI-1/status", "connected\n");
    std::fs::create_dir_all(root.path().join("etc/systemd/system")).expect("made");
    root
}

fn kiosk(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("kiosk/kiosk.sh");
    let output = Command::new("bash")
        .arg(script)
        .args(arguments)
        .arg("--root")
        .arg(root)
        .output()
        .expect("bash runs; systemctl comes with the package `systemd` (deploy/setup/packages.sh)");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Every file and link below a directory, with what is in it.
fn tree(root: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in std::fs::read_dir(dir).expect("readable").flatten() {
            let (path, kind) = (entry.path(), entry.file_type().expect("known"));
            if kind.is_dir() {
                left.push(path);
            } else if kind.is_symlink() {
                found.push((path.clone(), std::fs::read_link(&path).expect("a link").display().to_string()));
            } else {
                found.push((path.clone(), std::fs::read_to_string(&path).unwrap_or_default()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn enabling_twice_changes_nothing_and_disabling_puts_all_back() {
    let root = pi();
    let before = tree(root.path());
    kiosk(root.path(), &["enable", "--rotate", "90"]).expect("enabled");
    let enabled = tree(root.path());
    assert_ne!(before, enabled);
    let again = kiosk(root.path(), &["enable"]).expect("enabled again");
    assert!(again.contains("nothing to change"), "{again}");
    assert_eq!(tree(root.path()), enabled);
    let status = kiosk(root.path(), &["status"]).expect("told");
    for line in ["enabled   yes", "output    DSI-1", "turned    90", "closed    getty@tty1.service"] {
        assert!(status.contains(line), "{line} in {status}");
    }
    kiosk(root.path(), &["disable"]).expect("disabled");
    let settings = root.path().join("etc/inventory/kiosk.env");
    let after: Vec<_> = tree(root.path()).into_iter().filter(|(path, _)| *path != settings).collect();
    assert_eq!(after, before);
    assert!(kiosk(root.path(), &["disable"]).expect("disabled again").contains("nothing to change"));
}

#[test]
fn the_touch_is_turned_with_the_picture_and_the_console_stays_off() {
    let root = pi();
    let read = |path: &str| std::fs::read_to_string(root.path().join(path)).unwrap_or_default();
    for (degrees, matrix) in [("90", "0 1 0 -1 0 1"), ("180", "-1 0 1 0 -1 1"), ("270", "0 -1 1 1 0 0")] {
        kiosk(root.path(), &["enable", "--rotate", degrees]).expect("enabled");
        assert!(read("etc/inventory/kiosk.env").contains(&format!("SLINT_KMS_ROTATION={degrees}\n")));
        assert!(read("etc/udev/rules.d/71-inventory-touch.rules").contains(&format!("\"{matrix}\"")));
    }
    kiosk(root.path(), &["enable", "--rotate", "0", "--output", "HDMI-A-1"]).expect("enabled");
    assert_eq!(read("etc/udev/rules.d/71-inventory-touch.rules"), "");
    assert!(read("etc/inventory/kiosk.env").contains("SLINT_DRM_OUTPUT=HDMI-A-1\n"));
    let line = read("boot/firmware/cmdline.txt");
    assert!(line.starts_with("console=tty1 root=PARTUUID=abc rootwait quiet "), "{line}");
    assert_eq!(line.matches("consoleblank=0").count(), 1, "{line}");
}

#[test]
fn what_somebody_added_to_the_settings_stays() {
    let root = pi();
    kiosk(root.path(), &["enable"]).expect("enabled");
    let settings = root.path().join("etc/inventory/kiosk.env");
    let text = std::fs::read_to_string(&settings).expect("written") + "SLINT_SCALE_FACTOR=1.5\n";
    std::fs::write(&settings, text).expect("written");
    kiosk(root.path(), &["enable", "--rotate", "270"]).expect("enabled");
    let text = std::fs::read_to_string(&settings).expect("read");
    assert!(text.contains("SLINT_SCALE_FACTOR=1.5\n") && text.contains("SLINT_KMS_ROTATION=270\n"), "{text}");
}

#[test]
fn a_dry_run_and_a_wrong_word_change_nothing() {
    let root = pi();
    let before = tree(root.path());
    let told = kiosk(root.path(), &["enable", "--dry-run"]).expect("told");
    assert!(told.contains("inventory-kiosk.service from now on"), "{told}");
    for wrong in [&["enable", "--rotate", "45"][..], &["enable", "--output", "HDMI;rm"], &["explode"], &[]] {
        kiosk(root.path(), wrong).expect_err("refused");
    }
    assert_eq!(tree(root.path()), before);
}

#[test]
fn ctrl_alt_delete_and_ctrl_alt_backspace_are_no_keys_whatever_the_layout() {
    let kiosk = Path::new(env!("CARGO_MANIFEST_DIR")).join("kiosk");
    let unit = std::fs::read_to_string(kiosk.join("inventory-kiosk.service")).expect("the unit is there");
    let set = "Environment=XKB_CONFIG_EXTRA_PATH=/usr/lib/inventory/kiosk/xkb XKB_DEFAULT_OPTIONS=inventory:stay";
    assert!(unit.lines().any(|line| line == set), "the service asks for them");
    for layout in ["us", "de"] {
        let output = Command::new("xkbcli")
            .args(["compile-keymap", "--layout", layout, "--options", "inventory:stay"])
            .env("XKB_CONFIG_EXTRA_PATH", kiosk.join("xkb"))
            .output()
            .expect("xkbcli comes with the package `libxkbcommon-tools` (deploy/setup/packages.sh)");
        let keymap = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success() && keymap.contains("key <AD01>"), "{layout}: {keymap}");
        for key in ["<DELE>", "<BKSP>"] {
            let (_, key) = keymap.split_once(&format!("key {key}")).expect("the keyboard has it");
            let key = key.split_once('}').map_or("", |(key, _)| key);
            let symbols =
                key.split_once("symbols[").map_or("", |(_, symbols)| symbols).trim_end().trim_end_matches(']');
            assert!(key.contains("\"INVENTORY_STAY\"") && symbols.ends_with("VoidSymbol "), "{layout}: {key}");
        }
        // Shift held as well makes no difference: it is none of the type's modifiers.
        let (_, kind) = keymap.split_once("type \"INVENTORY_STAY\" {").expect("the type is there");
        let kind = kind.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(kind.starts_with("modifiers= Control+Alt; map[Control+Alt]= 2;"), "{layout}: {kind}");
    }
}
