//! A new thing at the kiosk: is it there already, and what does the camera see.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;
use std::time::Duration;

use slint::{ModelRc, SharedString, VecModel};
use tokio::process::Command;

use super::super::desktop::{Face, react};
use super::super::models::sync;
use super::super::notices::Told;
use super::super::ui::{EditorAdapter, NewItemAdapter, Notice, Page, ResultRow, Verb};
use super::super::{editor, notices, results};
use super::{code, navigation, on};
use crate::domain::{ItemId, Permission, RequestId};
use crate::services::search::SearchRequest;

/// What the page knows beside the form.
#[derive(Default)]
pub struct State {
    likely: Rc<VecModel<ResultRow>>,
    /// Counts the questions, so that an answer to an older one is dropped.
    asked: Cell<u64>,
}

/// How many things that may be the same are shown.
const LIKELY: usize = 3;
/// Fewer letters mean too much.
const LETTERS: usize = 3;
/// A camera that takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(15);
/// Programs that take a picture, where no setting names one; `{file}` is where it goes.
const CAMERAS: [&str; 3] = [
    "/usr/bin/rpicam-still -n -t 600 -o {file}",
    "/usr/bin/libcamera-still -n -t 600 -o {file}",
    "/usr/bin/fswebcam -q --no-banner {file}",
];

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<NewItemAdapter>();
    adapter.set_likely(ModelRc::from(face.kiosk.new_item.likely.clone()));
    adapter.set_has_camera(camera(face).is_some());
    adapter.on_typed(react(face, |face, name: SharedString| look_for(face, &name)));
    adapter.on_same(react(face, |face, id: SharedString| same(face, &id)));
    adapter.on_look_at(react(face, |face, id: SharedString| navigation::open(face, Page::Item, &id)));
    adapter.on_take_photo(on(face, take_photo));
}

/// The form is open: its page is shown.
pub fn begin(face: &Rc<Face>) {
    sync(&face.kiosk.new_item.likely, Vec::new());
    look_for(face, &face.adapter::<EditorAdapter>().get_draft().name);
    navigation::open(face, Page::NewItem, "");
}

/// Looks for what may be the same thing, by spelling and by meaning.
fn look_for(face: &Rc<Face>, name: &str) {
    let asked = face.kiosk.new_item.asked.get() + 1;
    face.kiosk.new_item.asked.set(asked);
    let name = name.trim().to_owned();
    if name.chars().count() < LETTERS {
        return sync(&face.kiosk.new_item.likely, Vec::new());
    }
    face.call(
        move |services, actor| async move {
            let request = SearchRequest { limit: LIKELY, ..SearchRequest::new(name) };
            services.search.search(&actor, &request).await
        },
        move |face, answer| {
            if face.kiosk.new_item.asked.get() != asked {
                return;
            }
            match answer {
                Ok(found) => {
                    let rows = found.hits.iter().map(|hit| results::row(face, &hit.item, results::reason(hit.why)));
                    sync(&face.kiosk.new_item.likely, rows.collect());
                }
                Err(error) => tracing::warn!("Likely duplicates are not looked for: {error}"),
            }
        },
    );
}

/// It is this one. Of counted goods there is one more, where they belong; a single thing is shown.
fn same(face: &Rc<Face>, id: &str) {
    let Ok(id) = id.parse::<ItemId>() else { return };
    let row = slint::Model::iter(&*face.kiosk.new_item.likely).find(|row| row.id == id.to_string().as_str());
    let Some(row) = row else { return };
    if row.kind != super::super::ui::Kind::Consumable {
        return leave_for(face, id);
    }
    super::require(face, Permission::Keep, move |face| {
        let request = RequestId::new();
        face.call(
            move |services, actor| async move { services.stock.one_more(&actor, request, id).await },
            move |face, answer| match answer {
                Ok((booked, holder)) => {
                    let numbers = face.numbers();
                    let place = face.places.node(holder).map(|node| node.name).unwrap_or_default();
                    let told = Told {
                        verb: Verb::AddStock,
                        amount: numbers.quantity(rust_decimal::Decimal::ONE, &row.unit),
                        item: row.name.clone(),
                        to: place.into(),
                        ..Told::default()
                    };
                    leave_for(face, id);
                    notices::booked(face, booked.booking, told);
                }
                Err(error) => notices::failed(face, &error.to_string()),
            },
        );
    });
}

/// The form is put away and a thing shown in its place.
pub fn leave_for(face: &Rc<Face>, id: ItemId) {
    face.adapter::<EditorAdapter>().set_open(false);
    navigation::replace(face, Page::NewItem, Page::Item, &id.to_string());
    code::made(face, id);
}

/// The program that takes a picture.
fn camera(face: &Face) -> Option<String> {
    let set = face.settings.borrow().camera().to_owned();
    if !set.is_empty() {
        return Some(set);
    }
    let installed =
        CAMERAS.iter().find(|line| line.split(' ').next().is_some_and(|program| Path::new(program).is_file()));
    installed.map(|line| (*line).to_owned())
}

fn take_photo(face: &Rc<Face>) {
    let adapter = face.adapter::<NewItemAdapter>();
    let Some(command) = camera(face).filter(|_| !adapter.get_taking()) else { return };
    adapter.set_taking(true);
    face.call(
        move |_, _| async move { photograph(&command).await },
        |face, taken| {
            face.adapter::<NewItemAdapter>().set_taking(false);
            match taken {
                Ok(file) => editor::stage(face, vec![file]),
                Err(why) => {
                    tracing::warn!("The camera took no picture: {why}");
                    notices::tell(face, Notice::CameraFailed, "");
                }
            }
        },
    );
}

/// Runs the camera's program and returns the file it wrote, which lies in the temporary directory until the item is
/// saved.
async fn photograph(command: &str) -> Result<PathBuf, String> {
    let file = std::env::temp_dir().join(format!("inventory-{}.jpg", RequestId::new()));
    let target = file.display().to_string();
    let mut words = command.split_whitespace().map(|word| word.replace("{file}", &target));
    let program = words.next().ok_or("no program is named")?;
    let ran = Command::new(program).args(words).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, ran)
        .await
        .map_err(|_| format!("it did not end within {} s", PATIENCE.as_secs()))?
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    if file.is_file() { Ok(file) } else { Err("it wrote no file".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_camera_is_any_program_that_writes_the_file_it_is_told() {
        let taken = photograph("/bin/cp /bin/true {file}").await.expect("a file is written");
        assert!(taken.is_file());
        std::fs::remove_file(taken).expect("it is ours");
        assert!(photograph("/bin/false {file}").await.is_err());
        assert_eq!(photograph("/bin/true {file}").await, Err("it wrote no file".into()));
        assert!(photograph("/no/such/camera {file}").await.is_err());
    }
}
