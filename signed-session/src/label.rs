//! The label of a session in a store.

/// Maximum length of a label in characters. A label is often the user agent, which the client chooses.
const MAX_LEN: usize = 512;

/// Returns the label to store: the first 512 characters.
pub(crate) fn bounded(label: &str) -> String {
    label.chars().take(MAX_LEN).collect()
}
