//! The rows of a broken store, and its list of sessions for each owner.

use std::collections::{BTreeMap, HashMap};

use session_core::SessionHandle;
use session_store::{Row, SessionInfo, Version};

use super::Flaw;

#[derive(Default)]
pub(super) struct Tables {
    pub(super) rows: HashMap<SessionHandle, (Row, Version)>,
    pub(super) lists: BTreeMap<(String, SessionHandle), SessionInfo>,
    /// The rows that were deleted or swept. Some flaws bring them back.
    pub(super) deleted: HashMap<SessionHandle, (Row, Version)>,
}

impl Tables {
    pub(super) fn remove(&mut self, flaw: Flaw, handle: &SessionHandle) -> bool {
        let Some((row, version)) = self.rows.remove(handle) else { return false };
        if flaw != Flaw::ListKeepsDeleted {
            self.unlist(handle, &row);
        }
        self.deleted.insert(*handle, (row, version));
        true
    }

    pub(super) fn list(&mut self, flaw: Flaw, handle: &SessionHandle, row: &Row) {
        if let Some(owner) = &row.owner
            && (flaw != Flaw::EmptyOwnerIsNone || !owner.is_empty())
        {
            self.lists.insert((owner.clone(), *handle), row.info(*handle));
        }
    }

    pub(super) fn unlist(&mut self, handle: &SessionHandle, row: &Row) {
        if let Some(owner) = &row.owner {
            self.lists.remove(&(owner.clone(), *handle));
        }
    }
}

/// Returns whether a call for the sessions of `asked` finds the sessions of `owner`.
pub(super) fn is_owner(flaw: Flaw, owner: &str, asked: &str) -> bool {
    let cut = |text: &str| text.as_bytes()[..text.len().min(255)].to_vec();
    let ascii = |text: &str| text.replace(|c: char| !c.is_ascii(), "?");
    match flaw {
        Flaw::OwnersByPrefix => owner.starts_with(asked),
        Flaw::OwnersIgnoreCase => owner.eq_ignore_ascii_case(asked),
        Flaw::OwnersAreTrimmed => owner.trim() == asked.trim(),
        Flaw::OwnersAreGlobs => matches(asked.as_bytes(), owner.as_bytes(), *b"*?"),
        Flaw::OwnersAreLikePatterns => matches(asked.as_bytes(), owner.as_bytes(), *b"%_"),
        Flaw::OwnersAreCut => cut(owner) == cut(asked),
        Flaw::OwnersLoseAccents => ascii(owner) == ascii(asked),
        _ => owner == asked,
    }
}

/// Returns whether the text matches a pattern. The first wildcard stands for any bytes, and the second one for a single
/// byte.
fn matches(pattern: &[u8], text: &[u8], wildcards: [u8; 2]) -> bool {
    let [any, one] = wildcards;
    match (pattern, text) {
        ([], text) => text.is_empty(),
        ([first, rest @ ..], text) if *first == any => {
            (0..=text.len()).any(|len| matches(rest, &text[len..], wildcards))
        }
        ([first, rest @ ..], [byte, text @ ..]) => {
            (*first == one || first == byte) && matches(rest, text, wildcards)
        }
        _ => false,
    }
}
