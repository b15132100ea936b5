//! The iterator over the keys of a session.

use std::fmt;

use crate::entry::Entry;

/// Iterator over the keys of a [`State`](crate::State), in the order in which they were inserted.
#[derive(Clone)]
pub struct Keys<'s> {
    text: &'s str,
    entries: std::slice::Iter<'s, Entry>,
}

impl<'s> Keys<'s> {
    /// Creates the iterator. `text` is the JSON text that the state was loaded from. Loaded keys are spans of it.
    pub(crate) fn new(text: &'s str, entries: &'s [Entry]) -> Self {
        Self { text, entries: entries.iter() }
    }
}

impl<'s> Iterator for Keys<'s> {
    type Item = &'s str;

    fn next(&mut self) -> Option<&'s str> {
        self.entries.next().map(|entry| entry.shown_key(self.text))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl ExactSizeIterator for Keys<'_> {}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
