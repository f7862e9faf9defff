//! Compiles the Slint user interface, bundles its translations, and lists the example inventory's drawings.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    list_drawings();
    #[cfg(feature = "gui")]
    compile_user_interface();
}

/// Tests find elements by their debug information and render the gallery of widgets; a release carries neither, unless
/// `INVENTORY_UI_TESTS` is set, for tests that measure the optimised window.
#[cfg(feature = "gui")]
fn compile_user_interface() {
    println!("cargo::rerun-if-env-changed=INVENTORY_UI_TESTS");
    let release =
        std::env::var("PROFILE").as_deref() == Ok("release") && std::env::var_os("INVENTORY_UI_TESTS").is_none();
    let entry = if release { "ui/app.slint" } else { "ui/with-gallery.slint" };
    let configuration = slint_build::CompilerConfiguration::new()
        .with_style("fluent".into())
        .embed_resources(slint_build::EmbedResourcesKind::EmbedFiles)
        .with_debug_info(!release)
        .with_bundled_translations("ui/lang");
    slint_build::compile_with_config(entry, configuration).expect("ui/ compiles: see the messages above");
}

/// Writes the table of the drawings' names and contents that `src/example.rs` includes.
fn list_drawings() {
    let dir = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("src/example/photos");
    println!("cargo::rerun-if-changed=src/example/photos");
    let mut names: Vec<String> = std::fs::read_dir(&dir)
        .expect("the drawings are there")
        .map(|entry| entry.expect("listed").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    let mut table = String::from("&[\n");
    for name in names {
        let path = dir.join(&name).display().to_string();
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),").expect("memory takes it");
    }
    table.push(']');
    let out = Path::new(&std::env::var("OUT_DIR").expect("cargo sets it")).join("drawings.rs");
    std::fs::write(out, table).expect("the table is written");
}
