//! A plain model of a browser with one session. The model does what [`Session`](session_core::Session) documents,
//! without optimisations.

use serde_json::Value;
use session_core::{CSRF_KEY, FLASH_PREFIX, LIFETIME_KEY, TIMEOUT_KEY};

use super::harness::{Sent, Settings};
use super::script::Wait;

/// The model. Its times and durations are in seconds.
pub(crate) struct Model {
    timeout: Option<f64>,
    reissue_time: Option<f64>,
    /// The browser's state.
    kept: Kept,
    /// The session of the current request, if the request has used it.
    live: Option<Live>,
}

enum Kept {
    Nothing,
    Session(Record),
    /// A value that the site never sent.
    Forgery,
}

/// Why a session is new.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Why {
    Missing,
    Forged,
    Expired,
    Invalidated,
}

#[derive(Clone, Default)]
struct Record {
    accessed: f64,
    created: f64,
    entries: Vec<(String, Value)>,
}

struct Live {
    /// The record with the request's changes to its entries. The request does not change the record's `accessed`, which
    /// Pyramid calls `renewed`.
    record: Record,
    /// When the request last accessed the session, in whole seconds. Without a re-issue time, only writes count.
    accessed: Option<f64>,
    /// Why the session is new, or `None` if it is not new.
    new: Option<Why>,
    is_changed: bool,
}

impl Live {
    fn new(why: Why, now: f64) -> Self {
        let record = Record { accessed: now, created: now, ..Record::default() };
        Self { record, accessed: None, new: Some(why), is_changed: false }
    }
}

impl Model {
    pub(crate) fn new(settings: &Settings) -> Self {
        let secs = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64());
        Self {
            timeout: secs(settings.timeout),
            reissue_time: secs(settings.reissue_time),
            kept: Kept::Nothing,
            live: None,
        }
    }

    /// Returns the time at which a wait ends.
    pub(crate) fn end_of(&self, wait: Wait, now: f64) -> f64 {
        let accessed = if let Kept::Session(record) = &self.kept { record.accessed } else { now };
        let secs = |quarters: u32| f64::from(quarters) / 4.0;
        let after =
            |time: Option<f64>, quarters: i32| accessed + time.unwrap_or(0.0) + f64::from(quarters) / 4.0;
        match wait {
            Wait::Quarters(quarters) => now + secs(quarters),
            Wait::Back(quarters) => now - secs(quarters),
            Wait::Timeout(quarters) => after(self.timeout, quarters).max(now),
            Wait::Reissue(quarters) => after(self.reissue_time, quarters).max(now),
        }
    }

    fn live(&mut self, now: f64) -> &mut Live {
        let (kept, timeout) = (&self.kept, self.timeout);
        self.live.get_or_insert_with(|| match kept {
            Kept::Nothing => Live::new(Why::Missing, now),
            Kept::Forgery => Live::new(Why::Forged, now),
            Kept::Session(record) if timeout.is_some_and(|timeout| now - record.accessed > timeout) => {
                Live::new(Why::Expired, now)
            }
            Kept::Session(record) => {
                Live { record: record.clone(), accessed: None, new: None, is_changed: false }
            }
        })
    }

    /// Returns `created` and `is_new`. Reading them does not count as an access to the session.
    pub(crate) fn look(&mut self, now: f64) -> (f64, bool) {
        let live = self.live(now);
        (live.record.created, live.new.is_some())
    }

    /// Returns why the session is new. Reading the reason does not count as an access to the session.
    pub(crate) fn why_new(&mut self, now: f64) -> Option<Why> {
        self.live(now).new
    }

    /// Replaces the browser's session with a forgery. Called between two requests.
    pub(crate) fn tamper(&mut self) {
        if let Kept::Session(_) = self.kept {
            self.kept = Kept::Forgery;
        }
    }

    pub(crate) fn read(&mut self, now: f64) -> &[(String, Value)] {
        let reissue_time = self.reissue_time;
        let live = self.live(now);
        if let Some(reissue_time) = reissue_time {
            live.accessed = Some(now.trunc());
            live.is_changed |= live.new.is_none() && now.trunc() - live.record.accessed > reissue_time;
        }
        &live.record.entries
    }

    pub(crate) fn write(&mut self, now: f64) -> &mut Vec<(String, Value)> {
        let live = self.live(now);
        live.accessed = Some(now.trunc());
        live.is_changed = true;
        &mut live.record.entries
    }

    pub(crate) fn get(&mut self, key: &str, now: f64) -> Option<Value> {
        self.read(now).iter().find(|entry| entry.0 == key).map(|entry| entry.1.clone())
    }

    pub(crate) fn insert(&mut self, key: &str, value: Value, now: f64) {
        let entries = self.write(now);
        match entries.iter_mut().find(|entry| entry.0 == key) {
            Some(entry) => entry.1 = value,
            None => entries.push((key.to_owned(), value)),
        }
    }

    pub(crate) fn remove(&mut self, key: &str, now: f64) -> Option<Value> {
        let entries = self.write(now);
        let at = entries.iter().position(|entry| entry.0 == key)?;
        Some(entries.remove(at).1)
    }

    pub(crate) fn invalidate(&mut self, now: f64) {
        self.live = Some(Live::new(Why::Invalidated, now));
    }

    pub(crate) fn renew(&mut self, now: f64) {
        let mut entries = self.live(now).record.entries.clone();
        entries.retain(|(key, _)| ![CSRF_KEY, TIMEOUT_KEY, LIFETIME_KEY].contains(&key.as_str()));
        self.invalidate(now);
        *self.write(now) = entries;
    }

    pub(crate) fn peek_flash(&mut self, queue: &str, now: f64) -> Vec<Value> {
        messages(self.get(&flash_key(queue), now))
    }

    pub(crate) fn pop_flash(&mut self, queue: &str, now: f64) -> Vec<Value> {
        messages(self.remove(&flash_key(queue), now))
    }

    pub(crate) fn flash(&mut self, message: &str, queue: &str, allow_duplicate: bool, now: f64) {
        let message = Value::from(message);
        let mut queued = self.peek_flash(queue, now);
        if allow_duplicate || !queued.contains(&message) {
            queued.push(message);
        }
        self.insert(&flash_key(queue), Value::from(queued), now);
    }

    /// Returns the stored CSRF token. An empty token counts as none.
    pub(crate) fn csrf_token(&mut self, now: f64) -> Option<String> {
        let token = self.get(CSRF_KEY, now)?.as_str()?.to_owned();
        Some(token).filter(|token| !token.is_empty())
    }

    /// Ends the request, and updates the browser. Returns what the response sends.
    pub(crate) fn end(&mut self, now: f64) -> Sent {
        let Some(live) = self.live.take() else { return Sent::Nothing };
        if live.new.is_some() && live.record.entries.is_empty() {
            if live.new != Some(Why::Invalidated) {
                return Sent::Nothing;
            }
            self.kept = Kept::Nothing;
            return Sent::Removal;
        }
        if !live.is_changed {
            return Sent::Nothing;
        }
        self.kept = Kept::Session(Record { accessed: live.accessed.unwrap_or(now.trunc()), ..live.record });
        Sent::Session
    }
}

fn flash_key(queue: &str) -> String {
    format!("{FLASH_PREFIX}{queue}")
}

fn messages(queued: Option<Value>) -> Vec<Value> {
    match queued {
        Some(Value::Array(messages)) => messages,
        _ => Vec::new(),
    }
}
