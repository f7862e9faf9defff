//! Where backups go, which are kept, and what of the machine goes into a full one.

use std::path::{Path, PathBuf};

use super::file::BackupTable;
use super::{Environment, Paths};
use crate::domain::Retention;

/// Settings of backups.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Where archives are written; `backups` in the data directory unless set.
    pub dir: PathBuf,
    /// Which of the archives there are kept.
    pub keep: Retention,
    /// Files and directories that a full backup holds beside the data: configuration, units, certificates, package. What is
    /// not there is left out.
    pub machine: Vec<PathBuf>,
}

/// What the deployment puts on a machine, beside what lies in the data directory.
const OF_THE_SYSTEM: [&str; 7] = [
    "/etc/inventory",
    "/etc/systemd/system/inventory.service.d",
    "/etc/systemd/system/inventory.service",
    "/etc/systemd/system/inventory-kiosk.service",
    "/etc/systemd/system/inventory.socket",
    "/etc/nginx/sites-available/inventory",
    "/etc/nginx/conf.d/inventory.conf",
];

impl Backup {
    pub(super) fn merge(
        env: &Environment,
        file: BackupTable,
        base: &Path,
        paths: &Paths,
        config: Option<&Path>,
    ) -> Self {
        let beside_file = |path: PathBuf| env.working_dir.join(base).join(path);
        let usual = Retention::default();
        let mut machine: Vec<PathBuf> = config.map(|path| env.working_dir.join(path)).into_iter().collect();
        machine.extend(["config", "ssl", "app"].map(|below| paths.data_dir.join(below)));
        machine.extend(OF_THE_SYSTEM.map(PathBuf::from));
        Self {
            dir: env
                .path("INVENTORY_BACKUP_DIR")
                .or_else(|| file.dir.map(beside_file))
                .unwrap_or_else(|| paths.data_dir.join("backups")),
            keep: Retention {
                daily: file.keep_daily.unwrap_or(usual.daily),
                weekly: file.keep_weekly.unwrap_or(usual.weekly),
                monthly: file.keep_monthly.unwrap_or(usual.monthly),
            },
            machine: match file.machine {
                Some(paths) => paths.into_iter().map(beside_file).collect(),
                None => machine,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Flags};
    use super::*;

    fn backup(env: &[(&str, &str)], file: &str) -> Backup {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("inventory.toml");
        std::fs::write(&path, file).expect("written");
        let flags = Flags { config: Some(path), data_dir: Some("/data".into()), ..Flags::default() };
        Config::from_sources(&flags, &Environment::of(env)).expect("valid").backup
    }

    #[test]
    fn archives_lie_in_the_data_directory_unless_said_otherwise() {
        assert_eq!(backup(&[], "").dir, Path::new("/data/backups"));
        assert_eq!(backup(&[], "[backup]\ndir = \"/disk\"").dir, Path::new("/disk"));
        assert_eq!(backup(&[("INVENTORY_BACKUP_DIR", "/other")], "[backup]\ndir = \"/disk\"").dir, Path::new("/other"));
    }

    #[test]
    fn what_is_kept_can_be_set_one_by_one() {
        let keep = backup(&[], "[backup]\nkeep_weekly = 8").keep;
        assert_eq!(keep, Retention { daily: 7, weekly: 8, monthly: 12 });
    }

    #[test]
    fn a_full_backup_holds_the_file_with_the_settings() {
        assert!(backup(&[], "").machine.iter().any(|path| path.ends_with("inventory.toml")));
        assert_eq!(backup(&[], "[backup]\nmachine = [\"/etc/x\"]").machine, [Path::new("/etc/x")]);
    }
}
