//! The first start: nobody is there yet, and the window asks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use i_slint_backend_testing::ElementHandle;
use inventory::embedding::{EmbedError, Meaning};
use inventory::gui::ui::{Navigation, Page, Phase, SessionAdapter, StartTrouble};
use inventory::gui::{Kiosk, Opener, Program, StartError, Surroundings, Wish};
use inventory::services::Services;
use slint::{ComponentHandle as _, Global as _};

use crate::database::TestDb;
use crate::stage::{ann, health, pause, play_kiosk_with, play_with, press, runtime, until};

#[test]
fn what_stands_in_the_way_is_said_and_trying_again_tries_again() {
    let wishes: Arc<Mutex<Vec<Wish>>> = Arc::default();
    let asked = wishes.clone();
    let opener: Opener = Arc::new(move |wish| {
        asked.lock().expect("not poisoned").push(wish);
        std::future::ready(Err(StartError::Database("nobody listens there".into()))).boxed()
    });
    play_with(opener, |desktop| async move {
        let session = SessionAdapter::get(desktop.window());
        until("it says so", || session.get_phase() == Phase::Stopped).await;
        assert_eq!(session.get_trouble(), StartTrouble::Database);
        assert_eq!(session.get_trouble_details(), "nobody listens there");
        press(desktop.window(), "Try again");
        until("it was tried again", || session.get_phase() == Phase::Stopped && !session.get_switching()).await;
    });
    assert_eq!(*wishes.lock().expect("not poisoned"), [Wish::Any, Wish::Any]);
}

#[test]
fn a_kiosk_that_asks_whose_inventory_it_is_goes_on_by_itself_when_somebody_is_made_elsewhere() {
    goes_on_by_itself(Surroundings::default(), |kiosk| {
        assert!(shows(kiosk, "Start"), "whose folder it is may begin");
    });
}

#[test]
fn a_kiosk_on_a_server_makes_nobody_its_admin_and_goes_on_once_the_code_was_used() {
    goes_on_by_itself(Surroundings { admin_by_code: true, ..Surroundings::default() }, |kiosk| {
        assert!(shows(kiosk, "Nobody looks after it yet") && !shows(kiosk, "Start") && !shows(kiosk, "Your name"));
        let session = SessionAdapter::get(kiosk.window());
        session.invoke_start_own("Mallory".into());
        assert!(!session.get_switching(), "nothing is begun");
    });
}

fn shows(kiosk: &Kiosk, label: &str) -> bool {
    ElementHandle::find_by_accessible_label(kiosk.window(), label).next().is_some()
}

/// The kiosk asks, `look` looks at it, somebody is made elsewhere.
fn goes_on_by_itself(surroundings: Surroundings, look: impl FnOnce(&Kiosk) + Send + 'static) {
    let photos = tempfile::tempdir().expect("a temporary folder");
    let (database, services) = runtime().block_on(async {
        let database = TestDb::new().await;
        let services = Services::with_photos(&database.db, photos.path());
        (database, services)
    });
    let health = health(&database, Meaning::absent(EmbedError::Stopped));
    let program = Program { services: services.clone(), health, example: false };
    let opener: Opener = Arc::new(move |_| std::future::ready(Ok(program.clone())).boxed());
    play_kiosk_with(opener, surroundings, |kiosk| async move {
        kiosk.window().show().expect("the testing backend shows windows");
        let session = SessionAdapter::get(kiosk.window());
        until("it asks", || session.get_phase() == Phase::FirstRun).await;
        pause(Duration::from_millis(100)).await;
        look(&kiosk);
        runtime().spawn(async move { ann(&services).await }).await.expect("Ann is made");
        until("it goes on", || session.get_phase() == Phase::Ready).await;
        assert_eq!(Navigation::get(kiosk.window()).get_page(), Page::Home);
        assert!(!session.get_may_book(), "nobody has said yet who they are");
    });
}
