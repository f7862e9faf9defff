//! One's own account: password, where one is signed in, second factor, tokens of programs.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use rust_i18n::t;
use secrecy::SecretString;
use serde::Deserialize;

use super::sign_in::{own_path, refused};
use super::{second_factor, tokens};
use crate::domain::{PersonId, SessionId};
use crate::services::people::PeopleError;
use crate::services::sessions::{Session, SessionError};
use crate::web::caller::{Who, session_cookie};
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::state::WebState;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// The page of this account, and of nobody else's: who acts for nobody has none.
pub(super) fn owner(visit: &Visit) -> Result<PersonId, Fault> {
    visit.actor.person.ok_or(Fault::NotFound)
}

/// Asks for another proof before a secret is changed.
pub(super) fn confirm_first(visit: &Visit, then: &str) -> Option<Response> {
    (!visit.caller.is_fresh()).then(|| Redirect::to(&format!("/account/confirm?then={then}")).into_response())
}

/// `GET /account`
pub async fn page(visit: Visit) -> Result<Markup, Fault> {
    overview(&visit, None).await
}

async fn overview(visit: &Visit, wrong_password: Option<&str>) -> Result<Markup, Fault> {
    let (lang, me) = (visit.lang, owner(visit)?);
    let services = &visit.state.services;
    let person = services.people.get(&visit.actor, me).await?;
    let sessions = services.sessions.list(&visit.actor, me).await?;
    let factor = services.factors.standing(&visit.actor, me).await?;
    let tokens = services.tokens.list(&visit.actor, me).await?;
    let fresh = visit.caller.is_fresh();
    let lacks_second = visit.caller.session().is_some_and(|signed_in| signed_in.lacks_second);
    let body = html! {
        h1.heading { (say(lang, "account.title")) }
        @if lacks_second {
            p.banner.warn { (parts::icon(visit, "warn")) (say(lang, "account.lacks_second")) }
        }
        div.columns {
            section.panel.pad aria-labelledby="me" {
                h2.title #me { (person.name) }
                dl.fields {
                    div { dt { (say(lang, "sign_in.login")) } dd { (person.login.as_deref().unwrap_or("–")) } }
                    div { dt { (say(lang, "account.role")) } dd { (say(lang, &format!("role.{}", person.role))) } }
                }
                @if matches!(visit.caller.who, Who::Local(_)) {
                    p.caption.muted { (say(lang, "account.local")) }
                } @else {
                    form method="post" action="/sign-out" {
                        input type="hidden" name=(TOKEN) value=(visit.form_token());
                        button.btn type="submit" { (parts::icon(visit, "forward")) (say(lang, "account.sign_out")) }
                    }
                }
            }
            section.panel.pad aria-labelledby="password-title" {
                h2.title #password-title { (say(lang, "sign_in.password")) }
                @if let Some(wrong) = wrong_password { (layout::wrong(&visit.state, wrong)) }
                @if fresh {
                    form.stack method="post" action="/account/password" {
                        input type="hidden" name=(TOKEN) value=(visit.form_token());
                        label for="password" { (say(lang, "account.new_password")) }
                        input #password name="password" type="password" autocomplete="new-password" required minlength="8" maxlength="256";
                        p.caption.muted { (say(lang, "account.password_help")) }
                        button.btn.main type="submit" { (parts::icon(visit, "check")) (say(lang, "account.change")) }
                    }
                } @else { (confirm_link(visit)) }
            }
            (second_factor::section(visit, factor, fresh))
            (session_list(visit, &sessions))
            (tokens::section(visit, &tokens, fresh))
        }
    };
    Ok(layout::page(visit, &Page { title: say(lang, "account.title"), nav: Some(Nav::More), verbs: None, body }))
}

/// Leads to another proof, where a form would be.
pub(super) fn confirm_link(visit: &Visit) -> Markup {
    html! {
        p.muted { (say(visit.lang, "account.confirm_first")) }
        p { a.btn href="/account/confirm?then=/account" { (parts::icon(visit, "person")) (say(visit.lang, "account.confirm")) } }
    }
}

fn session_list(visit: &Visit, sessions: &[Session]) -> Markup {
    let lang = visit.lang;
    let own = visit.caller.session().map(|signed_in| signed_in.session.id);
    html! {
        section.panel.pad aria-labelledby="sessions" {
            h2.title #sessions { (say(lang, "account.sessions")) }
            @if sessions.is_empty() { p.muted { (say(lang, "account.no_sessions")) } }
            ul.lines {
                @for session in sessions {
                    li.lo {
                        div.who {
                            span.name { (browser(&session.user_agent).unwrap_or_else(|| say(lang, "account.unknown_browser"))) }
                            span.caption.muted {
                                @if own == Some(session.id) { (say(lang, "account.this_one")) " · " }
                                @if let Some(address) = session.address { (address) " · " }
                                (t!("account.seen", locale = lang.code(), when = words::moment(lang, session.seen_at)))
                            }
                        }
                        form method="post" action={ "/account/sessions/" (session.id) "/end" } {
                            input type="hidden" name=(TOKEN) value=(visit.form_token());
                            button.btn type="submit" { (parts::icon(visit, "close")) (say(lang, "account.end")) }
                        }
                    }
                }
            }
            @if sessions.len() > 1 {
                form method="post" action="/account/sessions/end-others" {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    button.btn type="submit" { (parts::icon(visit, "close")) (say(lang, "account.end_others")) }
                }
            }
        }
    }
}

/// The browser and system a person would recognise, out of what it calls itself.
fn browser(agent: &str) -> Option<String> {
    let known = |names: &[(&str, &str)]| {
        names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| (*name).to_owned())
    };
    // The later ones call themselves like the earlier ones, too.
    let program = known(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = known(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => Some(format!("{program}, {system}")),
        (one, other) => one.or(other),
    }
}

#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /account/sessions/{id}/end`
pub async fn end_session(
    visit: Visit,
    Path(id): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Fault> {
    let id: SessionId = id.parse().map_err(|_| Fault::NotFound)?;
    let is_own = visit.caller.session().is_some_and(|signed_in| signed_in.session.id == id);
    match visit.state.services.sessions.revoke(&visit.actor, id).await {
        Ok(()) | Err(SessionError::Over) => Ok(Redirect::to(if is_own { "/sign-in" } else { "/account" })),
        Err(error) => Err(error.into()),
    }
}

/// `POST /account/sessions/end-others`
pub async fn end_others(visit: Visit, Posted(Nothing {}): Posted<Nothing>) -> Result<Redirect, Fault> {
    let own = visit.caller.session().map(|signed_in| signed_in.session.id);
    visit.state.services.sessions.revoke_others(&visit.actor, owner(&visit)?, own).await?;
    Ok(Redirect::to("/account"))
}

#[derive(Deserialize)]
pub struct NewPassword {
    password: SecretString,
}

/// `POST /account/password`
pub async fn change_password(visit: Visit, Posted(new): Posted<NewPassword>) -> Result<Response, Fault> {
    if let Some(response) = confirm_first(&visit, "/account") {
        return Ok(response);
    }
    let services = &visit.state.services;
    let changed = if let Some(signed_in) = visit.caller.session() {
        services.sessions.change_password(signed_in, new.password).await.map(Some)
    } else {
        let me = owner(&visit)?;
        services.people.set_password(&visit.actor, me, new.password).await.map(|()| None).map_err(SessionError::from)
    };
    match changed {
        Ok(issued) => {
            let cookies: Vec<_> = issued.iter().map(|issued| (SET_COOKIE, session_cookie(issued))).collect();
            Ok((AppendHeaders(cookies), Redirect::to("/account")).into_response())
        }
        Err(SessionError::People(PeopleError::Password)) => {
            let page = overview(&visit, Some(&say(visit.lang, "setup.wrong_password"))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub struct Wanted {
    then: Option<String>,
}

#[derive(Deserialize)]
pub struct Proof {
    password: SecretString,
    #[serde(default)]
    code: String,
    #[serde(default)]
    then: String,
}

/// `GET /account/confirm`
pub async fn confirm_page(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Fault> {
    let then = own_path(wanted.then.as_deref().unwrap_or("/account"));
    if visit.caller.is_fresh() {
        return Ok(Redirect::to(then).into_response());
    }
    let has_second = visit.state.services.factors.standing(&visit.actor, owner(&visit)?).await?.is_on;
    Ok(confirm_form(&visit, has_second, then, None).into_response())
}

/// `POST /account/confirm`
pub async fn confirm(
    State(state): State<WebState>,
    visit: Visit,
    Posted(proof): Posted<Proof>,
) -> Result<Response, Fault> {
    let then = own_path(&proof.then);
    let Some(signed_in) = visit.caller.session() else { return Ok(Redirect::to(then).into_response()) };
    match state.services.sessions.prove_again(signed_in, proof.password, &proof.code).await {
        Ok(issued) => Ok((AppendHeaders([(SET_COOKIE, session_cookie(&issued))]), Redirect::to(then)).into_response()),
        Err(error) => {
            let has_second = state.services.factors.standing(&visit.actor, signed_in.person.id).await?.is_on;
            refused(error, visit.lang, "account.wrong_proof", |wrong| {
                confirm_form(&visit, has_second, then, Some(wrong))
            })
        }
    }
}

fn confirm_form(visit: &Visit, has_second: bool, then: &str, wrong: Option<&str>) -> Markup {
    let lang = visit.lang;
    let body = html! {
        h1.heading { (say(lang, "account.confirm")) }
        section.panel.pad.booking {
            p { (say(lang, "account.confirm_what")) }
            @if let Some(wrong) = wrong { (layout::wrong(&visit.state, wrong)) }
            form.stack method="post" action="/account/confirm" {
                input type="hidden" name=(TOKEN) value=(visit.form_token());
                input type="hidden" name="then" value=(then);
                label for="password" { (say(lang, "sign_in.password")) }
                input #password name="password" type="password" autocomplete="current-password" required maxlength="256" autofocus;
                @if has_second {
                    label for="code" { (say(lang, "sign_in.code")) }
                    input #code name="code" type="text" autocomplete="one-time-code" spellcheck="false" required maxlength="40";
                }
                button.btn.main type="submit" { (parts::icon(visit, "check")) (say(lang, "account.confirm_go")) }
            }
        }
    };
    layout::page(visit, &Page { title: say(lang, "account.confirm"), nav: Some(Nav::More), verbs: None, body })
}

#[cfg(test)]
mod tests {
    use super::browser;

    fn check(agent: &str, expected: Option<&str>) {
        assert_eq!(browser(agent).as_deref(), expected, "{agent}");
    }

    #[test]
    fn a_person_recognises_their_browser() {
        check("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Some("Firefox, Linux"));
        let chrome = "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36";
        check(chrome, Some("Chrome, Android"));
        check(&format!("{chrome} Edg/142.0"), Some("Edge, Android"));
        check("curl/8.5.0", None);
        check("", None);
    }
}
