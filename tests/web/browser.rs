//! A headless Chromium, driven through chromedriver.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// What a person holds or sits before.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    pub width: u32,
    pub height: u32,
    pub is_phone: bool,
    pub language: &'static str,
}

pub const PHONE: Device = Device { width: 390, height: 844, is_phone: true, language: "en" };
pub const SMALL_PHONE: Device = Device { width: 360, height: 740, ..PHONE };
pub const LARGE_DESKTOP: Device = Device { width: 1440, height: 900, is_phone: false, language: "en" };
pub const DESKTOP: Device = Device { width: 1280, height: 800, is_phone: false, language: "en" };

fn start_driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .args(["--port=0", "--log-level=SEVERE"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("tests of the web view need Debian's chromium and chromium-driver");
    let lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
    let port = lines
        .map_while(Result::ok)
        .find_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse().ok());
    if port.is_none() {
        driver.wait().ok();
    }
    Some((driver, port?))
}

/// A browser with a profile of its own.
pub struct Browser {
    pub client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub async fn open(device: Device) -> Self {
        Self::with(device, &[]).await
    }

    /// One whose camera sees this film (YUV4MPEG2), and whose owner lets pages use it.
    pub async fn seeing(device: Device, film: &Path) -> Self {
        let film = format!("--use-file-for-fake-video-capture={}", film.display());
        Self::with(device, &["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", &film]).await
    }

    async fn with(device: Device, more: &[&str]) -> Self {
        // It looks for a free port and takes it a moment later: somebody else may have been quicker.
        let (driver, port) = (0..3).find_map(|_| start_driver()).expect("chromedriver says its port");
        let profile = tempfile::tempdir().expect("a temporary directory");
        let metrics = json!({
            "width": device.width, "height": device.height,
            "pixelRatio": 1.0, "mobile": device.is_phone, "touch": device.is_phone,
        });
        let profile_there = format!("--user-data-dir={}", profile.path().display());
        let usual = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            &profile_there,
        ];
        let arguments = [usual.as_slice(), more].concat();
        let options = json!({
            "args": arguments,
            "mobileEmulation": { "deviceMetrics": metrics },
            "prefs": { "intl.accept_languages": device.language },
        });
        let mut wishes = serde_json::Map::new();
        wishes.insert("browserName".into(), json!("chrome"));
        // The proxy's certificate is made on the spot.
        wishes.insert("acceptInsecureCerts".into(), json!(true));
        wishes.insert("goog:chromeOptions".into(), options);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wishes)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        Self { client, driver, _profile: profile }
    }

    pub async fn goto(&self, address: &str) {
        self.client.goto(address).await.expect("the page loads");
    }

    /// Waits for an element.
    pub async fn find(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(Duration::from_secs(10));
        wait.for_element(Locator::Css(css)).await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    pub async fn press(&self, css: &str) {
        let element = self.find(css).await;
        // The bars of the page lie over its ends.
        let reference = serde_json::to_value(&element).expect("an element is plain data");
        let centred = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        self.client.execute(centred, vec![reference]).await.unwrap_or_else(|error| panic!("{css}: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("{css} cannot be pressed: {error}"));
    }

    pub async fn type_into(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The text of a part of the page, as it is shown; empty while it is not there.
    pub async fn text(&self, css: &str) -> String {
        let script = format!("return document.querySelector({})?.innerText ?? ''", json!(css));
        self.script(&script).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the text of a part of the page has these words; returns how long it took.
    pub async fn until(&self, css: &str, words: &str) -> Duration {
        let begun = Instant::now();
        loop {
            let text = self.text(css).await;
            if text.contains(words) {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "{css} does not say {words:?} but {text:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.expect("an address");
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    pub async fn close(self) {
        self.client.clone().close().await.ok();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}
