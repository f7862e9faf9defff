//! The form of a booking: how many, where from, where to, to whom; and a button that says the whole of it.

use std::collections::HashMap;

use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_i18n::t;

use super::book::{Entered, Verb, outstanding};
use crate::domain::ItemId;
use crate::services::catalog::{ItemView, PlaceNode, StockLine};
use crate::web::fault::Fault;
use crate::web::forms::TOKEN;
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// More places than this are not listed to choose from; their code is typed or scanned.
const LISTED: usize = 400;

pub async fn form(
    visit: &Visit,
    view: &ItemView,
    verb: Verb,
    entered: &Entered,
    wrong: Option<&str>,
) -> Result<Markup, Fault> {
    let (lang, item) = (visit.lang, &view.summary);
    let word = say(lang, &verb.key("verb"));
    let target = if verb.has_target() { Some(target(visit, view, verb, entered).await?) } else { None };
    let borrower = if verb == Verb::Lend { Some(borrower(visit, entered).await?) } else { None };
    Ok(html! {
        a.btn.flat.back href={ "/items/" (item.id) } { (parts::icon(visit, "back")) (item.name) }
        section.panel.pad.booking {
            div.subject {
                (parts::thumbnail(visit, item.photo, item.kind))
                span.who {
                    h1.title { (word) ": " (item.name) }
                    span.at { @if let Some(code) = &item.code { (parts::tape(code)) } span.muted { (parts::short_place(lang, item)) } }
                }
            }
            @if let Some(wrong) = wrong { p.banner.bad role="alert" #wrong { (parts::icon(visit, "bad")) span { (wrong) } } }
            form.stack method="post" action={ "/items/" (item.id) "/book/" (verb.path()) } {
                input type="hidden" name=(TOKEN) value=(visit.form_token());
                input type="hidden" name="request" value=(entered.request);
                @if verb.has_source() { (source(visit, view, entered)) }
                @if item.kind.is_counted() { (quantity(visit, view, verb, entered, wrong.is_some())) }
                @if let Some(target) = target { (target) }
                @if let Some(borrower) = borrower { (borrower) }
                @if verb == Verb::Lend || (verb == Verb::Take && !item.kind.is_counted()) {
                    label for="due" { (say(lang, "form.due")) }
                    input #due type="date" name="due" value=(entered.due);
                }
                label for="note" { (say(lang, "form.note")) }
                input #note type="text" name="note" value=(entered.note) maxlength="500" autocomplete="off";
                div.actions {
                    a.btn href={ "/items/" (item.id) } { (say(lang, "form.cancel")) }
                    button.btn.main type="submit" { (parts::icon(visit, verb.icon())) (word) }
                }
            }
        }
    })
}

fn quantity(visit: &Visit, view: &ItemView, verb: Verb, entered: &Entered, wrong: bool) -> Markup {
    let (lang, item) = (visit.lang, &view.summary);
    let unit = words::unit(lang, item.unit.as_deref());
    let most = match verb {
        Verb::Take | Verb::Move | Verb::Lend => view.stock.iter().map(|line| line.quantity).max(),
        Verb::PutBack => Some(outstanding(&view.loans)).filter(|out| *out > Decimal::ZERO),
        Verb::Receive | Verb::Count => None,
    };
    let mut quick: Vec<Decimal> = Vec::new();
    if verb != Verb::Count {
        let steps = [1, 10, 50, 100].into_iter().map(Decimal::from);
        quick.extend(steps.filter(|step| most.is_none_or(|most| *step < most)));
        quick.extend(most);
    }
    html! {
        label for="quantity" { (say(lang, if verb == Verb::Count { "form.counted" } else { "form.quantity" })) }
        span.with-unit {
            input #quantity.figure-input type="text" inputmode="decimal" name="quantity" value=(entered.quantity) required autocomplete="off"
                autofocus aria-invalid=[wrong.then_some("true")] aria-describedby=[wrong.then_some("wrong")];
            span { (unit) }
        }
        @if !quick.is_empty() {
            div.quick data-fills="quantity" role="group" aria-label=(say(lang, "form.quick")) {
                @for value in quick {
                    button.chip type="button" value=(words::number(lang, value)) {
                        @if Some(value) == most && value > Decimal::ONE { (t!("form.all", locale = lang.code(), count = words::number(lang, value))) }
                        @else { (words::number(lang, value)) }
                    }
                }
            }
        }
    }
}

/// Where from: what there is, most first. One place is named, several are chosen from.
fn source(visit: &Visit, view: &ItemView, entered: &Entered) -> Markup {
    let (lang, unit) = (visit.lang, view.summary.unit.as_deref());
    let value = |line: &StockLine| match &line.lot {
        Some(lot) => format!("{}~{}", line.holder, lot.id),
        None => line.holder.to_string(),
    };
    let name = |line: &StockLine| {
        let path = parts::path_words(lang, &line.path);
        let lot = line.lot.as_ref().map(|lot| format!(" ({})", lot.code)).unwrap_or_default();
        if view.summary.kind.is_counted() {
            format!("{path}{lot}: {}", words::quantity(lang, line.quantity, unit))
        } else {
            format!("{path}{lot}")
        }
    };
    html! {
        @if let [line] = view.stock.as_slice() {
            p.fixed { span.muted { (say(lang, "form.from")) } " " (name(line)) }
            input type="hidden" name="from" value=(value(line));
        } @else if !view.stock.is_empty() {
            label for="from" { (say(lang, "form.from")) }
            select #from name="from" required {
                @for line in &view.stock { option value=(value(line)) selected[value(line) == entered.from] { (name(line)) } }
            }
        }
    }
}

/// Where to: all places as a tree, the likely one chosen.
async fn target(visit: &Visit, view: &ItemView, verb: Verb, entered: &Entered) -> Result<Markup, Fault> {
    let services = &visit.state.services;
    let home = match verb {
        Verb::Move => None,
        _ => services.stock.home_of(&visit.actor, view.summary.id).await?,
    };
    let chosen =
        if entered.to.is_empty() { home.map(|id| id.to_string()).unwrap_or_default() } else { entered.to.clone() };
    let choice = Choice { name: "to", label: "form.to", chosen: &chosen, none: None, but: Some(view.summary.id) };
    places(visit, &choice).await
}

/// One place to be chosen.
pub struct Choice<'a> {
    pub name: &'a str,
    /// A key of the catalogue.
    pub label: &'a str,
    /// A place's id, or what was typed.
    pub chosen: &'a str,
    /// What it is called to choose none, a key of the catalogue; without it, one has to be chosen.
    pub none: Option<&'a str>,
    /// A place that is not among them.
    pub but: Option<ItemId>,
}

/// All places as a tree to choose from; of very many, the code is typed or scanned.
pub async fn places(visit: &Visit, choice: &Choice<'_>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let places = visit.state.services.catalog.places(&visit.actor).await?;
    let chosen: Option<ItemId> = choice.chosen.parse().ok();
    let (name, must) = (choice.name, choice.none.is_none());
    Ok(html! {
        label for=(name) { (say(lang, choice.label)) }
        @if places.len() > LISTED {
            input id=(name) type="text" name=(name) value=(choice.chosen) required[must]
                placeholder=(say(lang, "form.code")) autocomplete="off" autocapitalize="characters" spellcheck="false";
        } @else {
            select id=(name) name=(name) required[must] {
                @if let Some(none) = choice.none { option value="" { (say(lang, none)) } }
                @else if chosen.is_none() { option value="" { (say(lang, "form.choose")) } }
                @for (depth, place) in in_order(&places) {
                    @if Some(place.id) != choice.but {
                        option value=(place.id) selected[chosen == Some(place.id)] {
                            (PAD.repeat(depth)) (place.name) @if let Some(code) = &place.code { "  " (code) }
                        }
                    }
                }
            }
        }
    })
}

/// One step of the tree in a list of choices.
const PAD: &str = "\u{a0}\u{a0}\u{a0}";

/// Depth first, each place below the one it lies in.
fn in_order(places: &[PlaceNode]) -> Vec<(usize, &PlaceNode)> {
    let mut children: HashMap<Option<ItemId>, Vec<&PlaceNode>> = HashMap::new();
    for place in places {
        children.entry(place.parent).or_default().push(place);
    }
    let mut order = Vec::with_capacity(places.len());
    let roots = children.get(&None).cloned().unwrap_or_default();
    let mut waiting: Vec<(usize, &PlaceNode)> = roots.into_iter().rev().map(|place| (0, place)).collect();
    while let Some((depth, place)) = waiting.pop() {
        order.push((depth, place));
        let inside = children.get(&Some(place.id)).map_or(&[][..], Vec::as_slice);
        waiting.extend(inside.iter().rev().map(|place| (depth + 1, *place)));
    }
    order
}

/// To whom: somebody known, or a name.
async fn borrower(visit: &Visit, entered: &Entered) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let people = visit.state.services.people.list(&visit.actor).await?;
    Ok(html! {
        label for="person" { (say(lang, "form.person")) }
        select #person name="person" {
            option value="" { (say(lang, "form.somebody")) }
            @for person in people.iter().filter(|person| person.active) {
                option value=(person.id) selected[entered.person == person.id.to_string()] { (person.name) }
            }
        }
        label for="borrower" { (say(lang, "form.borrower")) }
        input #borrower type="text" name="borrower" value=(entered.borrower) maxlength="200" autocomplete="off";
    })
}
