//! Backups and what becomes of them: everything comes back, on another database too; nothing broken or hostile is taken,
//! and what was there before stays. Several tests are of things that cost the predecessor's users their data.

mod hostile;
mod restored;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inventory::domain::{Act, Actor, ItemId, RequestId, Role};
use inventory::services::Services;
use inventory::services::backup::{Made, Order};
use inventory::services::people::PersonDraft;
use inventory::services::restore::{Ground, Restore, RestoreError, Restored, Source, Step};
use inventory::services::stock::BookingRequest;
use inventory::services::transfer::{ImportOptions, PictureSource};
use inventory::store::backup::{self as tables, Table};
use inventory::store::lists::{ListFilter, ListOrder};
use tempfile::TempDir;

use crate::support::{TestDb, config};

/// Names that the predecessor's restore took for statements, and whatever else a text may hold.
const THINGS: &str = "\
name,kind,place,quantity,unit,tags,description,supplier,supplier_part,field:Colour,photo
Hall,location,,,,,,,,,
Crate,container,Hall,,,,,,,,
note about CREATE DATABASE command,asset,Hall / Crate,,,,DROP DATABASE inventory;,,,,red.png
\\connect postgres,asset,Hall / Crate,,,,\"\\! touch /tmp/owned\nsecond \"\"line\"\"\n\\.\n\",,,,
Schraube 4×40 ✓ 日本,consumable,Hall / Crate,100,pcs,screw;blue,\t'; select 1; --,Bolts & Sons,BS-1,blue,
";

/// An inventory with something of everything.
struct House {
    test: TestDb,
    services: Services,
    dir: TempDir,
}

impl House {
    /// One that nobody has used yet.
    async fn empty() -> Self {
        let test = TestDb::new().await;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let services = Services::with_photos(&test.db, &dir.path().join("photos"));
        Self { test, services, dir }
    }

    async fn furnished() -> Self {
        let house = Self::empty().await;
        let keeper = Actor::program();
        let colour = |red| image::RgbImage::from_pixel(40, 30, image::Rgb([red, 10, 10]));
        colour(200).save(house.dir.path().join("red.png")).expect("saved");
        let pictures = PictureSource::Directories(vec![house.dir.path().to_owned()]);
        let (transfer, options) = (&house.services.transfer, ImportOptions::default());
        let report = transfer
            .import_bytes(&keeper, RequestId::new(), THINGS.as_bytes(), pictures, &options, &|_, _, _| {})
            .await
            .expect("imported");
        assert_eq!((report.items, report.photos), (5, 1), "{report:?}");
        let draft = PersonDraft { name: "Ann".into(), role: Role::Keeper, login: Some("ann".into()) };
        let ann = house.services.people.add(&keeper, &draft).await.expect("added");
        house.services.people.set_password(&keeper, ann, "long enough".to_owned().into()).await.expect("set");
        let (screws, crate_) = (house.named("Schraube").await, house.named("Crate").await);
        house.book(Act::Issue { item: screws, from: crate_, quantity: 7.into(), lot: None }).await;
        let borrower = inventory::domain::Borrower::Person(ann);
        let lent = house.named("note about").await;
        house
            .book(Act::CheckOut { item: lent, from: crate_, quantity: 1.into(), lot: None, borrower, due_on: None })
            .await;
        house
    }

    async fn named(&self, beginning: &str) -> ItemId {
        let catalog = &self.services.catalog;
        let all = catalog.list(&Actor::program(), &ListFilter::default(), ListOrder::Name).await.expect("listed");
        for summary in catalog.summaries(&Actor::program(), &all).await.expect("read") {
            if summary.name.starts_with(beginning) {
                return summary.id;
            }
        }
        panic!("no `{beginning}`");
    }

    async fn book(&self, act: Act) {
        self.services.stock.book(&Actor::program(), &BookingRequest::single(act)).await.expect("booked");
    }

    fn photos(&self) -> PathBuf {
        self.dir.path().join("photos")
    }

    fn shelf(&self) -> PathBuf {
        self.dir.path().join("backups")
    }

    async fn back_up(&self) -> Made {
        let order = Order { dir: self.shelf(), full: None };
        self.services.backup.create(&Actor::program(), &order, &(Arc::new(|_| {}) as _)).await.expect("backed up")
    }

    fn restore_service(&self) -> Restore {
        Restore::new(Ground {
            program: self.test.connection().clone(),
            admin: Some(self.test.admin_connection().clone()),
            private: true,
            data_dir: self.dir.path().join("data"),
            photos: self.photos(),
            settings: config(Path::new("/nonexistent")).database,
        })
    }

    async fn restore(&self, archive: &Path) -> Result<Restored, RestoreError> {
        let source = Source { path: archive.to_owned(), passphrase: None };
        Box::pin(self.restore_service().restore(&Actor::program(), &source, &quiet())).await
    }

    /// Every table's rows, hashed; what a restore adds of its own left out.
    async fn fingerprint(&self) -> BTreeMap<String, String> {
        let admin = self.test.admin().await;
        let mut hashes = BTreeMap::new();
        for Table { name, columns } in tables::tables(&admin).await.expect("listed") {
            let own = match name.as_str() {
                "setting" => "where key not in ('begun', 'feed_pruned_below', 'backup.last', 'photos.directory')",
                "audit" => "where action <> 'restored'",
                _ => "",
            };
            let columns = columns.join(", ");
            let rows = format!(
                "select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '')
                 from (select {columns} from inventory.{name} {own}) t"
            );
            hashes.insert(name, admin.query_one(&rows, &[]).await.expect("read").get(0));
        }
        hashes
    }

    /// The pictures' files in use, by path and content.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn walk(dir: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten() {
                let path = entry.expect("listed").path();
                if path.is_dir() {
                    walk(&path, found);
                } else {
                    found.insert(path.clone(), std::fs::read(path).expect("read"));
                }
            }
        }
        let mut found = BTreeMap::new();
        for part in ["original", "derived"] {
            walk(&self.photos().join(part), &mut found);
        }
        found.into_iter().map(|(path, b)| (path.strip_prefix(self.dir.path()).expect("in it").to_owned(), b)).collect()
    }

    /// Databases that a restore made and did not put away.
    async fn leftovers(&self) -> Vec<String> {
        let admin = self.test.admin().await;
        let all = inventory::store::database::beginning_with(&admin, &self.test.name).await.expect("listed");
        all.into_iter().filter(|name| *name != self.test.name).collect()
    }

    async fn purge(&self) {
        self.restore_service().purge_old(&Actor::program()).await.expect("purged");
        assert_eq!(self.leftovers().await, [] as [String; 0]);
    }
}

fn quiet() -> Arc<dyn Fn(Step) + Send + Sync> {
    Arc::new(|_| {})
}
