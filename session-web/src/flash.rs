use std::marker::PhantomData;
use std::{fmt, vec};

use serde_json::Value;

use crate::session::Session;

/// How serious a flash message is. Each level is a queue of its own, so that both sides of a site that is half Python
/// see each other's: `request.session.flash("Saved", "success")`, and `Info` is the default queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// For developers: the queue `debug`.
    Debug,
    /// Good to know: the default queue, `""`.
    Info,
    /// It has worked: the queue `success`.
    Success,
    /// It may not be what was wanted: the queue `warning`.
    Warning,
    /// It has not worked: the queue `error`.
    Error,
}

impl Level {
    /// All levels, the most serious one first.
    pub const ALL: &[Self] = &[Self::Error, Self::Warning, Self::Success, Self::Info, Self::Debug];

    /// The flash queue of this level.
    pub const fn queue(self) -> &'static str {
        match self {
            Self::Info => "",
            _ => self.as_str(),
        }
    }

    /// `debug`, `info`, `success`, `warning` or `error`: for the class of an element, say.
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

/// The queue, so that a level can be given where a queue is asked for.
impl AsRef<str> for Level {
    fn as_ref(&self) -> &str {
        self.queue()
    }
}

/// The level's name; that of `Info` is `info`.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A message to the user with its level.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlashMessage {
    /// How serious it is.
    pub level: Level,
    /// What it says: text, not HTML.
    pub text: String,
}

/// Shows the level and the length of the text, not the text.
impl fmt::Debug for FlashMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlashMessage")
            .field("level", &self.level)
            .field("len", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// The session's flash messages of all [`Level`]s, read and removed: whoever takes this extractor has to show them.
///
/// The most serious ones come first, and those of one level oldest first. A page that finds none does not change the
/// session.
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
    /// Takes the messages out of a session.
    ///
    /// A message that is not a string, as Python may flash, is shown as JSON. A message without JSON text, such as
    /// an instance of a Python class, is shown as its type. A queue that is not a list is shown as one message. These
    /// cases are logged. All messages are removed, so an unreadable one does not come back.
    pub fn take(session: &Session<N>) -> Self {
        let mut messages = Vec::new();
        for &level in Level::ALL {
            for message in session.pop_flash_each(level.queue()) {
                let text = match message {
                    Ok(Value::String(text)) => text,
                    Ok(other) => other.to_string(),
                    Err(text) => {
                        tracing::warn!(%level, "a flash message could not be decoded; its raw text is shown");
                        text
                    }
                };
                messages.push(FlashMessage { level, text });
            }
        }
        Self { messages, name: PhantomData }
    }

    /// Goes through the messages.
    pub fn iter(&self) -> std::slice::Iter<'_, FlashMessage> {
        self.messages.iter()
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether there are no messages.
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

/// Shows the level and the length of each message, not the texts.
impl<N> fmt::Debug for FlashMessages<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.messages).finish()
    }
}
