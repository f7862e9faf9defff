//! People: who they are, what they may do, what they still have; for admins to change.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use rust_i18n::t;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::domain::{Permission, PersonId, Role};
use crate::services::people::{PeopleError, Person, PersonDraft};
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::language::Lang;
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::say;

/// A person's fields as entered.
#[derive(Debug, Clone, Deserialize)]
pub struct Entered {
    name: String,
    role: Role,
    #[serde(default)]
    login: String,
}

impl Entered {
    fn draft(&self) -> PersonDraft {
        let login = Some(self.login.trim().to_owned()).filter(|login| !login.is_empty());
        PersonDraft { name: self.name.clone(), role: self.role, login }
    }
}

/// `GET /people`
pub async fn list(visit: Visit) -> Result<Markup, Fault> {
    shown(&visit, None, None).await
}

/// `POST /people`: adds somebody.
pub async fn add(visit: Visit, Posted(entered): Posted<Entered>) -> Result<Response, Fault> {
    match visit.state.services.people.add(&visit.actor, &entered.draft()).await {
        Ok(id) => Ok(Redirect::to(&format!("/people/{id}")).into_response()),
        Err(error) => {
            let wrong = wrong_of(visit.lang, error)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&visit, Some(&entered), Some(&wrong)).await?).into_response())
        }
    }
}

async fn shown(visit: &Visit, entered: Option<&Entered>, wrong: Option<&str>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let people = visit.state.services.people.list(&visit.actor).await?;
    let title = say(lang, "people.title");
    let body = html! {
        h1.heading { (title) }
        div.columns {
            section.panel aria-label=(title) {
                ul.lines {
                    @for person in &people {
                        li { a.lr href={ "/people/" (person.id) } {
                            (parts::icon(visit, "person"))
                            span.who { span.name { (person.name) } span.caption.muted { (role(lang, person.role)) @if !person.active { " · " (say(lang, "people.off")) } } }
                            (parts::icon(visit, "forward"))
                        } }
                    }
                }
            }
            @if visit.actor.may(Permission::Administer) {
                section.panel.pad aria-labelledby="add" {
                    h2.title #add { (say(lang, "people.add")) }
                    @if let Some(wrong) = wrong { p.banner.bad role="alert" { (parts::icon(visit, "bad")) span { (wrong) } } }
                    (fields(visit, "/people", entered, None))
                }
            }
        }
    };
    Ok(layout::page(visit, &Page { title, nav: Some(Nav::People), verbs: None, body }))
}

/// `what`: which change of a person it is; without it, somebody new.
fn fields(visit: &Visit, action: &str, entered: Option<&Entered>, what: Option<&str>) -> Markup {
    let lang = visit.lang;
    let button = if what.is_some() { "edit.save" } else { "people.add" };
    let chosen = entered.map_or(Role::Member, |entered| entered.role);
    html! {
        form.stack method="post" action=(action) {
            input type="hidden" name=(TOKEN) value=(visit.form_token());
            @if let Some(what) = what { input type="hidden" name="what" value=(what); }
            label for="name" { (say(lang, "people.name")) }
            input #name type="text" name="name" value=(entered.map_or("", |entered| &entered.name)) required maxlength="200" autocomplete="off";
            label for="role" { (say(lang, "people.role")) }
            select #role name="role" aria-describedby="role-help" {
                @for choice in Role::ALL { option value=(choice) selected[choice == chosen] { (role(lang, choice)) } }
            }
            p.caption.muted #role-help { (say(lang, "people.role_help")) }
            label for="login" { (say(lang, "people.login")) }
            input #login type="text" name="login" value=(entered.map_or("", |entered| &entered.login)) maxlength="200" autocomplete="off" autocapitalize="none" spellcheck="false";
            button.btn.main type="submit" { (parts::icon(visit, "check")) (say(lang, button)) }
        }
    }
}

/// `GET /people/{id}`
pub async fn page(visit: Visit, Path(id): Path<String>) -> Result<Markup, Fault> {
    let id: PersonId = id.parse().map_err(|_| Fault::NotFound)?;
    one(&visit, id, None).await
}

/// What an admin does to somebody.
#[derive(Deserialize)]
pub struct Change {
    /// `edit`, `password`, `pin`, `badge`, `deactivate`, `reactivate`, `anonymise`
    what: String,
    #[serde(default)]
    secret: Option<SecretString>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: Option<Role>,
    #[serde(default)]
    login: String,
}

/// `POST /people/{id}`
pub async fn change(visit: Visit, Path(id): Path<String>, Posted(change): Posted<Change>) -> Result<Response, Fault> {
    let id: PersonId = id.parse().map_err(|_| Fault::NotFound)?;
    let people = &visit.state.services.people;
    let secret = change.secret.unwrap_or_default();
    let done = match change.what.as_str() {
        "edit" => {
            let role = change.role.ok_or_else(|| Fault::Unreadable("the role is missing".into()))?;
            people.edit(&visit.actor, id, &Entered { name: change.name, role, login: change.login }.draft()).await
        }
        "password" => people.set_password(&visit.actor, id, secret).await,
        "pin" => people.set_pin(&visit.actor, id, secret).await,
        "deactivate" => people.deactivate(&visit.actor, id).await.map(drop),
        "reactivate" => people.reactivate(&visit.actor, id).await,
        "anonymise" => people.anonymise(&visit.actor, id).await,
        "badge" => {
            // Shown once: only its hash is kept.
            let code = people.issue_badge(&visit.actor, id).await?;
            let said = t!("people.badge_made", locale = visit.lang.code(), code = code.expose_secret()).into_owned();
            return Ok(one(&visit, id, Some((false, &said))).await?.into_response());
        }
        _ => return Err(Fault::Unreadable("what is to be done is not known".into())),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/people/{id}")).into_response()),
        Err(error) => {
            let wrong = wrong_of(visit.lang, error)?;
            let page = one(&visit, id, Some((true, &wrong))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `said`: whether it is bad, and what.
async fn one(visit: &Visit, id: PersonId, said: Option<(bool, &str)>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let person = visit.state.services.people.get(&visit.actor, id).await?;
    let loans = visit.state.services.stock.loans(&visit.actor, Some(id)).await?;
    let action = format!("/people/{id}");
    let entered =
        Entered { name: person.name.clone(), role: person.role, login: person.login.clone().unwrap_or_default() };
    let body = html! {
        a.btn.flat.back href="/people" { (parts::icon(visit, "back")) (say(lang, "people.title")) }
        h1.heading { (person.name) }
        @if let Some((bad, said)) = said {
            p.banner .bad[bad] .good[!bad] role=(if bad { "alert" } else { "status" }) { (parts::icon(visit, if bad { "bad" } else { "good" })) span { (said) } }
        }
        div.columns {
            section.panel.pad aria-labelledby="has" {
                h2.title #has { (role(lang, person.role)) @if !person.active { " · " (say(lang, "people.off")) } }
                p { (ways(lang, &person)) }
                h3.part-title { (say(lang, "people.loans")) }
                @if loans.is_empty() { p.muted { (say(lang, "people.no_loans")) } }
                ul.lines { @for loan in &loans { li { a.lr href={ "/loans/" (loan.id) } { (parts::icon(visit, "lend")) span.grow { (loan.item_name) } (super::lists::due(visit, loan)) } } } }
            }
            @if visit.actor.may(Permission::Administer) {
                section.panel.pad aria-labelledby="edit" {
                    h2.title #edit { (say(lang, "edit.edit")) }
                    (fields(visit, &action, Some(&entered), Some("edit")))
                }
                section.panel.pad aria-labelledby="secrets" {
                    h2.title #secrets { (say(lang, "people.ways")) }
                    (secret(visit, &action, "password", "new-password"))
                    (secret(visit, &action, "pin", "off"))
                    h3.part-title { (say(lang, "people.way_badge_word")) }
                    p.muted { (say(lang, "people.badge_help")) }
                    @if person.active { p { a.btn href=(super::labels::badge_of(id)) { (parts::icon(visit, "badge")) (say(lang, "people.print_badge")) } } }
                    (act(visit, &action, "badge"))
                }
                section.panel.pad aria-labelledby="leaving" {
                    h2.title #leaving { (say(lang, "people.leaving")) }
                    p.muted { (say(lang, "people.leaving_help")) }
                    (act(visit, &action, if person.active { "deactivate" } else { "reactivate" }))
                    @if !person.active { (act(visit, &action, "anonymise")) }
                }
            }
        }
    };
    let title = person.name.clone();
    Ok(layout::page(visit, &Page { title, nav: Some(Nav::People), verbs: None, body }))
}

fn secret(visit: &Visit, action: &str, what: &str, autocomplete: &str) -> Markup {
    let lang = visit.lang;
    let digits = what == "pin";
    html! {
        form.stack method="post" action=(action) {
            input type="hidden" name=(TOKEN) value=(visit.form_token());
            input type="hidden" name="what" value=(what);
            label for={ "secret-" (what) } { (say(lang, &format!("people.{what}"))) }
            input id={ "secret-" (what) } type="password" name="secret" required autocomplete=(autocomplete) inputmode=[digits.then_some("numeric")] maxlength="256";
            button.btn type="submit" { (say(lang, &format!("people.set_{what}"))) }
        }
    }
}

fn act(visit: &Visit, action: &str, what: &str) -> Markup {
    html! {
        form.stack method="post" action=(action) {
            input type="hidden" name=(TOKEN) value=(visit.form_token());
            button.btn type="submit" name="what" value=(what) { (say(visit.lang, &format!("people.{what}"))) }
        }
    }
}

/// By what somebody can sign in.
fn ways(lang: Lang, person: &Person) -> String {
    let ways: Vec<String> =
        [("password", person.has_password), ("pin", person.has_pin), ("badge_word", person.has_badge)]
            .iter()
            .filter(|(_, has)| *has)
            .map(|(way, _)| say(lang, &format!("people.way_{way}")))
            .collect();
    if ways.is_empty() { say(lang, "people.way_none") } else { ways.join(", ") }
}

fn role(lang: Lang, role: Role) -> String {
    say(lang, &format!("role.{role}"))
}

fn wrong_of(lang: Lang, error: PeopleError) -> Result<String, Fault> {
    let key = match error {
        PeopleError::Name => "people.wrong.name",
        PeopleError::Login => "people.wrong.login",
        PeopleError::LoginTaken(_) => "people.wrong.login_taken",
        PeopleError::Password => "people.wrong.password",
        PeopleError::Pin => "people.wrong.pin",
        PeopleError::LastAdmin => "people.wrong.last_admin",
        other => return Err(other.into()),
    };
    Ok(say(lang, key))
}
