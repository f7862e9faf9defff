//! How the parts of the program are, in words: on the first page, under *more*, and for who looks after it.

use maud::{Markup, html};
use rust_i18n::t;
use time::OffsetDateTime;

use crate::domain::Permission;
use crate::embedding::ModelState;
use crate::services::backup::Freshness;
use crate::services::figures::FiguresError;
use crate::services::health::{Database, Schema};
use crate::web::fault::Fault;
use crate::web::parts as pieces;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// Each part with its state and how far it is.
pub async fn parts(visit: &Visit) -> Result<Markup, Fault> {
    let (lang, services) = (visit.lang, &visit.state.services);
    let report = visit.state.health.report();
    let progress = services.figures.progress(&visit.actor).await?;
    let number = |value: i64| words::number(lang, value.into());
    let (good, warn, bad) = (("good", "good"), ("warn", "warn"), ("bad", "bad"));
    let database = match (&report.database, &report.schema) {
        (Database::Up, Schema::Current | Schema::Unknown) if progress.bookings > 0 => {
            (good, t!("system.bookings", locale = lang.code(), count = number(progress.bookings)).into_owned())
        }
        (Database::Up, Schema::Current | Schema::Unknown) => (good, say(lang, "system.up")),
        (Database::Up, _) => (warn, say(lang, "system.pending")),
        (Database::Unknown, _) => (warn, say(lang, "system.unknown")),
        (Database::Down { .. }, _) => (bad, say(lang, "system.down")),
    };
    let model = match report.model {
        ModelState::Ready(_) => {
            let done = number((progress.items - progress.waiting).max(0));
            let of = t!("system.embedded", locale = lang.code(), done = done, all = number(progress.items));
            (good, of.into_owned())
        }
        ModelState::Loading => (("warn", "clock"), say(lang, "system.loading")),
        ModelState::Absent { .. } => (warn, say(lang, "system.absent")),
    };
    let mut all = vec![("system.database", database), ("system.meaning", model)];
    if visit.actor.may(Permission::Administer) {
        let backups = services.backup.status(&visit.actor).await?;
        let state = match backups.backup(OffsetDateTime::now_utc()) {
            Freshness::Good => good,
            Freshness::Late | Freshness::Never => warn,
            Freshness::Missing => bad,
        };
        let last = backups.last.map_or_else(|| say(lang, "system.no_backup"), |(at, _)| words::moment(lang, at));
        all.push(("system.backup", (state, last)));
    }
    Ok(html! {
        ul.lines {
            @for (name, ((class, icon), word)) in all {
                li.sy { (pieces::state(visit, class, icon, &say(lang, name))) span.muted.end.right { (word) } }
            }
        }
    })
}

impl From<FiguresError> for Fault {
    fn from(error: FiguresError) -> Self {
        match error {
            FiguresError::Forbidden(forbidden) => forbidden.into(),
            FiguresError::Store(error) => error.into(),
        }
    }
}
