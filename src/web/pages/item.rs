//! One item: picture, name, label, how many, where; what can be done with it; what it holds; its history and details.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use rust_i18n::t;
use serde::Deserialize;

use super::book::Verb;
use super::lists::{self, At};
use super::{history, undo};
use crate::domain::{ItemId, ItemKind, Permission};
use crate::services::catalog::{ItemView, ListFilter, ListOrder, Loan};
use crate::services::stock::HistoryFilter;
use crate::web::details;
use crate::web::fault::Fault;
use crate::web::layout::{self, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    /// What has just been booked.
    did: Option<String>,
    /// A holder's contents with everything inside the holders in it.
    all: Option<String>,
    page: Option<usize>,
}

/// `GET /items/{id}`
pub async fn page(visit: Visit, Path(id): Path<String>, Query(shown): Query<Shown>) -> Result<Response, Fault> {
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    let view = visit.state.services.catalog.view(&visit.actor, id).await?;
    if let Some(survivor) = view.merged_into {
        return Ok(Redirect::to(&format!("/items/{survivor}")).into_response());
    }
    let lang = visit.lang;
    let address = format!("/items/{id}");
    let notice = undo::notice(&visit, shown.did.as_deref(), &address).await?;
    let contents = contents(&visit, &view, &shown).await?;
    let filter = HistoryFilter { item: Some(id), limit: 8, ..HistoryFilter::default() };
    let lines = visit.state.services.stock.history(&visit.actor, &filter).await?;
    let body = html! {
        (notice)
        div.item-bar {
            // A product is a description: it lies nowhere, its things do.
            @if view.summary.kind == ItemKind::Product { span {} } @else { (parts::crumbs(&visit, &view.summary.path)) }
            (keeping(&visit, &view))
        }
        @if view.summary.archived {
            p.banner.warn { (parts::icon(&visit, "archive")) (say(lang, "item.archived")) }
        }
        div.item {
            (photos(&visit, &view))
            div.facts {
                h1.heading { (view.summary.name) }
                @if !view.summary.tags.is_empty() {
                    p.tags { @for tag in &view.summary.tags { a.tag href={ "/?" (query("tag", tag)) } { (tag) } } }
                }
                div #quantity data-live { (quantity(&visit, &view)) }
                (verbs(&visit, &view, "verbs-here"))
                (tabs(&visit, &view))
                section.part .holder[view.summary.kind.is_holder()] #where data-live aria-labelledby="tab-where" {
                    @if let Some(contents) = &contents { (contents) }
                    (whereabouts(&visit, &view))
                }
                section.part #history data-live aria-labelledby="tab-history" {
                    h2.part-title { (say(lang, "item.history")) }
                    @if lines.is_empty() { p.muted.quiet { (say(lang, "history.none")) } }
                    @else {
                        (history::rows(&visit, &lines, view.summary.kind.is_holder()))
                        p { a.lnk href={ (address) "/history" } { (say(lang, "item.all_history")) } }
                    }
                }
                section.part #details data-live aria-labelledby="tab-details" {
                    h2.part-title { (say(lang, "item.details")) }
                    (details::table(&visit, &view))
                }
            }
        }
    };
    let verbs = verbs(&visit, &view, "dock");
    let page = Page { title: view.summary.name.clone(), nav: None, verbs: Some(verbs), body };
    Ok(layout::page(&visit, &page).into_response())
}

/// What a keeper does with the entry rather than the thing.
fn keeping(visit: &Visit, view: &ItemView) -> Markup {
    let lang = visit.lang;
    let address = format!("/items/{}", view.summary.id);
    let keeps = visit.actor.may(Permission::Keep);
    let entry = |at: &str, icon: &str, key: &str| {
        let shortcut = (key == "edit.edit").then_some("e");
        html! { li { a href=(at) aria-keyshortcuts=[shortcut] { (parts::icon(visit, icon)) (say(lang, key)) } } }
    };
    html! {
        details.menu.end.to-left {
            summary.btn.flat.icon-only aria-label=(say(lang, "item.further")) { (parts::icon(visit, "more")) }
            ul {
                @if keeps { (entry(&format!("{address}/edit"), "edit", "edit.edit")) (entry(&format!("{address}/photos"), "photo", "photos.edit")) }
                @if keeps && view.summary.kind.is_holder() { (entry(&format!("/items/new?in={}", view.summary.id), "plus", "edit.new")) }
                @if keeps && let Some(code) = &view.summary.code { (entry(&format!("/labels?{}", query("code", code)), "print", "labels.one")) }
                (entry(&format!("{address}/stock"), "statistics", "stats.over_time"))
            }
        }
    }
}

/// `name=value`, encoded.
fn query(name: &str, value: &str) -> String {
    serde_urlencoded::to_string([(name, value)]).unwrap_or_default()
}

/// All pictures side by side to be swiped; the label lies on them, as it does on the thing.
fn photos(visit: &Visit, view: &ItemView) -> Markup {
    let lang = visit.lang;
    let tape = view.summary.code.as_deref().map(|code| html! { span.tape.big { (code) } });
    html! {
        div.hero {
            @if view.photos.is_empty() {
                div.photo.none { (parts::icon(visit, parts::kind_icon(view.summary.kind))) }
            } @else {
                div.strip tabindex="0" role="group" aria-label=(say(lang, "item.photos")) {
                    @for (n, photo) in view.photos.iter().enumerate() {
                        a.photo href={ "/photos/" (photo.id) "/full" } id={ "photo-" (n + 1) } {
                            @let alt = if photo.caption.is_empty() {
                                t!("item.photo_of", locale = lang.code(), name = view.summary.name).into_owned()
                            } else { photo.caption.clone() };
                            img src={ "/photos/" (photo.id) "/1280" } alt=(alt) width=(photo.width) height=(photo.height)
                                loading=(if n == 0 { "eager" } else { "lazy" }) decoding="async";
                        }
                    }
                }
                @if view.photos.len() > 1 {
                    p.dots aria-hidden="true" {
                        @for n in 0..view.photos.len() { i.on[n == 0] {} }
                    }
                }
            }
            @if let Some(tape) = tape { (tape) }
        }
    }
}

/// The largest thing on the page: how many, and the level beside it.
fn quantity(visit: &Visit, view: &ItemView) -> Markup {
    let (lang, item) = (visit.lang, &view.summary);
    let l = lang.code();
    if !item.kind.is_counted() {
        return html! {
            p.states {
                @if item.kind == ItemKind::Product {
                    (t!("item.instances", locale = l, count = item.instances))
                } @else {
                    (parts::states(visit, item))
                    @if let Some(head) = parts::head(lang, &item.path.head) { span.muted { (head) } }
                }
            }
        };
    }
    let (value, unit) = parts::shown_quantity(lang, item);
    let amount = |value| words::quantity(lang, value, item.unit.as_deref());
    html! {
        div.sk {
            span.figure { (value) " " small { (unit) } }
            @if let Some(level) = parts::level(lang, item) {
                div.gauge-box {
                    (level)
                    div.caption {
                        @if item.low { (parts::state(visit, "warn", "low", &say(lang, "state.low"))) }
                        @else { (parts::state(visit, "good", "good", &say(lang, "item.above_minimum"))) }
                        span.muted { (t!("item.minimum", locale = l, minimum = words::number(lang, item.min_quantity.unwrap_or_default()))) }
                    }
                }
            }
        }
        @if !item.lent.is_zero() || !item.missing.is_zero() {
            p.caption.muted {
                @if !item.lent.is_zero() { (t!("item.lent", locale = l, amount = amount(item.lent))) " · " }
                @if !item.missing.is_zero() { (t!("item.missing", locale = l, amount = amount(item.missing))) " · " }
                (t!("item.owned", locale = l, amount = amount(view.owned)))
            }
        }
    }
}

/// What can be done: the first two with their word, the rest as icons with a name, everything else under *more*.
fn verbs(visit: &Visit, view: &ItemView, class: &str) -> Markup {
    let lang = visit.lang;
    let all = Verb::offered(&visit.actor, &view.summary);
    // Five do not fit under a thumb; the last place is then for those under *more*.
    let (shown, further) = all.split_at(if all.len() > 4 { 3 } else { all.len() });
    let address = |verb: Verb| format!("/items/{}/book/{}", view.summary.id, verb.path());
    html! {
        nav class={ "verbs " (class) } aria-label=(say(lang, "item.verbs")) {
            @if all.is_empty() { a.btn href="/" { (parts::icon(visit, "find")) (say(lang, "nav.find")) } }
            @for (n, &verb) in shown.iter().enumerate() {
                a.btn .main[n < 2] .icon-only[n >= 2] href=(address(verb)) aria-keyshortcuts=(verb.shortcut()) {
                    (parts::icon(visit, verb.icon())) span { (say(lang, &verb.key("verb"))) }
                }
            }
            @if !further.is_empty() {
                details.menu.up {
                    summary.btn.icon-only aria-label=(say(lang, "item.further")) { (parts::icon(visit, "more")) }
                    ul {
                        @for &verb in further {
                            li { a href=(address(verb)) aria-keyshortcuts=(verb.shortcut()) { (parts::icon(visit, verb.icon())) (say(lang, &verb.key("verb"))) } }
                        }
                    }
                }
            }
        }
    }
}

fn tabs(visit: &Visit, view: &ItemView) -> Markup {
    let first = if view.summary.kind.is_holder() { "item.contents" } else { "item.where" };
    html! {
        nav.tabs aria-label=(say(visit.lang, "item.parts")) {
            @for (n, (part, word)) in [("where", first), ("history", "item.history"), ("details", "item.details")].into_iter().enumerate() {
                a id={ "tab-" (part) } href={ "#" (part) } aria-current=[(n == 0).then_some("true")] { (say(visit.lang, word)) }
            }
        }
    }
}

/// Where it lies, each with how many; and who has the rest.
fn whereabouts(visit: &Visit, view: &ItemView) -> Markup {
    let lang = visit.lang;
    let item = &view.summary;
    let is_root = view.stock.is_empty() && item.kind == ItemKind::Location;
    html! {
        @if item.kind != ItemKind::Product && !is_root {
            h2.part-title { (say(lang, "item.where")) }
            @if view.stock.is_empty() && view.loans.is_empty() { p.muted.quiet { (words::whereabouts(lang, item.whereabouts)) } }
            ul.lines {
                @for line in &view.stock {
                    li {
                        a.wr href={ "/items/" (line.holder) } {
                            (parts::icon(visit, "location"))
                            span.who {
                                @if let Some((last, before)) = line.path.places.split_last() {
                                    span.name { (last.name) }
                                    span.caption.muted {
                                        @if let Some(head) = parts::head(lang, &line.path.head) { (head) " › " }
                                        (before.iter().map(|place| place.name.as_str()).collect::<Vec<_>>().join(" › "))
                                        @if let Some(lot) = &line.lot {
                                            " · " (t!("item.lot", locale = lang.code(), code = lot.code))
                                            @if let Some(day) = lot.expires_on { ", " (t!("item.expires", locale = lang.code(), day = words::date(lang, day))) }
                                        }
                                    }
                                }
                            }
                            @if item.kind.is_counted() { span.n { (words::number(lang, line.quantity)) } }
                            (parts::icon(visit, "forward"))
                        }
                    }
                }
                @for loan in &view.loans {
                    li {
                        @if visit.actor.may(Permission::Book) { a.wr href={ "/loans/" (loan.id) } { (loan_line(visit, item.kind, loan)) (parts::icon(visit, "forward")) } }
                        @else { span.wr { (loan_line(visit, item.kind, loan)) } }
                    }
                }
            }
        }
    }
}

/// Who has some of it, and until when.
fn loan_line(visit: &Visit, kind: ItemKind, loan: &Loan) -> Markup {
    let lang = visit.lang;
    let lent = if loan.borrower.is_empty() {
        say(lang, "whereabouts.lent")
    } else {
        t!("item.lent_to", locale = lang.code(), name = loan.borrower).into_owned()
    };
    html! {
        (parts::icon(visit, "lend"))
        span.who { span.name { (lent) } span.caption { (lists::due(visit, loan)) } }
        @if kind.is_counted() { span.n { (words::number(lang, loan.outstanding)) } }
    }
}

/// What lies in a holder, directly or with everything inside; the things of a product.
async fn contents(visit: &Visit, view: &ItemView, shown: &Shown) -> Result<Option<Markup>, Fault> {
    let item = &view.summary;
    let product = item.kind == ItemKind::Product;
    if !item.kind.is_holder() && !product {
        return Ok(None);
    }
    let lang = visit.lang;
    let all = shown.all.is_some() && !product;
    let filter = if product {
        ListFilter { instance_of: Some(item.id), ..ListFilter::default() }
    } else if all {
        ListFilter { inside: Some(item.id), ..ListFilter::default() }
    } else {
        ListFilter { directly_in: Some(item.id), ..ListFilter::default() }
    };
    let catalog = &visit.state.services.catalog;
    let ids = catalog.list(&visit.actor, &filter, ListOrder::Name).await?;
    let at = At::of(shown.page);
    let items = catalog.summaries(&visit.actor, at.part(&ids)).await?;
    let address = format!("/items/{}?{}page=", item.id, if all { "all=1&" } else { "" });
    if product {
        return Ok(Some(html! {
            @if !items.is_empty() { ul.list.panel { @for item in &items { (parts::plain_row(visit, item)) } } }
            (lists::pager(visit, at, ids.len(), &address))
        }));
    }
    Ok(Some(html! {
        div.contents-head {
            h2.part-title { (t!("item.inside", locale = lang.code(), count = words::number(lang, (ids.len() as u64).into()))) }
            span.choice {
                a.chip .on[!all] href={ "/items/" (item.id) } aria-current=[(!all).then_some("true")] { (say(lang, "item.directly")) }
                a.chip .on[all] href={ "/items/" (item.id) "?all=1" } aria-current=[all.then_some("true")] { (say(lang, "item.all_inside")) }
                a.chip href={ "/?in=" (item.id) } { (parts::icon(visit, "find")) (say(lang, "item.search_inside")) }
            }
        }
        @if items.is_empty() {
            (parts::empty(&t!("item.empty", locale = lang.code(), name = item.name), &say(lang, "item.empty_help")))
        } @else {
            ul.list.panel { @for item in &items { (parts::plain_row(visit, item)) } }
        }
        (lists::pager(visit, at, ids.len(), &address))
    }))
}
