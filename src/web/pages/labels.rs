//! Labels to print: of a thing, of all in a place, blank ones, command labels, badges, and the list that sticks on a box; as PDF.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use rust_i18n::t;
use serde::Deserialize;

use super::code::resolve;
use crate::domain::command::Command;
use crate::domain::label::{MEDIA, Medium};
use crate::domain::{Permission, PersonId};
use crate::services::labels::{LabelError, Print, Printed};
use crate::services::people::PeopleError;
use crate::services::scan::Scanned;
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// What is printed.
const KINDS: [&str; 7] = ["item", "inside", "contents", "nested", "blank", "commands", BADGES];
/// Only an admin's.
const BADGES: &str = "badges";
/// Before the id of a person whose badge is wanted.
const PERSON: &str = "person-";

/// The form as entered.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Entered {
    /// One of [`KINDS`].
    what: String,
    /// Of the thing or the place.
    code: String,
    count: String,
    medium: String,
    start: String,
    copies: String,
    bars: Option<String>,
    outlined: Option<String>,
    /// `person-ID` for each whose badge is wanted.
    #[serde(flatten)]
    people: BTreeMap<String, String>,
}

impl Entered {
    fn people(&self) -> Vec<PersonId> {
        self.people.keys().filter_map(|key| key.strip_prefix(PERSON)?.parse().ok()).collect()
    }
}

impl Default for Entered {
    fn default() -> Self {
        Self {
            what: "item".into(),
            code: String::new(),
            count: String::new(),
            medium: MEDIA[0].name.into(),
            start: "1".into(),
            copies: "1".into(),
            bars: None,
            outlined: None,
            people: BTreeMap::new(),
        }
    }
}

/// The address of the form for somebody's badge.
pub fn badge_of(person: PersonId) -> String {
    format!("/labels?what={BADGES}&{PERSON}{person}=1")
}

/// `GET /labels`; `?code=`, `?what=` and `?person-ID=` preselect.
pub async fn page(visit: Visit, Query(entered): Query<Entered>) -> Result<Markup, Fault> {
    visit.actor.require(Permission::Keep)?;
    shown(&visit, &entered, None).await
}

/// `POST /labels`: answers with the document, or says what is wrong.
pub async fn print(visit: Visit, Posted(entered): Posted<Entered>) -> Result<Response, Fault> {
    let wrong = match printed(&visit, &entered).await {
        Ok(printed) => {
            let name = format!("attachment; filename=\"labels-{}.pdf\"", words::today());
            let headers = [
                (CONTENT_TYPE, "application/pdf".to_owned()),
                (CONTENT_DISPOSITION, name),
                (CACHE_CONTROL, "private, no-store".to_owned()),
            ];
            return Ok((headers, printed.pdf).into_response());
        }
        Err(Wrong::Said(sentence)) => sentence,
        Err(Wrong::Fault(fault)) => return Err(fault),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&visit, &entered, Some(&wrong)).await?).into_response())
}

enum Wrong {
    Said(String),
    Fault(Fault),
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

async fn printed(visit: &Visit, entered: &Entered) -> Result<Printed, Wrong> {
    visit.actor.require(Permission::Keep).map_err(Fault::from)?;
    let (lang, actor, labels) = (visit.lang, &visit.actor, &visit.state.services.labels);
    let number = |text: &str| text.trim().parse().map_err(|_| Wrong::Said(say(lang, "labels.wrong.number")));
    // Only an address that others reach belongs on a label.
    let approach = &visit.caller.approach;
    let print = Print {
        medium: Medium::named(&entered.medium).map_err(|error| Wrong::Said(error.to_string()))?,
        start: number(&entered.start)?,
        copies: number(&entered.copies)?,
        bars: entered.bars.is_some(),
        address: (!approach.is_direct && approach.is_safe).then(|| format!("https://{}", approach.host)),
        outlined: entered.outlined.is_some(),
    };
    let made = match entered.what.as_str() {
        BADGES => labels.badges(actor, &entered.people(), &print).await,
        "blank" => labels.blank(actor, number(&entered.count)?, &print).await,
        "commands" => {
            let words = Command::ALL.iter().map(|command| {
                (command.as_str().to_owned(), say(lang, &format!("labels.command.{}", command.as_str())))
            });
            labels.commands(actor, &words.collect::<BTreeMap<_, _>>(), &print).await
        }
        what => {
            let item = match resolve(visit, &entered.code).await? {
                Scanned::Item(item) => item.id,
                _ => return Err(Wrong::Said(say(lang, "labels.wrong.code"))),
            };
            match what {
                "item" => labels.items(actor, &[item], &print).await,
                "inside" => labels.inside(actor, item, &print).await,
                "contents" => labels.contents(actor, item, false, print.address.as_deref()).await,
                "nested" => labels.contents(actor, item, true, print.address.as_deref()).await,
                _ => return Err(Wrong::Said(say(lang, "labels.wrong.what"))),
            }
        }
    };
    made.map_err(|error| match error {
        LabelError::Forbidden(forbidden) => Wrong::Fault(forbidden.into()),
        LabelError::Store(error) => Wrong::Fault(error.into()),
        LabelError::Medium(_) => Wrong::Said(say(lang, "labels.wrong.start")),
        LabelError::Nothing if entered.what == BADGES => Wrong::Said(say(lang, "labels.wrong.nobody")),
        LabelError::Nothing => Wrong::Said(say(lang, "labels.wrong.nothing")),
        LabelError::Person(PeopleError::NotFound) => Wrong::Said(say(lang, "labels.wrong.person")),
        LabelError::TooMany(_) => Wrong::Said(say(lang, "labels.wrong.too_many")),
        LabelError::NoPlace(name) => {
            Wrong::Said(t!("labels.wrong.no_place", locale = lang.code(), name = name).into_owned())
        }
        LabelError::NoFonts => Wrong::Said(say(lang, "labels.wrong.no_fonts")),
        other => {
            tracing::error!("labels could not be made: {other}");
            Wrong::Fault(Fault::Internal)
        }
    })
}

async fn shown(visit: &Visit, entered: &Entered, wrong: Option<&str>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let administers = visit.actor.may(Permission::Administer);
    let people = if administers { visit.state.services.people.list(&visit.actor).await? } else { Vec::new() };
    let wanted = entered.people();
    let title = say(lang, "labels.title");
    let word = |key: &str| say(lang, &format!("labels.{key}"));
    let body = html! {
        h1.heading { (title) }
        section.panel.pad.booking {
            p.muted { (word("help")) }
            @if let Some(wrong) = wrong { p.banner.bad role="alert" #wrong { (parts::icon(visit, "bad")) span { (wrong) } } }
            form.stack method="post" action="/labels" data-download {
                input type="hidden" name=(TOKEN) value=(visit.form_token());
                label for="what" { (word("what")) }
                select #what name="what" data-chooses {
                    @for kind in KINDS.into_iter().filter(|kind| administers || *kind != BADGES) {
                        option value=(kind) selected[kind == entered.what] { (word(&format!("kind.{kind}"))) }
                    }
                }
                div.stack data-for="item inside contents nested" {
                    label for="code" { (word("code")) }
                    input #code type="text" name="code" value=(entered.code) maxlength="255" autocomplete="off" autocapitalize="characters" spellcheck="false";
                }
                div.stack data-for="blank" {
                    label for="count" { (word("count")) }
                    input #count type="number" name="count" value=(entered.count) min="1" max="1000";
                }
                @if administers {
                    fieldset.stack data-for=(BADGES) aria-describedby="badges-help" {
                        legend { (word("people")) }
                        p.caption.muted #badges-help { (word("badges_help")) }
                        @for person in people.iter().filter(|person| person.active) {
                            label.tick {
                                input type="checkbox" name={ (PERSON) (person.id) } value="1" checked[wanted.contains(&person.id)];
                                span { (person.name) @if person.has_badge { span.caption.muted { " · " (word("has_badge")) } } }
                            }
                        }
                    }
                }
                div.stack data-for="item inside blank commands badges" {
                    label for="medium" { (word("medium")) }
                    select #medium name="medium" {
                        @for medium in &MEDIA { option value=(medium.name) selected[medium.name == entered.medium] { (medium.about) } }
                    }
                    label for="start" { (word("start")) }
                    input #start type="number" name="start" value=(entered.start) min="1" max="100" required;
                    label for="copies" { (word("copies")) }
                    input #copies type="number" name="copies" value=(entered.copies) min="1" max="100" required;
                    label.tick { input type="checkbox" name="bars" value="1" checked[entered.bars.is_some()]; (word("bars")) }
                    label.tick { input type="checkbox" name="outlined" value="1" checked[entered.outlined.is_some()]; (word("outlined")) }
                }
                button.btn.main type="submit" { (parts::icon(visit, "print")) (word("print")) }
            }
        }
    };
    Ok(layout::page(visit, &Page { title, nav: Some(Nav::Labels), verbs: None, body }))
}
