//! Search; before anybody asks for anything, [`today`].

use std::collections::HashSet;

use axum::extract::Query;
use maud::{Markup, PreEscaped, html};
use rust_i18n::t;

use super::today;
use crate::domain::ItemKind;
use crate::domain::search::Why;
use crate::services::search::{Hit, SearchResults};
use crate::web::fault::Fault;
use crate::web::find::{Asked, PER_PAGE};
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// `GET /`
pub async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let chips = chips(&visit, &asked).await?;
    let results = content(&visit, &asked).await?;
    let title = match asked.text() {
        text if !text.is_empty() => text,
        _ => say(lang, if asked.is_empty() { "nav.today" } else { "nav.find" }),
    };
    let body = html! {
        header.finder {
            h1.heading.day { (words::long_day(lang, words::today())) }
            (field(&visit, &asked))
        }
        (chips)
        div #results data-live { (results) }
    };
    let nav = Some(if asked.is_empty() { Nav::Today } else { Nav::Find });
    Ok(layout::page(&visit, &Page { title, nav, verbs: None, body }))
}

/// `GET /results`: what the script puts in place while somebody types.
pub async fn results(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Fault> {
    content(&visit, &asked).await
}

fn field(visit: &Visit, asked: &Asked) -> Markup {
    let lang = visit.lang;
    html! {
        form #search.finder-form role="search" action="/" method="get" {
            label.search {
                span.unseen { (say(lang, "search.label")) }
                (parts::icon(visit, "find"))
                input #q type="search" name="q" value=(asked.text()) placeholder=(say(lang, "search.placeholder"))
                    maxlength="400" autocomplete="off" autocapitalize="none" spellcheck="false" enterkeyhint="search"
                    aria-controls="results" aria-keyshortcuts="/";
                kbd.key aria-hidden="true" { "/" }
            }
            @if let Some(kind) = asked.kind { input type="hidden" name="kind" value=(kind); }
            @if let Some(tag) = &asked.tag { input type="hidden" name="tag" value=(tag); }
            @if let Some(inside) = asked.inside { input type="hidden" name="in" value=(inside); }
            @for (name, on) in [("low", asked.low), ("lent", asked.lent), ("archived", asked.archived)] {
                @if on { input type="hidden" name=(name) value="1"; }
            }
            button.btn.main type="submit" aria-label=(say(lang, "search.go")) { (parts::icon(visit, "find")) }
            a.btn.scan href="/scan" aria-label=(say(lang, "scan.title")) { (parts::icon(visit, "scan")) }
        }
    }
}

/// Filters as chips; a chosen one is removed by touching it.
async fn chips(visit: &Visit, asked: &Asked) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let catalog = &visit.state.services.catalog;
    let place = match asked.inside {
        Some(inside) => catalog.summaries(&visit.actor, &[inside]).await?.pop().map(|place| place.name),
        None => None,
    };
    let mut tags = catalog.tags(&visit.actor).await?;
    tags.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    tags.truncate(30);
    let chosen = |icon: &str, word: &str, without: &Asked| {
        html! {
            a.chip.on href=(without.address()) {
                (parts::icon(visit, icon)) (word) span.unseen { ": " (say(lang, "search.remove")) } (parts::icon(visit, "close"))
            }
        }
    };
    let offered = |icon: &str, word: &str, with: &Asked| {
        html! { a.chip href=(with.address()) { (parts::icon(visit, icon)) (word) } }
    };
    let menu = |icon: &str, word: &str, choices: Markup| {
        html! { details.menu { summary.chip { (parts::icon(visit, icon)) (word) (parts::icon(visit, "down")) } ul { (choices) } } }
    };
    Ok(html! {
        nav.chips.at-rest[asked.is_empty()] aria-label=(say(lang, "search.filters")) {
            @if asked.inside.is_some() {
                (chosen("places", place.as_deref().unwrap_or("?"), &asked.with(|a| a.inside = None)))
            }
            @if let Some(kind) = asked.kind {
                (chosen(parts::kind_icon(kind), &words::kind(lang, kind), &asked.with(|a| a.kind = None)))
            } @else {
                (menu("filter", &say(lang, "search.kind"), html! {
                    @for kind in ItemKind::ALL {
                        li { a href=(asked.with(|a| a.kind = Some(kind)).address()) {
                            (parts::icon(visit, parts::kind_icon(kind))) (words::kind(lang, kind))
                        } }
                    }
                }))
            }
            @if let Some(tag) = &asked.tag {
                (chosen("tag", tag, &asked.with(|a| a.tag = None)))
            } @else if !tags.is_empty() {
                (menu("tag", &say(lang, "search.tag"), html! {
                    @for (tag, count) in &tags {
                        li { a href=(asked.with(|a| a.tag = Some(tag.clone())).address()) {
                            (tag) span.count { (words::number(lang, (*count).into())) }
                        } }
                    }
                }))
            }
            @for (on, icon, word, with) in [
                (asked.low, "low", "search.low", asked.with(|a| a.low = !a.low)),
                (asked.lent, "lend", "search.lent", asked.with(|a| a.lent = !a.lent)),
            ] {
                @if on { (chosen(icon, &say(lang, word), &with)) } @else { (offered(icon, &say(lang, word), &with)) }
            }
            @if asked.archived {
                (chosen("archive", &say(lang, "state.archived"), &asked.with(|a| a.archived = false)))
            }
        }
    })
}

async fn content(visit: &Visit, asked: &Asked) -> Result<Markup, Fault> {
    if asked.is_empty() {
        return today::glance(visit).await;
    }
    let found = asked.search(&visit.state.services, &visit.actor, PER_PAGE).await?;
    Ok(hits(visit, asked, &found))
}

fn hits(visit: &Visit, asked: &Asked, found: &SearchResults) -> Markup {
    let lang = visit.lang;
    let l = lang.code();
    let pages = found.total.div_ceil(PER_PAGE);
    html! {
        p.cnt.caption.muted role="status" {
            @if found.total == 1 { (say(lang, "search.found_one")) }
            @else if found.total > 1 { (t!("search.found", locale = l, count = words::number(lang, found.total.into()))) }
            @if let Some(corrected) = &found.corrected {
                @if found.total > 0 { " · " }
                (t!("search.corrected", locale = l, words = corrected))
            }
            @for place in &found.unknown_places { " · " (t!("search.unknown_place", locale = l, place = place)) }
            @if found.words_only.is_some() && !asked.text().is_empty() { " · " (say(lang, "search.words_only")) }
        }
        @if found.hits.is_empty() {
            (parts::empty(&t!("search.nothing", locale = l, words = asked.text().trim()), &say(lang, "search.nothing_help")))
        } @else {
            ul.list.two { @for hit in &found.hits { (hit_row(visit, hit)) } }
        }
        @if pages > 1 {
            nav.pager aria-label=(say(lang, "search.pages")) {
                @if asked.page() > 1 {
                    a.btn rel="prev" href=(asked.with(|a| a.page = Some(asked.page() - 1)).address()) {
                        (parts::icon(visit, "back")) (say(lang, "search.previous"))
                    }
                }
                @if asked.page() < pages {
                    a.btn rel="next" href=(asked.with(|a| a.page = Some(asked.page() + 1)).address()) {
                        (say(lang, "search.next")) (parts::icon(visit, "forward"))
                    }
                }
            }
        }
    }
}

fn hit_row(visit: &Visit, hit: &Hit) -> Markup {
    let reason = match hit.why {
        Why::Code => Some(("label", "why.code")),
        Why::Word => Some(("word", "why.word")),
        Why::Spelling => Some(("spelling", "why.spelling")),
        Why::Meaning => Some(("meaning", "why.meaning")),
        Why::Filter => None,
    };
    let why = html! {
        @if let Some((icon, word)) = reason {
            span.why {
                (parts::icon(visit, icon)) (say(visit.lang, word))
                @if !hit.matched.is_empty() && matches!(hit.why, Why::Word | Why::Spelling) { ": " (hit.matched.join(", ")) }
            }
        }
    };
    parts::row(visit, &hit.item, &underlined(&hit.item.name, &hit.matched), &why)
}

/// A name in which the words that matched are underlined.
fn underlined(name: &str, matched: &[String]) -> Markup {
    let matched: HashSet<String> = matched.iter().map(|word| word.to_lowercase()).collect();
    let mut html = String::new();
    let mut rest = name;
    while !rest.is_empty() {
        let in_word = rest.chars().next().is_some_and(char::is_alphanumeric);
        let end = rest.find(|c: char| c.is_alphanumeric() != in_word).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        let escaped = html! { (part) }.into_string();
        if in_word && is_matched(&part.to_lowercase(), &matched) {
            html.extend(["<u>", &escaped, "</u>"]);
        } else {
            html.push_str(&escaped);
        }
        rest = after;
    }
    PreEscaped(html)
}

/// The word itself, or another form of it: they share a beginning of at least four letters and most of their length.
fn is_matched(word: &str, matched: &HashSet<String>) -> bool {
    matched.contains(word)
        || matched.iter().any(|other| {
            let shared = word.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
            shared >= 4 && shared + 2 >= word.chars().count().min(other.chars().count())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, matched: &[&str], expected: &str) {
        let matched: Vec<String> = matched.iter().map(|&word| word.into()).collect();
        assert_eq!(underlined(name, &matched).into_string(), expected);
    }

    #[test]
    fn words_that_matched_are_underlined_and_nothing_else() {
        check("Socket head cap screw M3 × 8", &["screw", "m3"], "Socket head cap <u>screw</u> <u>M3</u> × 8");
        check("Screws, long", &["screw"], "<u>Screws</u>, long");
        check("Screwdriver", &["screw"], "<u>Screwdriver</u>");
        check("<b>bold</b> & screw", &["screw", "b"], "&lt;<u>b</u>&gt;bold&lt;/<u>b</u>&gt; &amp; <u>screw</u>");
        check("Tent", &[], "Tent");
    }
}
