//! The entries, in memory.

use std::collections::VecDeque;

use signed_session::Timestamp;

/// The newest entries.
#[derive(Default)]
pub(crate) struct Book(VecDeque<Entry>);

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
}

impl Book {
    /// How many entries are kept.
    const LEN: usize = 100;

    /// Adds an entry; the oldest one may go for it.
    pub(crate) fn sign(&mut self, entry: Entry) {
        self.0.truncate(Self::LEN - 1);
        self.0.push_front(entry);
    }

    /// The newest first.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.iter().cloned().collect()
    }
}

impl Entry {
    /// What stands for the name.
    pub(crate) fn initial(&self) -> String {
        self.name.chars().next().map_or_else(String::new, |c| c.to_uppercase().collect())
    }

    /// A number from 0 to 5, the same for all entries under one name.
    pub(crate) fn tint(&self) -> u32 {
        self.name.chars().map(u32::from).fold(0, u32::wrapping_add) % 6
    }
}

/// What a visitor has typed, without space around it.
///
/// # Errors
/// If it is empty, longer than `longest` characters or, but for line breaks and tabs, no text; the error is for the visitor.
pub(crate) fn typed(text: &str, longest: usize) -> Result<&str, String> {
    let text = text.trim();
    let len = text.chars().count();
    let illegal = |c: char| c.is_control() && !c.is_whitespace();
    match len {
        0 => Err("There is nothing here yet.".to_owned()),
        _ if len > longest => Err(format!("This has {len} characters, and {longest} are the limit.")),
        _ if text.contains(illegal) => Err("This has characters that cannot be shown.".to_owned()),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_hundred_are_kept() {
        let mut book = Book::default();
        for n in 0..=100 {
            let at = Timestamp::default();
            book.sign(Entry { name: String::new(), text: n.to_string(), at });
        }
        let texts: Vec<_> = book.entries().into_iter().map(|entry| entry.text).collect();
        assert_eq!((texts.len(), &*texts[0], &*texts[99]), (100, "100", "1"));
    }

    #[test]
    fn what_is_typed_is_checked() {
        assert_eq!(typed(" Zoë\r\n", 3), Ok("Zoë"));
        assert!(typed("Zoës", 3).unwrap_err().contains("4 characters"));
        assert!(typed(" \n", 3).is_err() && typed("a\0", 3).is_err());
    }
}
