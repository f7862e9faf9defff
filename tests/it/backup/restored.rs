//! What comes back, and how people at work see it.

use std::sync::Arc;
use std::time::Duration;

use inventory::domain::{Act, Actor, ItemDraft, ItemKind, PersonId, RequestId, Role};
use inventory::services::backup::{BackupError, Full, Order, Progress};
use inventory::services::catalog::NewItem;
use inventory::services::changes::News;
use inventory::services::photos::Size;
use inventory::services::restore::{self, RestoreError, Source, Step, verify};
use inventory::store::{backup as tables, database, migrate, photos};

use super::{House, quiet};
use crate::support::{connect, to_database};

#[tokio::test]
async fn everything_comes_back_on_another_database_and_work_goes_on() {
    let (from, to) = (House::furnished().await, House::empty().await);
    let made = from.back_up().await;
    assert_eq!(made.manifest.rows_of("item"), 5);
    assert_eq!((made.manifest.pictures.len(), made.manifest.lost.len(), made.damaged.len()), (1, 0, 0));
    let restored = to.restore(&made.path).await.expect("restored");
    assert!(restored.replaced.is_some());
    assert_eq!(to.fingerprint().await, from.fingerprint().await);
    assert_eq!(to.files(), from.files(), "pictures in every size");
    // The very names that made the predecessor's restore lose everything.
    for name in ["note about CREATE DATABASE command", "\\connect postgres"] {
        let view = to.services.catalog.view(&Actor::program(), to.named(name).await).await.expect("there");
        assert_eq!(view.draft.name, name);
    }
    to.services.people.sign_in("ann", "long enough".to_owned().into()).await.expect("she may still come in");
    let (screws, crate_) = (to.named("Schraube").await, to.named("Crate").await);
    to.book(Act::Issue { item: screws, from: crate_, quantity: 93.into(), lot: None }).await;
    let draft = ItemDraft::new(ItemKind::Asset, "Made afterwards");
    let new = NewItem { request: RequestId::new(), draft, place: None, codes: vec![] };
    to.services.catalog.create(&Actor::program(), new).await.expect("its numbers go on where they were");
    to.purge().await;
}

#[tokio::test]
async fn a_backup_is_of_one_moment_while_people_work() {
    let house = House::furnished().await;
    let (screws, crate_, hall) = (house.named("Schraube").await, house.named("Crate").await, house.named("Hall").await);
    let stock = house.services.stock.clone();
    let working = tokio::spawn(async move {
        let mut booked = 0;
        loop {
            let (from, to) = if booked % 2 == 0 { (crate_, hall) } else { (hall, crate_) };
            let act = Act::Transfer { item: screws, from: Some(from), to: Some(to), quantity: 5.into(), lot: None };
            let request = inventory::services::stock::BookingRequest::single(act);
            stock.book(&Actor::program(), &request).await.expect("booked");
            booked += 1;
        }
    });
    let mut archives = Vec::new();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(30)).await;
        archives.push(house.back_up().await);
    }
    working.abort();
    let rows: Vec<u64> = archives.iter().map(|made| made.manifest.rows_of("booking")).collect();
    assert!(rows[0] < rows[2], "people did work meanwhile: {rows:?}");
    // A restore refuses stock that is not the sum of its movements.
    for made in archives {
        house.restore(&made.path).await.expect("of one moment");
        let admin = house.test.admin().await;
        let (bookings, movements) = (tables::count(&admin, "booking").await, tables::count(&admin, "movement").await);
        assert_eq!(bookings.expect("counted"), made.manifest.rows_of("booking"));
        assert_eq!(movements.expect("counted"), made.manifest.rows_of("movement"));
        house.purge().await;
    }
}

/// The predecessor's restore hung as soon as anybody had looked at a picture.
#[tokio::test]
async fn a_restore_waits_for_nobody_who_sits_in_an_open_transaction() {
    let house = House::furnished().await;
    let made = house.back_up().await;
    let sitting = house.test.session().await;
    sitting.batch_execute("begin; select * from inventory.photo; select * from inventory.item").await.expect("looks");
    let restoring = tokio::time::timeout(Duration::from_mins(1), house.restore(&made.path));
    restoring.await.expect("it does not wait").expect("restored");
    assert!(sitting.batch_execute("select 1").await.is_err(), "and is shown the door");
    house.purge().await;
}

#[tokio::test]
async fn people_at_work_see_the_restored_inventory_without_a_restart() {
    let house = House::furnished().await;
    let made = house.back_up().await;
    let mut news = house.services.changes.subscribe();
    let following = house.services.changes.follow();
    let (screws, crate_) = (house.named("Schraube").await, house.named("Crate").await);
    // Whoever begins to follow hears what comes from then on; on a busy machine that takes a moment.
    let heard = async {
        loop {
            house.book(Act::Issue { item: screws, from: crate_, quantity: 1.into(), lot: None }).await;
            if let Ok(news) = tokio::time::timeout(Duration::from_secs(1), news.recv()).await {
                break news.expect("news");
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), heard).await.expect("heard");
    house.restore(&made.path).await.expect("restored");
    let reload = async {
        loop {
            if matches!(news.recv().await, Ok(News::ReloadEverything { .. })) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reload).await.expect("everybody is told to look again");
    // A pool may still hold a connection that was cut; it finds out and comes again.
    let begin = std::time::Instant::now();
    let on_hand = loop {
        match house.services.catalog.view(&Actor::program(), screws).await {
            Ok(view) => break view.summary.on_hand,
            Err(error) => assert!(begin.elapsed() < Duration::from_secs(20), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(on_hand, 93.into(), "as it was when the backup was made");
    following.abort();
    house.purge().await;
}

/// The predecessor's copy of the pictures did not agree with its copy of the rows.
#[tokio::test]
async fn a_picture_that_is_removed_while_a_backup_runs_is_in_it() {
    let house = House::furnished().await;
    let item = house.named("note about").await;
    let photo = house.services.photos.of_item(&Actor::program(), item).await.expect("listed")[0].clone();
    house.services.photos.sweep(&Actor::program()).await.expect("swept");
    let session = house.test.db.session().await.expect("a session");
    tables::begin_snapshot(&session).await.expect("begun");
    house.services.photos.remove(&Actor::program(), photo.id).await.expect("removed");
    assert_eq!(tables::pictures(&session).await.expect("listed")[0].sha256, photo.sha256);
    assert_eq!(house.files().len(), 4, "its files stay as long as the backup needs them");
    drop(session);
    let begin = std::time::Instant::now();
    while !house.files().is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(20), "they are never swept");
        house.services.photos.sweep(&Actor::program()).await.expect("swept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_lost_or_damaged_picture_is_said_and_does_not_stop_the_backup() {
    let house = House::furnished().await;
    let item = house.named("note about").await;
    let photo = house.services.photos.of_item(&Actor::program(), item).await.expect("listed")[0].clone();
    let (original, _) = house.services.photos.original(&Actor::program(), photo.id).await.expect("known");
    let sound = std::fs::read(&original).expect("read");
    let mut rotten = sound.clone();
    *rotten.last_mut().expect("not empty") ^= 1;
    std::fs::write(&original, rotten).expect("written");
    let made = house.back_up().await;
    assert_eq!(made.damaged, std::slice::from_ref(&photo.sha256));
    let verified = verify(&Actor::program(), &Source { path: made.path.clone(), passphrase: None }).await;
    assert_eq!(verified.expect("as it was written").damaged, std::slice::from_ref(&photo.sha256));
    std::fs::remove_file(&original).expect("removed");
    let made = house.back_up().await;
    assert_eq!((made.manifest.lost, made.manifest.pictures.len()), (vec![photo.sha256], 0));
    house.restore(&made.path).await.expect("the rest comes back");
    house.purge().await;
}

#[tokio::test]
async fn an_older_schema_is_migrated_on() {
    let (house, to) = (House::empty().await, House::empty().await);
    let admin = house.test.admin().await;
    let name = format!("{}_older", house.test.name);
    database::ensure(&admin, &name).await.expect("made");
    let there = to_database(house.test.admin_connection(), &name);
    let mut older = connect(&there).await.0;
    migrate::migrate_to(&mut older, &[1, 2, 3, 4]).await.expect("as it was at V4");
    drop(older);
    let older = connect(&there).await.0;
    older
        .batch_execute(
            "insert into item (id, kind, name) values ('01900000-0000-7000-8000-000000000001', 'location', 'Old hall');
             insert into person (id, name, role) values ('01900000-0000-7000-8000-000000000002', 'Bo', 'admin')",
        )
        .await
        .expect("used");
    let db = inventory::store::Db::new(
        &to_database(house.test.connection(), &name),
        &crate::support::config(std::path::Path::new("/nonexistent")).database,
    )
    .expect("no TLS in play");
    let services = inventory::services::Services::new(&db);
    let order = Order { dir: house.shelf(), full: None };
    let made = services.backup.create(&Actor::program(), &order, &(Arc::new(|_: Progress| {}) as _)).await;
    let made = made.expect("backed up");
    assert_eq!(made.manifest.schema_version(), 4);
    to.restore(&made.path).await.expect("restored");
    to.named("Old hall").await;
    assert!(migrate::state(&to.test.admin().await).await.expect("read").is_current());
    let draft = ItemDraft::new(ItemKind::Asset, "New");
    let new = NewItem { request: RequestId::new(), draft, place: None, codes: vec![] };
    to.services.catalog.create(&Actor::program(), new).await.expect("today's program works with it");
    to.purge().await;
    db.close();
    database::drop(&admin, &name).await.expect("dropped");
}

#[tokio::test]
async fn a_full_backup_is_encrypted_and_gives_the_machines_files_back() {
    let house = House::furnished().await;
    let machine = house.dir.path().join("etc");
    std::fs::create_dir_all(machine.join("ssl")).expect("made");
    std::fs::write(machine.join("ssl/key.pem"), "very secret").expect("written");
    std::os::unix::fs::symlink("/etc/passwd", machine.join("link")).expect("linked");
    let full =
        Full { machine: vec![machine.clone(), "/no/such/file".into()], passphrase: "tarpaulin 42".to_owned().into() };
    let order = Order { dir: house.shelf(), full: Some(full) };
    let made = house.services.backup.create(&Actor::program(), &order, &(Arc::new(|_| {}) as _)).await.expect("made");
    let bytes = std::fs::read(&made.path).expect("read");
    assert!(!bytes.windows(11).any(|window| window == b"very secret"));
    let source = |passphrase: Option<&str>| Source {
        path: made.path.clone(),
        passphrase: passphrase.map(|text| text.to_owned().into()),
    };
    let refused = |error: RestoreError| error.to_string();
    assert!(refused(verify(&Actor::program(), &source(None)).await.expect_err("closed")).contains("--passphrase-file"));
    let wrong = verify(&Actor::program(), &source(Some("tarpaulin 43"))).await.expect_err("closed");
    assert!(refused(wrong).contains("not the backup's"));
    // The work is the same from every machine; an archive that wants far more is not taken for a wrong passphrase.
    let work = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().nth(1).expect("age's recipient").to_owned();
    assert!(work(&bytes).starts_with("-> scrypt ") && work(&bytes).ends_with(" 17"), "{}", work(&bytes));
    let greedy = house.dir.path().join("greedy.age");
    let at = bytes.windows(4).position(|window| window == b" 17\n").expect("the work");
    std::fs::write(&greedy, [&bytes[..at], b" 30\n", &bytes[at + 4..]].concat()).expect("written");
    let source_greedy = Source { path: greedy, passphrase: Some("tarpaulin 42".to_owned().into()) };
    let greedy = verify(&Actor::program(), &source_greedy).await.expect_err("too much");
    assert!(refused(greedy).contains("takes 1048576 MB of memory"));
    let unpacked = house.dir.path().join("unpacked");
    let paths = restore::unpack_machine(&Actor::program(), &source(Some("tarpaulin 42")), &unpacked).await;
    let key = unpacked.join(machine.strip_prefix("/").expect("absolute")).join("ssl/key.pem");
    assert_eq!(paths.expect("unpacked"), std::slice::from_ref(&key), "the link is not followed");
    assert_eq!(std::fs::read_to_string(key).expect("read"), "very secret");
    assert!(
        restore::unpack_machine(&Actor::program(), &source(Some("tarpaulin 42")), &unpacked).await.is_err(),
        "nothing is overwritten"
    );
}

#[tokio::test]
async fn a_trial_proves_the_newest_backup_and_leaves_nothing() {
    let house = House::furnished().await;
    let made = house.back_up().await;
    let before = (house.fingerprint().await, house.files());
    let source = Source { path: made.path.clone(), passphrase: None };
    let restored = house.restore_service().trial(&Actor::program(), &source, &quiet()).await.expect("it could be");
    assert_eq!(restored.manifest, made.manifest);
    assert_eq!((house.fingerprint().await, house.files()), before);
    assert_eq!(house.leftovers().await, [] as [String; 0]);
    let backup = &house.services.backup;
    backup.note_proven(&Actor::program(), "it.tar.zst").await.expect("noted");
    let status = backup.status(&Actor::program()).await.expect("read");
    assert_eq!(status.proven.expect("just now").1, "it.tar.zst");
    assert_eq!(status.last.expect("just now").1, made.path.file_name().expect("named").to_string_lossy());
}

#[tokio::test]
async fn what_was_replaced_stays_until_it_is_purged() {
    let house = House::furnished().await;
    let made = house.back_up().await;
    let (screws, crate_) = (house.named("Schraube").await, house.named("Crate").await);
    house.book(Act::Issue { item: screws, from: crate_, quantity: 50.into(), lot: None }).await;
    let restored = house.restore(&made.path).await.expect("restored");
    let replaced = restored.replaced.expect("kept");
    let old = connect(&to_database(house.test.admin_connection(), &replaced)).await.0;
    assert_eq!(tables::count(&old, "booking").await.expect("counted"), made.manifest.rows_of("booking") + 1);
    drop(old);
    let kept = std::fs::read_dir(house.photos()).expect("listed").flatten();
    assert_eq!(kept.filter(|e| e.file_name().to_string_lossy().starts_with("replaced-")).count(), 1);
    house.purge().await;
    assert_eq!(photos::all_hashes(&house.test.client().await).await.expect("listed").len(), 1);
    let item = house.named("note about").await;
    let photo = house.services.photos.of_item(&Actor::program(), item).await.expect("listed")[0].clone();
    let shown = house.services.photos.path(&Actor::program(), photo.id, Size::Small).await.expect("known");
    assert!(shown.is_file());
}

#[tokio::test]
async fn only_admins_back_up_and_restore() {
    let house = House::empty().await;
    let keeper = Actor::person(PersonId::new(), Role::Keeper);
    let order = Order { dir: house.shelf(), full: None };
    let backup = &house.services.backup;
    let refused = backup.create(&keeper, &order, &(Arc::new(|_| {}) as _)).await;
    assert!(matches!(refused, Err(BackupError::Forbidden(_))));
    assert!(matches!(backup.list(&keeper, &house.shelf()).await, Err(BackupError::Forbidden(_))));
    let source = Source { path: house.shelf().join("x"), passphrase: None };
    let restore = house.restore_service();
    let refused = restore.restore(&keeper, &source, &(Arc::new(|_: Step| {}) as _)).await;
    assert!(matches!(refused, Err(RestoreError::Forbidden(_))));
    assert!(matches!(restore.purge_old(&keeper).await, Err(RestoreError::Forbidden(_))));
    assert!(!house.shelf().exists());
}

#[tokio::test]
async fn two_backups_at_once_into_one_directory_do_not_mix() {
    let house = House::furnished().await;
    let begun = Arc::new(tokio::sync::Notify::new());
    let (services, shelf, telling) = (house.services.clone(), house.shelf(), Arc::clone(&begun));
    let first = tokio::spawn(async move {
        let order = Order { dir: shelf, full: None };
        let tell = Arc::new(move |_: Progress| {
            telling.notify_one();
            std::thread::sleep(Duration::from_millis(20));
        });
        services.backup.create(&Actor::program(), &order, &(tell as _)).await
    });
    begun.notified().await;
    let order = Order { dir: house.shelf(), full: None };
    let second = house.services.backup.create(&Actor::program(), &order, &(Arc::new(|_| {}) as _)).await;
    assert!(matches!(second, Err(BackupError::Busy(_))), "{second:?}");
    first.await.expect("ended").expect("made");
    let left: Vec<_> = std::fs::read_dir(house.shelf()).expect("listed").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 2, "the archive and the lock: {left:?}");
}
