//! Sessions in the memory of the server, with mistakes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use session_core::{Clock, Record, Session, State, Timestamp};
use session_tests::session::{self, Harness, Sent, Settings};

use crate::must_fail;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    TimesOutTooEarly,
    NeverTimesOut,
    KeepsWhatTimedOut,
    ReissuesTooEarly,
    ReissuesEachRead,
    ReissuesWithOldTime,
    AccessedIsNow,
    WritesKeepOldTime,
    ChangedIsNothing,
    CreatedGetsLost,
    RemoveIsNotSaved,
    ClearIsInvalidate,
    InvalidateKeepsCreated,
    InvalidateKeepsOld,
    InvalidateSendsNothing,
    SendsNewAndEmpty,
    SendsAlways,
    CsrfTokenIsConstant,
    EmptyCsrfTokenPasses,
    CsrfCheckMakesToken,
}

/// A server that keeps the session, and a browser that has its number or not.
struct Site {
    mistake: Mistake,
    settings: Settings,
    kept: Rc<RefCell<Option<Record>>>,
}

struct InMemory {
    mistake: Mistake,
    settings: Settings,
    record: Record,
    accessed: Cell<Timestamp>,
    is_new: bool,
    is_changed: Cell<bool>,
    is_invalidated: bool,
}

impl Harness for Site {
    type Session = InMemory;

    fn request(&mut self) -> InMemory {
        let now = self.settings.clock.now();
        let secs = |time: Option<std::time::Duration>| time.map_or(f64::INFINITY, |time| time.as_secs_f64());
        let timeout = secs(self.settings.timeout);
        let kept = self.kept.borrow().clone().filter(|record| {
            let age = now.secs_since(record.accessed);
            match self.mistake {
                Mistake::TimesOutTooEarly => age < timeout,
                Mistake::NeverTimesOut => true,
                _ => age <= timeout,
            }
        });
        let is_new = kept.is_none();
        let old = self.kept.borrow().clone().unwrap_or_default();
        let state = if self.mistake == Mistake::KeepsWhatTimedOut { old.state } else { State::default() };
        let mut record = kept.unwrap_or(Record { accessed: now, created: now, state });
        if self.mistake == Mistake::CreatedGetsLost {
            record.created = record.accessed;
        }
        InMemory {
            mistake: self.mistake,
            settings: self.settings.clone(),
            accessed: Cell::new(record.accessed),
            record,
            is_new,
            is_changed: Cell::new(false),
            is_invalidated: false,
        }
    }

    fn respond(&mut self, session: InMemory) -> Sent {
        let empty = session.is_new && session.record.state.is_empty();
        if empty && session.is_invalidated && self.mistake != Mistake::InvalidateSendsNothing {
            *self.kept.borrow_mut() = None;
            return Sent::Removal;
        }
        let changed = session.is_changed.get() || self.mistake == Mistake::SendsAlways;
        if !changed || (empty && self.mistake != Mistake::SendsNewAndEmpty) {
            return Sent::Nothing;
        }
        *self.kept.borrow_mut() = Some(Record { accessed: session.accessed.get(), ..session.record });
        Sent::Session
    }
}

impl InMemory {
    fn stamp(&self) {
        let now = self.settings.clock.now();
        self.accessed.set(if self.mistake == Mistake::AccessedIsNow { now } else { now.trunc() });
    }
}

impl Session for InMemory {
    fn created(&self) -> Timestamp {
        self.record.created
    }

    fn is_new(&self) -> bool {
        self.is_new
    }

    fn changed(&mut self) {
        if self.mistake != Mistake::ChangedIsNothing {
            self.state_mut();
        }
    }

    fn invalidate(&mut self) {
        let now = self.settings.clock.now();
        let created = if self.mistake == Mistake::InvalidateKeepsCreated { self.record.created } else { now };
        self.record = Record { accessed: now, created, state: State::default() };
        self.is_new |= self.mistake != Mistake::InvalidateKeepsOld;
        self.is_changed.set(self.mistake == Mistake::InvalidateKeepsOld);
        self.accessed.set(now.trunc());
        self.is_invalidated = true;
    }

    fn state(&self) -> &State {
        if let Some(reissue_time) = self.settings.reissue_time {
            let now = self.settings.clock.now().trunc();
            let age = now.secs_since(self.record.accessed);
            let due = match self.mistake {
                Mistake::ReissuesTooEarly => age >= reissue_time.as_secs_f64(),
                Mistake::ReissuesEachRead => true,
                _ => age > reissue_time.as_secs_f64(),
            };
            if self.mistake != Mistake::ReissuesWithOldTime {
                self.stamp();
            }
            self.is_changed.set(self.is_changed.get() || (due && !self.is_new));
        }
        &self.record.state
    }

    fn state_mut(&mut self) -> &mut State {
        if self.mistake != Mistake::WritesKeepOldTime {
            self.stamp();
        }
        self.is_changed.set(true);
        &mut self.record.state
    }

    fn remove(&mut self, key: &str) -> bool {
        match self.mistake {
            Mistake::RemoveIsNotSaved => self.record.state.remove(key),
            _ => self.state_mut().remove(key),
        }
    }

    fn clear(&mut self) {
        match self.mistake {
            Mistake::ClearIsInvalidate => self.invalidate(),
            _ => self.state_mut().clear(),
        }
    }

    fn new_csrf_token(&mut self) -> Result<String, session_core::Error> {
        let token = match self.mistake {
            Mistake::CsrfTokenIsConstant => "0123456789abcdef0123456789abcdef01234567".to_owned(),
            _ => format!("{:040x}", other_than(self.record.state.get_json(session_core::CSRF_KEY))),
        };
        self.state_mut().insert(session_core::CSRF_KEY, &token)?;
        Ok(token)
    }

    fn check_csrf_token(&self, supplied: &str) -> bool {
        let token = self.state().get::<String>(session_core::CSRF_KEY).ok().flatten();
        match self.mistake {
            Mistake::EmptyCsrfTokenPasses => token.unwrap_or_default() == supplied,
            Mistake::CsrfCheckMakesToken => {
                self.is_changed.set(true);
                token.as_deref() == Some(supplied)
            }
            _ => token.as_deref() == Some(supplied),
        }
    }
}

/// Something else than the old token.
fn other_than(old: Option<&str>) -> u64 {
    old.map_or(1, |old| old.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())))
}

fn check(mistake: Mistake) {
    session::check(|settings| Site { mistake, settings: settings.clone(), kept: Rc::default() });
}

#[test]
fn a_right_one_passes() {
    check(Mistake::None);
}

#[test]
fn mistakes_are_caught() {
    use Mistake::*;
    for mistake in [
        TimesOutTooEarly,
        NeverTimesOut,
        KeepsWhatTimedOut,
        ReissuesTooEarly,
        ReissuesEachRead,
        ReissuesWithOldTime,
        AccessedIsNow,
        WritesKeepOldTime,
        ChangedIsNothing,
        CreatedGetsLost,
        RemoveIsNotSaved,
        ClearIsInvalidate,
        InvalidateKeepsCreated,
        InvalidateKeepsOld,
        InvalidateSendsNothing,
        SendsNewAndEmpty,
        SendsAlways,
        CsrfTokenIsConstant,
        EmptyCsrfTokenPasses,
        CsrfCheckMakesToken,
    ] {
        must_fail(mistake, move || check(mistake));
    }
}

#[test]
fn the_script_is_short_and_readable() {
    let panic = std::panic::catch_unwind(|| check(Mistake::InvalidateKeepsOld)).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("a session with the defaults: step "), "{message}");
    assert!(message.contains("`session.invalidate()`: created and is_new are ("), "{message}");
    let script = message.split_once("minimal case:\n").unwrap().1.trim_end();
    assert!((3..10).contains(&script.lines().count()), "{message}");
    assert!(script.contains(". // the request ends\n"), "{message}");
}
