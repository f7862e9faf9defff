//! What the program says of itself: requests with their numbers, and no secret at any level.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::program::{Serving, check, directory};

const PASSWORD: &str = "correct horse battery staple";
const WRONG: &str = "a password for elsewhere";

/// A browser behind the proxy: status, headers and body as they came.
fn ask(port: u16, method: &str, path: &str, cookies: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: stock.example\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\
         Origin: https://stock.example\r\nCookie: {cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("answered");
    text
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split(end).next().expect("it ends")
}

#[test]
fn at_its_most_talkative_the_log_names_requests_and_no_secret() {
    let dir = directory();
    let data = dir.path().join("data");
    check(&data, &["setup", "--name", "Ann", "--login", "ann"], &format!("{PASSWORD}\n"), 0, "first admin");
    let settings = dir.path().join("inventory.toml");
    fs::write(&settings, "[web]\ntrusted_proxies = [\"127.0.0.1\"]\n").expect("written");
    let log = dir.path().join("log");
    let environment = [
        ("INVENTORY_CONFIG", settings.to_str().expect("plain")),
        ("INVENTORY_LOG", "trace"),
        ("INVENTORY_LOG_FORMAT", "json"),
    ];
    let mut serving = Serving::start_logging(&data, &environment, Stdio::from(File::create(&log).expect("made")));
    serving.wait_for("/readyz", 200);
    let port = serving.port;

    let page = ask(port, "GET", "/sign-in", "", "");
    let form_cookie = between(&page, "set-cookie: ", ";").to_owned();
    let token = between(&page, "name=\"token\" value=\"", "\"").to_owned();
    let sign_in = |password: &str| {
        let body = serde_urlencoded::to_string([("token", token.as_str()), ("login", "ann"), ("password", password)]);
        ask(port, "POST", "/sign-in", &form_cookie, &body.expect("plain"))
    };
    assert!(sign_in(WRONG).starts_with("HTTP/1.1 422"));
    let signed_in = sign_in(PASSWORD);
    assert!(signed_in.starts_with("HTTP/1.1 303"), "{signed_in}");
    let session = between(&signed_in, "set-cookie: ", ";").to_owned();
    let account = ask(port, "GET", "/account", &session, "");
    let number = between(&account, "x-request-id: ", "\r\n").to_owned();
    let form = between(&account, "name=\"token\" value=\"", "\"").to_owned();
    let body = serde_urlencoded::to_string([("token", form.as_str()), ("name", "x"), ("scope", "read"), ("days", "1")]);
    let made = ask(port, "POST", "/account/tokens", &session, &body.expect("plain"));
    let api_token = between(&made, "<code class=\"command long\">", "<").to_owned();
    let body = serde_urlencoded::to_string([("token", form.as_str())]).expect("plain");
    ask(port, "POST", "/account/second-factor/begin", &session, &body);
    let enrol = ask(port, "GET", "/account/second-factor", &session, "");
    let shared = between(&enrol, "<code class=\"command\">", "<").replace(' ', "");
    assert_eq!(serving.end(Signal::SIGTERM), Some(0));

    let begun = Instant::now();
    let said = fs::read_to_string(&log).expect("the log");
    assert!(said.lines().count() > 20 && begun.elapsed() < Duration::from_secs(10), "{said}");
    assert!(said.contains(&number), "the answer's number leads to the log");
    let value = |cookie: &str| cookie.split_once('=').expect("a cookie").1.to_owned();
    for (what, secret) in [
        ("the password", PASSWORD.to_owned()),
        ("a wrong password", WRONG.to_owned()),
        ("the password as it was sent", PASSWORD.replace(' ', "+")),
        ("the session", value(&session)),
        ("the form's cookie", value(&form_cookie)),
        ("the form's token", token.clone()),
        ("the API token", api_token),
        ("the authenticator's secret", shared),
        ("a password's hash", "$argon2id$".into()),
    ] {
        assert!(secret.len() > 8, "{what}: {secret}");
        if let Some(line) = said.lines().find(|line| line.contains(&secret)) {
            panic!("{what} is in the log: {line}");
        }
    }
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "no JSON: {line}");
    }
}
