//! The first person: with the one-time code that only whoever runs the program can get.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use secrecy::SecretString;
use serde::Deserialize;

use crate::domain::Role;
use crate::services::people::{PeopleError, PersonDraft};
use crate::web::caller::{Caller, session_cookie};
use crate::web::fault::Fault;
use crate::web::forms::{self, Posted, TOKEN};
use crate::web::language::{Lang, Theme};
use crate::web::layout;
use crate::web::parts::icon_at;
use crate::web::state::WebState;
use crate::web::words::say;

#[derive(Deserialize)]
pub struct First {
    code: SecretString,
    name: String,
    login: String,
    password: SecretString,
}

/// `GET /setup`
pub async fn page(State(state): State<WebState>, caller: Caller, headers: HeaderMap) -> Result<Response, Fault> {
    if state.services.people.is_set_up().await? {
        return Ok(Redirect::to("/").into_response());
    }
    Ok(form(&state, &caller, &headers, None, "", "").into_response())
}

/// `POST /setup`. What was wrong is said beside the form; the code and the password are typed again. Who set it up from
/// elsewhere is signed in.
pub async fn submit(
    State(state): State<WebState>,
    caller: Caller,
    headers: HeaderMap,
    Posted(first): Posted<First>,
) -> Result<Response, Fault> {
    let lang = Lang::of(&headers);
    let draft = PersonDraft { name: first.name, role: Role::Admin, login: Some(first.login) };
    match state.services.people.set_up(&first.code, &draft, Some(first.password)).await {
        Ok(_) if caller.approach.is_direct && state.settings.local_person => Ok(Redirect::to("/").into_response()),
        Ok(admin) => {
            let issued = state.services.sessions.begin(&admin, &caller.whence()).await?;
            Ok((AppendHeaders([(SET_COOKIE, session_cookie(&issued))]), Redirect::to("/")).into_response())
        }
        Err(PeopleError::AlreadySetUp) => Ok(Redirect::to("/").into_response()),
        Err(error) => {
            let key = match error {
                PeopleError::SetupCode => "setup.wrong_code",
                PeopleError::Password => "setup.wrong_password",
                PeopleError::Name => "setup.wrong_name",
                PeopleError::Login | PeopleError::LoginTaken(_) => "setup.wrong_login",
                other => return Err(other.into()),
            };
            let login = draft.login.unwrap_or_default();
            let again = form(&state, &caller, &headers, Some(&say(lang, key)), &draft.name, &login);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
    }
}

fn form(
    state: &WebState,
    caller: &Caller,
    headers: &HeaderMap,
    wrong: Option<&str>,
    name: &str,
    login: &str,
) -> Markup {
    let lang = Lang::of(headers);
    let field = |label: &str, id: &str, kind: &str, value: &str, autocomplete: &str| {
        html! {
            label for=(id) { (say(lang, label)) }
            input id=(id) name=(id) type=(kind) value=(value) autocomplete=(autocomplete) required maxlength="256";
        }
    };
    let body = html! {
        p { (say(lang, "setup.what")) }
        p { (say(lang, "setup.how")) " " code.command { "inventory setup --code" } }
        @if let Some(wrong) = wrong { (layout::wrong(state, wrong)) }
        form.stack method="post" action="/setup" {
            input type="hidden" name=(TOKEN) value=(caller.forms().map(forms::token).unwrap_or_default());
            (field("setup.code", "code", "text", "", "one-time-code"))
            (field("setup.name", "name", "text", name, "name"))
            (field("setup.login", "login", "text", login, "username"))
            (field("setup.password", "password", "password", "", "new-password"))
            button.btn.main type="submit" { (icon_at(&state.assets.icon("check"))) (say(lang, "setup.go")) }
        }
    };
    layout::alone(state, lang, Theme::of(headers), &say(lang, "setup.title"), &body)
}
