//! A plain model of a browser with one session: what [`Session`](session_core::Session) promises, without any of what
//! makes it fast.

use serde_json::Value;
use session_core::{CSRF_KEY, FLASH_PREFIX};

use crate::script::Wait;
use crate::session::{Sent, Settings};

/// Times are in seconds.
pub(crate) struct Model {
    timeout: Option<f64>,
    reissue_time: Option<f64>,
    /// What the browser has.
    kept: Option<Record>,
    /// The session of the request that is going on, if it was touched.
    live: Option<Live>,
}

#[derive(Clone, Default)]
struct Record {
    accessed: f64,
    created: f64,
    entries: Vec<(String, Value)>,
}

struct Live {
    /// Its `accessed` is as it was loaded: Pyramid's `renewed`.
    record: Record,
    /// When the request last accessed it, in whole seconds.
    accessed: Option<f64>,
    is_new: bool,
    is_changed: bool,
    is_invalidated: bool,
}

impl Live {
    fn new(now: f64) -> Self {
        let record = Record { accessed: now, created: now, ..Record::default() };
        Self { record, accessed: None, is_new: true, is_changed: false, is_invalidated: false }
    }
}

impl Model {
    pub(crate) fn new(settings: &Settings) -> Self {
        let secs = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64());
        Self {
            timeout: secs(settings.timeout),
            reissue_time: secs(settings.reissue_time),
            kept: None,
            live: None,
        }
    }

    /// The moment that a wait lasts to.
    pub(crate) fn end_of(&self, wait: Wait, now: f64) -> f64 {
        let accessed = self.kept.as_ref().map_or(now, |record| record.accessed);
        let after =
            |time: Option<f64>, quarters: i32| accessed + time.unwrap_or(0.0) + f64::from(quarters) / 4.0;
        let end = match wait {
            Wait::Quarters(quarters) => now + f64::from(quarters) / 4.0,
            Wait::Timeout(quarters) => after(self.timeout, quarters),
            Wait::Reissue(quarters) => after(self.reissue_time, quarters),
        };
        end.max(now)
    }

    fn live(&mut self, now: f64) -> &mut Live {
        let (kept, timeout) = (&self.kept, self.timeout);
        self.live.get_or_insert_with(|| match kept {
            Some(record) if !timeout.is_some_and(|timeout| now - record.accessed > timeout) => {
                Live { record: record.clone(), is_new: false, ..Live::new(now) }
            }
            _ => Live::new(now),
        })
    }

    /// `created` and `is_new`: to look at them is no access.
    pub(crate) fn look(&mut self, now: f64) -> (f64, bool) {
        let live = self.live(now);
        (live.record.created, live.is_new)
    }

    pub(crate) fn read(&mut self, now: f64) -> &[(String, Value)] {
        let reissue_time = self.reissue_time;
        let live = self.live(now);
        if let Some(reissue_time) = reissue_time {
            live.accessed = Some(now.trunc());
            live.is_changed |= !live.is_new && now.trunc() - live.record.accessed > reissue_time;
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
        self.live = Some(Live { is_invalidated: true, ..Live::new(now) });
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

    /// The token that there is.
    pub(crate) fn csrf_token(&mut self, now: f64) -> Option<String> {
        self.get(CSRF_KEY, now).and_then(|token| token.as_str().map(str::to_owned))
    }

    /// The request ends: what is sent, which the browser then has.
    pub(crate) fn end(&mut self, now: f64) -> Sent {
        let Some(live) = self.live.take() else { return Sent::Nothing };
        if live.is_new && live.record.entries.is_empty() {
            if !live.is_invalidated {
                return Sent::Nothing;
            }
            self.kept = None;
            return Sent::Removal;
        }
        if !live.is_changed {
            return Sent::Nothing;
        }
        self.kept = Some(Record { accessed: live.accessed.unwrap_or(now.trunc()), ..live.record });
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
