//! What programs act with: made, shown once, taken away.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use rust_i18n::t;
use secrecy::ExposeSecret;
use serde::Deserialize;
use time::OffsetDateTime;

use super::account::{Nothing, confirm_first, confirm_link};
use crate::domain::{Scope, TokenId};
use crate::services::tokens::{ApiToken, MOST_DAYS, TokenError};
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// The part of the account page about them.
pub(super) fn section(visit: &Visit, tokens: &[ApiToken], fresh: bool) -> Markup {
    let lang = visit.lang;
    html! {
        section.panel.pad aria-labelledby="tokens" {
            h2.title #tokens { (say(lang, "tokens.title")) }
            p.muted { (say(lang, "tokens.what")) }
            ul.lines { @for token in tokens { (line(visit, token)) } }
            @if fresh { (form(visit)) } @else { (confirm_link(visit)) }
        }
    }
}

fn line(visit: &Visit, token: &ApiToken) -> Markup {
    let (lang, l) = (visit.lang, visit.lang.code());
    let is_over = token.expires_at < OffsetDateTime::now_utc();
    html! {
        li.lo {
            div.who {
                span.name { (token.name) }
                span.caption.muted {
                    (say(lang, &format!("scope.{}", token.scope))) " · "
                    @if is_over { (say(lang, "tokens.over")) }
                    @else { (t!("tokens.until", locale = l, day = words::date(lang, token.expires_at.date()))) }
                    " · "
                    @match token.last_used_at {
                        Some(used) => { (t!("tokens.used", locale = l, when = words::moment(lang, used))) }
                        None => { (say(lang, "tokens.never_used")) }
                    }
                }
            }
            form method="post" action={ "/account/tokens/" (token.id) "/remove" } {
                input type="hidden" name=(TOKEN) value=(visit.form_token());
                button.btn type="submit" { (parts::icon(visit, "close")) (say(lang, "tokens.remove")) }
            }
        }
    }
}

fn form(visit: &Visit) -> Markup {
    let lang = visit.lang;
    html! {
        form.stack method="post" action="/account/tokens" {
            input type="hidden" name=(TOKEN) value=(visit.form_token());
            label for="token-name" { (say(lang, "tokens.name")) }
            input #token-name name="name" type="text" required maxlength="100" autocomplete="off";
            label for="scope" { (say(lang, "tokens.scope")) }
            select #scope name="scope" {
                @for scope in Scope::ALL.into_iter().filter(|scope| scope.most() <= visit.actor.role) {
                    option value=(scope) { (say(lang, &format!("scope.{scope}"))) }
                }
            }
            label for="days" { (say(lang, "tokens.days")) }
            input #days name="days" type="number" min="1" max=(MOST_DAYS) value="90" required;
            button.btn.main type="submit" { (parts::icon(visit, "plus")) (say(lang, "tokens.make")) }
        }
    }
}

#[derive(Deserialize)]
pub struct Wish {
    name: String,
    scope: Scope,
    days: u32,
}

/// `POST /account/tokens`: answers with the token, this once.
pub async fn create(visit: Visit, Posted(wish): Posted<Wish>) -> Result<Response, Fault> {
    if let Some(response) = confirm_first(&visit, "/account") {
        return Ok(response);
    }
    let lang = visit.lang;
    let made = visit.state.services.tokens.create(&visit.actor, &wish.name, wish.scope, wish.days).await;
    let (status, what) = match made {
        Ok((_, token)) => {
            let shown = html! {
                p { (say(lang, "tokens.once")) }
                p { code.command.long { (token.expose_secret()) } }
                p.caption.muted { (say(lang, "tokens.how")) " " code { "Authorization: Bearer …" } }
                p.caption.muted { (say(lang, "tokens.mcp")) " " code { "/api/mcp" } }
            };
            (StatusCode::OK, shown)
        }
        Err(TokenError::Name) => refused(&visit, "tokens.wrong_name"),
        Err(TokenError::Days) => refused(&visit, "tokens.wrong_days"),
        Err(TokenError::TooMany) => refused(&visit, "tokens.too_many"),
        Err(error) => return Err(error.into()),
    };
    let body = html! {
        h1.heading { (say(lang, "tokens.title")) }
        section.panel.pad.booking {
            (what)
            p { a.btn.main href="/account" { (parts::icon(&visit, "check")) (say(lang, "tokens.done")) } }
        }
    };
    let page = Page { title: say(lang, "tokens.title"), nav: Some(Nav::More), verbs: None, body };
    Ok((status, layout::page(&visit, &page)).into_response())
}

fn refused(visit: &Visit, key: &str) -> (StatusCode, Markup) {
    (StatusCode::UNPROCESSABLE_ENTITY, layout::wrong(&visit.state, &say(visit.lang, key)))
}

/// `POST /account/tokens/{id}/remove`
pub async fn remove(
    visit: Visit,
    Path(id): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Fault> {
    let id: TokenId = id.parse().map_err(|_| Fault::NotFound)?;
    match visit.state.services.tokens.revoke(&visit.actor, id).await {
        Ok(()) | Err(TokenError::NotFound) => Ok(Redirect::to("/account")),
        Err(error) => Err(error.into()),
    }
}
