//! The entries of the guestbook, in memory.

use std::collections::VecDeque;

use signed_session::Timestamp;

/// The newest entries of the guestbook.
#[derive(Default)]
pub(crate) struct Book(VecDeque<Entry>);

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
}

impl Book {
    /// Maximum number of entries.
    const MAX_LEN: usize = 100;

    /// Adds an entry. Removes the oldest entry if the book is full.
    pub(crate) fn sign(&mut self, entry: Entry) {
        self.0.truncate(Self::MAX_LEN - 1);
        self.0.push_front(entry);
    }

    /// Returns the entries, newest first.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.iter().cloned().collect()
    }
}

impl Entry {
    /// Returns the first character of the name, in upper case.
    pub(crate) fn initial(&self) -> String {
        self.name.chars().next().map_or_else(String::new, |c| c.to_uppercase().collect())
    }

    /// Returns the number of the entry's colour in the style sheet, from 0 to 5. Entries with the same name have the
    /// same colour.
    pub(crate) fn tint(&self) -> u32 {
        self.name.chars().map(u32::from).fold(0, u32::wrapping_add) % 6
    }
}

/// Returns the trimmed input of a visitor.
///
/// # Errors
/// Returns a message for the visitor if the trimmed input is empty, is longer than `max_len` characters, or has control
/// characters other than line breaks and tabs.
pub(crate) fn validated(text: &str, max_len: usize) -> Result<&str, String> {
    let text = text.trim();
    let len = text.chars().count();
    let illegal = |c: char| c.is_control() && !c.is_whitespace();
    match len {
        0 => Err("Enter some text.".to_owned()),
        _ if len > max_len => Err(format!("This has {len} characters. The limit is {max_len}.")),
        _ if text.contains(illegal) => Err("This contains characters that cannot be shown.".to_owned()),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn book_keeps_newest_hundred_entries() {
        let mut book = Book::default();
        for n in 0..=100 {
            let at = Timestamp::default();
            book.sign(Entry { name: String::new(), text: n.to_string(), at });
        }
        let texts: Vec<_> = book.entries().into_iter().map(|entry| entry.text).collect();
        assert_eq!((texts.len(), &*texts[0], &*texts[99]), (100, "100", "1"));
    }

    #[test]
    fn input_is_trimmed_and_validated() {
        assert_eq!(validated(" Zoë\r\n", 3), Ok("Zoë"));
        assert!(validated("Zoës", 3).unwrap_err().contains("4 characters"));
        assert!(validated(" \n", 3).is_err() && validated("a\0", 3).is_err());
    }
}
