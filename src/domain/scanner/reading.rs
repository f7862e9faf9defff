//! From the characters a scanner typed to the code that is on the label.

use super::Settings;
use crate::domain::code::gtin14;

/// A code as it is on the label, without what the scanner adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub text: String,
    /// The kind of symbol, where the scanner said so.
    pub symbology: Option<&'static str>,
}

/// AIM's code characters (ISO/IEC 15424) of the symbols that stand in a storeroom.
const SYMBOLOGIES: [(char, &str); 14] = [
    ('A', "Code 39"),
    ('C', "Code 128"),
    ('d', "Data Matrix"),
    ('E', "EAN/UPC"),
    ('e', "GS1 DataBar"),
    ('F', "Codabar"),
    ('G', "Code 93"),
    ('I', "Interleaved 2 of 5"),
    ('J', "GS1 DotCode"),
    ('L', "PDF417"),
    ('Q', "QR Code"),
    ('S', "2 of 5"),
    ('X', "other"),
    ('z', "Aztec"),
];

/// Identifiers whose data are GS1 element strings (GS1 General Specifications, 5.1.3).
const GS1: [&str; 5] = ["]C1", "]e0", "]d2", "]Q3", "]J1"];

/// Reads what arrived: the keyboards' disagreement is undone, prefix, suffix and AIM identifier are taken off. Of GS1
/// element strings the trade number (01) is the code; of an EAN with a supplement, the EAN.
pub fn read(raw: &str, settings: &Settings) -> Reading {
    let meant: String = raw.chars().map(|c| settings.layout.meant(c)).collect();
    let text = meant.strip_prefix(&settings.prefix).unwrap_or(&meant);
    let text = text.strip_suffix(&settings.suffix).unwrap_or(text);
    let Some((identifier, symbology, data)) = aim(text) else {
        return Reading { text: printable(text), symbology: None };
    };
    let trade_number = if GS1.contains(&identifier) {
        data.trim_start_matches('\u{1d}').strip_prefix("01").and_then(|rest| rest.get(..14)).filter(|d| is_gtin(d))
    } else if identifier == "]E3" {
        [13, 12].into_iter().find_map(|length| data.get(..length).filter(|d| is_gtin(d)))
    } else {
        None
    };
    Reading { text: printable(trade_number.unwrap_or(data)), symbology: Some(symbology) }
}

fn aim(text: &str) -> Option<(&str, &'static str, &str)> {
    let identifier = text.get(..3)?;
    let mut characters = identifier.strip_prefix(']')?.chars();
    let (code, modifier) = (characters.next()?, characters.next()?);
    let (_, symbology) = SYMBOLOGIES.iter().find(|(known, _)| *known == code)?;
    let data = text.get(3..).filter(|data| !data.is_empty())?;
    modifier.is_ascii_alphanumeric().then_some((identifier, symbology, data))
}

fn is_gtin(digits: &str) -> bool {
    gtin14(digits).is_some()
}

fn printable(text: &str) -> String {
    text.trim_matches(|c: char| c.is_control()).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::scanner::Layout;

    fn check(raw: &str, text: &str, symbology: Option<&str>) {
        let reading = read(raw, &Settings::default());
        assert_eq!((reading.text.as_str(), reading.symbology), (text, symbology), "{raw}");
    }

    #[test]
    fn an_aim_identifier_says_the_symbol_and_is_no_part_of_the_code() {
        check("]C0U1000M", "U1000M", Some("Code 128"));
        check("]E04006381333931", "4006381333931", Some("EAN/UPC"));
        check("]Q1https://storeroom.example/i/U1000M", "https://storeroom.example/i/U1000M", Some("QR Code"));
        check("U1000M", "U1000M", None);
    }

    #[test]
    fn of_gs1_data_the_trade_number_counts() {
        check("]C10104006381333931", "04006381333931", Some("Code 128"));
        check("]d2\u{1d}010400638133393110LOT7\u{1d}17270101", "04006381333931", Some("Data Matrix"));
        check("]Q310LOT7", "10LOT7", Some("QR Code"));
        check("]E3400638133393112345", "4006381333931", Some("EAN/UPC"));
    }

    #[test]
    fn what_only_looks_like_an_identifier_is_a_code() {
        for raw in ["]", "]C", "]C0", "]!0ABC", "]C-ABC", "]é0ABC"] {
            check(raw, raw, None);
        }
    }

    #[test]
    fn prefix_and_suffix_go_and_the_keyboard_is_translated_first() {
        let settings =
            Settings { prefix: "~/".into(), suffix: ";".into(), layout: Layout::UsOnGerman, ..Settings::default() };
        let typed: String = "~/INVUNDO;".chars().map(|c| settings.layout.understood(c)).collect();
        assert_eq!(read(&typed, &settings).text, "INVUNDO");
        assert_eq!(read("KASTEN", &settings).text, "KASTEN", "a code without them is taken as it is");
    }
}
