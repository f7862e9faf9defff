//! How bright the panel is: the kernel's backlight, where there is one that may be written (`kiosk/` has the udev rule).

use std::path::Path;

use super::{Machine, MachineError};
use crate::domain::{Actor, Permission};

impl Machine {
    /// Sets every panel to a share of its brightest, 0 being dark. Without a backlight nothing happens: the picture is
    /// dark all the same.
    pub async fn brighten(&self, actor: &Actor, share: f32) -> Result<(), MachineError> {
        actor.require(Permission::Look)?;
        let class = self.root.join("sys/class/backlight");
        let set = tokio::task::spawn_blocking(move || {
            let Ok(panels) = std::fs::read_dir(class) else { return };
            for panel in panels.flatten() {
                if let Err(error) = set_one(&panel.path(), share) {
                    tracing::debug!("{} keeps its brightness: {error}", panel.path().display());
                }
            }
        });
        set.await.map_err(|error| MachineError::Refused(error.to_string()))
    }
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

    #[tokio::test]
    async fn every_panel_is_set_to_a_share_of_its_brightest() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let machine = Machine::at(root.path(), root.path());
        machine.brighten(&Actor::anonymous(), 1.0).await.expect("a machine without a panel is no trouble");
        let panel = root.path().join("sys/class/backlight/panel");
        std::fs::create_dir_all(&panel).expect("made");
        std::fs::write(panel.join("max_brightness"), "31\n").expect("written");
        for (share, expected) in [(1.0, "31"), (0.4, "12"), (0.0, "0"), (7.0, "31")] {
            machine.brighten(&Actor::anonymous(), share).await.expect("set");
            let level = std::fs::read_to_string(panel.join("brightness")).expect("read");
            assert_eq!(level, expected);
        }
        std::fs::write(panel.join("max_brightness"), "dim").expect("written");
        set_one(&panel, 1.0).expect_err("nonsense");
    }
}
