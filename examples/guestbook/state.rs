//! The state of the application.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::book::Book;

/// The state that all requests share.
pub(crate) struct App {
    /// A session expires after this time without a request.
    pub(crate) timeout: Duration,
    /// Whether the sessions are in a store, not in cookies.
    pub(crate) has_store: bool,
    book: Mutex<Book>,
}

impl App {
    pub(crate) fn new(timeout: Duration, has_store: bool) -> Self {
        Self { timeout, has_store, book: Mutex::default() }
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
