//! Flash messages in a state.

use crate::error::EntryError;
use crate::json;
use crate::session::FLASH_PREFIX;
use crate::state::State;
use crate::value::{Encoded, Value};

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
        let queued = || self.value(&key).and_then(Value::elements).unwrap_or_default();
        let is_queued = || {
            let message = json::canonical(message);
            queued().into_iter().any(|earlier| earlier.canonical().is_ok_and(|earlier| earlier == message))
        };
        if !allow_duplicate && is_queued() {
            return Ok(());
        }
        self.push(&key, message)
    }
}

/// Returns the key of a queue.
pub(crate) fn flash_key(queue: &str) -> String {
    format!("{FLASH_PREFIX}{queue}")
}
