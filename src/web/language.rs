//! Which language and colours a reader gets: what they chose, else what their browser asks for.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};

/// The languages with a complete catalogue in `lang/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    #[default]
    En,
    De,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::En, Self::De];
    pub const COOKIE: &str = "inventory_language";

    /// The tag in `lang=""`, in the cookie and in the catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// What the language calls itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    pub fn of(headers: &HeaderMap) -> Self {
        cookie(headers, Self::COOKIE)
            .and_then(Self::from_code)
            .or_else(|| headers.get(ACCEPT_LANGUAGE)?.to_str().ok().and_then(preferred))
            .unwrap_or_default()
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }
}

/// The first of our languages by the weights of `Accept-Language` (RFC 9110, 12.5.4).
fn preferred(header: &str) -> Option<Lang> {
    let mut best: Option<(f32, Lang)> = None;
    for range in header.split(',').take(20) {
        let mut parts = range.trim().split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0_f32);
        let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        if let Some(lang) = Lang::from_code(&primary)
            && weight > best.map_or(0.0, |(weight, _)| weight)
        {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

/// The colours somebody chose; without a choice the browser's wishes decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
    Contrast,
}

impl Theme {
    pub const ALL: [Self; 4] = [Self::Auto, Self::Light, Self::Dark, Self::Contrast];
    pub const COOKIE: &str = "inventory_theme";

    /// The word in the cookie and in `data-theme`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Contrast => "contrast",
        }
    }

    /// The value of `data-theme`; none leaves it to the browser.
    pub fn attribute(self) -> Option<&'static str> {
        (self != Self::Auto).then(|| self.code())
    }

    pub fn of(headers: &HeaderMap) -> Self {
        cookie(headers, Self::COOKIE).and_then(Self::from_code).unwrap_or_default()
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }
}

/// A cookie's value.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .find_map(|pair| pair.trim().split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str, cookies: &str, expected: Lang) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, accept.parse().expect("a header"));
        headers.insert(COOKIE, cookies.parse().expect("a header"));
        assert_eq!(Lang::of(&headers), expected, "{accept} {cookies}");
    }

    #[test]
    fn the_browser_asks_and_the_person_decides() {
        check("de-DE,de;q=0.9,en;q=0.8", "", Lang::De);
        check("en-GB,de;q=0.9", "", Lang::En);
        check("fr,de;q=0.5,en;q=0.7", "", Lang::En);
        check("fr, ja", "", Lang::En);
        check("de;q=0, en", "", Lang::En);
        check("en", "a=b; inventory_language=de", Lang::De);
        check("de", "inventory_language=klingon", Lang::De);
        check("de;q=x", "", Lang::De);
    }
}
