//! The form of an item's fields: what it shows, and how what was entered reads.

use maud::{Markup, html};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::book::{self, day, decimal};
use super::book_form::{self, Choice};
use super::edit::Entered;
use crate::domain::{ItemDraft, ItemId, ItemKind, Money};
use crate::web::details;
use crate::web::fault::Fault;
use crate::web::forms::TOKEN;
use crate::web::language::Lang;
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// The form. `of`: the item that is edited; without it, a new one.
pub async fn form(
    visit: &Visit,
    of: Option<(ItemId, &ItemDraft)>,
    entered: &Entered,
    banner: Option<&Markup>,
) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let back = of.map_or_else(|| "/".to_owned(), |(id, _)| format!("/items/{id}"));
    let action = of.map_or_else(|| "/items/new".to_owned(), |(id, _)| format!("/items/{id}/edit"));
    let title =
        of.map_or_else(|| say(lang, "edit.new"), |(_, draft)| format!("{}: {}", say(lang, "edit.edit"), draft.name));
    let home = Choice {
        name: "home",
        label: "edit.home",
        chosen: &entered.home,
        none: Some("edit.nowhere"),
        but: of.map(|of| of.0),
    };
    let to = Choice { name: "to", label: "edit.place", chosen: &entered.to, none: Some("edit.nowhere"), but: None };
    let line = |key: &str, name: &str, value: &str, most: u32| field(lang, key, name, "text", value, Some(most));
    Ok(html! {
        a.btn.flat.back href=(back) { (parts::icon(visit, "back")) (say(lang, "form.cancel")) }
        section.panel.pad.booking {
            h1.title { (title) }
            @if let Some(banner) = banner { (banner) }
            form.stack method="post" action=(action) {
                input type="hidden" name=(TOKEN) value=(visit.form_token());
                input type="hidden" name="request" value=(entered.request);
                input type="hidden" name="version" value=(entered.version);
                label for="name" { (say(lang, "edit.name")) }
                input #name type="text" name="name" value=(entered.name) required maxlength="200" autocomplete="off" autofocus[of.is_none()];
                label for="kind" { (say(lang, "detail.kind")) }
                select #kind name="kind" {
                    @for kind in ItemKind::ALL {
                        option value=(kind) selected[kind == entered.kind()] { (words::kind(lang, kind)) }
                    }
                }
                @if of.is_none() {
                    (book_form::places(visit, &to).await?)
                    label for="quantity" { (say(lang, "edit.quantity")) }
                    input #quantity type="text" inputmode="decimal" name="quantity" value=(entered.quantity) autocomplete="off";
                    (line("edit.code", "code", &entered.code, 500))
                }
                label for="tags" { (say(lang, "edit.tags")) }
                input #tags type="text" name="tags" value=(entered.tags) autocomplete="off" maxlength="2000";
                label for="description" { (say(lang, "edit.description")) }
                textarea #description name="description" rows="4" maxlength="20000" { (entered.description) }
                details open[counted_is_filled(entered)] {
                    summary.lnk { (say(lang, "edit.counted")) }
                    (line("edit.unit", "unit", &entered.unit, 20))
                    (number(lang, "detail.minimum", "minimum", &entered.minimum))
                    (number(lang, "detail.maximum", "maximum", &entered.maximum))
                }
                details {
                    summary.lnk { (say(lang, "edit.origin")) }
                    (line("detail.manufacturer", "manufacturer", &entered.manufacturer, 200))
                    (line("detail.model", "model", &entered.model, 200))
                    (line("detail.serial_number", "serial_number", &entered.serial_number, 200))
                    (number(lang, "detail.price", "price", &entered.price))
                    (line("edit.currency", "currency", &entered.currency, 3))
                    (field(lang, "detail.purchased", "purchased_on", "date", &entered.purchased_on, None))
                    (field(lang, "detail.warranty", "warranty_until", "date", &entered.warranty_until, None))
                    (field(lang, "detail.url", "url", "url", &entered.url, Some(2000)))
                }
                details {
                    summary.lnk { (say(lang, "edit.further")) }
                    (book_form::places(visit, &home).await?)
                    label for="notes" { (say(lang, "edit.notes")) }
                    textarea #notes name="notes" rows="4" maxlength="100000" { (entered.notes) }
                    label for="fields" { (say(lang, "edit.fields")) }
                    textarea #fields name="fields" rows="4" spellcheck="false" aria-describedby="fields-help" { (entered.fields) }
                    p.caption.muted #fields-help { (say(lang, "edit.fields_help")) }
                }
                div.actions {
                    a.btn href=(back) { (say(lang, "form.cancel")) }
                    button.btn.main type="submit" { (parts::icon(visit, "check")) (say(lang, if of.is_some() { "edit.save" } else { "edit.make" })) }
                }
            }
        }
    })
}

fn field(lang: Lang, key: &str, name: &str, kind: &str, value: &str, most: Option<u32>) -> Markup {
    html! {
        label for=(name) { (say(lang, key)) }
        input id=(name) type=(kind) name=(name) value=(value) maxlength=[most] autocomplete="off";
    }
}

fn number(lang: Lang, key: &str, name: &str, value: &str) -> Markup {
    html! {
        label for=(name) { (say(lang, key)) }
        input id=(name) type="text" inputmode="decimal" name=(name) value=(value) autocomplete="off";
    }
}

fn counted_is_filled(entered: &Entered) -> bool {
    entered.kind() == ItemKind::Consumable || !entered.unit.is_empty() || !entered.minimum.is_empty()
}

pub fn banner(visit: &Visit, wrong: &str) -> Markup {
    html! { p.banner.bad role="alert" { (parts::icon(visit, "bad")) span { (wrong) } } }
}

/// What two versions differ in: name of the field, what was entered here, what is there now.
pub fn stale(visit: &Visit, differences: &[(String, String, String)]) -> Markup {
    let lang = visit.lang;
    html! {
        div.banner.warn role="alert" {
            (parts::icon(visit, "warn"))
            div {
                p { (say(lang, "edit.stale")) }
                table.plain {
                    thead { tr { th scope="col" { (say(lang, "edit.field")) } th scope="col" { (say(lang, "edit.mine")) } th scope="col" { (say(lang, "edit.theirs")) } } }
                    tbody { @for (name, mine, theirs) in differences { tr { th scope="row" { (name) } td { (mine) } td { (theirs) } } } }
                }
            }
        }
    }
}

pub fn differences(lang: Lang, mine: &ItemDraft, theirs: &ItemDraft) -> Vec<(String, String, String)> {
    let (mine, theirs) = (shown(lang, mine), shown(lang, theirs));
    mine.into_iter()
        .zip(theirs)
        .filter(|(one, other)| one.1 != other.1)
        .map(|((name, one), (_, other))| (name, one, other))
        .collect()
}

/// Every field with its name, as text.
fn shown(lang: Lang, draft: &ItemDraft) -> Vec<(String, String)> {
    let e = entered(lang, draft, 0);
    let kind = words::kind(lang, draft.kind);
    [
        ("edit.name", e.name),
        ("detail.kind", kind),
        ("edit.tags", e.tags),
        ("edit.description", e.description),
        ("edit.unit", e.unit),
        ("detail.minimum", e.minimum),
        ("detail.maximum", e.maximum),
        ("detail.manufacturer", e.manufacturer),
        ("detail.model", e.model),
        ("detail.serial_number", e.serial_number),
        ("detail.price", e.price),
        ("edit.currency", e.currency),
        ("detail.purchased", e.purchased_on),
        ("detail.warranty", e.warranty_until),
        ("detail.url", e.url),
        ("edit.notes", e.notes),
        ("edit.fields", e.fields),
    ]
    .into_iter()
    .map(|(key, value)| (say(lang, key), value))
    .collect()
}

/// A draft as the form shows it.
pub fn entered(lang: Lang, draft: &ItemDraft, version: i32) -> Entered {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = |number: Option<Decimal>| number.map(|number| words::number(lang, number)).unwrap_or_default();
    let day = |day: Option<time::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let fields: Vec<String> =
        draft.fields.iter().map(|(name, value)| format!("{name}: {}", details::plain(lang, value))).collect();
    Entered {
        version: version.to_string(),
        kind: draft.kind.to_string(),
        name: draft.name.clone(),
        description: draft.description.clone(),
        notes: draft.notes.clone(),
        unit: text(&draft.unit),
        minimum: number(draft.min_quantity),
        maximum: number(draft.max_quantity),
        manufacturer: text(&draft.manufacturer),
        model: text(&draft.model),
        serial_number: text(&draft.serial_number),
        price: number(draft.price.as_ref().map(|price| price.amount)),
        currency: draft.price.as_ref().map(|price| price.currency.clone()).unwrap_or_default(),
        purchased_on: day(draft.purchased_on),
        warranty_until: day(draft.warranty_until),
        url: text(&draft.url),
        tags: draft.tags.join(", "),
        fields: fields.join("\n"),
        home: draft.home_holder.map(|home| home.to_string()).unwrap_or_default(),
        ..Entered::default()
    }
}

/// What was entered, as a draft; what the form does not show is as before. `Err`: a key of the catalogue.
pub async fn draft(
    visit: &Visit,
    entered: &Entered,
    before: Option<&ItemDraft>,
) -> Result<Result<ItemDraft, &'static str>, Fault> {
    let home = match entered.home.trim() {
        "" => None,
        typed => match book::place_of(visit, typed).await? {
            Some(home) => Some(home),
            None => return Ok(Err("wrong.to")),
        },
    };
    Ok(read(visit.lang, entered, home, before))
}

fn read(
    lang: Lang,
    entered: &Entered,
    home: Option<ItemId>,
    before: Option<&ItemDraft>,
) -> Result<ItemDraft, &'static str> {
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let number = |text: &str| match text.trim() {
        "" => Ok(None),
        typed => decimal(lang, typed).map(Some).ok_or("edit.wrong.number"),
    };
    let date = |text: &str| day(text).map_err(|_| "edit.wrong.date");
    let amount = number(&entered.price)?;
    if amount.is_none() && !entered.currency.trim().is_empty() {
        return Err("edit.wrong.price");
    }
    Ok(ItemDraft {
        name: entered.name.clone(),
        // A browser ends lines as the standard for forms says.
        description: entered.description.replace("\r\n", "\n"),
        notes: entered.notes.replace("\r\n", "\n"),
        unit: text(&entered.unit),
        min_quantity: number(&entered.minimum)?,
        max_quantity: number(&entered.maximum)?,
        home_holder: home,
        instance_of: before.and_then(|before| before.instance_of),
        serial_number: text(&entered.serial_number),
        manufacturer: text(&entered.manufacturer),
        model: text(&entered.model),
        price: amount.map(|amount| Money { amount, currency: entered.currency.clone() }),
        purchased_on: date(&entered.purchased_on)?,
        warranty_until: date(&entered.warranty_until)?,
        url: text(&entered.url),
        tags: entered.tags.split(',').map(str::to_owned).collect(),
        fields: custom(lang, &entered.fields, before.map(|before| &before.fields))?,
        ..ItemDraft::new(entered.kind(), "")
    })
}

/// Custom fields, one `name: value` a line. A value that reads as before stays what it was: a number, a list, a text.
fn custom(lang: Lang, entered: &str, before: Option<&Map<String, Value>>) -> Result<Map<String, Value>, &'static str> {
    let mut fields = Map::new();
    // What spans lines is shown on one each, and stays.
    let unchanged = before.is_some_and(|before| {
        let shown: Vec<String> =
            before.iter().map(|(name, value)| format!("{name}: {}", details::plain(lang, value))).collect();
        shown.join("\n") == entered.replace("\r\n", "\n")
    });
    if let (true, Some(before)) = (unchanged, before) {
        return Ok(before.clone());
    }
    for line in entered.lines().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once(':').ok_or("edit.wrong.fields")?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || name.chars().count() > 100 {
            return Err("edit.wrong.fields");
        }
        let known = before.and_then(|before| before.get(name)).filter(|known| details::plain(lang, known) == value);
        let number = || decimal(lang, value).and_then(|number| serde_json::from_str(&number.to_string()).ok());
        let value = known.cloned().or_else(number).unwrap_or_else(|| Value::String(value.to_owned()));
        fields.insert(name.to_owned(), value);
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_form_shows_reads_back_as_it_was() {
        let mut draft = ItemDraft::new(ItemKind::Consumable, "Wood screw");
        draft.min_quantity = Some(Decimal::new(12_505, 1));
        draft.price = Some(Money { amount: Decimal::new(5, 2), currency: "EUR".into() });
        draft.tags = vec!["fastener".into(), "wood".into()];
        draft.unit = Some("pcs".into());
        draft.description = "Two\nlines".into();
        draft.fields = serde_json::from_str(r#"{"Length": 40, "Drive": "Torx: T20", "Coated": true, "Sizes": [1, 2]}"#)
            .expect("JSON");
        for lang in Lang::ALL {
            let read = read(lang, &entered(lang, &draft, 3), None, Some(&draft)).map(ItemDraft::checked);
            assert_eq!(read, Ok(Ok(draft.clone())), "{lang:?}");
        }
    }

    #[test]
    fn custom_fields_are_lines_of_name_and_value() {
        let fields = custom(Lang::En, "Length: 40\r\nDrive: Torx\r\n\r\n", None).expect("readable");
        assert_eq!((&fields["Length"], &fields["Drive"]), (&Value::from(40), &Value::from("Torx")));
        assert_eq!(custom(Lang::En, "no colon", None), Err("edit.wrong.fields"));
    }
}
