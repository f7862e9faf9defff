//! How bright the panel is: the kernel's backlight, where there is one that may be written (`kiosk/` has the udev rule).

use std::path::Path;

use tokio::runtime::Handle;

const CLASS: &str = "/sys/class/backlight";

/// Sets every panel to a share of its brightest, 0 being dark. Without a backlight nothing happens: the picture is dark
/// all the same.
pub fn set(runtime: &Handle, share: f32) {
    runtime.spawn_blocking(move || {
        let Ok(panels) = std::fs::read_dir(CLASS) else { return };
        for panel in panels.flatten() {
            if let Err(error) = set_one(&panel.path(), share) {
                tracing::debug!("{} keeps its brightness: {error}", panel.path().display());
            }
        }
    });
}

fn set_one(panel: &Path, share: f32) -> std::io::Result<()> {
    let whole: f32 =
        std::fs::read_to_string(panel.join("max_brightness"))?.trim().parse().map_err(std::io::Error::other)?;
    let level = (whole * share.clamp(0.0, 1.0)).round() as u32;
    std::fs::write(panel.join("brightness"), level.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_is_set_to_a_share_of_its_brightest() {
        let panel = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(panel.path().join("max_brightness"), "31\n").expect("written");
        for (share, expected) in [(1.0, "31"), (0.4, "12"), (0.0, "0"), (7.0, "31")] {
            set_one(panel.path(), share).expect("set");
            let level = std::fs::read_to_string(panel.path().join("brightness")).expect("read");
            assert_eq!(level, expected);
        }
        std::fs::write(panel.path().join("max_brightness"), "dim").expect("written");
        set_one(panel.path(), 1.0).expect_err("nonsense");
    }
}
