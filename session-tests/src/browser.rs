//! A browser for factories whose sessions travel in cookies.

use std::fmt::{self, Debug, Display};

use session_core::SessionFactory;

use crate::cookie::Line;
use crate::session::{Harness, Sent};

/// A [`Harness`] for sessions that travel in a cookie: a browser that visits the site of one factory.
///
/// It parses each `Set-Cookie` line as strictly as [`cookie`](crate::cookie) does.
pub struct Browser<F> {
    factory: F,
    /// Name and value.
    cookie: Option<(String, String)>,
    tampered: usize,
}

impl<F> Browser<F> {
    /// Creates a browser without a cookie.
    pub fn new(factory: F) -> Self {
        Self { factory, cookie: None, tampered: 0 }
    }
}

/// # Panics
/// Panics if a session cannot be saved, or if browsers would refuse the line.
impl<F> Harness for Browser<F>
where
    F: SessionFactory<Request: From<String>, Response: Display, Error: Debug>,
{
    type Session = F::Session;

    fn request(&mut self) -> F::Session {
        let header = self.cookie.as_ref().map_or(String::new(), |(name, value)| format!("{name}={value}"));
        self.factory.load(header.into())
    }

    fn respond(&mut self, mut session: F::Session) -> Sent {
        let saved = self.factory.save(&mut session);
        let Some(text) = saved.unwrap_or_else(|error| panic!("the session cannot be saved: {error:?}"))
        else {
            return Sent::Nothing;
        };
        let text = text.to_string();
        let line =
            Line::read(&text).unwrap_or_else(|why| panic!("{why}, in the line\n  {}", text.escape_debug()));
        if line.is_removal() {
            self.cookie = None;
            return Sent::Removal;
        }
        self.cookie = Some((line.name.to_owned(), line.value.to_owned()));
        Sent::Session
    }

    /// Tampers with the cookie, in another way each time.
    fn tamper(&mut self) {
        if let Some((_, value)) = &mut self.cookie {
            *value = match self.tampered % 4 {
                0 => format!(
                    "{}{}",
                    if value.starts_with('A') { "B" } else { "A" },
                    value.get(1..).unwrap_or("")
                ),
                1 => value[..value.len() / 2].to_owned(),
                2 => "forged".to_owned(),
                _ => String::new(),
            };
            self.tampered += 1;
        }
    }
}

impl<F> fmt::Debug for Browser<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").field("has_a_cookie", &self.cookie.is_some()).finish_non_exhaustive()
    }
}
