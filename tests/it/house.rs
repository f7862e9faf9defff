//! An empty inventory to import into, and a small file for it.

use inventory::domain::{Actor, ItemId, RequestId};
use inventory::services::Services;
use inventory::services::catalog::ItemView;
use inventory::services::scan::Scanned;
use inventory::services::transfer::{ImportError, ImportOptions, ImportReport, PictureSource};
use inventory::store::lists::{ListFilter, ListOrder};
use inventory::store::stock;

use crate::support::TestDb;

/// An inventory to import into.
pub struct House {
    pub test: TestDb,
    pub services: Services,
    pub keeper: Actor,
    pub dir: tempfile::TempDir,
}

impl House {
    pub async fn new() -> Self {
        let test = TestDb::new().await;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let services = Services::with_photos(&test.db, &dir.path().join("photos"));
        Self { test, services, keeper: Actor::program(), dir }
    }

    pub async fn import_with(&self, text: &str, options: &ImportOptions) -> Result<ImportReport, ImportError> {
        let pictures = PictureSource::Directories(vec![self.dir.path().to_owned()]);
        let transfer = &self.services.transfer;
        let told = |_, _, _| {};
        transfer.import_bytes(&self.keeper, RequestId::new(), text.as_bytes(), pictures, options, &told).await
    }

    pub async fn import(&self, text: &str) -> ImportReport {
        self.import_with(text, &ImportOptions::default()).await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub async fn refused(&self, text: &str) -> String {
        let before = self.export().await;
        let error = self.import_with(text, &ImportOptions::default()).await.expect_err("refused");
        assert_eq!(self.export().await, before, "a refused file changes nothing");
        error.to_string()
    }

    pub async fn export(&self) -> String {
        let bytes = self.services.transfer.export(&self.keeper).await.expect("exported");
        String::from_utf8(bytes).expect("UTF-8")
    }

    pub async fn ids(&self) -> Vec<ItemId> {
        let all = self.services.catalog.list(&self.keeper, &ListFilter::default(), ListOrder::Name).await;
        all.expect("listed")
    }

    pub async fn item(&self, name: &str) -> ItemView {
        for id in self.ids().await {
            let view = self.services.catalog.view(&self.keeper, id).await.expect("known");
            if view.draft.name == name {
                return view;
            }
        }
        panic!("no `{name}`");
    }

    pub async fn undo(&self, report: &ImportReport) {
        let booking = report.booking.expect("something was done");
        self.services.undo.undo(&self.keeper, RequestId::new(), booking, None).await.expect("undone");
    }

    pub async fn named_by(&self, code: &str) -> usize {
        match self.services.scan.resolve(&self.keeper, code).await.expect("looked up") {
            Scanned::Item(_) => 1,
            Scanned::Choice(items) => items.len(),
            _ => 0,
        }
    }

    pub async fn is_sound(&self) {
        let client = self.test.client().await;
        assert_eq!(stock::discrepancies(&client).await.expect("summed"), []);
    }
}

pub const SMALL: &str = "\
id,kind,name,place,tags,unit,quantity,min_quantity,lot,expires_on,aliases,supplier,supplier_part,field:Colour
hall,location,Hall,,,,,,,,,,,
shelf,location,Shelf,Hall,,,,,,,,,,
box,container,Red box,Hall / Shelf,,,,,,,,,,
glue,consumable,Glue,Hall / Shelf,adhesive;wood,l,1.5,1,A1,2027-05-31,GL-1,Kern,K-7,white
glue,consumable,Glue,Hall / Shelf / Red box,,,0.5,,B2,,,,,
saw,asset,Saw,Hall / Shelf / Red box,tools,,,,,,SW-1,,,
";
