//! Import and export: what comes in is what goes out, twice is once, and all of it can be taken back.

use std::path::Path;

use inventory::domain::{Act, Actor, ItemDraft, ItemId, ItemKind, Quantity, RequestId};
use inventory::example;
use inventory::services::catalog::{ItemView, NewItem};
use inventory::services::stock::BookingRequest;
use inventory::services::transfer::{Conflict, Field, ImportError, ImportOptions, PictureSource, Remark, What};

use crate::house::{House, SMALL};
use crate::photos::{camera_jpeg, drawing, holds};

fn path_of(view: &ItemView) -> String {
    let names: Vec<&str> = view.summary.path.places.iter().map(|place| place.name.as_str()).collect();
    names.join(" / ")
}

#[tokio::test]
async fn a_file_becomes_items_with_all_they_have() {
    let house = House::new().await;
    let report = house.import(SMALL).await;
    assert_eq!((report.items, report.counts().0), (5, 5));
    let glue = house.item("Glue").await;
    assert_eq!((glue.summary.kind, glue.owned.to_string().as_str()), (ItemKind::Consumable, "2"));
    assert_eq!(glue.draft.tags, ["adhesive", "wood"]);
    assert_eq!(glue.draft.fields["Colour"], "white");
    assert_eq!((glue.suppliers[0].supplier.as_str(), glue.suppliers[0].part_number.as_str()), ("Kern", "K-7"));
    let lot = glue.stock[0].lot.as_ref().expect("a lot");
    assert_eq!((lot.code.as_str(), lot.expires_on.map(|d| d.to_string()).as_deref()), ("A1", Some("2027-05-31")));
    assert_eq!(path_of(&house.item("Saw").await), "Hall / Shelf / Red box");
    for code in ["GL-1", "sw-1"] {
        assert_eq!(house.named_by(code).await, 1, "{code}");
    }
    house.is_sound().await;
}

#[tokio::test]
async fn importing_twice_changes_nothing_the_second_time() {
    let house = House::new().await;
    house.import(SMALL).await;
    let after = house.export().await;
    let again = house.import(SMALL).await;
    assert_eq!((again.unchanged, again.booking, again.changes.len()), (5, None, 0));
    assert_eq!(house.export().await, after);
    let plain = "name;place;quantity\nChair;Hall;\nChair;Hall;\nNail;Hall;200\n";
    assert_eq!(house.import(plain).await.counts().0, 3);
    assert_eq!(house.import(plain).await.unchanged, 3);
}

#[tokio::test]
async fn an_export_reads_back_into_another_house_byte_for_byte() {
    let house = House::new().await;
    house.import(example::INVENTORY).await;
    let tricky = "kind,name,description,notes,place,field:Cell\n\
                  location,AC/DC \\/ cellar,\"=1+1\",\"'-x\nsecond line\",,\"@now, \"\"quoted\"\"\"\n\
                  location,Twin,,,,-40\nlocation,twin,,,,\nasset,Lamp,+49,,AC/DC \\/ cellar,\n";
    house.import(tricky).await;
    let first = house.export().await;
    assert!(first.contains("'=1+1") && first.contains("'@now") && !first.contains(",=1+1"));
    let other = House::new().await;
    other.import(&first).await;
    assert_eq!(other.export().await, first);
    assert_eq!(other.item("Lamp").await.draft.description, "+49");
    other.is_sound().await;
    let again = house.import(&first).await;
    assert_eq!((again.counts(), again.booking), ((0, 0, 0, 0), None), "{:?}", again.changes);
}

#[tokio::test]
async fn a_missing_column_is_not_an_empty_cell() {
    let house = House::new().await;
    house.import(SMALL).await;
    let renamed = house.import("id,kind,name\nglue,consumable,Wood glue\n").await;
    assert!(matches!(&renamed.changes[0].what, What::Update { fields, stock: false } if fields == &["name"]));
    let glue = house.item("Wood glue").await;
    assert_eq!((glue.draft.tags.len(), glue.owned.to_string().as_str()), (2, "2"));
    let cleared = house.import("id,kind,name,tags,field:Colour\nglue,consumable,Wood glue,,\n").await;
    assert!(matches!(&cleared.changes[0].what, What::Update { fields, .. } if fields == &["tags", "fields"]));
    let glue = house.item("Wood glue").await;
    assert!(glue.draft.tags.is_empty() && glue.draft.fields.is_empty());
}

#[tokio::test]
async fn a_changed_row_moves_and_counts() {
    let house = House::new().await;
    house.import(SMALL).await;
    let moved = SMALL.replace("saw,asset,Saw,Hall / Shelf / Red box", "saw,asset,Saw,Yard / Shed");
    let moved = moved.replace("Hall / Shelf / Red box,,,0.5,,B2", "Hall / Shelf,,,0.75,,B2");
    let report = house.import(&moved).await;
    assert_eq!((report.counts(), report.unchanged), ((0, 2, 0, 0), 3));
    assert_eq!(report.remarks.iter().filter(|r| matches!(r, Remark::PlaceMade(_))).count(), 2);
    assert_eq!(path_of(&house.item("Saw").await), "Yard / Shed");
    let glue = house.item("Glue").await;
    assert_eq!(glue.owned.to_string(), "2.25");
    assert!(glue.stock.iter().all(|line| line.path.places.last().expect("placed").name == "Shelf"));
    house.is_sound().await;
}

#[tokio::test]
async fn what_was_changed_here_since_is_a_conflict_until_the_file_may_win() {
    let house = House::new().await;
    house.import(SMALL).await;
    let saw = house.item("Saw").await;
    let mut draft = saw.draft.clone();
    draft.notes = "Sharpened in May".into();
    house.services.catalog.edit(&house.keeper, saw.summary.id, saw.version, draft).await.expect("edited");
    let shelf = house.item("Shelf").await.summary.id;
    let from = house.item("Red box").await.summary.id;
    let glue = house.item("Glue").await;
    let lot = glue.stock[1].lot.as_ref().expect("a lot").id;
    let act = Act::Transfer {
        item: glue.summary.id,
        from: Some(from),
        to: Some(shelf),
        quantity: "0.5".parse::<Quantity>().expect("a quantity"),
        lot: Some(lot),
    };
    house.services.stock.book(&house.keeper, &BookingRequest::single(act)).await.expect("moved");
    let edited = SMALL.replace("Saw,", "Hand saw,").replace(",0.5,", ",0.6,");
    let report = house.import(&edited).await;
    let conflicts: Vec<&What> = report.changes.iter().map(|change| &change.what).collect();
    assert_eq!(conflicts, [&What::Conflict(Conflict::Moved), &What::Conflict(Conflict::Edited)]);
    assert_eq!(report.booking, None);
    let options = ImportOptions { overwrite: true, ..ImportOptions::default() };
    assert_eq!(house.import_with(&edited, &options).await.expect("imported").counts().1, 2);
    let saw = house.item("Hand saw").await;
    assert_eq!(saw.draft.notes, "Sharpened in May", "what the file does not say stays");
    assert_eq!(house.item("Glue").await.owned.to_string(), "2.1");
}

#[tokio::test]
async fn suppliers_prices_and_links_go_out_and_come_in() {
    let house = House::new().await;
    let file = "\
kind,name,supplier,supplier_part,supplier_price,supplier_url
asset,Saw,Kern;Metz,K-1;M-1,\"12.50 EUR;$1,300.00\",;https://metz.example/m-1
";
    house.import(file).await;
    let parts = house.item("Saw").await.suppliers;
    let price = |n: usize| parts[n].price.as_ref().map(|price| format!("{} {}", price.amount, price.currency));
    assert_eq!((price(0).as_deref(), price(1).as_deref()), (Some("12.5 EUR"), Some("1300 USD")));
    assert_eq!((parts[0].url.as_deref(), parts[1].url.as_deref()), (None, Some("https://metz.example/m-1")));
    let other = House::new().await;
    other.import(&house.export().await).await;
    assert_eq!(other.item("Saw").await.suppliers, parts);
    let said = house.refused("kind,name,supplier,supplier_part,supplier_price\nasset,Saw,Kern,K-1,12\n").await;
    assert!(said.contains("column `supplier_price`") && said.contains("currency"), "{said}");
}

#[tokio::test]
async fn a_folder_has_the_pictures_too_and_nothing_of_what_a_camera_wrote() {
    let house = House::new().await;
    std::fs::write(house.dir.path().join("saw.jpg"), camera_jpeg(&drawing(), 6)).expect("written");
    let file =
        "id,kind,name,place,photo\nhall,location,Hall,,\nsaw,asset,Saw,Hall,saw.jpg\naxe,asset,Axe,Hall,saw.jpg\n";
    house.import(file).await;
    let folder = house.dir.path().join("out");
    let transfer = &house.services.transfer;
    assert_eq!(transfer.export_folder(&house.keeper, &folder).await.expect("written"), 1, "one file for both");
    assert!(transfer.export_folder(&house.keeper, &folder).await.is_err(), "what is there is not written over");
    let table = std::fs::read_to_string(folder.join("inventory.csv")).expect("the table");
    let picture = std::fs::read_dir(folder.join("photos")).expect("a folder").next().expect("one").expect("listed");
    let bytes = std::fs::read(picture.path()).expect("readable");
    assert!(!holds(&bytes, b"Exif") && !holds(&bytes, b"Gps"));
    assert!(table.contains(&picture.file_name().into_string().expect("text")), "{table}");

    let import = async |into: &House| {
        let options = ImportOptions::default();
        let told = |_, _, _| {};
        let path = folder.join("inventory.csv");
        into.services.transfer.import(&into.keeper, RequestId::new(), &path, &options, &told).await.expect("imported")
    };
    assert_eq!(import(&house).await.photos, 0, "at home they are known");
    let other = House::new().await;
    assert_eq!(import(&other).await.photos, 2);
    assert_eq!(import(&other).await.booking, None, "twice is once");
    assert_eq!(other.item("Axe").await.photos.len(), 1);
    let roles = inventory::domain::Role::ALL.into_iter().filter(|role| *role < inventory::domain::Role::Keeper);
    for role in roles {
        let refused = transfer.export_folder(&Actor { person: None, role }, &house.dir.path().join("no")).await;
        assert!(matches!(refused, Err(ImportError::Forbidden(_))));
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_does_none_of_it() {
    let house = House::new().await;
    let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let before = house.export().await;
    let report = house.import_with(SMALL, &options).await.expect("looked");
    assert_eq!((report.counts().0, report.booking), (5, None));
    assert_eq!(house.export().await, before);
}

#[tokio::test]
async fn a_broken_file_changes_nothing_and_says_where_it_is_broken() {
    let house = House::new().await;
    house.import(SMALL).await;
    let table = [
        ("id,kind,name,quantity\na,asset,A,\nb,consumable,B,many\n", "line 3, column `quantity`: `many` is no number"),
        ("kind,name,purchased_on\nasset,A,2026-02-30\n", "line 2, column `purchased_on`: `2026-02-30` is no date"),
        ("kind,name\nasset,\n", "line 2, column `name`"),
        ("kind,name\nthing,A\n", "line 2, column `kind`: `thing` is no kind"),
        ("id,kind,name\na,asset,A\na,asset,A\n", "line 3, column `id`: `a` is on an earlier line"),
        ("kind,name,quantity\nasset,A,3\n", "column `quantity`: one asset is one"),
        ("kind,name,place\nasset,A,id:nowhere\n", "no place with the id `nowhere`"),
        ("kind,name,instance_of\nasset,A,drill\n", "line 2, column `instance_of`"),
        ("kind,name\nasset,A,more\n", "line 2: 3 cells, but the header has 2"),
        ("Title,Where\nA,B\n", "no column of names"),
        ("", "empty"),
    ];
    for (text, expected) in table {
        let said = house.refused(text).await;
        assert!(said.contains(expected), "{said} / {expected}");
    }
}

#[tokio::test]
async fn other_programs_columns_are_mapped_and_what_is_unknown_is_said() {
    let house = House::new().await;
    let text = "Title;Asset Tag;Where;Cost;Colour;Shoe size\nDrill;T-1;Hall -> Shelf;\"$1,234.50\";red;43\n";
    let map = [("Title", "name"), ("asset tag", "id"), ("Where", "place"), ("Cost", "purchase_price")]
        .map(|(column, field)| (column.to_owned(), Field::of_header(field).expect("known")))
        .to_vec();
    let map = [map, vec![("Colour".to_owned(), Field::Custom("Colour".into()))]].concat();
    let options = ImportOptions { map, ..ImportOptions::default() };
    let report = house.import_with(text, &options).await.expect("imported");
    assert!(report.remarks.contains(&Remark::UnknownColumn("Shoe size".into())), "{:?}", report.remarks);
    let drill = house.item("Drill").await;
    assert_eq!(path_of(&drill), "Hall / Shelf");
    let price = drill.draft.price.expect("a price");
    assert_eq!((price.amount.to_string().as_str(), price.currency.as_str()), ("1234.5", "USD"));
    assert_eq!(drill.draft.fields["Colour"], "red");
    let wrong = ImportOptions { map: vec![("Tittle".into(), Field::Name)], ..ImportOptions::default() };
    let refused = house.import_with(text, &wrong).await.expect_err("no such column");
    assert!(refused.to_string().contains("Tittle"));
}

#[tokio::test]
async fn homebox_files_are_known_by_their_headers() {
    let house = House::new().await;
    let text = "HB.location,HB.tags,HB.quantity,HB.name,HB.model_number,HB.purchase_price,HB.purchase_date,HB.insured,HB.field.Volt\n\
                Garage /Rack/ Top,IOT; Home,1,Relay,ZEN17,39.95,10/13/2021,true,12\n\
                ,,25,Screw,,,,,\n";
    let report = house.import(text).await;
    assert_eq!(report.format, "homebox");
    let relay = house.item("Relay").await;
    assert_eq!(path_of(&relay), "Garage / Rack / Top");
    assert_eq!(relay.draft.tags, ["Home", "IOT"]);
    assert_eq!(relay.draft.purchased_on.map(|d| d.to_string()).as_deref(), Some("2021-10-13"));
    assert_eq!(relay.draft.fields["Volt"], "12");
    assert_eq!(relay.draft.fields["purchase price"], "39.95");
    assert!(report.remarks.iter().any(|r| matches!(r, Remark::NoCurrency { .. })));
    let screw = house.item("Screw").await;
    assert_eq!((screw.summary.kind, path_of(&screw).as_str()), (ItemKind::Consumable, "Unsorted"));
    assert_eq!(house.import(text).await.booking, None);
}

#[tokio::test]
async fn an_inventree_directory_becomes_products_assets_and_consumables() {
    let house = House::new().await;
    let dir = house.dir.path().join("demo");
    write_inventree(&dir);
    let told = |_, _, _| {};
    let options = ImportOptions::default();
    let import = || house.services.transfer.import(&house.keeper, RequestId::new(), &dir, &options, &told);
    let report = import().await.expect("imported");
    assert_eq!(report.format, "inventree");
    let product = house.item("Widget").await;
    assert_eq!(product.summary.kind, ItemKind::Product);
    assert_eq!(product.photos.len(), 1);
    let asset = house.item("Widget #7").await;
    assert_eq!(asset.product.as_ref().map(|(id, _)| *id), Some(product.summary.id));
    assert_eq!((asset.draft.serial_number.as_deref(), path_of(&asset).as_str()), (Some("7"), "Lab / Bench"));
    assert_eq!(path_of(&house.item("Widget, loose").await), "Unsorted");
    let resistor = house.item("Resistor").await;
    assert_eq!(resistor.summary.kind, ItemKind::Consumable);
    assert_eq!(resistor.draft.tags, ["Resistors"]);
    assert_eq!(resistor.stock[0].lot.as_ref().map(|lot| lot.code.as_str()), Some("B-1"));
    assert_eq!(resistor.owned.to_string(), "15");
    assert_eq!(resistor.suppliers[0].supplier, "Kessler");
    assert_eq!(house.named_by("R-10K").await, 1);
    assert!(report.remarks.iter().any(|r| matches!(r, Remark::Unsorted(1))), "{:?}", report.remarks);
    assert_eq!(import().await.expect("imported").booking, None, "twice is once");
    house.is_sound().await;
}

fn write_inventree(dir: &Path) {
    std::fs::create_dir_all(dir.join("media")).expect("made");
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).expect("written");
    write(
        "items.jsonl",
        r#"{"id": "IT1", "title": "Resistor", "text": "10k", "category": "Electronics / Resistors", "ipn": "R-10K", "units": "", "minimum_stock": "5.000000", "parameters": {"Power": "1/10"}, "suppliers": [{"supplier": "Kessler", "sku": "K-10", "link": null}], "manufacturers": [], "image": null}
{"id": "IT2", "title": "Widget", "category": "Assemblies", "image": "w.png"}
"#,
    );
    write(
        "stock.jsonl",
        r#"{"id": 1, "part": "IT1", "quantity": "10.00000", "location": "Lab / Bench", "serial": null, "batch": "B-1", "status": 10}
{"id": 2, "part": "IT1", "quantity": "5.00000", "location": "Lab / Bench", "serial": null, "batch": "B-1", "status": 10}
{"id": 3, "part": "IT2", "quantity": "1.00000", "location": "Lab / Bench", "serial": "7", "batch": null, "status": 10}
{"id": 4, "part": "IT2", "quantity": "3.00000", "location": null, "serial": null, "batch": null, "status": 10}
"#,
    );
    write(
        "locations.json",
        r#"{"1": {"name": "Lab", "path": "Lab", "description": "", "parent": null}, "2": {"name": "Bench", "path": "Lab / Bench", "description": "By the window", "parent": 1}}"#,
    );
    image::RgbImage::new(40, 30).save(dir.join("media/w.png")).expect("drawn");
}

#[tokio::test]
async fn pictures_come_with_the_file_and_only_from_beside_it() {
    let house = House::new().await;
    image::RgbImage::new(40, 30).save(house.dir.path().join("saw.png")).expect("drawn");
    std::fs::write(house.dir.path().join("bad.jpg"), "<html>").expect("written");
    let text = "kind,name,photo\nasset,Saw,saw.png\nasset,Axe,bad.jpg;../saw.png\nasset,Rasp,saw.png\n";
    let report = house.import(text).await;
    assert_eq!(report.photos, 2);
    assert_eq!(report.remarks.iter().filter(|r| matches!(r, Remark::NoPhoto { .. })).count(), 2);
    assert_eq!(house.item("Saw").await.photos.len(), 1);
    assert_eq!(house.import(text).await.booking, None);
}

#[tokio::test]
async fn labels_keep_their_codes_in_another_house() {
    let house = House::new().await;
    let make = async |house: &House, name: &str| {
        let draft = ItemDraft::new(ItemKind::Asset, name);
        let new = NewItem { request: RequestId::new(), draft, place: None, codes: vec![] };
        house.services.catalog.create(&house.keeper, new).await.expect("made").item
    };
    make(&house, "Saw").await;
    let code = house.item("Saw").await.summary.code.expect("an own code");
    let other = House::new().await;
    other.import(&house.export().await).await;
    assert_eq!(other.item("Saw").await.summary.code.as_deref(), Some(code.as_str()));
    make(&other, "Axe").await;
    assert_ne!(other.item("Axe").await.summary.code, Some(code));
}

#[tokio::test]
async fn the_example_is_a_whole_inventory() {
    let house = House::new().await;
    let report = example::load(&house.services, &|_, _, _| {}).await.expect("imported");
    assert_eq!((report.counts().3, report.remarks.len()), (0, 0), "{:?}", report.remarks);
    let ids = house.ids().await;
    assert!(ids.len() >= 120 && ids.len() == report.items, "{}", ids.len());
    let places = house.services.catalog.places(&house.keeper).await.expect("listed");
    let depth = |mut id: ItemId| {
        let mut depth = 1;
        while let Some(above) = places.iter().find(|node| node.id == id).and_then(|node| node.parent) {
            (id, depth) = (above, depth + 1);
        }
        depth
    };
    assert!(places.iter().map(|node| depth(node.id)).max() >= Some(4));
    let mut reader = csv::Reader::from_reader(example::INVENTORY.as_bytes());
    let headers = reader.headers().expect("headers").clone();
    let table: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let column = |name: &str| headers.iter().position(|header| header == name).expect(name);
    for row in &table {
        for code in row[column("gtin")].split(';').chain(row[column("aliases")].split(';')).filter(|c| !c.is_empty()) {
            assert!(house.named_by(code).await > 0, "{code}");
        }
    }
    let pictured = table.iter().filter(|row| !row[column("photo")].is_empty()).count();
    assert_eq!(report.photos, pictured);
    let again = example::load(&house.services, &|_, _, _| {}).await.expect("imported");
    assert_eq!(again.booking, report.booking, "the first answer stands");
    assert_eq!(house.ids().await.len(), ids.len());
    house.is_sound().await;
}

#[tokio::test]
async fn only_a_keeper_imports_and_exports() {
    let house = House::new().await;
    for role in inventory::domain::Role::ALL {
        let actor = Actor { person: None, role };
        let keeps = role >= inventory::domain::Role::Keeper;
        let pictures = PictureSource::Directories(vec![]);
        let options = ImportOptions::default();
        let told = |_, _, _| {};
        let transfer = &house.services.transfer;
        let done = transfer.import_bytes(&actor, RequestId::new(), SMALL.as_bytes(), pictures, &options, &told).await;
        assert_eq!(done.is_ok(), keeps);
        assert_eq!(transfer.export(&actor).await.is_ok(), keeps);
        let file = transfer.import(&actor, RequestId::new(), Path::new("/nonexistent"), &options, &told).await;
        assert_eq!(matches!(file, Err(ImportError::Forbidden(_))), !keeps);
    }
}
