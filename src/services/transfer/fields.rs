//! The columns of our own file format, and how other files' columns are said to be one of them.

use std::fmt;

use thiserror::Error;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Id,
    Code,
    Kind,
    Name,
    Description,
    Notes,
    Place,
    Home,
    Tags,
    Unit,
    Quantity,
    MinQuantity,
    MaxQuantity,
    Manufacturer,
    Model,
    SerialNumber,
    InstanceOf,
    PurchasePrice,
    Currency,
    PurchasedOn,
    WarrantyUntil,
    Url,
    Lot,
    ExpiresOn,
    Gtin,
    Aliases,
    Supplier,
    SupplierPart,
    /// What a supplier takes for one, with its currency, in the order of the part numbers.
    SupplierPrice,
    /// Where a supplier sells it, in the same order.
    SupplierUrl,
    Photo,
    /// `field:NAME`, a custom field.
    Custom(String),
    /// Read by nobody, on purpose.
    Ignored,
}

/// A word that names no field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` is no field; known are {known}, field:NAME for a custom field, and `ignore`", known = Field::names())]
pub struct UnknownField {
    pub name: String,
}

impl Field {
    /// All named fields with their column headers, in the order of an export.
    pub const ALL: [(Self, &'static str); 31] = [
        (Self::Id, "id"),
        (Self::Code, "code"),
        (Self::Kind, "kind"),
        (Self::Name, "name"),
        (Self::Description, "description"),
        (Self::Notes, "notes"),
        (Self::Place, "place"),
        (Self::Home, "home"),
        (Self::Tags, "tags"),
        (Self::Unit, "unit"),
        (Self::Quantity, "quantity"),
        (Self::MinQuantity, "min_quantity"),
        (Self::MaxQuantity, "max_quantity"),
        (Self::Manufacturer, "manufacturer"),
        (Self::Model, "model"),
        (Self::SerialNumber, "serial_number"),
        (Self::InstanceOf, "instance_of"),
        (Self::PurchasePrice, "purchase_price"),
        (Self::Currency, "currency"),
        (Self::PurchasedOn, "purchased_on"),
        (Self::WarrantyUntil, "warranty_until"),
        (Self::Url, "url"),
        (Self::Lot, "lot"),
        (Self::ExpiresOn, "expires_on"),
        (Self::Gtin, "gtin"),
        (Self::Aliases, "aliases"),
        (Self::Supplier, "supplier"),
        (Self::SupplierPart, "supplier_part"),
        (Self::SupplierPrice, "supplier_price"),
        (Self::SupplierUrl, "supplier_url"),
        (Self::Photo, "photo"),
    ];

    /// The field of a column header: our own word in any case, with blanks or hyphens for underscores.
    pub fn of_header(header: &str) -> Result<Self, UnknownField> {
        let header = header.trim();
        if let Some((prefix, name)) = header.split_once(':')
            && prefix.trim().eq_ignore_ascii_case("field")
            && !name.trim().is_empty()
        {
            return Ok(Self::Custom(name.trim().to_owned()));
        }
        let word = header.to_lowercase().replace([' ', '-'], "_");
        if matches!(word.as_str(), "ignore" | "") {
            return Ok(Self::Ignored);
        }
        let known = Self::ALL.iter().find(|(_, name)| *name == word);
        known.map(|(field, _)| field.clone()).ok_or_else(|| UnknownField { name: header.to_owned() })
    }

    /// May one cell hold several values, or several columns one each?
    pub fn is_list(&self) -> bool {
        matches!(
            self,
            Self::Tags
                | Self::Gtin
                | Self::Aliases
                | Self::Supplier
                | Self::SupplierPart
                | Self::SupplierPrice
                | Self::SupplierUrl
                | Self::Photo
        )
    }

    fn names() -> String {
        Self::ALL.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom(name) => write!(f, "field:{name}"),
            Self::Ignored => f.write_str("ignore"),
            other => f.write_str(Self::ALL.iter().find(|(field, _)| field == other).map_or("", |(_, name)| name)),
        }
    }
}

/// Homebox's columns (its `HB.` headers), as far as they have a place here; the rest becomes custom fields.
pub fn of_homebox(header: &str) -> Option<Field> {
    let name = header.trim().strip_prefix("HB.")?;
    Some(match name {
        "import_ref" => Field::Id,
        "asset_id" => Field::Aliases,
        "location" => Field::Place,
        "tags" | "labels" => Field::Tags,
        "quantity" => Field::Quantity,
        "name" => Field::Name,
        "description" => Field::Description,
        "notes" => Field::Notes,
        "serial_number" => Field::SerialNumber,
        "model_number" => Field::Model,
        "manufacturer" => Field::Manufacturer,
        "purchase_price" => Field::PurchasePrice,
        "purchase_date" | "purchase_time" => Field::PurchasedOn,
        "warranty_expires" => Field::WarrantyUntil,
        "url" => Field::Url,
        other => Field::Custom(other.strip_prefix("field.").unwrap_or(other).replace('_', " ")),
    })
}

/// What is between the values of a cell that holds several.
const LIST: char = ';';

/// The values of a cell that may hold several: `a;b`, with `\;` for a semicolon within one.
pub fn split_list(cell: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut letters = cell.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some(&next)) if next == LIST || next == '\\' => {
                letters.next();
                values.last_mut().expect("never empty").push(next);
            }
            (LIST, _) => values.push(String::new()),
            _ => values.last_mut().expect("never empty").push(letter),
        }
    }
    values.into_iter().map(|value| value.trim().to_owned()).collect()
}

/// The other way.
pub fn join_list(values: &[String]) -> String {
    let escaped: Vec<String> = values.iter().map(|v| v.replace('\\', "\\\\").replace(LIST, "\\;")).collect();
    escaped.join(";")
}

/// What is between the names of a path.
pub const STEP: &str = " / ";

/// The names of a path: `Workshop / Shelf 2`, with ` \/ ` for a slash between blanks within a name.
pub fn split_path(path: &str) -> Vec<String> {
    path.split(STEP)
        .map(|name| name.replace(" \\/ ", STEP).split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|name| !name.is_empty())
        .collect()
}

/// The other way.
pub fn join_path(names: &[String]) -> String {
    names.iter().map(|name| name.replace(STEP, " \\/ ")).collect::<Vec<_>>().join(STEP)
}

/// A cell no spreadsheet takes for a formula; undone by [`plain`].
pub fn neutral(cell: &str) -> String {
    if looks_like_formula(cell.trim_start_matches('\'')) { format!("'{cell}") } else { cell.to_owned() }
}

/// A cell as it was before [`neutral`].
pub fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if looks_like_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

fn looks_like_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_people_write_them() {
        assert_eq!(Field::of_header(" Serial Number "), Ok(Field::SerialNumber));
        assert_eq!(Field::of_header("field:Colour"), Ok(Field::Custom("Colour".into())));
        assert_eq!(Field::of_header("Colour"), Err(UnknownField { name: "Colour".into() }));
        for (field, name) in Field::ALL {
            assert_eq!(Field::of_header(name), Ok(field.clone()));
            assert_eq!(field.to_string(), name);
        }
    }

    #[test]
    fn lists_and_paths_read_back_whatever_is_in_them() {
        for values in [vec!["a", "b"], vec!["a;b", "c\\d", "\\;"], vec![""], vec!["x / y"]] {
            let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
            assert_eq!(split_list(&join_list(&values)), values);
        }
        let names = vec!["AC/DC".to_owned(), "Cable / wire".to_owned(), "Shelf 2".to_owned()];
        assert_eq!(split_path(&join_path(&names)), names);
    }

    #[test]
    fn formulas_are_neutralised_and_come_back() {
        for cell in ["=1+1", "+1", "-40", "@x", "\tx", "'=x", "''-1", "plain", "'quoted'", "", "a=b"] {
            let safe = neutral(cell);
            assert!(!looks_like_formula(&safe), "{safe}");
            assert_eq!(plain(&safe), cell);
        }
    }
}
