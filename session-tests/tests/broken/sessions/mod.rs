//! Sessions in the memory of the server.

mod in_memory;
mod site;

use session_tests::session;

use self::site::Site;
use crate::failure;

flaws! {
    TimesOutTooEarly: "a session times out when exactly the timeout has passed";
    TimesOutByWholeSeconds: "fractions of a second do not count for the timeout";
    NeverTimesOut: "a session never times out";
    AlwaysTimesOut: "a session times out although there is no timeout";
    TimesOutFromCreated: "a session times out that long after it began";
    TimesOutLate: "a session times out a second late";
    ExpiredIsNotNew: "a session that timed out is empty, but not new";
    ExpiredKeepsCreated: "a session that timed out keeps the time at which it began";
    ExpiredKeepsData: "a session that timed out keeps what it holds";
    ExpiredIsMissing: "of a session that timed out it is said that there was none";
    RefusesTheFuture: "a session from a server whose clock is ahead is refused";
    ForgedIsNotNew: "a forgery makes an empty session that is not new";
    ForgedIsLoaded: "a forgery is loaded";
    ForgedIsRemoved: "a forgery is answered although nothing was done with the session";
    ForgedIsExpired: "of a forgery it is said that it timed out";
    NewTwice: "a session is new in its second request, too";
    ReissuesTooEarly: "a session is sent anew when exactly the re-issue time has passed";
    ReissuesTooLate: "a session is sent anew a second late";
    ReissuesByFractions: "fractions of the present second count for the re-issue time";
    ReissuesEachRead: "a session is sent anew each time it is read";
    ReissuesNever: "reading a session never sends it anew";
    ReissuesWithoutReissueTime: "reading a session sends it anew although there is no re-issue time";
    ReissuesWithOldTime: "a session that is sent anew bears the old time";
    ReissuesOnContains: "to ask whether there is a key is no access";
    LooksAreAccesses: "to ask whether a session is new is an access";
    AccessedIsNow: "accesses are recorded with fractions of a second";
    AccessedIsRounded: "accesses are recorded in the nearest second";
    WritesKeepOldTime: "a session that is written to bears the old time";
    WritesOfSameAreNone: "a write that changes nothing is not sent";
    ChangedIsNothing: "`changed()` sends nothing";
    ChangedKeepsOldTime: "`changed()` sends the session with the old time";
    CreatedGetsLost: "`created` is the time of the last access";
    CreatedIsTruncated: "`created` is in whole seconds";
    RemoveIsNotSaved: "the removal of an entry is not sent";
    RemoveIsAlwaysTrue: "`remove` says that there was an entry where there was none";
    RemoveSwaps: "`remove` moves the last entry to the place of the removed one";
    ClearIsInvalidate: "`clear()` ends the session";
    LenLeavesOut: "`len` leaves out the entries that are not the application's";
    InvalidateKeepsData: "`invalidate()` keeps what the session holds";
    InvalidateKeepsCsrf: "`invalidate()` keeps the CSRF token";
    InvalidateKeepsFlash: "`invalidate()` keeps flash messages";
    InvalidateKeepsCreated: "`invalidate()` keeps the time at which the session began";
    InvalidateKeepsOld: "the session is not new after `invalidate()`";
    InvalidateSendsNothing: "after `invalidate()` the browser keeps what it has";
    InvalidateIsFinal: "what is written after `invalidate()` gets lost";
    SendsNewAndEmpty: "a new session that is empty is sent";
    SendsAlways: "a session is sent with each response";
    SendsNothingNew: "a new session is not sent";
    CsrfTokenIsConstant: "the CSRF token is always the same";
    CsrfTokenIsShort: "the CSRF token has 39 characters";
    CsrfTokenIsUppercase: "the CSRF token is in uppercase";
    CsrfTokenChanges: "`csrf_token()` makes a new token each time";
    CsrfTokenIsNotKept: "a new CSRF token is not kept";
    EmptyCsrfTokenPasses: "an empty CSRF token passes where there is none";
    EmptyStoredCsrfTokenPasses: "an empty CSRF token passes where an empty one is stored";
    EmptyStoredCsrfTokenIsUsed: "`csrf_token()` returns an empty token that is stored";
    CsrfCheckMakesToken: "the check of a CSRF token makes one";
    CsrfComparesPrefix: "the start of the CSRF token passes";
    CsrfComparesStart: "whatever begins with the CSRF token passes";
    CsrfTrims: "a CSRF token with blanks around it passes";
    FlashQueuesShared: "all flash queues are one";
    FlashDuplicatesDropped: "of equal flash messages only one is kept";
    FlashDuplicatesAdded: "a flash queue that is written is added to the one there was";
    FlashReversed: "flash messages come back in the reverse order";
    FlashNotKept: "flash messages are gone in the next request";
    FlashGoesWhenSeen: "peeking at flash messages removes them";
    PoppedFlashStays: "flash messages come back after they were popped";
}

fn check(flaw: Flaw) {
    session::check(|settings| Site::new(flaw, settings));
}

#[test]
fn the_script_is_the_shortest_one() {
    let message = failure("a flaw", || check(Flaw::CsrfTrims));
    assert_eq!(
        message,
        "a session with the defaults: \
         step 2, `session.check_csrf_token(…)`, given a blank in front of it, is true, expected false\n\n\
         minimal case:\n  \
         1. session.csrf_token()\n  \
         2. session.check_csrf_token(…)\n"
    );
    // It is what the README shows.
    assert!(include_str!("../../../README.md").contains(&format!("```text\n{message}```\n")));
}

#[test]
fn the_script_says_how_much_time_passes() {
    let message = failure("a flaw", || check(Flaw::TimesOutTooEarly));
    assert!(message.starts_with("a session with the defaults: "), "{message}");
    let (_, script) = message.split_once("\n\nminimal case:\n").unwrap();
    assert!(script.contains(". // the request ends\n"), "{message}");
    assert!(script.contains(". // until the timeout +0 s\n"), "{message}");
    assert!((3..10).contains(&script.trim_end().lines().count()), "{message}");
}
