//! Scripts that are always the same: each thing that a request can do with a session, at each moment that matters.

use serde_json::{Value, json};
use session_core::CSRF_KEY;

use crate::script::{Script, Step, Wait};

/// A flaw that one step shows is found by these whatever is drawn; those that several make together are for
/// [`script`](crate::script::script).
pub(crate) fn drills() -> impl Iterator<Item = Script> {
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
    let of_new = acts().into_iter().map(|act| {
        let request = [act, Step::Wait(Wait::Quarters(5)), Step::Get("a"), Step::End];
        Script([&request[..], &inspection()].concat())
    });
    let of_old = moments.into_iter().flat_map(|(before, after)| {
        acts().into_iter().map(move |act| {
            let request = [before.clone(), act, Step::End, Step::Wait(after)];
            Script([&filled()[..], &request, &inspection()].concat())
        })
    });
    of_new.chain(of_old)
}

fn flash(message: &'static str, queue: &'static str, allow_duplicate: bool) -> Step {
    Step::Flash { message, queue, allow_duplicate }
}

/// A request that leaves something of each kind behind.
fn filled() -> Vec<Step> {
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

fn acts() -> Vec<Step> {
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
    ]
}

/// A request that looks at everything.
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
