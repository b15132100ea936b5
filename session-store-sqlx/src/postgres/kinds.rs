//! The kinds of calls that wait for a connection.

use std::sync::Arc;

use session_core::SessionHandle;
use session_store::{Row, Version};

use crate::statements::Statements;

/// A kind of call that can share a statement: one statement can run several calls of this kind.
pub(super) trait Combinable {
    /// Returns whether one statement can run both this call and `other`.
    fn fits(&self, other: &Self) -> bool;

    /// Returns the handle of the row that the call changes, if any. One statement cannot change a row twice.
    fn changes(&self) -> Option<SessionHandle> {
        None
    }

    /// Returns the number of bytes that the call sends. Values of a fixed length do not count.
    fn size(&self) -> usize {
        0
    }
}

/// A call that always has a statement of its own.
pub(super) struct Alone;

pub(super) struct Load {
    pub(super) statements: Arc<Statements>,
    pub(super) handle: SessionHandle,
    pub(super) now: f64,
}

impl Combinable for Load {
    fn fits(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.statements, &other.statements)
    }
}

pub(super) struct Replace {
    pub(super) statements: Arc<Statements>,
    pub(super) handle: SessionHandle,
    pub(super) version: Version,
    pub(super) row: Row,
    pub(super) now: f64,
}

impl Combinable for Replace {
    fn fits(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.statements, &other.statements)
    }

    fn changes(&self) -> Option<SessionHandle> {
        Some(self.handle)
    }

    fn size(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.row.data.len() + text(&self.row.owner) + text(&self.row.label)
    }
}

#[cfg(test)]
mod tests {
    use session_core::Timestamp;

    use super::*;
    use crate::table::Table;

    #[test]
    fn size_of_replace_counts_data_owner_and_label() {
        let row = Row::new(vec![0; 5], Timestamp::from_secs(0.0).unwrap());
        let replace = Replace {
            statements: Arc::new(Statements::new(
                &Table::parse("sessions", false).unwrap(),
                String::new(),
                String::new(),
            )),
            handle: SessionHandle::from_bytes([1; 32]),
            version: Version::FIRST,
            row: Row { owner: Some("a".repeat(70)), label: Some("b".repeat(300)), ..row },
            now: 0.0,
        };
        assert_eq!(replace.size(), 375);
    }
}
