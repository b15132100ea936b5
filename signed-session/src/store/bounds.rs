//! The maximum lengths of a session's owner and label in a store.

use session_core::EntryError;

/// Maximum length of an owner in bytes: enough for an id, an email address, or the issuer and subject of OpenID
/// Connect.
const MAX_OWNER_LEN: usize = 1024;

/// Maximum length of a label in characters. A character has up to 4 bytes in UTF-8.
const MAX_LABEL_LEN: usize = 512;

/// Returns the owner to store.
///
/// # Errors
/// Returns an error if the owner is too long. The owner is not truncated, because two users could then have the same
/// one.
pub(crate) fn owner(owner: &str) -> Result<String, EntryError> {
    match owner.len() {
        ..=MAX_OWNER_LEN => Ok(owner.to_owned()),
        len => Err(EntryError::owner_too_long(len, MAX_OWNER_LEN)),
    }
}

/// Returns the label to store: the first 512 characters. The label often comes from the client, like the user agent. A
/// long one must not make a sign-in fail.
pub(crate) fn label(label: &str) -> String {
    label.chars().take(MAX_LABEL_LEN).collect()
}
