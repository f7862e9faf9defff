//! A session at the kiosk, and what of it runs out by itself. No clock in here: whoever asks says how late it is.

use std::time::{Duration, Instant};

use super::By;
use crate::domain::{Actor, PersonId};

/// How long a keeper's rights last at a kiosk.
const ELEVATED: Duration = Duration::from_mins(5);

/// Somebody is signed in.
pub struct Session {
    pub id: PersonId,
    pub by: By,
    /// What they may without a step up.
    member: Actor,
    touched: Instant,
    elevated_until: Option<Instant>,
}

/// What ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOut {
    Nothing,
    /// The keeper's rights; they act as this from now on.
    Elevation(Actor),
    Session,
}

impl Session {
    /// `member`: as whom they act without a step up.
    pub fn begin(id: PersonId, by: By, member: Actor, now: Instant) -> Self {
        Self { id, by, member, touched: now, elevated_until: None }
    }

    /// The same with a keeper's rights, for some minutes.
    pub fn elevated(self, now: Instant) -> Self {
        Self { elevated_until: Some(now + ELEVATED), ..self }
    }

    /// Somebody is working: the time left begins anew. A keeper's rights last no longer for it.
    pub fn touch(&mut self, now: Instant) {
        self.touched = now;
    }

    /// What has run out by now.
    pub fn run_out(&mut self, now: Instant, lock_after: Duration) -> RunOut {
        if self.left(now, lock_after).is_zero() {
            return RunOut::Session;
        }
        match self.elevated_until.take_if(|until| now >= *until) {
            Some(_) => RunOut::Elevation(self.member.clone()),
            None => RunOut::Nothing,
        }
    }

    /// How long the session still lasts when nobody touches anything.
    pub fn left(&self, now: Instant, lock_after: Duration) -> Duration {
        lock_after.saturating_sub(now.saturating_duration_since(self.touched))
    }

    /// How long a keeper's rights still last.
    pub fn elevated_left(&self, now: Instant) -> Duration {
        self.elevated_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Role;

    const LOCK_AFTER: Duration = Duration::from_mins(2);

    fn ann(now: Instant) -> Session {
        let id = PersonId(uuid::Uuid::from_u128(1));
        Session::begin(id, By::Badge, Actor::person(id, Role::Member), now)
    }

    #[test]
    fn a_session_nobody_touches_ends_and_a_touch_begins_its_time_anew() {
        let now = Instant::now();
        let mut session = ann(now);
        let later = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(session.run_out(later(119), LOCK_AFTER), RunOut::Nothing);
        assert_eq!(session.left(later(119), LOCK_AFTER), Duration::from_secs(1));
        session.touch(later(119));
        assert_eq!(session.run_out(later(238), LOCK_AFTER), RunOut::Nothing);
        assert_eq!(session.run_out(later(239), LOCK_AFTER), RunOut::Session);
    }

    #[test]
    fn a_keepers_rights_last_five_minutes_however_busy_they_are() {
        let now = Instant::now();
        let mut session = ann(now).elevated(now);
        for second in (0..300).step_by(30) {
            let at = now + Duration::from_secs(second);
            session.touch(at);
            assert_eq!(session.run_out(at, LOCK_AFTER), RunOut::Nothing, "after {second} s");
        }
        let at = now + Duration::from_mins(5);
        assert_eq!(session.elevated_left(at), Duration::ZERO);
        let member = Actor::person(session.id, Role::Member);
        assert_eq!(session.run_out(at, LOCK_AFTER), RunOut::Elevation(member));
        assert_eq!(session.run_out(at, LOCK_AFTER), RunOut::Nothing, "once");
    }
}
