//! A store that records its calls. A call can fail, hang, or run a future first.

use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use session_core::SessionHandle;
use session_store::{MemoryStore, Row, SessionInfo, Store, StoreError, Version};
use signed_session::parts::{session_core, session_store};
use signed_session::{Clock, Timestamp};

/// The kind of a recorded call. Calls of `by_owner`, `delete_by_owner` and `sweep` are not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Load,
    Create,
    Replace,
    Touch,
    Delete,
}

/// A fault that affects all calls of one kind until [`Probe::recover`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The store cannot be reached.
    Down,
    /// The store refuses the call.
    Refused,
    /// The call never returns.
    Hangs,
    /// The call takes effect, but does not return.
    AnswerLost,
    /// The client sends the call a second time after it has taken effect. Only for [`Call::Create`].
    Repeated,
}

type Hook = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct Script {
    calls: Vec<Call>,
    faults: Vec<(Call, Fault)>,
    hooks: Vec<(Call, Hook)>,
    handles: Vec<SessionHandle>,
}

/// A [`MemoryStore`] that records its calls, with faults and hooks for chosen calls. Clones share everything.
#[derive(Clone)]
pub(crate) struct Probe {
    pub(crate) rows: MemoryStore,
    script: Arc<Mutex<Script>>,
}

#[derive(Debug)]
struct Outage;

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection refused")
    }
}

impl std::error::Error for Outage {}

impl Probe {
    pub(crate) fn new(clock: impl Clock + 'static) -> Self {
        Self { rows: MemoryStore::new().with_clock(clock), script: Arc::default() }
    }

    /// Returns the calls to the store since the last call of this method.
    pub(crate) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.script.lock().unwrap().calls)
    }

    pub(crate) fn break_down(&self, call: Call, fault: Fault) {
        self.script.lock().unwrap().faults.push((call, fault));
    }

    pub(crate) fn recover(&self) {
        self.script.lock().unwrap().faults.clear();
    }

    /// Runs `hook` before the next call of the kind `call`. If there are several hooks for this kind, each call runs
    /// one of them, in order.
    pub(crate) fn before(&self, call: Call, hook: impl Future<Output = ()> + Send + 'static) {
        self.script.lock().unwrap().hooks.push((call, Box::pin(hook)));
    }

    /// Returns all unexpired rows that were created through the probe.
    pub(crate) async fn all(&self) -> Vec<(SessionHandle, Row)> {
        let handles = self.script.lock().unwrap().handles.clone();
        let mut rows = Vec::new();
        for handle in handles {
            rows.extend(self.rows.load(&handle).await.unwrap().map(|(row, _)| (handle, row)));
        }
        rows
    }

    fn fault(&self, call: Call) -> Option<Fault> {
        let script = self.script.lock().unwrap();
        script.faults.iter().find(|(faulty, _)| *faulty == call).map(|(_, fault)| *fault)
    }

    async fn call<T>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let hook = {
            let mut script = self.script.lock().unwrap();
            script.calls.push(call);
            let at = script.hooks.iter().position(|(hooked, _)| *hooked == call);
            at.map(|at| script.hooks.remove(at).1)
        };
        if let Some(hook) = hook {
            hook.await;
        }
        match self.fault(call) {
            None | Some(Fault::Repeated) => answer.await,
            Some(Fault::Down) => Err(StoreError::unavailable(Outage)),
            Some(Fault::Refused) => Err(StoreError::refused(Outage)),
            Some(Fault::Hangs) => pending().await,
            Some(Fault::AnswerLost) => {
                answer.await?;
                pending().await
            }
        }
    }
}

impl Store for Probe {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        self.call(Call::Load, self.rows.load(handle)).await
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        self.script.lock().unwrap().handles.push(*handle);
        let create = async {
            if self.fault(Call::Create) == Some(Fault::Repeated) {
                self.rows.create(handle, row).await?;
            }
            self.rows.create(handle, row).await
        };
        self.call(Call::Create, create).await
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        self.call(Call::Replace, self.rows.replace(handle, version, row)).await
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.call(Call::Touch, self.rows.touch(handle, accessed, expires)).await
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        self.call(Call::Delete, self.rows.delete(handle, version)).await
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        self.rows.by_owner(owner).await
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        self.rows.delete_by_owner(owner, except).await
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        self.rows.sweep(limit).await
    }
}
