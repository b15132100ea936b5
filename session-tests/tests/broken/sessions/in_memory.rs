//! A session in the server's memory that can have any one of the flaws.

use std::cell::Cell;

use session_core::{CSRF_KEY, Clock, FLASH_PREFIX, Record, Rejection, Session, State, Timestamp};
use session_tests::session::Settings;

use super::Flaw;
use crate::texts;

pub(super) struct InMemory {
    pub(super) flaw: Flaw,
    pub(super) settings: Settings,
    pub(super) record: Record,
    /// The state as it was loaded, without later changes.
    pub(super) before: State,
    pub(super) accessed: Cell<Timestamp>,
    pub(super) is_new: bool,
    pub(super) rejection: Option<Rejection>,
    pub(super) is_changed: Cell<bool>,
    pub(super) is_invalidated: bool,
    /// Whether the response stores a CSRF token that `check_csrf_token` has created.
    pub(super) check_made_token: Cell<bool>,
}

impl InMemory {
    fn stamp(&self) {
        let now = self.settings.clock.now();
        self.accessed.set(match self.flaw {
            Flaw::AccessedIsNow => now,
            Flaw::AccessedIsRounded => Timestamp::from_secs(now.as_secs().round()).unwrap(),
            _ => now.trunc(),
        });
    }

    fn token(&self) -> Option<String> {
        self.state().get(CSRF_KEY).ok().flatten()
    }

    fn access(&self) {
        let reissue_time = match self.settings.reissue_time {
            Some(reissue_time) => reissue_time.as_secs_f64(),
            None if self.flaw == Flaw::ReissuesWithoutReissueTime => 0.0,
            None => return,
        };
        let now = self.settings.clock.now();
        let age = now.trunc().secs_since(self.record.accessed);
        let due = match self.flaw {
            Flaw::ReissuesTooEarly => age >= reissue_time,
            Flaw::ReissuesTooLate => age > reissue_time + 1.0,
            Flaw::ReissuesByFractions => now.secs_since(self.record.accessed) > reissue_time,
            Flaw::ReissuesEachRead => true,
            Flaw::ReissuesNever => false,
            _ => age > reissue_time,
        };
        if self.flaw != Flaw::ReissuesWithOldTime {
            self.stamp();
        }
        self.is_changed.set(self.is_changed.get() || (due && !self.is_new));
    }
}

impl Session for InMemory {
    fn created(&self) -> Timestamp {
        self.record.created
    }

    fn is_new(&self) -> bool {
        if self.flaw == Flaw::IsNewIsAccess {
            self.access();
        }
        self.is_new
    }

    fn rejection(&self) -> Option<&Rejection> {
        self.rejection.as_ref()
    }

    fn changed(&mut self) {
        match self.flaw {
            Flaw::ChangedIsNothing => {}
            Flaw::ChangedKeepsOldTime => self.is_changed.set(true),
            _ => drop(self.state_mut()),
        }
    }

    fn invalidate(&mut self) {
        let now = self.settings.clock.now();
        let old = std::mem::replace(&mut self.record, Record::new(now, now, State::default()));
        let keeps = |key: &str| match self.flaw {
            Flaw::InvalidateKeepsData => !key.starts_with('_'),
            Flaw::InvalidateKeepsCsrf => key == CSRF_KEY,
            Flaw::InvalidateKeepsFlash => key.starts_with(FLASH_PREFIX),
            _ => false,
        };
        for (key, text) in texts(&old.state).into_iter().filter(|(key, _)| keeps(key)) {
            self.record.state.insert_json(&key, text).unwrap();
        }
        if self.flaw == Flaw::InvalidateKeepsCreated {
            self.record.created = old.created;
        }
        self.is_new |= self.flaw != Flaw::InvalidateKeepsOld;
        self.is_changed.set(self.flaw == Flaw::InvalidateKeepsOld);
        self.rejection = None;
        self.accessed.set(now.trunc());
        self.is_invalidated = true;
    }

    fn renew(&mut self) {
        let (created, is_new) = (self.record.created, self.is_new);
        let mut state = self.record.state.clone();
        if self.flaw != Flaw::RenewKeepsCsrf {
            state.discard(CSRF_KEY);
        }
        self.invalidate();
        match self.flaw {
            Flaw::RenewIsInvalidate => {}
            Flaw::RenewSendsNothing => self.record.state = state,
            _ => *self.state_mut() = state,
        }
        match self.flaw {
            Flaw::RenewKeepsCreated => self.record.created = created,
            Flaw::RenewKeepsOld => self.is_new = is_new,
            _ => {}
        }
    }

    fn state(&self) -> &State {
        self.access();
        &self.record.state
    }

    fn state_mut(&mut self) -> &mut State {
        if self.flaw != Flaw::WritesKeepOldTime {
            self.stamp();
        }
        self.is_changed.set(true);
        &mut self.record.state
    }

    fn contains(&self, key: &str) -> bool {
        match self.flaw {
            Flaw::ContainsIsNoAccess => self.record.state.contains_key(key),
            _ => self.state().contains_key(key),
        }
    }

    fn len(&self) -> usize {
        match self.flaw {
            Flaw::LenLeavesOut => self.state().keys().filter(|key| !key.starts_with('_')).count(),
            _ => self.state().len(),
        }
    }

    fn discard(&mut self, key: &str) -> bool {
        match self.flaw {
            Flaw::RemoveIsNotSaved => self.record.state.discard(key),
            Flaw::RemoveIsAlwaysTrue => self.state_mut().discard(key) | true,
            Flaw::RemoveSwaps => {
                let state = self.state_mut();
                let mut entries = texts(state);
                let Some(at) = entries.iter().position(|entry| entry.0 == key) else { return false };
                entries.swap_remove(at);
                state.clear();
                entries.into_iter().for_each(|(key, text)| state.insert_json(&key, text).unwrap());
                true
            }
            _ => self.state_mut().discard(key),
        }
    }

    fn clear(&mut self) {
        match self.flaw {
            Flaw::ClearIsInvalidate => self.invalidate(),
            _ => self.state_mut().clear(),
        }
    }

    fn csrf_token(&mut self) -> Result<String, session_core::EntryError> {
        match self.token() {
            Some(token) if self.flaw != Flaw::CsrfTokenChanges => {
                let is_used = !token.is_empty() || self.flaw == Flaw::EmptyStoredCsrfTokenIsUsed;
                if is_used { Ok(token) } else { self.new_csrf_token() }
            }
            _ => self.new_csrf_token(),
        }
    }

    fn new_csrf_token(&mut self) -> Result<String, session_core::EntryError> {
        // Compute the new token from the old one, so that the two differ.
        let old = self.record.state.get_json(CSRF_KEY).unwrap().unwrap_or_default();
        let sum = old.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let token = match self.flaw {
            Flaw::CsrfTokenIsConstant => "0123456789abcdef0123456789abcdef01234567".to_owned(),
            Flaw::CsrfTokenIsShort => format!("{sum:039x}"),
            Flaw::CsrfTokenIsUppercase => format!("{:040X}", u128::from(sum) | (0xf << 90)),
            _ => format!("{sum:040x}"),
        };
        match self.flaw {
            Flaw::CsrfTokenIsNotKept => self.changed(),
            _ => self.state_mut().insert(CSRF_KEY, &token)?,
        }
        Ok(token)
    }

    fn check_csrf_token(&self, supplied: &str) -> bool {
        let Some(token) = self.token() else {
            if self.flaw == Flaw::CsrfCheckMakesToken {
                self.check_made_token.set(true);
                self.is_changed.set(true);
            }
            return self.flaw == Flaw::EmptyCsrfTokenPasses && supplied.is_empty();
        };
        if token.is_empty() {
            return self.flaw == Flaw::EmptyStoredCsrfTokenPasses && supplied.is_empty();
        }
        match self.flaw {
            Flaw::CsrfComparesPrefix => !supplied.is_empty() && token.starts_with(supplied),
            Flaw::CsrfComparesStart => supplied.starts_with(&token),
            Flaw::CsrfTrims => supplied.trim() == token,
            _ => token == supplied,
        }
    }
}
