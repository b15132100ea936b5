//! Reading a session's record from a pickle. The graph of the pickle provides the [`Foreign`] values of the state.

use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use session_core::json::Json;
use session_core::{Foreign, ForeignEntry, Record, State, Timestamp};

use super::graph::Graph;
use super::input::MAX_LEN;
use super::kind::{Id, Kind};
use super::numbers::{Number, json_number};
use super::read;
use super::texts::{Text, Texts};
use super::write::decimal;
use crate::error::LoadError;

/// The maximum length of the label that stands for a key that is not a string, in characters.
const MAX_LABEL: usize = 60;

/// The maximum size of the JSON text that is created for such a label. If the key has no JSON text or a longer one, the
/// label is the name of the key, if the key is a class or function, and otherwise the name of the key's class.
const MAX_LABEL_TEXT: usize = 1024;

/// The total size that the JSON texts for such labels may have. Several keys may share their parts, but each has its
/// own text. The limit does not depend on the length of the pickle: in another protocol, the pickle has another length,
/// but the labels must stay the same.
const MAX_LABEL_TEXTS: usize = 1024 * 1024;

/// The total size that the JSON texts of all values may have, even if the pickle is small. Several values may share
/// their parts, but each has its own text.
const MIN_TOTAL: usize = 1024 * 1024;

/// Reads a record from its pickle.
pub(super) fn record(pickle: Vec<u8>) -> Result<Record, LoadError> {
    let (mut graph, root) = read::read(pickle)?;
    let (Kind::Tuple(parts) | Kind::List(parts)) = graph.kind(root) else { return Err(not_a_record()) };
    let &[accessed, created, state] = &parts[..] else { return Err(not_a_record()) };
    let (accessed, created) = (graph.time(accessed)?, graph.time(created)?);
    let Kind::Dict(items) = graph.kind(state) else {
        return Err(LoadError::malformed("the state is not a dict"));
    };
    let mut left = MAX_LABEL_TEXTS;
    let entries: Vec<ForeignEntry> = items
        .iter()
        .map(|&(key, value)| ForeignEntry {
            key: key.0,
            value: value.0,
            name: graph.key_name(key, &mut left),
        })
        .collect();
    (graph.record, graph.state, graph.loaded) = (Some(root), Some(state), graph.nodes.len() as u32);
    let state =
        if entries.is_empty() { State::default() } else { State::from_foreign(Arc::new(graph), entries) };
    Ok(Record::new(accessed, created, state))
}

impl Foreign for Graph {
    fn json(&self, value: u32) -> Result<&str, &str> {
        match &self.cached_text(value).json {
            Ok(text) => Ok(text),
            Err(what) => Err(what),
        }
    }

    fn is_json(&self, value: u32) -> bool {
        self.cached_text(value).is_exact
    }

    fn size(&self, value: u32) -> usize {
        self.node(Id(value)).size as usize
    }

    fn elements(&self, value: u32) -> Option<Vec<u32>> {
        match self.kind(Id(value)) {
            Kind::List(parts) | Kind::Tuple(parts) => Some(parts.iter().map(|part| part.0).collect()),
            _ => None,
        }
    }

    fn copy(&self) -> Box<dyn Foreign> {
        Box::new(self.clone())
    }

    fn push_element(&mut self, sequence: u32, element: &str, is_replaced: bool) -> Option<u32> {
        let id = Id(sequence);
        if !matches!(self.kind(id), Kind::List(_) | Kind::Tuple(_)) {
            return None;
        }
        if self.node(id).has_other_update || element.len() > MAX_LEN || self.bytes.len() > MAX_LEN {
            return None;
        }
        let element_id = self.add_element(element)?;
        let size = self.size(sequence) + element.len();
        let mut parts = self.parts_of_list(id, is_replaced)?;
        parts.push(element_id);
        self.added_len += element.len();
        self.texts = Texts::default();
        Some(self.add_memoized(Kind::List(parts), size).0)
    }
}

impl Graph {
    fn cached_text(&self, value: u32) -> &Text {
        let texts = self.texts.of_nodes.get_or_init(|| self.nodes.iter().map(|_| OnceLock::new()).collect());
        texts[value as usize].get_or_init(|| {
            let limit = self.text_limit();
            let left = MIN_TOTAL.max(2 * limit).saturating_sub(self.texts.total.load(Ordering::Relaxed));
            let text = self.entry_text(Id(value), limit.min(left));
            self.texts.total.fetch_add(text.written, Ordering::Relaxed);
            text
        })
    }

    /// Returns the text of a key. For a key that is not text, the error is a label. The label does not depend on the
    /// protocol, so it stays the same when the session is written in another protocol. `left` is the total size that
    /// further JSON texts for labels may have.
    fn key_name(&self, key: Id, left: &mut usize) -> Result<String, String> {
        if let Some(text) = self.str(key) {
            return Ok(text.to_owned());
        }
        if self.str_bytes(key).is_some() {
            // The key contains surrogates. In a session that is read from JSON, the label of such a key is its spelling
            // in JSON, so use the same label here. The total size of these labels is at most a few times the length of
            // the pickle, because duplicate string keys have been removed.
            let text = self.entry_text(key, self.text_limit()).json;
            return Err(text.map_or_else(|_| self.class_name(key), |quoted| inner_of(&quoted).to_owned()));
        }
        let limit = MAX_LABEL_TEXT.min(*left);
        let Text { json, written, .. } = self.entry_text(key, limit);
        *left = left.saturating_sub(written);
        let label = match json {
            Ok(text) => text.into(),
            Err(_) => self.global_name(key).unwrap_or_else(|| self.class_name(key)),
        };
        Err(label.chars().take(MAX_LABEL).collect())
    }

    pub(super) fn time(&self, id: Id) -> Result<Timestamp, LoadError> {
        let secs = match *self.kind(id) {
            Kind::Int(secs) => secs as f64,
            Kind::Float(secs) => secs,
            Kind::Long(span) => {
                let digits = decimal(self.slice(span)).unwrap_or_default();
                digits.parse().map_err(|_| not_finite())?
            }
            _ => return Err(LoadError::malformed("a time is not a number")),
        };
        Timestamp::from_secs(secs).ok_or_else(not_finite)
    }

    /// Returns the elements of a list or tuple, to create another list from them. If `is_moved` is true, nothing uses
    /// the sequence afterwards.
    fn parts_of_list(&mut self, sequence: Id, is_moved: bool) -> Option<Vec<Id>> {
        let is_added = sequence.0 >= self.loaded;
        let node = self.node_mut(sequence);
        let parts = match &mut node.kind {
            Kind::List(parts) if is_moved && is_added => return Some(mem::take(parts)),
            Kind::List(parts) | Kind::Tuple(parts) => parts.clone(),
            _ => return None,
        };
        // If the old sequence is in the memo, another value can refer to it. The old and the new sequence then share
        // their elements.
        if node.memoized {
            for &part in &parts {
                self.memoize(part);
                self.node_mut(part).shared = true;
            }
        }
        Some(parts)
    }

    /// Adds the value of a JSON text to the graph. Returns `None`, and adds nothing, if a pickle cannot hold the value.
    fn add_element(&mut self, text: &str) -> Option<Id> {
        let (nodes, bytes) = (self.nodes.len(), self.bytes.len());
        let element = Json::parse(text).ok().and_then(|json| self.add_json(json));
        if element.is_none() {
            self.nodes.truncate(nodes);
            self.bytes.truncate(bytes);
        }
        element
    }

    /// Adds the value of a JSON text to the graph. The recursion is at most as deep as a JSON text may be nested.
    fn add_json(&mut self, json: Json<'_>) -> Option<Id> {
        let kind = match json {
            Json::Null => Kind::None,
            Json::Bool(value) => Kind::Bool(value),
            Json::Number(text) => match json_number(text).ok()? {
                Number::Int(value) => Kind::Int(value),
                Number::Long(bytes) => Kind::Long(self.store(&bytes)),
                Number::Float(value) => Kind::Float(value),
            },
            Json::String(quoted) => return self.add_string(quoted),
            Json::Array(elements) => {
                Kind::List(elements.values().map(|element| self.add_json(element)).collect::<Option<_>>()?)
            }
            Json::Object(members) => {
                let member =
                    |(key, value): (&str, Json<'_>)| Some((self.add_string(key)?, self.add_json(value)?));
                Kind::Dict(members.values().map(member).collect::<Option<_>>()?)
            }
        };
        Some(self.add_memoized(kind, 0))
    }

    fn add_string(&mut self, quoted: &str) -> Option<Id> {
        let text = session_core::json::unquote(quoted)?;
        let span = self.store(text.as_bytes());
        Some(self.add_memoized(Kind::Str(span), 0))
    }

    fn add_memoized(&mut self, kind: Kind, size: usize) -> Id {
        let id = self.add(kind, size);
        self.memoize(id);
        id
    }
}

/// Returns the JSON text of a string without its quotes.
fn inner_of(quoted: &str) -> &str {
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted)
}

fn not_a_record() -> LoadError {
    LoadError::malformed("the pickle is not a tuple or list of three elements")
}

fn not_finite() -> LoadError {
    LoadError::malformed("a time is not finite")
}
