//! The JSON API takes and gives files: pictures, tables.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use serde_json::json;

use super::{Answer, Site};

const BOUNDARY: &str = "----a-boundary";

impl Site {
    /// Sends a form with a file.
    async fn upload(&self, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, file, bytes) in parts {
            let file = file.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send("POST", path, &[("Content-Type", &media_type)], &body).await
    }
}

fn png(side: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(side, side / 2, image::Rgb([200, 100, 50]))
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("encoded");
    bytes.into_inner()
}

#[tokio::test]
async fn pictures_are_added_ordered_captioned_and_removed() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let photos = format!("/api/v1/items/{shelf}/photos");
    let first =
        site.upload(&photos, &[("photo", Some("a.svg"), &png(40)), ("caption", None, "Front".as_bytes())]).await;
    assert_eq!(first.status, 201, "{first:?}");
    let second = site.upload(&photos, &[("photo", Some("b.png"), &png(50))]).await;
    let again = site.upload(&photos, &[("photo", Some("c.png"), &png(50))]).await;
    assert_eq!((again.status, again.json()["photo"]["already"].as_bool()), (200, Some(true)), "{again:?}");
    let [a, b] = [&first, &second].map(|added| added.json()["photo"]["id"].as_str().expect("an id").to_owned());
    let listed = site.get(&photos).await.json();
    assert_eq!((&listed["photos"][0]["id"], &listed["photos"][0]["caption"]), (&json!(a), &json!("Front")), "{listed}");

    let ordered = site.call("PUT", &photos, &[], &json!({"photos": [b, a]}).to_string()).await;
    assert_eq!(ordered.json()["photos"][0]["id"], json!(b), "{ordered:?}");
    for wrong in [json!([a]), json!([a, a]), json!([])] {
        let refused = site.call("PUT", &photos, &[], &json!({ "photos": wrong }).to_string()).await;
        assert_eq!(refused.status, 404, "{wrong}: {refused:?}");
    }
    let change = json!({"caption": "Back", "primary": true}).to_string();
    assert_eq!(site.call("PATCH", &format!("/api/v1/photos/{a}"), &[], &change).await.status, 200);
    assert_eq!(site.get(&photos).await.json()["photos"][0]["caption"], "Back");

    // Turned, it is another file under another id, in the same place.
    let turned = site.call("PATCH", &format!("/api/v1/photos/{a}"), &[], r#"{"turn": "right"}"#).await;
    let now = turned.json()["photo"]["id"].as_str().expect("an id").to_owned();
    assert!(turned.status == 200 && now != a, "{turned:?}");
    let listed = site.get(&photos).await.json();
    assert_eq!(
        (&listed["photos"][0]["id"], &listed["photos"][0]["caption"]),
        (&json!(now), &json!("Back")),
        "{listed}"
    );
    assert_eq!((&listed["photos"][0]["width"], &listed["photos"][0]["height"]), (&json!(20), &json!(40)), "{listed}");
    assert_eq!(site.get(&format!("/api/v1/photos/{a}/320")).await.status, 404);
    let unknown = site.call("PATCH", &format!("/api/v1/photos/{now}"), &[], r#"{"turn": "inside-out"}"#).await;
    assert_eq!(unknown.status, 422, "{unknown:?}");
    let a = now;

    let small = site.get(&format!("/api/v1/photos/{a}/320")).await;
    assert_eq!(
        (small.status, small.header("content-type"), small.header("x-content-type-options")),
        (200, "image/jpeg", "nosniff")
    );
    let original = site.get(&format!("/api/v1/photos/{a}/original")).await;
    assert_eq!((original.status, original.header("content-type")), (200, "application/octet-stream"));
    assert!(original.header("content-disposition").starts_with("attachment"), "{original:?}");
    assert_eq!(site.call("DELETE", &format!("/api/v1/photos/{a}"), &[], "").await.status, 204);
    assert_eq!(site.get(&format!("/api/v1/photos/{a}/320")).await.status, 404);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_leaves_nothing() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let photos = format!("/api/v1/items/{shelf}/photos");
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    let mut truncated = png(300);
    truncated.truncate(200);
    for (name, bytes) in [
        ("x.png", &svg[..]),
        ("x.png", &truncated),
        ("x.jpg", b""),
        ("x.jpg", b"<html><script>"),
        ("../../etc/passwd", b"root"),
    ] {
        let refused = site.upload(&photos, &[("photo", Some(name), bytes)]).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (422, Some("invalid")), "{name}: {refused:?}");
    }
    let none = site.upload(&photos, &[("caption", None, b"x")]).await;
    assert_eq!(none.status, 422, "{none:?}");
    let other = site.upload(&photos, &[("photo", Some("a"), &png(10)), ("colour", None, b"red")]).await;
    assert_eq!(other.status, 422, "{other:?}");
    let json = site.call("POST", &photos, &[], "{}").await;
    assert_eq!(json.status, 415, "{json:?}");
    let nowhere = format!("/api/v1/items/{}/photos", uuid::Uuid::nil());
    assert_eq!(site.upload(&nowhere, &[("photo", Some("a.png"), &png(10))]).await.status, 404);
    assert_eq!(site.get(&photos).await.json()["photos"], json!([]));
}

#[tokio::test]
async fn a_table_is_tried_imported_once_undone_and_exported() {
    let site = Site::new().await;
    let table = "name,kind,place,quantity\nWood screw,consumable,Workshop,250\nDrill,asset,Workshop,\n";
    let csv = [("Content-Type", "text/csv")];
    let tried = site.call("POST", "/api/v1/import?dry_run=true", &csv, table).await;
    assert_eq!(tried.status, 200, "{tried:?}");
    let report = &tried.json()["import"];
    assert_eq!(
        (&report["made"], &report["booking"], &report["dry_run"]),
        (&json!(2), &json!(null), &json!(true)),
        "{report}"
    );
    assert_eq!(site.get("/api/v1/items").await.json()["items"], json!([]));

    let imported = site.call("POST", "/api/v1/import", &csv, table).await;
    let booking = imported.json()["import"]["booking"].as_str().expect("a booking").to_owned();
    let export = site.get("/api/v1/export").await;
    assert_eq!(export.header("content-type"), "text/csv; charset=utf-8");
    assert!(export.body.contains("Wood screw") && export.body.contains("Workshop"), "{}", export.body);
    let undone = site.call("POST", &format!("/api/v1/bookings/{booking}/undo"), &[], "{}").await;
    assert_eq!(undone.status, 201, "{undone:?}");

    for (table, status) in [("name,quantity\nScrews,many\n", 422), ("", 422), ("\0\u{1}\0\u{2}", 422)] {
        assert_eq!(site.call("POST", "/api/v1/import", &csv, table).await.status, status, "{table:?}");
    }
    assert_eq!(site.call("POST", "/api/v1/import", &[], "{}").await.status, 415);
    assert_eq!(site.call("POST", "/api/v1/import?currency=EURO", &csv, table).await.status, 422);
}
