//! Flash messages of all levels.

use session_web::{FlashMessages, Level};

use crate::memory::session;

#[test]
fn debug_of_flash_messages_shows_level_and_length_only() {
    let session = session();
    session.flash("Your PIN is 1234", Level::Warning, true).unwrap();
    let messages = FlashMessages::take(&session);
    assert_eq!(format!("{messages:?}"), "[FlashMessage { level: Warning, len: 16, .. }]");
    let message = messages.into_iter().next().unwrap();
    assert_eq!(format!("{message:?}"), "FlashMessage { level: Warning, len: 16, .. }");
}
