//! When nobody is there: the screen dims, then says quietly how to begin, and is dark at night. The first touch and the
//! first scan only wake it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use slint::{Timer, TimerMode};

use super::super::desktop::Face;
use super::super::format;
use super::super::ui::{IdleAdapter, Rest};
use super::{on, session};
use crate::domain::Actor;

/// Since when nothing was touched.
pub struct State {
    touched: Cell<Instant>,
    ticks: Timer,
}

impl Default for State {
    fn default() -> Self {
        Self { touched: Cell::new(Instant::now()), ticks: Timer::default() }
    }
}

/// When the screen rests, counted from the last touch, and between which hours it goes dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub dim: Duration,
    pub quiet: Duration,
    pub dark: Duration,
    /// From this hour of the day to that one, over midnight.
    pub night: (u8, u8),
}

impl Times {
    /// How the screen rests after so long without a touch, at this hour.
    pub fn rest(&self, untouched: Duration, hour: u8) -> Rest {
        let (from, to) = self.night;
        let night = if from <= to { (from..to).contains(&hour) } else { hour >= from || hour < to };
        match untouched {
            long if long >= self.dark && night => Rest::Blank,
            long if long >= self.quiet => Rest::Quiet,
            long if long >= self.dim => Rest::Dim,
            _ => Rest::Awake,
        }
    }
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<IdleAdapter>();
    adapter.on_woken(on(face, |face| {
        wake(face);
    }));
    adapter.on_touched(on(face, touched));
    // Who went before may have left it dark.
    brighten(face, 1.0);
    face.kiosk.idle.ticks.start(TimerMode::Repeated, Duration::from_secs(1), on(face, tick));
}

/// Somebody is there.
pub fn touched(face: &Rc<Face>) {
    face.kiosk.idle.touched.set(Instant::now());
    session::touched(face);
}

/// Wakes the screen. Answers whether it slept, so that what woke it does nothing else.
pub fn wake(face: &Rc<Face>) -> bool {
    let slept = face.adapter::<IdleAdapter>().get_rest() != Rest::Awake;
    touched(face);
    if slept {
        show(face, Rest::Awake);
    }
    slept
}

fn tick(face: &Rc<Face>) {
    session::tick(face);
    let now = format::on_the_wall(Face::now(), &face.zone);
    let adapter = face.adapter::<IdleAdapter>();
    adapter.set_day(i32::from(now.day()));
    adapter.set_month(i32::from(u8::from(now.month())));
    adapter.set_weekday(i32::from(now.weekday().number_days_from_monday()));
    // Nothing burns in: the picture wanders by a few pixels each minute.
    let step = i32::from(now.minute()) + 60 * i32::from(now.hour());
    adapter.set_wander_x((step % 7 - 3) as f32 * 2.0);
    adapter.set_wander_y((step % 5 - 2) as f32 * 2.0);
    let rest = face.settings.borrow().rest_times().rest(face.kiosk.idle.touched.get().elapsed(), now.hour());
    if rest != adapter.get_rest() {
        show(face, rest);
    }
}

fn show(face: &Rc<Face>, rest: Rest) {
    face.adapter::<IdleAdapter>().set_rest(rest);
    if rest != Rest::Awake && rest != Rest::Dim {
        session::end(face);
        super::navigation::home(face);
    }
    let level = match rest {
        Rest::Awake => 1.0,
        Rest::Dim => 0.4,
        Rest::Quiet => 0.25,
        Rest::Blank => 0.0,
    };
    brighten(face, level);
}

/// Whoever stands there, and before there is an inventory too.
fn brighten(face: &Face, level: f32) {
    let Some(machine) = face.surroundings.machine.clone() else { return };
    face.runtime.spawn(async move {
        if let Err(error) = machine.brighten(&Actor::anonymous(), level).await {
            tracing::warn!("The panel keeps its brightness: {error}");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times {
        dim: Duration::from_mins(1),
        quiet: Duration::from_mins(3),
        dark: Duration::from_mins(10),
        night: (22, 6),
    };

    #[test]
    fn a_screen_nobody_touches_dims_goes_quiet_and_is_dark_at_night() {
        for (untouched, hour, expected) in [
            (0, 12, Rest::Awake),
            (59, 23, Rest::Awake),
            (60, 12, Rest::Dim),
            (180, 12, Rest::Quiet),
            (90_000, 12, Rest::Quiet),
            (600, 22, Rest::Blank),
            (600, 5, Rest::Blank),
            (600, 6, Rest::Quiet),
            (300, 23, Rest::Quiet),
        ] {
            assert_eq!(TIMES.rest(Duration::from_secs(untouched), hour), expected, "{untouched} s at {hour} h");
        }
    }

    #[test]
    fn a_night_within_one_day_and_none_at_all_are_understood() {
        let noon = Times { night: (12, 14), ..TIMES };
        assert_eq!(noon.rest(Duration::from_mins(15), 13), Rest::Blank);
        assert_eq!(noon.rest(Duration::from_mins(15), 14), Rest::Quiet);
        let never = Times { night: (0, 0), ..TIMES };
        assert_eq!(never.rest(Duration::from_mins(15), 0), Rest::Quiet);
    }
}
