//! What a thing has to do with others: what a keeper linked, and what a search for its name finds beside it.

use std::rc::Rc;

use slint::{Image, Model as _, VecModel};

use super::desktop::Face;
use super::models::sync;
use super::results;
use super::ui::{Reason, RelatedRow, Tie};
use crate::domain::ItemId;
use crate::services::Services;
use crate::services::catalog::{CatalogError, ItemSummary};
use crate::services::relations::LinkKind;
use crate::services::search::SearchRequest;

/// The rows of the page.
pub type Rows = Rc<VecModel<RelatedRow>>;

/// How many similar things are shown.
const SIMILAR: usize = 8;

/// Reads what belongs to a thing; an answer for another one than is shown then is dropped.
pub fn load(face: &Rc<Face>, id: ItemId, name: String) {
    face.call(
        move |services, actor| async move { read(&services, &actor, id, &name).await },
        move |face, answer| match answer {
            Ok(found) if super::item::shown(face) == Some(id) => show(face, &found),
            Ok(_) => {}
            Err(error) => tracing::warn!("Related things are not read: {error}"),
        },
    );
}

async fn read(
    services: &Services,
    actor: &crate::domain::Actor,
    id: ItemId,
    name: &str,
) -> Result<Vec<(Tie, ItemSummary)>, CatalogError> {
    let links = services.relations.links(actor, id).await.unwrap_or_default();
    let others: Vec<ItemId> = links.iter().map(|link| link.other).collect();
    let summaries = services.catalog.summaries(actor, &others).await?;
    let mut found: Vec<(Tie, ItemSummary)> = Vec::new();
    for link in &links {
        if let Some(summary) = summaries.iter().find(|summary| summary.id == link.other) {
            found.push((tie(link.kind, link.forward), summary.clone()));
        }
    }
    let request = SearchRequest { limit: SIMILAR + 1 + others.len(), ..SearchRequest::new(name) };
    let similar = services.search.search(actor, &request).await.map(|answer| answer.hits).unwrap_or_default();
    let new = similar.into_iter().filter(|hit| hit.item.id != id && !others.contains(&hit.item.id));
    found.extend(new.take(SIMILAR).map(|hit| (Tie::Like, hit.item)));
    Ok(found)
}

fn tie(kind: LinkKind, forward: bool) -> Tie {
    match (kind, forward) {
        (LinkKind::PartOf, true) => Tie::PartOf,
        (LinkKind::PartOf, false) => Tie::HasPart,
        (LinkKind::AccessoryOf, true) => Tie::AccessoryOf,
        (LinkKind::AccessoryOf, false) => Tie::HasAccessory,
        (LinkKind::SpareFor, true) => Tie::SpareFor,
        (LinkKind::SpareFor, false) => Tie::HasSpare,
        (LinkKind::SameAs, _) => Tie::SameAs,
    }
}

fn show(face: &Rc<Face>, found: &[(Tie, ItemSummary)]) {
    let rows = found
        .iter()
        .map(|(tie, summary)| RelatedRow { tie: *tie, item: results::row(face, summary, Reason::None) })
        .collect();
    sync(super::item::related(face), rows);
    let summaries: Vec<ItemSummary> = found.iter().map(|(_, summary)| summary.clone()).collect();
    results::pictures_of(face, &summaries, |face, decoded: Vec<(ItemId, Image)>| {
        let rows = super::item::related(face);
        for (item, photo) in decoded {
            let at = rows.iter().position(|row| row.item.id == item.to_string().as_str());
            if let Some((index, mut row)) = at.and_then(|index| Some((index, rows.row_data(index)?))) {
                row.item.photo = photo;
                rows.set_row_data(index, row);
            }
        }
    });
}
