//! The model of a store: a map of rows.

use std::collections::BTreeMap;
use std::time::Duration;

use session_core::{SessionHandle, Timestamp};
use session_store::{Row, SessionInfo, Version};

use super::step::{At, End, Key, UNIT, Write};

/// The rows that a store has to hold.
pub(super) struct Model {
    base: [u8; 32],
    rows: BTreeMap<Key, Kept>,
    /// All versions of each session's latest row, the oldest first. They stay here after the row is deleted or expires.
    versions: BTreeMap<Key, Vec<Version>>,
    /// How much time has passed since the start of the script.
    elapsed: Duration,
    margin: Duration,
}

#[derive(Clone)]
struct Kept {
    row: Row,
    /// The row expires when this much time has passed since the start of the script. `None` if it never expires.
    end: Option<Duration>,
}

impl Model {
    /// Creates an empty model. Models with different numbers use different handles for their sessions.
    pub(super) fn new(number: u64, margin: Duration) -> Self {
        let (rows, versions) = Default::default();
        Self { base: handle_bytes(number), rows, versions, elapsed: Duration::ZERO, margin }
    }

    pub(super) fn handle(&self, Key(bit): Key) -> SessionHandle {
        let mut bytes = self.base;
        bytes[usize::from(bit / 8)] ^= 1 << (bit % 8);
        SessionHandle::from_bytes(bytes)
    }

    pub(super) fn version(&self, key: Key, at: At) -> Version {
        let versions = self.versions.get(&key).map(Vec::as_slice).unwrap_or_default();
        let current = versions.last().copied().unwrap_or(Version::FIRST);
        match at {
            At::Current => current,
            At::Old => match versions {
                [.., old, _] => *old,
                _ => Version::new(current.number().wrapping_add(7)),
            },
        }
    }

    pub(super) fn get(&self, key: Key) -> Option<(Row, Version)> {
        let row = self.rows.get(&key)?.row.clone();
        Some((row, self.version(key, At::Current)))
    }

    /// Returns whether the session has a row that a call with the version `at` can change. With `None`, the call passes
    /// no version.
    pub(super) fn is_current(&self, key: Key, at: Option<At>) -> bool {
        self.rows.contains_key(&key) && !matches!(at, Some(At::Old))
    }

    /// Returns whether the session's latest row has this version, or had it before.
    pub(super) fn had(&self, key: Key, version: Version) -> bool {
        self.versions.get(&key).is_some_and(|versions| versions.contains(&version))
    }

    pub(super) fn create(&mut self, key: Key, row: Row, end: End, version: Version) {
        self.versions.insert(key, vec![version]);
        self.put(key, row, end);
    }

    pub(super) fn replace(&mut self, key: Key, row: Row, end: End, version: Version) {
        self.versions.entry(key).or_default().push(version);
        self.put(key, row, end);
    }

    pub(super) fn touch(&mut self, key: Key, accessed: Timestamp, expires: Option<Timestamp>, end: End) {
        if let Some(kept) = self.rows.get(&key) {
            let row = Row { accessed, expires, ..kept.row.clone() };
            self.put(key, row, end);
        }
    }

    fn put(&mut self, key: Key, row: Row, end: End) {
        let end = match end {
            End::Never | End::Secs(_) => None,
            End::In(units) => Some(self.elapsed + UNIT * units),
            End::Past => Some(Duration::ZERO),
        };
        self.rows.insert(key, Kept { row, end });
        self.expire();
    }

    pub(super) fn delete(&mut self, key: Key) {
        self.rows.remove(&key);
    }

    fn owned(&self, owner: &str) -> impl Iterator<Item = (Key, &Row)> {
        let rows = self.rows.iter().map(|(key, kept)| (*key, &kept.row));
        rows.filter(move |(_, row)| row.owner.as_deref() == Some(owner))
    }

    /// Returns the sessions of an owner, in the order of their handles.
    pub(super) fn by_owner(&self, owner: &str) -> Vec<SessionInfo> {
        let mut infos: Vec<_> = self.owned(owner).map(|(key, row)| row.info(self.handle(key))).collect();
        infos.sort_by_key(|info| info.handle);
        infos
    }

    /// Deletes the rows of an owner, except that of the session `except`. Returns the number of deleted rows.
    pub(super) fn delete_by_owner(&mut self, owner: &str, except: Option<Key>) -> u64 {
        let keys: Vec<_> = self.owned(owner).map(|(key, _)| key).filter(|key| Some(*key) != except).collect();
        keys.iter().for_each(|key| self.delete(*key));
        keys.len() as u64
    }

    /// Returns the elapsed time at which a session expires, or `None` if it never expires or has no row.
    pub(super) fn end(&self, key: Key) -> Option<Duration> {
        self.rows.get(&key)?.end
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Advances the elapsed time to `time`. If `time` is closer than the margin to the end of a row, advances it
    /// further, until it is no longer close to any end. Returns how much time passes.
    pub(super) fn advance_to(&mut self, time: Duration) -> Duration {
        let mut time = time.max(self.elapsed);
        let near = |time: Duration| {
            let ends = self.rows.values().filter_map(|kept| kept.end);
            ends.filter(|end| end.abs_diff(time) < self.margin).max()
        };
        while let Some(end) = near(time) {
            time = end + self.margin;
        }
        let passed = time - self.elapsed;
        self.elapsed = time;
        self.expire();
        passed
    }

    fn expire(&mut self) {
        self.rows.retain(|_, kept| kept.end.is_none_or(|end| end > self.elapsed));
    }
}

/// Returns the row that `write` describes. [`End::In`] and [`End::Past`] are relative to `now`.
pub(super) fn row(write: &Write, now: Timestamp, margin: Duration) -> Row {
    Row {
        data: write.data.to_vec(),
        owner: write.owner.clone(),
        label: write.label.clone(),
        created: time(write.created),
        accessed: time(write.accessed),
        expires: expires(write.end, now, margin),
    }
}

pub(super) fn expires(end: End, now: Timestamp, margin: Duration) -> Option<Timestamp> {
    match end {
        End::Never => None,
        End::In(units) => Some(now + UNIT * units),
        End::Past => Some(time(now.as_secs() - 60.0 - margin.as_secs_f64())),
        End::Secs(secs) => Some(time(secs)),
    }
}

pub(super) fn time(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap_or_default()
}

/// Returns the handle of a session. It differs for each number.
pub(super) fn handle(number: u64) -> SessionHandle {
    SessionHandle::from_bytes(handle_bytes(number))
}

/// Returns random-looking bytes that differ for each number. They are the output of the finalizer of SplitMix64.
fn handle_bytes(number: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, place) in bytes.chunks_exact_mut(8).zip(1..) {
        let mut word = number.wrapping_mul(4).wrapping_add(place).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(word ^ (word >> 31)).to_be_bytes());
    }
    bytes
}
