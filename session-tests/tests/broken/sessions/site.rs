//! A server that keeps its session in memory, and its browser.

use std::cell::Cell;

use session_core::{CSRF_KEY, Clock, FLASH_PREFIX, Record, Rejection, State};
use session_tests::session::{Harness, Sent, Settings};

use super::Flaw;
use super::in_memory::InMemory;
use crate::texts;

/// A server with a flaw, and its only browser. The server stores at most one session. `is_forged` tells whether the
/// browser's cookie was changed.
pub(super) struct Site {
    flaw: Flaw,
    settings: Settings,
    kept: Option<Record>,
    is_forged: bool,
}

impl Site {
    pub(super) fn new(flaw: Flaw, settings: &Settings) -> Self {
        Self { flaw, settings: settings.clone(), kept: None, is_forged: false }
    }

    fn has_expired(&self, record: &Record) -> bool {
        let Some(timeout) = self.settings.timeout else { return self.flaw == Flaw::AlwaysTimesOut };
        let (now, timeout) = (self.settings.clock.now(), timeout.as_secs_f64());
        let age = now.secs_since(record.accessed);
        match self.flaw {
            Flaw::TimesOutTooEarly => age >= timeout,
            Flaw::TimesOutByWholeSeconds => age.trunc() > timeout,
            Flaw::TimesOutLate => age > timeout + 1.0,
            Flaw::TimesOutFromCreated => now.secs_since(record.created) > timeout,
            Flaw::NeverTimesOut => false,
            Flaw::RefusesTheFuture => age > timeout || age < -1.0,
            _ => age > timeout,
        }
    }
}

impl Harness for Site {
    type Session = InMemory;

    fn request(&mut self) -> InMemory {
        let now = self.settings.clock.now();
        let mut new = Record::new(now, now, State::default());
        let (mut record, mut is_new, rejection) = match self.kept.clone() {
            None => (new, true, Some(Rejection::missing())),
            Some(_) if self.is_forged && self.flaw != Flaw::ForgedIsLoaded => {
                let rejection = match self.flaw {
                    Flaw::ForgedIsExpired => Rejection::expired(),
                    _ => Rejection::bad_signature(),
                };
                (new, self.flaw != Flaw::ForgedIsNotNew, Some(rejection))
            }
            Some(old) if self.has_expired(&old) => {
                match self.flaw {
                    Flaw::ExpiredKeepsCreated => new.created = old.created,
                    Flaw::ExpiredKeepsData => new.state = old.state,
                    _ => {}
                }
                let rejection = match self.flaw {
                    Flaw::ExpiredIsMissing => Rejection::missing(),
                    _ => Rejection::expired(),
                };
                (new, self.flaw != Flaw::ExpiredIsNotNew, Some(rejection))
            }
            Some(old) => (old, false, None),
        };
        is_new |= self.flaw == Flaw::NewTwice && record.accessed == record.created.trunc();
        match self.flaw {
            Flaw::CreatedGetsLost => record.created = record.accessed,
            Flaw::CreatedIsTruncated => record.created = record.created.trunc(),
            _ => {}
        }
        InMemory {
            flaw: self.flaw,
            settings: self.settings.clone(),
            before: record.state.clone(),
            accessed: Cell::new(record.accessed),
            record,
            is_new,
            rejection,
            is_changed: Cell::new(self.is_forged && self.flaw == Flaw::ForgedIsRemoved),
            is_invalidated: self.is_forged && self.flaw == Flaw::ForgedIsRemoved,
            check_made_token: Cell::new(false),
        }
    }

    fn respond(&mut self, mut session: InMemory) -> Sent {
        if session.check_made_token.get() {
            session.record.state.insert(CSRF_KEY, "0123456789abcdef0123456789abcdef01234567").unwrap();
        }
        let empty = session.is_new && session.record.state.is_empty();
        if session.is_invalidated && (empty || self.flaw == Flaw::InvalidateIsFinal) {
            if self.flaw == Flaw::InvalidateSendsNothing {
                return Sent::Nothing;
            }
            (self.kept, self.is_forged) = (None, false);
            return Sent::Removal;
        }
        let mut changed = session.is_changed.get() || self.flaw == Flaw::SendsAlways;
        if self.flaw == Flaw::WritesOfSameAreNone {
            changed &= !session.is_changed.get()
                || session.record.state.to_json().unwrap() != session.before.to_json().unwrap();
        }
        if self.flaw == Flaw::SendsNothingNew && session.is_new {
            changed = false;
        }
        if !changed || (empty && self.flaw != Flaw::SendsNewAndEmpty) {
            return Sent::Nothing;
        }
        let state = stored(self.flaw, &session);
        self.kept = Some(Record::new(session.accessed.get(), session.record.created, state));
        self.is_forged = false;
        Sent::Session
    }

    fn tamper(&mut self) {
        self.is_forged = self.kept.is_some();
    }
}

/// Returns the state that the server stores. The flaws that concern flash messages change this state.
fn stored(flaw: Flaw, session: &InMemory) -> State {
    let InMemory { record, before, .. } = session;
    let mut state = State::default();
    let list = |text: &str| serde_json::from_str::<Vec<serde_json::Value>>(text).unwrap_or_default();
    for (key, text) in texts(&record.state) {
        if !key.starts_with(FLASH_PREFIX) {
            state.insert_json(&key, text).unwrap();
            continue;
        }
        let (mut messages, old) = (list(&text), before.get_json(&key).unwrap().map(list).unwrap_or_default());
        let mut key = &*key;
        match flaw {
            Flaw::FlashQueuesShared => key = FLASH_PREFIX,
            Flaw::FlashDuplicatesDropped => messages.dedup(),
            Flaw::FlashDuplicatesAdded if messages.len() > old.len() => {
                messages.splice(0..0, old).for_each(drop)
            }
            Flaw::FlashReversed => messages.reverse(),
            Flaw::FlashNotKept => continue,
            Flaw::FlashGoesWhenSeen if !old.is_empty() && old == messages => continue,
            _ => {}
        }
        state.insert(key, messages).unwrap();
    }
    if flaw == Flaw::PoppedFlashStays {
        for (key, text) in texts(before).into_iter().filter(|(key, _)| key.starts_with(FLASH_PREFIX)) {
            state.insert_json(&key, text).unwrap();
        }
    }
    state
}
