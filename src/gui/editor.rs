//! Making an item and changing it: the form, its mistakes by field, pictures by file dialog.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use slint::{Image, Model as _, ModelRc, SharedString, VecModel};

use super::desktop::{Face, react};
use super::form::{self, Filled};
use super::models::sync;
use super::photos::{self, Pixels};
use super::ui::{
    Conflict, Draft, DraftPhoto, DraftTrouble, EditorAdapter, Notice, PlaceChoice, ResultsAdapter, SaveTrouble,
    TreeAdapter,
};
use super::{item, kiosk, live, notices};
use crate::domain::{ItemId, Permission, PhotoId, RequestId};
use crate::services::catalog::{CatalogError, ItemView, NewItem, StoreError};

/// What the open form is about.
#[derive(Default)]
pub struct State {
    /// What is being changed; `None`: a new item.
    editing: RefCell<Option<ItemView>>,
    /// One per new item: a second press makes no second one.
    request: RefCell<Option<RequestId>>,
    pictures: RefCell<Vec<Picture>>,
    /// Pictures to take away when saved.
    removed: RefCell<Vec<PhotoId>>,
    conflicts: Rc<VecModel<Conflict>>,
    shown: Rc<VecModel<DraftPhoto>>,
    places: Rc<VecModel<PlaceChoice>>,
}

/// A picture of the form.
#[derive(Clone)]
enum Picture {
    Kept(PhotoId, Image),
    /// Chosen, and added when saved.
    Chosen(PathBuf, Image),
}

/// What file dialogs offer.
const ENDINGS: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];
/// The room of a picture in the form.
const PICTURE: (u32, u32) = (160, 136);

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<EditorAdapter>();
    adapter.set_open(false);
    adapter.set_photos(ModelRc::from(face.editor.shown.clone()));
    adapter.set_conflicts(ModelRc::from(face.editor.conflicts.clone()));
    adapter.set_place_choices(ModelRc::from(face.editor.places.clone()));
    adapter.on_create({
        let create = react(face, |face, ()| create(face));
        move || create(())
    });
    adapter.on_edit(react(face, |face, id: SharedString| edit(face, &id)));
    adapter.on_search_place(react(face, |face, query: SharedString| {
        sync(&face.editor.places, face.places.find(&query, None));
    }));
    adapter.on_choose_place({
        let choose = react(face, |face, (id, name): (SharedString, SharedString)| {
            let adapter = face.adapter::<EditorAdapter>();
            adapter.set_draft(Draft { place: id, place_name: name, ..adapter.get_draft() });
        });
        move |id, name| choose((id, name))
    });
    adapter.on_add_photos({
        let add = react(face, |face, ()| choose_pictures(face));
        move || add(())
    });
    adapter.on_remove_photo(react(face, |face, id: SharedString| remove_picture(face, &id)));
    adapter.on_save({
        let save = react(face, |face, ()| save(face));
        move || save(())
    });
    adapter.on_take_theirs({
        let take = react(face, |face, ()| {
            let adapter = face.adapter::<EditorAdapter>();
            let mut draft = adapter.get_draft();
            form::take_theirs(&mut draft, face.editor.conflicts.iter());
            adapter.set_draft(draft);
            adapter.set_save_trouble(SaveTrouble::None);
            face.editor.conflicts.clear();
        });
        move || take(())
    });
    adapter.on_cancel({
        let cancel = react(face, |face, ()| {
            face.adapter::<EditorAdapter>().set_open(false);
            kiosk::edited(face, None);
        });
        move || cancel(())
    });
}

fn create(face: &Rc<Face>) {
    kiosk::require(face, Permission::Keep, begin_new);
}

fn begin_new(face: &Rc<Face>) {
    let place = face.adapter::<TreeAdapter>().get_selected().parse().ok().and_then(|id| face.places.choice(id));
    let draft = Draft {
        kind: 3,
        unit: face.adapter::<EditorAdapter>().get_usual_unit(),
        currency: "EUR".into(),
        quantity: "1".into(),
        place: place.as_ref().map(|place| place.id.clone()).unwrap_or_default(),
        place_name: place.map(|place| place.name).unwrap_or_default(),
        // Who searched for it in vain need not type it again.
        name: if face.is_kiosk() { face.adapter::<ResultsAdapter>().get_query() } else { SharedString::new() },
        ..Draft::default()
    };
    begin(face, None, draft);
}

fn edit(face: &Rc<Face>, id: &str) {
    let Ok(id) = id.parse::<ItemId>() else { return };
    face.call(
        move |services, actor| async move { services.catalog.view(&actor, id).await },
        |face, answer| match answer {
            Ok(view) => {
                let draft = form::fill(&view, face.numbers());
                let ids: Vec<PhotoId> =
                    view.photos.iter().filter(|photo| photo.item == view.summary.id).map(|photo| photo.id).collect();
                begin(face, Some(view), draft);
                show_kept(face, ids);
            }
            Err(error) => notices::failed(face, &error.to_string()),
        },
    );
}

fn begin(face: &Rc<Face>, editing: Option<ItemView>, draft: Draft) {
    let adapter = face.adapter::<EditorAdapter>();
    adapter.set_creating(editing.is_none());
    adapter.set_draft(draft);
    adapter.set_trouble(DraftTrouble::default());
    adapter.set_save_trouble(SaveTrouble::None);
    face.editor.conflicts.clear();
    adapter.set_photos_refused(0);
    adapter.set_place_query("".into());
    adapter.set_busy(false);
    face.editor.editing.replace(editing);
    face.editor.request.replace(Some(RequestId::new()));
    face.editor.pictures.borrow_mut().clear();
    face.editor.removed.borrow_mut().clear();
    show_pictures(face);
    sync(&face.editor.places, face.places.find("", None));
    adapter.set_open(true);
    kiosk::editing(face);
}

fn save(face: &Rc<Face>) {
    let adapter = face.adapter::<EditorAdapter>();
    if adapter.get_busy() {
        return;
    }
    let editing = face.editor.editing.borrow().clone();
    let filled = match form::read(&adapter.get_draft(), editing.as_ref().map(|view| &view.draft), face.numbers()) {
        Ok(filled) => filled,
        Err(trouble) => return adapter.set_trouble(*trouble),
    };
    adapter.set_trouble(DraftTrouble::default());
    adapter.set_save_trouble(SaveTrouble::None);
    face.editor.conflicts.clear();
    adapter.set_busy(true);
    let request = *face.editor.request.borrow_mut().get_or_insert_with(RequestId::new);
    let removed = face.editor.removed.borrow().clone();
    let chosen: Vec<PathBuf> = face
        .editor
        .pictures
        .borrow()
        .iter()
        .filter_map(|picture| match picture {
            Picture::Chosen(path, _) => Some(path.clone()),
            Picture::Kept(..) => None,
        })
        .collect();
    let name = filled.draft.name.clone();
    face.call(
        move |services, actor| async move {
            let Filled { draft, placement } = filled;
            let (item, booking) = if let Some(view) = &editing {
                services.catalog.edit(&actor, view.summary.id, view.version, draft).await?;
                (view.summary.id, None)
            } else {
                let new = NewItem { request, draft, place: placement, codes: Vec::new() };
                let created = services.catalog.create(&actor, new).await?;
                (created.item, Some(created.booking))
            };
            for photo in removed {
                if let Err(error) = services.photos.remove(&actor, photo).await {
                    tracing::warn!("A picture stays: {error}");
                }
            }
            let refused = photos::add(&services, &actor, item, chosen).await;
            Ok((item, booking, refused))
        },
        move |face, answer| {
            face.adapter::<EditorAdapter>().set_busy(false);
            match answer {
                Ok((item, booking, refused)) => {
                    face.adapter::<EditorAdapter>().set_open(false);
                    match booking {
                        Some(booking) => notices::created(face, booking, &name),
                        None => notices::tell(face, Notice::Saved, &name),
                    }
                    if refused > 0 {
                        notices::count(face, Notice::PhotoRefused, refused);
                    }
                    face.adapter::<ResultsAdapter>().set_selected(item.to_string().into());
                    item::show(face, item);
                    kiosk::edited(face, Some(item));
                    live::refresh_everything(face);
                }
                Err(CatalogError::Stale { current }) => show_both(face, current.id),
                Err(error) => refuse(face, &error),
            }
        },
    );
}

/// Somebody saved the item meanwhile: shows what both made of it; saving again is meant.
fn show_both(face: &Rc<Face>, item: ItemId) {
    face.call(
        move |services, actor| async move { services.catalog.view(&actor, item).await },
        |face, answer| match answer {
            Ok(current) => {
                let adapter = face.adapter::<EditorAdapter>();
                let numbers = face.numbers();
                let Some(before) = face.editor.editing.replace(Some(current.clone())) else { return };
                let (before, theirs) = (form::fill(&before, numbers), form::fill(&current, numbers));
                let (merged, conflicts) = form::merge(&before, &adapter.get_draft(), &theirs);
                adapter.set_draft(merged);
                sync(&face.editor.conflicts, conflicts);
                adapter.set_save_trouble(SaveTrouble::ChangedElsewhere);
            }
            Err(error) => refuse(face, &error),
        },
    );
}

fn refuse(face: &Face, error: &CatalogError) {
    let adapter = face.adapter::<EditorAdapter>();
    let mut trouble = DraftTrouble::default();
    let whole = match error {
        CatalogError::Draft(error) => match form::trouble_of(error) {
            Some(found) => {
                trouble = found;
                SaveTrouble::None
            }
            None => SaveTrouble::Other,
        },
        CatalogError::KindContradicted => {
            trouble.kind = super::ui::FieldTrouble::KindFixed;
            SaveTrouble::None
        }
        CatalogError::NoHolder => {
            trouble.place = super::ui::FieldTrouble::PlaceNeeded;
            SaveTrouble::None
        }
        CatalogError::Forbidden(_) => SaveTrouble::Refused,
        CatalogError::Store(StoreError::Unavailable(_)) => SaveTrouble::Database,
        _ => SaveTrouble::Other,
    };
    adapter.set_save_details(error.to_string().into());
    adapter.set_trouble(trouble);
    adapter.set_save_trouble(whole);
}

/// Asks for pictures by the desktop's own file dialog.
fn ask_for_pictures(face: &Rc<Face>, then: impl FnOnce(&Rc<Face>, Vec<PathBuf>) + 'static) {
    let word = face.adapter::<EditorAdapter>().get_pictures_word();
    let weak = face.downgrade();
    // The dialog is another program's window; it is waited for without holding this one up.
    let asked = slint::spawn_local(async move {
        let dialog = rfd::AsyncFileDialog::new().add_filter(word.as_str(), &ENDINGS);
        let files = dialog.pick_files().await.unwrap_or_default();
        if let Some(face) = weak.upgrade()
            && !files.is_empty()
        {
            then(&face, files.iter().map(|file| file.path().to_owned()).collect());
        }
    });
    if let Err(error) = asked {
        tracing::error!("No file dialog: {error}");
    }
}

fn choose_pictures(face: &Rc<Face>) {
    ask_for_pictures(face, stage);
}

/// Shows chosen files in the form; they are added when it is saved. What is no picture is counted and left out.
pub fn stage(face: &Rc<Face>, files: Vec<PathBuf>) {
    let count = files.len();
    face.adapter::<EditorAdapter>().set_photos_refused(0);
    face.call(
        move |_, _| async move { photos::previews(files, PICTURE).await },
        move |face, read: Vec<(PathBuf, Pixels)>| {
            let refused = count - read.len();
            for (path, pixels) in read {
                face.editor.pictures.borrow_mut().push(Picture::Chosen(path, Image::from_rgb8(pixels)));
            }
            face.adapter::<EditorAdapter>().set_photos_refused(i32::try_from(refused).unwrap_or(i32::MAX));
            show_pictures(face);
        },
    );
}

/// Adds pictures to an item without its form.
pub fn add_photos_to(face: &Rc<Face>, id: ItemId) {
    ask_for_pictures(face, move |face, files| {
        let count = files.len();
        face.call(
            move |services, actor| async move { photos::add(&services, &actor, id, files).await },
            move |face, refused| {
                if refused > 0 {
                    notices::count(face, Notice::PhotoRefused, refused);
                } else {
                    notices::count(face, Notice::PhotosAdded, count);
                }
                live::refresh_everything(face);
            },
        );
    });
}

fn show_kept(face: &Rc<Face>, ids: Vec<PhotoId>) {
    let wanted = ids.clone();
    face.call(
        move |services, actor| async move { photos::large(&services, &actor, ids, PICTURE).await },
        move |face, decoded: Vec<Pixels>| {
            let kept = wanted.into_iter().zip(decoded).map(|(id, pixels)| Picture::Kept(id, Image::from_rgb8(pixels)));
            face.editor.pictures.borrow_mut().splice(0..0, kept);
            show_pictures(face);
        },
    );
}

fn remove_picture(face: &Rc<Face>, id: &str) {
    let Ok(index) = id.parse::<usize>() else { return };
    if index < face.editor.pictures.borrow().len()
        && let Picture::Kept(photo, _) = face.editor.pictures.borrow_mut().remove(index)
    {
        face.editor.removed.borrow_mut().push(photo);
    }
    show_pictures(face);
}

fn show_pictures(face: &Face) {
    let pictures = face.editor.pictures.borrow();
    let rows = pictures.iter().enumerate().map(|(index, picture)| {
        let (Picture::Kept(_, image) | Picture::Chosen(_, image)) = picture;
        DraftPhoto { id: index.to_string().into(), picture: image.clone() }
    });
    sync(&face.editor.shown, rows.collect());
}
