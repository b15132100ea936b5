//! Scripts for the session suite: what requests do, and what happens between them.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use session_core::CSRF_KEY;

use crate::run::Script;

/// One step of a script. `End`, `Tamper` and `Wait` are not calls on a session. Each of the other steps calls
/// methods of the running request's session; if no request is running, the step first starts one.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Look,
    Get(&'static str),
    Contains(&'static str),
    Keys,
    Len,
    Insert(&'static str, Value),
    Remove(&'static str),
    Clear,
    Flash {
        message: &'static str,
        queue: &'static str,
        allow_duplicate: bool,
    },
    PeekFlash(&'static str),
    PopFlash(&'static str),
    CsrfToken,
    NewCsrfToken,
    CheckCsrfToken,
    Changed,
    Invalidate,
    Renew,
    /// The request ends. If no request is running, a new request starts and ends without using its session.
    End,
    /// The browser's cookie or session ID is tampered with. While a request is running, this step does nothing.
    Tamper,
    Wait(Wait),
}

/// A change of the clock, in quarters of a second. Floats represent quarters exactly, so scripts can hit the exact
/// times of timeout and re-issue.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wait {
    /// This much time passes.
    Quarters(u32),
    /// The clock is set back by this much, as when a server's clock is corrected, or when the next request reaches
    /// another server, whose clock is slow.
    Back(u32),
    /// Time passes until the timeout of the browser's session, plus this offset, which may be negative.
    Timeout(i32),
    /// Time passes until the browser's session is as old as the re-issue time, plus this offset, which may be negative.
    Reissue(i32),
}

pub(crate) fn script() -> impl Strategy<Value = Script<Step>> {
    vec(step(), 1..40).prop_map(Script)
}

fn step() -> impl Strategy<Value = Step> {
    let key = || select(vec!["a", "b", "ключ \"é\""]);
    let queue = || select(vec!["", "errors"]);
    let flash = (select(vec!["saved", "denied"]), queue(), any::<bool>());
    prop_oneof![
        2 => Just(Step::Look),
        3 => key().prop_map(Step::Get),
        1 => key().prop_map(Step::Contains),
        1 => Just(Step::Keys),
        1 => Just(Step::Len),
        4 => (key(), value()).prop_map(|(key, value)| Step::Insert(key, value)),
        // Under the key of the CSRF token, stores a value that is not a token.
        1 => select(vec![json!(""), json!(7)]).prop_map(|value| Step::Insert(CSRF_KEY, value)),
        2 => key().prop_map(Step::Remove),
        1 => Just(Step::Clear),
        2 => flash.prop_map(|(message, queue, allow_duplicate)| Step::Flash { message, queue, allow_duplicate }),
        1 => queue().prop_map(Step::PeekFlash),
        1 => queue().prop_map(Step::PopFlash),
        1 => Just(Step::CsrfToken),
        1 => Just(Step::NewCsrfToken),
        1 => Just(Step::CheckCsrfToken),
        1 => Just(Step::Changed),
        1 => Just(Step::Invalidate),
        1 => Just(Step::Renew),
        10 => Just(Step::End),
        1 => Just(Step::Tamper),
        6 => wait().prop_map(Step::Wait),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let values =
        [json!(null), json!(true), json!(1), json!(-2.5), json!("é"), json!([1, "x", {}]), json!({"k": []})];
    select(values.to_vec())
}

fn wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        2 => (1_u32..10).prop_map(Wait::Quarters),
        1 => select(vec![1, 4, 9, 10_000]).prop_map(Wait::Back),
        2 => (-2..=4).prop_map(Wait::Timeout),
        2 => (-2..=8).prop_map(Wait::Reissue),
    ]
}

/// Shows the step as code.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Look => f.write_str("session.is_new(), session.created()"),
            Self::Get(key) => write!(f, "session.get({key:?})"),
            Self::Contains(key) => write!(f, "session.contains({key:?})"),
            Self::Keys => f.write_str("session.keys()"),
            Self::Len => f.write_str("session.len()"),
            Self::Insert(key, value) => write!(f, "session.insert({key:?}, {value})"),
            Self::Remove(key) => write!(f, "session.discard({key:?})"),
            Self::Clear => f.write_str("session.clear()"),
            Self::Flash { message, queue, allow_duplicate } => {
                let method = if *allow_duplicate { "flash" } else { "flash_unless_queued" };
                write!(f, "session.{method}({message:?}, {queue:?})")
            }
            Self::PeekFlash(queue) => write!(f, "session.peek_flash({queue:?})"),
            Self::PopFlash(queue) => write!(f, "session.pop_flash({queue:?})"),
            Self::CsrfToken => f.write_str("session.csrf_token()"),
            Self::NewCsrfToken => f.write_str("session.new_csrf_token()"),
            Self::CheckCsrfToken => f.write_str("session.check_csrf_token(…)"),
            Self::Changed => f.write_str("session.changed()"),
            Self::Invalidate => f.write_str("session.invalidate()"),
            Self::Renew => f.write_str("session.renew()"),
            Self::End => f.write_str("// the request ends"),
            Self::Tamper => f.write_str("// the browser's value is tampered with"),
            Self::Wait(wait) => write!(f, "// {wait}"),
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = |quarters: i32| f64::from(quarters) / 4.0;
        match *self {
            Self::Quarters(quarters) => write!(f, "{} s pass", f64::from(quarters) / 4.0),
            Self::Back(quarters) => write!(f, "the clock is set back by {} s", f64::from(quarters) / 4.0),
            Self::Timeout(quarters) => write!(f, "wait until the timeout {:+} s", secs(quarters)),
            Self::Reissue(quarters) => write!(f, "wait until the re-issue time {:+} s", secs(quarters)),
        }
    }
}
