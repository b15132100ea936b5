//! Flash messages with levels, and their extractor.

use std::marker::PhantomData;
use std::{fmt, iter, vec};

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::session::Session;

/// The severity of a flash message.
///
/// Each level is a flash queue, so Python applications of the same site see the messages too. In Pyramid,
/// `request.session.flash("Saved", "success")` adds a message of the level `Success`. `Info` is the default queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// A message for developers, in the queue `debug`.
    Debug,
    /// Information, in the default queue, `""`. [`FlashMessages`] also takes the queue `info`.
    Info,
    /// An action succeeded; the queue `success`.
    Success,
    /// A possible problem; the queue `warning`.
    Warning,
    /// An action failed; the queue `error`.
    Error,
}

impl Level {
    /// All levels, the most serious one first.
    pub const ALL: &[Self] = &[Self::Error, Self::Warning, Self::Success, Self::Info, Self::Debug];

    /// Returns the name of this level's flash queue.
    pub const fn queue(self) -> &'static str {
        match self {
            Self::Info => "",
            _ => self.as_str(),
        }
    }

    /// Returns the names of the queues whose messages have this level. The messages of `Info` are in the default queue,
    /// but an application may also flash to a queue with the level's name, `info`.
    fn queues(self) -> impl Iterator<Item = &'static str> {
        let named = Some(self.as_str()).filter(|&name| name != self.queue());
        iter::once(self.queue()).chain(named)
    }

    /// Returns `debug`, `info`, `success`, `warning` or `error`, for example for the class of an HTML element.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The name of the queue, so a level can be passed where a queue is expected.
impl AsRef<str> for Level {
    fn as_ref(&self) -> &str {
        self.queue()
    }
}

/// The same text as [`as_str`](Level::as_str).
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Serializes as the text of [`as_str`](Level::as_str), for a template or a JSON response.
impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A message to the user, with its level. Serializes as a map with `level` and `text`, for a template or a JSON
/// response.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FlashMessage {
    /// The severity of the message.
    pub level: Level,
    /// The message as plain text, not HTML.
    pub text: String,
}

impl FlashMessage {
    /// Creates a message, for example to show it in the same response without a session.
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Self { level, text: text.into() }
    }
}

/// Shows the level and the length of the text, but not the text.
impl fmt::Debug for FlashMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlashMessage")
            .field("level", &self.level)
            .field("len", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// The session's flash messages of all [`Level`]s.
///
/// Extracting them removes them from the session, so the handler should show them.
///
/// They are ordered by severity, the most serious first, and then by age, the oldest first. The messages of the queue
/// `info` follow those of the default queue, and also have the level `Info`. If the session has no queue for any level,
/// it is not changed.
///
/// ```
/// # fn main() {}
/// # use session_web::{FlashMessages, Level, Session, SessionError};
/// async fn save(session: Session) -> Result<(), SessionError> {
///     session.flash("Saved", Level::Success)?;
///     Ok(())
/// }
///
/// async fn page(messages: FlashMessages) -> String {
///     messages.into_iter().map(|message| format!("{}: {}\n", message.level, message.text)).collect()
/// }
/// ```
pub struct FlashMessages<N = ()> {
    messages: Vec<FlashMessage>,
    name: PhantomData<fn() -> N>,
}

impl<N> FlashMessages<N> {
    /// Removes the messages from a session and returns them.
    ///
    /// Python can flash messages that are not strings. Such a message is shown as JSON. If a message cannot be decoded,
    /// a warning is logged, and the message's raw text is shown. An undecodable message without a text, such as an
    /// instance of a Python class, is shown as the name of its type. A queue that is not a list counts as one message.
    /// All messages are removed, so an unreadable message does not come back.
    pub fn take(session: &Session<N>) -> Self {
        let mut messages = Vec::new();
        for &level in Level::ALL {
            for message in level.queues().flat_map(|queue| session.pop_flash_each(queue)) {
                let text = match message {
                    Ok(Value::String(text)) => text,
                    Ok(other) => other.to_string(),
                    Err(text) => {
                        tracing::warn!(%level, "a flash message could not be decoded; its raw text is shown");
                        text
                    }
                };
                messages.push(FlashMessage::new(level, text));
            }
        }
        Self { messages, name: PhantomData }
    }

    /// Returns an iterator over the messages.
    pub fn iter(&self) -> std::slice::Iter<'_, FlashMessage> {
        self.messages.iter()
    }

    /// Returns the number of messages.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Returns whether there are no messages.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

impl<N> IntoIterator for FlashMessages<N> {
    type Item = FlashMessage;
    type IntoIter = vec::IntoIter<FlashMessage>;

    fn into_iter(self) -> Self::IntoIter {
        self.messages.into_iter()
    }
}

impl<'a, N> IntoIterator for &'a FlashMessages<N> {
    type Item = &'a FlashMessage;
    type IntoIter = std::slice::Iter<'a, FlashMessage>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<N> Clone for FlashMessages<N> {
    fn clone(&self) -> Self {
        Self { messages: self.messages.clone(), name: PhantomData }
    }
}

/// Serializes as the list of messages, for a template or a JSON response.
impl<N> Serialize for FlashMessages<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.messages.serialize(serializer)
    }
}

/// Shows the level and the length of each message, but no text.
impl<N> fmt::Debug for FlashMessages<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.messages).finish()
    }
}
