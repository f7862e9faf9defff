//! Who changed what, and who came in or was refused: for keepers about the entries, for admins about everything.

use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::book::day;
use crate::domain::{Permission, PersonId};
use crate::services::audit::{Audit, AuditEntry, AuditError, AuditFilter, Subject};
use crate::services::people::Person;
use crate::web::details::plain;
use crate::web::fault::Fault;
use crate::web::layout::{self, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

const PER_PAGE: usize = 60;
/// A longer value is cut: the item's own page has the whole of it.
const LONGEST: usize = 160;

/// The actions and fields the catalogue has words for; others are shown as the database calls them.
const ACTIONS: [&str; 19] = [
    "created",
    "changed",
    "removed",
    "merged",
    "due_changed",
    "signed_in",
    "signed_out",
    "sign_in_refused",
    "session_ended",
    "setup_refused",
    "stepped_up",
    "step_up_refused",
    "token_made",
    "token_removed",
    "second_factor_on",
    "second_factor_off",
    "recovery_code_used",
    "restored",
    "setting_changed",
];
const FIELDS: [&str; 37] = [
    "name",
    "kind",
    "description",
    "notes",
    "unit",
    "min_quantity",
    "max_quantity",
    "home_holder",
    "serial_number",
    "manufacturer",
    "model",
    "purchase_price",
    "purchase_currency",
    "purchased_on",
    "warranty_until",
    "url",
    "fields",
    "archived_at",
    "merged_into",
    "instance_of",
    "caption",
    "position",
    "role",
    "login",
    "password_hash",
    "pin_hash",
    "active",
    "anonymised_at",
    "item",
    "price",
    "text",
    "state",
    "note",
    "booking",
    "decided_at",
    "decided_by",
    "shown_at",
];
const ENTITIES: [&str; 12] = [
    "item",
    "person",
    "tag",
    "item_tag",
    "item_link",
    "supplier",
    "supplier_part",
    "code",
    "photo",
    "attachment",
    "stocktake",
    "inventory",
];

/// Which entries; what cannot be read is left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    person: String,
    about: String,
    from: String,
    until: String,
    before: String,
}

impl Asked {
    /// The address of the same entries, further back.
    fn older(&self, than: i64) -> String {
        let pairs = [
            ("person", self.person.as_str()),
            ("about", &self.about),
            ("from", &self.from),
            ("until", &self.until),
            ("before", &than.to_string()),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let filled: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        format!("/audit?{}", serde_urlencoded::to_string(filled).unwrap_or_default())
    }
}

/// `GET /audit`
pub async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let services = &visit.state.services;
    let filter = AuditFilter {
        person: asked.person.parse().ok().map(PersonId),
        subject: Subject::named(&asked.about),
        from: day(&asked.from).unwrap_or_default(),
        until: day(&asked.until).unwrap_or_default(),
        zone: words::zone(),
        before: asked.before.parse().ok(),
        limit: PER_PAGE as i64 + 1,
    };
    let mut entries = services.audit.list(&visit.actor, &filter).await?;
    let more = entries.len() > PER_PAGE;
    entries.truncate(PER_PAGE);
    let people = services.people.list(&visit.actor).await?;
    let title = say(lang, "audit.title");
    let body = html! {
        h1.heading { (title) }
        (form(&visit, &asked, &people))
        section.panel #trail aria-label=(title) {
            @if entries.is_empty() { (parts::empty(&say(lang, "audit.none"), &say(lang, "audit.none_help"))) }
            ul.lines { @for entry in &entries { (row(&visit, entry)) } }
            @if more && let Some(last) = entries.last() {
                nav.pager aria-label=(say(lang, "search.pages")) {
                    a.btn rel="next" href=(asked.older(last.id)) { (say(lang, "history.older")) (parts::icon(&visit, "forward")) }
                }
            }
        }
    };
    Ok(layout::page(&visit, &Page { title, nav: None, verbs: None, body }))
}

fn form(visit: &Visit, asked: &Asked, people: &[Person]) -> Markup {
    let lang = visit.lang;
    let subjects = Audit::subjects(&visit.actor);
    html! {
        form.panel.pad.sift method="get" action="/audit" {
            label { (say(lang, "audit.person"))
                select name="person" {
                    option value="" { (say(lang, "audit.anybody")) }
                    @for person in people { option value=(person.id) selected[person.id.to_string() == asked.person] { (person.name) } }
                }
            }
            @if subjects.len() > 1 {
                label { (say(lang, "audit.about"))
                    select name="about" {
                        option value="" { (say(lang, "audit.anything")) }
                        @for subject in subjects {
                            option value=(subject.as_str()) selected[subject.as_str() == asked.about] { (say(lang, &format!("audit.subject.{}", subject.as_str()))) }
                        }
                    }
                }
            }
            label { (say(lang, "audit.from")) input type="date" name="from" value=(asked.from); }
            label { (say(lang, "audit.until")) input type="date" name="until" value=(asked.until); }
            button.btn.main type="submit" { (parts::icon(visit, "filter")) (say(lang, "audit.show")) }
        }
    }
}

fn row(visit: &Visit, entry: &AuditEntry) -> Markup {
    let lang = visit.lang;
    let named = |group: &str, known: &[&str], word: &str| {
        if known.contains(&word) { say(lang, &format!("audit.{group}.{word}")) } else { word.to_owned() }
    };
    // Not everything that has an id has a page; of a tag or a supplier its own id is noted.
    let address = entry.entity_id.and_then(|id| match entry.entity.as_str() {
        "person" => Some(format!("/people/{id}")),
        "stocktake" => Some(format!("/stocktakes/{id}")),
        _ => entry.entity_name.as_ref().map(|_| format!("/items/{id}")),
    });
    let subject =
        entry.entity_name.clone().or_else(|| told(entry)).unwrap_or_else(|| named("entity", &ENTITIES, &entry.entity));
    html! {
        li.lg {
            (parts::icon(visit, icon(&entry.action)))
            span.who {
                span.name {
                    @match address { Some(address) => { a.lnk href=(address) { (subject) } }, None => { (subject) } }
                }
                span.did {
                    @if !["item", "person", "stocktake"].contains(&entry.entity.as_str()) { (named("entity", &ENTITIES, &entry.entity)) ": " }
                    (named("action", &ACTIONS, &entry.action))
                    @if let Some(field) = &entry.field {
                        " · " b { (named("field", &FIELDS, field)) } ": "
                        @if field.ends_with("_hash") { (say(lang, "audit.secret")) }
                        @else {
                            (short(visit, entry.old.as_ref())) " " (parts::icon(visit, "arrow-right")) " " (short(visit, entry.new.as_ref()))
                        }
                    } @else if let Some(detail) = detail(entry) { " · " (cut(&detail)) }
                }
                span.caption.muted {
                    (entry.actor_name.as_deref().unwrap_or(&say(lang, "audit.nobody"))) " · "
                    time datetime=(words::machine_moment(entry.at)) { (words::moment(lang, entry.at)) }
                }
            }
        }
    }
}

fn short(visit: &Visit, value: Option<&Value>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| cut(&plain(visit.lang, value)))
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

/// What something that was made or removed is called. A badge's code is a secret's hash, and nobody's business.
fn told(entry: &AuditEntry) -> Option<String> {
    let row = entry.new.as_ref().or(entry.old.as_ref())?;
    if row["kind"] == "badge" {
        return None;
    }
    let text = ["name", "text", "part_number"].iter().find_map(|key| row[*key].as_str())?;
    Some(text.to_owned())
}

/// The particulars of what is no change of a row: from where somebody was refused, what was merged.
fn detail(entry: &AuditEntry) -> Option<String> {
    if ["created", "removed"].contains(&entry.action.as_str()) {
        return told(entry).filter(|told| entry.entity_name.as_ref() != Some(told));
    }
    match entry.new.as_ref()? {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => {
            let said = fields.iter().map(|(name, value)| match value {
                Value::String(text) => format!("{name}: {text}"),
                other => format!("{name}: {other}"),
            });
            Some(said.collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    }
}

fn icon(action: &str) -> &'static str {
    match action {
        "created" => "plus",
        "removed" => "close",
        "merged" => "link",
        "changed" => "edit",
        "setting_changed" => "settings",
        refused if refused.ends_with("_refused") => "bad",
        "signed_in" | "signed_out" | "session_ended" => "lock",
        _ => "info",
    }
}

impl From<AuditError> for Fault {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Forbidden(forbidden) => forbidden.into(),
            AuditError::Store(error) => error.into(),
        }
    }
}

/// Whether somebody finds the way there.
pub fn is_for(visit: &Visit) -> bool {
    visit.actor.may(Permission::Keep)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::language::Lang;

    #[test]
    fn the_catalogue_has_a_word_for_all_that_is_listed() {
        for lang in Lang::ALL {
            for (group, words) in [("action", &ACTIONS[..]), ("field", &FIELDS), ("entity", &ENTITIES)] {
                for word in words {
                    let key = format!("audit.{group}.{word}");
                    assert!(!say(lang, &key).contains("audit."), "{key} in {lang:?}");
                }
            }
        }
    }
}
