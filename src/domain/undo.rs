//! Which fields an undo puts back: those that still hold what is taken back.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::ItemId;

/// One field of an item, changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldEdit {
    pub item: ItemId,
    pub field: String,
    pub old: Value,
    pub new: Value,
}

/// What an undo does to fields.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Items by the columns that change: what each is set to.
    pub changes: BTreeMap<Vec<String>, Vec<(ItemId, Value)>>,
    /// Changed again since; they stay.
    pub kept: Vec<(ItemId, String)>,
}

/// Takes back edits, latest first, on items as they are now. A field that holds something else by now stays.
pub fn restore(edits: &[FieldEdit], mut now: BTreeMap<ItemId, Map<String, Value>>) -> Restored {
    let mut restored = Restored::default();
    let mut changed: BTreeMap<ItemId, Map<String, Value>> = BTreeMap::new();
    for edit in edits {
        let there = now.get_mut(&edit.item).and_then(|columns| columns.get_mut(&edit.field));
        match there.filter(|there| **there == edit.new) {
            Some(there) => {
                there.clone_from(&edit.old);
                changed.entry(edit.item).or_default().insert(edit.field.clone(), edit.old.clone());
            }
            None => restored.kept.push((edit.item, edit.field.clone())),
        }
    }
    for (item, columns) in changed {
        let mut names: Vec<String> = columns.keys().cloned().collect();
        names.sort_unstable();
        restored.changes.entry(names).or_default().push((item, Value::Object(columns)));
    }
    restored
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edit(item: ItemId, field: &str, old: Value, new: Value) -> FieldEdit {
        FieldEdit { item, field: field.into(), old, new }
    }

    fn now(item: ItemId, columns: Value) -> BTreeMap<ItemId, Map<String, Value>> {
        let Value::Object(columns) = columns else { panic!("columns are an object") };
        [(item, columns)].into()
    }

    #[test]
    fn fields_that_fit_only_together_change_together() {
        let item = ItemId::new();
        let edits = [edit(item, "price", json!(null), json!(3)), edit(item, "currency", json!(null), json!("EUR"))];
        let restored = restore(&edits, now(item, json!({"price": 3, "currency": "EUR", "name": "Saw"})));
        let columns = vec!["currency".to_owned(), "price".to_owned()];
        assert_eq!(restored.changes[&columns], [(item, json!({"currency": null, "price": null}))]);
        assert_eq!(restored.kept, []);
    }

    #[test]
    fn a_field_changed_again_since_stays() {
        let item = ItemId::new();
        let restored =
            restore(&[edit(item, "name", json!("Saw"), json!("Hand saw"))], now(item, json!({"name": "Axe"})));
        assert_eq!((restored.changes.len(), restored.kept), (0, vec![(item, "name".to_owned())]));
    }

    #[test]
    fn several_edits_of_a_field_lead_back_to_the_first() {
        let item = ItemId::new();
        let edits = [edit(item, "name", json!("b"), json!("c")), edit(item, "name", json!("a"), json!("b"))];
        let restored = restore(&edits, now(item, json!({"name": "c"})));
        assert_eq!(restored.changes[&vec!["name".to_owned()]], [(item, json!({"name": "a"}))]);
    }
}
