//! Flash messages in a state.

use std::sync::Arc;

use crate::entry::{Entry, Part};
use crate::error::EntryError;
use crate::json;
use crate::own_keys::flash_key;
use crate::state::State;
use crate::value::{Encoded, Value, is_element, may_be_too_deep};

impl State {
    /// Adds a message to a queue. [`State::encode`] encodes the message. Without `allow_duplicate`, a message that the
    /// queue already has is not added.
    ///
    /// # Errors
    /// Returns an error if the value under the queue's key is not a list, or if the list was loaded from a format that
    /// cannot hold the message. Also returns an error if the message is not JSON, or is nested too deeply to be an
    /// element of the list.
    pub fn flash(&mut self, message: &Encoded, queue: &str, allow_duplicate: bool) -> Result<(), EntryError> {
        let key = flash_key(queue);
        // The JSON text of a value from another state may be invalid (`NaN`), or a mere substitute that loses the type
        // (a date as a string).
        let value = message.value();
        let message = value.exact_json().and_then(|_| value.json());
        let message = message.map_err(|reason| EntryError::not_json(&key).because(reason))?;
        let is_queued = || {
            let message = json::canonical(message);
            let queued = self.value(&key).and_then(Value::elements).unwrap_or_default();
            queued.into_iter().any(|earlier| earlier.canonical().is_ok_and(|earlier| earlier == message))
        };
        if !allow_duplicate && is_queued() {
            return Ok(());
        }
        self.push(&key, message)
    }

    /// Appends an element, which is valid JSON text, to the list under `key`. Creates the list if there is no entry.
    /// The other elements stay unchanged.
    pub(crate) fn push(&mut self, key: &str, element: &str) -> Result<(), EntryError> {
        if may_be_too_deep(element) && !is_element(element) {
            return Err(EntryError::not_json(key));
        }
        let not_a_list = || EntryError::not_a_list(key);
        let list = match self.value(key) {
            None => Part::Written(format!("[{element}]")),
            Some(Value::Text(list)) => {
                let inside = list.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
                let inside = inside.ok_or_else(not_a_list)?.trim_end();
                let comma = if inside.is_empty() { "" } else { ", " };
                Part::Written(format!("[{inside}{comma}{element}]"))
            }
            Some(Value::Foreign(_, list)) => match self.push_foreign(list, element) {
                Some(list) => Part::Foreign(list),
                None if self.value(key).and_then(Value::elements).is_some() => {
                    return Err(EntryError::not_json(key));
                }
                None => return Err(not_a_list()),
            },
        };
        self.set(key, list)
    }

    /// Creates a foreign list: the elements of `sequence` and one more element. `sequence` is the number of an entry's
    /// value. Returns the number of the list, or `None` if it cannot be created. All foreign values of the state are
    /// copied, but only if another state shares them.
    fn push_foreign(&mut self, sequence: u32, element: &str) -> Option<u32> {
        let is_sequence = |entry: &&Entry| matches!(entry.value, Part::Foreign(value) if value == sequence);
        let is_replaced = self.entries.iter().filter(is_sequence).nth(1).is_none();
        let values = self.foreign.as_mut()?;
        if let Some(values) = Arc::get_mut(values) {
            return values.push_element(sequence, element, is_replaced);
        }
        let mut copy = values.copy();
        let list = copy.push_element(sequence, element, is_replaced)?;
        *values = Arc::from(copy);
        Some(list)
    }
}
