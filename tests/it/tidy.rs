//! ARCHITECTURE.md's invariants, read from the sources: who may name what, and how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

/// A line of code (comments left out), with where it stands.
struct Line {
    file: String,
    number: usize,
    text: String,
}

impl Line {
    fn names(&self, word: &str) -> bool {
        self.words().any(|found| found == word)
    }

    /// The path itself or anything below it: `crate::store` as well as `crate::store::items`.
    fn reaches_into(&self, path: &str) -> bool {
        let part_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
        self.text.match_indices(path).any(|(at, _)| {
            !self.text[..at].ends_with(part_of_a_name)
                && (path.ends_with(':') || !self.text[at + path.len()..].starts_with(part_of_a_name))
        })
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split(|c: char| !c.is_alphanumeric() && c != '_')
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.expect("a directory entry can be read").path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|its| its == extension) {
            found.push(path);
        }
    }
}

/// The code of a layer: `src/layer.rs` and everything below `src/layer/`.
fn code_of(layer: &str) -> Vec<Line> {
    code().into_iter().filter(|line| is_of(layer, &line.file)).collect()
}

fn is_of(layer: &str, file: &str) -> bool {
    file == format!("src/{layer}.rs") || file.starts_with(&format!("src/{layer}/"))
}

/// All code under `src/`.
fn code() -> Vec<Line> {
    let mut paths = Vec::new();
    files(&root().join("src"), "rs", &mut paths);
    let mut lines = Vec::new();
    for path in paths {
        let file = path.strip_prefix(root()).expect("it is below the root").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a source file can be read");
        for (number, text) in (1..).zip(text.lines()) {
            if !text.trim_start().starts_with("//") {
                lines.push(Line { file: file.clone(), number, text: text.to_owned() });
            }
        }
    }
    lines
}

#[track_caller]
fn check(lines: Vec<Line>, rule: &str, breaks: impl Fn(&Line) -> bool) {
    let broken: Vec<String> = lines
        .into_iter()
        .filter(breaks)
        .map(|line| format!("{}:{}: {}", line.file, line.number, line.text.trim()))
        .collect();
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

#[test]
fn every_layer_has_files() {
    for layer in ["domain", "store", "services", "embedding", "cluster", "config", "app", "web", "gui", "cli"] {
        assert!(!code_of(layer).is_empty(), "src/{layer}.rs is empty or gone: adjust this test and ARCHITECTURE.md");
    }
}

#[test]
fn the_domain_has_no_input_no_clock_and_no_async() {
    check(code_of("domain"), "the domain is pure", |line| {
        ["async", "tokio", "SystemTime", "Instant", "now_utc", "println", "tracing", "tokio_postgres"]
            .iter()
            .any(|word| line.names(word))
            || ["std::fs", "std::net", "std::env", "std::io"].iter().any(|path| line.text.contains(path))
    });
}

#[test]
fn layers_below_know_no_layer_above() {
    let above = [
        ("domain", vec!["store", "services", "embedding", "cluster", "app", "web", "gui", "cli"]),
        ("store", vec!["services", "app", "web", "gui", "cli"]),
        ("services", vec!["app", "web", "gui", "cli"]),
        ("embedding", vec!["app", "web", "gui", "cli"]),
        ("cluster", vec!["services", "app", "web", "gui", "cli"]),
        ("config", vec!["store", "services", "app", "gui", "cli"]),
    ];
    for (layer, above) in above {
        check(code_of(layer), "arrows point down: domain ← store ← services ← faces ← app", |line| {
            above.iter().any(|layer| line.reaches_into(&format!("crate::{layer}")))
        });
        check(code_of(layer), "no axum and no Slint below the faces", |line| {
            line.reaches_into("axum::") || line.reaches_into("slint::")
        });
    }
}

#[test]
fn faces_touch_neither_the_store_nor_each_other() {
    for face in ["web", "gui", "cli"] {
        // What went wrong may be told apart by its error; nothing else of the store is a face's business.
        check(code_of(face), "a face calls services", |line| {
            line.reaches_into("crate::store") && !line.text.contains("store::StoreError")
        });
        for other in ["web", "gui", "cli"].into_iter().filter(|other| *other != face) {
            let rule = format!("{face} and {other} are siblings");
            check(code_of(face), &rule, |line| {
                let starts_or_examines_it = ["serve", "desktop", "kiosk", "windowed", "doctor"]
                    .iter()
                    .any(|command| is_of(&format!("cli/{command}"), &line.file));
                line.reaches_into(&format!("crate::{other}")) && !starts_or_examines_it
            });
        }
    }
}

#[test]
fn sql_stands_in_the_store_alone() {
    let elsewhere = code().into_iter().filter(|line| !is_of("store", &line.file)).collect();
    check(elsewhere, "SQL belongs to src/store", |line| {
        let text = line.text.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
        let quoted = |start: &str| line.text.contains(&format!("\"{start} ")) || text.starts_with(&format!("{start} "));
        let opens_an_element = line.text.trim_end().ends_with('{'); // the select of a form
        (["select", "insert into", "delete from"].into_iter().any(quoted) && !opens_an_element)
            || (line.text.contains("\"update ") && line.text.contains(" set "))
    });
}

#[test]
fn one_place_each_for_encryption_logging_and_the_environment() {
    let outside = |place: &'static str| code().into_iter().filter(move |line| !is_of(place, &line.file)).collect();
    check(outside("tls"), "only tls.rs names rustls", |line| line.names("rustls"));
    check(outside("telemetry"), "only telemetry.rs names the subscriber", |line| line.names("tracing_subscriber"));
    check(outside("config"), "only config reads the environment", |line| {
        ["env::var", "env::vars", "env::var_os"].iter().any(|call| line.text.contains(call))
    });
}

#[test]
fn a_file_is_one_purpose_long() {
    for (dir, extension, most) in
        [("src", "rs", 450), ("tests", "rs", 450), ("benches", "rs", 450), ("ui", "slint", 260)]
    {
        let mut paths = Vec::new();
        files(&root().join(dir), extension, &mut paths);
        for path in paths {
            let long = fs::read_to_string(&path).expect("a source file can be read").lines().count();
            assert!(long <= most, "{} has {long} lines, more than {most}: is it two?", path.display());
        }
    }
}
