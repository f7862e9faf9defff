//! Keys that spare the mouse, and the list of them. Each is a link or a button of some page, so that a key does nothing a
//! finger could not; the script only presses it. Single letters can be switched off in the list (WCAG 2.1.4).

use maud::{Markup, html};

use super::language::Lang;
use super::words::say;
use crate::domain::{Actor, Permission};

/// Key, what it leads to, the sentence for it, and what somebody may do at least. Pages have theirs beside these.
const EVERYWHERE: [(&str, &str, &str, Permission); 7] = [
    ("h", "/", "nav.today", Permission::Look),
    ("f", "/#q", "nav.find", Permission::Look),
    ("o", "/places", "nav.places", Permission::Look),
    ("s", "/scan", "scan.title", Permission::Look),
    ("n", "/items/new", "edit.new", Permission::Keep),
    ("i", "/stocktakes", "count.title", Permission::Look),
    ("a", "/history", "nav.history", Permission::Look),
];

/// What the pages of items have.
const OF_ITEMS: [(&str, &str, Permission); 8] = [
    ("t", "verb.take", Permission::Book),
    ("p", "verb.put-back", Permission::Book),
    ("m", "verb.move", Permission::Book),
    ("l", "verb.lend", Permission::Book),
    ("r", "verb.receive", Permission::Keep),
    ("c", "verb.count", Permission::Keep),
    ("e", "edit.edit", Permission::Keep),
    ("u", "undo.undo", Permission::Book),
];

/// The list, closed until somebody presses `?`; without the script it stays closed and nothing refers to it.
pub fn list(lang: Lang, reader: &Actor) -> Markup {
    let word = |key: &str| say(lang, &format!("keys.{key}"));
    html! {
        dialog #keys aria-labelledby="keys-title" {
            h2.title #keys-title { (word("title")) }
            div.key-groups {
                div {
                    h3 #keys-everywhere { (word("everywhere")) }
                    dl.keys aria-labelledby="keys-everywhere" {
                        div { dt { kbd.key { "/" } " " kbd.key { (word("control")) " K" } } dd { (say(lang, "search.label")) } }
                        div { dt { kbd.key { "↓" } " " kbd.key { "↑" } } dd { (word("results")) } }
                        div { dt { kbd.key { "Esc" } } dd { (word("escape")) } }
                        div { dt { kbd.key { "?" } } dd { (word("this")) } }
                        @for (key, address, what, _) in EVERYWHERE.into_iter().filter(|entry| reader.may(entry.3)) {
                            div { dt { kbd.key { (key) } } dd { a.lnk href=(address) aria-keyshortcuts=(key) { (say(lang, what)) } } }
                        }
                    }
                }
                @if reader.may(Permission::Book) {
                    div {
                        h3 #keys-of-items { (word("of_items")) }
                        dl.keys aria-labelledby="keys-of-items" {
                            @for (key, what, _) in OF_ITEMS.into_iter().filter(|entry| reader.may(entry.2)) {
                                div { dt { kbd.key { (key) } } dd { (say(lang, what)) } }
                            }
                        }
                    }
                }
            }
            form.actions method="dialog" {
                label.tick { input #single-keys type="checkbox" checked; (word("single")) }
                button.btn.main autofocus { (word("close")) }
            }
        }
    }
}
