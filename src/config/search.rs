//! What search has to know about the words it finds.

use super::file::SearchTable;
use super::{ConfigError, Environment};

/// A language whose stemming and stop words full text search applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    German,
}

impl Language {
    /// PostgreSQL's name of its text search configuration.
    pub fn configuration(self) -> &'static str {
        match self {
            Self::English => "english",
            Self::German => "german",
        }
    }

    fn parse(setting: &'static str, text: &str) -> Result<Self, ConfigError> {
        match text.trim().to_lowercase().as_str() {
            "en" | "english" => Ok(Self::English),
            "de" | "german" | "deutsch" => Ok(Self::German),
            other => Err(ConfigError::setting(
                setting,
                format!("`{other}` is not a known language; known are english (en) and german (de)"),
            )),
        }
    }
}

/// Settings of search.
#[derive(Debug, Clone)]
pub struct Search {
    /// English and German unless set; never empty.
    pub languages: Vec<Language>,
}

impl Search {
    pub(super) fn merge(env: &Environment, file: SearchTable) -> Result<Self, ConfigError> {
        let (setting, names) = if let Some(text) = env.get("INVENTORY_LANGUAGES") {
            ("INVENTORY_LANGUAGES", text.split(',').map(str::to_owned).collect())
        } else if let Some(names) = file.languages {
            ("search.languages", names)
        } else {
            return Ok(Self { languages: vec![Language::English, Language::German] });
        };
        let mut languages = Vec::new();
        for name in &names {
            let language = Language::parse(setting, name)?;
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        if languages.is_empty() {
            return Err(ConfigError::setting(setting, "name at least one language: english, german"));
        }
        Ok(Self { languages })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<&[Language]>) {
        let env = Environment::of(&[("INVENTORY_LANGUAGES", value)]);
        let got = Search::merge(&env, SearchTable::default()).ok().map(|search| search.languages);
        assert_eq!(got.as_deref(), expected, "{value}");
    }

    #[test]
    fn languages_are_named_in_either_way() {
        check("de", Some(&[Language::German]));
        check("german, English", Some(&[Language::German, Language::English]));
        check("en,english", Some(&[Language::English]));
        check("klingon", None);
    }
}
