//! The desktop window as a whole: what it owns, how it opens, how its pages call services.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::tz::TimeZone;
use slint::winit_030::{WinitWindowAccessor as _, winit};
use slint::{ComponentHandle, Global, PlatformError, Timer};
use time::OffsetDateTime;
use tokio::runtime::Handle;

use super::bridge::perform;
use super::format::Numbers;
use super::photos::Thumbnails;
use super::program::{Opener, Program, Surroundings};
use super::rows::ItemRows;
use super::settings::Settings;
use super::ui::{AppWindow, Density, SessionAdapter, Tokens};
use super::{booking, editor, icons, item, kiosk, live, notices, places, recovery, results, session};
use crate::domain::Actor;
use crate::services::Services;
use crate::services::people::Person;

/// The desktop window. It lives as long as this value.
pub struct Desktop {
    face: Rc<Face>,
}

impl Desktop {
    /// Makes the window and begins to open an inventory. Call on the thread that runs Slint's loop.
    pub fn open(runtime: &Handle, opener: Opener, surroundings: Surroundings) -> Result<Self, PlatformError> {
        let face = Face::new(runtime, opener, surroundings, Density::Desktop)?;
        face.connect();
        session::open(&face, super::Wish::Any);
        Ok(Self { face })
    }

    /// The window itself.
    pub fn window(&self) -> &AppWindow {
        &self.face.window
    }
}

/// Shows the window until it is closed.
pub fn run(runtime: &Handle, opener: Opener, surroundings: Surroundings) -> Result<(), PlatformError> {
    Desktop::open(runtime, opener, surroundings)?.window().run()
}

/// Closes the window, from whichever thread.
pub fn quit() {
    ENDING.store(true, Ordering::Relaxed);
    if let Err(error) = slint::quit_event_loop() {
        tracing::warn!("The window's loop does not end: {error}");
    }
}

/// Somebody asked for the end, and it is not only the window that went.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Whether [`quit`] was called.
pub(super) fn is_ending() -> bool {
    ENDING.load(Ordering::Relaxed)
}

/// The inventory that is shown, and who looks at it.
#[derive(Clone)]
pub(super) struct Shown {
    pub program: Program,
    /// Nobody, where a kiosk is looked at without a sign-in.
    pub person: Option<Person>,
    pub actor: Actor,
}

/// Everything the window owns. Its callbacks hold it weakly.
pub(super) struct Face {
    pub window: AppWindow,
    pub runtime: Handle,
    pub opener: Opener,
    pub surroundings: Surroundings,
    pub settings: RefCell<Settings>,
    pub zone: TimeZone,
    pub shown: RefCell<Option<Shown>>,
    /// Counts the inventories shown: an answer for one before is dropped.
    pub era: Cell<u64>,
    pub rows: Rc<ItemRows>,
    pub thumbnails: Thumbnails,
    pub results: results::State,
    pub places: places::State,
    pub item: item::State,
    pub booking: booking::State,
    pub editor: editor::State,
    pub notices: notices::State,
    pub live: live::State,
    pub kiosk: kiosk::State,
    /// Ticks for what is looked at now and then.
    pub clock: Timer,
}

impl Face {
    /// The window in one of its densities, which decides whether it is the desktop's or the kiosk's.
    pub fn new(
        runtime: &Handle,
        opener: Opener,
        surroundings: Surroundings,
        density: Density,
    ) -> Result<Rc<Self>, PlatformError> {
        let window = AppWindow::new()?;
        Tokens::get(&window).set_density(density);
        let settings = surroundings.settings.as_deref().map(Settings::load).unwrap_or_default();
        Ok(Rc::new(Self {
            window,
            runtime: runtime.clone(),
            opener,
            surroundings,
            settings: RefCell::new(settings),
            zone: TimeZone::system(),
            shown: RefCell::default(),
            era: Cell::new(0),
            rows: Rc::new(ItemRows::new()),
            thumbnails: Thumbnails::default(),
            results: results::State::default(),
            places: places::State::default(),
            item: item::State::default(),
            booking: booking::State::default(),
            editor: editor::State::default(),
            notices: notices::State::default(),
            live: live::State::default(),
            kiosk: kiosk::State::default(),
            clock: Timer::default(),
        }))
    }

    /// Gives the adapters that desktop and kiosk share what they do.
    pub fn connect(self: &Rc<Self>) {
        icons::connect(self);
        session::connect(self);
        results::connect(self);
        places::connect(self);
        item::connect(self);
        booking::connect(self);
        editor::connect(self);
        notices::connect(self);
    }

    /// Is this the kiosk's window?
    pub fn is_kiosk(&self) -> bool {
        self.adapter::<Tokens>().get_kiosk()
    }

    /// An adapter of the window.
    pub fn adapter<'a, A: Global<'a, AppWindow>>(&'a self) -> A {
        A::get(&self.window)
    }

    /// Calls services on tokio and goes on with the answer here, unless another inventory is shown by then.
    /// Without an inventory nothing happens.
    pub fn call<T, W>(
        self: &Rc<Self>,
        work: impl FnOnce(Services, Actor) -> W,
        then: impl FnOnce(&Rc<Self>, T) + 'static,
    ) where
        T: Send + 'static,
        W: Future<Output = T> + Send + 'static,
    {
        let Some(shown) = self.shown.borrow().clone() else { return };
        let (face, era) = (self.downgrade(), self.era.get());
        perform(&self.runtime, work(shown.program.services, shown.actor), move |answer| {
            if let Some(face) = face.upgrade()
                && face.era.get() == era
            {
                then(&face, answer);
            }
        });
    }

    pub fn downgrade(self: &Rc<Self>) -> Weak<Self> {
        Rc::downgrade(self)
    }

    /// How numbers are written in the language that is shown.
    pub fn numbers(&self) -> Numbers {
        Numbers::of(&self.adapter::<SessionAdapter>().get_language_tag())
    }

    /// The moment everything on the screen is seen from.
    pub fn now() -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    /// Draws what changed as soon as the loop has nothing else to do. Under X11 Slint gathers changes for a sixtieth of a
    /// second first (i-slint-backend-winit 1.18, `TimerBasedFrameThrottle`), which is a third of what a key may take to
    /// its answer. Elsewhere Slint draws at once by itself.
    pub fn draw_now(&self) {
        self.window.window().with_winit_window(winit::window::Window::request_redraw);
    }

    /// Pixels of the screen for each of ours.
    pub fn scale(&self) -> f32 {
        self.window.window().scale_factor()
    }
}

/// A callback that finds its window again: `react(face, |face, id| …)`.
pub(super) fn react<A>(face: &Rc<Face>, act: impl Fn(&Rc<Face>, A) + 'static) -> impl Fn(A) + 'static {
    let face = Rc::downgrade(face);
    move |argument| {
        if let Some(face) = face.upgrade() {
            recovery::guard(|| act(&face, argument));
        }
    }
}
