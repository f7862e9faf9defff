//! Compiles the Slint user interface, and bundles its translations.

fn main() {
    #[cfg(feature = "gui")]
    compile_user_interface();
}

/// Tests find elements by their debug information and render the gallery of widgets; a release carries neither.
#[cfg(feature = "gui")]
fn compile_user_interface() {
    let release = std::env::var("PROFILE").as_deref() == Ok("release");
    let entry = if release { "ui/app.slint" } else { "ui/with-gallery.slint" };
    let configuration = slint_build::CompilerConfiguration::new()
        .with_style("fluent".into())
        .embed_resources(slint_build::EmbedResourcesKind::EmbedFiles)
        .with_debug_info(!release)
        .with_bundled_translations("ui/lang");
    slint_build::compile_with_config(entry, configuration).expect("ui/ compiles: see the messages above");
}
