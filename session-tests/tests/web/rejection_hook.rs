//! The session layer's hook that is called for rejected cookies (`on_rejection`).

use crate::site::Site;

pub(crate) fn hook_is_called_for_unused_session(site: &Site) {
    for what in ["plain", "do/ignore", "do/read"] {
        assert_eq!(hook_calls(site, what), 1, "{what}");
    }
}

/// With a store, the layer does not load the session itself. At `/rejection-hook`, only extractors load it, so other
/// requests do not call the hook.
pub(crate) fn hook_is_called_only_for_extracted_session(site: &Site) {
    for (what, calls) in [("plain", 0), ("do/ignore", 1), ("do/read", 1)] {
        assert_eq!(hook_calls(site, what), calls, "{what}");
    }
}

/// Sends a request with a forged cookie, and returns how often the hook was called for it.
fn hook_calls(site: &Site, what: &str) -> usize {
    let path = format!("/rejection-hook/{what}");
    let response = site.get(&path).header("Cookie", "session=AAAA").send();
    assert_eq!(response.status, 200);
    let call = format!(r#"hook called kind="bad_signature" path="{path}""#);
    site.log.lines().iter().filter(|line| line.contains(&call)).count()
}
