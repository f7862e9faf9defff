//! How a request of the API is read: strictly. What is not known, not readable or out of bounds is refused with a problem
//! that names it, and nothing is done.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use rust_decimal::Decimal;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use time::{Date, OffsetDateTime};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{Quantity, RequestId};
use crate::web::fault::Fault;

/// The query of an address.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let query = parts.uri.query().unwrap_or_default();
        if query.contains("%00") {
            return Err(Fault::Invalid("the query holds a NUL character".into()));
        }
        serde_urlencoded::from_str(query).map(Self).map_err(|error| Fault::Invalid(format!("in the query: {error}")))
    }
}

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        if !is_json(request.headers()) {
            return Err(Fault::MediaType);
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|error| Fault::of_status(error.status()))?;
        read(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|of| of.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let unreadable = |error: serde_json::Error| {
        if error.is_data() { Fault::Invalid(error.to_string()) } else { Fault::Unreadable(error.to_string()) }
    };
    // A sequence would be read as an object's fields in their order.
    let value: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
    if !value.is_object() {
        return Err(Fault::Invalid("the body is not an object".into()));
    }
    if has_nul(&value) {
        return Err(Fault::Invalid("a text holds a NUL character".into()));
    }
    serde_json::from_slice(bytes).map_err(unreadable)
}

/// PostgreSQL keeps every character but this one.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// The one id in an address. What is no id names nothing.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Fault::NotFound)?;
        text.parse().map(Self).map_err(|_| Fault::NotFound)
    }
}

/// `Idempotency-Key`: the request's id, made by whoever asks, once per thing to be done. A repeat under it is answered as
/// the first time (draft-ietf-httpapi-idempotency-key-header).
#[derive(Debug)]
pub struct Key(pub RequestId);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let wrong =
            || Fault::Unreadable("the header Idempotency-Key has to be a UUID, a new one for each request".into());
        let text = parts.headers.get("idempotency-key").ok_or_else(wrong)?.to_str().map_err(|_| wrong())?;
        // The draft writes it as a quoted string.
        text.trim().trim_matches('"').parse().map(|id| Self(RequestId(id))).map_err(|_| wrong())
    }
}

/// `If-Match`: the version an edit was made from, out of the tag the item was answered with.
#[derive(Debug)]
pub struct Match(pub i32);

impl<S: Send + Sync> FromRequestParts<S> for Match {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let given = parts.headers.get(IF_MATCH).ok_or(Fault::NoPrecondition)?;
        let version = |tag: &str| {
            // A proxy that compresses marks a tag as weak; it is still ours.
            let tag = tag.trim().trim_start_matches("W/").trim_matches('"');
            tag.split('-').next().and_then(|version| version.parse().ok())
        };
        let given = given.to_str().unwrap_or_default().trim();
        if !given.trim_start_matches("W/").starts_with('"') || given.len() < 2 || !given.ends_with('"') {
            return Err(Fault::Unreadable("`If-Match` names the version that was read, by its `ETag`".into()));
        }
        // A tag that was never ours is of no version there is.
        version(given).map(Self).ok_or(Fault::Stale)
    }
}

/// How many on a page: 1 to 200, 50 when left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(pub i64);

impl Limit {
    const MOST: i64 = 200;
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let limit = i64::deserialize(from)?;
        let fits = (1..=Self::MOST).contains(&limit);
        if fits { Ok(Self(limit)) } else { Err(D::Error::custom("`limit` is 1 to 200")) }
    }
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let limits = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(Self::MOST as f64));
        limits.default(Some(50.into())).into()
    }
}

impl ToSchema for Limit {}

/// Where the next page begins: `next` of the page before. What is in it is nobody's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    /// Made of parts of fixed length.
    pub fn of(parts: &[&[u8]]) -> Self {
        Self(parts.concat())
    }

    /// Takes the first bytes as one part.
    pub fn part<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let no_cursor = || Fault::Invalid("`cursor` is not the `next` of a page before".into());
        let (part, rest) = self.0.split_first_chunk::<N>().ok_or_else(no_cursor)?;
        let part = *part;
        self.0 = rest.to_vec();
        Ok(part)
    }

    /// Takes what [`Self::moment`] made.
    pub fn take_moment(&mut self) -> Result<OffsetDateTime, Fault> {
        let nanoseconds = i128::from_be_bytes(self.part()?);
        OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
            .map_err(|_| Fault::Invalid("`cursor` is not the `next` of a page before".into()))
    }

    /// A moment as a part.
    pub fn moment(at: OffsetDateTime) -> [u8; 16] {
        at.unix_timestamp_nanos().to_be_bytes()
    }

    pub fn text(&self) -> String {
        hex::encode(&self.0)
    }
}

/// Cuts rows, of which one more than asked for was read, to a page; returns where the next one begins, if there is one.
pub fn cut_to_page<T>(rows: &mut Vec<T>, limit: Limit, behind: impl Fn(&T) -> Cursor) -> Option<String> {
    let most = usize::try_from(limit.0).unwrap_or_default();
    let more = rows.len() > most;
    rows.truncate(most);
    rows.last().filter(|_| more).map(|last| behind(last).text())
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        hex::decode(text).map(Self).map_err(|_| D::Error::custom("`cursor` is not the `next` of a page before"))
    }
}

/// How many or how much, zero included, as text, so that nothing rounds it: at most twelve digits before the point and six
/// behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount(pub Decimal);

impl Amount {
    pub fn quantity(self) -> Result<Quantity, Fault> {
        Quantity::new(self.0).map_err(|error| Fault::Invalid(format!("the quantity {error}")))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let wrong = || D::Error::custom(format!("`{text}` is no amount: digits, and up to six behind a point"));
        if !digits(whole, 12) || !digits(part, 6) {
            return Err(wrong());
        }
        text.parse().map(Self).map_err(|_| wrong())
    }
}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]{1,12}(\\.[0-9]{1,6})?$"));
        text.description(Some("A decimal number as text, so that nothing rounds it")).into()
    }
}

impl ToSchema for Amount {}

/// Words beside an act: at most 2,000 characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note(pub String);

impl Note {
    const MOST: usize = 2000;
}

impl<'de> Deserialize<'de> for Note {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let fits = text.chars().count() <= Self::MOST;
        if fits { Ok(Self(text)) } else { Err(D::Error::custom("a note has at most 2000 characters")) }
    }
}

impl PartialSchema for Note {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).max_length(Some(Self::MOST)).into()
    }
}

impl ToSchema for Note {}

/// A day: `2026-11-25`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let format = time::macros::format_description!("[year]-[month]-[day]");
        Date::parse(&text, format).map(Self).map_err(|_| D::Error::custom(format!("`{text}` is no day: 2026-11-25")))
    }
}

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))).into()
    }
}

impl ToSchema for Day {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: DeserializeOwned>(json: &str, readable: bool) {
        assert_eq!(serde_json::from_str::<T>(json).is_ok(), readable, "{json}");
    }

    #[test]
    fn amounts_are_exact_and_bounded() {
        for right in ["\"0\"", "\"2.50\"", "\"999999999999.999999\""] {
            check::<Amount>(right, true);
        }
        for wrong in
            ["2.5", "\"-1\"", "\"1e3\"", "\"\"", "\".5\"", "\"1.\"", "\"1.0000001\"", "\"1000000000000\"", "\"٣\""]
        {
            check::<Amount>(wrong, false);
        }
    }

    #[test]
    fn days_are_days_of_the_calendar() {
        check::<Day>("\"2028-02-29\"", true);
        for wrong in ["\"2026-02-29\"", "\"26-11-25\"", "\"2026-11-25T00:00:00Z\"", "5"] {
            check::<Day>(wrong, false);
        }
    }

    #[test]
    fn a_body_is_an_object_without_nul() {
        type Any = serde_json::Map<String, Value>;
        assert!(read::<Any>(br#"{"a": "b"}"#).is_ok());
        for refused in [&br#"["a"]"#[..], br#""a""#, br#"{"a": ["\u0000"]}"#, br#"{"\u0000": 1}"#] {
            assert!(matches!(read::<Any>(refused), Err(Fault::Invalid(_))), "{refused:?}");
        }
        for unreadable in [&br#"{"a": "\ud800"}"#[..], b"{\"a\": \"\xff\"}", b"{", b""] {
            assert!(matches!(read::<Any>(unreadable), Err(Fault::Unreadable(_))), "{unreadable:?}");
        }
    }

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        let text = Cursor::of(&[&[1; 16], &7_i64.to_be_bytes()]).text();
        let mut cursor: Cursor = serde_json::from_value(text.into()).expect("ours");
        assert_eq!(cursor.part::<16>(), Ok([1; 16]));
        assert_eq!(cursor.part().map(i64::from_be_bytes), Ok(7));
        assert!(cursor.part::<1>().is_err());
        check::<Cursor>("\"not hex\"", false);
    }
}
