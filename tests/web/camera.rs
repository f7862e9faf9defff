//! A label held before the camera, live: read by the browser where it can, else from frames that are sent.

use std::fs;

use inventory::domain::ItemId;
use qrcode::{Color, QrCode};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::browser::{Browser, Device, LARGE_DESKTOP, PHONE};
use crate::fixture::Storeroom;

const WIDTH: usize = 640;
const HEIGHT: usize = 480;
/// A dot of the code, in pixels of the film.
const DOT: usize = 7;

/// What a camera sees while a printed label is held before it, on a grey bench.
fn film(code: &str) -> NamedTempFile {
    let code = QrCode::new(code).expect("fits");
    let (dots, side) = (code.to_colors(), code.width());
    let quiet = side + 8;
    let (left, top) = ((WIDTH - quiet * DOT) / 2, (HEIGHT - quiet * DOT) / 2);
    let mut luma = vec![120_u8; WIDTH * HEIGHT];
    for row in 0..quiet * DOT {
        for column in 0..quiet * DOT {
            let (x, y) = ((column / DOT).wrapping_sub(4), (row / DOT).wrapping_sub(4));
            let dark = x < side && y < side && dots[y * side + x] == Color::Dark;
            luma[(top + row) * WIDTH + left + column] = if dark { 35 } else { 215 };
        }
    }
    let grey = vec![128_u8; WIDTH * HEIGHT / 2];
    let mut film = format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n").into_bytes();
    for _ in 0..10 {
        film.extend_from_slice(b"FRAME\n");
        film.extend_from_slice(&luma);
        film.extend_from_slice(&grey);
    }
    let file = tempfile::Builder::new().suffix(".y4m").tempfile().expect("a file");
    fs::write(file.path(), film).expect("written");
    file
}

/// The label of an item as it is printed for a site.
async fn label_of(room: &Storeroom, item: ItemId) -> String {
    format!("https://storeroom.example/i/{}", room.code_of(item).await.replace('-', ""))
}

async fn opens_what_it_sees(device: Device, way: impl AsyncFn(&Browser)) {
    let room = Storeroom::new().await;
    let film = film(&label_of(&room, room.tarp).await);
    let browser = Browser::seeing(device, film.path()).await;
    browser.goto(&room.address("/")).await;
    way(&browser).await;
    browser.press("#camera-start").await;
    browser.until("h1", "Tarpaulin 4 × 6 m, green").await;
    assert_eq!(browser.path().await, format!("/items/{}", room.tarp));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_a_label_before_the_camera_opens_its_item() {
    opens_what_it_sees(PHONE, async |browser| browser.press(".nav a[href='/scan']").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_desk_a_label_before_the_camera_opens_its_item() {
    opens_what_it_sees(LARGE_DESKTOP, async |browser| browser.type_into("body", "s").await).await;
}

/// Chromium has a `BarcodeDetector` on Android, macOS and ChromeOS, not here: one of the same shape stands in, and says what
/// is on the film. What is ours of this way is real: asking it, following what it reads, sending no frame.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_reads_codes_by_itself_sends_no_picture() {
    let room = Storeroom::new().await;
    let code = label_of(&room, room.tarp).await;
    let film = film(&code);
    let browser = Browser::seeing(PHONE, film.path()).await;
    browser.goto(&room.address("/scan")).await;
    let stand_in = format!(
        "window.BarcodeDetector = class {{
             static async getSupportedFormats() {{ return ['qr_code', 'code_128']; }}
             async detect(video) {{
                 if (video.videoWidth === 0) throw new Error('no picture yet');
                 sessionStorage.asked = Number(sessionStorage.asked ?? 0) + 1;
                 return Number(sessionStorage.asked) < 3 ? [] : [{{ rawValue: {}, format: 'qr_code' }}];
             }}
         }};
         const fetched = window.fetch;
         window.fetch = (...asked) => {{ sessionStorage.sent = String(asked[0]); return fetched(...asked); }};",
        json!(code)
    );
    browser.script(&stand_in).await;
    browser.press("#camera-start").await;
    browser.until("h1", "Tarpaulin 4 × 6 m, green").await;
    assert_eq!(browser.script("return [sessionStorage.asked, sessionStorage.sent ?? null]").await, json!(["3", null]));
    browser.close().await;
}
