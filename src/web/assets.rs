//! Style, script, icons and fonts: our own files, under names that change with their contents, kept by browsers for good.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use resvg::{tiny_skia, usvg};
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::state::WebState;

const TOKENS: &str = include_str!("assets/tokens.css");
const STYLE: &str = include_str!("assets/app.css");
const WORKER: &str = include_str!("assets/worker.js");
const SCRIPT: &str = concat!(include_str!("assets/app.js"), include_str!("assets/media.js"));

/// Family, weight and file of the fonts that are served when this machine has them (Debian: fonts-lato, fonts-b612).
const FONTS: [(&str, u16, &str); 4] = [
    ("Lato", 400, "Lato-Regular.ttf"),
    ("Lato", 700, "Lato-Bold.ttf"),
    ("Lato", 900, "Lato-Black.ttf"),
    ("B612 Mono", 700, "B612Mono-Bold.otf"),
];

macro_rules! icons {
    ($($name:literal),* $(,)?) => {
        /// Every icon a page uses, by name.
        const ICONS: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../icons/", $name, ".svg")))),*];
    };
}

icons!(
    "archive",
    "arrow-right",
    "asset",
    "back",
    "bad",
    "badge",
    "check",
    "clock",
    "close",
    "consumable",
    "container",
    "count",
    "down",
    "edit",
    "export",
    "filter",
    "find",
    "forward",
    "good",
    "health",
    "history",
    "home",
    "info",
    "label",
    "language",
    "lend",
    "link",
    "location",
    "lock",
    "low",
    "meaning",
    "more",
    "move",
    "person",
    "photo",
    "places",
    "plus",
    "print",
    "put-back",
    "scan",
    "settings",
    "spelling",
    "statistics",
    "tag",
    "take",
    "undo",
    "up",
    "warn",
    "word"
);

struct Asset {
    hash: String,
    media_type: &'static str,
    body: Bytes,
}

/// All files, by name.
pub struct Assets {
    files: HashMap<&'static str, Asset>,
    /// The address of the sheet of icons, asked for on every page many times.
    icons: String,
}

impl Assets {
    /// Puts the files together; fonts are looked for in these directories.
    pub fn load(font_dirs: &[&str]) -> Self {
        let mut assets = Self { files: HashMap::new(), icons: String::new() };
        let mut faces = String::new();
        for (family, weight, file) in FONTS {
            let found = font_dirs.iter().find_map(|dir| fs::read(Path::new(dir).join(file)).ok());
            let media_type =
                if Path::new(file).extension().is_some_and(|e| e == "otf") { "font/otf" } else { "font/ttf" };
            let mut source = String::new();
            if let Some(bytes) = found {
                assets.add(file, media_type, bytes);
                let _ = write!(source, ", url({})", assets.path(file));
            }
            let local = file.split('.').next().unwrap_or(file);
            let _ = writeln!(
                faces,
                "@font-face {{ font-family: \"{family}\"; font-weight: {weight}; font-display: swap; src: local(\"{local}\"){source}; }}"
            );
        }
        let style = [TOKENS, &themes_by_wish(TOKENS), &faces, STYLE].concat();
        assets.add("app.css", "text/css; charset=utf-8", style.into_bytes());
        assets.add("app.js", "text/javascript; charset=utf-8", SCRIPT.into());
        assets.add("icons.svg", "image/svg+xml", sheet().into_bytes());
        assets.add("mark.svg", "image/svg+xml", mark().into_bytes());
        assets.add("mark-192.png", "image/png", drawn(&mark(), 192));
        assets.add("mark-512.png", "image/png", drawn(&mark(), 512));
        assets.icons = assets.path("icons.svg");
        assets
    }

    fn add(&mut self, name: &'static str, media_type: &'static str, body: Vec<u8>) {
        let hash = hex::encode(&Sha256::digest(&body)[..8]);
        self.files.insert(name, Asset { hash, media_type, body: body.into() });
    }

    /// Where a file is now.
    pub fn path(&self, name: &str) -> String {
        let hash = self.files.get(name).map_or("none", |asset| &asset.hash);
        format!("/assets/{hash}/{name}")
    }

    /// The script of the worker that keeps pages; it knows the files of this version by their addresses.
    pub fn worker(&self) -> String {
        let mut files: Vec<String> = self.files.keys().map(|name| self.path(name)).collect();
        files.sort();
        format!("const FILES = {};\n{WORKER}", serde_json::Value::from(files))
    }

    /// Where an icon is on the sheet.
    pub fn icon(&self, name: &str) -> String {
        debug_assert!(ICONS.iter().any(|(known, _)| *known == name), "no icon {name}");
        format!("{}#{name}", self.icons)
    }
}

/// `GET /assets/{hash}/{name}`
pub async fn get(
    State(state): State<WebState>,
    UrlPath((hash, name)): UrlPath<(String, String)>,
) -> Result<Response, Fault> {
    let asset = state.assets.files.get(name.as_str()).filter(|asset| asset.hash == hash).ok_or(Fault::NotFound)?;
    let headers = [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, "private, max-age=31536000, immutable")];
    Ok((headers, asset.body.clone()).into_response())
}

/// Without a choice of the person's, the browser's wish for dark or for contrast decides; from the same values.
fn themes_by_wish(tokens: &str) -> String {
    let block = |theme: &str| {
        let start = format!("[data-theme=\"{theme}\"] {{");
        let rest = tokens.split_once(&format!("\n{start}")).map_or("", |(_, rest)| rest);
        rest.split_once('}').map_or("", |(block, _)| block)
    };
    format!(
        "@media (prefers-color-scheme: dark) {{ :root:not([data-theme]) {{{}}} }}\n\
         @media (prefers-contrast: more) {{ :root:not([data-theme]) {{{}}} }}\n",
        block("dark"),
        block("contrast"),
    )
}

/// All icons as symbols of one file, in the colour of the text around them.
fn sheet() -> String {
    let mut sheet = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\">");
    for (name, svg) in ICONS {
        let inner = svg.split_once('>').map_or("", |(_, inner)| inner);
        let inner = inner.split_once("</title>").map_or(inner, |(_, inner)| inner).replace("</svg>", "");
        let _ = write!(sheet, "<symbol id=\"{name}\" viewBox=\"0 0 24 24\">{}</symbol>", inner.trim());
    }
    sheet.push_str("</svg>");
    sheet
}

/// The mark: the rack on a strip of tape.
fn mark() -> String {
    let rack = ICONS.iter().find(|(name, _)| *name == "places").map_or("", |(_, svg)| *svg);
    let inner = rack.split_once("</title>").map_or("", |(_, inner)| inner).replace("</svg>", "");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-4 -4 32 32\" fill=\"none\" stroke=\"#15120a\" stroke-width=\"2\" \
         stroke-linecap=\"round\"><rect x=\"-4\" y=\"-4\" width=\"32\" height=\"32\" rx=\"4\" fill=\"#ffd02b\" stroke=\"none\"/>{inner}</svg>"
    )
}

/// A drawing of ours as a PNG of so many pixels each way, for what shows no SVG.
fn drawn(svg: &str, side: u32) -> Vec<u8> {
    let drawing = usvg::Tree::from_str(svg, &usvg::Options::default()).expect("our own drawing");
    let mut pixels = tiny_skia::Pixmap::new(side, side).expect("not empty");
    let scale = side as f32 / drawing.size().width();
    resvg::render(&drawing, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().expect("a picture in memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_change_with_contents_and_every_file_is_there() {
        let assets = Assets::load(&[]);
        for name in ["app.css", "app.js", "icons.svg", "mark.svg", "mark-192.png"] {
            assert!(!assets.path(name).contains("none"), "{name}");
        }
        assert_eq!(assets.path("Lato-Regular.ttf"), "/assets/none/Lato-Regular.ttf");
    }

    #[test]
    fn a_wish_for_dark_gets_the_dark_values() {
        let css = themes_by_wish(TOKENS);
        assert!(css.contains("--surface: #0f1517;") && css.contains("--surface: #000000;"), "{css}");
    }

    #[test]
    fn the_sheet_has_every_icon_once() {
        let sheet = sheet();
        assert_eq!(sheet.matches("<symbol").count(), ICONS.len());
        assert_eq!(sheet.matches("<svg").count(), 1);
        assert!(!sheet.contains("stroke=\"#000\""));
    }
}
