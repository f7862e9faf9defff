//! Items made, edited, archived, restored, merged.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::{OneItem, tagged};
use crate::domain::{ItemDraft, ItemId, Money};
use crate::services::catalog::{NewItem, Placement};
use crate::web::api::bookings::Booked;
use crate::web::api::read::{Amount, Body, Day, Id, Key, Match};
use crate::web::api::shapes::Kind;
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

/// A new item and where its first stock lies.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Make {
    item: Draft,
    /// Left out: a location at the top, a product, or something that is not in the room yet.
    place: Option<FirstStock>,
    /// Codes already on it: trade numbers, other systems' labels.
    #[serde(default)]
    #[schema(max_items = 20)]
    codes: Vec<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstStock {
    holder: Uuid,
    /// One, unless it is a consumable.
    quantity: Amount,
    lot: Option<FirstLot>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstLot {
    #[schema(min_length = 1, max_length = 100)]
    code: String,
    expires_on: Option<Day>,
}

/// An item's new fields: all of them, for those left out are emptied.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    item: Draft,
}

/// The whole of an item's editable fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Draft {
    kind: Kind,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 20_000)]
    description: String,
    #[serde(default)]
    #[schema(max_length = 100_000)]
    notes: String,
    /// Consumables only; `pcs` when left out.
    #[schema(max_length = 20)]
    unit: Option<String>,
    /// Consumables only.
    minimum: Option<Amount>,
    /// Consumables only.
    maximum: Option<Amount>,
    /// Where it belongs.
    home: Option<Uuid>,
    /// Assets only: the product it is one of.
    product: Option<Uuid>,
    #[schema(max_length = 200)]
    serial_number: Option<String>,
    #[schema(max_length = 200)]
    manufacturer: Option<String>,
    #[schema(max_length = 200)]
    model: Option<String>,
    price: Option<Cost>,
    purchased_on: Option<Day>,
    warranty_until: Option<Day>,
    #[schema(max_length = 2000)]
    link: Option<String>,
    #[serde(default)]
    #[schema(max_items = 50)]
    tags: Vec<TagName>,
    /// Custom fields by name.
    #[serde(default)]
    fields: BTreeMap<String, Custom>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(max_length = 60)]
struct TagName(String);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Cost {
    /// At most four decimals.
    #[schema(value_type = String, pattern = "^[0-9]{1,10}(\\.[0-9]{1,4})?$")]
    amount: Amount,
    /// ISO 4217
    #[schema(pattern = "^[A-Za-z]{3}$")]
    currency: String,
}

/// The value of a custom field.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Custom {
    Text(String),
    Number(Number),
    Truth(bool),
}

impl PartialSchema for Custom {
    fn schema() -> RefOr<Schema> {
        let of = |kind| ObjectBuilder::new().schema_type(kind);
        OneOfBuilder::new().item(of(Type::String)).item(of(Type::Number)).item(of(Type::Boolean)).into()
    }
}

impl ToSchema for Custom {}

impl From<Draft> for ItemDraft {
    fn from(draft: Draft) -> Self {
        Self {
            kind: draft.kind.into(),
            name: draft.name,
            description: draft.description,
            notes: draft.notes,
            unit: draft.unit,
            min_quantity: draft.minimum.map(|amount| amount.0),
            max_quantity: draft.maximum.map(|amount| amount.0),
            home_holder: draft.home.map(ItemId),
            instance_of: draft.product.map(ItemId),
            serial_number: draft.serial_number,
            manufacturer: draft.manufacturer,
            model: draft.model,
            price: draft.price.map(|price| Money { amount: price.amount.0, currency: price.currency }),
            purchased_on: draft.purchased_on.map(|day| day.0),
            warranty_until: draft.warranty_until.map(|day| day.0),
            url: draft.link,
            tags: draft.tags.into_iter().map(|tag| tag.0).collect(),
            fields: draft
                .fields
                .into_iter()
                .map(|(name, value)| {
                    let value = match value {
                        Custom::Text(text) => Value::String(text),
                        Custom::Number(number) => Value::Number(number),
                        Custom::Truth(truth) => Value::Bool(truth),
                    };
                    (name, value)
                })
                .collect(),
        }
    }
}

impl TryFrom<FirstStock> for Placement {
    type Error = Fault;

    fn try_from(place: FirstStock) -> Result<Self, Fault> {
        let lot = place.lot.map(|lot| (lot.code, lot.expires_on.map(|day| day.0)));
        Ok(Self { holder: ItemId(place.holder), quantity: place.quantity.quantity()?, lot })
    }
}

/// A made item.
#[derive(Debug, Serialize, ToSchema)]
pub struct Made {
    item: MadeItem,
    booking: Booked,
}

#[derive(Debug, Serialize, ToSchema)]
struct MadeItem {
    id: Uuid,
}

/// Makes an item with its own code and its first stock, as one booking; undo that to take it back.
#[utoipa::path(post, path = "/api/v1/items", operation_id = "make_item", tag = "items", request_body = Make,
    params(("Idempotency-Key" = Uuid, Header, description = "A new one for each item; a repeat is answered with the first one.")),
    responses((status = 201, body = Made, headers(("Location" = String, description = "The item."))),
        (status = 200, body = Made, description = "It had been made under this key before."),
        (status = 409, description = "A code names something else, or the place does not take it."),
        (status = 422, description = "A field, or what a field refers to, is not as it has to be.")),
    security(("token" = ["keeper"])))]
pub async fn make(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Key(request): Key,
    Body(make): Body<Make>,
) -> Result<Response, Fault> {
    let place = make.place.map(Placement::try_from).transpose()?;
    let new = NewItem { request, draft: make.item.into(), place, codes: make.codes };
    let made = state.services.catalog.create(&actor, new).await?;
    let status = if made.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let booking = Booked { id: made.booking.0, repeated: made.repeated };
    let body = axum::Json(Made { item: MadeItem { id: made.item.0 }, booking });
    Ok((status, [(LOCATION, format!("/api/v1/items/{}", made.item))], body).into_response())
}

/// Replaces an item's fields. `If-Match` names the version that was read: a later one is not overwritten. What was booked
/// since does not matter.
#[utoipa::path(put, path = "/api/v1/items/{id}", operation_id = "edit_item", tag = "items", request_body = Edit,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, pattern = "^(W/)?\"[!#-~]*\"$", description = "The `ETag` the item came with.")),
    responses((status = 200, body = OneItem, headers(("ETag" = String, description = "The new one."))),
        (status = 404, description = "No such item."),
        (status = 409, description = "What is booked contradicts the change."),
        (status = 412, description = "Somebody else changed it since."),
        (status = 422, description = "A field, or what a field refers to, is not as it has to be."),
        (status = 428, description = "`If-Match` is missing.")),
    security(("token" = ["keeper"])))]
pub async fn edit(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
    Match(version): Match,
    Body(edit): Body<Edit>,
) -> Result<Response, Fault> {
    state.services.catalog.edit(&actor, id, version, edit.item.into()).await?;
    let (tag, body) = tagged(&state, &actor, id).await?;
    Ok(([(ETAG, tag)], body).into_response())
}

/// Removes an item nothing was ever booked for. Anything else is archived instead.
#[utoipa::path(delete, path = "/api/v1/items/{id}", operation_id = "remove_item", tag = "items", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is gone."), (status = 404, description = "No such item."),
        (status = 409, description = "It has a history.")),
    security(("token" = ["keeper"])))]
pub async fn remove(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
) -> Result<StatusCode, Fault> {
    state.services.catalog.remove(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts an item away for good, restorably. Nothing of it may be on hand or lent, and nothing lie in it.
#[utoipa::path(post, path = "/api/v1/items/{id}/archive", operation_id = "archive_item", tag = "items",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is archived."), (status = 404, description = "No such item."),
        (status = 409, description = "Something of it is still there.")),
    security(("token" = ["keeper"])))]
pub async fn archive(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
) -> Result<StatusCode, Fault> {
    state.services.catalog.archive(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings an archived item back.
#[utoipa::path(post, path = "/api/v1/items/{id}/restore", operation_id = "restore_item", tag = "items",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is back."), (status = 404, description = "No such item."),
        (status = 409, description = "It was merged into another.")),
    security(("token" = ["keeper"])))]
pub async fn restore(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
) -> Result<StatusCode, Fault> {
    state.services.catalog.restore(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Another entry for the same thing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// Given up: its stock, codes, pictures, tags and links go over.
    other: Uuid,
}

/// The booking that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Merged {
    booking: Booked,
}

/// Merges another entry for the same thing into this one, as one booking.
#[utoipa::path(post, path = "/api/v1/items/{id}/merge", operation_id = "merge_items", tag = "items", request_body = Merge,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Uuid, Header, description = "A new one for each merge.")),
    responses((status = 200, body = Merged), (status = 404, description = "No such item."),
        (status = 409, description = "The two are not alike, or one is archived, lent or missing."),
        (status = 422, description = "The key was used for something else.")),
    security(("token" = ["keeper"])))]
pub async fn merge(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<ItemId>,
    Key(request): Key,
    Body(merge): Body<Merge>,
) -> Result<axum::Json<Merged>, Fault> {
    let booked = state.services.merge.merge(&actor, request, id, ItemId(merge.other)).await?;
    Ok(axum::Json(Merged { booking: booked.into() }))
}
