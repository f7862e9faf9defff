//! The rows of the table: as many as there are items, loaded as they are scrolled to.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use slint::{Model, ModelNotify, ModelTracker};

use super::ui::ResultRow;
use crate::domain::ItemId;

/// Rows asked for at once: some more than a screen holds.
const PAGE: usize = 64;
/// Rows that are remembered, some two kilobytes each with their texts; scrolling through everything must not keep
/// everything.
const REMEMBERED: usize = 2_048;

/// Fetches the rows of a range of the list.
type Ask = Box<dyn Fn(Range<usize>)>;

/// A row as the table shows it, and whether it is loaded.
pub struct ItemRows {
    ids: RefCell<Vec<ItemId>>,
    loaded: RefCell<HashMap<ItemId, ResultRow>>,
    /// Pages asked for and not answered yet.
    asked: RefCell<HashSet<usize>>,
    /// The pages looked at last, to be refreshed when something changes.
    seen: Cell<[usize; 2]>,
    ask: RefCell<Option<Ask>>,
    notify: ModelNotify,
}

impl ItemRows {
    pub fn new() -> Self {
        Self {
            ids: RefCell::default(),
            loaded: RefCell::default(),
            asked: RefCell::default(),
            seen: Cell::new([0, 0]),
            ask: RefCell::new(None),
            notify: ModelNotify::default(),
        }
    }

    /// Says how rows are fetched; the answer comes by [`Self::fill`].
    pub fn on_ask(&self, ask: impl Fn(Range<usize>) + 'static) {
        *self.ask.borrow_mut() = Some(Box::new(ask));
    }

    pub fn id(&self, index: usize) -> Option<ItemId> {
        self.ids.borrow().get(index).copied()
    }

    pub fn ids(&self, range: Range<usize>) -> Vec<ItemId> {
        let ids = self.ids.borrow();
        ids[range.start.min(ids.len())..range.end.min(ids.len())].to_vec()
    }

    /// A row as it was loaded last.
    pub fn loaded(&self, id: ItemId) -> Option<ResultRow> {
        self.loaded.borrow().get(&id).cloned()
    }

    pub fn position(&self, id: ItemId) -> Option<usize> {
        self.ids.borrow().iter().position(|&other| other == id)
    }

    /// Another list. Rows that stay where they were are not touched, so that scrolling and selection stay.
    /// `known`: what is loaded of it already.
    pub fn replace(&self, ids: Vec<ItemId>, known: HashMap<ItemId, ResultRow>) {
        self.forget_some();
        let before = std::mem::replace(&mut *self.ids.borrow_mut(), ids);
        let old = {
            let mut loaded = self.loaded.borrow_mut();
            // Without news of a row, what was known of it serves until it is asked for again.
            let mut new = known;
            for (id, row) in loaded.drain() {
                new.entry(id).or_insert(row);
            }
            std::mem::replace(&mut *loaded, new)
        };
        drop(old);
        self.asked.borrow_mut().clear();
        let count = self.ids.borrow().len();
        let kept = before.len().min(count);
        for (index, old) in before.iter().enumerate().take(kept) {
            if *old != self.ids.borrow()[index] {
                self.notify.row_changed(index);
            }
        }
        if before.len() > count {
            self.notify.row_removed(count, before.len() - count);
        } else if count > before.len() {
            self.notify.row_added(kept, count - before.len());
        }
    }

    /// Rows that were asked for, or that changed.
    pub fn fill(&self, range: Range<usize>, rows: Vec<(ItemId, ResultRow)>) {
        self.asked.borrow_mut().remove(&(range.start / PAGE));
        self.forget_some();
        let mut changed = HashSet::new();
        for (id, row) in rows {
            if self.loaded.borrow().get(&id) != Some(&row) {
                self.loaded.borrow_mut().insert(id, row);
                changed.insert(id);
            }
        }
        let end = range.end.min(self.ids.borrow().len());
        for index in range.start..end {
            if self.id(index).is_some_and(|id| changed.contains(&id)) {
                self.notify.row_changed(index);
            }
        }
    }

    /// Forgets what is out of sight and asks again for what is in sight.
    pub fn refresh(&self) {
        self.forget_out_of_sight();
        for page in HashSet::from(self.seen.get()) {
            self.request(page);
        }
    }

    fn forget_some(&self) {
        if self.loaded.borrow().len() > REMEMBERED {
            self.forget_out_of_sight();
        }
    }

    fn forget_out_of_sight(&self) {
        let pages = HashSet::from(self.seen.get());
        let in_sight: HashSet<ItemId> =
            pages.into_iter().flat_map(|page| self.ids(page * PAGE..(page + 1) * PAGE)).collect();
        self.loaded.borrow_mut().retain(|id, _| in_sight.contains(id));
    }

    /// A page could not be loaded; it is asked for again when it is looked at again.
    pub fn give_up(&self, range: &Range<usize>) {
        self.asked.borrow_mut().remove(&(range.start / PAGE));
    }

    fn request(&self, page: usize) {
        if !self.asked.borrow_mut().insert(page) {
            return;
        }
        if let Some(ask) = &*self.ask.borrow() {
            ask(page * PAGE..(page + 1) * PAGE);
        }
    }

    fn look_at(&self, page: usize) {
        let [now, before] = self.seen.get();
        if page != now && page != before {
            self.seen.set([page, now]);
        } else if page == before {
            self.seen.set([before, now]);
        }
    }
}

impl Model for ItemRows {
    type Data = ResultRow;

    fn row_count(&self) -> usize {
        self.ids.borrow().len()
    }

    fn row_data(&self, index: usize) -> Option<ResultRow> {
        let id = self.id(index)?;
        self.look_at(index / PAGE);
        let row = self.loaded.borrow().get(&id).cloned();
        Some(row.unwrap_or_else(|| {
            self.request(index / PAGE);
            ResultRow { id: id.to_string().into(), ..ResultRow::default() }
        }))
    }

    fn model_tracker(&self) -> &dyn ModelTracker {
        &self.notify
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    fn row(name: &str) -> ResultRow {
        ResultRow { name: name.into(), ..ResultRow::default() }
    }

    #[test]
    fn only_what_is_looked_at_is_loaded_and_only_once() {
        let rows = ItemRows::new();
        let asked = Rc::new(RefCell::new(Vec::new()));
        rows.on_ask({
            let asked = asked.clone();
            move |range| asked.borrow_mut().push(range)
        });
        let ids: Vec<ItemId> = (0..100_000).map(|_| ItemId::new()).collect();
        rows.replace(ids.clone(), HashMap::new());
        assert_eq!(rows.row_count(), 100_000);
        assert_eq!(rows.row_data(70_000).expect("a row").name, "");
        assert_eq!(rows.row_data(70_001).expect("a row").name, "");
        assert_eq!(*asked.borrow(), std::slice::from_ref(&(69_952..70_016_usize)));
        rows.fill(69_952..70_016, vec![(ids[70_000], row("tarp"))]);
        assert_eq!(rows.row_data(70_000).expect("a row").name, "tarp");
    }

    #[test]
    fn scrolling_through_everything_remembers_some_and_what_is_in_sight() {
        let rows = ItemRows::new();
        let ids: Vec<ItemId> = (0..20_000).map(|_| ItemId::new()).collect();
        rows.replace(ids.clone(), HashMap::new());
        for page in 0..ids.len() / PAGE {
            let range = page * PAGE..(page + 1) * PAGE;
            rows.row_data(range.start).expect("a row");
            rows.fill(range.clone(), ids[range].iter().map(|id| (*id, row("bolt"))).collect());
            assert!(rows.loaded.borrow().len() <= REMEMBERED + PAGE);
        }
        assert_eq!(rows.row_data(ids.len() / PAGE * PAGE - 1).expect("a row").name, "bolt");
        let others: Vec<ItemId> = (0..3_000).map(|_| ItemId::new()).collect();
        rows.replace(others.clone(), others.iter().map(|id| (*id, row("nut"))).collect());
        rows.replace(ids[..10].to_vec(), HashMap::new());
        assert!(rows.loaded.borrow().len() <= 2 * PAGE, "so many are not carried from list to list");
    }

    #[test]
    fn a_refresh_asks_for_what_is_in_sight_and_keeps_showing_it_meanwhile() {
        let rows = ItemRows::new();
        let ids: Vec<ItemId> = (0..1_000).map(|_| ItemId::new()).collect();
        rows.replace(ids.clone(), HashMap::from([(ids[0], row("near")), (ids[900], row("far"))]));
        let asked = Rc::new(RefCell::new(Vec::new()));
        rows.on_ask({
            let asked = asked.clone();
            move |range| asked.borrow_mut().push(range)
        });
        assert_eq!(rows.row_data(0).expect("a row").name, "near");
        rows.refresh();
        assert_eq!(*asked.borrow(), std::slice::from_ref(&(0..64_usize)));
        assert_eq!(rows.row_data(0).expect("a row").name, "near");
        assert_eq!(rows.row_data(900).expect("a row").name, "");
    }

    #[test]
    fn a_list_that_grew_keeps_what_is_known_of_it() {
        let rows = ItemRows::new();
        let (one, two) = (ItemId::new(), ItemId::new());
        rows.replace(vec![one], HashMap::from([(one, row("one"))]));
        rows.replace(vec![two, one], HashMap::new());
        assert_eq!((rows.row_count(), rows.position(one)), (2, Some(1)));
        assert_eq!(rows.row_data(1).expect("a row").name, "one");
    }
}
