//! Finds PostgreSQL's programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::ClusterError;

/// A directory with `initdb` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    pub dir: PathBuf,
    /// Major version, as in a data directory's `PG_VERSION`.
    pub major: String,
    /// pgvector is installed for it.
    pub has_vector: bool,
}

/// Where Debian puts each major version.
const DEBIAN: &str = "/usr/lib/postgresql";

impl Binaries {
    /// The setting, else what `pg_config` names, else Debian's places from the newest version down. Existing
    /// data (`data_major`) decides for its version; without it, one that has pgvector is preferred.
    pub fn find(setting: Option<&Path>, data_major: Option<&str>) -> Result<Option<Self>, ClusterError> {
        let looked = places(setting);
        let found: Vec<Self> = looked.iter().filter_map(|dir| Self::in_dir(dir)).collect();
        if found.is_empty() {
            return Err(ClusterError::NoBinaries { looked });
        }
        Ok(match data_major {
            Some(major) => found.into_iter().find(|binaries| binaries.major == major),
            None => found.iter().find(|binaries| binaries.has_vector).or(found.first()).cloned(),
        })
    }

    /// The versions installed, for an error's text.
    pub fn installed(setting: Option<&Path>) -> String {
        let majors: Vec<String> =
            places(setting).iter().filter_map(|dir| Self::in_dir(dir)).map(|binaries| binaries.major).collect();
        majors.join(", ")
    }

    fn in_dir(dir: &Path) -> Option<Self> {
        if !dir.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        // Debian's layout, and that of a relocated or self-made installation.
        let extensions = [
            PathBuf::from(format!("/usr/share/postgresql/{major}/extension")),
            dir.join("../share/extension"),
            dir.join("../share/postgresql/extension"),
            dir.join(format!("../../../../share/postgresql/{major}/extension")),
        ];
        let has_vector = extensions.iter().any(|dir| dir.join("vector.control").is_file());
        Some(Self { dir: dir.to_owned(), major, has_vector })
    }

    /// The full path of one of the programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

fn places(setting: Option<&Path>) -> Vec<PathBuf> {
    if let Some(dir) = setting {
        return vec![dir.to_owned()];
    }
    let mut places = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        let dir = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !dir.is_empty() {
            places.push(PathBuf::from(dir));
        }
    }
    let mut majors: Vec<u32> = std::fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    for major in majors {
        let dir = Path::new(DEBIAN).join(major.to_string()).join("bin");
        if !places.contains(&dir) {
            places.push(dir);
        }
    }
    if places.is_empty() {
        places.push(DEBIAN.into());
    }
    places
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` → `15`.
fn major_of(version: &str) -> Option<String> {
    let number = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let major: String = number.chars().take_while(char::is_ascii_digit).collect();
    (!major.is_empty()).then_some(major)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: &str, expected: Option<&str>) {
        assert_eq!(major_of(version).as_deref(), expected);
    }

    #[test]
    fn the_major_version_is_read() {
        check("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some("15"));
        check("postgres (PostgreSQL) 18beta1", Some("18"));
        check("", None);
    }

    #[test]
    fn a_directory_without_programs_is_an_error_that_names_it() {
        let error = Binaries::find(Some(Path::new("/nowhere")), None).expect_err("nothing there").to_string();
        assert!(error.contains("/nowhere") && error.contains("apt install"), "{error}");
    }
}
