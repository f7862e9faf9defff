//! Whether what people entered would survive this machine: backups, and that one of them was restored.

use time::{Duration, OffsetDateTime};

use super::Check;
use crate::app::{App, EXAMPLE};
use crate::domain::Actor;

/// A nightly backup that failed once may be an accident.
const BACKUP_LATE: Duration = Duration::days(2);
const BACKUP_MISSING: Duration = Duration::days(8);
/// A weekly proof likewise.
const PROOF_LATE: Duration = Duration::days(15);
const PROOF_MISSING: Duration = Duration::days(60);

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
    let mut backup = aged("backup", status.last.as_ref(), now, (BACKUP_LATE, BACKUP_MISSING), mend);
    if let Some((_, name)) = &status.last
        && !app.config.backup.dir.join(name).exists()
    {
        // It may have been written elsewhere; the proof finds out whether any can be restored.
        backup.detail.push_str(", not in the usual directory");
    }
    let mend = "inventory backup prove; the timer inventory-verify.timer does it every week";
    vec![backup, aged("proven restore", status.proven.as_ref(), now, (PROOF_LATE, PROOF_MISSING), mend)]
}

fn aged(
    name: &'static str,
    done: Option<&(OffsetDateTime, String)>,
    now: OffsetDateTime,
    (late, missing): (Duration, Duration),
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
    if age > missing {
        Check::bad(name, detail, mend)
    } else if age > late {
        Check::note(name, detail, mend)
    } else {
        Check::fine(name, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Finding;
    use super::*;

    fn check(age: Option<Duration>, expected: Finding) {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(1000);
        let done = age.map(|age| (now - age, "x.tar.zst".to_owned()));
        let found = aged("backup", done.as_ref(), now, (BACKUP_LATE, BACKUP_MISSING), "inventory backup");
        assert_eq!(found.finding, expected, "{age:?}: {}", found.detail);
    }

    #[test]
    fn a_backup_grows_old() {
        check(None, Finding::Note);
        check(Some(Duration::hours(-1)), Finding::Fine);
        check(Some(Duration::hours(30)), Finding::Fine);
        check(Some(Duration::days(3)), Finding::Note);
        check(Some(Duration::days(9)), Finding::Bad);
    }
}
