//! Where the person is, and how they came there.

use std::cell::RefCell;
use std::rc::Rc;

use slint::SharedString;

use super::super::desktop::{Face, react};
use super::super::ui::{
    Column, ItemAdapter, Keyboard, KioskAdapter, Navigation, Page, ResultsAdapter, TreeAdapter, Verb,
};
use super::super::{booking, item, results, results::Keep};
use super::{basket, code, count, home, keys, ledger, low, machine, on, photo, places, session};
use crate::domain::Permission;

/// One page on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    pub page: Page,
    /// What it is about: an item, a place, a person; empty for pages about nothing in particular.
    pub id: SharedString,
    /// What the person set out to do with what they find.
    pub verb: Option<Verb>,
    /// How the list looked when they went on.
    left: Option<Left>,
}

/// A list as somebody left it: what it was asked, and how far it was scrolled.
#[derive(Debug, Clone, PartialEq)]
struct Left {
    query: SharedString,
    place: (SharedString, SharedString),
    kind: i32,
    tag: SharedString,
    flags: [bool; 3],
    scroll: f32,
}

impl Stop {
    pub fn new(page: Page, id: impl Into<SharedString>) -> Self {
        Self { page, id: id.into(), verb: None, left: None }
    }
}

/// The way from home to here; empty at home.
#[derive(Default)]
pub struct State {
    way: RefCell<Vec<Stop>>,
}

/// A way longer than this forgets where it began.
const LONGEST: usize = 32;

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<Navigation>();
    adapter.on_open({
        let open = react(face, |face, (page, id): (Page, SharedString)| {
            // A search begun at home begins anew.
            if page == Page::Find && here(face).page == Page::Home {
                forget_search(face);
            }
            open(face, page, &id);
        });
        move |page, id| open((page, id))
    });
    adapter.on_set_out(react(face, set_out));
    adapter.on_choose(react(face, |face, id: SharedString| choose(face, &id)));
    adapter.on_back(on(face, back));
    adapter.on_home(on(face, home));
}

/// Where the person is.
pub fn here(face: &Face) -> Stop {
    face.kiosk.navigation.way.borrow().last().cloned().unwrap_or_else(|| Stop::new(Page::Home, ""))
}

/// Goes on to a page. The same one again is no step.
pub fn open(face: &Rc<Face>, page: Page, id: &str) {
    if page == Page::Status && !session::may(face, Permission::Keep) {
        session::require(face, Permission::Keep, |face| open(face, Page::Status, ""));
        return;
    }
    go(face, Stop::new(page, id));
}

/// Begins an act without a thing: whichever is found or scanned next is what it is done with.
fn set_out(face: &Rc<Face>, verb: Verb) {
    forget_search(face);
    go(face, Stop { verb: Some(verb), ..Stop::new(Page::Find, "") });
}

/// A thing was chosen in a list, or scanned: what the person set out to do is done with it, else its page is shown.
pub fn choose(face: &Rc<Face>, id: &str) {
    if code::attached(face, id) {
        return;
    }
    match here(face).verb {
        Some(verb) => booking::begin(face, verb, id, None),
        None => open(face, Page::Item, id),
    }
}

/// An act ended. Whoever set out for it, and did it, is home again.
pub fn acted(face: &Rc<Face>, done: bool) {
    if here(face).page != Page::Act {
        return;
    }
    face.kiosk.navigation.way.borrow_mut().pop();
    face.adapter::<Navigation>().set_onward(false);
    if done && here(face).verb.is_some() {
        home(face);
    } else {
        arrive(face);
    }
}

/// Puts a page in the place of the one it follows from, so that the way back leads past that.
pub fn replace(face: &Rc<Face>, old: Page, page: Page, id: &str) {
    if here(face).page == old {
        face.kiosk.navigation.way.borrow_mut().pop();
    }
    open(face, page, id);
}

/// To the page before; from the first one home.
pub fn back(face: &Rc<Face>) {
    leave(face, &here(face));
    face.kiosk.navigation.way.borrow_mut().pop();
    face.adapter::<Navigation>().set_onward(false);
    arrive(face);
}

/// Home, from wherever.
pub fn home(face: &Rc<Face>) {
    code::forget(face);
    leave(face, &here(face));
    face.kiosk.navigation.way.borrow_mut().clear();
    forget_search(face);
    arrive(face);
}

/// Reads again what the page shows, beside the list, the item and the tree, which every window reads again.
pub fn refresh(face: &Rc<Face>) {
    let stop = here(face);
    match stop.page {
        Page::Home => home::refresh(face),
        Page::Low => low::refresh(face),
        Page::Count => count::show(face, &stop.id),
        Page::Basket => basket::refresh(face),
        Page::Recent => ledger::recent(face),
        Page::Person => ledger::person(face, &stop.id),
        _ => {}
    }
}

fn go(face: &Rc<Face>, stop: Stop) {
    let now = here(face);
    if (now.page, &now.id, now.verb) == (stop.page, &stop.id, stop.verb) {
        return;
    }
    leave(face, &now);
    face.adapter::<Navigation>().set_onward(true);
    {
        let mut way = face.kiosk.navigation.way.borrow_mut();
        if stop.page == Page::Home {
            way.clear();
        } else {
            way.push(stop);
        }
        if way.len() > LONGEST {
            way.remove(0);
        }
    }
    arrive(face);
}

/// What a page leaves in order behind it.
fn leave(face: &Rc<Face>, stop: &Stop) {
    match stop.page {
        Page::Act => booking::close(face),
        Page::Item => photo::close(face),
        Page::Find | Page::Places => {
            let left = look(face);
            if let Some(last) = face.kiosk.navigation.way.borrow_mut().last_mut() {
                last.left = Some(left);
            }
        }
        _ => {}
    }
}

/// Shows the page the way ends at.
fn arrive(face: &Rc<Face>) {
    let stop = here(face);
    // Its word belongs to the page that went.
    face.adapter::<Keyboard>().set_go_word("".into());
    let adapter = face.adapter::<Navigation>();
    adapter.set_held(false);
    adapter.set_id(stop.id.clone());
    adapter.set_acting(stop.verb.is_some());
    adapter.set_verb(stop.verb.unwrap_or_default());
    match stop.page {
        Page::Find => {
            if let Some(left) = &stop.left {
                forget_search(face);
                restore(face, left);
            }
            results::reload(face, Keep::Chosen);
        }
        Page::Places => {
            places::enter(face, &stop.id);
            if let Some(left) = &stop.left {
                face.adapter::<KioskAdapter>().set_find_scroll(left.scroll);
            }
        }
        Page::Item => {
            if let Ok(id) = stop.id.parse() {
                face.adapter::<ItemAdapter>().set_tab(0);
                item::show(face, id);
            }
        }
        Page::Status => machine::show(face),
        Page::SignIn => session::ask_who(face),
        Page::Person => ledger::enter_person(face, &stop.id),
        _ => refresh(face),
    }
    adapter.set_page(stop.page);
    keys::moved(face);
}

fn look(face: &Face) -> Left {
    let (results, tree) = (face.adapter::<ResultsAdapter>(), face.adapter::<TreeAdapter>());
    Left {
        query: results.get_query(),
        place: (tree.get_selected(), tree.get_selected_name()),
        kind: results.get_kind(),
        tag: results.get_tag(),
        flags: [results.get_low(), results.get_lent(), results.get_archived()],
        scroll: face.adapter::<KioskAdapter>().get_find_scroll(),
    }
}

fn restore(face: &Face, left: &Left) {
    let (results, tree) = (face.adapter::<ResultsAdapter>(), face.adapter::<TreeAdapter>());
    results.set_query(left.query.clone());
    tree.set_selected(left.place.0.clone());
    tree.set_selected_name(left.place.1.clone());
    results.set_kind(left.kind);
    results.set_tag(left.tag.clone());
    let [low, lent, archived] = left.flags;
    results.set_low(low);
    results.set_lent(lent);
    results.set_archived(archived);
    face.adapter::<KioskAdapter>().set_find_scroll(left.scroll);
}

/// The next search begins with an empty field and without filters, lately used things first.
pub fn forget_search(face: &Face) {
    let results = face.adapter::<ResultsAdapter>();
    results.set_things_only(false);
    results.set_direct(false);
    results.set_sorted(Column::Moved);
    results.set_descending(true);
    restore(
        face,
        &Left {
            query: SharedString::new(),
            place: (SharedString::new(), SharedString::new()),
            kind: -1,
            tag: SharedString::new(),
            flags: [false; 3],
            scroll: 0.0,
        },
    );
}
