//! A disk that is full: said as it is, and nothing half done stays.

use std::fs;
use std::path::Path;
use std::process::Command;

use image::{ImageFormat, RgbImage};

use crate::support::TestDb;

/// A picture that does not compress: 3 bytes a pixel.
fn noise(side: u32) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    let picture = RgbImage::from_fn(side, side, |_, _| image::Rgb([next(), next(), next()]));
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).expect("encoded");
    png.into_inner()
}

/// Runs the program with a file system of 1 MB at `small`, seen by it alone; its code, what it said, the files there after.
fn run_in(small: &Path, url: &str, arguments: &[&str]) -> String {
    let script = r#"mount -t tmpfs -o size=1m tmpfs "$0" || exit 99
        "$@" 2>&1; echo "code $?"; find "$0" -type f -printf 'file: %P\n'"#;
    let namespaces: &[&str] = if nix::unistd::geteuid().is_root() { &["-m"] } else { &["-r", "-m"] };
    let output = Command::new("unshare")
        .args(namespaces)
        .args(["sh", "-c", script])
        .arg(small)
        .arg(env!("CARGO_BIN_EXE_inventory"))
        .args(arguments)
        .env("DATABASE_URL", url)
        .output()
        .expect("util-linux is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("code "), "a small file system needs the right to mount one: {text}{complaint}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_do_not_fit_are_refused_with_the_whole_import_and_leave_no_file() {
    let test = TestDb::new().await;
    let url = test.url();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let small = dir.path().join("small");
    fs::create_dir(&small).expect("made");
    let settings = dir.path().join("inventory.toml");
    fs::write(&settings, format!("[paths]\nphotos_dir = \"{}\"\n", small.join("photos").display())).expect("written");
    fs::write(dir.path().join("big.png"), noise(900)).expect("written");
    fs::write(dir.path().join("little.png"), noise(40)).expect("written");
    let (config, file) = (settings.display().to_string(), dir.path().join("things.csv").display().to_string());
    let items = async || -> i64 {
        let client = test.client().await;
        client.query_one("select count(*) from item", &[]).await.expect("counted").get(0)
    };
    let import = ["--config", &config, "import", &file];

    fs::write(&file, "kind,name,photo\nlocation,Hall,big.png\n").expect("written");
    let said = run_in(&small, &url, &import);
    assert!(said.contains("code 1") && said.to_lowercase().contains("no space left"), "{said}");
    assert!(!said.contains("file: "), "{said}");
    assert_eq!(items().await, 0, "nothing is half done");

    fs::write(&file, "kind,name,photo\nlocation,Hall,little.png\n").expect("written");
    let said = run_in(&small, &url, &import);
    assert!(said.contains("code 0") && said.contains("file: photos/original/"), "{said}");
    assert_eq!(items().await, 1);
}
