//! The form of an item as text, and back: what a person typed becomes a draft, or a mistake beside its field.

use rust_decimal::Decimal;
use slint::SharedString;

use super::format::Numbers;
use super::ui::{Conflict, Draft, DraftField, DraftTrouble, FieldTrouble};
use crate::domain::item::{DraftError, Money};
use crate::domain::{ItemDraft, ItemKind, Quantity};
use crate::services::catalog::{ItemView, Placement};

/// What the form says.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    pub draft: ItemDraft,
    /// For a new item: where how many lie.
    pub placement: Option<Placement>,
}

/// The kinds in the order of the form's choice; products are made by the import.
const KINDS: [ItemKind; 4] = [ItemKind::Location, ItemKind::Container, ItemKind::Asset, ItemKind::Consumable];

/// An item as the form shows it.
pub fn fill(view: &ItemView, numbers: Numbers) -> Draft {
    let draft = &view.draft;
    let text = |value: &Option<String>| SharedString::from(value.as_deref().unwrap_or_default());
    let number =
        |value: Option<Decimal>| SharedString::from(value.map(|value| numbers.write(value)).unwrap_or_default());
    Draft {
        id: view.summary.id.to_string().into(),
        kind: KINDS.iter().position(|kind| *kind == draft.kind).map_or(-1, |at| at as i32),
        name: draft.name.as_str().into(),
        description: draft.description.as_str().into(),
        notes: draft.notes.as_str().into(),
        tags: draft.tags.join(", ").into(),
        unit: text(&draft.unit),
        minimum: number(draft.min_quantity),
        maximum: number(draft.max_quantity),
        manufacturer: text(&draft.manufacturer),
        model: text(&draft.model),
        serial: text(&draft.serial_number),
        price: number(draft.price.as_ref().map(|price| price.amount)),
        currency: draft.price.as_ref().map_or("EUR", |price| &price.currency).into(),
        url: text(&draft.url),
        ..Draft::default()
    }
}

/// Somebody saved the item while it was in the form. What only they changed is taken over; of what both changed differently,
/// mine stays in the form, and both are told.
pub fn merge(before: &Draft, mine: &Draft, theirs: &Draft) -> (Draft, Vec<Conflict>) {
    let mut merged = theirs.clone();
    let mut conflicts = Vec::new();
    if mine.kind != before.kind {
        merged.kind = mine.kind;
    }
    let (mut before, mut mine, mut theirs) = (before.clone(), mine.clone(), theirs.clone());
    let others = fields(&mut before).into_iter().zip(fields(&mut mine)).zip(fields(&mut theirs));
    for ((field, merged), (((_, before), (_, mine)), (_, theirs))) in fields(&mut merged).into_iter().zip(others) {
        if mine == before {
            continue;
        }
        merged.clone_from(mine);
        if theirs != before && theirs != mine {
            conflicts.push(Conflict { field, mine: mine.clone(), theirs: theirs.clone() });
        }
    }
    (merged, conflicts)
}

/// Puts what they wrote into the form where both wrote.
pub fn take_theirs(form: &mut Draft, conflicts: impl IntoIterator<Item = Conflict>) {
    for conflict in conflicts {
        if let Some((_, text)) = fields(form).into_iter().find(|(field, _)| *field == conflict.field) {
            *text = conflict.theirs;
        }
    }
}

/// The form's texts, by name.
fn fields(form: &mut Draft) -> [(DraftField, &mut SharedString); 13] {
    [
        (DraftField::Name, &mut form.name),
        (DraftField::Description, &mut form.description),
        (DraftField::Notes, &mut form.notes),
        (DraftField::Tags, &mut form.tags),
        (DraftField::Unit, &mut form.unit),
        (DraftField::Minimum, &mut form.minimum),
        (DraftField::Maximum, &mut form.maximum),
        (DraftField::Manufacturer, &mut form.manufacturer),
        (DraftField::Model, &mut form.model),
        (DraftField::Serial, &mut form.serial),
        (DraftField::Price, &mut form.price),
        (DraftField::Currency, &mut form.currency),
        (DraftField::Url, &mut form.url),
    ]
}

/// What was typed, over what was there before: fields the form does not show stay.
pub fn read(form: &Draft, before: Option<&ItemDraft>, numbers: Numbers) -> Result<Filled, Box<DraftTrouble>> {
    let mut trouble = DraftTrouble::default();
    let kind = usize::try_from(form.kind).ok().and_then(|at| KINDS.get(at)).copied();
    let kind = kind.or(before.map(|before| before.kind)).unwrap_or(ItemKind::Consumable);
    let mut draft = before.cloned().unwrap_or_else(|| ItemDraft::new(kind, ""));
    let filled = |text: &SharedString| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let number = |text: &SharedString, at: &mut FieldTrouble| {
        let text = filled(text)?;
        let read = numbers.read(&text).filter(|value| !value.is_sign_negative());
        if read.is_none() {
            *at = FieldTrouble::NotANumber;
        }
        read
    };

    draft.kind = kind;
    form.name.trim().clone_into(&mut draft.name);
    if draft.name.is_empty() {
        trouble.name = FieldTrouble::Required;
    } else if draft.name.chars().count() > 200 {
        trouble.name = FieldTrouble::TooLong;
    }
    form.description.trim().clone_into(&mut draft.description);
    form.notes.trim().clone_into(&mut draft.notes);
    draft.tags = form.tags.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
    draft.manufacturer = filled(&form.manufacturer);
    draft.model = filled(&form.model);
    draft.url = filled(&form.url);
    if draft.url.as_ref().is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
        trouble.url = FieldTrouble::NotALink;
    }
    let price = number(&form.price, &mut trouble.price);
    draft.price = price.map(|amount| Money { amount, currency: form.currency.trim().to_uppercase() });
    if kind.is_counted() {
        draft.unit = filled(&form.unit);
        draft.min_quantity = number(&form.minimum, &mut trouble.minimum);
        draft.max_quantity = number(&form.maximum, &mut trouble.maximum);
        if matches!((draft.min_quantity, draft.max_quantity), (Some(minimum), Some(maximum)) if minimum > maximum) {
            trouble.minimum = FieldTrouble::MinimumOverMaximum;
        }
    } else {
        (draft.unit, draft.min_quantity, draft.max_quantity) = (None, None, None);
        draft.serial_number = filled(&form.serial);
    }

    let mut placement = None;
    if before.is_none() {
        let place = form.place.parse().ok();
        let count = if kind.is_counted() { number(&form.quantity, &mut trouble.quantity) } else { Some(Decimal::ONE) };
        match (place, count.map(Quantity::new)) {
            // Nothing of it is here yet, or a place that stands on its own.
            (_, None | Some(Err(crate::domain::quantity::QuantityError::NotPositive))) => {}
            (None, Some(Ok(_))) if kind == ItemKind::Location => {}
            (None, Some(Ok(_))) => trouble.place = FieldTrouble::PlaceNeeded,
            (Some(holder), Some(Ok(quantity))) => placement = Some(Placement { holder, quantity, lot: None }),
            (_, Some(Err(_))) => trouble.quantity = FieldTrouble::NotANumber,
        }
    }
    if trouble == DraftTrouble::default() { Ok(Filled { draft, placement }) } else { Err(Box::new(trouble)) }
}

/// The field a refused draft is wrong in; `None`: one the form does not show.
pub fn trouble_of(error: &DraftError) -> Option<DraftTrouble> {
    let mut trouble = DraftTrouble::default();
    match error {
        DraftError::Name => trouble.name = FieldTrouble::Required,
        DraftError::Limits => trouble.minimum = FieldTrouble::MinimumOverMaximum,
        DraftError::LimitRange => trouble.minimum = FieldTrouble::NotANumber,
        DraftError::Price => trouble.price = FieldTrouble::NotANumber,
        _ => return None,
    }
    Some(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ItemId;

    fn form() -> Draft {
        Draft {
            kind: 3,
            name: "Wood screw".into(),
            quantity: "1,250".into(),
            currency: "EUR".into(),
            place: ItemId::new().to_string().into(),
            ..Draft::default()
        }
    }

    #[test]
    fn a_filled_form_becomes_a_draft_and_its_first_stock() {
        let form = Draft { tags: "fastener, , M3".into(), minimum: "200".into(), price: "4.90".into(), ..form() };
        let filled = read(&form, None, Numbers::English).expect("nothing is wrong");
        assert_eq!(filled.draft.tags, ["fastener", "M3"]);
        assert_eq!(filled.draft.min_quantity, Some(Decimal::from(200)));
        assert_eq!(filled.placement.expect("it lies somewhere").quantity.get(), Decimal::from(1250));
    }

    #[test]
    fn mistakes_stand_beside_their_field() {
        let check = |form: Draft, expected: DraftTrouble| {
            assert_eq!(*read(&form, None, Numbers::English).expect_err("wrong"), expected);
        };
        let none = DraftTrouble::default;
        check(Draft { name: " ".into(), ..form() }, DraftTrouble { name: FieldTrouble::Required, ..none() });
        check(Draft { place: "".into(), ..form() }, DraftTrouble { place: FieldTrouble::PlaceNeeded, ..none() });
        check(Draft { minimum: "few".into(), ..form() }, DraftTrouble { minimum: FieldTrouble::NotANumber, ..none() });
        check(
            Draft { minimum: "9".into(), maximum: "3".into(), ..form() },
            DraftTrouble { minimum: FieldTrouble::MinimumOverMaximum, ..none() },
        );
        check(Draft { url: "example.org".into(), ..form() }, DraftTrouble { url: FieldTrouble::NotALink, ..none() });
    }

    #[test]
    fn a_place_may_stand_on_its_own_and_nothing_needs_no_place() {
        let room = Draft { kind: 0, place: "".into(), ..form() };
        assert_eq!(read(&room, None, Numbers::English).expect("fine").placement, None);
        let none_yet = Draft { quantity: "".into(), place: "".into(), ..form() };
        assert_eq!(read(&none_yet, None, Numbers::English).expect("fine").placement, None);
    }

    #[test]
    fn what_the_form_does_not_show_stays() {
        let mut before = ItemDraft::new(ItemKind::Product, "Drill");
        before.fields.insert("power".into(), "18 V".into());
        let form = Draft { kind: -1, name: "Cordless drill".into(), ..Draft::default() };
        let filled = read(&form, Some(&before), Numbers::English).expect("fine");
        assert_eq!((filled.draft.kind, filled.draft.fields.len()), (ItemKind::Product, 1));
        assert_eq!(filled.placement, None);
    }
}
