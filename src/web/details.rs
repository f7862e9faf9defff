//! An item's fields as a table of names and values; empty ones are left out.

use maud::{Markup, html};
use rust_i18n::t;
use serde_json::Value;

use super::language::Lang;
use super::visit::Visit;
use super::words::{self, say};
use crate::domain::Money;
use crate::services::catalog::ItemView;

pub fn table(visit: &Visit, view: &ItemView) -> Markup {
    let lang = visit.lang;
    let draft = &view.draft;
    let text = |value: &Option<String>| value.as_ref().map(|value| html! { (value) });
    let day = |value: Option<time::Date>| value.map(|day| html! { (words::date(lang, day)) });
    let mut rows: Vec<(String, Markup)> = Vec::new();
    let mut add = |key: &str, value: Option<Markup>| {
        if let Some(value) = value {
            rows.push((say(lang, &format!("detail.{key}")), value));
        }
    };
    add("kind", Some(html! { (words::kind(lang, draft.kind)) }));
    add("product", view.product.as_ref().map(|(id, name)| html! { a.lnk href={ "/items/" (id) } { (name) } }));
    add("serial_number", text(&draft.serial_number));
    add("manufacturer", text(&draft.manufacturer));
    add("model", text(&draft.model));
    let limit = |value| words::quantity(lang, value, draft.unit.as_deref());
    add("minimum", draft.min_quantity.map(|value| html! { (limit(value)) }));
    add("maximum", draft.max_quantity.map(|value| html! { (limit(value)) }));
    add("price", draft.price.as_ref().map(|price| html! { (money(lang, price)) }));
    add("purchased", day(draft.purchased_on));
    add("warranty", day(draft.warranty_until));
    add("url", draft.url.as_deref().map(link));
    for code in &view.codes {
        let key = match code.kind.as_str() {
            "own" => "label",
            "gtin" => "gtin",
            _ => "code",
        };
        add(key, Some(html! { span.code { (code.shown) } }));
    }
    for part in &view.suppliers {
        let number = part.url.as_deref().filter(|url| is_web(url)).map_or_else(
            || html! { (part.part_number) },
            |url| html! { a.lnk href=(url) rel="noopener noreferrer nofollow" { (part.part_number) } },
        );
        let price = part.price.as_ref().map(|price| format!(" · {}", money(lang, price))).unwrap_or_default();
        add("supplier", Some(html! { (part.supplier) " " (number) (price) }));
    }
    for (name, value) in &draft.fields {
        rows.push((name.clone(), html! { (plain(lang, value)) }));
    }
    let made = t!("detail.made", locale = lang.code(), at = words::moment(lang, view.created_at));
    html! {
        @if !draft.description.is_empty() { p.prose { (draft.description) } }
        @if !draft.notes.is_empty() { p.prose.note { (draft.notes) } }
        dl.fields { @for (name, value) in &rows { div { dt { (name) } dd { (value) } } } }
        p.caption.muted { (made) }
    }
}

pub fn money(lang: Lang, price: &Money) -> String {
    format!("{}\u{a0}{}", words::number(lang, price.amount), price.currency)
}

/// Only what leads to the web is a link: an address may be anything somebody imported (`javascript:` …).
fn link(url: &str) -> Markup {
    html! {
        @if is_web(url) { a.lnk href=(url) rel="noopener noreferrer nofollow" { (url) } } @else { (url) }
    }
}

pub fn is_web(url: &str) -> bool {
    let lower = url.trim_start().to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

pub fn plain(lang: Lang, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(value) => say(lang, if *value { "detail.yes" } else { "detail.no" }),
        Value::Number(value) => {
            value.to_string().parse().map_or_else(|_| value.to_string(), |value| words::number(lang, value))
        }
        Value::Array(values) => values.iter().map(|value| plain(lang, value)).collect::<Vec<_>>().join(", "),
        Value::Null => "–".into(),
        Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_is_linked() {
        assert!(link("https://example.org/x").into_string().starts_with("<a"));
        for other in ["javascript:alert(1)", "data:text/html,x", "//example.org", "file:///etc/passwd", "see box"] {
            assert!(!link(other).into_string().contains("<a"), "{other}");
        }
    }
}
