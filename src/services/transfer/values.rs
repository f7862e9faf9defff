//! Cells as values: dates, prices, quantities as people and programs write them.

use std::str::FromStr;

use rust_decimal::Decimal;
use time::{Date, Month};

use super::fields::{Field, split_list};
use crate::domain::{ItemDraft, Money};

/// Which comes first in `4/5/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlashDates {
    MonthFirst,
    DayFirst,
    /// The file has none that would tell.
    Unclear,
}

impl SlashDates {
    /// Looks through all dates of a file: a number above twelve is a day.
    pub fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let mut found = Self::Unclear;
        for cell in cells {
            let numbers: Vec<u16> = cell.split('/').filter_map(|part| part.trim().parse().ok()).collect();
            match numbers[..] {
                [first, ..] if numbers.len() == 3 && (13..=31).contains(&first) => return Self::DayFirst,
                [_, second, _] if (13..=31).contains(&second) => found = Self::MonthFirst,
                _ => {}
            }
        }
        found
    }
}

/// `2026-11-23`, with or without a time behind it; `23.11.2026`; `11/23/2026` when it is clear which is the month.
pub fn date(text: &str, slashes: SlashDates) -> Result<Date, String> {
    let text = text.trim();
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    let numbers = |separator: char| -> Option<[i32; 3]> {
        let parts: Vec<i32> = day.split(separator).map(|p| p.parse().ok()).collect::<Option<_>>()?;
        parts.try_into().ok()
    };
    let (year, month, day) = if let Some([year, month, day]) = numbers('-') {
        (year, month, day)
    } else if let Some([day, month, year]) = numbers('.') {
        (year, month, day)
    } else if let Some([first, second, year]) = numbers('/') {
        match slashes {
            SlashDates::MonthFirst => (year, first, second),
            SlashDates::DayFirst => (year, second, first),
            SlashDates::Unclear if first == second => (year, first, second),
            SlashDates::Unclear => {
                return Err(format!("day or month first? Write `{text}` as year-month-day"));
            }
        }
    } else {
        return Err(format!("`{text}` is no date; write it as 2026-11-23"));
    };
    let year = if (0..100).contains(&year) { year + if year < 70 { 2000 } else { 1900 } } else { year };
    let made = u8::try_from(month)
        .ok()
        .and_then(|month| Month::try_from(month).ok())
        .zip(u8::try_from(day).ok())
        .and_then(|(month, day)| Date::from_calendar_date(year, month, day).ok())
        .filter(|date| (1..=9999).contains(&date.year()));
    made.ok_or_else(|| format!("`{text}` is no date"))
}

/// An amount, and the currency when the text says it: `12.58`, `1.234,50 €`, `$12.58`, `EUR 3`.
pub fn price(text: &str) -> Result<(Decimal, Option<String>), String> {
    let bad = || format!("`{text}` is no price");
    let mut currency = None;
    let mut number = String::new();
    let mut word = String::new();
    for letter in text.chars() {
        match letter {
            '$' => currency = Some("USD".to_owned()),
            '€' => currency = Some("EUR".to_owned()),
            '£' => currency = Some("GBP".to_owned()),
            letter if letter.is_ascii_alphabetic() => word.push(letter.to_ascii_uppercase()),
            letter if letter.is_whitespace() || matches!(letter, '\'' | '’') => {}
            letter => number.push(letter),
        }
    }
    if word.len() == 3 {
        currency = Some(word);
    } else if !word.is_empty() {
        return Err(bad());
    }
    Ok((decimal(&number).ok_or_else(bad)?, currency))
}

/// A number with a point or a comma before its decimals, and thousands set off when that is clear.
pub fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let plain = match (text.rfind('.'), text.rfind(',')) {
        (Some(point), Some(comma)) if point > comma => text.replace(',', ""),
        (Some(_), Some(_)) => text.replace('.', "").replace(',', "."),
        (None, Some(comma)) if text.matches(',').count() == 1 && text.len() - comma != 4 => text.replace(',', "."),
        // `1,234`: a thousand or a bit more than one? Nobody can tell.
        (None, Some(_)) => return None,
        _ => text.to_owned(),
    };
    let valid = !plain.is_empty() && plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
    valid.then(|| Decimal::from_str(&plain).ok()).flatten().map(|number| number.normalize())
}

/// Writes a cell into a draft; an empty one clears. Fields that are no part of a draft are left to others.
pub fn set(draft: &mut ItemDraft, field: &Field, text: &str, slashes: SlashDates) -> Result<(), String> {
    let text = text.trim();
    let some = || (!text.is_empty()).then(|| text.to_owned());
    let number = || match text {
        "" => Ok(None),
        text => decimal(text).map(Some).ok_or_else(|| format!("`{text}` is no number")),
    };
    let day = || if text.is_empty() { Ok(None) } else { date(text, slashes).map(Some) };
    match field {
        Field::Name => text.clone_into(&mut draft.name),
        Field::Description => text.clone_into(&mut draft.description),
        Field::Notes => text.clone_into(&mut draft.notes),
        Field::Unit => draft.unit = some(),
        Field::MinQuantity => draft.min_quantity = number()?,
        Field::MaxQuantity => draft.max_quantity = number()?,
        Field::Manufacturer => draft.manufacturer = some(),
        Field::Model => draft.model = some(),
        Field::SerialNumber => draft.serial_number = some(),
        Field::PurchasedOn => draft.purchased_on = day()?,
        Field::WarrantyUntil => draft.warranty_until = day()?,
        Field::Url => draft.url = some(),
        Field::Tags => draft.tags = split_list(text),
        Field::Custom(name) => {
            let same_text = draft.fields.get(name).is_some_and(|old| custom_text(old) == text);
            if text.is_empty() {
                draft.fields.remove(name);
            } else if !same_text {
                draft.fields.insert(name.clone(), text.into());
            }
        }
        _ => {}
    }
    Ok(())
}

/// A price and its currency, each from its own cell. `Ok(None)` for an amount: there, but in no known currency.
pub fn set_price(
    draft: &mut ItemDraft,
    amount: Option<&str>,
    currency: Option<&str>,
    usual: Option<&str>,
) -> Result<bool, String> {
    let Some(text) = amount.map(str::trim) else { return Ok(true) };
    if text.is_empty() {
        draft.price = None;
        return Ok(true);
    }
    let (amount, own) = price(text)?;
    let said = currency.map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned);
    let before = draft.price.as_ref().filter(|_| currency.is_none()).map(|price| price.currency.clone());
    match said.or(own).or(before).or_else(|| usual.map(str::to_owned)) {
        Some(currency) => {
            draft.price = Some(Money { amount, currency });
            Ok(true)
        }
        None => Ok(false),
    }
}

/// A custom field's value as a cell shows it.
pub fn custom_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_write_them() {
        let check = |text, slashes, expected: Option<&str>| {
            assert_eq!(date(text, slashes).ok().map(|d| d.to_string()).as_deref(), expected, "{text}");
        };
        check("2026-11-23", SlashDates::Unclear, Some("2026-11-23"));
        check("2022-05-25T00:00:00Z", SlashDates::Unclear, Some("2022-05-25"));
        check("23.11.2026", SlashDates::Unclear, Some("2026-11-23"));
        check("11/23/26", SlashDates::MonthFirst, Some("2026-11-23"));
        check("23/11/2026", SlashDates::DayFirst, Some("2026-11-23"));
        check("4/5/2026", SlashDates::Unclear, None);
        check("2026-02-30", SlashDates::Unclear, None);
        check("soon", SlashDates::Unclear, None);
        check("0000-00-00", SlashDates::Unclear, None);
        assert_eq!(SlashDates::of(["4/5/16", "4/15/16"].into_iter()), SlashDates::MonthFirst);
        assert_eq!(SlashDates::of(["4/5/16", "15/4/16"].into_iter()), SlashDates::DayFirst);
    }

    #[test]
    fn prices_are_read_as_people_write_them() {
        let check = |text, expected: Option<(&str, Option<&str>)>| {
            let read = price(text).ok().map(|(amount, currency)| (amount.to_string(), currency));
            assert_eq!(read, expected.map(|(a, c)| (a.to_owned(), c.map(str::to_owned))), "{text}");
        };
        check("12.58", Some(("12.58", None)));
        check("$12.58", Some(("12.58", Some("USD"))));
        check("1.234,50 €", Some(("1234.5", Some("EUR"))));
        check("1,234.50", Some(("1234.5", None)));
        check("12,58", Some(("12.58", None)));
        check("chf 3", Some(("3", Some("CHF"))));
        check("1,234", None);
        check("cheap", None);
    }
}
