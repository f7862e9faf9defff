//! Numbers and times as facts for the window: written as the language writes them, words left to `ui/`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use slint::SharedString;
use time::{Date, OffsetDateTime, UtcOffset};

use super::ui::{Age, Kind, Moment};
use crate::domain::ItemKind;

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbers {
    /// 1,250.5
    #[default]
    English,
    /// 1.250,5
    German,
}

impl Numbers {
    /// For a language tag; unknown languages write as English does.
    pub fn of(language: &str) -> Self {
        if language.starts_with("de") { Self::German } else { Self::English }
    }

    fn signs(self) -> (char, char) {
        match self {
            Self::English => (',', '.'),
            Self::German => ('.', ','),
        }
    }

    /// The decimal sign.
    pub fn point(self) -> char {
        self.signs().1
    }

    /// With groups of three, without needless zeros.
    pub fn write(self, value: Decimal) -> String {
        let (group, point) = self.signs();
        let text = value.abs().normalize().to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let mut written = String::new();
        if value.is_sign_negative() && !value.is_zero() {
            written.push('−');
        }
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                written.push(group);
            }
            written.push(digit);
        }
        if !fraction.is_empty() {
            written.push(point);
            written.push_str(fraction);
        }
        written
    }

    /// The same with a plus before what was added.
    pub fn write_change(self, value: Decimal) -> String {
        if value > Decimal::ZERO { format!("+{}", self.write(value)) } else { self.write(value) }
    }

    pub fn count(self, value: i64) -> SharedString {
        self.write(Decimal::from(value)).into()
    }

    /// A quantity with its unit, a non-breaking space between.
    pub fn quantity(self, value: Decimal, unit: &str) -> SharedString {
        if unit.is_empty() { self.write(value).into() } else { format!("{}\u{a0}{unit}", self.write(value)).into() }
    }

    /// Reads what a person typed. A lone sign before anything but three digits is the decimal point in every language,
    /// so that 2.5 is never 25.
    pub fn read(self, text: &str) -> Option<Decimal> {
        let text: String =
            text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '−' { '-' } else { c }).collect();
        let (group, _) = self.signs();
        let signs: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
        let point = match signs.as_slice() {
            [] => None,
            [(at, sign)] => (*sign != group || text.len() - at - 1 != 3).then_some(*at),
            [.., (_, before), (at, last)] => (before != last).then_some(*at),
        };
        let plain: String = text
            .char_indices()
            .filter_map(|(at, c)| match c {
                '.' | ',' => (Some(at) == point).then_some('.'),
                other => Some(other),
            })
            .collect();
        // One sign at most is not a group's.
        let digits = plain.trim_start_matches('-');
        if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit() || c == '.') {
            return None;
        }
        plain.parse().ok()
    }
}

/// A time as the clock on the wall shows it, summer time and all.
pub fn on_the_wall(at: OffsetDateTime, zone: &TimeZone) -> OffsetDateTime {
    let offset = Timestamp::from_second(at.unix_timestamp()).map_or(0, |at| zone.to_offset(at).seconds());
    at.to_offset(UtcOffset::from_whole_seconds(offset).unwrap_or(UtcOffset::UTC))
}

/// A time as lists show it.
pub fn moment(at: Option<OffsetDateTime>, now: OffsetDateTime, zone: &TimeZone) -> Moment {
    let Some(at) = at else { return Moment { age: Age::Never, ..Moment::default() } };
    let (at, now) = (on_the_wall(at, zone), on_the_wall(now, zone));
    Moment { time: format!("{:02}:{:02}", at.hour(), at.minute()).into(), ..day(at.date(), now.date()) }
}

/// A date as lists show it.
pub fn day(date: Date, today: Date) -> Moment {
    let age = if date == today {
        Age::Today
    } else if today.previous_day() == Some(date) {
        Age::Yesterday
    } else if date.year() == today.year() {
        Age::ThisYear
    } else {
        Age::Earlier
    };
    Moment {
        age,
        time: SharedString::new(),
        day: i32::from(date.day()),
        month: i32::from(u8::from(date.month())),
        year: date.year(),
    }
}

/// How full, and where the notch stands, in parts of the full scale: the larger of what is there and two and a half minima.
pub fn level(on_hand: Decimal, minimum: Decimal) -> (f32, f32) {
    let scale = on_hand.max(minimum * Decimal::new(25, 1));
    if scale.is_zero() {
        return (0.0, 0.0);
    }
    let share = |value: Decimal| (value / scale).to_string().parse().unwrap_or_default();
    (share(on_hand), share(minimum))
}

pub fn kind(kind: ItemKind) -> Kind {
    match kind {
        ItemKind::Location => Kind::Location,
        ItemKind::Container => Kind::Container,
        ItemKind::Asset => Kind::Asset,
        ItemKind::Consumable => Kind::Consumable,
        ItemKind::Product => Kind::Product,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    #[test]
    fn numbers_are_written_as_the_language_writes_them() {
        let check = |value: &str, english: &str, german: &str| {
            assert_eq!(Numbers::English.write(decimal(value)), english);
            assert_eq!(Numbers::German.write(decimal(value)), german);
        };
        check("480", "480", "480");
        check("1250", "1,250", "1.250");
        check("1234567.500000", "1,234,567.5", "1.234.567,5");
        check("-28", "−28", "−28");
        check("0.000", "0", "0");
        assert_eq!(Numbers::English.write_change(decimal("500")), "+500");
        assert_eq!(Numbers::English.write_change(decimal("-4")), "−4");
    }

    #[test]
    fn what_a_person_types_is_read_and_a_point_is_never_lost() {
        let check = |typed: &str, english: Option<&str>, german: Option<&str>| {
            assert_eq!(Numbers::English.read(typed), english.map(decimal), "{typed} in English");
            assert_eq!(Numbers::German.read(typed), german.map(decimal), "{typed} in German");
        };
        check("50", Some("50"), Some("50"));
        check("2.5", Some("2.5"), Some("2.5"));
        check("2,5", Some("2.5"), Some("2.5"));
        check("1,250", Some("1250"), Some("1.250"));
        check("1.250", Some("1.250"), Some("1250"));
        check("1,250.5", Some("1250.5"), Some("1250.5"));
        check("1.250,5", Some("1250.5"), Some("1250.5"));
        check("1 250", Some("1250"), Some("1250"));
        check("", None, None);
        check("ten", None, None);
        check("-", None, None);
    }

    #[test]
    fn near_times_have_a_name_and_far_ones_a_date() {
        let now = datetime!(2026-11-23 10:00 UTC);
        let check = |at: OffsetDateTime, age: Age| assert_eq!(moment(Some(at), now, &TimeZone::UTC).age, age, "{at}");
        check(datetime!(2026-11-23 09:42 UTC), Age::Today);
        check(datetime!(2026-11-22 23:59 UTC), Age::Yesterday);
        check(datetime!(2026-01-01 00:00 UTC), Age::ThisYear);
        check(datetime!(2025-12-31 23:59 UTC), Age::Earlier);
        assert_eq!(moment(Some(datetime!(2026-11-23 09:42 UTC)), now, &TimeZone::UTC).time, "09:42");
        assert_eq!(day(date!(2026 - 11 - 12), date!(2026 - 11 - 23)).day, 12);
    }

    #[test]
    fn the_notch_stands_at_the_minimum_and_low_ends_left_of_it() {
        assert_eq!(level(decimal("480"), decimal("200")), (0.96, 0.4));
        assert_eq!(level(decimal("1000"), decimal("200")), (1.0, 0.2));
        let (filled, notch) = level(decimal("95"), decimal("150"));
        assert!(filled < notch);
        assert_eq!(level(Decimal::ZERO, Decimal::ZERO), (0.0, 0.0));
    }
}
