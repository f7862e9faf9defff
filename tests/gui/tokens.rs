//! The tokens: the same in the window and in the browser, and readable in every theme.

use std::collections::BTreeMap;

use inventory::gui::ui::{AppWindow, Densities, Palette, Palettes, Sizes, Theme, Tokens};
use slint::{Color, ComponentHandle as _, Global as _};

use crate::support::window;

const CSS: &str = include_str!("../../src/web/assets/tokens.css");

#[test]
fn the_browser_shows_the_same_colours_as_the_window() {
    let window: AppWindow = window();
    let palettes = Palettes::get(&window);
    for (theme, palette) in
        [("light", palettes.get_light()), ("dark", palettes.get_dark()), ("contrast", palettes.get_contrast())]
    {
        let selector = if theme == "light" {
            ":root, [data-theme=\"light\"]".to_owned()
        } else {
            format!("[data-theme=\"{theme}\"]")
        };
        let css = css_block(&selector);
        for (name, color) in named(&palette) {
            assert_eq!(css.get(name).map(String::as_str), Some(hex(color).as_str()), "{name} in {theme}");
        }
    }
}

#[test]
fn the_browser_uses_the_same_sizes_as_the_window() {
    let window: AppWindow = window();
    let densities = Densities::get(&window);
    let all = [
        ("kiosk-s", densities.get_kiosk_s()),
        ("kiosk-m", densities.get_kiosk_m()),
        ("kiosk-l", densities.get_kiosk_l()),
        ("desktop", densities.get_desktop()),
    ];
    for (density, sizes) in all {
        let css = css_block(&format!("[data-density=\"{density}\"]"));
        for (name, size) in measured(&sizes) {
            assert_eq!(css.get(name), Some(&format!("{size}px")), "{name} in {density}");
        }
    }
    let tokens = Tokens::get(&window);
    let css = css_block(":root {");
    let lengths = [
        ("space-1", tokens.get_space_1()),
        ("space-2", tokens.get_space_2()),
        ("space-3", tokens.get_space_3()),
        ("space-4", tokens.get_space_4()),
        ("space-5", tokens.get_space_5()),
        ("space-6", tokens.get_space_6()),
        ("space-7", tokens.get_space_7()),
        ("radius-s", tokens.get_radius_s()),
        ("radius-m", tokens.get_radius_m()),
        ("radius-l", tokens.get_radius_l()),
        ("focus-gap", tokens.get_focus_gap()),
    ];
    for (name, length) in lengths {
        assert_eq!(css.get(name), Some(&format!("{length}px")), "{name}");
    }
    for (name, duration) in [
        ("motion-press", tokens.get_motion_press()),
        ("motion-quick", tokens.get_motion_quick()),
        ("motion-enter", tokens.get_motion_enter()),
    ] {
        assert_eq!(css.get(name), Some(&format!("{duration}ms")), "{name}");
    }
    for (theme, block) in [
        (Theme::Light, "[data-theme=\"light\"], [data-theme=\"dark\"]"),
        (Theme::Contrast, "[data-theme=\"contrast\"]"),
    ] {
        tokens.set_theme(theme);
        let css = css_block(block);
        for (name, width) in [
            ("border", tokens.get_border()),
            ("border-strong", tokens.get_border_strong()),
            ("focus-width", tokens.get_focus_width()),
        ] {
            assert_eq!(css.get(name), Some(&format!("{width}px")), "{name} in {theme:?}");
        }
    }
    drop(window.as_weak());
}

/// The pairs of the look's table, and what each needs by WCAG 2.2 (1.4.3 text 4.5, 1.4.11 controls 3).
#[test]
fn every_pair_of_colours_is_readable_in_every_theme() {
    let window: AppWindow = window();
    let palettes = Palettes::get(&window);
    for (theme, palette) in
        [("light", palettes.get_light()), ("dark", palettes.get_dark()), ("contrast", palettes.get_contrast())]
    {
        let colors: BTreeMap<&str, Color> = named(&palette).into_iter().collect();
        for (front, back, needed) in PAIRS {
            let ratio = contrast(colors[front], colors[back]);
            assert!(ratio >= *needed, "{front} on {back} in {theme} is {ratio:.2}, needs {needed}");
        }
    }
}

const PAIRS: &[(&str, &str, f64)] = &[
    ("ink", "surface", 4.5),
    ("ink", "surface-raised", 4.5),
    ("ink", "surface-sunken", 4.5),
    ("ink", "selection", 4.5),
    ("ink-muted", "surface", 4.5),
    ("ink-muted", "surface-raised", 4.5),
    ("ink-muted", "surface-sunken", 4.5),
    ("ink-muted", "selection", 4.5),
    ("accent", "surface", 4.5),
    ("accent", "surface-raised", 4.5),
    ("accent-ink", "accent", 4.5),
    ("accent-ink", "accent-pressed", 4.5),
    ("accent-soft-ink", "accent-soft", 4.5),
    ("tape-ink", "tape", 4.5),
    ("good", "surface", 4.5),
    ("good", "surface-raised", 4.5),
    ("good", "good-soft", 4.5),
    ("warn", "surface", 4.5),
    ("warn", "surface-raised", 4.5),
    ("warn", "warn-soft", 4.5),
    ("bad", "surface", 4.5),
    ("bad", "surface-raised", 4.5),
    ("bad", "bad-soft", 4.5),
    ("bad-ink", "bad", 4.5),
    ("ink", "good-soft", 4.5),
    ("ink", "warn-soft", 4.5),
    ("ink", "bad-soft", 4.5),
    ("surface-raised", "ink", 4.5),
    ("line-strong", "surface", 3.0),
    ("line-strong", "surface-raised", 3.0),
    ("line-strong", "surface-sunken", 3.0),
    ("focus", "surface", 3.0),
    ("focus", "surface-raised", 3.0),
    ("focus", "selection", 3.0),
    ("selection-mark", "selection", 3.0),
    ("accent", "surface-sunken", 3.0),
    ("warn", "surface-sunken", 3.0),
    ("ink", "surface-sunken", 3.0),
];

fn contrast(one: Color, other: Color) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance of WCAG 2.
fn luminance(color: Color) -> f64 {
    let channel = |value: u8| {
        let share = f64::from(value) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(color.red()) + 0.7152 * channel(color.green()) + 0.0722 * channel(color.blue())
}

fn hex(color: Color) -> String {
    let (red, green, blue, alpha) = (color.red(), color.green(), color.blue(), color.alpha());
    if alpha == 255 {
        format!("#{red:02x}{green:02x}{blue:02x}")
    } else {
        format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}")
    }
}

/// The declarations of the first block whose selector starts like this.
fn css_block(selector: &str) -> BTreeMap<&'static str, String> {
    let start = CSS.find(&format!("\n{selector}")).unwrap_or_else(|| panic!("tokens.css has no block {selector}"));
    let block = &CSS[start..];
    let block = &block[block.find('{').expect("a block opens") + 1..block.find('}').expect("a block closes")];
    let declarations = block.split(';').filter_map(|line| line.trim().strip_prefix("--")?.split_once(':'));
    declarations.map(|(name, value)| (name, value.trim().to_owned())).collect()
}

fn named(palette: &Palette) -> Vec<(&'static str, Color)> {
    vec![
        ("surface", palette.surface),
        ("surface-raised", palette.surface_raised),
        ("surface-sunken", palette.surface_sunken),
        ("ink", palette.ink),
        ("ink-muted", palette.ink_muted),
        ("line", palette.line),
        ("line-strong", palette.line_strong),
        ("edge", palette.edge),
        ("accent", palette.accent),
        ("accent-pressed", palette.accent_pressed),
        ("accent-ink", palette.accent_ink),
        ("accent-edge", palette.accent_edge),
        ("accent-soft", palette.accent_soft),
        ("accent-soft-ink", palette.accent_soft_ink),
        ("tape", palette.tape),
        ("tape-ink", palette.tape_ink),
        ("tape-edge", palette.tape_edge),
        ("good", palette.good),
        ("good-soft", palette.good_soft),
        ("warn", palette.warn),
        ("warn-soft", palette.warn_soft),
        ("bad", palette.bad),
        ("bad-soft", palette.bad_soft),
        ("bad-ink", palette.bad_ink),
        ("focus", palette.focus),
        ("selection", palette.selection),
        ("selection-mark", palette.selection_mark),
        ("scrim", palette.scrim),
        ("photo-mat", palette.photo_mat),
        ("photo-veil", palette.photo_veil),
    ]
}

fn measured(sizes: &Sizes) -> Vec<(&'static str, f32)> {
    vec![
        ("text-caption", sizes.text_caption),
        ("text-body", sizes.text_body),
        ("text-title", sizes.text_title),
        ("text-heading", sizes.text_heading),
        ("text-figure", sizes.text_figure),
        ("text-hero", sizes.text_hero),
        ("text-code", sizes.text_code),
        ("control", sizes.control),
        ("control-large", sizes.control_large),
        ("row", sizes.row),
        ("key", sizes.key),
        ("icon", sizes.icon),
        ("icon-large", sizes.icon_large),
        ("edge-height", sizes.edge_height),
        ("gauge-height", sizes.gauge_height),
        ("margin", sizes.margin),
        ("gap", sizes.gap),
    ]
}
