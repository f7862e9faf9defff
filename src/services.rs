//! The use cases: permission, load, decide, write. One transaction each.
//!
//! Every method takes an [`Actor`](crate::domain::Actor) and begins by asking what it may do. What is returned are plain
//! structs; each face converts them.

pub mod audit;
pub mod backup;
pub mod basket;
pub mod bulk;
pub mod catalog;
pub mod changes;
pub mod codes;
pub mod diagnosis;
pub mod factors;
pub mod figures;
pub mod health;
pub mod labels;
pub mod loans;
pub mod machine;
pub mod merge;
pub mod people;
pub mod photos;
pub mod relations;
pub mod reorder;
pub mod restore;
pub mod scan;
pub mod search;
mod secrets;
pub mod sessions;
pub mod statistics;
pub mod stock;
pub mod stocktake;
pub mod tokens;
pub mod transfer;
pub mod undo;

use std::sync::Arc;

use crate::domain::search::Analyser;
use crate::embedding::{EmbedError, Meaning};
use crate::store::Db;

/// All use cases over one database. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub audit: audit::Audit,
    pub backup: backup::Backup,
    pub bulk: bulk::Bulk,
    pub catalog: catalog::Catalog,
    pub codes: codes::Codes,
    pub stock: stock::Stock,
    pub baskets: basket::Baskets,
    pub loans: loans::Loans,
    pub stocktakes: stocktake::Stocktakes,
    pub undo: undo::Undo,
    pub labels: labels::Labels,
    pub merge: merge::Merge,
    pub relations: relations::Relations,
    pub reorder: reorder::Reorder,
    pub people: people::People,
    pub sessions: sessions::Sessions,
    pub factors: factors::Factors,
    pub tokens: tokens::Tokens,
    pub photos: photos::Photos,
    pub scan: scan::Scan,
    pub transfer: transfer::Transfer,
    pub changes: changes::Changes,
    pub search: search::Search,
    pub statistics: statistics::Statistics,
    pub diagnosis: diagnosis::Diagnosis,
    pub figures: figures::Figures,
}

impl Services {
    /// Services that search by words of these languages, and by meaning once the model is ready. Without this they
    /// search by words alone.
    #[must_use]
    pub fn searching(mut self, db: &Db, analyser: Analyser, meaning: Meaning) -> Self {
        self.search = search::Search::new(db.clone(), Arc::new(analyser), meaning);
        self
    }

    /// Services over a scratch database, which keeps no pictures.
    pub fn new(db: &Db) -> Self {
        Self::with(db, None)
    }

    /// Services over a database whose pictures lie in `photos`.
    pub fn with_photos(db: &Db, photos: &std::path::Path) -> Self {
        Self::with(db, Some(photos))
    }

    fn with(db: &Db, directory: Option<&std::path::Path>) -> Self {
        let photos = photos::Photos::new(db.clone(), directory);
        let people = people::People::new(db.clone());
        Self {
            audit: audit::Audit::new(db.clone()),
            backup: backup::Backup::new(db.clone(), directory),
            bulk: bulk::Bulk::new(db.clone()),
            catalog: catalog::Catalog::new(db.clone()),
            codes: codes::Codes::new(db.clone()),
            stock: stock::Stock::new(db.clone()),
            baskets: basket::Baskets::new(db.clone()),
            loans: loans::Loans::new(db.clone()),
            stocktakes: stocktake::Stocktakes::new(db.clone()),
            undo: undo::Undo::new(db.clone()),
            labels: labels::Labels::new(db.clone(), people.clone()),
            merge: merge::Merge::new(db.clone()),
            relations: relations::Relations::new(db.clone()),
            reorder: reorder::Reorder::new(db.clone()),
            sessions: sessions::Sessions::new(db.clone()),
            factors: factors::Factors::new(db.clone()),
            tokens: tokens::Tokens::new(db.clone()),
            people,
            transfer: transfer::Transfer::new(db.clone(), photos.clone()),
            photos,
            scan: scan::Scan::new(db.clone()),
            changes: changes::Changes::new(db.clone()),
            search: search::Search::new(
                db.clone(),
                Arc::new(Analyser::default()),
                Meaning::absent(EmbedError::NotAsked),
            ),
            statistics: statistics::Statistics::new(db.clone()),
            diagnosis: diagnosis::Diagnosis::new(db.clone()),
            figures: figures::Figures::new(db.clone()),
        }
    }
}
