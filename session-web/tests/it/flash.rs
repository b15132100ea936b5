//! Flash messages of all levels.

use session_web::{FlashMessages, Level};

use crate::memory::session;

#[test]
fn flash_unless_queued_skips_equal_message() {
    let session = session();
    session.flash("one", Level::Info).unwrap();
    session.flash("one", "").unwrap();
    session.flash_unless_queued("one", Level::Info).unwrap();
    session.flash_unless_queued("two", Level::Info).unwrap();
    assert_eq!(session.pop_flash::<String>("").unwrap(), ["one", "one", "two"]);
}

#[test]
fn flash_debug_shows_level_and_length_only() {
    let session = session();
    session.flash("Your PIN is 1234", Level::Warning).unwrap();
    let messages = FlashMessages::take(&session);
    assert_eq!(format!("{messages:?}"), "[FlashMessage { level: Warning, len: 16, .. }]");
    let message = messages.into_iter().next().unwrap();
    assert_eq!(format!("{message:?}"), "FlashMessage { level: Warning, len: 16, .. }");
}
