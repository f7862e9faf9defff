//! Every page of the kiosk on every panel, in both languages and in large text: everything is inside the window, nothing
//! lies over anything else, every target is large enough for a thumb, has a role and a name, and no word of ours is cut.

mod views;

use std::collections::HashSet;
use std::ops::ControlFlow;

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementRoot as _};
use inventory::gui::ui::{AppWindow, Density, Room, Theme, Tokens};
use slint::{ComponentHandle as _, Global as _, PhysicalSize};

use crate::support::{Openable as _, keep, window};

/// The panels, the density made for each, and nine millimetres on it in pixels.
const PANELS: [(u32, u32, Density, f32); 4] = [
    (800, 480, Density::KioskS, 47.0),
    (1280, 720, Density::KioskM, 74.0),
    (720, 1280, Density::KioskM, 74.0),
    (1920, 1080, Density::KioskL, 59.0),
];

/// Roles of what a finger can do something with.
const CONTROLS: [AccessibleRole; 8] = [
    AccessibleRole::Button,
    AccessibleRole::Checkbox,
    AccessibleRole::ListItem,
    AccessibleRole::Tab,
    AccessibleRole::RadioButton,
    AccessibleRole::TextInput,
    AccessibleRole::Spinbox,
    AccessibleRole::Slider,
];

#[test]
fn every_page_fits_the_small_panel_in_both_languages_and_in_large_text() {
    walk(PANELS[0]);
}

#[test]
fn every_page_fits_the_wide_panel_in_both_languages_and_in_large_text() {
    walk(PANELS[1]);
}

#[test]
fn every_page_fits_the_upright_panel_in_both_languages_and_in_large_text() {
    walk(PANELS[2]);
}

#[test]
fn every_page_fits_the_large_panel_in_both_languages_and_in_large_text() {
    walk(PANELS[3]);
}

/// Looks at every page on one panel. `INVENTORY_PICTURES` keeps what was seen, in light, `dark` or `contrast`.
fn walk((width, height, density, least): (u32, u32, Density, f32)) {
    let window: AppWindow = window();
    let theme = match std::env::var("INVENTORY_PICTURES").as_deref() {
        Ok("dark") => Theme::Dark,
        Ok("contrast") => Theme::Contrast,
        _ => Theme::Light,
    };
    window.look(theme, density);
    Room::get(&window).set_watched(true);
    Tokens::get(&window).set_reduced_motion(true);
    window.window().set_size(PhysicalSize::new(width, height));
    window.show().expect("the testing backend shows windows");
    let mut faults = Vec::new();
    let mut seen = 0;
    // German is the longer language: what is large in it is large in both.
    for (language, large) in [("", false), ("de", false), ("de", true)] {
        slint::select_bundled_translation(language).expect("the language is bundled");
        Tokens::get(&window).set_large_text(large);
        for view in views::all() {
            view.show(&window, !language.is_empty());
            let place = format!(
                "{} at {width}×{height}{}{}",
                view.name,
                if language.is_empty() { "" } else { " in German" },
                if large { " in large text" } else { "" }
            );
            let look = Look::at(&window, (width as f32, height as f32), least);
            if std::env::var_os("INVENTORY_PICTURES").is_some() {
                let seen = window.window().take_snapshot().expect("the software renderer draws");
                let suffix = if theme == Theme::Light { String::new() } else { format!(" {theme:?}") };
                keep(&format!("{place}{suffix}").replace(|c: char| !c.is_alphanumeric(), "-"), &seen);
            }
            seen += look.controls.len();
            faults.extend(look.faults().into_iter().map(|fault| format!("{place}: {fault}")));
        }
    }
    assert!(seen > 1_000, "the pages have their controls: {seen}");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// A rectangle on the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Area {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Area {
    fn of(element: &ElementHandle) -> Self {
        let (at, size) = (element.absolute_position(), element.size());
        Self { left: at.x, top: at.y, right: at.x + size.width, bottom: at.y + size.height }
    }

    fn within(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    fn is_empty(self) -> bool {
        self.right - self.left < 1.5 || self.bottom - self.top < 1.5
    }

    /// Does it hold the other one whole, give or take a pixel?
    fn holds(self, other: Self) -> bool {
        self.left <= other.left + 1.0
            && self.top <= other.top + 1.0
            && self.right >= other.right - 1.0
            && self.bottom >= other.bottom - 1.0
    }

    fn key(self) -> [i32; 4] {
        [self.left, self.top, self.right, self.bottom].map(|side| side.round() as i32)
    }
}

struct Control {
    role: AccessibleRole,
    label: String,
    /// A key of the keyboard on the screen.
    is_key: bool,
    /// As it was laid out.
    area: Area,
    /// What of it is in sight.
    sight: Area,
}

struct Look {
    window: Area,
    least: f32,
    controls: Vec<Control>,
    unnamed: Vec<String>,
    cut: Vec<Area>,
}

/// What the walk through a page's elements gathers.
#[derive(Default)]
struct Gathered {
    flicks: Vec<ElementHandle>,
    touched: Vec<(Area, String)>,
    bars: Vec<Area>,
    controls: Vec<(AccessibleRole, String, Area)>,
    keys: Vec<Area>,
    cut: Vec<Area>,
    /// A sheet covers the page: what lies below it is out of reach.
    sheet: Option<ElementHandle>,
}

impl Gathered {
    fn walk(root: &ElementHandle) -> Self {
        let mut gathered = Self::default();
        root.visit_descendants(|element| {
            gathered.take(element);
            ControlFlow::<()>::Continue(())
        });
        match gathered.sheet.clone() {
            Some(sheet) => {
                let mut covered = Self::default();
                covered.take(sheet.clone());
                sheet.visit_descendants(|element| {
                    covered.take(element);
                    ControlFlow::<()>::Continue(())
                });
                covered
            }
            None => gathered,
        }
    }

    fn take(&mut self, element: ElementHandle) {
        let names: Vec<_> = element.type_name().into_iter().chain(element.bases().into_iter().flatten()).collect();
        let is = |name: &str| names.iter().any(|found| found == name);
        let area = Area::of(&element);
        if is("Cut") {
            self.cut.push(area);
        }
        if is("ScrollBar") {
            self.bars.push(area);
        }
        if area.is_empty() {
            return;
        }
        if is("TouchArea") {
            self.touched.push((area, element.id().unwrap_or_default().to_string()));
        }
        if let Some(role) = element.accessible_role().filter(|role| CONTROLS.contains(role)) {
            let label = element.accessible_label().unwrap_or_default().to_string();
            // A control made of several elements is met once for each; one of them knows its name.
            match self.controls.iter_mut().find(|known| known.0 == role && known.2 == area && known.1.is_empty()) {
                Some(known) => known.1 = label,
                None => self.controls.push((role, label, area)),
            }
        }
        if is("KeyRow") {
            self.keys.push(area);
        }
        if ["Sheet", "Dialog", "Zoom", "Resting"].into_iter().any(is) {
            self.sheet = Some(element.clone());
        }
        if is("Flickable") {
            self.flicks.push(element);
        }
    }
}

impl Look {
    fn at(window: &AppWindow, (width, height): (f32, f32), least: f32) -> Self {
        let whole = Area { left: 0.0, top: 0.0, right: width, bottom: height };
        let gathered = Gathered::walk(&window.root_element());
        // What scrolls may lie outside; what counts is what is in sight.
        let mut scrolled = Vec::new();
        for flick in &gathered.flicks {
            let mut keys = HashSet::new();
            flick.visit_descendants(|element| {
                keys.insert(Area::of(&element).key());
                ControlFlow::<()>::Continue(())
            });
            scrolled.push((Area::of(flick), keys));
        }
        let in_sight = |area: Area| {
            let ports = scrolled.iter().filter(|(_, keys)| keys.contains(&area.key()));
            ports.fold(area, |sight, (port, _)| sight.within(*port))
        };
        let mut controls: Vec<Control> = Vec::new();
        for (role, label, area) in gathered.controls {
            let sight = in_sight(area);
            let again = controls
                .iter()
                .any(|known| known.role == role && known.area == area && (known.label == label || label.is_empty()));
            if !sight.is_empty() && !again {
                let is_key = gathered.keys.iter().any(|row| row.holds(area));
                controls.push(Control { role, label, is_key, area, sight });
            }
        }
        let unnamed = gathered
            .touched
            .into_iter()
            .filter(|(area, _)| !gathered.bars.iter().any(|bar| bar.holds(*area)))
            .filter(|(area, _)| !controls.iter().any(|control| control.area.holds(*area) || area.holds(control.area)))
            .filter(|(area, _)| !in_sight(*area).is_empty())
            .map(|(area, id)| format!("{id} at {:?}", area.key()))
            .collect();
        Self { window: whole, least, controls, unnamed, cut: gathered.cut }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (index, control) in self.controls.iter().enumerate() {
            let Control { role, label, area, sight, .. } = control;
            let name = format!("{role:?} `{label}`");
            if label.trim().is_empty() {
                faults.push(format!("a {role:?} without a name at {:?}", area.key()));
            }
            if !self.window.holds(*sight) {
                faults.push(format!("{name} lies outside the window: {:?}", area.key()));
            }
            let (width, height) = (area.right - area.left, area.bottom - area.top);
            if width.min(height) < self.least - 0.5 && !is_exempt(control) {
                faults.push(format!("{name} is too small a target: {width} × {height}"));
            }
            for other in &self.controls[index + 1..] {
                let both = sight.within(other.sight);
                let nested = area.holds(other.area) || other.area.holds(*area);
                let in_a_row = *role == AccessibleRole::ListItem || other.role == AccessibleRole::ListItem;
                // The cross that empties a field lies in it.
                let in_a_field = *role == AccessibleRole::TextInput && area.holds(other.area);
                if !(both.is_empty() || nested && in_a_row || in_a_field) {
                    faults.push(format!("{name} and `{}` lie over each other: {:?}", other.label, both.key()));
                }
            }
        }
        faults.extend(self.unnamed.iter().map(|touch| format!("{touch} can be touched and has no role")));
        faults.extend(self.cut.iter().map(|area| format!("a word is cut at {:?}", area.key())));
        faults
    }
}

/// The exceptions, each with its reason.
fn is_exempt(control: &Control) -> bool {
    let (width, height) = (control.area.right - control.area.left, control.area.bottom - control.area.top);
    // "Lately" on a thing's page: three lines to read and not to press, the whole history is a tab away.
    let read_only = control.role == AccessibleRole::ListItem && (height - 46.0).abs() < 0.5;
    // Keys: as `look.md` names them for the panel with the fine pixels; upright, eleven share its width. What falls between
    // two of them goes to one.
    let key = control.is_key && height >= 54.0 && width >= 49.0;
    read_only || key
}
