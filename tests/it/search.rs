//! What a person types, and what is found: every reason, every filter, with the model and without.

use std::time::Duration;

use inventory::domain::search::{Analyser, Why};
use inventory::domain::{Act, Actor, Borrower, ItemDraft, ItemId, ItemKind, RequestId, Role};
use inventory::embedding::Meaning;
use inventory::services::Services;
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::search::upkeep::Worker;
use inventory::services::search::{Mode, SearchRequest, SearchResults};
use inventory::services::stock::BookingRequest;

use crate::support::{TestDb, real_meaning};

/// A storeroom of a few dozen things in two rooms.
struct Storeroom {
    test: TestDb,
    services: Services,
    keeper: Actor,
    tarp: ItemId,
    drill: ItemId,
    shelf: ItemId,
}

const THINGS: [(&str, &str, &str, &str); 24] = [
    ("Tarp 3 x 4 m, olive", "Waterproof sheet with eyelets, keeps the rain off.", "camping", "Shelf 2"),
    ("Cordless drill", "18 V, with two batteries and a charger.", "tools power", "Red box"),
    ("Claw hammer", "16 oz, wooden handle.", "tools hand", "Red box"),
    ("Screwdriver set", "Slotted and Phillips, six pieces.", "tools hand", "Red box"),
    ("Head torch", "Runs on three AAA cells.", "camping light", "Shelf 2"),
    ("Sleeping bag", "Down, to minus five degrees.", "camping", "Shelf 2"),
    ("Gas stove", "Single burner for cartridges.", "camping kitchen", "Shelf 2"),
    ("Extension cord 10 m", "Three sockets.", "electric", "Garage"),
    ("Laser printer", "Black and white, duplex.", "office", "Workshop"),
    ("Toner cartridge", "Black, for the laser printer.", "office", "Workshop"),
    ("Bicycle pump", "With pressure gauge.", "bicycle", "Garage"),
    ("Snow shovel", "Aluminium blade.", "winter", "Garage"),
    ("Garage door opener", "Remote control, 433 MHz.", "electric", "Workshop"),
    ("Paint roller", "For walls and ceilings.", "painting", "Garage"),
    ("First aid kit", "Bandages, plasters, scissors.", "safety", "Workshop"),
    ("Fire extinguisher", "Foam, six litres.", "safety", "Workshop"),
    ("Kabelbinder schwarz", "Für Kabel bis 20 mm, wetterfest.", "Elektro", "Workshop"),
    ("Holzschrauben verzinkt", "Verschiedene Größen in der Dose.", "Schrauben", "Workshop"),
    ("Wasserwaage", "Mit zwei Libellen, 60 cm.", "Werkzeug", "Workshop"),
    ("Café press", "Glass, one litre.", "kitchen", "Shelf 2"),
    ("Hiking boots", "Size 43, leather.", "outdoor", "Shelf 2"),
    ("Projector", "With HDMI cable and a bag.", "office", "Workshop"),
    ("Board games", "Chess, backgammon and cards for rainy evenings.", "leisure", "Shelf 2"),
    ("Guitar strings", "Nylon, six pieces.", "music", "Garage"),
];

impl Storeroom {
    async fn new(meaning: Meaning) -> Self {
        let test = TestDb::new().await;
        let services = Services::new(&test.db).searching(&test.db, Analyser::default(), meaning);
        let keeper = Actor { person: None, role: Role::Keeper };
        let make = async |draft: ItemDraft, at: Option<ItemId>, codes: &[&str]| {
            let place = at.map(|holder| Placement { holder, quantity: 1.into(), lot: None });
            let codes = codes.iter().map(|code| (*code).to_owned()).collect();
            let new = NewItem { request: RequestId::new(), draft, place, codes };
            services.catalog.create(&keeper, new).await.expect("made").item
        };
        let place = |kind, name: &str| ItemDraft::new(kind, name);
        let workshop = make(place(ItemKind::Location, "Workshop"), None, &[]).await;
        let garage = make(place(ItemKind::Location, "Garage"), None, &[]).await;
        let shelf = make(place(ItemKind::Location, "Shelf 2"), Some(workshop), &[]).await;
        let red = make(place(ItemKind::Container, "Red box"), Some(shelf), &[]).await;
        let (mut tarp, mut drill) = (None, None);
        for (name, description, tags, at) in THINGS {
            let mut draft = ItemDraft::new(ItemKind::Asset, name);
            draft.description = description.into();
            draft.tags = tags.split(' ').map(str::to_owned).collect();
            let at = match at {
                "Workshop" => workshop,
                "Garage" => garage,
                "Red box" => red,
                _ => shelf,
            };
            let mut codes: &[&str] = &[];
            if name == "Cordless drill" {
                draft.serial_number = Some("SN-4711/B".into());
                draft.model = Some("TN-2110".into());
                codes = &["4006381333931", "LEGACY-77"];
            }
            let made = make(draft, Some(at), codes).await;
            match name {
                "Cordless drill" => drill = Some(made),
                "Tarp 3 x 4 m, olive" => tarp = Some(made),
                _ => {}
            }
        }
        let mut screws = ItemDraft::new(ItemKind::Consumable, "Machine screws M4");
        screws.min_quantity = Some(10.into());
        make(screws, Some(garage), &[]).await;
        let found = |item: Option<ItemId>| item.expect("made above");
        let room = Self { services, keeper, tarp: found(tarp), drill: found(drill), shelf, test };
        room.services.search.reindex(&room.keeper, false, |_| {}).await.expect("indexed");
        room
    }

    async fn with_model() -> Self {
        Self::new(real_meaning().await).await
    }

    async fn find(&self, text: &str) -> SearchResults {
        self.services.search.search(&Actor::anonymous(), &SearchRequest::new(text)).await.expect("searched")
    }

    async fn names(&self, text: &str) -> Vec<String> {
        self.find(text).await.hits.into_iter().map(|hit| hit.item.name).collect()
    }

    /// The first hit is this, for this reason.
    async fn check(&self, text: &str, name: &str, why: Why) {
        let found = self.find(text).await;
        let first = found.hits.first().unwrap_or_else(|| panic!("`{text}` finds nothing"));
        assert_eq!((first.item.name.as_str(), first.why), (name, why), "`{text}`: {:#?}", shown(&found));
    }
}

fn shown(found: &SearchResults) -> Vec<(String, Why, f32)> {
    found.hits.iter().take(5).map(|hit| (hit.item.name.clone(), hit.why, hit.score)).collect()
}

#[tokio::test]
async fn codes_serial_and_model_numbers_come_first_however_they_are_typed() {
    let room = Storeroom::with_model().await;
    let own = room.services.catalog.view(&room.keeper, room.drill).await.expect("seen").summary.code.expect("has one");
    let serials = ["SN-4711/B", "sn4711b", "TN-2110", "tn2110", "tn 2110", "4006381333931", "LEGACY-77", "legacy77"];
    for typed in serials.into_iter().map(str::to_owned).chain([own.clone(), own.to_lowercase().replace('-', "")]) {
        room.check(&typed, "Cordless drill", Why::Code).await;
    }
    room.check("Café press", "Café press", Why::Code).await;
    // A number names one thing, whatever others are called.
    let mut lock = ItemDraft::new(ItemKind::Asset, "Laptop lock");
    lock.model = Some("Claw Hammer".into());
    let new = NewItem { request: RequestId::new(), draft: lock, place: None, codes: Vec::new() };
    room.services.catalog.create(&room.keeper, new).await.expect("made");
    room.check("claw hammer", "Laptop lock", Why::Code).await;
    // A sentence instead of a number was cut to what is kept; typed whole, it is found all the same.
    let sentence =
        "USB-C 8-Port Hub/Dock/Converter with MST, HDMI, DisplayPort, VGA, Ethernet (10/100/1000 Mbps), ".repeat(3);
    let mut dock = ItemDraft::new(ItemKind::Asset, "Docking station");
    dock.model = Some(sentence[..200].trim().into());
    let new = NewItem { request: RequestId::new(), draft: dock, place: None, codes: Vec::new() };
    room.services.catalog.create(&room.keeper, new).await.expect("made");
    let bare: String = sentence.chars().filter(|c| c.is_alphanumeric()).collect();
    for typed in [&sentence, &bare] {
        room.check(typed, "Docking station", Why::Code).await;
    }
    room.check("sn-47", "Cordless drill", Why::Code).await;
}

#[tokio::test]
async fn words_are_found_in_any_inflection_and_without_accents() {
    let room = Storeroom::with_model().await;
    room.check("drills", "Cordless drill", Why::Word).await;
    room.check("hammering claws", "Claw hammer", Why::Word).await;
    room.check("cafe", "Café press", Why::Word).await;
    room.check("Schrauben verzinkt", "Holzschrauben verzinkt", Why::Word).await;
    room.check("Kabel wetterfest", "Kabelbinder schwarz", Why::Word).await;
    room.check("grosse dosen", "Holzschrauben verzinkt", Why::Word).await;
}

#[tokio::test]
async fn the_last_word_may_be_unfinished() {
    let room = Storeroom::with_model().await;
    room.check("extingu", "Fire extinguisher", Why::Word).await;
    room.check("laser pri", "Laser printer", Why::Word).await;
    room.check("kabelb", "Kabelbinder schwarz", Why::Word).await;
}

#[tokio::test]
async fn misspelt_words_are_corrected_and_it_says_so() {
    let room = Storeroom::with_model().await;
    room.check("extenguisher", "Fire extinguisher", Why::Spelling).await;
    room.check("foam extenguisher", "Fire extinguisher", Why::Spelling).await;
    room.check("slepeing bag", "Sleeping bag", Why::Spelling).await;
    room.check("wasserwage", "Wasserwaage", Why::Spelling).await;
    let found = room.find("hamemr").await;
    assert_eq!(found.corrected.as_deref(), Some("hammer"));
    assert_eq!(found.hits[0].matched, ["hammer"]);
}

#[tokio::test]
async fn meaning_finds_what_is_not_called_that() {
    let room = Storeroom::with_model().await;
    let found = room.find("something to keep my tent dry").await;
    assert_eq!(found.hits[0].item.id, room.tarp, "{:#?}", shown(&found));
    assert_eq!(found.hits[0].why, Why::Meaning);
    assert_eq!(found.words_only, None);
    room.check("spend the night warm outdoors", "Sleeping bag", Why::Meaning).await;
    room.check("put out a blaze", "Fire extinguisher", Why::Meaning).await;
}

#[tokio::test]
async fn nonsense_finds_nothing() {
    let room = Storeroom::with_model().await;
    for typed in ["xqzvkjw", "pfrtlzzk", "wqjxhhvb mnbvcz", "zzyqxw", "kkjhgfdq"] {
        assert_eq!(room.names(typed).await, Vec::<String>::new(), "`{typed}`");
    }
}

#[tokio::test]
async fn filters_leave_only_what_they_say() {
    let room = Storeroom::with_model().await;
    let person = inventory::domain::PersonId::new();
    let admin = room.test.admin().await;
    let named = "insert into inventory.person (id, name, role) values ($1, 'Ann', 'member')";
    admin.execute(named, &[&person.0]).await.expect("inserted");
    let lend = Act::CheckOut {
        item: room.tarp,
        from: room.shelf,
        quantity: 1.into(),
        lot: None,
        borrower: Borrower::Person(person),
        due_on: None,
    };
    room.services.stock.book(&room.keeper, &BookingRequest::single(lend)).await.expect("lent");

    assert_eq!(room.names("lent").await, ["Tarp 3 x 4 m, olive"]);
    assert_eq!(room.names("low").await, ["Machine screws M4"]);
    assert_eq!(room.names("in:\"Red box\"").await, ["Claw hammer", "Cordless drill", "Screwdriver set"]);
    assert_eq!(room.names("tag:CAMPING kind:asset in:workshop torch").await[0], "Head torch");
    assert!(room.names("kind:consumable drill").await.iter().all(|name| name == "Machine screws M4"));
    let camping = room.names("tag:camping something warm for the night").await;
    assert_eq!(camping[0], "Sleeping bag");
    assert!(camping.iter().all(|name| {
        THINGS.iter().any(|(thing, _, tags, _)| thing == name && tags.split(' ').any(|tag| tag == "camping"))
    }));
    // A name that ends like a filter is a name when it is one.
    let admin = room.test.admin().await;
    let named = "update inventory.item set name = 'Bench low' where name = 'Guitar strings'";
    admin.execute(named, &[]).await.expect("renamed");
    assert_eq!(room.names("bench low").await[0], "Bench low");
    let nowhere = room.find("in:attic drill").await;
    assert_eq!((nowhere.hits.len(), nowhere.unknown_places), (0, vec!["attic".to_owned()]));
}

#[tokio::test]
async fn archived_items_are_found_only_when_asked_for_or_by_their_code() {
    let room = Storeroom::with_model().await;
    let scrap = Act::Scrap { item: room.tarp, from: Some(room.shelf), quantity: 1.into(), lot: None };
    room.services.stock.book(&room.keeper, &BookingRequest::single(scrap)).await.expect("scrapped");
    room.services.catalog.archive(&room.keeper, room.tarp).await.expect("archived");
    assert!(!room.names("tarp").await.contains(&"Tarp 3 x 4 m, olive".to_owned()));
    assert_eq!(room.names("tarp archived").await, ["Tarp 3 x 4 m, olive"]);
    let code = room.services.catalog.view(&room.keeper, room.tarp).await.expect("seen").summary.code.expect("has one");
    let found = room.find(&code).await;
    assert!(found.hits[0].item.id == room.tarp && found.hits[0].item.archived);
}

#[tokio::test]
async fn words_that_name_a_place_prefer_what_lies_there() {
    let room = Storeroom::with_model().await;
    let mut spare = ItemDraft::new(ItemKind::Asset, "Cordless drill");
    spare.description = "The old one.".into();
    let garage = room.find("garage").await.hits[0].item.id;
    let place = Some(Placement { holder: garage, quantity: 1.into(), lot: None });
    let new = NewItem { request: RequestId::new(), draft: spare, place, codes: vec![] };
    let made = room.services.catalog.create(&room.keeper, new).await.expect("made").item;
    assert_eq!(room.find("drill garage").await.hits[0].item.id, made);
    assert_eq!(room.find("drill red box").await.hits[0].item.id, room.drill);
    room.check("garage door opener", "Garage door opener", Why::Code).await;
    room.check("garage opener", "Garage door opener", Why::Word).await;
}

#[tokio::test]
async fn without_the_model_words_serve_and_it_says_so() {
    let room = Storeroom::new(Meaning::absent(inventory::embedding::EmbedError::Loading)).await;
    room.check("drills", "Cordless drill", Why::Word).await;
    room.check("hamemr", "Claw hammer", Why::Spelling).await;
    let found = room.find("shelter").await;
    assert_eq!((found.hits.len(), found.words_only.is_some()), (0, true));
    let request = SearchRequest { mode: Mode::Meaning, ..SearchRequest::new("shelter") };
    assert!(room.services.search.search(&Actor::anonymous(), &request).await.is_err());
}

#[tokio::test]
async fn what_anybody_writes_is_found_at_once() {
    let room = Storeroom::with_model().await;
    let view = room.services.catalog.view(&room.keeper, room.tarp).await.expect("seen");
    let mut draft = view.draft.clone();
    draft.name = "Groundsheet".into();
    room.services.catalog.edit(&room.keeper, room.tarp, view.version, draft).await.expect("edited");
    assert_eq!(room.find("groundsheet").await.hits[0].item.id, room.tarp);
    let olive = room.find("olive").await;
    assert!(olive.hits.iter().all(|hit| hit.item.id != room.tarp || hit.why == Why::Meaning), "{:#?}", shown(&olive));

    let admin = room.test.admin().await;
    let by_hand = "update inventory.item set notes = 'zeppelin mast' where id = $1";
    admin.execute(by_hand, &[&room.drill.0]).await.expect("edited with psql");
    room.check("zeppelin", "Cordless drill", Why::Word).await;
    admin.execute("update inventory.tag set name = 'bivouac' where name = 'camping'", &[]).await.expect("renamed");
    assert!(room.names("bivouac").await.contains(&"Sleeping bag".to_owned()));
}

#[tokio::test]
async fn the_worker_makes_the_vectors_of_what_changed_and_survives_being_killed() {
    let room = Storeroom::with_model().await;
    let admin = room.test.admin().await;
    admin
        .execute(
            "update inventory.item set description = 'A blow-up boat for two with oars.' where id = $1",
            &[&room.tarp.0],
        )
        .await
        .expect("edited");
    // Killed in the middle again and again: what it took off the queue is back.
    for _ in 0..3 {
        let worker = Worker::start(&room.services.search);
        tokio::time::sleep(Duration::from_millis(5)).await;
        drop(worker);
    }
    let worker = Worker::start(&room.services.search);
    let mut progress = worker.progress();
    tokio::time::timeout(Duration::from_secs(20), progress.wait_for(|progress| progress.settled))
        .await
        .expect("it settles")
        .expect("it runs");
    assert_eq!(room.find("paddle across the lake").await.hits[0].item.id, room.tarp);
    let stale: i64 = admin
        .query_one(
            "select (select count(*) from inventory.search_stale) + (select count(*) from inventory.embedding_stale)",
            &[],
        )
        .await
        .expect("counted")
        .get(0);
    assert_eq!(stale, 0);
}

#[tokio::test]
async fn while_everything_is_read_anew_it_is_found_as_before() {
    let room = Storeroom::with_model().await;
    let anew = room.services.search.reindex(&room.keeper, true, |_| {});
    // Whoever asked for it is gone before it is done.
    assert!(tokio::time::timeout(Duration::from_millis(2), anew).await.is_err(), "it takes longer than that");
    let found = room.find("something to keep my tent dry").await;
    assert_eq!(found.hits[0].item.id, room.tarp, "{:#?}", shown(&found));
    assert_eq!(room.find("sleeping bag").await.hits[0].item.name, "Sleeping bag");
}

#[tokio::test]
async fn vectors_of_another_model_are_never_looked_at() {
    let room = Storeroom::with_model().await;
    let admin = room.test.admin().await;
    admin.batch_execute("update inventory.embedding_model set name = 'another/model' ; ").await.expect("renamed");
    let found = room.find("something to keep my tent dry").await;
    assert!(found.hits.iter().all(|hit| hit.why != Why::Meaning), "{:#?}", shown(&found));
    room.services.search.reindex(&room.keeper, false, |_| {}).await.expect("reindexed");
    assert_eq!(room.find("something to keep my tent dry").await.hits[0].item.id, room.tarp);
    let models: i64 =
        admin.query_one("select count(*) from inventory.embedding_model", &[]).await.expect("counted").get(0);
    assert_eq!(models, 1);
}
