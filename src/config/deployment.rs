//! What kind of machine this is, in the predecessor's word: `DEPLOYMENT_TYPE`. It only chooses defaults; whatever is
//! set by name beats it.

use std::path::{Path, PathBuf};

use super::{ConfigError, Environment};

/// A service of the system keeps its data here; root has no use for a hidden folder in its home.
pub const SYSTEM_DATA_DIR: &str = "/var/lib/inventory";

/// The kind of machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deployment {
    /// Somebody's own computer: data in the user's home, one program.
    #[default]
    Desktop,
    /// A server as `deploy/deploy.sh` sets it up: data in `/var/lib/inventory`, the system's PostgreSQL.
    Server,
    /// The same on a Raspberry Pi with a panel: fewer connections, since memory is short.
    RaspberryPi,
}

impl Deployment {
    const KNOWN: [(&'static str, Self); 3] =
        [("desktop", Self::Desktop), ("server", Self::Server), ("raspberry_pi", Self::RaspberryPi)];

    pub(super) fn merge(env: &Environment, file: Option<&str>) -> Result<Self, ConfigError> {
        let (setting, text) = match (env.get("DEPLOYMENT_TYPE"), file) {
            (Some(text), _) => ("DEPLOYMENT_TYPE", text),
            (None, Some(text)) => ("deployment", text),
            (None, None) => return Ok(Self::default()),
        };
        let name = text.trim().to_lowercase().replace('-', "_");
        Self::KNOWN.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind).ok_or_else(|| {
            let known: Vec<&str> = Self::KNOWN.iter().map(|(known, _)| *known).collect();
            ConfigError::setting(setting, format!("`{text}` is not a known deployment; known are {}", known.join(", ")))
        })
    }

    /// Where data lie unless somebody says otherwise; `None`: in the user's home.
    pub(super) fn data_dir(self) -> Option<PathBuf> {
        (self != Self::Desktop).then(|| SYSTEM_DATA_DIR.into())
    }

    /// Photos, by the predecessor's name on machines that are set up as it was.
    pub(super) fn photos_dir(self, data_dir: &Path) -> PathBuf {
        data_dir.join(if self == Self::Desktop { "photos" } else { "images" })
    }

    /// Connections to the database; each costs the server some 10 MB.
    pub(super) fn pool_size(self) -> usize {
        match self {
            Self::RaspberryPi => 6,
            Self::Desktop | Self::Server => 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Deployment) {
        let env = Environment::of(&[("DEPLOYMENT_TYPE", value)]);
        assert_eq!(Deployment::merge(&env, None).expect("known"), expected, "{value}");
    }

    #[test]
    fn the_predecessors_word_is_understood() {
        check("raspberry_pi", Deployment::RaspberryPi);
        check(" Raspberry-Pi ", Deployment::RaspberryPi);
        check("server", Deployment::Server);
        check("desktop", Deployment::Desktop);
        check("", Deployment::Desktop);
    }

    #[test]
    fn an_unknown_deployment_lists_the_known() {
        for (env, file) in
            [(Environment::of(&[("DEPLOYMENT_TYPE", "toaster")]), None), (Environment::of(&[]), Some("toaster"))]
        {
            let error = Deployment::merge(&env, file).expect_err("refused").to_string();
            for word in ["`toaster`", "desktop", "server", "raspberry_pi"] {
                assert!(error.contains(word), "{error}");
            }
        }
    }

    #[test]
    fn the_environment_beats_the_file() {
        let env = Environment::of(&[("DEPLOYMENT_TYPE", "server")]);
        assert_eq!(Deployment::merge(&env, Some("raspberry_pi")).expect("known"), Deployment::Server);
        assert_eq!(
            Deployment::merge(&Environment::of(&[]), Some("raspberry_pi")).expect("known"),
            Deployment::RaspberryPi
        );
    }
}
