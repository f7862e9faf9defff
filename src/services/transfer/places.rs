//! The places a source names: in the file, here, or yet to be made.

use std::collections::HashMap;

use deadpool_postgres::Transaction;

use super::ImportError;
use super::fields::Field;
use super::fields::join_path;
use super::record::{Batch, PlaceRef, Remark};
use super::settle::Step;
use crate::domain::{Act, ItemDraft, ItemId, ItemKind, Quantity};
use crate::store::lists;

/// Places by their path, in any case of the letters, and by their key.
#[derive(Default)]
pub struct Places {
    by_path: HashMap<Vec<String>, Vec<ItemId>>,
    by_key: HashMap<String, ItemId>,
    made: Vec<(ItemId, ItemDraft)>,
    placed: Vec<Step>,
    remarks: Vec<Remark>,
}

impl Places {
    /// The file's places first: one that the file moves is at its new path already.
    pub async fn load(
        tx: &Transaction<'_>,
        batch: &Batch,
        ids: &[ItemId],
        kinds: &[Option<ItemKind>],
    ) -> Result<Self, ImportError> {
        let mut places = Self::default();
        let mut in_file = std::collections::HashSet::new();
        for ((record, &id), kind) in batch.records.iter().zip(ids).zip(kinds) {
            if !kind.is_some_and(ItemKind::is_holder) {
                continue;
            }
            places.by_key.insert(record.key.clone(), id);
            let mut path = match record.stock.first().map(|stock| &stock.place) {
                None => Vec::new(),
                Some(PlaceRef::Path(names)) => names.clone(),
                // Found by its own key, or not at all.
                Some(PlaceRef::Key(_)) => continue,
            };
            path.extend(record.cell(&Field::Name).map(tidy));
            in_file.insert(id);
            places.by_path.entry(folded(&path)).or_default().push(id);
        }
        let here = lists::places(tx).await?;
        let by_id: HashMap<ItemId, (&str, Option<ItemId>)> =
            here.iter().map(|node| (node.id, (node.name.as_str(), node.parent))).collect();
        let from_file: std::collections::HashSet<Vec<String>> = places.by_path.keys().cloned().collect();
        for node in &here {
            places.by_key.insert(node.id.to_string(), node.id);
            let mut path = vec![node.name.clone()];
            let mut above = node.parent;
            while let Some((name, parent)) = above.and_then(|id| by_id.get(&id))
                && path.len() < 64
            {
                path.insert(0, (*name).to_owned());
                above = *parent;
            }
            let path = folded(&path);
            if !in_file.contains(&node.id) && !from_file.contains(&path) {
                places.by_path.entry(path).or_default().push(node.id);
            }
        }
        Ok(places)
    }

    /// The place a reference names; locations on the way that are not there are made.
    pub fn find_or_make(&mut self, place: &PlaceRef) -> Result<ItemId, String> {
        let names = match place {
            PlaceRef::Key(key) => {
                return self.by_key.get(key).copied().ok_or_else(|| format!("there is no place with the id `{key}`"));
            }
            PlaceRef::Path(names) if names.is_empty() => return Err("a path needs names".to_owned()),
            PlaceRef::Path(names) => names,
        };
        if let Some(found) = self.find(names)? {
            return Ok(found);
        }
        if let Some(name) = names.iter().find(|name| name.chars().count() > 200) {
            return Err(format!("the place's name `{name}` is longer than 200 letters"));
        }
        if names.len() > 31 {
            return Err("places nest at most 32 deep".to_owned());
        }
        let mut above = None;
        for depth in 1..=names.len() {
            let path = &names[..depth];
            if let Some(found) = self.find(path)? {
                above = Some(found);
                continue;
            }
            let id = ItemId::new();
            self.made.push((id, ItemDraft::new(ItemKind::Location, path[depth - 1].clone())));
            if let Some(to) = above {
                let act = Act::Receive { item: id, to, quantity: Quantity::ONE, lot: None };
                self.placed.push(Step { act, lot: None });
            }
            self.remarks.push(Remark::PlaceMade(join_path(path)));
            self.by_path.insert(folded(path), vec![id]);
            above = Some(id);
        }
        above.ok_or_else(|| "a path needs names".to_owned())
    }

    fn find(&self, names: &[String]) -> Result<Option<ItemId>, String> {
        match self.by_path.get(&folded(names)).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([one]) => Ok(Some(*one)),
            Some(several) => {
                Err(format!("`{}` names {} places; write id:KEY to say which", join_path(names), several.len()))
            }
        }
    }

    /// What had to be made, where it goes, and what to say of it.
    pub fn made(self) -> (Vec<(ItemId, ItemDraft)>, Vec<Step>, Vec<Remark>) {
        (self.made, self.placed, self.remarks)
    }
}

fn folded(names: &[String]) -> Vec<String> {
    names.iter().map(|name| tidy(name).to_lowercase()).collect()
}

fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
