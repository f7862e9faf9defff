//! The tools for language models' programs: what they are offered, what they do, and what they may not.

use inventory::domain::Scope;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{Answer, Site, believing};

/// A program that speaks the protocol, elsewhere, with a token.
struct Program<'a> {
    site: &'a Site,
    token: String,
}

impl Program<'_> {
    async fn of(site: &Site, scope: Scope) -> Program<'_> {
        let (_, token) = site.services.tokens.create(&site.admin, "assistant", scope, 1).await.expect("made");
        Program { site, token: token.expose_secret().to_owned() }
    }

    async fn say(&self, message: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("Host", "stock.example"),
            ("X-Forwarded-For", "192.0.2.9"),
            ("X-Forwarded-Proto", "https"),
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", "2025-06-18"),
        ];
        self.site.raw("POST", "/api/mcp", &headers, message).await
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let asked = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let answer = self.say(&asked.to_string()).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{answer:?}");
        let answer = answer.json();
        assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!(7)));
        answer
    }

    async fn tools(&self) -> Vec<String> {
        let listed = self.ask("tools/list", json!({})).await;
        let tools = listed["result"]["tools"].as_array().expect("tools");
        tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
    }

    async fn call(&self, name: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({ "name": name, "arguments": arguments })).await
    }
}

#[tokio::test]
async fn a_model_finds_books_and_takes_back_and_a_repeat_books_once() {
    let site = Site::with(believing()).await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Socket head cap screw", shelf, 100).await;
    let program = Program::of(&site, Scope::Move).await;
    let hello =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let welcome = program.ask("initialize", hello).await;
    assert_eq!(welcome["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(welcome["result"]["serverInfo"]["name"], "inventory");
    assert!(welcome["result"]["capabilities"]["tools"].is_object());
    let told = program.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    assert_eq!((told.status, told.body.as_str()), (202, ""), "{told:?}");

    let found = program.call("search", json!({ "q": "cap screw" })).await;
    let hit = &found["result"]["structuredContent"]["hits"][0]["item"];
    assert_eq!((&found["result"]["isError"], &hit["id"]), (&json!(false), &json!(screws.to_string())), "{found}");
    let text = found["result"]["content"][0]["text"].as_str().expect("the same as text");
    assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), found["result"]["structuredContent"]);

    let act = json!({ "act": "issue", "item": screws.0, "from": shelf.0, "quantity": "30" });
    let key = "0190aaaa-0000-7000-8000-000000000001";
    let book = json!({ "Idempotency-Key": key, "body": { "acts": [act] } });
    let booked = program.call("book", book.clone()).await;
    assert_eq!(booked["result"]["isError"], false, "{booked}");
    program.call("book", book).await;
    assert_eq!(site.on_hand(screws).await, "70", "the same key is the same booking");
    let id = &booked["result"]["structuredContent"]["booking"]["id"];
    let undone = program.call("undo_booking", json!({ "id": id, "body": {} })).await;
    assert_eq!(undone["result"]["isError"], false, "{undone}");
    assert_eq!(site.on_hand(screws).await, "100");
    let too_many = json!({ "act": "issue", "item": screws.0, "from": shelf.0, "quantity": "3000" });
    let refused = program.call("book", json!({ "body": { "acts": [too_many] } })).await;
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    assert!(refused["result"]["content"][0]["text"].as_str().is_some_and(|why| why.contains("refused")), "{refused}");
}

#[tokio::test]
async fn a_tool_can_what_the_tokens_scope_can_and_a_stranger_nothing() {
    let site = Site::with(believing()).await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Screws", shelf, 100).await;
    let reader = Program::of(&site, Scope::Read).await;
    let (few, all) = (reader.tools().await, Program::of(&site, Scope::Admin).await.tools().await);
    assert!(few.iter().any(|name| name == "get_item") && !few.iter().any(|name| name == "book"), "{few:?}");
    assert!(all.iter().any(|name| name == "book") && all.iter().any(|name| name == "add_person"), "{all:?}");
    let act = json!({ "act": "issue", "item": screws.0, "from": shelf.0, "quantity": "30" });
    for arguments in [json!({ "body": { "acts": [act] } }), json!({})] {
        let refused = reader.call("book", arguments).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
    }
    assert_eq!(site.on_hand(screws).await, "100");
    let stranger = Program { site: &site, token: "inv_nothing".into() };
    assert_eq!(stranger.say(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await.status, 401);
}

#[tokio::test]
async fn what_is_no_request_of_the_protocol_is_refused_by_its_rules() {
    let site = Site::with(believing()).await;
    let program = Program::of(&site, Scope::Read).await;
    for (message, status, code) in [
        ("{", 400, -32700),
        ("[]", 400, -32600),
        (r#"{"id":1,"method":"ping"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"resources/list"}"#, 200, -32601),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, 200, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_item","arguments":{}}}"#, 200, -32602),
    ] {
        let answer = program.say(message).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (status, &json!(code)), "{message}: {answer:?}");
    }
    let pong = program.ask("ping", json!({})).await;
    assert_eq!(pong["result"], json!({}));
    let nothing = program.call("get_item", json!({ "id": "../people" })).await;
    assert_eq!(nothing["result"]["isError"], true, "{nothing}");
    assert!(nothing["result"]["content"][0]["text"].as_str().is_some_and(|why| why.contains("not_found")), "{nothing}");
}
