//! A store that records its calls.

use std::sync::Mutex;

use session_core::{SessionHandle, Timestamp};
use session_store::{Row, SessionInfo, Store, StoreError, Version};

use crate::{handle, owned};

/// Records the calls with their arguments, and returns fixed results. A call with the handle 0 fails.
#[derive(Default)]
pub(crate) struct Recorder {
    calls: Mutex<Vec<String>>,
}

impl Recorder {
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn record<T>(&self, key: Option<&SessionHandle>, call: String, result: T) -> Result<T, StoreError> {
        self.calls.lock().unwrap().push(call);
        if key == Some(&handle(0)) { Err(StoreError::conflict()) } else { Ok(result) }
    }
}

impl Store for Recorder {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        self.record(Some(handle), format!("load {handle}"), Some((owned("ann"), Version::new(5))))
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        self.record(Some(handle), format!("create {handle} {row:?}"), Some(Version::new(6)))
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        self.record(Some(handle), format!("replace {handle} {version:?} {row:?}"), Some(Version::new(7)))
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.record(Some(handle), format!("touch {handle} {accessed:?} {expires:?}"), true)
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        self.record(Some(handle), format!("delete {handle} {version:?}"), true)
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        self.record(None, format!("by_owner {owner}"), vec![owned(owner).info(handle(8))])
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        self.record(except, format!("delete_by_owner {owner} {except:?}"), 9)
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        self.record(None, format!("sweep {limit}"), 10)
    }
}
