//! `inventory eval` and `inventory search`, as a person runs them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Three things and three questions of our own; one thing is the answer to two of them.
const ITEMS: &str = r#"{"id":"tarp","title":"Tarp 3 x 4 m","text":"Waterproof sheet with eyelets.","tags":["camping"],"ean":["4006381333931"]}
{"id":"drill","title":"Cordless drill TN-2110","text":"With two batteries.","manufacturer":"Kestrel","model":"TN-2110","attributes_text":"voltage: 18"}
{"id":"stove","title":"Gas stove","text":"Single burner for cartridges.","parent":"shelf"}
{"id":"shelf","title":"Shelf"}
"#;
const QUERIES: &str = "q1\tsomething to keep my tent dry\nq2\ttn2110\nq3\tcook outdoors\nq4\tnobody judged this\n";
const QRELS: &str = "q1 0 tarp 3\nq1 0 stove 0\nq2 0 drill 3\nq3 0 stove 2\nq3 0 drill 0\n";

fn inventory(data_dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inventory"))
        .args(["--data-dir".as_ref(), data_dir.as_os_str()])
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })
}

#[test]
fn a_judged_set_is_measured_in_a_scratch_database() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let data_dir = folder.path().join("data");
    let mut files = Vec::new();
    for (name, text) in [("items.jsonl", ITEMS), ("queries.tsv", QUERIES), ("qrels.tsv", QRELS)] {
        fs::write(folder.path().join(name), text).expect("written");
        files.push(folder.path().join(name).display().to_string());
    }
    let eval = |mode: &str| {
        let set = ["eval", "--items", &files[0], "--queries", &files[1], "--qrels", &files[2]];
        json(&inventory(&data_dir, &[&set[..], &["--mode", mode, "--json"]].concat()))
    };
    let hybrid = eval("hybrid");
    for key in [
        "ndcg_10",
        "condensed_ndcg_10",
        "judged_10",
        "mrr_10",
        "recall_10",
        "recall_100",
        "hit_1",
        "hit_10",
        "queries_per_second",
        "p50_ms",
        "p95_ms",
        "p99_ms",
    ] {
        assert!(hybrid[key].is_number(), "`{key}` is missing: {hybrid:#}");
    }
    assert_eq!(hybrid["hit_1"], 1.0, "{hybrid:#}");
    let text = eval("text");
    assert!(text["hit_1"].as_f64() < hybrid["hit_1"].as_f64(), "{text:#}");
    // What was measured has left nothing behind.
    let found = inventory(&data_dir, &["search", "tarp", "--json"]);
    assert_eq!(json(&found)["hits"].as_array().map(Vec::len), Some(0));
    assert_eq!(found.status.code(), Some(1));
}
