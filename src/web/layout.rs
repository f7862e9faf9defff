//! The frame of every page: head, navigation, main. Pages of trouble too, which cannot rely on anything but the files.

use maud::{DOCTYPE, Markup, html};

use super::fault::Fault;
use super::keys;
use super::language::{Lang, Theme};
use super::parts::icon_at;
use super::state::WebState;
use super::visit::Visit;
use super::words::say;
use crate::domain::{Actor, Permission, Role};

/// Where in the navigation a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nav {
    Today,
    Find,
    Places,
    Scan,
    Low,
    Lent,
    History,
    Counts,
    Labels,
    Statistics,
    People,
    Settings,
    More,
}

impl Nav {
    /// On a phone five fit beside each other; the others are under *more*. At a desk nobody scans with the camera.
    fn class(self) -> Option<&'static str> {
        match self {
            Self::Find | Self::Places | Self::Low | Self::More => None,
            Self::Scan => Some("hidden-at-desk"),
            _ => Some("hidden-on-phone"),
        }
    }
}

/// Address, icon, key of the word, and what its reader may do at least; in the order of the dock.
const ENTRIES: [(Nav, &str, &str, &str, Permission); 13] = [
    (Nav::Today, "/", "home", "nav.today", Permission::Look),
    (Nav::Find, "/#q", "find", "nav.find", Permission::Look),
    (Nav::Places, "/places", "places", "nav.places", Permission::Look),
    (Nav::Scan, "/scan", "scan", "nav.scan", Permission::Look),
    (Nav::Low, "/low", "low", "nav.low", Permission::Look),
    (Nav::Lent, "/lent", "lend", "nav.lent", Permission::SeePrivate),
    (Nav::History, "/history", "history", "nav.history", Permission::Look),
    (Nav::Counts, "/stocktakes", "count", "count.title", Permission::Look),
    (Nav::Labels, "/labels", "label", "labels.nav", Permission::Keep),
    (Nav::Statistics, "/statistics", "statistics", "stats.title", Permission::Look),
    (Nav::People, "/people", "person", "people.title", Permission::SeePrivate),
    (Nav::Settings, "/settings", "settings", "settings.title", Permission::Administer),
    (Nav::More, "/more", "more", "nav.more", Permission::Look),
];

/// One page, to be put into the frame.
pub struct Page {
    pub title: String,
    pub nav: Option<Nav>,
    /// Buttons under the thumb, in place of the navigation on a phone.
    pub verbs: Option<Markup>,
    pub body: Markup,
}

/// The whole page for its reader.
pub fn page(visit: &Visit, page: &Page) -> Markup {
    let since = visit.since.map(|since| since.0.to_string());
    let initials: String = visit.name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect();
    let corner = html! {
        a.face href="/account" title=(visit.name) {
            (initials.to_uppercase()) span.unseen { ", " (say(visit.lang, "nav.person")) ": " (visit.name) }
        }
    };
    frame(&visit.state, visit.lang, visit.theme, since.as_deref(), &corner, &visit.actor, page)
}

fn frame(
    state: &WebState,
    lang: Lang,
    theme: Theme,
    since: Option<&str>,
    corner: &Markup,
    reader: &Actor,
    page: &Page,
) -> Markup {
    let assets = &state.assets;
    html! {
        (DOCTYPE)
        html lang=(lang.code()) data-density="web" data-theme=[theme.attribute()] {
            head {
                (in_head(state, theme, &page.title))
                script src=(assets.path("app.js")) defer {}
            }
            body.has-verbs[page.verbs.is_some()] data-since=[since] data-live-on=(say(lang, "live.on"))
                data-live-off=(say(lang, "live.off")) data-undo-in=(say(lang, "undo.in")) {
                a.skip href="#main" { (say(lang, "nav.skip")) }
                header.top {
                    a.mark href="/" { span.tape { (icon_at(&assets.icon("places"))) } span { "inventory" } }
                    span.live role="status" aria-live="polite" {}
                    (corner)
                }
                nav.nav aria-label=(say(lang, "nav.main")) {
                    @for (nav, address, icon, word, _) in ENTRIES.into_iter().filter(|entry| reader.may(entry.4)) {
                        a class=[nav.class()] href=(address) aria-current=[(page.nav == Some(nav)).then_some("page")] {
                            (icon_at(&assets.icon(icon))) span { (say(lang, word)) }
                        }
                    }
                }
                main #main { (page.body) }
                @if let Some(verbs) = &page.verbs { (verbs) }
                (keys::list(lang, reader))
            }
        }
    }
}

fn in_head(state: &WebState, theme: Theme, title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content=(color_scheme(theme));
        title { (title) " · inventory" }
        link rel="stylesheet" href=(state.assets.path("app.css"));
        link rel="manifest" href="/manifest.webmanifest";
        link rel="icon" type="image/svg+xml" href=(state.assets.path("mark.svg"));
    }
}

fn color_scheme(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "light dark",
        Theme::Light => "light",
        Theme::Dark | Theme::Contrast => "dark",
    }
}

/// A page for who is not signed in: no navigation, one panel.
pub fn alone(state: &WebState, lang: Lang, theme: Theme, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.code()) data-density="web" data-theme=[theme.attribute()] {
            head { (in_head(state, theme, title)) }
            body.alone {
                main #main {
                    p.mark { span.tape { (icon_at(&state.assets.icon("places"))) } span { "inventory" } }
                    section.panel.pad {
                        h1.heading { (title) }
                        (body)
                    }
                }
            }
        }
    }
}

/// What was wrong with a form, above it.
pub fn wrong(state: &WebState, what: &str) -> Markup {
    html! { p.banner.bad role="alert" { (icon_at(&state.assets.icon("bad"))) (what) } }
}

/// A page of trouble: what happened, what was kept, what to do.
pub fn fault(state: &WebState, lang: Lang, theme: Theme, fault: &Fault, number: Option<&str>) -> Markup {
    let text = |part: &str| say(lang, &format!("fault.{}.{part}", fault.code()));
    let what = match fault {
        Fault::Refused(why) if !why.is_empty() => why.clone(),
        _ => text("what"),
    };
    let body = html! {
        section.trouble {
            (icon_at(&state.assets.icon(if fault.status().is_server_error() { "bad" } else { "warn" })))
            h1.heading { (text("title")) }
            p { (what) }
            p.muted { (text("help")) }
            @if *fault == Fault::NotSetUp {
                p { a.btn.main href="/setup" { (say(lang, "fault.not_set_up.go")) } }
            } @else {
                p { a.btn.main href="/" { (icon_at(&state.assets.icon("find"))) (say(lang, "fault.home")) } }
            }
            @if let Some(number) = number.filter(|_| fault.status().is_server_error()) {
                p.caption.muted { (say(lang, "fault.number")) " " code { (number) } }
            }
        }
    };
    let page = Page { title: text("title"), nav: None, verbs: None, body };
    // Whoever is told of trouble may be anybody: the doors that are nobody's secret.
    let anybody = Actor { role: Role::Viewer, ..Actor::anonymous() };
    frame(state, lang, theme, None, &html! {}, &anybody, &page)
}

/// What whoever is not this machine's own browser gets to see: nothing of the inventory, not even its style.
pub fn notice(lang: Lang, code: &str) -> Markup {
    let text = |part: &str| say(lang, &format!("fault.{code}.{part}"));
    html! {
        (DOCTYPE)
        html lang=(lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (text("title")) }
            }
            body {
                h1 { (text("title")) }
                p { (text("what")) }
                p { (text("help")) }
            }
        }
    }
}
