//! Fixed scripts that try each action on a session at each relevant time.

use serde_json::{Value, json};
use session_core::CSRF_KEY;

use super::script::{Step, Wait};
use crate::run::Script;

/// Returns the scripts that every run tries. They find flaws that a single action reveals. The random scripts
/// of [`script`](super::script::script) find flaws that only several actions together reveal.
pub(crate) fn fixed_scripts() -> impl Iterator<Item = Script<Step>> {
    let moments = [
        (Step::Wait(Wait::Reissue(-1)), Wait::Timeout(0)),
        (Step::Wait(Wait::Reissue(0)), Wait::Timeout(1)),
        (Step::Wait(Wait::Reissue(1)), Wait::Timeout(0)),
        (Step::Wait(Wait::Reissue(4)), Wait::Timeout(1)),
        (Step::Wait(Wait::Reissue(8)), Wait::Timeout(2)),
        (Step::Wait(Wait::Timeout(-1)), Wait::Timeout(1)),
        (Step::Wait(Wait::Timeout(0)), Wait::Timeout(0)),
        (Step::Wait(Wait::Timeout(1)), Wait::Quarters(1)),
        (Step::Wait(Wait::Back(9)), Wait::Timeout(0)),
        (Step::Tamper, Wait::Quarters(5)),
    ];
    let from_new = actions().into_iter().map(|act| {
        let request = [act, Step::Wait(Wait::Quarters(5)), Step::Get("a"), Step::End];
        Script([&request[..], &inspection()].concat())
    });
    let from_loaded = moments.into_iter().flat_map(|(before, after)| {
        actions().into_iter().map(move |act| {
            let request = [before.clone(), act, Step::End, Step::Wait(after)];
            Script([&fill()[..], &request, &inspection()].concat())
        })
    });
    from_new.chain(from_loaded)
}

fn flash(message: &'static str, queue: &'static str, allow_duplicate: bool) -> Step {
    Step::Flash { message, queue, allow_duplicate }
}

/// The steps of a request that stores plain entries, flash messages and a CSRF token.
fn fill() -> Vec<Step> {
    vec![
        Step::Insert("a", json!(1)),
        Step::Insert("b", json!("é")),
        Step::Insert("ключ", json!([null, {"k": -2.5}])),
        flash("saved", "", true),
        flash("denied", "", true),
        flash("saved", "", true),
        flash("saved", "errors", true),
        Step::CsrfToken,
        Step::End,
    ]
}

fn actions() -> Vec<Step> {
    let put = |key, value: Value| Step::Insert(key, value);
    vec![
        Step::Look,
        Step::Get("a"),
        Step::Contains("b"),
        Step::Contains("x"),
        Step::Keys,
        Step::Len,
        put("a", json!(1)),
        put("x", json!(null)),
        Step::Remove("a"),
        Step::Remove("x"),
        Step::Clear,
        flash("saved", "", false),
        flash("saved", "", true),
        flash("failed", "errors", false),
        Step::PeekFlash(""),
        Step::PopFlash(""),
        Step::CsrfToken,
        Step::NewCsrfToken,
        Step::CheckCsrfToken,
        put(CSRF_KEY, json!("")),
        Step::Changed,
        Step::Invalidate,
        Step::Renew,
    ]
}

/// The steps of a request that inspects the session.
fn inspection() -> Vec<Step> {
    vec![
        Step::Look,
        Step::Keys,
        Step::Len,
        Step::Get("a"),
        Step::Get("ключ"),
        Step::PeekFlash(""),
        Step::PeekFlash("errors"),
        Step::CheckCsrfToken,
        Step::CsrfToken,
    ]
}
