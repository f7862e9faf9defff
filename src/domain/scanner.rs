//! A scanner that types, told from a person who types, by time alone.
//!
//! A burst is keys that follow each other faster than fingers do, ended by Enter, by Tab or by silence. While it is not
//! known which of the two is typing, keys are held back; a person's are then given on in their order, a scan never
//! reaches a field. A person feels the hold as [`Settings::gap_ms`] of delay, which is less than two frames of a screen.
//!
//! No clock in here: whoever owns the keys says when each came, as the time since any fixed moment.

mod layout;
mod reading;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use layout::Layout;
pub use reading::{Reading, read};

/// The same code again within this time is the same scan.
pub const SAME_SCAN: Duration = Duration::from_secs(1);
/// A scan ended by silence needs to be so long: nothing else says that it is whole.
const LENGTH_WITHOUT_END: usize = 6;
/// An Enter or Tab so soon after a scan belongs to it: some scanners send two, or send theirs late.
const TAIL: Duration = Duration::from_millis(150);

/// How the scanner at this kiosk is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What the scanner puts before and behind every code; taken off.
    pub prefix: String,
    pub suffix: String,
    /// Which keyboard the scanner believes to be, and which one the system believes it is.
    pub layout: Layout,
    /// The longest time between two keys of a scan, in milliseconds.
    pub gap_ms: u16,
    /// The shortest code, in characters; shorter bursts are a person's two fingers.
    pub shortest: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self { prefix: String::new(), suffix: String::new(), layout: Layout::Same, gap_ms: 35, shortest: 4 }
    }
}

impl Settings {
    /// With its numbers within what works: 10 to 100 ms, 1 to 20 characters.
    #[must_use]
    pub fn within_bounds(mut self) -> Self {
        self.gap_ms = self.gap_ms.clamp(10, 100);
        self.shortest = self.shortest.clamp(1, 20);
        self
    }

    fn gap(&self) -> Duration {
        Duration::from_millis(self.gap_ms.into())
    }
}

/// What a key is to a scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// It writes this.
    Text(String),
    /// Written while Ctrl is down: scanners send control characters so.
    Control(String),
    /// Enter or Tab.
    End(String),
    /// Anything else a person presses: arrows, backspace, shortcuts, a key that repeats.
    Other(String),
}

impl Key {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Control(text) | Self::End(text) | Self::Other(text) => text,
        }
    }
}

/// What happens with a key right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// Nothing is held back: it goes where it was going.
    Pass,
    /// It is held back; call [`Scanner::decide`] at [`Scanner::due`].
    Held,
}

/// What became of keys that were held back, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// A code was scanned.
    Scan(Scan),
    /// The same code as a moment ago: nothing to do.
    Again,
    /// A person typed these; they go where they were going.
    Typed(Vec<String>),
}

/// A burst that was a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    pub reading: Reading,
    /// Every character that arrived, for the page that shows them.
    pub raw: String,
    /// The longest time between two of its keys.
    pub slowest: Duration,
    /// The key that ended it; `None`: silence.
    pub ended_by: Option<String>,
}

#[derive(Debug)]
struct Stroke {
    key: Key,
    at: Duration,
}

/// Tells scans from typing. One for each window.
#[derive(Debug, Default)]
pub struct Scanner {
    settings: Settings,
    burst: Vec<Stroke>,
    decided: Vec<Decided>,
    last: Option<(String, Duration)>,
    /// Of the burst that is held: keys of it waited in a queue.
    queued: bool,
    tail_until: Option<Duration>,
}

impl Scanner {
    pub fn new(settings: Settings) -> Self {
        Self { settings: settings.within_bounds(), ..Self::default() }
    }

    /// Goes on with other settings; what is held back is decided by them.
    pub fn set(&mut self, settings: Settings) {
        self.settings = settings.within_bounds();
    }

    /// A key arrives. `queued`: it may have waited, because nobody looked at keys since the one before it, or for longer than
    /// a person needs for one. Its time then says nothing: it belongs to what is held, silence makes no scan of that, and
    /// Enter does.
    pub fn press(&mut self, key: Key, at: Duration, queued: bool) -> Pressed {
        let soon = |before: &Stroke| at.saturating_sub(before.at) <= self.settings.gap();
        let follows = self.burst.last().is_some_and(|before| queued || soon(before));
        if !follows {
            self.close(None);
        }
        match key {
            Key::Text(_) => {
                self.queued |= queued;
                self.burst.push(Stroke { key, at });
            }
            Key::Control(_) if self.burst.len() > 1 => self.burst.push(Stroke { key, at }),
            Key::End(end) if !self.burst.is_empty() => self.close(Some((end, at))),
            Key::End(_) if self.tail_until.is_some_and(|until| at <= until) => {
                // One such key is forgiven, a second one is a person's.
                self.tail_until = None;
                return Pressed::Held;
            }
            Key::Control(text) | Key::End(text) | Key::Other(text) => {
                self.close(None);
                if self.decided.is_empty() {
                    return Pressed::Pass;
                }
                self.type_on(vec![text]);
            }
        }
        Pressed::Held
    }

    /// When [`Scanner::decide`] has something to say, if no further key comes before.
    pub fn due(&self) -> Option<Duration> {
        if self.decided.is_empty() {
            self.burst.last().map(|stroke| stroke.at + self.settings.gap())
        } else {
            Some(Duration::ZERO)
        }
    }

    /// What is known by now about the keys held back. A burst whose next key may still come stays held.
    pub fn decide(&mut self, now: Duration) -> Vec<Decided> {
        let silent = |stroke: &Stroke| now.saturating_sub(stroke.at) >= self.settings.gap();
        if self.burst.last().is_some_and(silent) {
            self.close(None);
        }
        std::mem::take(&mut self.decided)
    }

    /// The burst is over: a scan, or a person.
    fn close(&mut self, end: Option<(String, Duration)>) {
        let (burst, queued) = (std::mem::take(&mut self.burst), std::mem::take(&mut self.queued));
        let (Some(first), Some(last)) = (burst.first(), burst.last()) else { return };
        let raw: String = burst.iter().map(|stroke| character(&stroke.key)).collect();
        let marked = !self.settings.prefix.is_empty() && raw.starts_with(&self.settings.prefix);
        let shortest = match (marked, &end) {
            (true, _) => 1 + self.settings.prefix.chars().count(),
            (false, Some(_)) => self.settings.shortest.into(),
            (false, None) => LENGTH_WITHOUT_END.max(self.settings.shortest.into()),
        };
        if burst.len() < shortest || (queued && end.is_none()) {
            let mut typed: Vec<String> = burst.iter().map(|stroke| stroke.key.text().to_owned()).collect();
            typed.extend(end.map(|(key, _)| key));
            self.type_on(typed);
            return;
        }
        let slowest = burst.windows(2).map(|pair| pair[1].at.saturating_sub(pair[0].at)).max().unwrap_or_default();
        let ended_at = end.as_ref().map_or(last.at, |(_, at)| *at);
        self.tail_until = Some(ended_at + TAIL);
        let reading = read(&raw, &self.settings);
        let again = self
            .last
            .as_ref()
            .is_some_and(|(text, at)| *text == reading.text && first.at.saturating_sub(*at) < SAME_SCAN);
        if again {
            self.decided.push(Decided::Again);
            return;
        }
        self.last = Some((reading.text.clone(), ended_at));
        self.decided.push(Decided::Scan(Scan { reading, raw, slowest, ended_by: end.map(|(key, _)| key) }));
    }

    fn type_on(&mut self, keys: Vec<String>) {
        if let Some(Decided::Typed(before)) = self.decided.last_mut() {
            before.extend(keys);
        } else {
            self.decided.push(Decided::Typed(keys));
        }
    }
}

/// What a stroke of a scan stands for: Ctrl with `A` to `_` are the control characters 1 to 31 (ASCII).
fn character(key: &Key) -> String {
    match key {
        Key::Control(text) => text
            .chars()
            .map(|c| match c.to_ascii_uppercase() {
                upper @ 'A'..='_' => char::from(upper as u8 - b'@'),
                other => other,
            })
            .collect(),
        other => other.text().to_owned(),
    }
}

#[cfg(test)]
mod tests;
