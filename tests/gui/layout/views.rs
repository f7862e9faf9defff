//! The states of the kiosk's pages that are worth a look of their own.

use std::time::Duration;

use i_slint_backend_testing::{AccessibleRole, ElementHandle, mock_elapsed_time};
use inventory::gui::ui::{
    AppWindow, BasketAdapter, BookingAdapter, CameraState, Choosing, CodeAdapter, CountAdapter, CountState, FaceRow,
    IdleAdapter, ItemAdapter, Keyboard, KioskAdapter, MachineAdapter, Navigation, NewItemAdapter, Page, Phase,
    PhotoAdapter, PlacesAdapter, PowerAsk, Rest, ResultRow, ResultsAdapter, ScannerAdapter, SessionAdapter,
    SignInAdapter, SignInTrouble, StatusRow, StatusWhat, StepUp, Throttling, Verb,
};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{
    ComponentHandle as _, Global as _, Image, LogicalPosition, Model as _, ModelRc, SharedPixelBuffer, VecModel,
};

use crate::stage::press;

/// A state of a page.
pub struct View {
    pub name: &'static str,
    page: Page,
    set: fn(&AppWindow),
    /// What on the page, in English and German, is pressed: it brings the state.
    press: Option<[&'static str; 2]>,
    /// The keyboard on the screen is offered, as on every panel.
    keyboard: bool,
    /// The field, in English and German, that is touched to type into.
    field: Option<[&'static str; 2]>,
}

impl View {
    fn new(name: &'static str, page: Page) -> Self {
        Self { name, page, set: |_| {}, press: None, keyboard: false, field: None }
    }

    fn set(self, set: fn(&AppWindow)) -> Self {
        Self { set, ..self }
    }

    fn pressed(self, english: &'static str, german: &'static str) -> Self {
        Self { press: Some([english, german]), ..self }
    }

    fn typing(self) -> Self {
        Self { keyboard: true, ..self }
    }

    fn typing_into(self, english: &'static str, german: &'static str) -> Self {
        Self { field: Some([english, german]), ..self.typing() }
    }

    /// Brings the window into this state, with nothing left of the one before.
    pub fn show(&self, window: &AppWindow, german: bool) {
        let pause = || mock_elapsed_time(Duration::from_millis(50));
        let words = usize::from(german);
        reset(window);
        // A page begins anew, without what was opened over it before.
        let another = if self.page == Page::Status { Page::Home } else { Page::Status };
        Navigation::get(window).set_page(another);
        pause();
        (self.set)(window);
        Keyboard::get(window).set_offered(self.keyboard);
        Navigation::get(window).set_page(self.page);
        pause();
        if let Some(labels) = self.press {
            press(window, labels[words]);
            pause();
        }
        if let Some(labels) = self.field {
            touch(window, labels[words]);
            pause();
        }
        if self.keyboard {
            assert!(Keyboard::get(window).get_height() > 100.0, "{}: the keyboard is there", self.name);
        }
    }
}

/// A finger on what is called so.
fn touch(window: &AppWindow, label: &str) {
    let fields = ElementHandle::find_by_accessible_label(window, label);
    let found = fields.filter(|field| field.accessible_role() == Some(AccessibleRole::TextInput)).last();
    let element = found.unwrap_or_else(|| panic!("there is nothing called `{label}`"));
    let (at, size) = (element.absolute_position(), element.size());
    let position = LogicalPosition::new(at.x + size.width / 2.0, at.y + size.height * 0.7);
    let button = PointerEventButton::Left;
    window.window().dispatch_event(WindowEvent::PointerPressed { position, button });
    window.window().dispatch_event(WindowEvent::PointerReleased { position, button });
    window.window().dispatch_event(WindowEvent::PointerExited);
}

fn reset(window: &AppWindow) {
    SessionAdapter::get(window).set_phase(Phase::Ready);
    Keyboard::get(window).set_offered(false);
    Navigation::get(window).set_onward(true);
    Navigation::get(window).set_acting(false);
    Navigation::get(window).set_held(false);
    BookingAdapter::get(window).set_choosing(Choosing::None);
    KioskAdapter::get(window).set_anonymous(false);
    let count = CountAdapter::get(window);
    count.set_state(CountState::None);
    count.set_asking(false);
    let basket = BasketAdapter::get(window);
    basket.set_count(0);
    basket.set_asking(false);
    let sign_in = SignInAdapter::get(window);
    sign_in.set_step_up(StepUp::None);
    sign_in.set_trouble(SignInTrouble::None);
    sign_in.set_seconds_left(0);
    let machine = MachineAdapter::get(window);
    machine.set_asked(PowerAsk::None);
    machine.set_celsius("".into());
    IdleAdapter::get(window).set_rest(Rest::Awake);
    ResultsAdapter::get(window).set_query("".into());
    ItemAdapter::get(window).set_tab(0);
    ItemAdapter::get(window).set_photos(ModelRc::default());
    NewItemAdapter::get(window).set_likely(ModelRc::default());
    let photo = PhotoAdapter::get(window);
    photo.set_shown(false);
    photo.set_taking(false);
    photo.set_phones(true);
    photo.set_camera(CameraState::Ready);
    ScannerAdapter::get(window).set_raw("".into());
}

/// Before anybody looks after the inventory.
fn nobody(window: &AppWindow) {
    SessionAdapter::get(window).set_phase(Phase::FirstRun);
    SessionAdapter::get(window).set_admin_by_code(false);
}

/// The same where the first admin takes a code.
fn nobody_without_code(window: &AppWindow) {
    nobody(window);
    SessionAdapter::get(window).set_admin_by_code(true);
}

/// All of them.
pub fn all() -> Vec<View> {
    let act = |name| View::new(name, Page::Act);
    vec![
        View::new("home", Page::Home),
        View::new("home: nobody signed in", Page::Home).set(|window| KioskAdapter::get(window).set_anonymous(true)),
        View::new("home: too hot", Page::Home).set(|window| MachineAdapter::get(window).set_celsius("84".into())),
        View::new("find", Page::Find),
        View::new("find: typing", Page::Find).typing(),
        View::new("find: typing a word", Page::Find)
            .set(|window| ResultsAdapter::get(window).set_query("screw".into()))
            .typing(),
        View::new("find: to take", Page::Find).set(|window| {
            Navigation::get(window).set_acting(true);
            Navigation::get(window).set_verb(Verb::Take);
        }),
        View::new("item: where", Page::Item),
        View::new("item: history", Page::Item).set(|window| ItemAdapter::get(window).set_tab(1)),
        View::new("item: details", Page::Item).set(|window| ItemAdapter::get(window).set_tab(2)),
        View::new("item: related", Page::Item).set(|window| ItemAdapter::get(window).set_tab(3)),
        View::new("item: photos", Page::Item).set(photos),
        View::new("item: a larger photo", Page::Item).set(photos).pressed("Larger picture", "Größeres Bild"),
        View::new("item: more", Page::Item).pressed("More", "Mehr"),
        View::new("item: a photo", Page::Item).set(phone),
        View::new("item: a photo, working", Page::Item).set(|window| {
            phone(window);
            PhotoAdapter::get(window).set_taking(true);
        }),
        View::new("item: a photo without a phone", Page::Item).set(|window| {
            phone(window);
            PhotoAdapter::get(window).set_phones(false);
            PhotoAdapter::get(window).set_camera(CameraState::Absent);
        }),
        act("take").set(|window| ask(window, Verb::Take, Choosing::None)),
        act("take: from").set(|window| ask(window, Verb::Take, Choosing::Source)),
        act("put back: to").set(|window| ask(window, Verb::PutBack, Choosing::Target)),
        act("put back: typing where")
            .set(|window| ask(window, Verb::PutBack, Choosing::Target))
            .typing_into("To which place?", "An welchen Ort?"),
        act("move").set(|window| ask(window, Verb::Move, Choosing::None)),
        act("lend").set(|window| ask(window, Verb::Lend, Choosing::None)),
        act("lend: whom").set(|window| ask(window, Verb::Lend, Choosing::Person)),
        act("lend: typing whom")
            .set(|window| ask(window, Verb::Lend, Choosing::Person))
            .typing_into("To whom?", "An wen?"),
        act("lend: when").set(|window| ask(window, Verb::Lend, Choosing::Due)),
        View::new("places", Page::Places).set(|window| PlacesAdapter::get(window).set_id("".into())),
        View::new("a place", Page::Places).set(|window| PlacesAdapter::get(window).set_id("w".into())),
        View::new("low", Page::Low),
        View::new("recent", Page::Recent),
        View::new("person", Page::Person),
        View::new("person: signed in", Page::Person).set(|window| SignInAdapter::get(window).set_seconds_left(97)),
        View::new("find: places", Page::Find).pressed("Place", "Ort"),
        View::new("find: kinds", Page::Find).pressed("Kind", "Art"),
        View::new("find: tags", Page::Find).pressed("Tag", "Schlagwort"),
        View::new("new item", Page::NewItem).set(likely),
        View::new("new item: the camera works", Page::NewItem).set(|window| PhotoAdapter::get(window).set_taking(true)),
        View::new("new item: no camera", Page::NewItem)
            .set(|window| PhotoAdapter::get(window).set_camera(CameraState::NoProgram)),
        View::new("new item: typing", Page::NewItem).typing(),
        View::new("count: choose", Page::Count),
        View::new("count", Page::Count).set(|window| CountAdapter::get(window).set_state(CountState::Open)),
        View::new("count: how many", Page::Count).set(|window| {
            CountAdapter::get(window).set_state(CountState::Open);
            CountAdapter::get(window).set_asking(true);
        }),
        View::new("count: differences", Page::Count)
            .set(|window| CountAdapter::get(window).set_state(CountState::Counted)),
        View::new("count: written", Page::Count)
            .set(|window| CountAdapter::get(window).set_state(CountState::Approved)),
        View::new("basket: empty", Page::Basket),
        View::new("basket", Page::Basket).set(|window| BasketAdapter::get(window).set_count(5)),
        View::new("basket: how many", Page::Basket).set(|window| {
            BasketAdapter::get(window).set_count(5);
            BasketAdapter::get(window).set_asking(true);
        }),
        View::new("home: a full basket", Page::Low).set(|window| BasketAdapter::get(window).set_count(5)),
        View::new("sign in", Page::SignIn),
        View::new("sign in: wrong", Page::SignIn)
            .set(|window| SignInAdapter::get(window).set_trouble(SignInTrouble::Wrong)),
        View::new("step up: password", Page::Home).set(|window| step_up(window, StepUp::Password)).typing(),
        View::new("step up: PIN", Page::Home).set(|window| step_up(window, StepUp::Pin)).typing(),
        View::new("code: unknown", Page::Code).set(|window| CodeAdapter::get(window).set_blank(false)),
        View::new("code: a new label", Page::Code).set(|window| CodeAdapter::get(window).set_blank(true)),
        View::new("status", Page::Status).set(machine),
        View::new("status: asked twice", Page::Status).set(|window| {
            machine(window);
            MachineAdapter::get(window).set_asked(PowerAsk::Reboot);
        }),
        View::new("first run", Page::Home).set(nobody),
        View::new("first run: by code", Page::Home).set(nobody_without_code),
        View::new("first run: typing", Page::Home).set(nobody).typing_into("Your name", "Dein Name"),
        View::new("quiet", Page::Home).set(|window| IdleAdapter::get(window).set_rest(Rest::Quiet)),
    ]
}

fn ask(window: &AppWindow, verb: Verb, choosing: Choosing) {
    let booking = BookingAdapter::get(window);
    booking.set_verb(verb);
    booking.set_asks_from(matches!(verb, Verb::Take | Verb::Move | Verb::Lend));
    booking.set_asks_to(matches!(verb, Verb::PutBack | Verb::Move));
    booking.set_choosing(choosing);
}

fn photos(window: &AppWindow) {
    let photo = || Image::from_rgb8(SharedPixelBuffer::new(64, 48));
    ItemAdapter::get(window).set_photos(ModelRc::new(VecModel::from(vec![photo(), photo(), photo()])));
}

fn phone(window: &AppWindow) {
    let photo = PhotoAdapter::get(window);
    photo.set_code(Image::from_rgb8(SharedPixelBuffer::new(37, 37)));
    photo.set_shown(true);
}

fn likely(window: &AppWindow) {
    let found = ResultsAdapter::get(window).get_rows();
    let first: Vec<ResultRow> = found.iter().take(2).collect();
    NewItemAdapter::get(window).set_likely(ModelRc::new(VecModel::from(first)));
}

fn step_up(window: &AppWindow, step_up: StepUp) {
    let adapter = SignInAdapter::get(window);
    let keeper = |id: &str, name: &str| FaceRow { id: id.into(), name: name.into(), ..FaceRow::default() };
    let keepers = vec![keeper("1", "Maria Keller"), keeper("2", "Jonas Brandt")];
    adapter.set_keepers(ModelRc::new(VecModel::from(keepers)));
    adapter.set_keeper("1".into());
    adapter.set_keeper_name("Maria Keller".into());
    adapter.set_step_up(step_up);
}

fn machine(window: &AppWindow) {
    let row = |what, text: &str, more: &str, trouble| StatusRow { what, text: text.into(), more: more.into(), trouble };
    let rows = vec![
        row(StatusWhat::Version, "inventory 0.1.0", "", false),
        row(StatusWhat::Database, "", "", false),
        row(StatusWhat::Search, "", "", false),
        row(StatusWhat::Backup, "", "", true),
        row(StatusWhat::Backlog, "0", "", false),
        row(StatusWhat::Temperature, "61 °C", "", false),
        row(StatusWhat::Throttling, "", "", true),
        row(StatusWhat::Disk, "40.3 GB", "270.5 GB", false),
        row(StatusWhat::Memory, "3.1 GB", "8.2 GB", false),
        row(StatusWhat::ProgramMemory, "270 MB", "", false),
        row(StatusWhat::Uptime, "3 d 4 h", "", false),
        row(StatusWhat::Addresses, "192.168.178.143 · 2001:db8::5054:ff:fe12:3456 · 127.0.0.1:8000", "", false),
        row(StatusWhat::Machine, "Raspberry Pi 5 Model B Rev 1.0", "", false),
    ];
    let adapter = MachineAdapter::get(window);
    adapter.set_throttling(Throttling::SinceStart);
    adapter.set_rows(ModelRc::new(VecModel::from(rows)));
    let scanner = ScannerAdapter::get(window);
    scanner.set_raw("]E04006381333931⟨Enter⟩".into());
    scanner.set_read("4006381333931".into());
    scanner.set_symbology("EAN/UPC".into());
    scanner.set_keys(16);
    scanner.set_slowest_ms(9);
}
