//! Saving a session through the session itself and through its factory.

use crate::site::builder;

#[test]
fn session_saves_itself() {
    let sessions = builder().build().unwrap();
    let mut session = sessions.load(None::<&str>);
    assert!(session.save().unwrap().is_empty(), "nothing to send");
    session.insert("user", "zoe").unwrap();
    let sent = session.save().unwrap().into_session_cookie().unwrap();
    let session = sessions.load(format!("session={}", sent.value()));
    assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe"));
}

#[test]
fn failed_response_sends_cookie_only_with_set_on_exception() {
    for set_on_exception in [true, false] {
        let sessions = builder().set_on_exception(set_on_exception).build().unwrap();
        let mut session = sessions.load(None::<&str>);
        session.insert("user", "zoe").unwrap();
        assert_eq!(!session.save_on_exception().unwrap().is_empty(), set_on_exception);
    }
}

#[test]
fn session_of_another_factory_is_not_saved() {
    let (ours, theirs) = (builder().build().unwrap(), builder().cookie_name("admin").build().unwrap());
    let mut session = theirs.load(None::<&str>);
    session.insert("user", "zoe").unwrap();
    for error in [ours.save(&mut session).unwrap_err(), ours.save_on_exception(&mut session).unwrap_err()] {
        assert!(error.is_wrong_factory() && !error.is_unserializable() && !error.is_too_large());
        assert!(error.to_string().contains("call save() on the session itself"), "{error}");
    }
    assert_eq!(
        theirs.clone().save(&mut session).unwrap().into_session_cookie().unwrap().name(),
        "admin",
        "the change is not lost"
    );
}

/// Regression: `save_on_exception` checked the option `set_on_exception` first. If the option was false, saving a
/// session of another factory returned no error.
#[test]
fn wrong_factory_is_an_error_without_set_on_exception() {
    let ours = builder().set_on_exception(false).build().unwrap();
    let mut session = builder().build().unwrap().load(None::<&str>);
    assert!(ours.save_on_exception(&mut session).unwrap().is_empty(), "nothing to save");
    session.insert("user", "zoe").unwrap();
    assert!(ours.save_on_exception(&mut session).unwrap_err().is_wrong_factory());
}
