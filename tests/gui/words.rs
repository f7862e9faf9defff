//! Every sentence of the window has its German.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

const GERMAN: &str = include_str!("../../ui/lang/de/LC_MESSAGES/inventory.po");

#[test]
fn every_sentence_is_translated() {
    let known: HashSet<(String, String)> = entries().collect();
    let mut missing = Vec::new();
    let mut count = 0;
    for file in slint_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("ui")) {
        if file.ends_with("gallery.slint") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file is readable");
        let mut component = String::new();
        for line in text.lines() {
            for word in ["component ", "global "] {
                if let Some(rest) = line.trim_start_matches("export ").strip_prefix(word) {
                    component = rest.split([' ', '{']).next().unwrap_or_default().to_owned();
                }
            }
            for sentence in line.split("@tr(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                count += 1;
                if !known.contains(&(component.clone(), sentence.to_owned())) {
                    missing.push(format!("{component}: {sentence}"));
                }
            }
        }
    }
    assert!(count > 250, "the sentences are found: {count}");
    assert!(missing.is_empty(), "without German:\n{}", missing.join("\n"));
}

/// Context and sentence of each entry that has a translation.
fn entries() -> impl Iterator<Item = (String, String)> {
    GERMAN.split("\n\n").filter_map(|entry| {
        let field = |name: &str| {
            let line = entry.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().trim_matches('"').to_owned())
        };
        let translated = field("msgstr ").or_else(|| field("msgstr[1] ")).is_some_and(|text| !text.is_empty());
        translated.then(|| Some((field("msgctxt ")?, field("msgid ")?)))?
    })
}

fn slint_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder is readable") {
        let path = entry.expect("an entry is readable").path();
        if path.is_dir() {
            found.extend(slint_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "slint") {
            found.push(path);
        }
    }
    found
}
