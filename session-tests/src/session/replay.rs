//! Runs a script against an implementation and the model.

use std::fmt::{self, Debug};

use proptest::test_runner::TestCaseError;
use serde_json::Value;
use session_core::{CSRF_KEY, Clock, ManualClock, Session, SessionExt, Timestamp};

use super::harness::{Harness, Settings};
use super::model::{Model, Why};
use super::script::Step;
use crate::run::{Outcome, at, fail};

/// Runs a script against `harness` and the model, and compares the results of each step.
pub(crate) fn replay<H: Harness>(steps: &[Step], settings: &Settings, harness: H) -> Outcome {
    let clock = settings.clock.clone();
    let mut replay = Replay { clock, model: Model::new(settings), harness, session: None };
    for (step, number) in steps.iter().zip(1..) {
        replay.step(step).map_err(at(format_args!("step {number}, `{step}`")))?;
    }
    replay.step(&Step::End).map_err(at("the end of the last request"))
}

struct Replay<H: Harness> {
    clock: ManualClock,
    model: Model,
    harness: H,
    /// The session of the current request.
    session: Option<H::Session>,
}

impl<H: Harness> Replay<H> {
    fn step(&mut self, step: &Step) -> Outcome {
        let now = self.clock.now().as_secs();
        match step {
            Step::Wait(wait) => {
                let end = Timestamp::from_secs(self.model.end_of(*wait, now));
                self.clock.set(end.unwrap_or_default());
                Ok(())
            }
            Step::End => {
                let session = self.session.take().unwrap_or_else(|| self.harness.request());
                same(": the response sends", self.harness.respond(session), self.model.end(now))
            }
            Step::Tamper if self.session.is_none() => {
                self.harness.tamper();
                self.model.tamper();
                Ok(())
            }
            Step::Tamper => Ok(()),
            _ => {
                let session = self.session.get_or_insert_with(|| self.harness.request());
                within(session, &mut self.model, step, now)
            }
        }
    }
}

/// Runs a step within a request.
///
/// `S::len(session)` calls the implementation of `S`. The method call `session.len()` would call the implementation for
/// `&mut S`, which forwards to `S`.
fn within<S: Session>(session: &mut S, model: &mut Model, step: &Step, now: f64) -> Outcome {
    match *step {
        Step::Look => look(session, model, now),
        Step::Get(key) => same(" is", shown(ok(session.get::<Value>(key))?), shown(model.get(key, now))),
        Step::Contains(key) => same(" is", S::contains(session, key), model.get(key, now).is_some()),
        Step::Keys => {
            let expected: Vec<_> = model.read(now).iter().map(|entry| entry.0.as_str()).collect();
            same(" are", S::keys(session).collect::<Vec<_>>(), expected)
        }
        Step::Len => {
            let expected = model.read(now).len();
            same(" and is_empty() are", (S::len(session), S::is_empty(session)), (expected, expected == 0))
        }
        Step::Insert(key, ref value) => {
            model.insert(key, value.clone(), now);
            ok(session.insert(key, value))
        }
        Step::Remove(key) => same(" is", session.discard(key), model.remove(key, now).is_some()),
        Step::Clear => {
            model.write(now).clear();
            session.clear();
            Ok(())
        }
        Step::Flash { message, queue, allow_duplicate } => {
            model.flash(message, queue, allow_duplicate, now);
            ok(match allow_duplicate {
                true => session.flash(message, queue),
                false => session.flash_unless_queued(message, queue),
            })
        }
        Step::PeekFlash(queue) => {
            same(" are", shown(ok(session.peek_flash(queue))?), shown(model.peek_flash(queue, now)))
        }
        Step::PopFlash(queue) => {
            // `SessionExt::pop_flash` reads the session before it writes.
            model.read(now);
            same(" are", shown(ok(session.pop_flash(queue))?), shown(model.pop_flash(queue, now)))
        }
        Step::CsrfToken => match model.csrf_token(now) {
            Some(token) => same(" is", ok(session.csrf_token())?, token),
            None => take_token(session.csrf_token(), model, now),
        },
        Step::NewCsrfToken => {
            let old = model.csrf_token(now);
            let new = session.new_csrf_token();
            if old.is_some() && new.as_ref().ok() == old.as_ref() {
                return Err(fail(" is the old token"));
            }
            take_token(new, model, now)
        }
        Step::CheckCsrfToken => check_csrf(session, model, now),
        Step::Changed => {
            model.write(now);
            session.changed();
            Ok(())
        }
        Step::Invalidate => {
            model.invalidate(now);
            session.invalidate();
            look(session, model, now)
        }
        Step::Renew => {
            let old_token = model.csrf_token(now);
            model.renew(now);
            session.renew();
            if old_token.is_some_and(|token| session.check_csrf_token(&token)) {
                return Err(fail(" keeps the CSRF token"));
            }
            look(session, model, now)
        }
        Step::End | Step::Tamper | Step::Wait(_) => Ok(()),
    }
}

fn look<S: Session>(session: &S, model: &mut Model, now: f64) -> Outcome {
    let seen = (session.created().as_secs(), session.is_new());
    same(": created and is_new are", seen, model.look(now))?;
    // A session does not have to report a rejection.
    let (Some(said), why) = (session.rejection(), model.why_new(now)) else { return Ok(()) };
    let is_right = match why {
        Some(Why::Missing) => said.is_missing(),
        Some(Why::Forged) => said.is_malformed() || said.is_bad_signature(),
        Some(Why::Expired) => said.is_expired(),
        Some(Why::Invalidated) | None => false,
    };
    let expected = match why {
        None => "none, because the session was accepted".to_owned(),
        Some(Why::Invalidated) => "none, because the session was invalidated".to_owned(),
        Some(why) => format!("{why:?}"),
    };
    if is_right { Ok(()) } else { Err(fail(format!(": the rejection is `{said}`, expected {expected}"))) }
}

/// Calls `check_csrf_token` with the right token and with wrong ones, and checks the results.
fn check_csrf<S: Session>(session: &S, model: &mut Model, now: f64) -> Outcome {
    let stored = model.csrf_token(now);
    let token = stored.clone().unwrap_or_default();
    let start = &token[..token.len().saturating_sub(1)];
    let other_end = if token.ends_with('0') { "1" } else { "0" };
    for (what, supplied, passes) in [
        ("an empty token", String::new(), false),
        ("the right token", token.clone(), stored.is_some()),
        ("the token without its last character", start.to_owned(), false),
        ("the token with another last character", format!("{start}{other_end}"), false),
        ("the token with one more character", format!("{token}0"), false),
        ("the token with a leading space", format!(" {token}"), false),
        ("another token", "0123456789".repeat(4), false),
    ] {
        same(&format!(", given {what}, is"), session.check_csrf_token(&supplied), passes)?;
    }
    Ok(())
}

/// Returns the JSON text of a value or of a list of values, or `nothing` if there is no value.
fn shown(value: impl Into<Shown>) -> Shown {
    value.into()
}

#[derive(PartialEq)]
struct Shown(String);

impl From<Option<Value>> for Shown {
    fn from(value: Option<Value>) -> Self {
        Self(value.map_or("nothing".to_owned(), |value| value.to_string()))
    }
}

impl From<Vec<Value>> for Shown {
    fn from(values: Vec<Value>) -> Self {
        Self(Value::from(values).to_string())
    }
}

impl Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks a new CSRF token and stores it in the model, which cannot predict it.
fn take_token(token: Result<String, session_core::EntryError>, model: &mut Model, now: f64) -> Outcome {
    let token = ok(token)?;
    if token.len() != 40 || !token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(fail(format!(" is {token:?}, expected 40 lowercase hex characters")));
    }
    model.insert(CSRF_KEY, Value::from(token), now);
    Ok(())
}

fn same<T: PartialEq + Debug>(what: &str, seen: T, expected: T) -> Outcome {
    if seen == expected { Ok(()) } else { Err(fail(format!("{what} {seen:?}, expected {expected:?}"))) }
}

fn ok<T>(result: Result<T, session_core::EntryError>) -> Result<T, TestCaseError> {
    result.map_err(|error| fail(format!(" failed: {error}")))
}
