//! A window over a real database, pressed as a person presses it.
//!
//! Slint's loop runs on one thread of the process, as in the program; each test sends its play there and waits for the
//! end of it, so that tests look the same under nextest and under `cargo test`.

use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use inventory::domain::search::Analyser;
use inventory::domain::{Actor, ItemDraft, ItemId, ItemKind, Quantity, RequestId, Role};
use inventory::embedding::{EmbedError, Meaning};
use inventory::gui::ui::{AppWindow, Phase, SessionAdapter};
use inventory::gui::{Desktop, Kiosk, Opener, Program, Room, StartError, Surroundings};
use inventory::services::Services;
use inventory::services::catalog::{ItemView, NewItem, Placement};
use inventory::services::health::{Health, Schema};
use inventory::services::machine::Machine;
use inventory::services::people::PersonDraft;
use inventory::services::photos::Source;
use inventory::services::stock::{HistoryFilter, HistoryLine};
use slint::{ComponentHandle as _, Global as _, PhysicalSize};
use tokio::runtime::{Handle, Runtime};

use crate::database::{TestDb, real_meaning};
use crate::support::keep;

mod on_loop;
use on_loop::{on_the_loop, one_at_a_time};

/// The longest anything may take that is not measured.
const PATIENCE: Duration = Duration::from_secs(20);

/// Everything a play has: a window, and the services to look behind it.
pub struct Stage {
    opened: Opened,
    pub services: Services,
    pub actor: Actor,
    pub database: TestDb,
    /// Where the pictures lie, as long as the play lasts.
    _photos: tempfile::TempDir,
}

/// One of the two windows.
enum Opened {
    Desktop(Desktop),
    Kiosk(Kiosk),
}

/// Runs a play in the desktop's window.
pub fn play<S, P>(set: impl FnOnce(Arc<Props>) -> S + Send + 'static, act: impl FnOnce(Stage) -> P + Send + 'static)
where
    S: Future<Output = ()> + Send + 'static,
    P: Future<Output = ()> + 'static,
{
    play_over(TestDb::new(), std::future::ready(Meaning::absent(EmbedError::Stopped)), desktop, set, act);
}

/// The same with the real model, which has read what `set` made.
pub fn play_with_meaning<S, P>(
    set: impl FnOnce(Arc<Props>) -> S + Send + 'static,
    act: impl FnOnce(Stage) -> P + Send + 'static,
) where
    S: Future<Output = ()> + Send + 'static,
    P: Future<Output = ()> + 'static,
{
    play_over(TestDb::new(), real_meaning(), desktop, set, act);
}

/// How a kiosk is set up.
pub enum Kiosked {
    /// Over the example: whoever stands there may do everything.
    Example,
    /// Over somebody's own inventory: people say who they are.
    Locked,
    /// The same, with this around it.
    In(Surroundings),
    /// The first tries to open the inventory fail, so many of them.
    After(usize),
}

/// This machine around the kiosk, and what `kiosk.toml` says, in a folder that has to outlive the play.
pub fn around(machine: Machine, folder: &Path, settings: &str) -> Surroundings {
    let file = folder.join("kiosk.toml");
    std::fs::write(&file, settings).expect("written");
    Surroundings { machine: Some(machine), settings: Some(file), ..Surroundings::default() }
}

/// Runs a play at a kiosk with so many pixels, at which everybody may do everything.
pub fn play_kiosk<S, P>(
    room: (u32, u32),
    set: impl FnOnce(Arc<Props>) -> S + Send + 'static,
    act: impl FnOnce(Stage) -> P + Send + 'static,
) where
    S: Future<Output = ()> + Send + 'static,
    P: Future<Output = ()> + 'static,
{
    play_kiosk_as(Kiosked::Example, room, set, act);
}

/// Runs a play at a kiosk that is set up so.
pub fn play_kiosk_as<S, P>(
    kiosked: Kiosked,
    room: (u32, u32),
    set: impl FnOnce(Arc<Props>) -> S + Send + 'static,
    act: impl FnOnce(Stage) -> P + Send + 'static,
) where
    S: Future<Output = ()> + Send + 'static,
    P: Future<Output = ()> + 'static,
{
    play_kiosk_over(TestDb::new(), kiosked, room, set, act);
}

/// The same over this database.
pub fn play_kiosk_over<S, P>(
    database: impl Future<Output = TestDb>,
    kiosked: Kiosked,
    room: (u32, u32),
    set: impl FnOnce(Arc<Props>) -> S + Send + 'static,
    act: impl FnOnce(Stage) -> P + Send + 'static,
) where
    S: Future<Output = ()> + Send + 'static,
    P: Future<Output = ()> + 'static,
{
    let example = matches!(kiosked, Kiosked::Example);
    let failures = AtomicUsize::new(if let Kiosked::After(failures) = &kiosked { *failures } else { 0 });
    let surroundings = if let Kiosked::In(surroundings) = kiosked { surroundings } else { Surroundings::default() };
    let open = move |opener: Opener| {
        let opener: Opener = Arc::new(move |wish| {
            let fails = failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
            let opening = opener(wish);
            async move {
                if fails {
                    return Err(StartError::Database("it is away".into()));
                }
                opening.await.map(|program| Program { example, ..program })
            }
            .boxed()
        });
        let room = Some(Room { width: room.0, height: room.1 });
        let kiosk = Kiosk::open(runtime(), opener, surroundings, room).expect("a window opens");
        kiosk.window().show().expect("the testing backend shows windows");
        Opened::Kiosk(kiosk)
    };
    play_over(database, std::future::ready(Meaning::absent(EmbedError::Stopped)), open, set, act);
}

fn desktop(opener: Opener) -> Opened {
    Opened::Desktop(open(opener))
}

/// Runs a play on the window's thread, with Ann as the admin of an inventory that `set` has filled.
fn play_over<S, P>(
    database: impl Future<Output = TestDb>,
    meaning: impl Future<Output = Meaning>,
    open: impl FnOnce(Opener) -> Opened + Send + 'static,
    set: impl FnOnce(Arc<Props>) -> S + Send + 'static,
    act: impl FnOnce(Stage) -> P + Send + 'static,
) where
    S: Future<Output = ()> + Send + 'static,
    P: Future<Output = ()> + 'static,
{
    let _alone = one_at_a_time();
    let (tell, told) = mpsc::channel();
    runtime().block_on(async {
        let database = database.await;
        let photos = tempfile::tempdir().expect("a temporary folder");
        let meaning = meaning.await;
        let services = Services::with_photos(&database.db, photos.path());
        let services = services.searching(&database.db, Analyser::default(), meaning.clone());
        let actor = ann(&services).await;
        services.changes.follow();
        let props = Arc::new(Props { services: services.clone(), actor: actor.clone() });
        set(props).await;
        services.search.reindex(&actor, false, |_| {}).await.expect("everything is read");
        let health = health(&database, meaning);
        let program = Program { services: services.clone(), health, example: false };
        on_the_loop(
            move || async move {
                let opener: Opener = Arc::new(move |_| std::future::ready(Ok(program.clone())).boxed());
                let stage = Stage { opened: open(opener), services, actor, database, _photos: photos };
                stage
                    .until("the inventory is shown", || SessionAdapter::get(stage.window()).get_phase() == Phase::Ready)
                    .await;
                act(stage).await;
            },
            tell,
        );
    });
    match told.recv().expect("the play ends") {
        Ok(()) => {}
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Runs a play without an inventory yet: the opener decides what is shown.
pub fn play_with<P: Future<Output = ()> + 'static>(opener: Opener, act: impl FnOnce(Desktop) -> P + Send + 'static) {
    let _alone = one_at_a_time();
    let (tell, told) = mpsc::channel();
    on_the_loop(move || async move { act(open(opener)).await }, tell);
    if let Err(panic) = told.recv().expect("the play ends") {
        std::panic::resume_unwind(panic);
    }
}

/// Runs a play at a kiosk without an inventory yet.
pub fn play_kiosk_with<P: Future<Output = ()> + 'static>(
    opener: Opener,
    surroundings: Surroundings,
    act: impl FnOnce(Kiosk) -> P + Send + 'static,
) {
    let _alone = one_at_a_time();
    let (tell, told) = mpsc::channel();
    let play = move || async move {
        let room = Some(Room { width: 800, height: 480 });
        act(Kiosk::open(runtime(), opener, surroundings, room).expect("a window opens")).await;
    };
    on_the_loop(play, tell);
    if let Err(panic) = told.recv().expect("the play ends") {
        std::panic::resume_unwind(panic);
    }
}

/// Where a play's things come from.
pub struct Props {
    pub services: Services,
    pub actor: Actor,
}

impl Props {
    /// A place; `None`: one that stands on its own.
    pub async fn place(&self, name: &str, inside: Option<ItemId>) -> ItemId {
        self.make(ItemKind::Location, name, inside, 1).await
    }

    /// Counted goods.
    pub async fn goods(&self, name: &str, place: ItemId, quantity: u32) -> ItemId {
        self.make(ItemKind::Consumable, name, Some(place), quantity).await
    }

    /// One individual thing.
    pub async fn thing(&self, name: &str, place: ItemId) -> ItemId {
        self.make(ItemKind::Asset, name, Some(place), 1).await
    }

    /// A picture for it: a plain field of one colour.
    pub async fn picture(&self, item: ItemId) {
        let mut png = std::io::Cursor::new(Vec::new());
        let field = image::RgbImage::from_pixel(64, 48, image::Rgb([40, 120, 60]));
        field.write_to(&mut png, image::ImageFormat::Png).expect("encoded");
        let source = Source::Bytes(png.into_inner());
        self.services.photos.add(&self.actor, item, source, "").await.expect("a picture");
    }

    /// With a description.
    pub async fn described(&self, name: &str, description: &str, place: ItemId) -> ItemId {
        let place = Placement { holder: place, quantity: Quantity::ONE, lot: None };
        let mut draft = ItemDraft::new(ItemKind::Asset, name);
        description.clone_into(&mut draft.description);
        let new = NewItem { request: RequestId::new(), draft, place: Some(place), codes: Vec::new() };
        self.services.catalog.create(&self.actor, new).await.expect("an item is made").item
    }

    /// A product with these things at a place.
    pub async fn product(&self, name: &str, things: &[&str], place: ItemId) -> ItemId {
        let product = self.make(ItemKind::Product, name, None, 0).await;
        for thing in things {
            let place = Placement { holder: place, quantity: Quantity::ONE, lot: None };
            let mut draft = ItemDraft::new(ItemKind::Asset, *thing);
            draft.instance_of = Some(product);
            let new = NewItem { request: RequestId::new(), draft, place: Some(place), codes: Vec::new() };
            self.services.catalog.create(&self.actor, new).await.expect("an item is made");
        }
        product
    }

    async fn make(&self, kind: ItemKind, name: &str, place: Option<ItemId>, quantity: u32) -> ItemId {
        let place = place.map(|holder| Placement { holder, quantity: Quantity::from(quantity), lot: None });
        let new = NewItem { request: RequestId::new(), draft: ItemDraft::new(kind, name), place, codes: Vec::new() };
        self.services.catalog.create(&self.actor, new).await.expect("an item is made").item
    }
}

impl Stage {
    pub fn window(&self) -> &AppWindow {
        match &self.opened {
            Opened::Desktop(desktop) => desktop.window(),
            Opened::Kiosk(kiosk) => kiosk.window(),
        }
    }

    /// Presses what a screen reader calls so; the one on top, where there are several.
    pub fn press(&self, label: &str) {
        press(self.window(), label);
    }

    /// The first thing that is called so, where a list has several.
    pub fn press_first(&self, label: &str) {
        let first = ElementHandle::find_by_accessible_label(self.window(), label).next();
        first.unwrap_or_else(|| panic!("there is no `{label}`")).invoke_accessible_default_action();
    }

    /// Types into the field that is called so.
    pub fn type_into(&self, label: &str, text: &str) {
        let fields = ElementHandle::find_by_accessible_label(self.window(), label).filter(|field| {
            matches!(field.accessible_role(), Some(AccessibleRole::TextInput | AccessibleRole::Spinbox))
        });
        let field = fields.last().unwrap_or_else(|| panic!("there is a field `{label}`"));
        field.set_accessible_value(text);
    }

    /// The names of the lines of the table, as far as they are on the screen.
    pub fn lines(&self) -> Vec<String> {
        let rows = ElementQuery::from_root(self.window()).match_descendants().match_inherits("ResultLine").find_all();
        once_each(&rows)
    }

    /// What was found, as the kiosk lists it.
    pub fn hits(&self) -> Vec<String> {
        let hits = ElementQuery::from_root(self.window()).match_descendants().match_inherits("Hit").find_all();
        once_each(&hits)
    }

    /// A key of a keyboard, pressed and let go.
    pub fn key(&self, text: impl Into<slint::SharedString>) {
        let text = text.into();
        let window = self.window().window();
        window.dispatch_event(slint::platform::WindowEvent::KeyPressed { text: text.clone() });
        window.dispatch_event(slint::platform::WindowEvent::KeyReleased { text });
    }

    /// The ledger, newest first.
    pub async fn history(&self) -> Vec<HistoryLine> {
        let (services, actor) = (self.services.clone(), self.actor.clone());
        let filter = HistoryFilter { limit: 50, ..HistoryFilter::default() };
        runtime()
            .spawn(async move { services.stock.history(&actor, &filter).await.expect("the ledger is read") })
            .await
            .expect("no panic")
    }

    /// Is something called so on the screen?
    pub fn shows(&self, label: &str) -> bool {
        ElementHandle::find_by_accessible_label(self.window(), label).next().is_some()
    }

    /// Waits until it is so. What never becomes so fails the test in these words, with a picture of what was there instead.
    pub async fn until(&self, what: &str, so: impl Fn() -> bool) -> Duration {
        let began = Instant::now();
        while !so() {
            if began.elapsed() >= PATIENCE {
                let seen = format!("in vain: {what}").replace(|c: char| !c.is_alphanumeric(), "-");
                let picture = self.window().window().take_snapshot().expect("the software renderer draws");
                panic!("in vain: {what}; what was seen instead: {}", keep(&seen, &picture).display());
            }
            pause(Duration::from_millis(5)).await;
        }
        began.elapsed()
    }

    /// The item as the services know it.
    pub async fn item(&self, id: ItemId) -> ItemView {
        let (services, actor) = (self.services.clone(), self.actor.clone());
        runtime()
            .spawn(async move { services.catalog.view(&actor, id).await.expect("the item is there") })
            .await
            .expect("no panic")
    }
}

/// What these are called. A query meets an element once for each list it is nested in.
fn once_each(elements: &[ElementHandle]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for label in elements.iter().filter_map(ElementHandle::accessible_label).map(String::from) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

/// Presses what a screen reader calls so; the one made last, which lies on top, where there are several.
pub fn press(window: &AppWindow, label: &str) {
    let found = ElementHandle::find_by_accessible_label(window, label)
        .filter(|element| element.accessible_enabled() != Some(false))
        // Words that are read, and those that only their control says.
        .filter(|element| {
            !matches!(element.accessible_role(), Some(AccessibleRole::Text | AccessibleRole::None) | None)
        })
        .last();
    let element = found.unwrap_or_else(|| panic!("there is nothing to press called `{label}`"));
    element.invoke_accessible_default_action();
}

/// Waits until it is so, and says how long that took.
pub async fn until(what: &str, so: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        pause(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

/// Lets the window's loop go on for so long.
pub async fn pause(time: Duration) {
    runtime().spawn(async move { tokio::time::sleep(time).await }).await.expect("a pause");
}

pub fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime"))
        .handle()
}

fn open(opener: Opener) -> Desktop {
    let desktop = Desktop::open(runtime(), opener, Surroundings::default()).expect("the testing backend opens windows");
    desktop.window().window().set_size(PhysicalSize::new(1440, 900));
    desktop.window().show().expect("the testing backend shows windows");
    desktop
}

pub async fn ann(services: &Services) -> Actor {
    let code = services.people.issue_setup_code().await.expect("nobody is there yet");
    let ann = PersonDraft { name: "Ann Meyer".into(), role: Role::Admin, login: None };
    services.people.set_up(&code, &ann, None).await.expect("Ann is the first")
}

pub fn health(database: &TestDb, meaning: Meaning) -> Health {
    let (_, schema) = tokio::sync::watch::channel(Schema::Current);
    Health::new(database.db.health(), schema, meaning)
}
