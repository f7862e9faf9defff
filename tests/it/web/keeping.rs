//! Pages on which the entries are kept: new and edited items, photos, import, people, figures; with and without their rights.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use inventory::domain::item::Money;
use inventory::domain::{Act, Actor, Borrower, ItemDraft, ItemKind, Quantity, RequestId, Role};
use inventory::services::stock::BookingRequest;
use qrcode::QrCode;

use super::{Answer, Site};

const BOUNDARY: &str = "----a-boundary";

impl Site {
    /// Sends a form with files as a browser does: its token first.
    async fn send_form(&self, path: &str, page: &Answer, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Answer {
        let mut body = Vec::new();
        let token = page.hidden("token");
        for (name, value) in [("token", token.as_str())].iter().chain(fields) {
            body.extend_from_slice(
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .as_bytes(),
            );
        }
        for (name, bytes) in files {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x.html\"\r\nContent-Type: text/html\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let (origin, media_type) =
            (format!("http://{}", self.address), format!("multipart/form-data; boundary={BOUNDARY}"));
        self.send("POST", path, &[("Origin", &origin), ("Content-Type", &media_type)], &body).await
    }
}

fn png(picture: &GrayImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("encoded");
    bytes.into_inner()
}

/// A printed code as a camera sees it.
fn label(text: &str) -> Vec<u8> {
    let code = QrCode::new(text).expect("fits");
    let (dots, side) = (code.to_colors(), u32::try_from(code.width()).expect("small"));
    png(&GrayImage::from_fn((side + 8) * 6, (side + 8) * 6, |x, y| {
        let (column, row) = ((x / 6).wrapping_sub(4), (y / 6).wrapping_sub(4));
        let dark = column < side && row < side && dots[(row * side + column) as usize] == qrcode::Color::Dark;
        Luma([if dark { 30 } else { 220 }])
    }))
}

#[tokio::test]
async fn an_item_is_made_and_edited_by_forms_and_never_over_somebody_elses_edit() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await.to_string();
    let page = site.get(&format!("/items/new?in={shelf}")).await;
    let fields = [
        ("token", page.hidden("token")),
        ("request", page.hidden("request")),
        ("kind", "consumable".into()),
        ("name", "Wood screw".into()),
        ("to", shelf.clone()),
        ("quantity", "1,250".into()),
        ("unit", "pcs".into()),
        ("tags", "fastener, wood".into()),
        ("fields", "Length: 40\r\nDrive: Torx".into()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let made = site.post("/items/new", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let item = made.header("location").split('?').next().expect("a path").to_owned();
    let again = site.post("/items/new", &fields).await;
    assert!(again.header("location").starts_with(&item), "sending it twice makes one");
    let shown = site.get(&item).await.body;
    assert!(shown.contains("1,250") && shown.contains("fastener") && shown.contains("Torx"), "{shown}");

    let edit = format!("{item}/edit");
    let page = site.get(&edit).await;
    assert!(page.body.contains("Length: 40") && page.body.contains("value=\"Wood screw\""), "{}", page.body);
    let saved = |page: &Answer, name: &str| {
        [
            ("token", page.hidden("token")),
            ("version", page.hidden("version")),
            ("kind", "consumable".into()),
            ("name", name.to_owned()),
        ]
    };
    let send = async |fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        site.post(&edit, &fields).await
    };
    assert_eq!(send(&saved(&page, "Wood screw 4 × 40")).await.status, 303);
    let stale = send(&saved(&page, "Mine <b>")).await;
    assert_eq!(stale.status, 409);
    assert!(
        stale.body.contains("Wood screw 4 × 40") && stale.body.contains("Mine &lt;b&gt;"),
        "both are shown: {}",
        stale.body
    );
    assert_eq!(send(&saved(&stale, "Mine <b>")).await.status, 303, "saving again is a choice");
    let wrong = send(&saved(&site.get(&edit).await, " ")).await;
    assert!(wrong.status == 422 && wrong.body.contains("1 to 200 characters"), "{}", wrong.body);
}

#[tokio::test]
async fn photos_are_added_from_a_form_and_what_is_no_photo_is_said() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let path = format!("/items/{shelf}/photos");
    let page = site.get(&path).await;
    let picture = png(&GrayImage::from_pixel(40, 30, Luma([90])));
    let added = site.send_form(&path, &page, &[], &[("photo", &picture)]).await;
    assert_eq!((added.status, added.header("location")), (303, path.as_str()), "{}", added.body);
    let hostile: &[u8] = b"<html><script>alert(1)</script></html>";
    let mixed = site.send_form(&path, &page, &[], &[("photo", hostile), ("photo", &label("x"))]).await;
    assert!(mixed.status == 422 && mixed.body.contains("1 of 2 files"), "{}", mixed.body);
    let page = site.get(&path).await;
    assert_eq!(page.body.matches("class=\"photo large\"").count(), 2);
    // The first one is turned by its own form.
    let first = async || site.services.photos.of_item(&site.admin, shelf).await.expect("read").remove(0);
    let before = first().await;
    let token = page.hidden("token");
    let form = format!("{path}/{}", before.id);
    for (what, status) in [("turn-around", 400), ("turn-left", 303)] {
        let turned = site.post(&form, &[("token", &token), ("what", what), ("caption", "")]).await;
        assert_eq!(turned.status, status, "{what}: {}", turned.body);
    }
    let after = first().await;
    assert_eq!((after.width, after.height), (before.height, before.width));
    assert_ne!(after.id, before.id);
    let none = site.send_form(&path, &page, &[], &[]).await;
    assert!(none.status == 422 && none.body.contains("No file was chosen"), "{}", none.body);
    // Without the page's token nothing is taken, and nothing kept.
    let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a\"\r\n\r\nx\r\n--{BOUNDARY}--\r\n"
    );
    let forged = site.send("POST", &path, &[("Content-Type", &media_type)], body.as_bytes()).await;
    assert_eq!(forged.status, 403, "{}", forged.body);
}

#[tokio::test]
async fn a_photographed_label_leads_to_its_item() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let code = site.code_of(shelf).await;
    let page = site.get("/scan").await;
    let normalised = code.replace('-', "");
    let read = site
        .send_form("/scan", &page, &[], &[("photo", &label(&format!("https://storeroom.example/i/{normalised}")))])
        .await;
    assert_eq!((read.status, read.header("location")), (303, format!("/i/{normalised}").as_str()), "{}", read.body);
    assert_eq!(site.get(&format!("/i/{normalised}")).await.header("location"), format!("/items/{shelf}"));
    assert_eq!(site.get(&format!("/scan?code={code}")).await.header("location"), format!("/i/{code}"));
    let blank = site.send_form("/scan", &page, &[], &[("photo", &png(&GrayImage::new(200, 200)))]).await;
    assert!(blank.status == 200 && blank.body.contains("no code to be seen"), "{}", blank.body);
    let text = site.send_form("/scan", &page, &[], &[("photo", b"no picture")]).await;
    assert!(text.body.contains("no picture that can be read"), "{}", text.body);
}

#[tokio::test]
async fn a_table_is_looked_at_before_it_is_imported_and_taken_back_after() {
    let site = Site::new().await;
    let page = site.get("/transfer").await;
    let table = "name,kind,place,quantity\nWood <b>screw,consumable,Workshop,250\n";
    let sent = site.send_form("/import", &page, &[], &[("file", table.as_bytes())]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let address = sent.header("location").to_owned();
    let preview = site.get(&address).await;
    assert!(
        preview.body.contains("Wood &lt;b&gt;screw") && preview.body.contains("Nothing has been changed yet"),
        "{}",
        preview.body
    );
    assert!(site.get("/api/v1/items").await.json()["items"].as_array().is_some_and(Vec::is_empty));
    let go = site.post(&address, &[("token", &preview.hidden("token"))]).await;
    assert_eq!(go.status, 303, "{}", go.body);
    let mut done = site.get(&address).await;
    for _ in 0..100 {
        if done.body.contains("Imported.") {
            break;
        }
        assert_eq!(done.header("refresh"), "1", "the page follows by itself: {}", done.body);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        done = site.get(&address).await;
    }
    assert!(done.body.contains("Imported."), "{}", done.body);
    assert!(site.get("/export.csv").await.body.contains("Wood <b>screw"));
    let wrong = site.send_form("/import", &page, &[], &[("file", b"name,quantity\nScrews,many\n")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("line 2"), "{}", wrong.body);
    assert_eq!(site.get(&format!("/import/{}", uuid::Uuid::nil())).await.status, 404);
}

#[tokio::test]
async fn people_are_looked_after_by_forms() {
    let site = Site::new().await;
    let page = site.get("/people").await;
    let token = page.hidden("token");
    let added = site.post("/people", &[("token", &token), ("name", "Ann"), ("role", "member"), ("login", "ann")]).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let path = added.header("location").to_owned();
    let change = async |fields: &[(&str, &str)]| {
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(fields);
        site.post(&path, &all).await
    };
    assert_eq!(change(&[("what", "pin"), ("secret", "12345")]).await.status, 303);
    let short = change(&[("what", "password"), ("secret", "short")]).await;
    assert!(short.status == 422 && short.body.contains("8 to 256"), "{}", short.body);
    let badge = change(&[("what", "badge")]).await;
    assert!(badge.status == 200 && badge.body.contains("shown only now"), "{}", badge.body);
    assert_eq!(
        change(&[("what", "edit"), ("name", "Ann Marie"), ("role", "keeper"), ("login", "ann")]).await.status,
        303
    );
    assert!(site.get(&path).await.body.contains("Ann Marie"));
    assert_eq!(change(&[("what", "deactivate")]).await.status, 303);
    assert!(site.get(&path).await.body.contains("switched off"));
    let me = format!("/people/{}", site.admin.person.expect("somebody"));
    let last = site.post(&me, &[("token", &token), ("what", "deactivate")]).await;
    assert!(last.status == 422 && last.body.contains("last admin"), "{}", last.body);
}

#[tokio::test]
async fn figures_say_what_happened_and_how_stock_went() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let screws = site.consumable("Screws", shelf, 250).await;
    let act = serde_json::json!({"act": "issue", "item": screws.0, "from": shelf.0, "quantity": "50"});
    let body = serde_json::json!({ "acts": [act] }).to_string();
    assert_eq!(site.call("POST", "/api/v1/bookings", &[], &body).await.status, 201);
    let page = site.get("/statistics").await.body;
    let today = page.split("<tbody>").nth(1).and_then(|table| table.split("</tbody>").next()).expect("a table");
    let last = today.rsplit("<tr>").next().expect("rows");
    assert!(last.contains("<td class=\"num\">1</td><td class=\"num\">0</td>"), "one taken, none put back: {last}");
    let levels = site.get(&format!("/items/{screws}/stock")).await.body;
    assert!(levels.contains("<td class=\"num\">200"), "{levels}");
    assert!(site.get("/health").await.body.contains("sum of all movements"));
}

#[tokio::test]
async fn what_all_is_worth_follows_every_kind_of_booking_and_is_for_members() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let mut draft = ItemDraft::new(ItemKind::Consumable, "Screws");
    draft.price = Some(Money { amount: "0.50".parse().expect("a number"), currency: "EUR".into() });
    let item = site.item(draft, Some(shelf), 100).await;
    let (from, to, holder, lot) = (shelf, shelf, shelf, None);
    let some = |number: u32| Quantity::from(number);
    let borrower = Borrower::Named("Ann".into());
    let acts = [
        (Act::Receive { item, to, quantity: some(20), lot }, 60),
        (Act::Issue { item, from, quantity: some(10), lot }, 55),
        (Act::Return { item, to, quantity: some(4), lot }, 57),
        (Act::CheckOut { item, from, quantity: some(30), lot, borrower, due_on: None }, 57),
        (Act::Missing { item, from, quantity: some(8), lot }, 57),
        (Act::Found { item, to, quantity: some(2), lot }, 57),
        (Act::Scrap { item, from: None, quantity: some(6), lot }, 54),
        (Act::Scrap { item, from: Some(from), quantity: some(4), lot }, 52),
        (Act::Adjust { item, holder, counted: 60.into(), lot }, 45),
    ];
    let now = async |actor: &Actor| {
        let today = time::OffsetDateTime::now_utc().date();
        site.services.statistics.figures(actor, today, "UTC").await.expect("read")
    };
    for (act, worth) in acts {
        let said = format!("{act:?}");
        let booked = site.services.stock.book(&site.admin, &BookingRequest::single(act)).await.expect("booked");
        let figures = now(&site.admin).await;
        assert_eq!(figures.values, [("EUR".to_owned(), worth.into())], "{said}");
        assert_eq!(figures.worth[0].last().expect("this month").1, worth.into(), "{said}");
        let undo = &site.services.undo;
        let undone = undo.undo(&site.admin, RequestId::new(), booked.booking, None).await.expect("taken back");
        let figures = now(&site.admin).await;
        assert_eq!(figures.worth[0].last().expect("this month").1, figures.values[0].1, "{said}, taken back");
        undo.undo(&site.admin, RequestId::new(), undone.booked.booking, None).await.expect("done again");
    }
    let page = site.get("/statistics").await.body;
    assert!(page.contains("EUR, 12 months") && page.contains("<td class=\"num\">45</td>"), "{page}");
    let viewer = Actor { role: Role::Viewer, ..Actor::anonymous() };
    assert!(now(&viewer).await.worth.is_empty(), "prices are not for everybody");
}
