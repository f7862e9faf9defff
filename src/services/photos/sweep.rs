//! What a crash left behind, mended: at every start.

use std::collections::HashSet;

use tracing::{info, warn};

use super::{PhotoError, Photos, Prepared, Source, blocking};
use crate::domain::{Actor, Permission, PhotoId};
use crate::store::{StoreError, photos};

/// What a sweep found and mended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Unfinished uploads of programs that are no more, removed.
    pub unfinished: usize,
    /// Pictures without a row, removed.
    pub orphans: usize,
    /// Derived pictures made again from their originals.
    pub rebuilt: usize,
    /// Pictures whose original is gone.
    pub lost: Vec<PhotoId>,
    /// The directory belongs to another database, and nothing was touched.
    pub foreign: bool,
}

impl Photos {
    /// Removes what crashes left behind, and makes derived pictures again where only the original is left. At every
    /// start, and by `inventory doctor`.
    pub async fn sweep(&self, actor: &Actor) -> Result<Swept, PhotoError> {
        actor.require(Permission::Administer)?;
        let files = self.files()?.clone();
        let mut swept = Swept::default();
        let client = self.db.client().await?;
        let id = photos::directory_id(&client).await?;
        let known: HashSet<String> = photos::all_hashes(&client).await?.into_iter().collect();
        drop(client);
        let listing = files.clone();
        let (marked, kept) = blocking(move || Ok((listing.directory_id()?, listing.hashes()?))).await?;
        // Pictures are never thrown away on the word of a database they do not belong to.
        let ours = match marked {
            Some(marked) => marked == id,
            None => kept.is_empty() || kept.iter().any(|sha256| known.contains(sha256)),
        };
        if !ours {
            warn!("The pictures' directory belongs to another database; nothing is swept");
            swept.foreign = true;
            return Ok(swept);
        }
        let clearing = files.clone();
        swept.unfinished = blocking(move || {
            if marked.is_none() {
                clearing.set_directory_id(id)?;
            }
            Ok(clearing.clear_stages()?)
        })
        .await?;
        for sha256 in kept.iter().filter(|sha256| !known.contains(*sha256)) {
            swept.orphans += usize::from(self.collect(sha256).await?);
        }
        for sha256 in known {
            if !files.complete(&sha256) {
                self.rebuild(&sha256, &mut swept).await?;
            }
        }
        if swept != Swept::default() {
            info!(
                "Pictures: {} unfinished and {} orphaned removed, {} made again, {} lost",
                swept.unfinished,
                swept.orphans,
                swept.rebuilt,
                swept.lost.len()
            );
        }
        Ok(swept)
    }

    async fn rebuild(&self, sha256: &str, swept: &mut Swept) -> Result<(), PhotoError> {
        let original = self.files()?.original(sha256);
        match self.prepare(Source::File(original)).await {
            Ok(Prepared { sha256: found, stage: Some(stage), .. }) if found == sha256 => {
                let mut client = self.db.client().await?;
                let tx = client.transaction().await.map_err(StoreError::from)?;
                photos::lock_hash(&tx, sha256).await?;
                let (files, sha256) = (self.files()?.clone(), sha256.to_owned());
                blocking(move || Ok(files.place(&stage, &sha256)?)).await?;
                tx.commit().await.map_err(StoreError::from)?;
                swept.rebuilt += 1;
            }
            _ => {
                let client = self.db.client().await?;
                swept.lost.extend(photos::with_hash(&client, sha256).await?);
            }
        }
        Ok(())
    }
}
