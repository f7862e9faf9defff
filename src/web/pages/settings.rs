//! What an admin may set here, and what the configuration file has set.

use axum::response::Redirect;
use maud::{Markup, html};
use rust_i18n::t;
use serde::Deserialize;

use crate::domain::Permission;
use crate::domain::stocktake::Interval;
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::say;

/// `GET /settings`
pub async fn page(visit: Visit) -> Result<Markup, Fault> {
    visit.actor.require(Permission::Administer)?;
    let lang = visit.lang;
    let stocktakes = &visit.state.services.stocktakes;
    let self_approval = stocktakes.self_approval(&visit.actor).await?;
    let interval = stocktakes.interval(&visit.actor).await?;
    let title = say(lang, "settings.title");
    let body = html! {
        h1.heading { (title) }
        div.columns {
            section.panel.pad aria-labelledby="rule-title" {
                h2.title #rule-title { (say(lang, "count.rule")) }
                p { (say(lang, if self_approval { "count.rule_one" } else { "count.rule_two" })) }
                form method="post" action="/settings/self-approval" {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    input type="hidden" name="allowed" value=(!self_approval);
                    button.btn type="submit" { (parts::icon(&visit, "person")) (say(lang, if self_approval { "count.ask_two" } else { "count.let_one" })) }
                }
            }
            section.panel.pad aria-labelledby="interval-title" {
                h2.title #interval-title { (say(lang, "count.interval")) }
                p #interval-help { (say(lang, "count.interval_help")) }
                form.stack method="post" action="/settings/count-interval" {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    label for="days" { (say(lang, "count.interval_days")) }
                    input #days type="number" name="days" inputmode="numeric" min="1" max=(Interval::LONGEST)
                        value=[interval.map(Interval::days)] aria-describedby="interval-help";
                    button.btn type="submit" { (parts::icon(&visit, "count")) (say(lang, "count.interval_set")) }
                }
            }
            section.panel.pad.beside aria-labelledby="file-title" {
                h2.title #file-title { (say(lang, "settings.file")) }
                p.muted { (say(lang, "settings.file_help")) }
                (file(&visit))
            }
        }
    };
    Ok(layout::page(&visit, &Page { title, nav: Some(Nav::Settings), verbs: None, body }))
}

/// The settings of this endpoint, with the names they have in the file.
fn file(visit: &Visit) -> Markup {
    let lang = visit.lang;
    let set = &visit.state.settings;
    let count = |key: &str, count: u64| t!(key, locale = lang.code(), count = count).into_owned();
    let listed = |texts: Vec<String>| if texts.is_empty() { say(lang, "settings.none") } else { texts.join(", ") };
    let factor = if set.second_factor_required { "settings.required" } else { "settings.optional" };
    let local = if set.local_person { "detail.yes" } else { "detail.no" };
    let rows = [
        ("session_idle_hours", count("settings.hours", set.session_idle.as_secs() / 3600)),
        ("session_days", count("settings.days", set.session_absolute.as_secs() / 86_400)),
        ("second_factor", say(lang, factor)),
        ("local_person", say(lang, local)),
        ("trusted_proxies", listed(set.trusted_proxies.iter().map(ToString::to_string).collect())),
        ("hosts", listed(set.hosts.clone())),
        ("metrics_from", listed(set.metrics_from.iter().map(ToString::to_string).collect())),
    ];
    html! {
        dl.fields { @for (name, value) in rows {
            div { dt { (say(lang, &format!("settings.web.{name}"))) } dd { (value) br; code.caption.muted { "web." (name) } } }
        } }
    }
}

#[derive(Debug, Deserialize)]
pub struct Rule {
    allowed: bool,
}

/// `POST /settings/self-approval`
pub async fn self_approval(visit: Visit, Posted(rule): Posted<Rule>) -> Result<Redirect, Fault> {
    visit.state.services.stocktakes.set_self_approval(&visit.actor, rule.allowed).await?;
    Ok(Redirect::to("/settings"))
}

#[derive(Debug, Deserialize)]
pub struct Every {
    days: String,
}

/// `POST /settings/count-interval`
pub async fn count_interval(visit: Visit, Posted(every): Posted<Every>) -> Result<Redirect, Fault> {
    let interval = match every.days.trim() {
        "" => None,
        days => {
            let days = days.parse().ok().and_then(Interval::of_days);
            Some(days.ok_or_else(|| Fault::Refused(say(visit.lang, "count.interval_wrong")))?)
        }
    };
    visit.state.services.stocktakes.set_interval(&visit.actor, interval).await?;
    Ok(Redirect::to("/settings"))
}
