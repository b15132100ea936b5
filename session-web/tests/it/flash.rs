//! Flash messages: levels, other queues, and messages that cannot be decoded.

use session_web::{FlashMessage, FlashMessages, Level, Session, SessionLayer};

use crate::memory::{Factory, session};
use crate::rejection::headers_after;

#[test]
fn flash_unless_queued_skips_equal_message() {
    let session = session();
    // Both messages go to the default queue: its name is `""`, and its level is `Info`.
    session.flash("one", Level::Info).unwrap();
    session.flash("one", "").unwrap();
    session.flash_unless_queued("one", Level::Info).unwrap();
    session.flash_unless_queued("two", Level::Info).unwrap();
    assert_eq!(session.pop_flash::<String>("").unwrap(), ["one", "one", "two"]);
}

#[test]
fn debug_output_of_flash_message_omits_text() {
    let session = session();
    session.flash("Your PIN is 1234", Level::Warning).unwrap();
    let messages = FlashMessages::take(&session);
    assert_eq!(format!("{messages:?}"), "[FlashMessage { level: Warning, len: 16, .. }]");
    let message = messages.into_iter().next().unwrap();
    assert_eq!(format!("{message:?}"), "FlashMessage { level: Warning, len: 16, .. }");
}

#[test]
fn message_serializes_with_level_and_text() {
    let session = session();
    session.flash("Saved", Level::Success).unwrap();
    let messages = FlashMessages::take(&session);
    let expected = r#"[{"level":"success","text":"Saved"}]"#;
    assert_eq!(serde_json::to_string(&messages.clone()).unwrap(), expected);
    assert_eq!(serde_json::to_string(&[FlashMessage::new(Level::Success, "Saved")]).unwrap(), expected);
    assert_eq!(serde_json::to_string(&messages.into_iter().collect::<Vec<_>>()).unwrap(), expected);
}

#[test]
fn messages_are_counted_and_iterated_by_reference() {
    let session = session();
    let messages = FlashMessages::take(&session);
    assert_eq!((messages.len(), messages.is_empty()), (0, true));

    session.flash("one", Level::Info).unwrap();
    session.flash("two", Level::Error).unwrap();
    let messages = FlashMessages::take(&session);
    assert_eq!((messages.len(), messages.is_empty()), (2, false));
    let texts: Vec<_> = (&messages).into_iter().map(|message| &*message.text).collect();
    assert_eq!(texts, ["two", "one"]);
}

/// As in Pyramid, `pop_flash` always changes the session.
#[test]
fn only_pop_flash_changes_session_without_messages() {
    let layer = SessionLayer::new(Factory::default());
    let headers_after = |use_session| headers_after(&layer, Some("session=accepted"), use_session);
    let headers = headers_after(|session| assert!(session.pop_flash::<String>("").unwrap().is_empty()));
    assert!(headers.contains_key("set-cookie"));
    let others: [fn(&Session); 2] = [
        |session| assert!(session.pop_flash_each::<String>("").is_empty()),
        |session| assert!(FlashMessages::take(session).is_empty()),
    ];
    for headers in others.map(headers_after) {
        assert_eq!(headers.iter().collect::<Vec<_>>(), [(&http::header::VARY, &"Cookie".parse().unwrap())]);
    }
}

/// Regression: messages in the queue `info` were never shown.
#[test]
fn queue_with_name_of_level_is_taken() {
    let session = session();
    for level in Level::ALL {
        session.flash(level.as_str(), level.as_str()).unwrap();
        session.flash("", level).unwrap();
    }
    let messages = FlashMessages::take(&session);
    let shown: Vec<_> = messages.iter().map(|message| (message.level.as_str(), &*message.text)).collect();
    let expected = [
        ("error", "error"),
        ("error", ""),
        ("warning", "warning"),
        ("warning", ""),
        ("success", "success"),
        ("success", ""),
        ("info", ""),
        ("info", "info"),
        ("debug", "debug"),
        ("debug", ""),
    ];
    assert_eq!(shown, expected);
    assert!(session.is_empty());
}

#[test]
fn message_that_is_not_text_is_shown_as_json() {
    let session = session();
    session.flash([1, 2], Level::Info).unwrap();
    session.insert("_f_error", 7).unwrap();
    let messages = FlashMessages::take(&session);
    let texts: Vec<_> = messages.iter().map(|message| (message.level, &*message.text)).collect();
    assert_eq!(texts, [(Level::Error, "7"), (Level::Info, "[1,2]")]);
    assert!(session.is_empty());
}

/// Regression: `pop_flash` keeps a queue with a message that cannot be decoded. Only the extractor `FlashMessages`
/// returned the other messages of such a queue, and it handles only the queues of the levels, not `cart`.
#[test]
fn pop_flash_each_returns_messages_around_unreadable_one() {
    let session = session();
    session.flash("one", "cart").unwrap();
    session.flash([2], "cart").unwrap();
    session.flash("three", "cart").unwrap();
    session.flash("other", "").unwrap();
    assert!(session.pop_flash::<String>("cart").is_err());
    assert!(session.contains("_f_cart"));

    let messages = session.pop_flash_each::<String>("cart");
    assert_eq!(messages, [Ok("one".to_owned()), Err("[2]".to_owned()), Ok("three".to_owned())]);
    assert_eq!(session.keys(), ["_f_"]);
    assert!(session.pop_flash_each::<String>("cart").is_empty());
}
