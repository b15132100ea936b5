//! The owner and the label of a session, and its row in the store.

use session_core::Record;
use session_serde::{LoadError, Serializer};
use session_store::{Row, Store};

use super::shared::Shared;
use crate::error::SaveError;

/// The owner and the label of a session, or those that a request sets.
#[derive(Clone, Default)]
pub(super) struct Registration {
    pub(super) owner: Option<String>,
    pub(super) label: Option<String>,
    /// Whether a request removes the owner and the label that the session had before. False for those of a session.
    pub(super) removes_old: bool,
}

impl Registration {
    pub(super) fn is_empty(&self) -> bool {
        self.owner.is_none() && self.label.is_none()
    }

    /// Overwrites the owner and the label with those of `change`. A `None` in `change` keeps the present value, unless
    /// `change` removes it.
    pub(super) fn set(&mut self, change: &Self) {
        if change.removes_old {
            *self = Self::default();
        }
        if change.owner.is_some() {
            self.owner.clone_from(&change.owner);
        }
        if change.label.is_some() {
            self.label.clone_from(&change.label);
        }
    }
}

impl<St: Store, S: Serializer> Shared<St, S> {
    /// Returns the row of a session.
    pub(super) fn write_row(&self, record: &Record, registration: &Registration) -> Result<Row, SaveError> {
        let mut data = Vec::with_capacity(record.json_capacity());
        self.serializer.dumps_record(record, &mut data).map_err(SaveError::unserializable)?;
        if data.len() > self.max_bytes {
            return Err(SaveError::too_large(None, data.len(), self.max_bytes, &record.state));
        }
        Ok(Row {
            data,
            owner: registration.owner.clone(),
            label: registration.label.clone(),
            created: record.created,
            accessed: record.accessed,
            expires: self.row_end(record),
        })
    }

    /// Returns the session in a row. The time of the last access comes from the row, because `touch` updates it there,
    /// but not in the serialized data.
    pub(super) fn read_row(&self, row: Row) -> Result<(Record, Registration), LoadError> {
        let mut record = self.serializer.loads_record(row.data.into())?.record;
        record.accessed = row.accessed;
        Ok((record, Registration { owner: row.owner, label: row.label, removes_old: false }))
    }
}
