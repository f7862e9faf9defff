//! How a person likes the window: remembered beside the data, in a small file.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::warn;

use super::kiosk::RestTimes;
use super::ui::{Density, KeyLanguage, Language, Theme};
use crate::domain::scanner;

/// What is remembered. An unknown word means the default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `light`, `dark`, `contrast`.
    theme: String,
    /// `en`, `de`, or empty: the system's.
    language: String,
    /// Of the kiosk: `s`, `m`, `l`, or empty: by the size of the screen.
    density: String,
    /// Nothing moves that need not.
    reduced_motion: bool,
    /// What is read is a fifth larger.
    large_text: bool,
    /// The kiosk's scanner.
    scanner: scanner::Settings,
    /// The keys on the screen: `en`, `de`, `fr`, `es`, or empty: as the language.
    keys: String,
    /// The sign-in name of the person the kiosk itself acts as, so that nobody needs to sign in; empty: they do.
    device_person: String,
    /// After so many seconds without a touch a session ends: 5 to 3600.
    lock_after: Option<u16>,
    /// After so many seconds without a touch the screen dims, says how to begin, and is dark if it is night.
    dim_after: Option<u32>,
    quiet_after: Option<u32>,
    dark_after: Option<u32>,
    /// The hours of the night; the same hour twice: there is none.
    night: Option<(u8, u8)>,
    /// No sounds.
    silent: bool,
    /// The program that takes a picture, `{file}` where it goes; empty: one that is found.
    camera: String,
}

impl Settings {
    /// Reads the file; without one, the defaults.
    pub fn load(path: &Path) -> Self {
        let Ok(text) = std::fs::read_to_string(path) else { return Self::default() };
        toml::from_str(&text).unwrap_or_else(|error| {
            warn!("{} is not read: {error}", path.display());
            Self::default()
        })
    }

    /// Writes the file. A window that cannot remember still works.
    pub fn save(&self, path: &Path) {
        let written = toml::to_string(self).map_err(std::io::Error::other).and_then(|text| std::fs::write(path, text));
        if let Err(error) = written {
            warn!("{} is not written: {error}", path.display());
        }
    }

    pub fn theme(&self) -> Theme {
        match self.theme.as_str() {
            "dark" => Theme::Dark,
            "contrast" => Theme::Contrast,
            _ => Theme::Light,
        }
    }

    pub fn set_theme(&mut self, theme: Theme) {
        self.theme = String::from(match theme {
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::Contrast => "contrast",
        });
    }

    /// How large the kiosk is drawn, where somebody decided it.
    pub fn density(&self) -> Option<Density> {
        match self.density.as_str() {
            "s" => Some(Density::KioskS),
            "m" => Some(Density::KioskM),
            "l" => Some(Density::KioskL),
            _ => None,
        }
    }

    pub fn reduced_motion(&self) -> bool {
        self.reduced_motion
    }

    pub fn set_reduced_motion(&mut self, reduced: bool) {
        self.reduced_motion = reduced;
    }

    pub fn large_text(&self) -> bool {
        self.large_text
    }

    pub fn set_large_text(&mut self, large: bool) {
        self.large_text = large;
    }

    pub fn camera(&self) -> &str {
        self.camera.trim()
    }

    pub fn scanner(&self) -> &scanner::Settings {
        &self.scanner
    }

    pub fn set_scanner(&mut self, settings: scanner::Settings) {
        self.scanner = settings.within_bounds();
    }

    /// Which letters the keys on the screen have.
    pub fn key_language(&self) -> KeyLanguage {
        let language = if self.keys.is_empty() { &self.language } else { &self.keys };
        match language.as_str() {
            "de" => KeyLanguage::German,
            "fr" => KeyLanguage::French,
            "es" => KeyLanguage::Spanish,
            _ => KeyLanguage::English,
        }
    }

    pub fn set_key_language(&mut self, language: KeyLanguage) {
        self.keys = String::from(match language {
            KeyLanguage::English => "en",
            KeyLanguage::German => "de",
            KeyLanguage::French => "fr",
            KeyLanguage::Spanish => "es",
        });
    }

    /// As whom the kiosk itself acts, where a setting lets it.
    pub fn device_person(&self) -> Option<&str> {
        Some(self.device_person.as_str()).filter(|login| !login.is_empty())
    }

    /// When a session ends by itself.
    pub fn lock_after(&self) -> Duration {
        Duration::from_secs(self.lock_after.unwrap_or(120).clamp(5, 3600).into())
    }

    /// When the screen rests.
    pub fn rest_times(&self) -> RestTimes {
        let seconds = |set: Option<u32>, usual: u32| Duration::from_secs(set.unwrap_or(usual).max(1).into());
        RestTimes {
            dim: seconds(self.dim_after, 120),
            quiet: seconds(self.quiet_after, 300),
            dark: seconds(self.dark_after, 900),
            night: self.night.unwrap_or((22, 6)),
        }
    }

    pub fn sounds(&self) -> bool {
        !self.silent
    }

    pub fn set_sounds(&mut self, sounds: bool) {
        self.silent = !sounds;
    }

    pub fn language(&self) -> Language {
        match self.language.as_str() {
            "en" => Language::English,
            "de" => Language::German,
            _ => Language::System,
        }
    }

    pub fn set_language(&mut self, language: Language) {
        self.language = String::from(match language {
            Language::System => "",
            Language::English => "en",
            Language::German => "de",
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_remembered_and_nonsense_is_forgotten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("window.toml");
        let mut settings = Settings::load(&file);
        assert_eq!((settings.theme(), settings.language()), (Theme::Light, Language::System));
        settings.set_theme(Theme::Dark);
        settings.set_language(Language::German);
        settings.set_large_text(true);
        settings.set_reduced_motion(true);
        settings.set_sounds(false);
        settings.save(&file);
        assert_eq!(Settings::load(&file), settings);
        std::fs::write(&file, "theme = 7").expect("written");
        assert_eq!(Settings::load(&file), Settings::default());
    }
}
