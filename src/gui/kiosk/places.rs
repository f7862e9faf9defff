//! Places at the kiosk: which are inside one, and what lies in it.

use std::rc::Rc;

use slint::{ModelRc, SharedString, VecModel};

use super::super::desktop::Face;
use super::super::models::sync;
use super::super::ui::{Column, Crumb, KioskAdapter, PlaceRow, PlacesAdapter, ResultsAdapter, TreeAdapter};
use super::super::{format, results, results::Keep};
use super::on;
use crate::domain::ItemId;

/// What the page shows.
#[derive(Default)]
pub struct State {
    path: Rc<VecModel<Crumb>>,
    children: Rc<VecModel<PlaceRow>>,
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<PlacesAdapter>();
    adapter.set_path(ModelRc::from(face.kiosk.places.path.clone()));
    adapter.set_children(ModelRc::from(face.kiosk.places.children.clone()));
    adapter.on_look(on(face, |face| list(face, Keep::First)));
}

/// Shows a place, or with an empty id all that stand on their own.
pub fn enter(face: &Rc<Face>, id: &str) {
    let adapter = face.adapter::<PlacesAdapter>();
    if adapter.get_id() != id {
        face.adapter::<KioskAdapter>().set_find_scroll(0.0);
    }
    adapter.set_id(id.into());
    show(face);
    list(face, Keep::First);
}

/// The tree of places was read again.
pub fn show(face: &Face) {
    let adapter = face.adapter::<PlacesAdapter>();
    let place = adapter.get_id().parse::<ItemId>().ok();
    let node = place.and_then(|id| face.places.node(id));
    adapter.set_name(node.as_ref().map(|node| node.name.clone()).unwrap_or_default().into());
    adapter.set_code(node.as_ref().and_then(|node| node.code.clone()).unwrap_or_default().into());
    adapter.set_kind(node.map(|node| format::kind(node.kind)).unwrap_or_default());
    let crumb = |id: ItemId, name: String| Crumb { id: id.to_string().into(), name: name.into() };
    let path = place.map(|id| face.places.way(id)).unwrap_or_default();
    sync(&face.kiosk.places.path, path.into_iter().map(|node| crumb(node.id, node.name)).collect());
    let numbers = face.numbers();
    let children = face.places.inside(place).into_iter().map(|node| PlaceRow {
        id: node.id.to_string().into(),
        name: node.name.as_str().into(),
        kind: format::kind(node.kind),
        depth: 0,
        expandable: false,
        expanded: false,
        count: if node.items_inside > 0 { numbers.count(node.items_inside) } else { SharedString::new() },
    });
    sync(&face.kiosk.places.children, children.collect());
}

/// Lists the things of the place, by name.
fn list(face: &Rc<Face>, keep: Keep) {
    let places = face.adapter::<PlacesAdapter>();
    face.adapter::<TreeAdapter>().set_selected(places.get_id());
    let results = face.adapter::<ResultsAdapter>();
    results.set_query("".into());
    results.set_things_only(true);
    results.set_direct(!places.get_deep());
    results.set_sorted(Column::Name);
    results.set_descending(false);
    results::reload(face, keep);
}
