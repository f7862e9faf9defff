//! Two keyboards that disagree about which letter a key has: the scanner presses keys, the system names them.

use serde::{Deserialize, Serialize};

/// What has to be translated back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Scanner and system agree.
    #[default]
    Same,
    /// The scanner types on an American keyboard (as most come), the system has a German one.
    UsOnGerman,
    /// The other way round.
    GermanOnUs,
}

/// The same key on both (Unicode CLDR keyboard data, `en-US` and `de`), where they differ. A German dead key gives no
/// character at all, so the American `=` and `+` of its place cannot be read there.
const DIFFERENT: [(char, char); 31] = [
    ('y', 'z'),
    ('z', 'y'),
    ('Y', 'Z'),
    ('Z', 'Y'),
    ('-', 'ß'),
    ('_', '?'),
    ('=', '´'),
    ('+', '`'),
    ('[', 'ü'),
    ('{', 'Ü'),
    (']', '+'),
    ('}', '*'),
    (';', 'ö'),
    (':', 'Ö'),
    ('\'', 'ä'),
    ('"', 'Ä'),
    ('\\', '#'),
    ('|', '\''),
    ('`', '^'),
    ('~', '°'),
    ('<', ';'),
    ('>', ':'),
    ('/', '-'),
    ('?', '_'),
    ('@', '"'),
    ('#', '§'),
    ('^', '&'),
    ('&', '/'),
    ('*', '('),
    ('(', ')'),
    (')', '='),
];

impl Layout {
    /// What the scanner meant by a character the system understood.
    pub fn meant(self, understood: char) -> char {
        let found = match self {
            Self::Same => None,
            Self::UsOnGerman => DIFFERENT.iter().find(|(_, german)| *german == understood).map(|(us, _)| *us),
            Self::GermanOnUs => DIFFERENT.iter().find(|(us, _)| *us == understood).map(|(_, german)| *german),
        };
        found.unwrap_or(understood)
    }

    /// What the system understands when the scanner means a character: the inverse of [`Layout::meant`].
    pub fn understood(self, meant: char) -> char {
        let found = match self {
            Self::Same => None,
            Self::UsOnGerman => DIFFERENT.iter().find(|(us, _)| *us == meant).map(|(_, german)| *german),
            Self::GermanOnUs => DIFFERENT.iter().find(|(_, german)| *german == meant).map(|(us, _)| *us),
        };
        found.unwrap_or(meant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_a_code_comes_back_on_the_other_keyboard() {
        for c in ' '..='~' {
            assert_eq!(Layout::UsOnGerman.meant(Layout::UsOnGerman.understood(c)), c, "{c}");
        }
        for c in "abcxyzäöüßABCXYZÄÖÜ0123456789!\"§$%&/()=?+*#',;.:-_<>".chars() {
            if c != '<' && c != '>' {
                assert_eq!(Layout::GermanOnUs.meant(Layout::GermanOnUs.understood(c)), c, "{c}");
            }
        }
    }

    #[test]
    fn an_american_scanner_on_a_german_keyboard_is_read() {
        let understood = "httpsÖ--layz.example-i-U1000M";
        let meant: String = understood.chars().map(|c| Layout::UsOnGerman.meant(c)).collect();
        assert_eq!(meant, "https://lazy.example/i/U1000M");
    }

    #[test]
    fn no_key_is_named_twice() {
        for (at, (us, german)) in DIFFERENT.iter().enumerate() {
            assert!(!DIFFERENT[at + 1..].iter().any(|(other, _)| other == us), "{us}");
            assert!(!DIFFERENT[at + 1..].iter().any(|(_, other)| other == german), "{german}");
        }
    }
}
