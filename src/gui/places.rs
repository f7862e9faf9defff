//! The tree of places, and finding a place by part of its name.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use slint::{ModelRc, SharedString, VecModel};

use super::desktop::{Face, react};
use super::format::{Numbers, kind};
use super::models::sync;
use super::ui::{PlaceChoice, PlaceRow, SessionAdapter, TreeAdapter};
use super::{kiosk, results, results::Keep};
use crate::domain::ItemId;
use crate::services::catalog::{Overview, PlaceNode};

/// What the window knows of the places.
pub struct State {
    nodes: RefCell<HashMap<ItemId, PlaceNode>>,
    /// Children in the order of their names; `None`: the top.
    inside: RefCell<HashMap<Option<ItemId>, Vec<ItemId>>>,
    expanded: RefCell<HashSet<ItemId>>,
    known: RefCell<bool>,
    rows: Rc<VecModel<PlaceRow>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            nodes: RefCell::default(),
            inside: RefCell::default(),
            expanded: RefCell::default(),
            known: RefCell::new(false),
            rows: Rc::new(VecModel::default()),
        }
    }
}

/// How many rows a tree may have that is shown unfolded at first.
const UNFOLDED: usize = 30;
/// How many places a search for one shows.
const CHOICES: usize = 40;

impl State {
    /// Another inventory comes.
    pub fn forget(&self) {
        self.nodes.borrow_mut().clear();
        self.inside.borrow_mut().clear();
        self.expanded.borrow_mut().clear();
        *self.known.borrow_mut() = false;
    }

    pub fn node(&self, id: ItemId) -> Option<PlaceNode> {
        self.nodes.borrow().get(&id).cloned()
    }

    /// The way to a place from the outermost one, itself last.
    pub fn way(&self, id: ItemId) -> Vec<PlaceNode> {
        let nodes = self.nodes.borrow();
        let mut way = Vec::new();
        let mut at = Some(id);
        while let Some(node) = at.and_then(|id| nodes.get(&id))
            && way.len() < 64
        {
            way.push(node.clone());
            at = node.parent;
        }
        way.reverse();
        way
    }

    /// The places directly in one, by name; `None`: those that stand on their own.
    pub fn inside(&self, place: Option<ItemId>) -> Vec<PlaceNode> {
        let (nodes, inside) = (self.nodes.borrow(), self.inside.borrow());
        let children = inside.get(&place).map(Vec::as_slice).unwrap_or_default();
        children.iter().filter_map(|id| nodes.get(id).cloned()).collect()
    }

    /// The names above a place, outermost first.
    pub fn path(&self, id: ItemId) -> String {
        let way = self.way(id);
        let names: Vec<&str> = way.iter().map(|node| node.name.as_str()).collect();
        names[..names.len().saturating_sub(1)].join(" › ")
    }

    /// Is `id` the place itself, or somewhere inside it?
    fn is_within(&self, id: ItemId, place: ItemId) -> bool {
        let nodes = self.nodes.borrow();
        let mut at = Some(id);
        for _ in 0..64 {
            if at == Some(place) {
                return true;
            }
            at = at.and_then(|id| nodes.get(&id)).and_then(|node| node.parent);
        }
        false
    }

    pub fn choice(&self, id: ItemId) -> Option<PlaceChoice> {
        let node = self.node(id)?;
        Some(PlaceChoice {
            id: id.to_string().into(),
            name: node.name.into(),
            path: self.path(id).into(),
            kind: kind(node.kind),
            amount: SharedString::new(),
        })
    }

    /// Places whose name, code or path holds every word of the query; names that begin with it first. What is moved
    /// cannot go into itself, so `moved` and what is inside it are left out.
    pub fn find(&self, query: &str, moved: Option<ItemId>) -> Vec<PlaceChoice> {
        let query = query.trim().to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        let mut found: Vec<(usize, String, ItemId)> = Vec::new();
        for node in self.nodes.borrow().values() {
            let name = node.name.to_lowercase();
            let code = node.code.as_deref().unwrap_or_default().to_lowercase();
            let whole = format!("{} {name} {code} {}", self.path(node.id).to_lowercase(), code.replace('-', ""));
            if !words.iter().all(|word| whole.contains(word))
                || moved.is_some_and(|moved| self.is_within(node.id, moved))
            {
                continue;
            }
            let rank = if query.is_empty() {
                2
            } else if name == query || code == query {
                0
            } else if name.starts_with(&query) {
                1
            } else {
                2
            };
            found.push((rank, whole, node.id));
        }
        found.sort();
        found.into_iter().take(CHOICES).filter_map(|(_, _, id)| self.choice(id)).collect()
    }

    fn take(&self, nodes: Vec<PlaceNode>) {
        let known: HashSet<ItemId> = nodes.iter().map(|node| node.id).collect();
        let mut inside: HashMap<Option<ItemId>, Vec<ItemId>> = HashMap::new();
        for node in &nodes {
            let parent = node.parent.filter(|parent| known.contains(parent));
            inside.entry(parent).or_default().push(node.id);
        }
        if !*self.known.borrow() && !nodes.is_empty() {
            *self.known.borrow_mut() = true;
            let top = inside.get(&None).cloned().unwrap_or_default();
            let second: usize = top.iter().map(|id| inside.get(&Some(*id)).map_or(0, Vec::len)).sum();
            if top.len() + second <= UNFOLDED {
                self.expanded.borrow_mut().extend(top);
            }
        }
        *self.inside.borrow_mut() = inside;
        *self.nodes.borrow_mut() = nodes.into_iter().map(|node| (node.id, node)).collect();
    }

    fn show(&self, numbers: Numbers) {
        let (nodes, inside, expanded) = (self.nodes.borrow(), self.inside.borrow(), self.expanded.borrow());
        let mut rows = Vec::new();
        let top = inside.get(&None).map(Vec::as_slice).unwrap_or_default();
        let mut waiting: Vec<(ItemId, i32)> = top.iter().rev().map(|id| (*id, 0)).collect();
        while let Some((id, depth)) = waiting.pop() {
            let Some(node) = nodes.get(&id) else { continue };
            let children = inside.get(&Some(id)).map(Vec::as_slice).unwrap_or_default();
            let open = expanded.contains(&id);
            rows.push(PlaceRow {
                id: id.to_string().into(),
                name: node.name.as_str().into(),
                kind: kind(node.kind),
                depth,
                expandable: !children.is_empty(),
                expanded: open,
                count: numbers.count(node.items_inside),
            });
            if open {
                waiting.extend(children.iter().rev().map(|child| (*child, depth + 1)));
            }
        }
        sync(&self.rows, rows);
    }
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<TreeAdapter>();
    adapter.set_rows(ModelRc::from(face.places.rows.clone()));
    // Until it is counted there is nothing; the numbers of the .slint files are for looking at these alone.
    count(face, Overview::default());
    adapter.on_choose(react(face, |face, id: SharedString| choose(face, id.parse().ok())));
    adapter.on_toggle(react(face, |face, id: SharedString| {
        let Ok(id) = id.parse::<ItemId>() else { return };
        if !face.places.expanded.borrow_mut().remove(&id) {
            face.places.expanded.borrow_mut().insert(id);
        }
        face.places.show(face.numbers());
    }));
}

/// Shows what lies in a place, or everywhere, and unfolds the tree down to it.
pub fn choose(face: &Rc<Face>, place: Option<ItemId>) {
    let adapter = face.adapter::<TreeAdapter>();
    let node = place.and_then(|id| face.places.node(id));
    adapter.set_selected(node.as_ref().map(|node| node.id.to_string()).unwrap_or_default().into());
    adapter.set_selected_name(node.as_ref().map(|node| node.name.clone()).unwrap_or_default().into());
    let mut above = node.and_then(|node| node.parent);
    for _ in 0..64 {
        let Some(node) = above.and_then(|id| face.places.node(id)) else { break };
        face.places.expanded.borrow_mut().insert(node.id);
        above = node.parent;
    }
    face.places.show(face.numbers());
    results::reload(face, Keep::First);
}

/// Reads places and counts again.
pub fn refresh(face: &Rc<Face>) {
    let today = super::format::on_the_wall(Face::now(), &face.zone).date();
    let work = move |services: crate::services::Services, actor| async move {
        let places = services.catalog.places(&actor).await?;
        let overview = services.catalog.overview(&actor, today).await?;
        Ok::<_, crate::services::catalog::CatalogError>((places, overview))
    };
    face.call(work, |face, answer| {
        let Ok((places, overview)) = answer else { return };
        let numbers = face.numbers();
        face.places.take(places);
        face.places.show(numbers);
        kiosk::places_known(face);
        count(face, overview);
    });
}

/// How much there is, in the foot and beside the lists.
fn count(face: &Rc<Face>, overview: Overview) {
    let numbers = face.numbers();
    let tree = face.adapter::<TreeAdapter>();
    tree.set_all_count(numbers.count(overview.items + overview.places));
    tree.set_low_count(numbers.count(overview.low));
    tree.set_lent_count(numbers.count(overview.lent));
    let session = face.adapter::<SessionAdapter>();
    session.set_item_number(i32::try_from(overview.items).unwrap_or(i32::MAX));
    session.set_place_number(i32::try_from(overview.places).unwrap_or(i32::MAX));
    session.set_items_in_all(numbers.count(overview.items));
    session.set_places_in_all(numbers.count(overview.places));
}
