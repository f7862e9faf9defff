//! The first person: with the one-time code that only whoever runs the program can get.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{DOCTYPE, Markup, html};
use secrecy::SecretString;
use serde::Deserialize;

use crate::domain::Role;
use crate::services::people::{PeopleError, PersonDraft};
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::language::Lang;
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
pub async fn page(State(state): State<WebState>, headers: HeaderMap) -> Result<Response, Fault> {
    if state.services.people.is_set_up().await? {
        return Ok(Redirect::to("/").into_response());
    }
    Ok(form(&state, Lang::of(&headers), None, "", "").into_response())
}

/// `POST /setup`. What was wrong is said beside the form; the code and the password are typed again.
pub async fn submit(
    State(state): State<WebState>,
    headers: HeaderMap,
    Posted(first): Posted<First>,
) -> Result<Response, Fault> {
    let lang = Lang::of(&headers);
    let draft = PersonDraft { name: first.name, role: Role::Admin, login: Some(first.login) };
    match state.services.people.set_up(&first.code, &draft, Some(first.password)).await {
        Ok(_) | Err(PeopleError::AlreadySetUp) => Ok(Redirect::to("/").into_response()),
        Err(error) => {
            let key = match error {
                PeopleError::SetupCode => "setup.wrong_code",
                PeopleError::Password => "setup.wrong_password",
                PeopleError::Name => "setup.wrong_name",
                PeopleError::Login | PeopleError::LoginTaken(_) => "setup.wrong_login",
                other => return Err(other.into()),
            };
            let login = draft.login.unwrap_or_default();
            let again = form(&state, lang, Some(&say(lang, key)), &draft.name, &login);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
    }
}

fn form(state: &WebState, lang: Lang, wrong: Option<&str>, name: &str, login: &str) -> Markup {
    let field = |label: &str, id: &str, kind: &str, value: &str, autocomplete: &str| {
        html! {
            label for=(id) { (say(lang, label)) }
            input id=(id) name=(id) type=(kind) value=(value) autocomplete=(autocomplete) required maxlength="256";
        }
    };
    html! {
        (DOCTYPE)
        html lang=(lang.code()) data-density="web" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (say(lang, "setup.title")) " · inventory" }
                link rel="stylesheet" href=(state.assets.path("app.css"));
                link rel="icon" type="image/svg+xml" href=(state.assets.path("mark.svg"));
            }
            body.alone {
                main #main {
                    p.mark { span.tape { (icon_at(&state.assets.icon("places"))) } span { "inventory" } }
                    section.panel.pad {
                        h1.heading { (say(lang, "setup.title")) }
                        p { (say(lang, "setup.what")) }
                        p { (say(lang, "setup.how")) " " code.command { "inventory setup --code" } }
                        @if let Some(wrong) = wrong {
                            p.banner.bad role="alert" { (icon_at(&state.assets.icon("bad"))) (wrong) }
                        }
                        form.stack method="post" action="/setup" {
                            input type="hidden" name=(TOKEN) value=(state.form_token());
                            (field("setup.code", "code", "text", "", "one-time-code"))
                            (field("setup.name", "name", "text", name, "name"))
                            (field("setup.login", "login", "text", login, "username"))
                            (field("setup.password", "password", "password", "", "new-password"))
                            button.btn.main type="submit" { (icon_at(&state.assets.icon("check"))) (say(lang, "setup.go")) }
                        }
                    }
                }
            }
        }
    }
}
