//! The number of an act: typed, pressed on the pad or chosen; and what it leaves.

use rust_decimal::Decimal;

use super::super::desktop::Face;
use super::super::format;
use super::super::models::sync;
use super::super::ui::{BookingAdapter, BookingTrouble, Verb};
use super::{About, chosen_line};
use crate::domain::ItemId;
use crate::services::catalog::ItemView;

/// Amounts of one touch.
const QUICK: [i64; 4] = [1, 10, 50, 100];
/// The longest number the pad makes.
const DIGITS: usize = 12;

/// A key of the pad. The first one begins a new number.
pub fn press(face: &Face, key: &str) {
    let adapter = face.adapter::<BookingAdapter>();
    let fresh = face.booking.fresh.replace(false);
    let text = pressed(&adapter.get_amount(), key, fresh, face.numbers());
    adapter.set_amount(text.into());
    weigh(face);
}

/// The number that a key of the pad makes of the one before. `fresh`: the first key begins a new one.
pub fn pressed(now: &str, key: &str, fresh: bool, numbers: format::Numbers) -> String {
    let point = numbers.point();
    let mut text = if fresh && !key.is_empty() { String::new() } else { plain(now, numbers) };
    if key.is_empty() {
        text.pop();
    } else if key.starts_with(point) {
        if !text.contains(point) {
            text.push_str(if text.is_empty() { "0" } else { "" });
            text.push(point);
        }
    } else if text.len() + key.len() <= DIGITS {
        text.push_str(key);
        let kept = text.trim_start_matches('0').to_owned();
        let whole = kept.is_empty() || kept.starts_with(point);
        text = if whole { format!("0{kept}") } else { kept };
    }
    text
}

/// The number without the groups it is written in.
fn plain(text: &str, numbers: format::Numbers) -> String {
    let point = numbers.point();
    text.chars().filter(|c| c.is_ascii_digit() || *c == point).collect()
}

/// One more or less.
pub fn step(face: &Face, by: i32) {
    let adapter = face.adapter::<BookingAdapter>();
    let numbers = face.numbers();
    let now = numbers.read(&adapter.get_amount()).unwrap_or_default();
    let least = if adapter.get_verb() == Verb::Count { Decimal::ZERO } else { Decimal::ONE };
    set(face, &numbers.write((now + Decimal::from(by)).max(least)));
}

/// A whole number at once; what is pressed next replaces it.
pub fn set(face: &Face, amount: &str) {
    face.adapter::<BookingAdapter>().set_amount(amount.into());
    face.booking.fresh.set(true);
    weigh(face);
}

/// What lies on a line of the stock.
pub fn on_line(view: &ItemView, line: &str) -> Decimal {
    let there = chosen_line(line).and_then(|(holder, lot)| {
        let mut lines = view.stock.iter();
        lines.find(|line| line.holder == holder && line.lot.as_ref().map(|lot| lot.id) == lot)
    });
    there.map_or(Decimal::ZERO, |line| line.quantity)
}

/// Units that are measured have parts.
pub fn third_key(face: &Face, unit: &str) -> String {
    let measured = ["m", "cm", "mm", "km", "m²", "m³", "kg", "g", "t", "l", "ml", "h"];
    if measured.contains(&unit.trim()) { face.numbers().point().to_string() } else { "00".into() }
}

/// Says what the places of the act hold afterwards, what is left in all, and what *All* is.
pub fn weigh(face: &Face) {
    let adapter = face.adapter::<BookingAdapter>();
    adapter.set_trouble(BookingTrouble::None);
    let about = face.booking.about.borrow();
    let Some(about) = about.as_ref() else { return };
    let numbers = face.numbers();
    let unit = about.view.summary.unit.as_deref().unwrap_or_default();
    let counted = about.view.summary.kind.is_counted();
    let source = chosen_line(&adapter.get_from());
    let there = Some(on_line(&about.view, &adapter.get_from())).filter(|there| !there.is_zero());
    let takes = adapter.get_asks_from() && about.verb != Verb::Count;
    let all = match &about.returning {
        Some(loan) => Some(loan.outstanding),
        None => there.filter(|_| takes),
    }
    .filter(|_| counted);
    adapter.set_all(all.map(|all| numbers.write(all)).unwrap_or_default().into());
    // Of what is taken, fewer than all there is; of a count, none, because who counts guesses nothing.
    let quick =
        QUICK.into_iter().filter(|n| about.verb != Verb::Count && all.is_none_or(|all| Decimal::from(*n) < all));
    sync(&face.booking.quick, quick.map(|n| numbers.count(n)).collect());
    let name = source.and_then(|(holder, _)| face.places.node(holder)).map(|node| node.name).unwrap_or_default();
    adapter.set_from_name(name.into());
    let asked = numbers.read(&adapter.get_amount()).filter(|asked| counted && *asked >= Decimal::ZERO);
    let left = match (all.filter(|_| takes), asked) {
        (Some(all), Some(asked)) if asked > Decimal::ZERO && asked <= all => Some(all - asked),
        _ => None,
    };
    adapter.set_left_here(left.map(|left| numbers.quantity(left, unit)).unwrap_or_default());
    let target = adapter.get_to().parse::<ItemId>().ok().filter(|_| adapter.get_asks_to());
    let then = target.zip(asked).map(|(target, asked)| {
        let lines = about.view.stock.iter().filter(|line| line.holder == target);
        lines.map(|line| line.quantity).sum::<Decimal>() + asked
    });
    adapter.set_there_then(then.map(|then| numbers.quantity(then, unit)).unwrap_or_default());
    show_rest(face, about, asked, there.unwrap_or_default());
}

/// What is left anywhere once it is done, and its level.
fn show_rest(face: &Face, about: &About, asked: Option<Decimal>, there: Decimal) {
    let adapter = face.adapter::<BookingAdapter>();
    let (numbers, summary) = (face.numbers(), &about.view.summary);
    let change = asked.map(|asked| match about.verb {
        Verb::Take | Verb::Lend | Verb::MarkMissing | Verb::Scrap => -asked,
        Verb::PutBack | Verb::AddStock => asked,
        Verb::Move => Decimal::ZERO,
        Verb::Count => asked - there,
    });
    let rest = change.map(|change| summary.on_hand + change).filter(|rest| *rest >= Decimal::ZERO);
    let minimum = summary.min_quantity.filter(|minimum| !minimum.is_zero());
    let (filled, notch) = minimum.zip(rest).map_or((0.0, 0.0), |(minimum, rest)| format::level(rest, minimum));
    adapter.set_left_in_all(rest.map(|rest| numbers.write(rest)).unwrap_or_default().into());
    adapter.set_has_level(minimum.is_some());
    adapter.set_minimum_text(minimum.map(|minimum| numbers.write(minimum)).unwrap_or_default().into());
    adapter.set_filled(filled);
    adapter.set_minimum(notch);
}
