//! Merges the changes of one request into the entries that another request has saved.

use std::collections::{HashMap, HashSet};

use crate::entry::{Identity, Part};
use crate::error::EntryError;
use crate::own_keys::FLASH_PREFIX;
use crate::state::State;
use crate::value::Value;

impl State {
    /// Applies the changes of one request to this state, which another request has saved. The changes are the
    /// differences between `before` and `after`.
    ///
    /// If `before` and `after` differ in an entry, the entry is set or removed in this state, too. All other entries
    /// stay. If JSON texts differ only in the order of keys and in spelling, the entry is set only if the other request
    /// has not changed it: writing a `HashMap` changes the order of its keys.
    ///
    /// Flash messages are added and removed one by one, so a message that the other request has added stays. Messages
    /// are the same if their values are equal; their spelling does not count.
    ///
    /// ```
    /// # extern crate session_core as signed_session;
    /// use signed_session::State;
    ///
    /// let before = State::from_json(r#"{"a": 1, "b": 1}"#.into())?;
    /// let mut after = before.clone();
    /// after.insert("a", 2)?;
    /// after.discard("b");
    ///
    /// let mut fresh = State::from_json(r#"{"a": 1, "b": 1, "c": 3}"#.into())?;
    /// fresh.apply_changes(&before, &after)?;
    /// assert_eq!(fresh.to_json()?, r#"{"a": 2, "c": 3}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if JSON text cannot hold a changed value that was loaded from another format, or if the format
    /// of a loaded flash queue cannot hold an added message. By then, some of the changes may have been applied.
    pub fn apply_changes(&mut self, before: &Self, after: &Self) -> Result<(), EntryError> {
        let old: HashMap<_, _> = before.entries().map(|entry| (entry.identity(), entry)).collect();
        let new: HashMap<_, _> = after.entries().map(|entry| entry.identity()).zip(0..).collect();
        let mut removed = HashSet::new();
        for entry in before.entries().filter(|entry| !new.contains_key(&entry.identity())) {
            match entry.unicode_key().filter(|key| self.is_merged(key, before)) {
                Some(queue) => self.remove_messages(queue, &messages(before, queue)),
                None => _ = removed.insert(entry.identity()),
            }
        }
        self.entries.retain(|own| !removed.contains(&own.identity(&self.text)));
        let mut own_positions = self.positions_of(&new, after.len());
        for (at, entry) in after.entries().enumerate() {
            let old = old.get(&entry.identity()).copied();
            // No request can set a value under a key that is not Unicode text, so the value has not changed.
            let is_changed = old.is_none_or(|old| old.value() != entry.value());
            let Some(key) = entry.unicode_key().filter(|_| is_changed) else { continue };
            let new_value = entry.stored_value();
            let queue = Some(new_value).filter(|_| self.is_merged(key, before));
            match queue.and_then(Value::elements) {
                Some(added) => {
                    self.merge_messages(key, &messages(before, key), &added)?;
                    // The merge may have removed the queue's entry, or added it at the end.
                    own_positions = self.positions_of(&new, after.len());
                }
                None => {
                    let own = own_positions[at];
                    if old.is_some_and(|old| self.has_other_value(own, old.stored_value(), new_value)) {
                        continue;
                    }
                    if let Some(value) = after.encoded_at(at) {
                        self.insert_encoded_at(own, key, value)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the position in this state of each entry in `new`, or `None` if this state has no entry under its key.
    fn positions_of(&self, new: &HashMap<Identity<'_>, usize>, len: usize) -> Vec<Option<usize>> {
        let mut positions = vec![None; len];
        for (own, entry) in self.entries.iter().enumerate() {
            if let Some(&at) = new.get(&entry.identity(&self.text)) {
                positions[at] = Some(own);
            }
        }
        positions
    }

    /// Returns whether the other request has changed or removed an entry, and this request has written it only in
    /// another order of keys or in another spelling. `own` is the position of the entry in this state. `old` and `new`
    /// are its values before and after this request.
    fn has_other_value(&self, own: Option<usize>, old: Value<'_>, new: Value<'_>) -> bool {
        // Foreign values are never reordered. Check this first: creating the text of one takes time and memory.
        new.is_reordered(old) && own.is_none_or(|own| self.value_at(own).text() != old.text())
    }

    /// Returns whether the messages under `key` have to be merged: `key` is the key of a flash queue, and the queue of
    /// this state is a list or missing, and may differ from that of `before`.
    fn is_merged(&self, key: &str, before: &Self) -> bool {
        if !key.starts_with(FLASH_PREFIX) {
            return false;
        }
        let (own, old) = (self.value(key), before.value(key));
        let is_unchanged = match (own, old) {
            (None, None) => true,
            (Some(own), Some(old)) => own.exact_json().is_ok_and(|own| old.exact_json() == Ok(own)),
            _ => false,
        };
        !is_unchanged && own.is_none_or(|own| own.elements().is_some())
    }

    /// Removes from the queue `key` the messages that are only in `before`, and adds to it those that are only in
    /// `after`.
    fn merge_messages(
        &mut self,
        key: &str,
        before: &[Value<'_>],
        after: &[Value<'_>],
    ) -> Result<(), EntryError> {
        self.remove_messages(key, &difference(before, after));
        for message in difference(after, before) {
            let text = message.exact_json().map_err(|reason| EntryError::not_json(key).because(reason))?;
            self.push(key, text)?;
        }
        Ok(())
    }

    /// Removes each message in `removed` once from the queue `key`. Removes none if a message that stays cannot be
    /// written as JSON: it is better to show a message twice than not at all.
    fn remove_messages(&mut self, key: &str, removed: &[Value<'_>]) {
        let queued = messages(self, key);
        let rest = difference(&queued, removed);
        if rest.is_empty() {
            self.discard(key);
            return;
        }
        if rest.len() == queued.len() {
            return;
        }
        let texts: Result<Vec<_>, _> = rest.iter().map(|message| message.exact_json()).collect();
        if let Ok(texts) = texts {
            let list = format!("[{}]", texts.join(", "));
            // The queue has messages, so its key exists, and this call cannot fail.
            let _ = self.set(key, Part::Written(list));
        }
    }
}

/// Returns the messages of the queue `key`, or an empty list if its value is not a list.
fn messages<'s>(state: &'s State, key: &str) -> Vec<Value<'s>> {
    state.value(key).and_then(Value::elements).unwrap_or_default()
}

/// Returns `messages` without those in `removed`. Each message in `removed` removes at most one message: the first one
/// with an equal value, because another request may have saved it in another spelling. Two messages without JSON text
/// match if they have none for the same reason, such as their type.
fn difference<'s>(messages: &[Value<'s>], removed: &[Value<'_>]) -> Vec<Value<'s>> {
    if messages.is_empty() || removed.is_empty() {
        // The texts of the messages are not needed, and creating one takes time.
        return messages.to_vec();
    }
    let mut counts: HashMap<_, usize> = HashMap::new();
    for message in removed {
        *counts.entry(message.canonical()).or_default() += 1;
    }
    let stays = |message: &Value<'s>| match counts.get_mut(&message.canonical()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    messages.iter().copied().filter(stays).collect()
}
