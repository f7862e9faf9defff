//! What is told of a machine whose files lie in a temporary folder.

use super::*;

fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().expect("below the root")).expect("made");
    std::fs::write(file, text).expect("written");
}

fn pi() -> (tempfile::TempDir, Machine) {
    let root = tempfile::tempdir().expect("a temporary folder");
    write(root.path(), "sys/class/thermal/thermal_zone0/temp", "61250\n");
    write(root.path(), "sys/class/net/lo/carrier", "1\n");
    write(root.path(), "sys/class/net/eth0/carrier", "1\n");
    write(root.path(), "proc/meminfo", "MemTotal:        8245892 kB\nMemAvailable:    6011036 kB\n");
    write(root.path(), "proc/self/smaps_rollup", "Rss:  200 kB\nPss:  150 kB\n");
    write(root.path(), "proc/uptime", "3600.25 14000.00\n");
    write(root.path(), "proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0");
    write(root.path(), "backups/inventory.tar.zst", "");
    let machine = Machine::at(root.path(), root.path());
    (root, machine)
}

#[tokio::test]
async fn a_machine_in_order_has_nothing_to_say() {
    let (_root, machine) = pi();
    let status = machine.status(&Actor::program()).await.expect("allowed");
    assert!(!status.condition.offline && status.condition.hot.is_none());
    assert_eq!(status.celsius, Some(61.25));
    assert_eq!(status.memory_whole, Some(8_245_892 * 1024));
    assert_eq!(status.program_memory, Some(150 * 1024));
    assert_eq!(status.uptime, Some(Duration::from_millis(3_600_250)));
    assert!(status.last_backup.is_some_and(|at| at <= SystemTime::now()));
    assert_eq!(status.model.as_deref(), Some("Raspberry Pi 5 Model B Rev 1.0"));
    assert!(status.disk_whole > status.disk_free && status.disk_free > Some(0));
}

#[tokio::test]
async fn heat_and_a_lost_cable_are_told_and_clear_by_themselves() {
    let (root, machine) = pi();
    write(root.path(), "sys/class/thermal/thermal_zone1/temp", "83000\n");
    write(root.path(), "sys/class/net/eth0/carrier", "0\n");
    let told = machine.condition(&Actor::anonymous()).await.expect("everybody may know");
    assert_eq!((told.hot, told.offline), (Some(83.0), true));
    write(root.path(), "sys/class/thermal/thermal_zone1/temp", "70000\n");
    write(root.path(), "sys/class/net/wlan0/carrier", "1\n");
    let told = machine.condition(&Actor::anonymous()).await.expect("everybody may know");
    assert_eq!((told.hot, told.offline), (None, false));
}

#[tokio::test]
async fn a_scanner_is_known_by_its_keys_and_a_mouse_or_a_power_button_is_none() {
    let (root, machine) = pi();
    let mouse = "I: Bus=0003 Vendor=046d Product=c077 Version=0111\nH: Handlers=mouse0 event0 \nB: EV=17\n";
    let button = "I: Bus=0019 Vendor=0001 Product=0001 Version=0100\nH: Handlers=kbd event1 \nB: EV=100003\n";
    let scanner = "I: Bus=0003 Vendor=05e0 Product=1200 Version=0110\nN: Name=\"Symbol Bar Code Scanner\"\n\
         H: Handlers=sysrq kbd event2 \nB: EV=120013\n";
    for (devices, expected) in [
        (format!("{mouse}\n{button}\n"), false),
        (format!("{mouse}\n{button}\n{scanner}\n"), true),
        (String::new(), false),
    ] {
        write(root.path(), "proc/bus/input/devices", &devices);
        let told = machine.condition(&Actor::anonymous()).await.expect("everybody may know");
        assert_eq!(told.types, expected, "{devices}");
    }
}

#[test]
fn the_firmwares_word_is_read() {
    let (_root, machine) = pi();
    assert_eq!(throttled_word("throttled=0x50005\n"), Some(0x50005));
    assert_eq!(throttled_word("error=1"), None);
    let judged = machine.judge(Some(0x50005));
    assert!(judged.throttled && judged.too_little_power);
    let past = machine.judge(Some(0x50000));
    assert!(!past.throttled && !past.too_little_power, "what was is not what is");
}

#[tokio::test]
async fn a_machine_without_such_files_is_not_in_trouble() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let machine = Machine::at(root.path(), root.path());
    let told = machine.condition(&Actor::anonymous()).await.expect("everybody may know");
    assert_eq!((told.offline, told.hot), (false, None));
    assert_eq!(machine.status(&Actor::program()).await.expect("allowed").celsius, None);
}

#[tokio::test]
async fn only_a_keeper_reads_all_and_only_an_admin_turns_it_off() {
    let (_root, machine) = pi();
    for (role, reads) in [(crate::domain::Role::Member, false), (crate::domain::Role::Keeper, true)] {
        let actor = Actor { person: None, role };
        assert_eq!(machine.status(&actor).await.is_ok(), reads);
        let refused = machine.power(&actor, Power::ShutDown).await;
        assert!(matches!(refused, Err(MachineError::Forbidden(_))));
    }
}

#[test]
fn a_disk_is_nearly_full_by_its_share_and_by_what_is_left() {
    const GB: u64 = 1_000_000_000;
    for (free, whole, expected) in [
        (GB / 4, 2 * GB, true),
        (2 * GB, 32 * GB, false),
        (GB, 32 * GB, true),
        (9 * GB, 270 * GB, false),
        (4 * GB, 270 * GB, true),
        (0, 0, true),
    ] {
        assert_eq!(is_low(free, whole), expected, "{free} of {whole}");
    }
}
