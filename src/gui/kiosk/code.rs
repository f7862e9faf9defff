//! A code that names nothing yet, on its way onto a thing.

use std::rc::Rc;

use super::super::desktop::Face;
use super::super::notices;
use super::super::ui::{CodeAdapter, EditorAdapter, Notice, Page, ResultsAdapter, ScanTold};
use super::super::{results, results::Keep};
use super::{navigation, on, scan, session};
use crate::domain::{ItemId, Permission};
use crate::services::catalog::CatalogError;

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<CodeAdapter>();
    adapter.on_attach(on(face, |face| {
        session::require(face, Permission::Keep, |face| {
            face.adapter::<CodeAdapter>().set_attaching(true);
            face.adapter::<ResultsAdapter>().set_query("".into());
            navigation::open(face, Page::Find, "");
            results::reload(face, Keep::First);
        });
    }));
    adapter.on_make(on(face, |face| {
        session::require(face, Permission::Keep, |face| {
            face.kiosk.scan.making.set(true);
            face.adapter::<EditorAdapter>().invoke_create();
        });
    }));
}

/// A thing was chosen. Where a code waits for one, it gets it. Answers whether that was so.
pub fn attached(face: &Rc<Face>, id: &str) -> bool {
    let adapter = face.adapter::<CodeAdapter>();
    if !adapter.get_attaching() {
        return false;
    }
    adapter.set_attaching(false);
    let Ok(item) = id.parse::<ItemId>() else { return false };
    attach(face, item);
    true
}

/// A thing was made. Where it was made for a code, it gets it.
pub fn made(face: &Rc<Face>, item: ItemId) {
    if face.kiosk.scan.making.take() {
        attach(face, item);
    }
}

fn attach(face: &Rc<Face>, item: ItemId) {
    let code = face.kiosk.scan.code.take();
    let chosen = item.to_string();
    face.call(
        move |services, actor| async move { services.catalog.attach_code(&actor, item, &code).await },
        move |face, answer: Result<(), CatalogError>| match answer {
            Ok(()) => {
                scan::tell(face, ScanTold::Command, "");
                notices::tell(face, Notice::Saved, &face.adapter::<CodeAdapter>().get_code());
                navigation::home(face);
                navigation::open(face, Page::Item, &chosen);
            }
            Err(error) => {
                scan::tell(face, ScanTold::Refused, &face.adapter::<CodeAdapter>().get_code());
                notices::failed(face, &error.to_string());
            }
        },
    );
}

/// Nobody is about to put a code on anything any more.
pub fn forget(face: &Face) {
    face.adapter::<CodeAdapter>().set_attaching(false);
    face.kiosk.scan.making.set(false);
}
