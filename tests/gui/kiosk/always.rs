//! The kiosk that is always on: it rests, it says what is wrong, and what is wrong clears by itself.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use inventory::cluster::Cluster;
use inventory::gui::ui::{IdleAdapter, ItemAdapter, MachineAdapter, Page, PowerAsk, Rest, SignInAdapter, StepUp};
use inventory::services::machine::Machine;
use slint::Global as _;

use super::keys::touch;
use super::people::{anonymous, equip, scan};
use super::{SMALL, at, look_up, page};
use crate::database::{TestDb, own_cluster};
use crate::stage::{Kiosked, Stage, around, play_kiosk_as, play_kiosk_over, runtime};

/// A file of the machine whose root this is.
fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().expect("below the root")).expect("made");
    std::fs::write(file, text).expect("written");
}

/// A program of that machine.
fn install(root: &Path, name: &str, script: &str) {
    let path = format!("usr/bin/{name}");
    write(root, &path, &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(root.join(path), std::fs::Permissions::from_mode(0o755)).expect("made runnable");
}

#[test]
fn left_alone_the_screen_dims_says_how_to_begin_is_dark_at_night_and_a_touch_only_wakes_it() {
    let root = tempfile::tempdir().expect("a temporary folder");
    write(root.path(), "sys/class/backlight/panel/max_brightness", "31");
    write(root.path(), "sys/class/backlight/panel/brightness", "0");
    let level = root.path().join("sys/class/backlight/panel/brightness");
    let level = move || std::fs::read_to_string(&level).unwrap_or_default();
    let settings = "dim_after = 1\nquiet_after = 3\ndark_after = 5\nnight = [0, 24]";
    let surroundings = around(Machine::at(root.path(), root.path()), root.path(), settings);
    play_kiosk_as(
        Kiosked::In(surroundings),
        SMALL,
        |_| async {},
        move |stage| async move {
            let idle = IdleAdapter::get(stage.window());
            stage.until("it dims", || idle.get_rest() == Rest::Dim && level() == "12").await;
            stage.until("it is quiet", || idle.get_rest() == Rest::Quiet && level() == "8").await;
            stage.until("how to begin is said", || stage.shows("Resting. Touch anywhere, or scan.")).await;
            stage.until("it is dark", || idle.get_rest() == Rest::Blank && level() == "0").await;
            touch(&stage, "Find");
            stage.until("it is awake", || idle.get_rest() == Rest::Awake && level() == "31").await;
            assert_eq!(page(&stage), Page::Home, "the first touch only wakes it");
            stage.until("what covered it is gone", || !stage.shows("Wake the screen")).await;
            touch(&stage, "Find");
            at(&stage, Page::Find).await;
        },
    );
}

#[test]
fn whatever_is_wrong_with_the_machine_is_told_on_every_page_and_clears_by_itself() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let data = root.path().join("data");
    let kept = root.path().join("kept");
    std::fs::create_dir(&kept).expect("made");
    symlink(&kept, &data).expect("linked");
    let zone = "sys/class/thermal/thermal_zone0/temp";
    let (cable, word) = ("sys/class/net/eth0/carrier", "word");
    write(root.path(), zone, "50000");
    write(root.path(), cable, "1");
    write(root.path(), word, "throttled=0x0");
    install(root.path(), "vcgencmd", &format!("cat {}", root.path().join(word).display()));
    let surroundings = around(Machine::at(root.path(), &data), root.path(), "");
    play_kiosk_as(
        Kiosked::In(surroundings),
        SMALL,
        |_| async {},
        move |stage| async move {
            let root = root.path();
            stage.press("Places");
            at(&stage, Page::Places).await;
            write(root, zone, "84000");
            told(&stage, "The machine is too hot: 84 °C. Everything works, slower. Let air to it.").await;
            write(root, zone, "50000");
            write(root, word, "throttled=0x2");
            told(&stage, "The machine slows itself down. Everything works, slower. Let air to it.").await;
            write(root, word, "throttled=0x10001");
            told(&stage, "The machine gets too little power. It may stop at any moment. Check the power supply.").await;
            write(root, word, "throttled=0x10000");
            write(root, cable, "0");
            told(&stage, "No network. This screen works on; phones and browsers do not reach it.").await;
            write(root, cable, "1");
            // The kernel's own files take no room, and offer none.
            std::fs::remove_file(&data).expect("the link goes");
            symlink("/proc", &data).expect("linked");
            let machine = MachineAdapter::get(stage.window());
            stage.until("the disk is nearly full", || machine.get_disk_left() != "").await;
            let left = machine.get_disk_left();
            let words = format!("The disk is nearly full. {left} left. Everything still works; tell a keeper.");
            stage.until("it is told", || stage.shows(&words)).await;
            std::fs::remove_file(&data).expect("the link goes");
            symlink(&kept, &data).expect("linked");
            told(&stage, "Search by meaning is off. Words, codes and names are found as ever.").await;
            assert_eq!(page(&stage), Page::Places, "and nobody was sent anywhere");
        },
    );
}

#[test]
fn a_database_that_is_stopped_is_told_what_is_seen_stays_and_all_goes_on_by_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_owned();
    let running: Arc<Mutex<Option<Cluster>>> = Arc::default();
    let (start, first) = (path.clone(), Arc::clone(&running));
    let database = async move {
        let cluster = own_cluster(&start).await;
        let database = TestDb::in_cluster(&cluster).await;
        first.lock().unwrap_or_else(PoisonError::into_inner).replace(cluster);
        database
    };
    let end = Arc::clone(&running);
    play_kiosk_over(
        database,
        Kiosked::Example,
        SMALL,
        |props| async move {
            let shelf = props.place("Shelf 2", None).await;
            props.goods("Hex bolt M6", shelf, 40).await;
        },
        move |stage| async move {
            look_up(&stage, "Hex bolt M6").await;
            let cluster = running.lock().unwrap_or_else(PoisonError::into_inner).take().expect("it runs");
            runtime().spawn(cluster.stop()).await.expect("no panic").expect("it stops");
            let gone = "The database does not answer. What you see is from before. It goes on by itself when the \
                        database is back.";
            stage.until("it is told", || stage.shows(gone)).await;
            let item = ItemAdapter::get(stage.window());
            assert_eq!((item.get_item().name.as_str(), item.get_item().amount.as_str()), ("Hex bolt M6", "40"));
            assert_eq!(page(&stage), Page::Item);

            let again = runtime().spawn(async move { own_cluster(&path).await }).await.expect("no panic");
            running.lock().unwrap_or_else(PoisonError::into_inner).replace(again);
            stage.until("the words go by themselves", || !stage.shows(gone)).await;
            stage.press("Take");
            at(&stage, Page::Act).await;
            stage.until("it can be taken", || stage.shows("Take 1 pcs")).await;
            stage.press("Take 1 pcs");
            stage.until("and is", || item.get_item().amount == "39").await;
        },
    );
    let cluster = end.lock().unwrap_or_else(PoisonError::into_inner).take().expect("it runs");
    runtime().block_on(cluster.stop()).expect("it stops");
}

#[test]
fn a_kiosk_that_cannot_open_the_inventory_tries_again_by_itself() {
    // The stage waits until the inventory is shown, and nobody presses anything.
    play_kiosk_as(
        Kiosked::After(1),
        SMALL,
        |_| async {},
        |stage| async move {
            at(&stage, Page::Home).await;
            stage.until("it works", || stage.shows("Find")).await;
        },
    );
}

#[test]
fn an_admin_who_proves_it_is_asked_twice_and_then_the_machine_is_turned_off() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let said = root.path().join("said");
    install(root.path(), "systemctl", &format!("echo \"$@\" >> {}", said.display()));
    let said = move || std::fs::read_to_string(&said).unwrap_or_default();
    let surroundings = around(Machine::at(root.path(), root.path()), root.path(), "");
    play_kiosk_as(
        Kiosked::In(surroundings),
        // So high that all of the page is in sight.
        (1600, 1400),
        |_| async {},
        move |stage| async move {
            status(&stage).await;
            let machine = MachineAdapter::get(stage.window());
            stage.press("Reboot the machine");
            stage.until("it is asked again", || machine.get_asked() == PowerAsk::Reboot).await;
            stage.until("the question is there", || stage.shows("Cancel")).await;
            stage.press("Cancel");
            stage.until("and can be left", || machine.get_asked() == PowerAsk::None).await;
            assert_eq!(said(), "", "nothing was done");
            stage.press("Shut down");
            stage.until("it is asked again", || stage.shows("Yes, shut down")).await;
            assert_eq!(said(), "");
            stage.press("Yes, shut down");
            stage.until("systemd is told", || said() == "--no-ask-password --no-block poweroff\n").await;
        },
    );
}

/// Waits until these words are on the screen.
async fn told(stage: &Stage, words: &str) {
    stage.until(words, || stage.shows(words)).await;
}

/// To the status page, as Ann, with badge and PIN.
async fn status(stage: &Stage) {
    let (_, badge) = equip(stage).await;
    scan(stage, &badge);
    stage.until("Ann is here", || !anonymous(stage)).await;
    stage.press("Status: Search by words only");
    let sign_in = SignInAdapter::get(stage.window());
    stage.until("her PIN is asked", || sign_in.get_step_up() == StepUp::Pin).await;
    sign_in.invoke_prove("4711".into());
    at(stage, Page::Status).await;
    stage.until("the machine is told", || stage.shows("Shut down")).await;
}
