//! How a person likes the window: remembered beside the data, in a small file.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tracing::warn;

use super::ui::{Density, Language, Theme};

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

    pub fn large_text(&self) -> bool {
        self.large_text
    }

    pub fn camera(&self) -> &str {
        self.camera.trim()
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
        settings.save(&file);
        assert_eq!(Settings::load(&file), settings);
        std::fs::write(&file, "theme = 7").expect("written");
        assert_eq!(Settings::load(&file), Settings::default());
    }
}
