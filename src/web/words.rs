//! Numbers, dates, kinds and refusals in the reader's language.

use jiff::Timestamp;
use jiff::civil::Date as CivilDate;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_i18n::t;
use time::{Date, OffsetDateTime};

use super::language::Lang;
use crate::domain::act::ActError;
use crate::domain::{ItemKind, MovementKind, Whereabouts};
use crate::services::stock::Refusal;

/// A sentence of the catalogue.
pub fn say(lang: Lang, key: &str) -> String {
    t!(key, locale = lang.code()).into_owned()
}

/// `1,250.5` or `1.250,5`; a real minus.
pub fn number(lang: Lang, value: Decimal) -> String {
    let plain = value.normalize().abs().to_string();
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    let (thousands, point) = match lang {
        Lang::En => (',', '.'),
        Lang::De => ('.', ','),
    };
    let mut text = if value.is_sign_negative() && !value.is_zero() { "−".to_owned() } else { String::new() };
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(thousands);
        }
        text.push(digit);
    }
    if !decimals.is_empty() {
        text.push(point);
        text.push_str(decimals);
    }
    text
}

/// `+25` or `−28`.
pub fn signed(lang: Lang, value: Decimal) -> String {
    if value > Decimal::ZERO { format!("+{}", number(lang, value)) } else { number(lang, value) }
}

/// A unit as people write it; `pcs` is the one unit that has a translation.
pub fn unit(lang: Lang, unit: Option<&str>) -> String {
    match unit {
        Some("pcs") => say(lang, "unit.pcs"),
        Some(other) => other.to_owned(),
        None => String::new(),
    }
}

/// `480 pcs`, with a space that does not break.
pub fn quantity(lang: Lang, value: Decimal, of: Option<&str>) -> String {
    let unit = unit(lang, of);
    if unit.is_empty() { number(lang, value) } else { format!("{}\u{a0}{unit}", number(lang, value)) }
}

pub fn kind(lang: Lang, kind: ItemKind) -> String {
    say(lang, &format!("kind.{}", kind.as_str()))
}

pub fn movement(lang: Lang, kind: MovementKind, inverse: bool) -> String {
    say(lang, &format!("movement.{}{}", kind.as_str(), if inverse { "_undone" } else { "" }))
}

pub fn whereabouts(lang: Lang, whereabouts: Whereabouts) -> String {
    say(lang, &format!("whereabouts.{}", whereabouts.as_str()))
}

/// Today, where this machine stands.
pub fn today() -> Date {
    from_civil(jiff::Zoned::now().date())
}

/// The time zone of this machine, as PostgreSQL knows it too.
pub fn zone() -> String {
    TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}

/// `28 Nov 2026`, `28. Nov. 2026`
pub fn date(lang: Lang, date: Date) -> String {
    let month = say(lang, &format!("month_short.{}", u8::from(date.month())));
    t!("date.day", locale = lang.code(), day = date.day(), month = month, year = date.year()).into_owned()
}

/// `Monday 23 November`
pub fn long_day(lang: Lang, date: Date) -> String {
    let weekday = say(lang, &format!("weekday.{}", date.weekday().number_from_monday()));
    let month = say(lang, &format!("month.{}", u8::from(date.month())));
    t!("date.long", locale = lang.code(), weekday = weekday, day = date.day(), month = month).into_owned()
}

/// `today 09:42`, `yesterday 09:42`, else the day; by this machine's clock.
pub fn moment(lang: Lang, at: OffsetDateTime) -> String {
    let Ok(stamp) = Timestamp::from_second(at.unix_timestamp()) else { return date(lang, at.date()) };
    let zoned = stamp.to_zoned(TimeZone::system());
    let (day, today) = (from_civil(zoned.date()), today());
    let clock = format!("{:02}:{:02}", zoned.hour(), zoned.minute());
    if day == today {
        format!("{} {clock}", say(lang, "date.today"))
    } else if Some(day) == today.previous_day() {
        format!("{} {clock}", say(lang, "date.yesterday"))
    } else {
        date(lang, day)
    }
}

/// For `datetime=""`.
pub fn machine_moment(at: OffsetDateTime) -> String {
    at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

fn from_civil(date: CivilDate) -> Date {
    let month = time::Month::try_from(date.month().unsigned_abs()).unwrap_or(time::Month::January);
    Date::from_calendar_date(i32::from(date.year()), month, date.day().unsigned_abs()).unwrap_or(Date::MIN)
}

/// Why nothing was booked, and what can be done instead.
pub fn refusal(lang: Lang, refusal: &Refusal, of: Option<&str>) -> String {
    let l = lang.code();
    let amount = |value| quantity(lang, value, of);
    let key = match refusal {
        Refusal::Act(ActError::NotEnough { available, .. }) if available.is_zero() => "nothing_there",
        Refusal::Act(ActError::NotEnough { available, asked, .. }) => {
            return t!("refusal.not_enough", locale = l, available = amount(*available), asked = amount(*asked))
                .into_owned();
        }
        Refusal::Act(ActError::NotThatManyLent { outstanding, .. }) => {
            return t!("refusal.not_that_many_lent", locale = l, outstanding = amount(*outstanding)).into_owned();
        }
        Refusal::Act(ActError::NotThatManyMissing { missing, .. }) => {
            return t!("refusal.not_that_many_missing", locale = l, missing = amount(*missing)).into_owned();
        }
        Refusal::Act(ActError::NoSuchLoan { .. }) => "no_such_loan",
        Refusal::Act(ActError::Count) => "count",
        Refusal::Act(ActError::SamePlace { .. }) => "same_place",
        Refusal::Cycle => "cycle",
        Refusal::Depth => "depth",
        Refusal::Archived => "archived",
        Refusal::PlaceArchived => "place_archived",
        Refusal::OneOfAKind => "one_of_a_kind",
        Refusal::NoHolder => "no_holder",
        Refusal::LocationInContainer => "location_in_container",
        Refusal::Product => "product",
        Refusal::NotCounted => "not_counted",
        Refusal::Unknown => "unknown",
        Refusal::Borrower => "borrower",
        Refusal::Other(_) => "other",
    };
    say(lang, &format!("refusal.{key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, english: &str, german: &str) {
        let value = value.parse().expect("a number");
        assert_eq!((number(Lang::En, value).as_str(), number(Lang::De, value).as_str()), (english, german));
    }

    #[test]
    fn numbers_follow_the_language() {
        check("0", "0", "0");
        check("999", "999", "999");
        check("1250", "1,250", "1.250");
        check("-1234567.50", "−1,234,567.5", "−1.234.567,5");
        check("0.000001", "0.000001", "0,000001");
    }

    #[test]
    fn days_follow_the_language() {
        let day = Date::from_calendar_date(2026, time::Month::November, 23).expect("a day");
        assert_eq!(date(Lang::En, day), "23 Nov 2026");
        assert_eq!(date(Lang::De, day), "23. Nov. 2026");
        assert_eq!(long_day(Lang::De, day), "Montag, 23. November");
    }
}
