//! The camera at the machine: which one is connected, and a picture of what it sees.
//!
//! A picture is taken by a program of the system: Raspberry Pi's own for a camera on its ribbon, `fswebcam` or `ffmpeg` for one
//! that the kernel offers as V4L2 device, or whichever program a setting names.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::process::Command;

use super::{Machine, PATIENCE};
use crate::domain::person::Forbidden;
use crate::domain::{Actor, Permission};

/// What there is to take a picture with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Camera {
    /// None is connected.
    Absent,
    /// One is connected, and no program that takes a picture is installed.
    NoProgram,
    /// This line takes one; `{file}` is where it goes.
    Ready(String),
}

/// Why there is no picture.
#[derive(Debug, Error)]
pub enum CameraError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("no program is named")]
    NoProgram,
    #[error("it did not end within {} s", LONGEST.as_secs())]
    Stuck,
    #[error("{0}")]
    Failed(String),
    #[error("it wrote no file")]
    NoFile,
}

/// A camera that takes longer is stuck.
const LONGEST: Duration = Duration::from_secs(15);
/// For cameras on the ribbon: the same program under its new and its old name.
const RIBBON: [&str; 2] = ["rpicam-still", "libcamera-still"];
/// Video devices of a Pi's processor, which see nothing themselves (the drivers' names in the kernel's tree).
const NO_CAMERAS: [&str; 6] = ["bcm2835-", "pispbe", "rpi-hevc", "rpivid", "rp1-cfe", "unicam"];

impl Machine {
    /// Which camera there is. `set`: the line of a setting, which is believed; empty where there is none.
    pub async fn camera(&self, actor: &Actor, set: &str) -> Result<Camera, Forbidden> {
        actor.require(Permission::Look)?;
        if !set.is_empty() {
            return Ok(Camera::Ready(set.to_owned()));
        }
        for program in RIBBON {
            if self.sees_one(program).await {
                return Ok(Camera::Ready(format!("{} -n -t 600 -o {{file}}", self.tool(program).display())));
            }
        }
        let Some(device) = self.video_device() else { return Ok(Camera::Absent) };
        let is_installed = |program: &str| self.root.join("usr/bin").join(program).is_file();
        Ok(if is_installed("fswebcam") {
            // The first frames of many cameras are dark.
            let fswebcam = self.tool("fswebcam");
            Camera::Ready(format!("{} -q --no-banner -S 8 -r 1280x960 -d {device} {{file}}", fswebcam.display()))
        } else if is_installed("ffmpeg") {
            let ffmpeg = self.tool("ffmpeg");
            Camera::Ready(format!("{} -v error -f v4l2 -i {device} -ss 0.5 -frames:v 1 -y {{file}}", ffmpeg.display()))
        } else {
            Camera::NoProgram
        })
    }

    /// Takes a picture with a line of [`Camera::Ready`]. The file lies in the temporary directory and is the caller's.
    /// Dropping this ends the program, and leaves no file.
    pub async fn photograph(&self, actor: &Actor, line: &str) -> Result<PathBuf, CameraError> {
        actor.require(Permission::Keep)?;
        let failed = |error: std::io::Error| CameraError::Failed(error.to_string());
        let file = tempfile::Builder::new().prefix("inventory-").suffix(".jpg").tempfile().map_err(failed)?;
        let file = file.into_temp_path();
        let target = file.display().to_string();
        let mut words = line.split_whitespace().map(|word| word.replace("{file}", &target));
        let program = words.next().ok_or(CameraError::NoProgram)?;
        let ran = Command::new(program).args(words).stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(LONGEST, ran).await.map_err(|_| CameraError::Stuck)?.map_err(failed)?;
        if !output.status.success() {
            return Err(CameraError::Failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        if file.metadata().is_ok_and(|written| written.len() > 0) {
            file.keep().map_err(|error| failed(error.error))
        } else {
            Err(CameraError::NoFile)
        }
    }

    /// Does this program know a camera? It lists each as `0 : imx708 [4608x2592 …]`.
    async fn sees_one(&self, program: &str) -> bool {
        let asked =
            Command::new(self.tool(program)).arg("--list-cameras").stdin(Stdio::null()).kill_on_drop(true).output();
        let Ok(Ok(output)) = tokio::time::timeout(PATIENCE, asked).await else { return false };
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().any(|line| line.split_once(" : ").is_some_and(|(number, _)| number.trim().parse::<u8>().is_ok()))
    }

    /// The first device the kernel has for a camera that is plugged in. A camera has several; the first gives its picture.
    fn video_device(&self) -> Option<String> {
        let devices = std::fs::read_dir(self.root.join("sys/class/video4linux")).ok()?;
        let mut cameras: Vec<u32> = devices
            .flatten()
            .filter_map(|device| {
                let number = device.file_name().to_str()?.strip_prefix("video")?.parse().ok()?;
                let read = |file: &str| std::fs::read_to_string(device.path().join(file)).unwrap_or_default();
                let (name, first) = (read("name"), read("index").trim() == "0");
                let sees = !NO_CAMERAS.iter().any(|none| name.trim().starts_with(none));
                (first && sees).then_some(number)
            })
            .collect();
        cameras.sort_unstable();
        cameras.first().map(|number| format!("/dev/video{number}"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let file = root.join(path);
        std::fs::create_dir_all(file.parent().expect("below the root")).expect("made");
        std::fs::write(&file, text).expect("written");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("made runnable");
    }

    #[tokio::test]
    async fn a_camera_is_what_is_plugged_in_and_not_what_a_processor_brings() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let machine = Machine::at(root.path(), root.path());
        let anybody = Actor::anonymous();
        let look = || machine.camera(&anybody, "");
        assert_eq!(look().await, Ok(Camera::Absent));
        write(root.path(), "sys/class/video4linux/video19/name", "pispbe-input\n");
        write(root.path(), "sys/class/video4linux/video19/index", "0\n");
        assert_eq!(look().await, Ok(Camera::Absent));
        write(root.path(), "sys/class/video4linux/video20/name", "HD Webcam C270\n");
        write(root.path(), "sys/class/video4linux/video20/index", "0\n");
        write(root.path(), "sys/class/video4linux/video21/name", "HD Webcam C270\n");
        write(root.path(), "sys/class/video4linux/video21/index", "1\n");
        assert_eq!(look().await, Ok(Camera::NoProgram), "there is one, and nothing to use it");
        write(root.path(), "usr/bin/fswebcam", "#!/bin/sh\n");
        let Ok(Camera::Ready(line)) = look().await else { panic!("it is ready") };
        assert!(line.contains("/fswebcam ") && line.contains("-d /dev/video20 ") && line.ends_with("{file}"), "{line}");
        let set = machine.camera(&anybody, "my-camera {file}").await;
        assert_eq!(set, Ok(Camera::Ready("my-camera {file}".into())), "a setting is believed");
    }

    #[tokio::test]
    async fn a_camera_on_the_ribbon_is_one_its_program_lists() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let machine = Machine::at(root.path(), root.path());
        write(root.path(), "usr/bin/rpicam-still", "#!/bin/sh\necho 'No cameras available!'\n");
        assert_eq!(machine.camera(&Actor::anonymous(), "").await, Ok(Camera::Absent));
        let listed = "#!/bin/sh\necho 'Available cameras'\necho '0 : imx708 [4608x2592 10-bit RGGB]'\n";
        write(root.path(), "usr/bin/rpicam-still", listed);
        assert!(
            matches!(machine.camera(&Actor::anonymous(), "").await, Ok(Camera::Ready(line)) if line.contains("rpicam-still"))
        );
    }

    #[tokio::test]
    async fn a_camera_is_any_program_that_writes_the_file_it_is_told() {
        let machine = Machine::new(Path::new("/nonexistent"));
        let keeper = Actor::program();
        let taken = machine.photograph(&keeper, "/bin/cp /bin/true {file}").await.expect("a file is written");
        assert!(taken.is_file());
        std::fs::remove_file(taken).expect("it is ours");
        assert!(matches!(machine.photograph(&keeper, "/bin/false {file}").await, Err(CameraError::Failed(_))));
        assert!(matches!(machine.photograph(&keeper, "/bin/true {file}").await, Err(CameraError::NoFile)));
        assert!(matches!(machine.photograph(&keeper, "/no/such/camera {file}").await, Err(CameraError::Failed(_))));
        assert!(matches!(machine.photograph(&Actor::anonymous(), "x").await, Err(CameraError::Forbidden(_))));
    }
}
