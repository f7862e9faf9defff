//! A small storeroom with our own drawings for pictures, and the endpoint over it.

use std::io::Cursor;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use image::{ImageFormat, RgbaImage};
use inventory::config;
use inventory::domain::search::Analyser;
use inventory::domain::{Act, Actor, Borrower, ItemDraft, ItemId, ItemKind, Quantity, RequestId, Role};
use inventory::embedding::{EmbedError, Meaning};
use inventory::services::Services;
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::factors::code_at;
use inventory::services::health::{Health, Schema};
use inventory::services::people::PersonDraft;
use inventory::services::photos::Source;
use inventory::services::search::SearchRequest;
use inventory::services::stock::BookingRequest;
use inventory::web;
use resvg::{tiny_skia, usvg};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::database::{TestDb, real_meaning};

pub struct Storeroom {
    pub services: Services,
    pub admin: Actor,
    pub address: SocketAddr,
    pub shelf: ItemId,
    pub drawer: ItemId,
    pub screws: ItemId,
    pub tarp: ItemId,
    end: Option<oneshot::Sender<()>>,
    tasks: Vec<JoinHandle<()>>,
    _schema: watch::Sender<Schema>,
    pictures: tempfile::TempDir,
    test: TestDb,
}

impl Storeroom {
    pub async fn new() -> Self {
        Self::over(TestDb::new().await, Meaning::absent(EmbedError::NotAsked), config::Web::default()).await
    }

    /// Behind a proxy on this machine, as deployed.
    pub async fn behind_proxy() -> Self {
        let here = "127.0.0.1".parse::<IpAddr>().expect("an address").into();
        let settings = config::Web {
            trusted_proxies: vec![here],
            local_person: false,
            photos_by_proxy: Some("/inventory-photos/".into()),
            ..config::Web::default()
        };
        Self::over(TestDb::new().await, Meaning::absent(EmbedError::NotAsked), settings).await
    }

    /// With the real model, and everything read by it.
    pub async fn with_meaning() -> Self {
        let room = Self::over(TestDb::new().await, real_meaning().await, config::Web::default()).await;
        room.services.search.reindex(&room.admin, false, |_| {}).await.expect("everything is read");
        room
    }

    /// Before anybody has set it up; empty.
    pub async fn nobodys() -> Self {
        Self::empty(TestDb::new().await, Meaning::absent(EmbedError::NotAsked), config::Web::default()).await
    }

    async fn over(test: TestDb, meaning: Meaning, settings: config::Web) -> Self {
        let mut room = Self::empty(test, meaning, settings).await;
        room.set_up().await;
        room.fill().await;
        room
    }

    pub async fn set_up(&mut self) {
        let code = self.services.people.issue_setup_code().await.expect("nobody is set up");
        let draft = PersonDraft { name: "Maria Keller".into(), role: Role::Admin, login: Some("maria".into()) };
        let password = Some(SecretString::from("correct horse"));
        self.admin = self.services.people.set_up(&code, &draft, password).await.expect("set up");
    }

    /// Switches the second factor of the first person on.
    pub async fn with_second_factor(&self) {
        let person = self.admin.person.expect("set up");
        let enrolment = self.services.factors.begin(&self.admin, person).await.expect("begun");
        let now = time::OffsetDateTime::now_utc().unix_timestamp().unsigned_abs();
        let code = code_at(enrolment.secret.expose_secret(), now);
        self.services.factors.confirm(&self.admin, person, &code).await.expect("switched on");
    }

    async fn empty(test: TestDb, meaning: Meaning, settings: config::Web) -> Self {
        let pictures = tempfile::tempdir().expect("a temporary directory");
        let services = Services::with_photos(&test.db, &pictures.path().join("photos"));
        let services = services.searching(&test.db, Analyser::default(), meaning.clone());
        let (schema, seen) = watch::channel(Schema::Current);
        let health = Health::new(test.db.health(), seen, meaning);
        let listener = web::listen("127.0.0.1:0".parse().expect("an address")).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (end, ended) = oneshot::channel::<()>();
        let ended = async { ended.await.unwrap_or(()) };
        let serving = tokio::spawn({
            let serving = web::serve(listener, settings, services.clone(), health, ended);
            async { serving.await.expect("serves") }
        });
        let following = services.changes.follow();
        let nowhere = ItemId::new();
        Self {
            services,
            admin: Actor::program(),
            address,
            shelf: nowhere,
            drawer: nowhere,
            screws: nowhere,
            tarp: nowhere,
            end: Some(end),
            tasks: vec![serving, following],
            _schema: schema,
            pictures,
            test,
        }
    }

    async fn fill(&mut self) {
        let workshop = self.place(ItemKind::Location, "Workshop", None, "workbench").await;
        self.shelf = self.place(ItemKind::Location, "Shelf 2", Some(workshop), "garden-rack").await;
        self.drawer = self.place(ItemKind::Location, "Drawer B4", Some(self.shelf), "drawer").await;
        let shed = self.place(ItemKind::Location, "Boat shed", None, "boat-shed").await;
        let van = self.place(ItemKind::Container, "Fieldwork crate, grey", Some(shed), "euro-crate").await;
        let counted = |name: &str, minimum: i64, tags: &[&str]| {
            let mut draft = ItemDraft::new(ItemKind::Consumable, name);
            draft.min_quantity = (minimum > 0).then(|| minimum.into());
            draft.tags = tags.iter().map(|&tag| tag.into()).collect();
            draft.description = "Stainless steel A2, metric thread, for the stage and the benches.".into();
            draft.manufacturer = Some("Schraubenwerk Nord".into());
            draft
        };
        let tags = ["fastener", "M3", "stainless A2"];
        self.screws = self
            .add(
                counted("Socket head cap screw M3 × 8", 200, &tags),
                self.drawer,
                450,
                &["hex-bolts", "assortment-box"],
            )
            .await;
        for (name, minimum, quantity, picture) in [
            ("Torx screw M3 × 10", 150, 95, "drywall-screws"),
            ("Hexagon bolt M6 × 25, zinc", 100, 88, "hex-bolts"),
            ("Hexagon nut M6", 100, 640, "hex-nuts"),
            ("Threaded insert M4, brass", 100, 40, ""),
            ("Duct tape, silver", 2, 9, "duct-tape"),
        ] {
            self.add(counted(name, minimum, &["fastener"]), self.drawer, quantity, &[picture]).await;
        }
        let asset = |name: &str, text: &str| {
            let mut draft = ItemDraft::new(ItemKind::Asset, name);
            draft.description = text.into();
            draft.tags = vec!["camping".into()];
            draft
        };
        let cover = "Waterproof cover with eyelets. Keeps a tent, a boat or firewood dry.";
        self.tarp = self.add(asset("Tarpaulin 4 × 6 m, green", cover), shed, 1, &["tarp"]).await;
        self.add(asset("Camp chair, folding", "For fires."), van, 1, &["camp-chair"]).await;
        self.add(asset("Hammock", "To lie in, between two trees four metres apart."), van, 1, &["hammock"]).await;
        let drill = self
            .add(asset("Cordless drill 18 V, No. 2", "With two batteries."), self.shelf, 1, &["cordless-drill"])
            .await;
        let due = time::OffsetDateTime::now_utc().date().saturating_sub(time::Duration::days(4));
        let borrower = Borrower::Named("Jonas Brandt".into());
        let lent = Act::CheckOut {
            item: drill,
            from: self.shelf,
            quantity: Quantity::ONE,
            lot: None,
            borrower,
            due_on: Some(due),
        };
        self.book(lent).await;
        self.book(Act::Receive { item: self.screws, to: van, quantity: 80.into(), lot: None }).await;
        self.take(50).await;
    }

    /// Takes screws from the drawer, as another face would.
    pub async fn take(&self, quantity: u32) {
        self.book(Act::Issue { item: self.screws, from: self.drawer, quantity: quantity.into(), lot: None }).await;
    }

    async fn book(&self, act: Act) {
        self.services.stock.book(&self.admin, &BookingRequest::single(act)).await.expect("booked");
    }

    pub async fn place(&self, kind: ItemKind, name: &str, inside: Option<ItemId>, picture: &str) -> ItemId {
        let place = inside.map(|holder| Placement { holder, quantity: Quantity::ONE, lot: None });
        self.make(ItemDraft::new(kind, name), place, &[picture]).await
    }

    async fn add(&self, draft: ItemDraft, holder: ItemId, quantity: u32, pictures: &[&str]) -> ItemId {
        let place = Placement { holder, quantity: quantity.into(), lot: None };
        self.make(draft, Some(place), pictures).await
    }

    async fn make(&self, draft: ItemDraft, place: Option<Placement>, pictures: &[&str]) -> ItemId {
        let new = NewItem { request: RequestId::new(), draft, place, codes: vec![] };
        let item = self.services.catalog.create(&self.admin, new).await.expect("made").item;
        for picture in pictures.iter().filter(|name| !name.is_empty()) {
            let bytes = drawn(picture);
            self.services.photos.add(&self.admin, item, Source::Bytes(bytes), "").await.expect("a picture");
        }
        item
    }

    /// An individual thing beside the others in the boat shed.
    pub async fn thing(&self, name: &str, description: &str, picture: &str) -> ItemId {
        let places = self.services.catalog.places(&self.admin).await.expect("read");
        let shed = places.iter().find(|place| place.name == "Boat shed").expect("filled").id;
        let mut draft = ItemDraft::new(ItemKind::Asset, name);
        draft.description = description.into();
        self.add(draft, shed, 1, &[picture]).await
    }

    /// What its own label says.
    pub async fn code_of(&self, item: ItemId) -> String {
        let summary = self.services.catalog.summaries(&self.admin, &[item]).await.expect("read").remove(0);
        summary.code.expect("every item has a code")
    }

    /// A code that is printed and on nothing yet.
    pub async fn free_code(&self) -> String {
        let client = self.test.client().await;
        let row = client.query_one("select text from code where kind = 'blank' limit 1", &[]).await.expect("printed");
        row.get(0)
    }

    /// Where the pictures lie.
    pub fn pictures(&self) -> PathBuf {
        self.pictures.path().join("photos")
    }

    pub async fn on_hand(&self, item: ItemId) -> String {
        self.services.catalog.summaries(&self.admin, &[item]).await.expect("read")[0].on_hand.to_string()
    }

    /// The names of what is found, best first.
    pub async fn found(&self, text: &str) -> Vec<String> {
        let found = self.services.search.search(&self.admin, &SearchRequest::new(text)).await.expect("searched");
        found.hits.into_iter().map(|hit| hit.item.name).collect()
    }

    /// Ends the endpoint as the program does; from then on nothing answers.
    pub async fn end(&mut self) {
        self.end.take().expect("once").send(()).expect("it serves");
        (&mut self.tasks[0]).await.expect("it ends in order");
    }

    pub fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Storeroom {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// One of our drawings as a PNG on white.
pub fn drawn(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/example/photos/{name}.svg"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let tree = usvg::Tree::from_str(&text, &usvg::Options::default()).expect("our own drawing");
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).expect("not empty");
    pixels.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
    let picture = RgbaImage::from_raw(size.width(), size.height(), pixels.take()).expect("all of it");
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).expect("encoded");
    png.into_inner()
}
