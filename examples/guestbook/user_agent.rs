//! The user agent, as the label of a session and as a readable name.

use axum::http::{HeaderMap, header};

/// Maximum length of a label, in characters.
const MAX_LABEL_LEN: usize = 200;

/// Parts of user agents, each with the browser's name. The first match counts, because Edge also claims to be Chrome,
/// and Chrome also claims to be Safari.
const BROWSERS: [(&str, &str); 5] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Parts of user agents, each with the name of the operating system or the device. The first match counts, because
/// Android also claims to be Linux.
const SYSTEMS: [(&str, &str); 6] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// Maximum number of characters that are shown from an unknown browser's user agent.
const MAX_NAME_LEN: usize = 40;

/// Returns the label of a new session: the start of the user agent, or an empty text if the header is missing or is not
/// ASCII. The client can send any text as its user agent.
pub(crate) fn label(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.chars().take(MAX_LABEL_LEN).collect()
}

/// Returns the name of the browser, with the system if it is known. If the browser is unknown, returns the start of the
/// user agent or, without a user agent, `Unknown browser`.
pub(crate) fn name(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ if user_agent.is_empty() => "Unknown browser".to_owned(),
        _ => user_agent.chars().take(MAX_NAME_LEN).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents_have_readable_names() {
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/143.0.0.0 Safari/537.36 Edg/143.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/143.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.14.1", "curl/8.14.1"),
            ("", "Unknown browser"),
        ] {
            assert_eq!(name(agent), expected);
        }
        assert_eq!(name(&"é".repeat(50)), "é".repeat(40));
    }
}
