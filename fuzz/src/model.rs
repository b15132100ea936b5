//! A simple model of one session within a request. The target `lifecycle` compares the library with it.

use serde_json::Value;
use session_core::json;

/// The entries of a session: each key, with the JSON text of its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entries(Vec<(String, String)>);

const QUEUE: &str = "_f_";

impl Entries {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn set(&mut self, key: &str, text: String) {
        match self.0.iter_mut().find(|entry| entry.0 == key) {
            Some(entry) => entry.1 = text,
            None => self.0.push((key.to_owned(), text)),
        }
    }

    pub fn remove(&mut self, key: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|entry| entry.0 != key);
        self.0.len() < before
    }

    /// Returns the messages of the default queue, which are strings.
    pub fn messages(&self) -> Vec<String> {
        let queue = self.0.iter().find(|entry| entry.0 == QUEUE);
        queue.map_or_else(Vec::new, |(_, text)| serde_json::from_str(text).expect("a queue holds strings"))
    }

    pub fn flash(&mut self, message: &str, allow_duplicate: bool) {
        let mut messages = self.messages();
        if allow_duplicate || messages.iter().all(|earlier| earlier != message) {
            messages.push(message.to_owned());
        }
        self.set(QUEUE, text(&messages));
    }

    pub fn pop_flash(&mut self) {
        self.remove(QUEUE);
    }

    /// Returns the keys and the values.
    pub fn values(&self) -> Vec<(&str, Value)> {
        let value = |text| serde_json::from_str(text).expect("the model holds JSON");
        self.0.iter().map(|(key, text)| (&**key, value(text))).collect()
    }

    fn json(&self) -> String {
        let members = self.0.iter().map(|(key, value)| format!("{}: {value}", text(key)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    }

    /// Returns the entries as `CompactJsonSerializer` writes them. It writes the same text as serde_json, but escapes
    /// U+007F.
    fn compact_json(&self) -> String {
        let members = self.values().into_iter().map(|(key, value)| format!("{}:{value}", Value::from(key)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(",")).replace('\u{7f}', "\\u007f")
    }
}

/// Returns the JSON text of a value, as the library writes it. The target `json_python` compares that text with
/// Python's.
pub fn text<T: serde::Serialize + ?Sized>(value: &T) -> String {
    json::to_string(value).expect("JSON can hold strings and lists of strings")
}

/// The contents of the cookie. Times are in Unix seconds.
#[derive(Clone, Debug)]
pub struct Record {
    pub accessed: f64,
    pub created: f64,
    pub entries: Entries,
}

impl Record {
    /// Returns the payload that Pyramid would write. The access time is in whole seconds.
    pub fn json(&self) -> String {
        format!("[{}, {:?}, {}]", self.accessed as i64, self.created, self.entries.json())
    }

    /// Returns the payload of an encrypted cookie.
    pub fn compact_json(&self) -> String {
        format!("[{},{:?},{}]", self.accessed as i64, self.created, self.entries.compact_json())
    }
}

/// The session of one request.
#[derive(Clone, Debug)]
pub struct Model {
    /// The record that was loaded, created or last sent, with the current entries.
    pub record: Record,
    pub accessed: Option<f64>,
    pub is_new: bool,
    pub has_expired: bool,
    is_changed: bool,
    /// Whether the browser may have a cookie that has to be removed if this session is new and empty.
    is_void: bool,
    reissue_time: Option<f64>,
}

/// What a response sends to the browser: no cookie, the removal of the cookie, or a new cookie.
#[derive(Debug)]
pub enum Sent {
    Nothing,
    Removal,
    Cookie(Record),
}

impl Model {
    /// Loads the session of a browser whose cookie has the record `kept`.
    pub fn load(kept: Option<&Record>, now: f64, timeout: Option<f64>, reissue_time: Option<f64>) -> Self {
        let is_over = |record: &Record| timeout.is_some_and(|timeout| now - record.accessed > timeout);
        let live = kept.filter(|record| !is_over(record));
        Self {
            record: live.cloned().unwrap_or(Record {
                accessed: now,
                created: now,
                entries: Entries::default(),
            }),
            accessed: None,
            is_new: live.is_none(),
            has_expired: kept.is_some_and(is_over),
            is_changed: false,
            is_void: false,
            reissue_time,
        }
    }

    pub fn invalidate(&mut self, now: f64) {
        *self = Self { is_void: true, ..Self::load(None, now, None, self.reissue_time) };
    }

    pub fn read(&mut self, now: f64) -> &Entries {
        if let Some(reissue_time) = self.reissue_time {
            self.accessed = Some(now.trunc());
            self.is_changed |= !self.is_new && now.trunc() - self.record.accessed > reissue_time;
        }
        &self.record.entries
    }

    pub fn write(&mut self, now: f64) -> &mut Entries {
        self.accessed = Some(now.trunc());
        self.is_changed = true;
        &mut self.record.entries
    }

    /// Returns what a response has to send, without marking it as sent.
    pub fn to_send(&self) -> Sent {
        let is_nothing = self.is_new && self.record.entries.is_empty();
        if is_nothing && self.is_void {
            Sent::Removal
        } else if is_nothing || !self.is_changed {
            Sent::Nothing
        } else {
            let accessed = self.accessed.unwrap_or(self.record.accessed);
            Sent::Cookie(Record { accessed, ..self.record.clone() })
        }
    }

    pub fn was_sent(&mut self, sent: &Sent) {
        match sent {
            Sent::Nothing => {}
            Sent::Removal => self.is_void = false,
            Sent::Cookie(record) => {
                self.record = record.clone();
                self.is_void = self.is_new;
            }
        }
        self.is_changed = false;
    }
}
