//! Signing in, in one step or two, and out.

use axum::extract::{Query, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use rust_i18n::t;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::services::sessions::SessionError;
use crate::web::caller::{Caller, Who, no_session_cookie, session_cookie};
use crate::web::fault::Fault;
use crate::web::forms::{self, Posted, TOKEN};
use crate::web::installable::FORGET;
use crate::web::language::{Lang, Theme};
use crate::web::layout;
use crate::web::parts::icon_at;
use crate::web::state::WebState;
use crate::web::words::say;

#[derive(Deserialize)]
pub struct Wanted {
    then: Option<String>,
}

#[derive(Deserialize)]
pub struct Credentials {
    login: String,
    password: SecretString,
    #[serde(default)]
    then: String,
}

#[derive(Deserialize)]
pub struct Second {
    code: SecretString,
    #[serde(default)]
    then: String,
}

/// `GET /sign-in`
pub async fn page(
    State(state): State<WebState>,
    caller: Caller,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let then = own_path(wanted.then.as_deref().unwrap_or_default());
    if matches!(caller.who, Who::Session(_)) {
        return Ok(Redirect::to(then).into_response());
    }
    if !state.services.people.is_set_up().await? {
        return Ok(Redirect::to("/setup").into_response());
    }
    Ok(name_form(&state, &caller, &headers, "", then, None).into_response())
}

/// `POST /sign-in`. Whatever is wrong, one sentence says so; the password is typed again.
pub async fn submit(
    State(state): State<WebState>,
    caller: Caller,
    headers: HeaderMap,
    Posted(typed): Posted<Credentials>,
) -> Result<Response, Fault> {
    let before = caller.cookie.as_ref().map(ExposeSecret::expose_secret);
    let then = own_path(&typed.then);
    match state.services.sessions.sign_in(&typed.login, typed.password, &caller.whence(), before).await {
        Ok(issued) => {
            let next = if issued.is_half { second_for(then) } else { then.to_owned() };
            let cookies = AppendHeaders([(SET_COOKIE, session_cookie(&issued))]);
            Ok((cookies, [FORGET], Redirect::to(&next)).into_response())
        }
        Err(error) => refused(error, Lang::of(&headers), "sign_in.wrong", |wrong| {
            name_form(&state, &caller, &headers, &typed.login, then, Some(wrong))
        }),
    }
}

/// `GET /sign-in/code`
pub async fn code_page(
    State(state): State<WebState>,
    caller: Caller,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let then = own_path(wanted.then.as_deref().unwrap_or_default());
    match &caller.cookie {
        Some(half) if state.services.sessions.is_half(half.expose_secret()).await? => {
            Ok(code_form(&state, &caller, &headers, then, None).into_response())
        }
        _ => Ok(Redirect::to("/sign-in").into_response()),
    }
}

/// `POST /sign-in/code`
pub async fn submit_code(
    State(state): State<WebState>,
    caller: Caller,
    headers: HeaderMap,
    Posted(typed): Posted<Second>,
) -> Result<Response, Fault> {
    let then = own_path(&typed.then);
    let Some(half) = &caller.cookie else { return Ok(Redirect::to("/sign-in").into_response()) };
    let code = typed.code.expose_secret();
    match state.services.sessions.prove_second(half.expose_secret(), code, &caller.whence()).await {
        Ok(issued) => Ok((AppendHeaders([(SET_COOKIE, session_cookie(&issued))]), Redirect::to(then)).into_response()),
        Err(SessionError::Over) => Ok(Redirect::to("/sign-in").into_response()),
        Err(error) => refused(error, Lang::of(&headers), "sign_in.wrong_code", |wrong| {
            code_form(&state, &caller, &headers, then, Some(wrong))
        }),
    }
}

#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /sign-out`
pub async fn out(
    State(state): State<WebState>,
    caller: Caller,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    if let Some(token) = &caller.cookie {
        state.services.sessions.sign_out(token.expose_secret()).await?;
    }
    Ok((AppendHeaders([(SET_COOKIE, no_session_cookie())]), [FORGET], Redirect::to("/sign-in")).into_response())
}

/// The form again, with what was wrong; a status that a program understands.
pub(super) fn refused(
    error: SessionError,
    lang: Lang,
    wrong: &str,
    form: impl FnOnce(&str) -> Markup,
) -> Result<Response, Fault> {
    match error {
        SessionError::Wrong => Ok((StatusCode::UNPROCESSABLE_ENTITY, form(&say(lang, wrong))).into_response()),
        SessionError::Wait { seconds } => {
            let text = t!("sign_in.too_soon", locale = lang.code(), seconds = seconds);
            let retry = [(RETRY_AFTER, seconds.to_string())];
            Ok((StatusCode::TOO_MANY_REQUESTS, retry, form(&text)).into_response())
        }
        other => Err(other.into()),
    }
}

/// A path of ours, or the first page: where a form leads is not for others to choose.
pub(super) fn own_path(then: &str) -> &str {
    let is_own = then.starts_with('/')
        && !then[1..].starts_with(['/', '\\'])
        && then.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        && !then.starts_with("/sign-");
    if is_own { then } else { "/" }
}

fn second_for(then: &str) -> String {
    format!("/sign-in/code?{}", serde_urlencoded::to_string([("then", then)]).unwrap_or_default())
}

fn name_form(
    state: &WebState,
    caller: &Caller,
    headers: &HeaderMap,
    login: &str,
    then: &str,
    wrong: Option<&str>,
) -> Markup {
    let lang = Lang::of(headers);
    let body = html! {
        @if let Some(wrong) = wrong { (layout::wrong(state, wrong)) }
        form.stack method="post" action="/sign-in" {
            input type="hidden" name=(TOKEN) value=(caller.forms().map(forms::token).unwrap_or_default());
            input type="hidden" name="then" value=(then);
            label for="login" { (say(lang, "sign_in.login")) }
            input #login name="login" type="text" value=(login) autocomplete="username" autocapitalize="none"
                spellcheck="false" required maxlength="200" autofocus[login.is_empty()];
            label for="password" { (say(lang, "sign_in.password")) }
            input #password name="password" type="password" autocomplete="current-password" required maxlength="256"
                autofocus[!login.is_empty()];
            button.btn.main type="submit" { (icon_at(&state.assets.icon("person"))) (say(lang, "sign_in.go")) }
        }
        p.caption.muted { (say(lang, "sign_in.lost")) }
    };
    layout::alone(state, lang, Theme::of(headers), &say(lang, "sign_in.title"), &body)
}

fn code_form(state: &WebState, caller: &Caller, headers: &HeaderMap, then: &str, wrong: Option<&str>) -> Markup {
    let lang = Lang::of(headers);
    let token = caller.forms().map(forms::token).unwrap_or_default();
    let body = html! {
        p { (say(lang, "sign_in.code_what")) }
        @if let Some(wrong) = wrong { (layout::wrong(state, wrong)) }
        form.stack method="post" action="/sign-in/code" {
            input type="hidden" name=(TOKEN) value=(token);
            input type="hidden" name="then" value=(then);
            label for="code" { (say(lang, "sign_in.code")) }
            input #code name="code" type="text" autocomplete="one-time-code" autocapitalize="characters"
                spellcheck="false" required maxlength="40" autofocus;
            button.btn.main type="submit" { (icon_at(&state.assets.icon("check"))) (say(lang, "sign_in.code_go")) }
        }
        p.caption.muted { (say(lang, "sign_in.code_lost")) }
        form method="post" action="/sign-out" {
            input type="hidden" name=(TOKEN) value=(token);
            button.btn.back.flat type="submit" { (icon_at(&state.assets.icon("back"))) (say(lang, "sign_in.other")) }
        }
    };
    layout::alone(state, lang, Theme::of(headers), &say(lang, "sign_in.code_title"), &body)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn a_form_leads_only_to_pages_of_ours() {
        for own in ["/", "/items/1?all=1", "/i/A1-B2", "/?q=a+b%20c"] {
            assert_eq!(own_path(own), own);
        }
        for foreign in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\r\nb", "/a b", "/sign-in"]
        {
            assert_eq!(own_path(foreign), "/", "{foreign:?}");
        }
    }
}
