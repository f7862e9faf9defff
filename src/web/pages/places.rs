//! The tree of places.

use std::collections::HashMap;

use maud::{Markup, html};

use crate::domain::ItemId;
use crate::services::catalog::PlaceNode;
use crate::web::fault::Fault;
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// Branches below this depth are folded at first.
const OPEN_DEPTH: usize = 2;

type Children<'a> = HashMap<Option<ItemId>, Vec<&'a PlaceNode>>;

/// `GET /places`
pub async fn page(visit: Visit) -> Result<Markup, Fault> {
    let title = say(visit.lang, "nav.places");
    let nodes = visit.state.services.catalog.places(&visit.actor).await?;
    let mut children: Children = HashMap::new();
    for node in &nodes {
        children.entry(node.parent).or_default().push(node);
    }
    let body = html! {
        h1.heading { (title) }
        section.panel.tree #places-tree data-live {
            @if nodes.is_empty() { (parts::empty(&say(visit.lang, "places.none"), &say(visit.lang, "places.none_help"))) }
            @else { (branch(&visit, &children, None, 0)) }
        }
    };
    Ok(layout::page(&visit, &Page { title, nav: Some(Nav::Places), verbs: None, body }))
}

fn branch(visit: &Visit, children: &Children, of: Option<ItemId>, depth: usize) -> Markup {
    let nodes = children.get(&of).map_or(&[][..], Vec::as_slice);
    html! {
        ul {
            @for node in nodes {
                li {
                    (place(visit, node))
                    // Beside the place, not around it: what is closed hides all but its summary.
                    @if children.contains_key(&Some(node.id)) {
                        details open[depth < OPEN_DEPTH] {
                            summary aria-label=(node.name) { (parts::icon(visit, "forward")) }
                            (branch(visit, children, Some(node.id), depth + 1))
                        }
                    }
                }
            }
        }
    }
}

fn place(visit: &Visit, node: &PlaceNode) -> Markup {
    html! {
        a.place href={ "/items/" (node.id) } {
            (parts::icon(visit, parts::kind_icon(node.kind)))
            span.name.cut { (node.name) }
            @if let Some(code) = &node.code { (parts::tape(code)) }
            span.count { (words::number(visit.lang, node.items_inside.into())) }
        }
    }
}
