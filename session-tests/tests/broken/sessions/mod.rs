//! Sessions in the server's memory, each with a flaw.

mod in_memory;
mod site;

use session_tests::session;

use self::site::Site;
use crate::failure;

flaws! {
    TimesOutTooEarly: "a session times out when exactly the timeout has passed";
    TimesOutByWholeSeconds: "a session times out late, because its age is truncated to whole seconds";
    NeverTimesOut: "a session never times out";
    AlwaysTimesOut: "a session times out although no timeout is set";
    TimesOutFromCreated: "the timeout counts from `created` instead of the last access";
    TimesOutLate: "a session times out a second late";
    ExpiredIsNotNew: "an expired session is empty, but not new";
    ExpiredKeepsCreated: "an expired session keeps its `created`";
    ExpiredKeepsData: "an expired session keeps its entries";
    ExpiredIsMissing: "an expired session is reported as missing";
    RefusesTheFuture: "a session from a server whose clock is ahead is refused";
    ForgedIsNotNew: "a forgery loads as an empty session that is not new";
    ForgedIsLoaded: "a forgery is loaded";
    ForgedIsRemoved: "a forgery is removed although the request did not touch the session";
    ForgedIsExpired: "a forgery is reported as expired";
    NewTwice: "a session is new in its second request as well";
    ReissuesTooEarly: "a session is re-issued when exactly the re-issue time has passed";
    ReissuesTooLate: "a session is re-issued a second late";
    ReissuesByFractions: "a session is re-issued up to a second early, because the current time is not truncated";
    ReissuesEachRead: "every read re-issues the session";
    ReissuesNever: "no read re-issues the session";
    ReissuesWithoutReissueTime: "a read re-issues the session although no re-issue time is set";
    ReissuesWithOldTime: "a re-issued session has the old access time";
    ContainsIsNoAccess: "`contains` does not count as an access";
    IsNewIsAccess: "`is_new` counts as an access";
    AccessedIsNow: "access times have fractions of a second";
    AccessedIsRounded: "access times are rounded instead of truncated";
    WritesKeepOldTime: "a changed session has the old access time";
    WritesOfSameAreNone: "a write of an equal value does not send the session";
    ChangedIsNothing: "`changed()` sends nothing";
    ChangedKeepsOldTime: "`changed()` sends the session with the old access time";
    CreatedGetsLost: "`created` is replaced by the time of the last access";
    CreatedIsTruncated: "`created` is truncated to whole seconds";
    RemoveIsNotSaved: "the removal of an entry is not sent";
    RemoveIsAlwaysTrue: "`discard` returns true for a missing entry";
    RemoveSwaps: "`discard` moves the last entry to the place of the removed one";
    ClearIsInvalidate: "`clear()` invalidates the session";
    LenLeavesOut: "`len` does not count the library's own entries";
    InvalidateKeepsData: "`invalidate()` keeps the entries";
    InvalidateKeepsCsrf: "`invalidate()` keeps the CSRF token";
    InvalidateKeepsFlash: "`invalidate()` keeps flash messages";
    InvalidateKeepsCreated: "`invalidate()` keeps `created`";
    InvalidateKeepsOld: "the session is not new after `invalidate()`";
    InvalidateSendsNothing: "the response after `invalidate()` does not remove the browser's session";
    InvalidateIsFinal: "writes after `invalidate()` are lost";
    RenewKeepsCsrf: "`renew()` keeps the CSRF token";
    RenewKeepsCreated: "`renew()` keeps `created`";
    RenewKeepsOld: "the session is not new after `renew()`";
    RenewIsInvalidate: "`renew()` loses the entries";
    RenewSendsNothing: "the response after `renew()` does not replace the browser's session";
    SendsNewAndEmpty: "a new, empty session is sent";
    SendsAlways: "every response sends the session";
    SendsNothingNew: "a new session is not sent";
    CsrfTokenIsConstant: "the CSRF token is always the same";
    CsrfTokenIsShort: "the CSRF token has 39 characters";
    CsrfTokenIsUppercase: "the CSRF token is in uppercase";
    CsrfTokenChanges: "`csrf_token()` makes a new token each time";
    CsrfTokenIsNotKept: "a new CSRF token is not stored";
    EmptyCsrfTokenPasses: "an empty CSRF token passes if none is stored";
    EmptyStoredCsrfTokenPasses: "an empty CSRF token passes if an empty one is stored";
    EmptyStoredCsrfTokenIsUsed: "`csrf_token()` returns a stored empty token";
    CsrfCheckMakesToken: "the check of a CSRF token creates one";
    CsrfComparesPrefix: "a prefix of the CSRF token passes";
    CsrfComparesStart: "any text that starts with the CSRF token passes";
    CsrfTrims: "a CSRF token with spaces around it passes";
    FlashQueuesShared: "all flash queues share their messages";
    FlashDuplicatesDropped: "equal flash messages in a row are stored once";
    FlashDuplicatesAdded: "adding a flash message stores the earlier messages of its queue a second time";
    FlashReversed: "flash messages are read in reverse order";
    FlashNotKept: "flash messages are lost before the next request";
    FlashGoesWhenSeen: "peeking at flash messages removes them";
    PoppedFlashStays: "popped flash messages come back";
}

fn check(flaw: Flaw) {
    session::check(|settings| Site::new(flaw, settings));
}

#[test]
fn failing_script_is_minimal() {
    let message = failure("a flaw", || check(Flaw::CsrfTrims));
    assert_eq!(
        message,
        "a session with the defaults: \
         step 2, `session.check_csrf_token(…)`, given the token with a leading space, is true, expected false\n\n\
         minimal case:\n  \
         1. session.csrf_token()\n  \
         2. session.check_csrf_token(…)\n"
    );
    // The README shows this message.
    assert!(include_str!("../../../README.md").contains(&format!("```text\n{message}```\n")));
}

#[test]
fn failing_script_shows_waits_and_ends_of_requests() {
    let message = failure("a flaw", || check(Flaw::TimesOutTooEarly));
    assert!(message.starts_with("a session with the defaults: "), "{message}");
    let (_, script) = message.split_once("\n\nminimal case:\n").unwrap();
    assert!(script.contains(". // the request ends\n"), "{message}");
    assert!(script.contains(". // wait until the timeout +0 s\n"), "{message}");
    assert!((3..10).contains(&script.trim_end().lines().count()), "{message}");
}
