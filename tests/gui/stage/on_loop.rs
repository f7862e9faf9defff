//! The one thread of the process that runs Slint's loop, and one play on it at a time.

use std::cell::Cell;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};

use futures::FutureExt as _;
use i_slint_backend_testing::{TestingBackend, TestingBackendOptions};

pub fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub type Ended = Result<(), Box<dyn std::any::Any + Send>>;

/// Runs a future on the thread that runs Slint's loop, and tells how it ended.
pub fn on_the_loop<P: Future<Output = ()> + 'static>(
    play: impl FnOnce() -> P + Send + 'static,
    tell: mpsc::Sender<Ended>,
) {
    static LOOP: OnceLock<()> = OnceLock::new();
    LOOP.get_or_init(|| {
        let (ready, is_ready) = mpsc::channel();
        std::thread::spawn(move || {
            let options =
                TestingBackendOptions { mock_time: false, threading: true, renderer_name: Some("software".into()) };
            slint::platform::set_platform(Box::new(TestingBackend::new(options))).expect("one loop for the process");
            ready.send(()).expect("somebody waits");
            slint::run_event_loop_until_quit().expect("the loop runs");
        });
        is_ready.recv().expect("the loop starts");
    });
    let begun = Cell::new(Some((play, tell)));
    slint::invoke_from_event_loop(move || {
        let Some((play, tell)) = begun.take() else { return };
        let playing = AssertUnwindSafe(async move { play().await }).catch_unwind();
        let spawned = slint::spawn_local(async move { drop(tell.send(playing.await)) });
        spawned.expect("the loop takes the play");
    })
    .expect("the loop runs");
}
