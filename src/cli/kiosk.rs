//! `inventory kiosk`: the touchscreen in the storeroom.

use std::process::ExitCode;

use super::{Context, windowed};
use crate::gui::Room;

/// Show the kiosk on the whole screen, and serve the web view beside it
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  inventory kiosk
  inventory kiosk --window 800x480 --listen 127.0.0.1:8080
  SLINT_KMS_ROTATION=90 inventory kiosk

Draws straight on the display where no desktop runs (as root, or in the groups video, render and input), else in a window
that fills the screen. How large things are follows the screen's size; `density` in kiosk.toml beside the data decides
otherwise.")]
pub struct Args {
    /// A window of this size instead of the whole screen: WIDTHxHEIGHT, from 480x480
    #[arg(long, value_name = "SIZE", value_parser = room)]
    pub window: Option<Room>,
    /// Where the web view listens: ADDRESS:PORT or PORT [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

/// Runs on the main thread, which Slint needs.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    windowed::run(context, "kiosk.toml", true, |runtime, opener, surroundings| {
        crate::gui::run_kiosk(runtime, opener, surroundings, args.window)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn room(text: &str) -> Result<Room, String> {
    let wrong = || format!("`{text}` is no size; write the width and the height in pixels, such as 800x480");
    let (width, height) = text.split_once(['x', 'X', '×']).ok_or_else(wrong)?;
    let read = |side: &str| side.trim().parse::<u32>().map_err(|_| wrong());
    let room = Room { width: read(width)?, height: read(height)? };
    if (480..=8192).contains(&room.width) && (480..=8192).contains(&room.height) {
        Ok(room)
    } else {
        Err(format!("`{text}` is not a kiosk's size: each side has 480 to 8192 pixels"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_numbers_that_make_a_screen() {
        for (text, expected) in [
            ("800x480", Some((800, 480))),
            ("1280X720", Some((1280, 720))),
            ("720×1280", Some((720, 1280))),
            ("800", None),
            ("800x", None),
            ("ax480", None),
            ("10x10", None),
            ("800x-480", None),
            ("99999x480", None),
        ] {
            let read = room(text).ok().map(|room| (room.width, room.height));
            assert_eq!(read, expected, "{text}");
        }
    }
}
