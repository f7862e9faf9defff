//! Whether what people entered would survive this machine: backups, and that one of them was restored.

use time::{Duration, OffsetDateTime};

use super::Check;
use crate::app::{App, EXAMPLE};
use crate::domain::Actor;
use crate::services::backup::Freshness;

/// Nobody needs a backup of the example.
pub async fn backups(app: &App) -> Vec<Check> {
    if app.cluster().is_some() && app.database == EXAMPLE {
        return Vec::new();
    }
    let status = match app.services.backup.status(&Actor::program()).await {
        Ok(status) => status,
        Err(error) => {
            return vec![Check::bad("backup", error.to_string(), "run doctor again when the database answers")];
        }
    };
    let now = OffsetDateTime::now_utc();
    let mend = "inventory backup; the timer inventory-backup.timer makes one every night";
    let mut backup = aged("backup", status.last.as_ref(), now, status.backup(now), mend);
    if let Some((_, name)) = &status.last
        && !app.config.backup.dir.join(name).exists()
    {
        // It may have been written elsewhere; the proof finds out whether any can be restored.
        backup.detail.push_str(", not in the usual directory");
    }
    let mend = "inventory backup prove; the timer inventory-verify.timer does it every week";
    vec![backup, aged("proven restore", status.proven.as_ref(), now, status.proof(now), mend)]
}

fn aged(
    name: &'static str,
    done: Option<&(OffsetDateTime, String)>,
    now: OffsetDateTime,
    freshness: Freshness,
    mend: &str,
) -> Check {
    let Some((at, archive)) = done else {
        return Check::note(name, "never", mend);
    };
    let age = (now - *at).max(Duration::ZERO);
    let detail = match (age.whole_days(), age.whole_hours()) {
        (0, 0) => format!("{archive}, within the last hour"),
        (0, hours) => format!("{archive}, {hours} h ago"),
        (days, _) => format!("{archive}, {days} days ago"),
    };
    match freshness {
        Freshness::Missing => Check::bad(name, detail, mend),
        Freshness::Late | Freshness::Never => Check::note(name, detail, mend),
        Freshness::Good => Check::fine(name, detail),
    }
}
