//! Everything else: language, colours, how the program is, keys, where further pages are.

use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::domain::Permission;
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::language::{Lang, Theme};
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::say;

/// The way to a page, as a row.
fn further(visit: &Visit, address: &str, icon: &str, key: &str) -> Markup {
    html! { li { a.lr href=(address) { (parts::icon(visit, icon)) span.grow { (say(visit.lang, key)) } (parts::icon(visit, "forward")) } } }
}

/// `GET /more`
pub async fn page(visit: Visit) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let body = html! {
        h1.heading { (say(lang, "nav.more")) }
        div.columns {
            section.panel.pad aria-labelledby="look" {
                h2.title #look { (say(lang, "more.look")) }
                form.stack method="post" action="/more" {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    label { (say(lang, "more.language"))
                        select name="language" {
                            @for choice in Lang::ALL { option value=(choice.code()) lang=(choice.code()) selected[choice == lang] { (choice.name()) } }
                        }
                    }
                    label { (say(lang, "more.theme"))
                        select name="theme" {
                            @for choice in Theme::ALL {
                                option value=(choice.code()) selected[choice == visit.theme] { (say(lang, &format!("theme.{}", choice.code()))) }
                            }
                        }
                    }
                    button.btn.main type="submit" { (parts::icon(&visit, "check")) (say(lang, "more.save")) }
                }
            }
            section.panel.pad aria-labelledby="system" {
                h2.title #system { (say(lang, "more.system")) }
                (super::system::parts(&visit).await?)
            }
            section.panel.pad aria-labelledby="further" {
                h2.title #further { (say(lang, "more.further")) }
                ul.lines {
                    @if visit.actor.may(Permission::SeePrivate) { (further(&visit, "/lent", "lend", "nav.lent")) }
                    li { a.lr href="/stocktakes" { (parts::icon(&visit, "count")) span.grow { (say(lang, "count.title")) } (parts::icon(&visit, "forward")) } }
                    @if visit.actor.may(Permission::Keep) {
                        (further(&visit, "/items/new", "plus", "edit.new"))
                        (further(&visit, "/labels", "print", "labels.title"))
                        (further(&visit, "/transfer", "export", "import.title"))
                    }
                    (further(&visit, "/scan", "scan", "scan.title"))
                    (further(&visit, "/statistics", "statistics", "stats.title"))
                    @if visit.actor.may(Permission::SeePrivate) { (further(&visit, "/people", "person", "people.title")) }
                    @if super::audit::is_for(&visit) { (further(&visit, "/audit", "history", "audit.title")) }
                    @if visit.actor.may(Permission::Administer) {
                        (further(&visit, "/settings", "settings", "settings.title"))
                        (further(&visit, "/health", "health", "health.title"))
                    }
                    (further(&visit, "/account#tokens", "lock", "tokens.title"))
                    (further(&visit, "/api", "word", "api.title"))
                    li { a.lr href="/history" { (parts::icon(&visit, "history")) span.grow { (say(lang, "nav.history")) } (parts::icon(&visit, "forward")) } }
                    li { a.lr href="/?archived=1" { (parts::icon(&visit, "archive")) span.grow { (say(lang, "more.archived")) } (parts::icon(&visit, "forward")) } }
                }
                p { button.btn.hidden-on-phone type="button" data-opens-keys hidden { (parts::icon(&visit, "word")) (say(lang, "keys.title")) } }
                p.caption.muted { (say(lang, "nav.person")) ": " (visit.name) " · inventory " (env!("CARGO_PKG_VERSION")) }
            }
        }
    };
    Ok(layout::page(&visit, &Page { title: say(lang, "nav.more"), nav: Some(Nav::More), verbs: None, body }))
}

#[derive(Deserialize)]
pub struct Choice {
    language: String,
    theme: String,
}

/// `POST /more`: remembered in this browser for a year.
pub async fn save(_: Visit, Posted(choice): Posted<Choice>) -> Result<Response, Fault> {
    let lang = Lang::from_code(&choice.language).ok_or_else(|| Fault::Unreadable("language".into()))?;
    let theme = Theme::from_code(&choice.theme).ok_or_else(|| Fault::Unreadable("theme".into()))?;
    let cookie = |name: &str, value: &str| {
        let text = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
        (SET_COOKIE, HeaderValue::from_str(&text).expect("our own words have no control characters"))
    };
    let cookies = AppendHeaders([cookie(Lang::COOKIE, lang.code()), cookie(Theme::COOKIE, theme.code())]);
    Ok((cookies, Redirect::to("/more")).into_response())
}
