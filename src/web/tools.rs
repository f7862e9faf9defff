//! The API's operations as tools for programs that think in words: a server of the Model Context Protocol over HTTP, without a
//! session of its own (modelcontextprotocol.io, "Streamable HTTP"; JSON-RPC 2.0).
//!
//! Nothing is described twice: a tool is an operation of the OpenAPI document, its arguments are the operation's parameters and its
//! body, and calling it is asking the operation. So a tool can do what the token's scope lets it do, and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{self, HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::api;
use super::api::document::{self, Operation};
use super::caller::Caller;
use super::fault;
use super::notice::RequestNumber;
use super::state::WebState;

/// Versions of the protocol in which this is all there is to say; the newest is offered to who asks for another.
const VERSIONS: [&str; 3] = ["2025-06-18", "2025-03-26", "2024-11-05"];
/// An answer of the API, at most: a page of a list is far smaller.
const MOST_BYTES: usize = 4 * 1024 * 1024;
const KEY: &str = "Idempotency-Key";

const ABOUT: &str = "A storeroom: what there is, where it lies, how many, who has it. `search` finds by words, codes and meaning. \
    Quantities are decimal numbers as text. What is booked can be taken back with `undo_booking`; ask before booking what nobody asked for.";

static OPERATIONS: LazyLock<Router<WebState>> = LazyLock::new(|| {
    let (operations, _) = api::operations().split_for_parts();
    let (uploads, _) = api::uploads().split_for_parts();
    operations.merge(uploads)
});

static TOOLS: LazyLock<BTreeMap<String, Tool>> = LazyLock::new(|| {
    let tools = document::operations().into_iter().filter_map(Tool::of);
    tools.map(|tool| (tool.name.clone(), tool)).collect()
});

/// JSON-RPC's numbers for what goes wrong.
const UNREADABLE: i32 = -32700;
const NO_REQUEST: i32 = -32600;
const NO_METHOD: i32 = -32601;
const WRONG_PARAMETERS: i32 = -32602;

/// `POST /api/mcp`
pub async fn answer(
    State(state): State<WebState>,
    caller: Caller,
    number: Option<Extension<RequestNumber>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let spoken = headers.get("mcp-protocol-version").map(|version| version.to_str().unwrap_or_default());
    if spoken.is_some_and(|version| !VERSIONS.contains(&version)) {
        return refusal(
            StatusCode::BAD_REQUEST,
            &Value::Null,
            NO_REQUEST,
            "this version of the protocol is not spoken here",
        );
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return refusal(StatusCode::BAD_REQUEST, &Value::Null, UNREADABLE, "this is no JSON");
    };
    let Some(method) = message["method"].as_str().filter(|_| message["jsonrpc"] == "2.0") else {
        return refusal(StatusCode::BAD_REQUEST, &Value::Null, NO_REQUEST, "this is no request of JSON-RPC 2.0");
    };
    // Who tells and does not ask gets no answer.
    let Some(id) = message.get("id").filter(|id| id.is_string() || id.is_number()) else {
        return StatusCode::ACCEPTED.into_response();
    };
    let nothing = Value::Null;
    let parameters = message.get("params").unwrap_or(&nothing);
    let result = match method {
        "initialize" => Ok(welcome(parameters)),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(json!({ "tools": offered(&caller) })),
        "tools/call" => call(state, caller, number.map(|Extension(number)| number), parameters).await,
        _ => Err((NO_METHOD, format!("there is no method {method}"))),
    };
    match result {
        Ok(result) => Json(json!({ "jsonrpc": "2.0", "id": id, "result": result })).into_response(),
        Err((code, message)) => refusal(StatusCode::OK, id, code, &message),
    }
}

fn refusal(status: StatusCode, id: &Value, code: i32, message: &str) -> Response {
    let error = json!({ "code": code, "message": message });
    (status, Json(json!({ "jsonrpc": "2.0", "id": id, "error": error }))).into_response()
}

fn welcome(parameters: &Value) -> Value {
    let asked = parameters["protocolVersion"].as_str().unwrap_or_default();
    let version = VERSIONS.into_iter().find(|version| *version == asked).unwrap_or(VERSIONS[0]);
    json!({
        "protocolVersion": version,
        "capabilities": { "tools": {} },
        "serverInfo": { "name": "inventory", "version": env!("CARGO_PKG_VERSION") },
        "instructions": ABOUT,
    })
}

/// The tools that are open to whoever asks.
fn offered(caller: &Caller) -> Vec<Value> {
    let Some(actor) = caller.actor() else { return Vec::new() };
    TOOLS.values().filter(|tool| actor.role >= tool.operation.least).map(Tool::described).collect()
}

/// Asks the operation; what it refuses is an answer, too, and says why.
async fn call(
    state: WebState,
    caller: Caller,
    number: Option<RequestNumber>,
    parameters: &Value,
) -> Result<Value, (i32, String)> {
    let name = parameters["name"].as_str().unwrap_or_default();
    let role = caller.actor().map(|actor| actor.role);
    // A tool that is not offered is not there.
    let tool = TOOLS
        .get(name)
        .filter(|tool| role >= Some(tool.operation.least))
        .ok_or_else(|| (WRONG_PARAMETERS, format!("there is no tool {name} for you")))?;
    let none = Map::new();
    let arguments = parameters["arguments"].as_object().unwrap_or(&none);
    let mut request = tool.request(arguments).map_err(|wrong| (WRONG_PARAMETERS, wrong))?;
    request.extensions_mut().insert(caller);
    if let Some(number) = number {
        request.extensions_mut().insert(number);
    }
    let router = OPERATIONS.clone().layer(from_fn_with_state(state.clone(), fault::present)).with_state(state);
    let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
    let failed = !response.status().is_success();
    // What an edit has to name in `If-Match`.
    let version = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let body = to_bytes(response.into_body(), MOST_BYTES)
        .await
        .map_err(|_| (NO_REQUEST, "the answer is too long".to_owned()))?;
    let text = String::from_utf8_lossy(&body).into_owned();
    let mut content = vec![json!({ "type": "text", "text": text })];
    content.extend(version.map(|version| json!({ "type": "text", "text": format!("ETag: {version}") })));
    let mut result = json!({ "content": content, "isError": failed });
    if let Ok(structured @ Value::Object(_)) = serde_json::from_slice(&body) {
        result["structuredContent"] = structured;
    }
    Ok(result)
}

struct Tool {
    name: String,
    operation: Operation,
    /// Of the arguments.
    schema: Value,
    /// Argument to where it goes: `path`, `query`, `header`, `body`.
    places: BTreeMap<String, String>,
}

impl Tool {
    /// `None`: an operation that takes or gives something else than JSON.
    fn of(operation: Operation) -> Option<Self> {
        let about = operation.about;
        let speaks_json =
            |content: &Value| content.as_object().is_none_or(|all| all.keys().all(|of| of == "application/json"));
        let answers = about["responses"].as_object()?;
        let good = answers.iter().filter(|(status, _)| status.starts_with('2'));
        if !good.map(|(_, answer)| &answer["content"]).all(speaks_json) || !speaks_json(&body_of(about)["content"]) {
            return None;
        }
        let (mut properties, mut required, mut places) = (Map::new(), Vec::new(), BTreeMap::new());
        for parameter in about.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            let name = parameter["name"].as_str()?;
            let mut schema = parameter["schema"].clone();
            if let (Some(fields), Some(said)) = (schema.as_object_mut(), parameter.get("description")) {
                fields.entry("description").or_insert_with(|| said.clone());
            }
            properties.insert(name.to_owned(), schema);
            places.insert(name.to_owned(), parameter["in"].as_str()?.to_owned());
            // A call that is not repeated needs no key of its own.
            if parameter["required"] == true && name != KEY {
                required.push(name.to_owned());
            }
        }
        if let Some(schema) = body_of(about).pointer("/content/application~1json/schema") {
            properties.insert("body".into(), schema.clone());
            places.insert("body".into(), "body".into());
            required.push("body".into());
        }
        let mut schema =
            json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
        let shapes = &document::whole()["components"]["schemas"];
        let mut defined = Map::new();
        let mut wanted = BTreeSet::new();
        bring_home(&mut schema, &mut wanted);
        while let Some(name) = wanted.pop_first() {
            if !defined.contains_key(&name) {
                let mut shape = shapes[&name].clone();
                bring_home(&mut shape, &mut wanted);
                defined.insert(name, shape);
            }
        }
        if !defined.is_empty() {
            schema["$defs"] = defined.into();
        }
        Some(Self { name: about["operationId"].as_str()?.to_owned(), operation, schema, places })
    }

    fn described(&self) -> Value {
        let text = |name: &str| self.operation.about.get(name).and_then(Value::as_str).unwrap_or_default();
        json!({
            "name": self.name,
            "description": format!("{} {}", text("summary"), text("description")).trim(),
            "inputSchema": self.schema,
            "annotations": {
                "readOnlyHint": self.operation.method == "get",
                "destructiveHint": self.operation.method == "delete",
                "openWorldHint": false,
            },
        })
    }

    /// The request that these arguments make, or what is wrong with them. What is in them, the operation judges.
    fn request(&self, arguments: &Map<String, Value>) -> Result<Request, String> {
        let mut path = self.operation.path.to_owned();
        let (mut query, mut headers, mut body) = (Vec::new(), HeaderMap::new(), Body::empty());
        for (name, value) in arguments {
            let place = self.places.get(name).ok_or_else(|| format!("there is no argument {name}"))?;
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            match place.as_str() {
                "path" => path = path.replace(&format!("{{{name}}}"), &encoded(&text)),
                "query" => query.push((name, text)),
                "header" => {
                    let wrong = |_| format!("{name} is no value of a header");
                    headers.insert(
                        HeaderName::try_from(name).map_err(|_| name.clone())?,
                        HeaderValue::try_from(text).map_err(wrong)?,
                    );
                }
                _ => {
                    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                    body = Body::from(value.to_string());
                }
            }
        }
        for name in self.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if arguments.get(name).is_none_or(Value::is_null) {
                return Err(format!("{name} is missing"));
            }
        }
        if self.places.contains_key(KEY) && !headers.contains_key(KEY) {
            let key = HeaderValue::try_from(Uuid::new_v4().to_string()).expect("digits and dashes");
            headers.insert(HeaderName::from_static("idempotency-key"), key);
        }
        if !query.is_empty() {
            path.extend(["?", &serde_urlencoded::to_string(query).map_err(|error| error.to_string())?]);
        }
        let method = self.operation.method.to_uppercase();
        let mut request =
            http::Request::builder().method(method.as_str()).uri(path).body(body).map_err(|error| error.to_string())?;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

fn body_of(about: &Map<String, Value>) -> &Value {
    about.get("requestBody").unwrap_or(&Value::Null)
}

/// Refers to shapes of the schema's own in place of the document's; says which.
fn bring_home(value: &mut Value, wanted: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(at)) = fields.get_mut("$ref")
                && let Some(name) = at.strip_prefix("#/components/schemas/").map(str::to_owned)
            {
                *at = format!("#/$defs/{name}");
                wanted.insert(name);
            }
            fields.values_mut().for_each(|value| bring_home(value, wanted));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| bring_home(value, wanted)),
        _ => {}
    }
}

/// One part of a path, whatever is in it (RFC 3986).
fn encoded(part: &str) -> String {
    let mut text = String::new();
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.extend(["%", &hex::encode_upper([byte])]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_says_what_it_takes_without_looking_elsewhere() {
        for name in ["search", "list_items", "get_item", "book", "undo_booking", "list_loans", "open_stocktake"] {
            assert!(TOOLS.contains_key(name), "{name} in {:?}", TOOLS.keys());
        }
        for tool in TOOLS.values() {
            let described = tool.described().to_string();
            assert!(!described.contains("#/components/"), "{described}");
            assert!(described.contains("\"description\":\"") && tool.schema["type"] == "object", "{described}");
        }
        for name in ["get_photo", "add_photo", "follow_changes", "export", "import"] {
            assert!(!TOOLS.contains_key(name), "{name} does not speak JSON");
        }
    }

    #[test]
    fn what_is_asked_for_stays_in_its_place() {
        let tool = &TOOLS["get_item"];
        let arguments = json!({ "id": "../people?x=1#y" });
        let request = tool.request(arguments.as_object().expect("an object")).expect("made");
        assert_eq!(request.uri().path(), "/api/v1/items/..%2Fpeople%3Fx%3D1%23y");
        assert!(tool.request(&Map::new()).is_err_and(|wrong| wrong.contains("id is missing")));
        let unknown = json!({ "id": "x", "colour": "red" });
        assert!(tool.request(unknown.as_object().expect("an object")).is_err_and(|wrong| wrong.contains("colour")));
    }
}
