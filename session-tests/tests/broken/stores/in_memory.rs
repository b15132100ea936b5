//! A store in memory that can have any one of the flaws.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use session_core::{Clock, ManualClock, SessionHandle, Timestamp};
use session_store::{Row, SessionInfo, Store, StoreError, Version};
use tokio::task::yield_now;

use super::Flaw;
use super::tables::{Tables, is_owner};

pub(super) struct InMemory {
    flaw: Flaw,
    clock: ManualClock,
    tables: Arc<Mutex<Tables>>,
    loaded: Mutex<HashMap<SessionHandle, (Row, Version)>>,
    is_locked: Arc<AtomicBool>,
}

impl Clone for InMemory {
    fn clone(&self) -> Self {
        let Self { flaw, clock, tables, is_locked, .. } = self;
        let (clock, tables, is_locked) = (clock.clone(), tables.clone(), is_locked.clone());
        Self { flaw: *flaw, clock, tables, loaded: Mutex::default(), is_locked }
    }
}

impl InMemory {
    pub(super) fn new(flaw: Flaw, clock: ManualClock) -> Self {
        Self { flaw, clock, tables: Arc::default(), loaded: Mutex::default(), is_locked: Arc::default() }
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn key(&self, handle: &SessionHandle) -> SessionHandle {
        let mut bytes = *handle.as_bytes();
        if self.is(Flaw::HandlesAreCut) {
            bytes[16..].fill(0);
        }
        SessionHandle::from_bytes(bytes)
    }

    fn is_expired(&self, row: &Row) -> bool {
        let now = self.clock.now();
        match row.expires {
            Some(end) if self.is(Flaw::EndIsInclusive) => now > end,
            Some(end) if self.is(Flaw::EndsOverflow) && end.as_secs() > 9e15 => true,
            _ => row.is_expired(now),
        }
    }

    /// Returns the row that the store keeps for `row`. Some flaws change the row.
    fn kept(&self, row: &Row) -> Row {
        let mut row = row.clone();
        let map = |row: &mut Row, change: fn(f64) -> f64| {
            let changed = |time: Timestamp| Timestamp::from_secs(change(time.as_secs())).unwrap_or(time);
            row.created = changed(row.created);
            row.accessed = changed(row.accessed);
            row.expires = row.expires.map(changed);
        };
        match self.flaw {
            Flaw::DataIsText => row.data = String::from_utf8_lossy(&row.data).into_owned().into(),
            Flaw::DataEndsAtNul => row.data = row.data.split(|byte| *byte == 0).next().unwrap().to_vec(),
            Flaw::DataIsCut => row.data.truncate(1 << 16),
            Flaw::EmptyLabelIsNone => row.label = row.label.filter(|label| !label.is_empty()),
            Flaw::LabelsAreAscii => {
                row.label = row.label.map(|label| label.replace(|c: char| !c.is_ascii(), "?"))
            }
            Flaw::EmptyOwnerIsNone => row.owner = row.owner.filter(|owner| !owner.is_empty()),
            Flaw::TimesAreWholeSeconds => map(&mut row, f64::trunc),
            Flaw::TimesAreMillis => map(&mut row, |secs| (secs * 1e3).round() / 1e3),
            Flaw::TimesAreUnsigned => map(&mut row, |secs| secs.max(0.0)),
            _ => {}
        }
        row
    }

    fn get(&self, tables: &Tables, handle: &SessionHandle) -> Option<(Row, Version)> {
        tables.rows.get(handle).filter(|(row, _)| !self.is_expired(row)).cloned()
    }

    /// Stores a row that [`kept`](Self::kept) has returned, and updates the owners' lists of sessions.
    fn put(&self, tables: &mut Tables, handle: &SessionHandle, row: Row, version: Version) {
        let old = tables.rows.insert(*handle, (row.clone(), version));
        match &old {
            Some((old, _)) if self.is(Flaw::ListMissesNewOwner) && old.owner != row.owner => {
                return tables.unlist(handle, old);
            }
            Some((old, _)) if !self.is(Flaw::ListKeepsOldOwner) => tables.unlist(handle, old),
            _ => {}
        }
        tables.list(self.flaw, handle, &row);
    }

    /// Lets other calls run between two steps of the current call, if the store has this flaw.
    async fn pause(&self, flaw: Flaw) {
        if self.is(flaw) {
            yield_now().await;
        }
    }

    /// Starts a call. With the flaw `DroppedCallsLock`, a call that is dropped while it waits here locks the store.
    async fn begin(&self) -> Result<(), StoreError> {
        if self.is(Flaw::DroppedCallsLock) {
            if self.is_locked.swap(true, Ordering::SeqCst) {
                return Err(StoreError::conflict());
            }
            yield_now().await;
            self.is_locked.store(false, Ordering::SeqCst);
        }
        Ok(())
    }

    fn with<T>(&self, call: impl FnOnce(&mut Tables) -> T) -> T {
        call(&mut self.tables.lock().unwrap())
    }

    /// Returns the row that a change applies to. With the first flaw in `revives`, the row can be a deleted one; with
    /// the second flaw, it can be an expired one.
    fn target(&self, tables: &Tables, handle: &SessionHandle, revives: [Flaw; 2]) -> Option<(Row, Version)> {
        let [revives_deleted, revives_expired] = revives.map(|flaw| self.is(flaw));
        let found = self.get(tables, handle);
        let found = found.or_else(|| tables.rows.get(handle).filter(|_| revives_expired).cloned());
        found.or_else(|| tables.deleted.get(handle).filter(|_| revives_deleted).cloned())
    }

    /// Returns the list of an owner's sessions, including those that have expired.
    fn listed(&self, tables: &Tables, owner: &str) -> Vec<SessionInfo> {
        let listed = tables.lists.iter().filter(|((listed, _), _)| is_owner(self.flaw, listed, owner));
        let exists =
            |handle: &SessionHandle| tables.rows.contains_key(handle) || self.is(Flaw::ListKeepsDeleted);
        listed.filter(|((_, handle), _)| exists(handle)).map(|(_, info)| info.clone()).collect()
    }

    fn owned(&self, tables: &Tables, owner: &str) -> Vec<SessionInfo> {
        let mut listed = self.listed(tables, owner);
        listed.retain(|info| match tables.rows.get(&info.handle) {
            Some((row, _)) => !self.is_expired(row) || self.is(Flaw::ListKeepsExpired),
            None => true,
        });
        listed
    }
}

impl Store for InMemory {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        self.begin().await?;
        let key = self.key(handle);
        let mut loaded = self.with(|tables| match self.flaw {
            Flaw::ExpiredRowsLoad => tables.rows.get(&key).cloned(),
            _ => self.get(tables, &key),
        });
        if self.is(Flaw::EmptyDataIsMissing) {
            loaded = loaded.filter(|(row, _)| !row.data.is_empty());
        }
        if self.is(Flaw::LoadIsStale)
            && let Some(found) = loaded
        {
            return Ok(Some(self.loaded.lock().unwrap().entry(key).or_insert(found).clone()));
        }
        Ok(loaded)
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        self.begin().await?;
        let (key, row) = (self.key(handle), self.kept(row));
        let exists = |tables: &mut Tables| match self.flaw {
            Flaw::CreateOverwrites => false,
            Flaw::CreateKeepsExpired => tables.rows.contains_key(&key),
            _ => self.get(tables, &key).is_some(),
        };
        if self.is(Flaw::CreateIsNotAtomic) {
            if self.with(exists) {
                return Ok(None);
            }
            yield_now().await;
        }
        Ok(self.with(|tables| {
            if !self.is(Flaw::CreateIsNotAtomic) && exists(tables) {
                return None;
            }
            self.put(tables, &key, row, Version::FIRST);
            Some(Version::FIRST)
        }))
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        self.begin().await?;
        let (key, mut row) = (self.key(handle), self.kept(row));
        let revives = [Flaw::ReplaceRevivesDeleted, Flaw::ReplaceRevivesExpired];
        let mut target = self.with(|tables| self.target(tables, &key, revives));
        let mut later = None;
        self.pause(Flaw::ReplaceIsNotAtomic).await;
        let change = |tables: &mut Tables| {
            if !self.is(Flaw::ReplaceIsNotAtomic) {
                target = self.target(tables, &key, revives);
            }
            let Some((old, current)) = target else {
                if self.is(Flaw::ReplaceCreates) {
                    self.put(tables, &key, row, version.next());
                    return Some(version.next());
                }
                return None;
            };
            match self.flaw {
                Flaw::ReplaceLosesEnd => row.expires = None,
                Flaw::ReplaceKeepsEnd => row.expires = old.expires,
                Flaw::ReplaceLosesLabel => row.label = None,
                Flaw::ReplaceKeepsOwner => row.owner = old.owner.clone(),
                Flaw::ReplaceKeepsTimes => row.created = old.created,
                _ => {}
            }
            let next = match self.flaw {
                Flaw::ReplaceKeepsVersion => current,
                Flaw::ReplaceRepeatsVersions => Version::new(1 + current.number() % 3),
                _ => current.next(),
            };
            if current != version && !self.is(Flaw::ReplaceIgnoresVersion) {
                if self.is(Flaw::ReplaceWritesConflicts) {
                    self.put(tables, &key, row, next);
                }
                return None;
            }
            if self.is(Flaw::ListChangesLater) {
                tables.rows.insert(key, (row.clone(), next));
                later = Some((old, row));
            } else {
                self.put(tables, &key, row, next);
            }
            Some(next)
        };
        let replaced = self.with(change);
        if let Some((old, row)) = later {
            for _ in 0..version.number() % 3 {
                yield_now().await;
            }
            self.with(|tables| {
                tables.unlist(&key, &old);
                tables.list(self.flaw, &key, &row);
            });
        }
        Ok(replaced)
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.begin().await?;
        let key = self.key(handle);
        let revives = [Flaw::TouchRevivesDeleted, Flaw::TouchRevivesExpired];
        let mut target = self.with(|tables| self.target(tables, &key, revives));
        self.pause(Flaw::TouchIsNotAtomic).await;
        Ok(self.with(|tables| {
            if !self.is(Flaw::TouchIsNotAtomic) {
                target = self.target(tables, &key, revives);
            }
            let new = || (Row::new(Vec::new(), accessed), Version::FIRST);
            let Some((old, mut version)) = target.or_else(|| self.is(Flaw::TouchCreates).then(new)) else {
                return false;
            };
            let mut row = self.kept(&Row { accessed, expires, ..old.clone() });
            match self.flaw {
                Flaw::TouchKeepsEnd => row.expires = old.expires,
                Flaw::TouchNeverRemovesEnd => row.expires = row.expires.or(old.expires),
                Flaw::TouchKeepsAccess => row.accessed = old.accessed,
                Flaw::TouchKeepsLaterAccess if old.accessed > row.accessed => row.accessed = old.accessed,
                Flaw::TouchChangesVersion => version = version.next(),
                _ => {}
            }
            if self.is(Flaw::TouchIsNotListed) {
                tables.rows.insert(key, (row, version));
            } else {
                self.put(tables, &key, row, version);
            }
            true
        }))
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        self.begin().await?;
        let key = self.key(handle);
        let is_current = |tables: &mut Tables| {
            let current = match self.flaw {
                Flaw::DeleteSparesExpired => self.get(tables, &key),
                _ => tables.rows.get(&key).cloned(),
            };
            let current = current.map(|(_, current)| current);
            match self.flaw {
                Flaw::DeleteIgnoresVersion => current.is_some(),
                Flaw::DeleteKeepsVersioned => current.is_some() && version.is_none(),
                _ => current.is_some_and(|current| version.is_none_or(|version| version == current)),
            }
        };
        let was_current = self.with(is_current);
        self.pause(Flaw::DeleteIsNotAtomic).await;
        Ok(self.with(|tables| {
            let deletes = if self.is(Flaw::DeleteIsNotAtomic) { was_current } else { is_current(tables) };
            let is_reported = self.get(tables, &key).is_some() || self.is(Flaw::DeleteReportsExpired);
            deletes && tables.remove(self.flaw, &key) && is_reported || self.is(Flaw::DeleteReportsMissing)
        }))
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        self.begin().await?;
        let mut infos = self.with(|tables| self.owned(tables, owner));
        if self.is(Flaw::ListIsCut) {
            infos.truncate(50);
        }
        Ok(infos)
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        self.begin().await?;
        let except = except.map(|handle| self.key(handle));
        let handles = |infos: Vec<SessionInfo>| infos.iter().map(|info| info.handle).collect::<Vec<_>>();
        let found = |tables: &mut Tables| {
            let handles = match self.flaw {
                Flaw::DeleteByOwnerDeletesOthers => tables.rows.keys().copied().collect(),
                Flaw::DeleteByOwnerSparesExpired => handles(self.owned(tables, owner)),
                _ => handles(self.listed(tables, owner)),
            };
            let rows = handles
                .into_iter()
                .filter(|handle| Some(*handle) != except || self.is(Flaw::DeleteByOwnerIgnoresExcept));
            rows.map(|handle| (handle, tables.rows.get(&handle).map(|(_, version)| *version)))
                .collect::<Vec<_>>()
        };
        let found_first = self.with(found);
        self.pause(Flaw::DeleteByOwnerCountsTwice).await;
        self.pause(Flaw::DeleteByOwnerSparesChanged).await;
        self.pause(Flaw::DeleteByOwnerSparesRenewed).await;
        Ok(self.with(|tables| {
            let is_first = |handle| found_first.iter().any(|(first, _)| *first == handle);
            let rows = match self.flaw {
                Flaw::DeleteByOwnerSparesChanged => found_first.clone(),
                Flaw::DeleteByOwnerSparesRenewed => {
                    found(tables).into_iter().filter(|(handle, _)| is_first(*handle)).collect()
                }
                _ => found(tables),
            };
            let mut count = 0;
            for (handle, version) in rows {
                let current = tables.rows.get(&handle).map(|(_, version)| *version);
                let is_counted =
                    self.get(tables, &handle).is_some() || self.is(Flaw::DeleteByOwnerCountsExpired);
                if current == version && tables.remove(self.flaw, &handle) && is_counted {
                    count += 1;
                }
            }
            match self.flaw {
                Flaw::DeleteByOwnerCountsExcept => count + u64::from(except.is_some()),
                Flaw::DeleteByOwnerCountsTwice => found_first.len() as u64,
                _ => count,
            }
        }))
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        self.begin().await?;
        let limit = if self.is(Flaw::SweepIgnoresLimit) { usize::MAX } else { limit };
        let find = |tables: &mut Tables| {
            let swept = tables.rows.iter().filter(|(_, (row, _))| match self.flaw {
                Flaw::SweepDeletesLive => row.expires.is_some(),
                _ => self.is_expired(row),
            });
            swept.map(|(handle, _)| *handle).take(limit).collect::<Vec<_>>()
        };
        let mut swept = self.with(find);
        self.pause(Flaw::SweepIsNotAtomic).await;
        Ok(self.with(|tables| {
            if !self.is(Flaw::SweepIsNotAtomic) {
                swept = find(tables);
            }
            swept.iter().filter(|handle| tables.remove(self.flaw, handle)).count() as u64
        }))
    }
}
