//! What a scanned or typed text may mean, before the tables are asked; and in [`action`], what it does once they have been.

pub mod action;

use super::code::{OwnCode, gtin14, normalise};

/// Under which stored texts to look a scan up, the first that names something wins: as it is; the code in our own URL
/// `https://…/i/CODE`; our own code as people type it; a GTIN; an identifier of the predecessor (a UUID, in any case,
/// with or without dashes), InvenTree (`{"part": 1}`, `INV-PA1`) or Grocy (`grcy:p:1:…`), which imports store as aliases.
pub fn keys(text: &str) -> Vec<String> {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    let mut keys = vec![normalise(text)];
    if let Some(code) = own_url(text) {
        keys.push(normalise(code));
    }
    keys.extend(OwnCode::parse(text).ok().map(|code| code.normalised()));
    keys.extend(gtin14(text));
    keys.extend(uuid_in(text).map(|uuid| normalise(&uuid)));
    keys.extend(inventree(text).or_else(|| grocy(text)));
    let mut seen = Vec::new();
    keys.retain(|key| {
        !key.is_empty() && !seen.contains(key) && {
            seen.push(key.clone());
            true
        }
    });
    keys
}

fn own_url(text: &str) -> Option<&str> {
    let rest = text
        .split_once("://")
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))?
        .1;
    let path = rest.split_once('/')?.1;
    let code = path.strip_prefix("i/").or_else(|| path.strip_prefix("I/"))?;
    code.split(['/', '?', '#']).next().filter(|code| !code.is_empty())
}

/// The first UUID in a text, as 8-4-4-4-12 in lower case.
fn uuid_in(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_hexdigit() || c == '-';
    text.split(|c| !is_part(c))
        .filter(|word| word.len() == 32 || word.len() == 36)
        .find_map(|word| uuid::Uuid::parse_str(word).ok())
        .map(|u| u.to_string())
}

/// InvenTree's two forms, as `INVENTREE:PART:1` (docs.inventree.org, "Barcodes").
fn inventree(text: &str) -> Option<String> {
    const SHORT: [(&str, &str); 3] = [("INV-PA", "part"), ("INV-SI", "stockitem"), ("INV-SL", "stocklocation")];
    let key = |model: &str, id: u64| format!("INVENTREE:{}:{id}", model.to_uppercase());
    let upper = text.to_uppercase();
    if let Some((model, id)) =
        SHORT.iter().find_map(|(prefix, model)| Some((model, upper.strip_prefix(prefix)?.parse().ok()?)))
    {
        return Some(key(model, id));
    }
    let json: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    SHORT.iter().find_map(|(_, model)| {
        let value = json.get(*model)?;
        let id = value.as_u64().or_else(|| value.get("id")?.as_u64())?;
        Some(key(model, id))
    })
}

/// Grocycode `grcy:p:13` with an optional stock entry behind, as `GRCY:P:13` (grocy.info, "Grocycode").
fn grocy(text: &str) -> Option<String> {
    let mut parts = text.split(':');
    let (system, kind, id) = (parts.next()?, parts.next()?, parts.next()?);
    let known = system.eq_ignore_ascii_case("grcy") && matches!(kind, "p" | "P" | "c" | "C" | "b" | "B");
    (known && id.bytes().all(|b| b.is_ascii_digit())).then(|| format!("GRCY:{}:{id}", kind.to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scanned: &str, expected: &str) {
        assert!(keys(scanned).iter().any(|key| key == expected), "{scanned:?} gives {:?}", keys(scanned));
    }

    #[test]
    fn our_own_label_is_known_as_url_as_printed_and_as_typed() {
        let code = OwnCode::from_number(40_000);
        check(&format!("https://storeroom.example/i/{}", code.normalised()), &code.normalised());
        check(&format!("https://storeroom.example/i/{}?from=label", code.normalised()), &code.normalised());
        check(&code.to_string().to_lowercase(), &code.normalised());
    }

    #[test]
    fn the_predecessors_guid_is_known_in_any_case_and_form() {
        let guid = "4A88DEEC-0FF1-4636-817D-FD0E7F362F75";
        for scanned in [
            "4a88deec-0ff1-4636-817d-fd0e7f362f75",
            "4A88DEEC0FF14636817DFD0E7F362F75",
            "{4a88deec-0ff1-4636-817d-fd0e7f362f75}",
            "https://old/item/4A88DEEC-0ff1-4636-817d-fd0e7f362f75",
        ] {
            check(scanned, guid);
        }
    }

    #[test]
    fn other_systems_codes_are_known() {
        check(r#"{"part": 72}"#, "INVENTREE:PART:72");
        check(r#"{"stockitem": {"id": 5}}"#, "INVENTREE:STOCKITEM:5");
        check("INV-PA72", "INVENTREE:PART:72");
        check("grcy:p:13:60bf8b5244b04", "GRCY:P:13");
        check("4006381333931", "04006381333931");
    }

    #[test]
    fn rubbish_is_looked_up_as_it_is_and_never_panics() {
        for scanned in ["", "\0", "{", "https://", "INV-PA", "grcy:p:", "ü", "{\"part\": -1}"] {
            let _ = keys(scanned);
        }
        assert_eq!(keys("shelf 2"), ["SHELF 2"]);
    }
}
