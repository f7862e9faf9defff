//! Two sounds that differ without looking: two rising notes for good, one deep tone for bad.

use std::io::Cursor;
use std::process::Stdio;
use std::rc::Rc;
use std::sync::OnceLock;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::super::desktop::Face;

const RATE: u32 = 22_050;
/// Played at once; what takes longer was a broken player.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(3);

/// A program that plays a WAV file from its standard input, and its arguments.
type Player<'a> = (&'a str, &'a [&'a str]);
/// ALSA's own, and PipeWire's where a desktop runs.
const PLAYERS: [Player<'_>; 2] = [("aplay", &["-q", "-"]), ("pw-play", &["-"])];

/// A tone: its pitch in hertz and how long it lasts in milliseconds.
type Note = (f32, u32);
const GOOD: [Note; 2] = [(880.0, 70), (1318.5, 110)];
const BAD: [Note; 1] = [(165.0, 320)];

/// Something worked.
pub fn good(face: &Rc<Face>) {
    static WAVE: OnceLock<Vec<u8>> = OnceLock::new();
    play(face, WAVE.get_or_init(|| wave(&GOOD)));
}

/// Something was refused.
pub fn bad(face: &Rc<Face>) {
    static WAVE: OnceLock<Vec<u8>> = OnceLock::new();
    play(face, WAVE.get_or_init(|| wave(&BAD)));
}

/// Notes one after the other as a WAV file, 16 bits, one channel. Each swells and fades within a few milliseconds, so
/// that nothing clicks.
fn wave(notes: &[Note]) -> Vec<u8> {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut bytes = Cursor::new(Vec::new());
    let written = hound::WavWriter::new(&mut bytes, spec).and_then(|mut writer| {
        for &(pitch, milliseconds) in notes {
            let count = RATE * milliseconds / 1000;
            let ramp = RATE as f32 * 0.008;
            for n in 0..count {
                let (at, left) = (n as f32, (count - n) as f32);
                let swell = (at / ramp).min(left / ramp).min(1.0);
                let phase = std::f32::consts::TAU * pitch * at / RATE as f32;
                // A third of the octave above makes it heard through a Pi's small loudspeaker.
                let tone = 0.7 * phase.sin() + 0.3 * (2.0 * phase).sin();
                writer.write_sample((tone * swell * 0.6 * f32::from(i16::MAX)) as i16)?;
            }
        }
        writer.finalize()
    });
    if let Err(error) = written {
        tracing::error!("A sound cannot be made: {error}");
    }
    bytes.into_inner()
}

fn play(face: &Rc<Face>, wave: &'static [u8]) {
    if !face.settings.borrow().sounds() {
        return;
    }
    face.runtime.spawn(async move {
        if !play_through(&PLAYERS, wave).await {
            tracing::debug!("No sound: no player took it");
        }
    });
}

/// Gives the wave to the first player that takes all of it. Answers whether there was one.
async fn play_through(players: &[Player<'_>], wave: &[u8]) -> bool {
    for &(player, arguments) in players {
        match tokio::time::timeout(LONGEST, play_with(player, arguments, wave)).await {
            Ok(Ok(true)) => return true,
            Ok(Ok(false)) | Err(_) => {}
            Ok(Err(error)) => tracing::debug!("{player} plays nothing: {error}"),
        }
    }
    false
}

/// Whether the player took it all.
async fn play_with(player: &str, arguments: &[&str], wave: &[u8]) -> std::io::Result<bool> {
    let mut child = Command::new(player)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(wave).await?;
    }
    Ok(child.wait().await?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often the wave crosses zero upwards in a second: its pitch.
    fn pitch(samples: &[i16]) -> f32 {
        let crossings = samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        crossings as f32 * RATE as f32 / samples.len() as f32
    }

    fn samples(wave: &[u8]) -> Vec<i16> {
        let mut reader = hound::WavReader::new(wave).expect("a WAV file");
        assert_eq!((reader.spec().channels, reader.spec().sample_rate), (1, RATE));
        reader.samples::<i16>().map(|sample| sample.expect("whole")).collect()
    }

    #[test]
    fn good_rises_and_bad_is_deep() {
        let good = samples(&wave(&GOOD));
        let first = (RATE * GOOD[0].1 / 1000) as usize;
        assert!((pitch(&good[..first]) - 880.0).abs() < 30.0, "{}", pitch(&good[..first]));
        assert!((pitch(&good[first..]) - 1318.5).abs() < 30.0, "{}", pitch(&good[first..]));
        let bad = samples(&wave(&BAD));
        assert!((pitch(&bad) - 165.0).abs() < 10.0, "{}", pitch(&bad));
    }

    #[tokio::test]
    async fn the_first_player_that_works_is_given_the_whole_wave() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let heard = folder.path().join("heard.wav");
        let keep = format!("cat > '{}'", heard.display());
        let keeps = ["-c", keep.as_str()];
        let players: [Player<'_>; 3] = [("/no/such/player", &[]), ("/bin/false", &[]), ("/bin/sh", &keeps)];
        for notes in [&GOOD[..], &BAD[..]] {
            assert!(play_through(&players, &wave(notes)).await);
            assert_eq!(std::fs::read(&heard).expect("it was played"), wave(notes));
        }
        assert!(!play_through(&players[..2], &wave(&GOOD)).await, "nobody plays");
        assert_ne!(wave(&GOOD), wave(&BAD));
    }

    #[test]
    fn a_sound_is_short_and_does_not_click_or_clip() {
        for wave in [wave(&GOOD), wave(&BAD)] {
            let samples = samples(&wave);
            assert!(samples.len() < RATE as usize / 2);
            assert!(samples[0].abs() < 500 && samples[samples.len() - 1].abs() < 500);
            assert!(samples.iter().all(|s| s.abs() < i16::MAX));
        }
    }
}
