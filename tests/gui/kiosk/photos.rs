//! Pictures at the kiosk: by its camera, by a phone, and what is said when there is neither.

use inventory::domain::ItemId;
use inventory::gui::Surroundings;
use inventory::gui::ui::{CameraState, EditorAdapter, ItemAdapter, Page, PhotoAdapter};
use inventory::services::machine::Machine;
use inventory::services::photos::Source;
use slint::{Global as _, Model as _};

use super::people::{equip, scan};
use super::{SMALL, at, look_up};
use crate::stage::{Kiosked, Props, Stage, around, play_kiosk_as, runtime};

async fn shelf(props: std::sync::Arc<Props>) {
    let shelf = props.place("Shelf 2", None).await;
    props.goods("Hex bolt M6", shelf, 40).await;
}

/// A picture as a camera makes one.
fn picture() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    let field = image::RgbImage::from_pixel(64, 48, image::Rgb([40, 120, 60]));
    field.write_to(&mut png, image::ImageFormat::Png).expect("encoded");
    png.into_inner()
}

/// Ann with a keeper's rights, at the form of a new thing.
async fn new_thing(stage: &Stage) {
    keeper(stage).await;
    EditorAdapter::get(stage.window()).invoke_create();
    at(stage, Page::NewItem).await;
}

/// Ann, who has proved that she is a keeper.
async fn keeper(stage: &Stage) {
    use inventory::gui::ui::{SessionAdapter, SignInAdapter, StepUp};
    let (_, badge) = equip(stage).await;
    scan(stage, &badge);
    let session = SessionAdapter::get(stage.window());
    stage.until("Ann is here", || session.get_may_book()).await;
    EditorAdapter::get(stage.window()).invoke_create();
    let sign_in = SignInAdapter::get(stage.window());
    stage.until("her PIN is asked", || sign_in.get_step_up() == StepUp::Pin).await;
    sign_in.invoke_prove("4711".into());
    at(stage, Page::NewItem).await;
    stage.press("Cancel");
    at(stage, Page::Home).await;
}

#[test]
fn a_camera_that_is_connected_pictures_a_new_thing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let seen = folder.path().join("seen.png");
    std::fs::write(&seen, picture()).expect("written");
    let settings = format!("camera = \"/bin/cp {} {{file}}\"", seen.display());
    let surroundings = around(Machine::at(folder.path(), folder.path()), folder.path(), &settings);
    play_kiosk_as(Kiosked::In(surroundings), (1280, 720), shelf, |stage| async move {
        new_thing(&stage).await;
        let photo = PhotoAdapter::get(stage.window());
        stage.until("the camera is found", || photo.get_camera() == CameraState::Ready).await;
        stage.until("it is offered", || stage.shows("Take a photo")).await;
        stage.press("Take a photo");
        let editor = EditorAdapter::get(stage.window());
        stage.until("its picture is in the form", || editor.get_photos().row_count() == 1).await;
        stage.type_into("Name", "Highlighter");
        stage.type_into("Where it lies", "shel");
        stage.until("the place is found", || stage.shows("Shelf 2")).await;
        stage.press("Shelf 2");
        stage.press("Create");
        at(&stage, Page::Item).await;
        let item = ItemAdapter::get(stage.window());
        stage.until("it is shown with its picture", || item.get_photos().row_count() == 1).await;
        assert_eq!(item.get_item().name, "Highlighter");
    });
}

#[test]
fn a_camera_that_takes_long_is_stopped_and_a_machine_without_one_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let surroundings =
        around(Machine::at(folder.path(), folder.path()), folder.path(), "camera = \"/usr/bin/tail -f /dev/null\"");
    play_kiosk_as(Kiosked::In(surroundings), (1280, 720), shelf, |stage| async move {
        new_thing(&stage).await;
        let photo = PhotoAdapter::get(stage.window());
        stage.until("it is offered", || stage.shows("Take a photo")).await;
        stage.press("Take a photo");
        stage.until("it is told that it works", || stage.shows("Taking a picture")).await;
        photo.invoke_cancel();
        stage.until("it is stopped", || !photo.get_taking()).await;
        stage.until("and can begin anew", || stage.shows("Take a photo")).await;
        assert_eq!(EditorAdapter::get(stage.window()).get_photos().row_count(), 0);
    });
    play_kiosk_as(Kiosked::Locked, (1280, 720), shelf, |stage| async move {
        new_thing(&stage).await;
        stage.until("there is none", || stage.shows("No camera is connected here.")).await;
        assert!(!stage.shows("Take a photo"));
    });
}

#[test]
fn a_square_leads_a_phone_to_the_thing_and_what_it_sends_appears() {
    let surroundings = Surroundings { phone_address: "https://storeroom.example".into(), ..Surroundings::default() };
    play_kiosk_as(Kiosked::In(surroundings), SMALL, shelf, |stage| async move {
        keeper(&stage).await;
        look_up(&stage, "Hex bolt M6").await;
        stage.press("More");
        stage.until("it is offered", || stage.shows("Add a photo")).await;
        stage.press("Add a photo");
        let photo = PhotoAdapter::get(stage.window());
        stage.until("the square is there", || stage.shows("The way to this thing for a phone")).await;
        let id: ItemId = ItemAdapter::get(stage.window()).get_item().id.parse().expect("an item");
        let expected = format!("https://storeroom.example/items/{id}/photos");
        assert_eq!(read(&stage, &photo.get_code()).await.as_deref(), Some(expected.as_str()));

        let (services, actor) = (stage.services.clone(), stage.actor.clone());
        let sent = async move { services.photos.add(&actor, id, Source::Bytes(picture()), "").await };
        runtime().spawn(sent).await.expect("no panic").expect("taken");
        stage.until("it has arrived", || stage.shows("1 photo has arrived")).await;
        stage.press("Close");
        stage.until("the page is there again", || !photo.get_shown()).await;
        assert_eq!(ItemAdapter::get(stage.window()).get_photos().row_count(), 1);
    });
}

/// What a phone's camera makes of a square on the screen.
async fn read(stage: &Stage, code: &slint::Image) -> Option<String> {
    let pixels = code.to_rgb8().expect("pixels");
    let (width, height) = (pixels.width(), pixels.height());
    let small = image::RgbImage::from_raw(width, height, pixels.as_bytes().to_vec()).expect("as many as it says");
    let large = image::imageops::resize(&small, width * 8, height * 8, image::imageops::FilterType::Nearest);
    let file = tempfile::Builder::new().suffix(".png").tempfile().expect("a temporary file");
    large.save(file.path()).expect("written");
    let (services, actor, path) = (stage.services.clone(), stage.actor.clone(), file.path().to_owned());
    let read = async move { services.scan.read_picture(&actor, path).await };
    runtime().spawn(read).await.expect("no panic").expect("a picture")
}
