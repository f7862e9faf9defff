//! Exit codes, the same for every command, and the one place that prints a failure.

use std::process::ExitCode;

use crate::app::NotReady;
use crate::cluster::ClusterError;
use crate::config::ConfigError;
use crate::domain::person::Forbidden;
use crate::store::StoreError;

/// Shown under `--help`.
pub const HELP: &str = "\
Exit codes:
  0  done
  1  failed, or found something to mend (doctor, migrate --check)
  2  the command line is wrong
  3  a setting is wrong
  4  the database cannot be reached or started
  5  the database is not up to date
  6  not allowed";

pub const FAILED: u8 = 1;
pub const SETTING: u8 = 3;
pub const DATABASE: u8 = 4;
pub const NOT_CURRENT: u8 = 5;
pub const NOT_ALLOWED: u8 = 6;

/// Prints why a command failed, for a person, and returns the code for a script.
pub fn explain(error: &anyhow::Error) -> ExitCode {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Transparent errors repeat their cause's words.
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    eprintln!("inventory: {text}");
    ExitCode::from(code(error))
}

fn code(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if cause.is::<ConfigError>() || cause.is::<crate::telemetry::FilterError>() {
            return SETTING;
        }
        if cause.is::<ClusterError>()
            || matches!(cause.downcast_ref(), Some(StoreError::Unavailable(_) | StoreError::Closed))
        {
            return DATABASE;
        }
        match cause.downcast_ref() {
            Some(NotReady::Pending(_) | NotReady::Schema(_)) => return NOT_CURRENT,
            Some(NotReady::Database(_)) => return DATABASE,
            None => {}
        }
        if cause.is::<Forbidden>() {
            return NOT_ALLOWED;
        }
    }
    FAILED
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;
    use crate::domain::{Actor, Permission};
    use crate::services::backup::BackupError;
    use crate::services::catalog::CatalogError;
    use crate::services::labels::LabelError;
    use crate::services::people::PeopleError;
    use crate::services::stock::StockError;
    use crate::services::transfer::ImportError;

    fn check(error: impl Into<anyhow::Error>, expected: u8) {
        assert_eq!(code(&error.into().context("while testing")), expected);
    }

    #[test]
    fn each_kind_of_failure_has_its_code() {
        check(ConfigError::NoHome, SETTING);
        check(ClusterError::NoAccount, DATABASE);
        check(StoreError::Unavailable("down".into()), DATABASE);
        check(StoreError::Closed, DATABASE);
        check(NotReady::Pending(vec!["V2".into()]), NOT_CURRENT);
        check(NotReady::Database(StoreError::Unavailable("down".into())), DATABASE);
        check(anyhow::anyhow!("anything"), FAILED);
        let forbidden = || Actor::anonymous().require(Permission::Keep).expect_err("nobody keeps anything");
        check(forbidden(), NOT_ALLOWED);
        check(CatalogError::from(forbidden()), NOT_ALLOWED);
        check(StockError::from(forbidden()), NOT_ALLOWED);
        check(ImportError::from(forbidden()), NOT_ALLOWED);
        check(BackupError::from(forbidden()), NOT_ALLOWED);
        check(LabelError::from(PeopleError::from(forbidden())), NOT_ALLOWED);
        check(CatalogError::from(StoreError::Unavailable("down".into())), DATABASE);
        let nested: anyhow::Result<()> = Err(ConfigError::NoHome).context("a").context("b");
        check(nested.expect_err("nested"), SETTING);
    }
}
