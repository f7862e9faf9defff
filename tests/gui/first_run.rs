//! The first start: nobody is there yet, and the window asks.

use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use inventory::gui::ui::{Phase, SessionAdapter, StartTrouble};
use inventory::gui::{Opener, StartError, Wish};
use slint::Global as _;

use crate::stage::{play_with, press, until};

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
