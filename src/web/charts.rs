//! Charts as inline SVG: readable without colour (filled and hollow bars, numbers), and each with a table that says the same.

use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::language::Lang;
use super::words::{self, say};

/// In units of the drawing; it scales with its place.
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 40.0;
/// The room for the numbers beside bars, in pixels.
const SCALE: f64 = 48.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 14.0;

/// What a chart shows: a word for each place on the ground line, and one or two rows of numbers.
pub struct Bars<'a> {
    pub title: &'a str,
    /// What the places are: days, months, kinds.
    pub ground: &'a str,
    /// Short for the ground line, long for the table.
    pub labels: Vec<(String, String)>,
    /// Name and numbers; the first is drawn filled, the second hollow.
    pub rows: Vec<(String, Vec<i64>)>,
}

/// Bars side by side, with their table. They take the width there is; heights and letters stay as they are.
pub fn bars(lang: Lang, chart: &Bars<'_>) -> Markup {
    let most = chart.rows.iter().flat_map(|(_, values)| values).copied().max().unwrap_or(0);
    let top = round_up(most as f64);
    let count = chart.labels.len().max(1) as f64;
    // In hundredths of the width.
    let step = 100.0 / count;
    let bar = (step * 0.8 / chart.rows.len().max(1) as f64).min(10.0);
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / top);
    // As many words as fit beside each other on a phone.
    let room = if chart.labels.iter().all(|(short, _)| short.len() <= 2) { 24.0 } else { 44.0 };
    let every = (count / ((WIDTH - SCALE) / room)).ceil() as usize;
    html! {
        @if chart.rows.len() > 1 {
            p.legend { @for (n, (name, values)) in chart.rows.iter().enumerate() {
                span { svg aria-hidden="true" viewBox="0 0 16 16" { rect class=(class(n)) x="1" y="1" width="14" height="14" rx="2" {} } (name) " " (words::number(lang, values.iter().sum::<i64>().into())) }
            } }
        }
        div.bars role="img" aria-label=(chart.title) {
            svg.chart.scale aria-hidden="true" height=(HEIGHT) { (numbers(lang, top, &y, SCALE - 6.0)) }
            svg.chart.plot aria-hidden="true" height=(HEIGHT) {
                (lines(top, &y, 0.0, "100%"))
                @for (n, (label, _)) in chart.labels.iter().enumerate() {
                    @let middle = step * (n as f64 + 0.5);
                    @for (m, (_, values)) in chart.rows.iter().enumerate() {
                        @let value = values.get(n).copied().unwrap_or_default() as f64;
                        @if value > 0.0 {
                            rect class=(class(m)) x={ (dots(middle + bar * (m as f64 - chart.rows.len() as f64 / 2.0))) "%" } y=(dots(y(value)))
                                width={ (dots(bar * 0.88)) "%" } height=(dots(y(0.0) - y(value))) rx="1.5" {}
                        }
                    }
                    @if n % every == 0 { text x={ (dots(middle)) "%" } y=(HEIGHT - 8.0) text-anchor="middle" { (label) } }
                }
                line.axis x1="0" x2="100%" y1=(dots(y(0.0))) y2=(dots(y(0.0))) {}
            }
        }
        (table(lang, chart))
    }
}

/// Names below each other, each with its number and a bar: for words that are too long to stand side by side.
pub fn rows(lang: Lang, counts: &[(String, i64)]) -> Markup {
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    html! {
        ul.lines.bar-rows {
            @for (name, count) in counts {
                li {
                    span { (name) } b { (words::number(lang, (*count).into())) }
                    svg.chart aria-hidden="true" height="10" { rect.one width={ (dots(*count as f64 * 100.0 / most as f64)) "%" } height="10" rx="2" {} }
                }
            }
        }
    }
}

fn table(lang: Lang, chart: &Bars<'_>) -> Markup {
    html! {
        details {
            summary.lnk { (say(lang, "stats.table")) }
            div.scroll-x tabindex="0" role="region" aria-label=(chart.title) {
                table.plain {
                    thead { tr { th scope="col" { (chart.ground) } @for (name, _) in &chart.rows { th.num scope="col" { (name) } } } }
                    tbody {
                        @for (n, (_, label)) in chart.labels.iter().enumerate() {
                            tr { th scope="row" { (label) } @for (_, values) in &chart.rows { td.num { (words::number(lang, values.get(n).copied().unwrap_or_default().into())) } } }
                        }
                    }
                }
            }
        }
    }
}

/// A level over time, in steps: it stays until it changes. Days as numbers, in order.
pub fn level(
    lang: Lang,
    title: &str,
    points: &[(time::Date, Decimal)],
    today: time::Date,
    unit: Option<&str>,
) -> Markup {
    let most = points.iter().map(|(_, level)| *level).max().and_then(|most| most.to_f64()).unwrap_or_default();
    let top = round_up(most);
    // At least a day, so that there is a way from the left to the right.
    let begin = points.first().map_or(today, |(day, _)| *day).min(today.previous_day().unwrap_or(today));
    let first = begin.to_julian_day();
    let span = f64::from((today.to_julian_day() - first).max(1));
    let x = |day: time::Date| LEFT + (WIDTH - LEFT - 6.0) * f64::from(day.to_julian_day() - first) / span;
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / top);
    let mut path = String::new();
    let mut at = 0.0;
    for (n, (day, level)) in points.iter().enumerate() {
        let now = level.to_f64().unwrap_or_default();
        let start = if n == 0 {
            format!("M{} {}", dots(x(*day)), dots(y(now)))
        } else {
            format!(" H{} V{}", dots(x(*day)), dots(y(now)))
        };
        path.push_str(&start);
        at = now;
    }
    path.extend([" H".to_owned(), dots(x(today))]);
    html! {
        svg.chart.level role="img" aria-label=(title) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } {
            (lines(top, &y, LEFT, &WIDTH.to_string()))
            (numbers(lang, top, &y, LEFT - 6.0))
            line.axis x1=(LEFT) x2=(WIDTH) y1=(dots(y(0.0))) y2=(dots(y(0.0))) {}
            path.line d=(path) {}
            circle.one cx=(dots(x(today))) cy=(dots(y(at))) r="4" {}
            text x=(LEFT) y=(HEIGHT - 8.0) { (words::date(lang, begin)) }
            text x=(WIDTH) y=(HEIGHT - 8.0) text-anchor="end" { (words::date(lang, today)) }
        }
        details {
            summary.lnk { (say(lang, "stats.table")) }
            div.scroll-x tabindex="0" role="region" aria-label=(title) {
                table.plain {
                    thead { tr { th scope="col" { (say(lang, "stats.day")) } th.num scope="col" { (say(lang, "stats.level")) } } }
                    tbody { @for (day, level) in points.iter().rev().take(400) {
                        tr { th scope="row" { (words::date(lang, *day)) } td.num { (words::quantity(lang, *level, unit)) } }
                    } }
                }
            }
        }
    }
}

/// What the scale says: nothing, half of it, all of it.
fn marks(top: f64) -> [f64; 3] {
    [0.0, top / 2.0, top]
}

fn numbers(lang: Lang, top: f64, y: &dyn Fn(f64) -> f64, x: f64) -> Markup {
    html! {
        @for mark in marks(top) {
            text x=(x) y=(dots(y(mark) + 4.0)) text-anchor="end" { (words::number(lang, Decimal::try_from(mark).unwrap_or_default().round_dp(3))) }
        }
    }
}

fn lines(top: f64, y: &dyn Fn(f64) -> f64, from: f64, to: &str) -> Markup {
    html! { @for mark in marks(top) { @if mark > 0.0 { line.grid x1=(from) x2=(to) y1=(dots(y(mark))) y2=(dots(y(mark))) {} } } }
}

fn class(row: usize) -> &'static str {
    if row == 0 { "one" } else { "two" }
}

/// Up to the next number that halves well: 2, 4, 10, 20, 40, 100 …
fn round_up(most: f64) -> f64 {
    if most <= 0.0 {
        return 2.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
    let step = steps.into_iter().find(|step| step * power >= most).unwrap_or(10.0);
    (step * power).max(2.0_f64.min(step * power * 2.0))
}

/// A length with two decimals.
fn dots(length: f64) -> String {
    format!("{length:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_number_that_halves_well() {
        for (most, top) in [
            (0.0, 2.0),
            (1.0, 2.0),
            (2.0, 2.0),
            (3.0, 4.0),
            (5.0, 6.0),
            (9.0, 10.0),
            (41.0, 60.0),
            (100.0, 100.0),
            (101.0, 200.0),
        ] {
            assert!((round_up(most) - top).abs() < 1e-9, "{most}: {}", round_up(most));
        }
    }

    #[test]
    fn a_chart_says_its_numbers_in_a_table_and_holds_no_style() {
        let chart = Bars {
            title: "Taken",
            ground: "Day",
            labels: vec![("1".into(), "1 May".into()), ("2".into(), "2 May".into())],
            rows: vec![("taken".into(), vec![3, 0]), ("put back".into(), vec![1, 2])],
        };
        let drawn = bars(Lang::En, &chart).into_string();
        assert!(drawn.contains("<td class=\"num\">3</td>") && drawn.contains("1 May"), "{drawn}");
        assert_eq!(drawn.matches("<rect class=\"one\"").count(), 2, "one in the key, one bar: {drawn}");
        assert!(!drawn.contains("style="), "{drawn}");
    }
}
