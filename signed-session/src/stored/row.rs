//! The owner and the label of a session, and its row in the store.

use session_core::Record;
use session_serde::{LoadError, Serializer};
use session_store::{Row, Store};

use super::shared::Shared;
use crate::error::SaveError;

/// The owner and the label of a session.
#[derive(Clone, Default)]
pub(super) struct Registration {
    pub(super) owner: Option<String>,
    pub(super) label: Option<String>,
}

impl Registration {
    pub(super) fn is_empty(&self) -> bool {
        self.owner.is_none() && self.label.is_none()
    }
}

/// How a request changes the owner and the label of its session.
#[derive(Clone, Default)]
pub(super) struct RegistrationChange {
    /// The new owner and label. A `None` keeps the present value, unless it is removed.
    pub(super) set: Registration,
    /// The owner and the label that the request removes. Like an entry, they stay if another request has set others.
    removed: Registration,
}

impl RegistrationChange {
    /// Returns the change that removes the owner and the label of a session.
    pub(super) fn removal(known: &Registration) -> Self {
        Self { removed: known.clone(), ..Self::default() }
    }

    pub(super) fn apply(&self, registration: &mut Registration) {
        change(&mut registration.owner, &self.removed.owner, &self.set.owner);
        change(&mut registration.label, &self.removed.label, &self.set.label);
    }
}

fn change(present: &mut Option<String>, removed: &Option<String>, new: &Option<String>) {
    if new.is_some() || present == removed {
        present.clone_from(new);
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
        Ok((record, Registration { owner: row.owner, label: row.label }))
    }
}
