//! A browser for factories whose sessions travel in cookies.

use std::fmt::{self, Debug, Display};

use session_core::SessionFactory;
use tokio::runtime::{Builder, Runtime};

use super::harness::{Harness, Sent};
use crate::cookie::Line;

/// A [`Harness`] for sessions that travel in a cookie: a browser that visits the site of one factory.
///
/// It parses each `Set-Cookie` line as strictly as the suite [`cookie`](crate::cookie) does. It keeps cookies with
/// different names, so a response may remove one cookie and set another.
///
/// The factory runs in a tokio runtime of the browser, so it may use timers and tasks.
pub struct Browser<F> {
    factory: F,
    runtime: Runtime,
    /// The names and values of the cookies.
    cookies: Vec<(String, String)>,
    tampered: usize,
}

impl<F> Browser<F> {
    /// Creates a browser without a cookie.
    ///
    /// # Panics
    /// Panics if the runtime cannot be created.
    pub fn new(factory: F) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("cannot start a runtime: {error}"));
        Self { factory, runtime, cookies: Vec::new(), tampered: 0 }
    }
}

/// # Panics
/// Panics if a session cannot be loaded or saved, or if the strict parser refuses a `Set-Cookie` line. Also panics if
/// it is called within a tokio runtime.
impl<F> Harness for Browser<F>
where
    F: SessionFactory<Request: From<String>, Response: IntoIterator<Item: Display>, Error: Debug>,
{
    type Session = F::Session;

    fn request(&mut self) -> F::Session {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = pairs.join("; ").into();
        let loaded = self.runtime.block_on(async { self.factory.load(request).await });
        loaded.unwrap_or_else(|error| panic!("the session cannot be loaded: {error:?}"))
    }

    fn respond(&mut self, mut session: F::Session) -> Sent {
        let saved = self.runtime.block_on(async { self.factory.save(&mut session).await });
        let mut sent = Sent::Nothing;
        for text in saved.unwrap_or_else(|error| panic!("the session cannot be saved: {error:?}")) {
            let text = text.to_string();
            let line = Line::read(&text)
                .unwrap_or_else(|why| panic!("{why}, in the line\n  {}", text.escape_debug()));
            self.cookies.retain(|(name, _)| name != line.name);
            if !line.is_removal() {
                self.cookies.push((line.name.to_owned(), line.value.to_owned()));
                sent = Sent::Session;
            } else if sent == Sent::Nothing {
                sent = Sent::Removal;
            }
        }
        sent
    }

    /// Tampers with each cookie. Four methods take turns, from one cookie to the next.
    fn tamper(&mut self) {
        for (_, value) in &mut self.cookies {
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
        f.debug_struct("Browser").field("cookies", &self.cookies.len()).finish_non_exhaustive()
    }
}
