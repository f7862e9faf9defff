//! The OpenAPI document, made of what the handlers say of themselves.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use axum::Json;
use serde_json::{Map, Value, json};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::domain::Role;
use crate::web::fault::Problem;
use crate::web::visit::Asking;

const ABOUT: &str = "Everything the inventory's pages do, for programs. Sign in with a token: `Authorization: Bearer …`. \
    Quantities and money are decimal numbers as text, so that nothing rounds them; moments are RFC 3339, days ISO 8601. \
    What changes something by a booking carries an `Idempotency-Key`, a UUID made for the purpose: a repeat after a lost \
    answer is answered, not done again. Lists come in pages; `next` of one is the `cursor` of the next. What goes wrong is a \
    problem (RFC 9457) with a `code` to act on. Unknown fields and parameters are refused.";

/// What the document has beside its operations.
pub fn frame() -> OpenApi {
    let token = SecurityScheme::Http(Http::builder().scheme(HttpAuthScheme::Bearer).build());
    let components =
        ComponentsBuilder::new().security_scheme("token", token).schema(Problem::name(), Problem::schema());
    let info = InfoBuilder::new()
        .title("inventory")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(License::builder().name("GPL-3.0-only").identifier(Some("GPL-3.0-only")).build()));
    OpenApiBuilder::new().info(info).components(Some(components.build())).build()
}

/// One operation of the API, as the router and the page need it.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    pub method: &'static str,
    /// As axum and OpenAPI write it: `/api/v1/items/{id}`.
    pub path: &'static str,
    /// The least role it needs.
    pub least: Role,
    pub about: &'static Map<String, Value>,
}

/// All operations, by path and method.
pub fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, methods) in whole()["paths"].as_object().into_iter().flatten() {
        for (method, about) in methods.as_object().into_iter().flatten() {
            let about = about.as_object().expect("an operation is an object");
            let least = about["security"][0]["token"][0].as_str().and_then(|role| role.parse().ok());
            let least = least.unwrap_or_else(|| panic!("{method} {path} does not say the least role it needs"));
            operations.push(Operation { method, path, least, about });
        }
    }
    operations
}

/// The document.
pub fn whole() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = super::operations().into_openapi();
        document.merge(super::uploads().into_openapi());
        finished(&document)
    })
}

/// The OpenAPI document.
#[utoipa::path(get, path = "/api/v1/openapi.json", operation_id = "get_document", tag = "document",
    responses((status = 200, body = Object)), security(("token" = ["viewer"])))]
pub async fn json(_: Asking) -> Json<&'static Value> {
    Json(whole())
}

/// Adds what is the same for all operations.
fn finished(document: &OpenApi) -> Value {
    let mut document = serde_json::to_value(document).expect("a document is plain data");
    let mut sent = BTreeSet::new();
    for (_, methods) in document["paths"].as_object_mut().into_iter().flatten() {
        for (_, operation) in methods.as_object_mut().into_iter().flatten() {
            for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
                never_null(&mut parameter["schema"]);
            }
            // Asked for by its index, what is not there would come about as a null.
            let bodies = operation.pointer("/requestBody/content").and_then(Value::as_object);
            for (_, content) in bodies.into_iter().flatten() {
                named(&content["schema"], &mut sent);
            }
            tell_problems(&mut operation["responses"]);
        }
    }
    close(&mut document["components"]["schemas"], sent);
    document
}

/// What an address or a header does not say is left out of it; there is no way to write a null there.
fn never_null(schema: &mut Value) {
    if let Some(types) = schema["type"].as_array_mut() {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(Value::Array(mut choices)) = schema.remove("oneOf") {
        choices.retain(|choice| choice["type"] != "null");
        match <[Value; 1]>::try_from(choices) {
            Ok([Value::Object(only)]) => schema.extend(only),
            Ok([other]) => drop(schema.insert("oneOf".into(), json!([other]))),
            Err(choices) => drop(schema.insert("oneOf".into(), choices.into())),
        }
    }
    schema.retain(|name, value| !(matches!(name.as_str(), "type" | "oneOf") && value.is_null()));
}

/// Whatever is not told as a success is a problem, and every operation can have one.
fn tell_problems(responses: &mut Value) {
    let problem = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    responses["default"] = json!({ "description": "What went wrong." });
    for (status, response) in responses.as_object_mut().into_iter().flatten() {
        let says = response["description"].as_str().is_some_and(|said| !said.is_empty());
        if !says {
            response["description"] = "Done.".into();
        }
        if status.starts_with('4') || status.starts_with('5') || status == "default" {
            response["content"] = problem.clone();
        }
    }
}

/// The names of the schemas a value refers to.
fn named(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(Value::as_str).and_then(|at| at.rsplit('/').next()) {
                names.insert(name.to_owned());
            }
            fields.values().for_each(|value| named(value, names));
        }
        Value::Array(values) => values.iter().for_each(|value| named(value, names)),
        _ => {}
    }
}

/// Objects that are sent to us have no fields but the known ones.
fn close(schemas: &mut Value, mut sent: BTreeSet<String>) {
    let mut done = BTreeSet::new();
    while let Some(name) = sent.pop_first() {
        if !done.insert(name.clone()) {
            continue;
        }
        named(&schemas[&name], &mut sent);
        close_object(&mut schemas[&name]);
    }
}

fn close_object(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".into(), false.into());
            }
            fields.values_mut().for_each(close_object);
        }
        Value::Array(values) => values.iter_mut().for_each(close_object),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_says_its_role_its_name_and_what_it_is_for() {
        let mut names = BTreeSet::new();
        for operation in operations() {
            let named = operation.about["operationId"].as_str().expect("a name");
            assert!(names.insert(named), "{named} is there twice");
            assert!(operation.about.contains_key("summary"), "{named} has no summary");
            assert!(operation.about["responses"]["default"].is_object(), "{named}");
            assert_eq!(operation.about["tags"].as_array().map(Vec::len), Some(1), "{named} is in one chapter");
            let only_looks = operation.method == "get";
            assert!(only_looks || operation.least >= Role::Member, "{named} lets a viewer change something");
        }
        assert!(names.len() > 30, "{names:?}");
        assert!(whole()["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    }

    #[test]
    fn what_is_sent_is_closed_and_what_is_asked_is_never_null() {
        for name in ["Make", "Draft", "Act", "Borrower", "PersonFields"] {
            let schema = whole()["components"]["schemas"][name].to_string();
            let (objects, closed) =
                (schema.matches("\"properties\":").count(), schema.matches("\"additionalProperties\":").count());
            assert!(objects <= closed, "{name}: {schema}");
        }
        for operation in operations() {
            for parameter in operation.about.get("parameters").and_then(Value::as_array).into_iter().flatten() {
                assert!(!parameter["schema"].to_string().contains("null"), "{}: {parameter}", operation.path);
            }
        }
    }
}
