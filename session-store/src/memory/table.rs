//! The rows of a store in memory, with indexes by owner, by expiry time and by last use.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use session_core::{SessionHandle, Timestamp};

use crate::row::{Row, Version};

/// Rows and their indexes. A table has no clock: callers pass the time.
#[derive(Default)]
pub(super) struct Table {
    rows: HashMap<SessionHandle, Entry>,
    by_owner: HashMap<String, BTreeSet<SessionHandle>>,
    by_end: BTreeSet<(Timestamp, SessionHandle)>,
    by_use: BTreeMap<u64, SessionHandle>,
    /// A counter of the uses of all rows. A `put`, and a `get` that returns a row, are uses. Each entry keeps the value
    /// that the counter had at the entry's last use.
    uses: u64,
}

struct Entry {
    row: Row,
    version: Version,
    last_use: u64,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns the row of a handle, and makes it the most recently used one. Returns `None` if the row is missing or
    /// has expired.
    pub(super) fn get(&mut self, handle: &SessionHandle, now: Timestamp) -> Option<(&Row, Version)> {
        let entry = self.rows.get_mut(handle).filter(|entry| !entry.row.is_expired(now))?;
        self.by_use.remove(&entry.last_use);
        self.uses += 1;
        entry.last_use = self.uses;
        self.by_use.insert(self.uses, *handle);
        Some((&entry.row, entry.version))
    }

    /// Returns the version of a row, even if the row has expired.
    pub(super) fn version(&self, handle: &SessionHandle) -> Option<Version> {
        self.rows.get(handle).map(|entry| entry.version)
    }

    /// Stores a row. Replaces the row with the same handle, if there is one.
    pub(super) fn put(&mut self, handle: SessionHandle, row: Row, version: Version) {
        self.remove(&handle);
        if let Some(owner) = &row.owner {
            self.by_owner.entry(owner.clone()).or_default().insert(handle);
        }
        if let Some(expires) = row.expires {
            self.by_end.insert((expires, handle));
        }
        self.uses += 1;
        self.by_use.insert(self.uses, handle);
        self.rows.insert(handle, Entry { row, version, last_use: self.uses });
    }

    /// Removes a row from the table and the indexes, even if it has expired.
    pub(super) fn remove(&mut self, handle: &SessionHandle) -> Option<(Row, Version)> {
        let Entry { row, version, last_use } = self.rows.remove(handle)?;
        self.by_use.remove(&last_use);
        if let Some(expires) = row.expires {
            self.by_end.remove(&(expires, *handle));
        }
        if let Some(owner) = &row.owner
            && let Some(handles) = self.by_owner.get_mut(owner)
        {
            handles.remove(handle);
            if handles.is_empty() {
                self.by_owner.remove(owner);
            }
        }
        Some((row, version))
    }

    /// Returns the rows of an owner, even those that have expired.
    pub(super) fn owned(&self, owner: &str) -> impl Iterator<Item = (SessionHandle, &Row)> {
        let handles = self.by_owner.get(owner).into_iter().flatten();
        handles.filter_map(|handle| Some((*handle, &self.rows.get(handle)?.row)))
    }

    /// Removes the row that expired first. Returns `false` if no row has expired.
    pub(super) fn remove_expired(&mut self, now: Timestamp) -> bool {
        match self.by_end.first() {
            Some(&(expires, handle)) if now >= expires => self.remove(&handle).is_some(),
            _ => false,
        }
    }

    /// Removes the least recently used row. Returns `false` if the table is empty.
    pub(super) fn remove_least_recently_used(&mut self) -> bool {
        let oldest = self.by_use.first_key_value().map(|(_, handle)| *handle);
        oldest.is_some_and(|handle| self.remove(&handle).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds and removes 200 000 rows. The indexes must not keep the removed rows.
    #[test]
    fn indexes_shrink_with_rows() {
        let at = |secs: u32| Timestamp::from_secs(secs.into()).unwrap();
        let mut table = Table::default();
        for number in 0..200_000_u32 {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            let mut row = Row::new(Vec::new(), at(number));
            row.owner = (number % 3 != 0).then(|| format!("user {}", number / 4));
            row.expires = (number % 5 != 0).then(|| at(number + 50));
            table.put(SessionHandle::from_bytes(bytes), row, Version::FIRST);
            while table.remove_expired(at(number)) {}
            if table.len() > 100 {
                assert!(table.remove_least_recently_used());
            }
        }
        assert_eq!((table.len(), table.by_use.len()), (100, 100));
        assert!(table.by_owner.len() <= 100 && table.by_end.len() <= 100);
        assert!(table.rows.capacity() < 1000 && table.by_owner.capacity() < 1000);
        while table.remove_least_recently_used() {}
        assert!(table.by_owner.is_empty() && table.by_end.is_empty() && table.by_use.is_empty());
    }

    #[test]
    fn get_makes_row_most_recently_used() {
        let [one, two] = [1, 2].map(|byte| SessionHandle::from_bytes([byte; 32]));
        let mut table = Table::default();
        table.put(one, Row::new(Vec::new(), Timestamp::default()), Version::FIRST);
        table.put(two, Row::new(Vec::new(), Timestamp::default()), Version::FIRST);
        assert!(table.get(&one, Timestamp::default()).is_some());
        assert!(table.remove_least_recently_used());
        assert!(table.get(&one, Timestamp::default()).is_some());
        assert!(table.get(&two, Timestamp::default()).is_none());
    }
}
