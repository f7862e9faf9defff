//! The lines of a stocktake, and the form that counts whatever is scanned or typed.

use std::collections::HashMap;

use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_i18n::t;

use super::Shown;
use crate::domain::stocktake::{Outcome, Was};
use crate::domain::{ItemId, RequestId};
use crate::services::catalog::ItemSummary;
use crate::services::stocktake::{LineView, StocktakeView};
use crate::web::fault::Fault;
use crate::web::forms::TOKEN;
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// What the last count did.
pub fn said(visit: &Visit, view: &StocktakeView, shown: &Shown) -> Option<String> {
    let key @ ("counted" | "not-here" | "open" | "here") = shown.said.as_str() else { return None };
    let item: ItemId = shown.item.parse().ok()?;
    let lang = visit.lang;
    let line = view.lines.iter().filter(|line| line.line.item == item).max_by_key(|line| line.counted_at);
    let name = match line {
        Some(line) => line.name.clone(),
        None => view.lines.iter().find(|line| line.line.holder == item).map(|line| line.holder_name.clone())?,
    };
    let amount = line.map(|line| words::quantity(lang, line.counted.unwrap_or_default(), line.unit.as_deref()));
    let key = format!("count.said.{key}");
    Some(t!(key, locale = lang.code(), name = name, amount = amount.unwrap_or_default()).into_owned())
}

/// A code, and how many where it is a consumable.
pub async fn scan_form(visit: &Visit, view: &StocktakeView, shown: &Shown) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let here: Option<ItemId> = shown.here.parse().ok();
    let place = match here {
        Some(here) => visit.state.services.catalog.summaries(&visit.actor, &[here]).await?.pop(),
        None => None,
    };
    Ok(html! {
        form.stack.panel.pad method="post" action={ "/stocktakes/" (view.head.id) "/scan" } {
            input type="hidden" name=(TOKEN) value=(visit.form_token());
            input type="hidden" name="request" value=(RequestId::new());
            @if let Some(place) = &place {
                input type="hidden" name="here" value=(place.id);
                p { (parts::icon(visit, "location")) " " (t!("count.here", locale = lang.code(), name = place.name)) " "
                    a.lnk href={ "/stocktakes/" (view.head.id) } { (say(lang, "count.anywhere")) } }
            }
            label for="code" { (say(lang, "count.code")) }
            input #code type="text" name="code" required autofocus autocomplete="off" autocapitalize="characters" spellcheck="false";
            label for="amount" { (say(lang, "count.amount")) }
            input #amount type="text" inputmode="decimal" name="quantity" autocomplete="off" aria-describedby="amount-help";
            p.caption.muted #amount-help { (say(lang, "count.amount_help")) }
            button.btn.main type="submit" { (parts::icon(visit, "scan")) (say(lang, "count.tick")) }
        }
    })
}

/// One row each, under the place they lie in.
pub async fn rows(
    visit: &Visit,
    view: &StocktakeView,
    lines: &[&LineView],
    counting: bool,
    tab: &str,
) -> Result<Markup, Fault> {
    let ids: Vec<ItemId> = lines.iter().map(|line| line.line.item).collect();
    let items: HashMap<ItemId, ItemSummary> =
        visit.state.services.catalog.summaries(&visit.actor, &ids).await?.into_iter().map(|i| (i.id, i)).collect();
    let mut last = None;
    Ok(html! {
        ul.lines.counts {
            @for line in lines {
                @if last.replace(line.line.holder) != Some(line.line.holder) {
                    li.place-head { (parts::icon(visit, "location")) " " b { (line.holder_name) } }
                }
                @if let Some(item) = items.get(&line.line.item) { (row(visit, view, line, item, counting, tab)) }
            }
        }
    })
}

fn row(visit: &Visit, view: &StocktakeView, line: &LineView, item: &ItemSummary, counting: bool, tab: &str) -> Markup {
    html! {
        li.lo.counted-row {
            (parts::thumbnail(visit, item.photo, item.kind))
            span.who {
                a.name href={ "/items/" (item.id) } { (line.name) }
                span.at {
                    @if let Some(code) = &item.code { (parts::tape(code)) }
                    span.caption.muted { (about(visit, line)) }
                }
            }
            (figures(visit, line))
            @if counting { (count_form(visit, view, line, tab)) }
        }
    }
}

/// What else is worth knowing about a line.
fn about(visit: &Visit, line: &LineView) -> String {
    let lang = visit.lang;
    let l = lang.code();
    let mut said: Vec<String> = Vec::new();
    if let Some(lot) = &line.lot {
        said.push(t!("item.lot", locale = l, code = lot).into_owned());
    }
    if let Some(place) = &line.was_in {
        said.push(t!("count.books_say", locale = l, name = place).into_owned());
    }
    if line.times > 1 {
        said.push(t!("count.times", locale = l, count = line.times).into_owned());
    }
    if line.informed {
        said.push(say(lang, "count.informed"));
    }
    if !line.moved.is_zero() {
        said.push(t!("count.moved", locale = l, change = words::signed(lang, line.moved)).into_owned());
    }
    if let (Some(name), Some(at)) = (&line.counted_by, line.counted_at) {
        said.push(format!("{name}, {}", words::moment(lang, at)));
    }
    said.join(" · ")
}

/// Books, counted, difference.
fn figures(visit: &Visit, line: &LineView) -> Markup {
    let lang = visit.lang;
    let unit = words::unit(lang, line.unit.as_deref());
    let shown = |value: Option<Decimal>| value.map_or_else(|| "–".to_owned(), |value| words::number(lang, value));
    let counted_kind = line.kind.is_counted();
    html! {
        span.figures {
            @if counted_kind && line.expected.is_some() {
                span { span.caption.muted { (say(lang, "count.books")) } " " b { (shown(line.expected)) } }
            }
            @if counted_kind && line.counted.is_some() {
                span { span.caption.muted { (say(lang, "count.counted")) } " " b { (shown(line.counted)) " " (unit) } }
            }
            (verdict(visit, line))
        }
    }
}

/// The difference with its sign and shape; colour comes last.
fn verdict(visit: &Visit, line: &LineView) -> Markup {
    let lang = visit.lang;
    let Some(outcome) = line.outcome else {
        return match line.counted {
            Some(n) if !line.kind.is_counted() => {
                let (class, icon, key) =
                    if n.is_zero() { ("bad", "bad", "not_here") } else { ("good", "good", "ticked") };
                parts::state(visit, class, icon, &say(lang, &format!("count.outcome.{key}")))
            }
            _ => html! {},
        };
    };
    let word = |key: &str| say(lang, &format!("count.outcome.{key}"));
    match outcome {
        Outcome::Agrees => parts::state(visit, "good", "good", &word("agrees")),
        Outcome::Differs { by } => {
            let icon = if by > Decimal::ZERO { "up" } else { "down" };
            parts::state(visit, "warn", icon, &words::signed(lang, by))
        }
        Outcome::NotHere => parts::state(visit, "bad", "bad", &word("not_here")),
        Outcome::FoundHere { was } => {
            let key = match was {
                Was::In(_) => "found_here",
                Was::Lent(_) => "came_back",
                Was::Missing => "found_again",
                Was::Nowhere => "new_here",
            };
            parts::state(visit, "", "move", &word(key))
        }
        Outcome::FoundElsewhere { .. } => parts::state(visit, "", "move", &word("found_elsewhere")),
        Outcome::Settled => parts::state(visit, "good", "clock", &word("settled")),
        Outcome::Recount { .. } => parts::state(visit, "bad", "bad", &word("recount")),
    }
}

/// How many; or here and not here.
fn count_form(visit: &Visit, view: &StocktakeView, line: &LineView, tab: &str) -> Markup {
    let lang = visit.lang;
    let label = t!("count.how_many", locale = lang.code(), name = line.name);
    html! {
        form.count-form method="post" action={ "/stocktakes/" (view.head.id) "/counts" } {
            input type="hidden" name=(TOKEN) value=(visit.form_token());
            input type="hidden" name="request" value=(RequestId::new());
            input type="hidden" name="item" value=(line.line.item);
            input type="hidden" name="holder" value=(line.line.holder);
            @if let Some(lot) = line.line.lot { input type="hidden" name="lot" value=(lot); }
            input type="hidden" name="show" value=(tab);
            @if line.kind.is_counted() {
                input type="text" inputmode="decimal" name="quantity" required autocomplete="off" aria-label=(label) size="6"
                    value=[line.counted.map(|n| words::number(lang, n))];
                button.btn type="submit" { (parts::icon(visit, "check")) (say(lang, "count.set")) }
            } @else {
                button.btn type="submit" name="quantity" value="1" aria-label={ (line.name) ": " (say(lang, "count.it_is_here")) } {
                    (parts::icon(visit, "check")) (say(lang, "count.it_is_here"))
                }
                button.btn type="submit" name="quantity" value="0" aria-label={ (line.name) ": " (say(lang, "count.not_here")) } {
                    (parts::icon(visit, "close")) (say(lang, "count.not_here"))
                }
            }
        }
    }
}
