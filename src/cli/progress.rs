//! Progress of long work: a bar on a terminal, plain lines otherwise.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Plain lines come this often, so that a log stays readable.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows how far one piece of work is, on standard error.
pub struct Progress {
    what: String,
    total: u64,
    done: u64,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { last: Instant },
}

impl Progress {
    /// `what` is a short verb form with its object: `reading items`. `total` 0: unknown.
    pub fn new(what: impl Into<String>, total: u64) -> Self {
        let what = what.into();
        let shown = if std::io::stderr().is_terminal() {
            let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
            let template = if total == 0 {
                "{msg} {spinner} {pos} ({per_sec})"
            } else {
                "{msg} [{bar:30}] {pos}/{len} ({per_sec}, {eta} left)"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_message(what.clone());
            bar.enable_steady_tick(Duration::from_millis(200));
            Shown::Bar(bar)
        } else {
            Shown::Lines { last: Instant::now() }
        };
        Self { what, total, done: 0, shown }
    }

    /// So many are done, of all.
    pub fn set(&mut self, done: u64) {
        self.done = done;
        match &mut self.shown {
            Shown::Bar(bar) => bar.set_position(done),
            Shown::Lines { last } if last.elapsed() >= LINE_EVERY => {
                *last = Instant::now();
                self.line();
            }
            Shown::Lines { .. } => {}
        }
    }

    /// So many more are done.
    pub fn advance(&mut self, by: u64) {
        self.set(self.done + by);
    }

    /// The work is over; the bar goes, a last line stays.
    pub fn finish(self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
        self.line();
    }

    fn line(&self) {
        if self.total == 0 {
            eprintln!("{}: {}", self.what, self.done);
        } else {
            eprintln!("{}: {} of {}", self.what, self.done, self.total);
        }
    }
}
