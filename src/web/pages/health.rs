//! How the program is, for who has to mend it: the database, its rights, and the proof of the ledger.

use maud::{Markup, html};
use rust_i18n::t;
use time::OffsetDateTime;

use crate::services::backup::{BackupError, Freshness};
use crate::services::diagnosis::DiagnosisError;
use crate::web::fault::Fault;
use crate::web::layout::{self, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// `GET /health`
pub async fn page(visit: Visit) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let facts = visit.state.services.diagnosis.database(&visit.actor).await?;
    let differing = visit.state.services.stock.discrepancies(&visit.actor).await?;
    let backups = visit.state.services.backup.status(&visit.actor).await?;
    let now = OffsetDateTime::now_utc();
    let title = say(lang, "health.title");
    let line = |good: bool, word: &str, more: &str| {
        html! { li.sy.whole {
            (parts::state(&visit, if good { "good" } else { "warn" }, if good { "good" } else { "warn" }, word))
            span.muted.end { (more) }
        } }
    };
    let ledger = if differing.is_empty() {
        say(lang, "health.ledger_good")
    } else {
        t!("health.ledger_bad", locale = lang.code(), count = differing.len()).into_owned()
    };
    let body = html! {
        h1.heading { (title) }
        div.columns {
            section.panel.pad aria-labelledby="system" {
                h2.title #system { (say(lang, "more.system")) }
                (super::system::parts(&visit).await?)
            }
            section.panel.pad aria-labelledby="ledger" {
                h2.title #ledger { (say(lang, "health.ledger")) }
                ul.lines { (line(differing.is_empty(), &ledger, "")) }
                @for item in differing.iter().take(20) { p { a.lnk href={ "/items/" (item) } { (item) } } }
            }
            section.panel.pad aria-labelledby="backups" {
                h2.title #backups { (say(lang, "backup.title")) }
                ul.lines {
                    (kept(&visit, "made", backups.last.as_ref(), backups.backup(now)))
                    (kept(&visit, "proven", backups.proven.as_ref(), backups.proof(now)))
                }
                p.caption.muted { (say(lang, "backup.help")) }
            }
            section.panel.pad aria-labelledby="server" {
                h2.title #server { (say(lang, "health.server")) }
                ul.lines {
                    (line(true, &say(lang, "health.server"), &facts.version))
                    (line(!facts.role_is_too_mighty, &say(lang, "health.role"), &if facts.role_is_too_mighty { format!("{}: {}", facts.role, say(lang, "health.mighty")) } else { facts.role.clone() }))
                    (line(facts.is_durable, &say(lang, "health.durable"), ""))
                    (line(facts.is_private, &say(lang, "health.private"), ""))
                    @for (name, version) in &facts.extensions {
                        (line(version.is_some(), name, version.as_deref().unwrap_or(&say(lang, "health.missing"))))
                    }
                }
            }
        }
    };
    Ok(layout::page(&visit, &Page { title, nav: None, verbs: None, body }))
}

/// When something was last done that keeps the inventory safe, and whether that is long ago.
fn kept(visit: &Visit, what: &str, done: Option<&(OffsetDateTime, String)>, freshness: Freshness) -> Markup {
    let lang = visit.lang;
    let (class, word) = match freshness {
        Freshness::Good => ("good", "good"),
        Freshness::Late => ("warn", "late"),
        Freshness::Never => ("warn", "never"),
        Freshness::Missing => ("bad", "missing"),
    };
    html! {
        li.sy.whole {
            (parts::state(visit, class, class, &format!("{}: {}", say(lang, &format!("backup.{what}")), say(lang, &format!("backup.{word}")))))
            @if let Some((at, archive)) = done {
                span.end.right { time datetime=(words::machine_moment(*at)) { (words::moment(lang, *at)) } br; span.caption.muted.anywhere { (archive) } }
            }
        }
    }
}

impl From<BackupError> for Fault {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Forbidden(forbidden) => forbidden.into(),
            BackupError::Store(error) => error.into(),
            other => {
                tracing::error!("a request failed: {other}");
                Self::Internal
            }
        }
    }
}

impl From<DiagnosisError> for Fault {
    fn from(error: DiagnosisError) -> Self {
        match error {
            DiagnosisError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            DiagnosisError::Store(error) => error.into(),
        }
    }
}
