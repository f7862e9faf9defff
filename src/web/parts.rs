//! The pieces of the design that pages are put together from: tape, rows, levels, paths, icons.

use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_i18n::t;

use super::language::Lang;
use super::visit::Visit;
use super::words::{self, say};
use crate::domain::{ItemKind, PhotoId, Whereabouts};
use crate::services::catalog::{ItemSummary, Path, PathHead};

/// An icon of the sheet; decoration, the word stands beside it.
pub fn icon(visit: &Visit, name: &str) -> Markup {
    icon_at(&visit.state.assets.icon(name))
}

pub fn icon_at(address: &str) -> Markup {
    html! { svg.i aria-hidden="true" { use href=(address) {} } }
}

pub fn kind_icon(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Location => "location",
        ItemKind::Container => "container",
        ItemKind::Asset | ItemKind::Product => "asset",
        ItemKind::Consumable => "consumable",
    }
}

/// The label on the screen is the label in your hand.
pub fn tape(code: &str) -> Markup {
    html! { span.tape { (code) } }
}

/// A photo on its mat, never cropped; without one the kind's icon.
pub fn thumbnail(visit: &Visit, photo: Option<PhotoId>, kind: ItemKind) -> Markup {
    let Some(photo) = photo else {
        return html! { span.photo.none { (icon(visit, kind_icon(kind))) } };
    };
    html! {
        span.photo { img src={ "/photos/" (photo) "/320" } alt="" width="72" height="72" loading="lazy" decoding="async"; }
    }
}

/// How many, or nothing for what is not counted and not there.
pub fn amount(lang: Lang, item: &ItemSummary) -> Markup {
    let (value, unit) = shown_quantity(lang, item);
    html! { span.n { (value) @if !unit.is_empty() { " " small { (unit) } } } }
}

/// The figure that stands for an item: on hand.
pub fn shown_quantity(lang: Lang, item: &ItemSummary) -> (String, String) {
    (words::number(lang, item.on_hand), words::unit(lang, item.unit.as_deref()))
}

/// The level with its notch at the minimum; left of the notch is low.
pub fn level(lang: Lang, item: &ItemSummary) -> Option<Markup> {
    let minimum = item.min_quantity.filter(|minimum| *minimum > Decimal::ZERO)?;
    let full = item.on_hand.max(minimum * Decimal::new(25, 1));
    let percent = |part: Decimal| (part * Decimal::ONE_HUNDRED / full).round_dp(1).normalize().to_string();
    let label = t!(
        "item.level",
        locale = lang.code(),
        there = words::quantity(lang, item.on_hand, item.unit.as_deref()),
        minimum = words::quantity(lang, minimum, item.unit.as_deref())
    );
    let notch = percent(minimum);
    Some(html! {
        svg.gauge .warn[item.low] role="img" aria-label=(label) width="100%" height="18" {
            rect.well x="0.5" y="5.5" width="99.6%" height="7" rx="3" {}
            rect.fill x="0" y="5" width={ (percent(item.on_hand)) "%" } height="8" rx="2" {}
            svg.notch x={ (notch) "%" } y="0" width="5" height="18" overflow="visible" {
                rect.halo x="-2.5" y="0" width="5" height="18" rx="1" {}
                rect.mark x="-1.5" y="0" width="3" height="18" rx="1" {}
            }
        }
    })
}

/// A state with its icon and word; colour comes last.
pub fn state(visit: &Visit, class: &str, icon_name: &str, word: &str) -> Markup {
    html! { span class={ "state " (class) } { (icon(visit, icon_name)) (word) } }
}

/// What is noteworthy about where an item is: low, lent, missing, archived.
pub fn states(visit: &Visit, item: &ItemSummary) -> Markup {
    let lang = visit.lang;
    html! {
        @if item.archived { (state(visit, "", "archive", &say(lang, "state.archived"))) }
        @if item.low { (state(visit, "warn", "low", &say(lang, "state.low"))) }
        @if item.whereabouts == Whereabouts::Missing {
            (state(visit, "bad", "bad", &words::whereabouts(lang, item.whereabouts)))
        }
    }
}

/// Where an item is, as short as a row allows: its place, `2 places`, or what became of it; of a product how many.
pub fn short_place(lang: Lang, item: &ItemSummary) -> String {
    if item.kind == ItemKind::Product {
        return t!("item.instances", locale = lang.code(), count = item.instances).into_owned();
    }
    if item.places > 1 {
        return t!("item.places", locale = lang.code(), count = item.places).into_owned();
    }
    let last_two: Vec<&str> = item.path.places.iter().rev().take(2).map(|place| place.name.as_str()).collect();
    if item.whereabouts == Whereabouts::Missing {
        return String::new(); // The state beside it says so.
    }
    if last_two.is_empty() {
        return head(lang, &item.path.head).unwrap_or_else(|| words::whereabouts(lang, item.whereabouts));
    }
    last_two.into_iter().rev().collect::<Vec<_>>().join(" › ")
}

/// What stands before a path that does not begin at a root.
pub fn head(lang: Lang, head: &PathHead) -> Option<String> {
    match head {
        PathHead::Root => None,
        PathHead::Lent(to) if to.is_empty() => Some(say(lang, "whereabouts.lent")),
        PathHead::Lent(to) => Some(t!("item.lent_to", locale = lang.code(), name = to).into_owned()),
        PathHead::Missing => Some(say(lang, "whereabouts.missing")),
        PathHead::Gone => Some(say(lang, "whereabouts.gone")),
        PathHead::NeverStocked => Some(say(lang, "whereabouts.never_stocked")),
    }
}

/// A path in words, outermost first.
pub fn path_words(lang: Lang, path: &Path) -> String {
    let names = path.places.iter().map(|place| place.name.clone());
    head(lang, &path.head).into_iter().chain(names).collect::<Vec<_>>().join(" › ")
}

/// A path to walk along.
pub fn crumbs(visit: &Visit, path: &Path) -> Markup {
    html! {
        nav.crumbs aria-label=(say(visit.lang, "nav.path")) {
            @if let Some(head) = head(visit.lang, &path.head) { span { (head) } }
            @for (n, place) in path.places.iter().enumerate() {
                @if n > 0 || path.head != PathHead::Root { (icon(visit, "forward")) }
                a href={ "/items/" (place.id) } { (place.name) }
            }
        }
    }
}

/// A row of a list: picture → name → label and place → number.
pub fn row(visit: &Visit, item: &ItemSummary, name: &Markup, below: &Markup) -> Markup {
    html! {
        li {
            a.rw href={ "/items/" (item.id) } {
                (thumbnail(visit, item.photo, item.kind))
                span.what {
                    span.name { (name) }
                    span.under {
                        span.where {
                            span.at {
                                @if let Some(code) = &item.code { (tape(code)) }
                                span.cut { (short_place(visit.lang, item)) }
                                (states(visit, item))
                            }
                            (below)
                        }
                        @if item.kind == ItemKind::Consumable { (amount(visit.lang, item)) }
                    }
                }
            }
        }
    }
}

/// A plain row.
pub fn plain_row(visit: &Visit, item: &ItemSummary) -> Markup {
    row(visit, item, &html! { (item.name) }, &html! {})
}

/// An empty list says what to do next, above an empty shelf.
pub fn empty(title: &str, help: &str) -> Markup {
    html! {
        div.empty {
            svg.shelf aria-hidden="true" viewBox="0 0 374 86" width="280" height="64" {
                rect x="101" y="18" width="110" height="60" rx="5" {}
                rect x="227" y="38" width="60" height="40" rx="5" {}
                path d="M0 80h374" {}
            }
            p.title { (title) }
            p.muted { (help) }
        }
    }
}
