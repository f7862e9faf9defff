//! The API's documentation, made of its OpenAPI document: operations by chapter, then the shapes they speak of.

use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::web::api::document::{self, Operation};
use crate::web::layout::{self, Page};
use crate::web::visit::Visit;
use crate::web::words::say;

/// The chapters, in the order in which a reader meets them.
const CHAPTERS: [&str; 12] = [
    "search",
    "items",
    "stock",
    "bookings",
    "loans",
    "stocktakes",
    "codes",
    "photos",
    "tags",
    "people",
    "transfer",
    "changes",
];

/// `GET /api`
pub async fn page(visit: Visit) -> Markup {
    let operations = document::operations();
    let of = |operation: &Operation| operation.about["tags"][0].as_str().unwrap_or_default().to_owned();
    let mut chapters: Vec<String> = CHAPTERS.iter().map(|&chapter| chapter.to_owned()).collect();
    for operation in &operations {
        if !chapters.contains(&of(operation)) {
            chapters.push(of(operation));
        }
    }
    let whole = document::whole();
    let schemas = whole["components"]["schemas"].as_object();
    let lang = visit.lang;
    let body = html! {
        h1.heading { (say(lang, "api.title")) }
        section.panel.pad {
            p lang="en" { (prose(whole["info"]["description"].as_str().unwrap_or_default())) }
            p { a.btn href="/api/v1/openapi.json" { (say(lang, "api.document")) } }
            nav aria-label=(say(lang, "api.chapters")) {
                ul.chips { @for chapter in &chapters { li { a.chip href={ "#" (chapter) } { (chapter) } } } }
            }
        }
        div.api-chapters lang="en" {
            @for chapter in &chapters {
                section.panel.pad.api aria-labelledby=(chapter) {
                    h2.title id=(chapter) { (chapter) }
                    @for operation in operations.iter().filter(|operation| of(operation) == *chapter) { (one(&visit, operation)) }
                }
            }
            section.panel.pad.api aria-labelledby="shapes" {
                h2.title #shapes { (say(lang, "api.shapes")) }
                @for (name, schema) in schemas.into_iter().flatten() {
                    h3 id={ "shape-" (name) } { code { (name) } }
                    @if let Some(about) = schema["description"].as_str() { p { (prose(about)) } }
                    (shape(schema))
                }
            }
        }
    };
    layout::page(&visit, &Page { title: say(lang, "api.title"), nav: None, verbs: None, body })
}

fn one(visit: &Visit, operation: &Operation) -> Markup {
    let lang = visit.lang;
    let about = operation.about;
    let text = |name: &str| about.get(name).and_then(Value::as_str).unwrap_or_default();
    let parameters = about.get("parameters").and_then(Value::as_array);
    html! {
        article {
            h3 id=(text("operationId")) { code { (operation.method.to_uppercase()) " " (operation.path) } }
            p { (prose(text("summary"))) " " (prose(text("description"))) }
            p.caption.muted { (say(lang, "api.role")) " " code { (operation.least) } }
            @if let Some(parameters) = parameters.filter(|all| !all.is_empty()) {
                dl.fields {
                    @for parameter in parameters {
                        div {
                            dt { code { (parameter["name"].as_str().unwrap_or_default()) } @if parameter["required"] == true { " *" } }
                            dd {
                                (parameter["in"].as_str().unwrap_or_default()) ", " (kind(&parameter["schema"]))
                                @if let Some(about) = parameter["description"].as_str() { ". " (prose(about)) }
                            }
                        }
                    }
                }
            }
            @for (media_type, content) in about.get("requestBody").and_then(|body| body["content"].as_object()).into_iter().flatten() {
                p { (say(lang, "api.body")) " " code { (media_type) } ": " (kind(&content["schema"])) }
            }
            dl.fields {
                @for (status, response) in about["responses"].as_object().into_iter().flatten() {
                    div {
                        dt { code { (status) } }
                        dd {
                            (prose(response["description"].as_str().unwrap_or_default())) " "
                            @for (media_type, content) in response["content"].as_object().into_iter().flatten() {
                                code { (media_type) } " " (kind(&content["schema"])) " "
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A sentence whose words between backticks are code.
fn prose(text: &str) -> Markup {
    html! { @for (n, part) in text.split('`').enumerate() { @if n % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// What a schema is, in a few words, with the way to its shape.
fn kind(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
        return html! { a.lnk href={ "#shape-" (name) } { (name) } };
    }
    if let Some(choices) = ["oneOf", "anyOf"].iter().find_map(|of| schema[of].as_array()) {
        return html! { @for (n, choice) in choices.iter().enumerate() { @if n > 0 { " or " } (kind(choice)) } };
    }
    if schema["type"] == "array" || schema["items"].is_object() {
        return html! { "list of " (kind(&schema["items"])) };
    }
    let names = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".into(),
    };
    let bounds: Vec<String> = [
        ("format", ""),
        ("minimum", "from "),
        ("maximum", "to "),
        ("minLength", "at least "),
        ("maxLength", "at most "),
        ("pattern", "like "),
        ("default", "default "),
    ]
    .iter()
    .filter_map(|(name, word)| {
        let value = schema.get(name)?;
        Some(format!("{word}{}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    })
    .collect();
    let words = schema["enum"].as_array().map(|words| {
        words.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect::<Vec<_>>()
    });
    html! {
        (names)
        @if !bounds.is_empty() { " (" (bounds.join(", ")) ")" }
        @if let Some(words) = words { ": " @for word in words { code { (word) } " " } }
    }
}

/// An object's fields, or what else a shape is.
fn shape(schema: &Value) -> Markup {
    let parts: Vec<&Value> = match schema["allOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        Some(parts) => parts.iter().collect(),
        None => vec![schema],
    };
    html! {
        @for part in parts {
            @if let Some(fields) = part["properties"].as_object() {
                @if let Some(title) = part["title"].as_str() { h4 { (title) } }
                @if let Some(about) = part["description"].as_str().filter(|_| !std::ptr::eq(part, schema)) { p { (prose(about)) } }
                (fields_of(part, fields))
            } @else {
                p { (kind(part)) }
            }
        }
    }
}

fn fields_of(schema: &Value, fields: &Map<String, Value>) -> Markup {
    let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    html! {
        dl.fields {
            @for (name, field) in fields {
                div {
                    dt { code { (name) } @if required(name) { " *" } }
                    dd { (kind(field)) @if let Some(about) = field["description"].as_str() { ". " (prose(about)) } }
                }
            }
        }
    }
}
